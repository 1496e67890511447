"""Reports as far as they have come, and bulletins of them."""

from datetime import date, datetime, time
from typing import Any

from accounts.models import Role, Unit, User
from appraisal.models import Bulletin, MonthlyReport
from appraisal.services import bulletins, closing
from common.rules import at
from tests.appraisal.ledgers import NOVEMBER
from tests.cast import give, make_user

#: The day on which the bulletin of November is drafted, and the day after.
BULLETIN_DAY = at(date(2026, 12, 20), time(9))
SIGNING = at(date(2026, 12, 21), time(9))
#: Those of December.
NEXT_DRAFTING = at(date(2027, 1, 1), time(6))
NEXT_SIGNING = at(date(2027, 1, 21), time(9))


def signer() -> User:
    """The head of the Express, whoever else is around."""
    user = User.objects.filter(username="signer").first()
    if user is None:
        user = make_user("signer", "签发甲")
        give(user, Role.EXPRESS_HEAD)
    return user


def hand(username: str, name: str) -> User:
    """Whoever takes steps that no test is about."""
    return User.objects.filter(username=username).first() or make_user(username, name)


def reported(report: MonthlyReport, day: date, **fields: Any) -> MonthlyReport:
    """As its unit leaves it when it has reported on this day."""
    moment = at(day, time(10))
    values: dict[str, Any] = {"state": "reported", "published_until": day, "first_reported_at": moment}
    for step in ("confirmed", "published", "reported"):
        values |= {f"{step}_by": hand("unit.hand", "经办甲"), f"{step}_at": moment}
    values |= fields
    MonthlyReport.objects.filter(pk=report.pk).update(**values)
    return MonthlyReport.objects.get(pk=report.pk)


def accepted(report: MonthlyReport, day: date | None = None, **fields: Any) -> MonthlyReport:
    """In time, unless a day is given."""
    day = day or report.report_by
    taken = {"accepted_by": hand("city.hand", "审核甲"), "accepted_at": at(day, time(16))}
    return reported(report, day, state="accepted", **taken, **fields)


def all_drafted(now: datetime) -> None:
    closing.drafts_make(now=now)


def accept_all(month: date = NOVEMBER, *, but: tuple[Unit, ...] = ()) -> None:
    for report in MonthlyReport.objects.filter(month=month).exclude(unit__in=but):
        accepted(report, nil=not report.entries and not report.corrections)


def signed(month: date = NOVEMBER, now: datetime = SIGNING) -> Bulletin:
    """Drafted and signed."""
    bulletin, _made = bulletins.bulletin_draft(month=month, now=now)
    return bulletins.bulletin_sign(bulletin=bulletin, actor=signer(), now=now)
