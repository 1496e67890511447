"""Monthly assessed bonus bases as pure functions: which month one may begin with, and when it stands for good."""

from collections.abc import Collection
from datetime import date
from enum import StrEnum

#: A month further away is a slip of the pen.
YEARS_BACK, YEARS_AHEAD = 3, 1


class Basing(StrEnum):
    """Why a base may not begin, change or go."""

    NO_MONTH = "no_month"
    FAR = "far"
    USED = "used"


def refuse_base(
    *, since: date, later: Collection[date], used: Collection[date], today: date
) -> Basing | None:
    """`later`: when the person’s other bases begin; `used`: the months that a decided year has reckoned with. What a
    decided year rests on stays as it was: another sum begins with a later month."""
    if since.day != 1:
        return Basing.NO_MONTH
    if not today.year - YEARS_BACK <= since.year <= today.year + YEARS_AHEAD:
        return Basing.FAR
    return Basing.USED if paid_by(since, later, used) else None


def paid_by(since: date, others: Collection[date], months: Collection[date]) -> list[date]:
    """Of these months those for which a base that begins then is the one in force."""
    until = min((other for other in others if other > since), default=date.max)
    return sorted(month for month in months if since <= month < until)
