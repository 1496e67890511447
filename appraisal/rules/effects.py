"""What the scheme's last section claims (scheme.txt 四), as pure arithmetic beside what was before it."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum


class Turn(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    SAME = "same"


def percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def before(known: Mapping[date, float], month: date) -> float | None:
    """What to hold a month against, given the months of the baseline: its own calendar month, the newest there is, for
    a summer is no winter; or else the average of all of them."""
    same = [one for one in known if one.month == month.month]
    if same:
        return known[max(same)]
    return round(sum(known.values()) / len(known), 2) if known else None


def turn(value: float, was: float, *, rising_is_better: bool) -> Turn:
    if value == was:
        return Turn.SAME
    return Turn.BETTER if (value > was) == rising_is_better else Turn.WORSE
