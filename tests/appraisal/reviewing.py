"""Reviews for tests: measures that are served, years that are decided, and what is asked about them.

sanction = served(chen, "caution")
review = asked(sanction)                    # by whom it is about, on ASKING
answered(review, revise=True)               # by somebody of the Express without any hand in it
result = graded(chen, "basic")              # the year of the unit computed, decided and handed over
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from accounts.models import Role, User
from appraisal.models import AnnualResult, Grade, Review, Sanction, UnitResult
from appraisal.services import reviews as services
from appraisal.services import years
from attendance.models import Finding
from cards.models import Cadre
from common.rules import at
from tests.appraisal.ledgers import begins, stands
from tests.cast import give, make_user

YEAR = 2026
#: Of the tests: the year is decided and handed over in January, asked about within thirty days.
GRADED = at(date(2027, 1, 15), time(9))
HANDED_OVER = date(2027, 1, 18)
#: Thirty days from it are 17 February 2027; nobody has published the holidays of that year yet.
ASK_UNTIL = date(2027, 2, 17)
ASKING = at(date(2027, 1, 25), time(10))
#: Thirty days, and a Wednesday.
DECIDE_BY = date(2027, 2, 24)


def somebody(username: str, role: Role = Role.EXPRESS_STAFF) -> User:
    """With the role since long ago, so that any day of a test is in it."""
    found = User.objects.filter(username=username).first()
    if found is None:
        found = make_user(username, f"经办{len(username)}")
        give(found, role, first=date(2020, 1, 1))
    return found


def reviewer() -> User:
    return somebody("reviewer")


def second_reviewer() -> User:
    """For an appeal: whoever decided the review does not enter it."""
    return somebody("second.reviewer")


def asked(of: Any, actor: User | None = None, now: datetime = ASKING, **fields: Any) -> Review:
    by = actor or (of.cadre.user if of.cadre is not None else None)
    assert by is not None
    return services.review_ask(about=of, text="当日参加市里会议，有签到表为证", actor=by, now=now, **fields)


def appealed(of: Any, actor: User | None = None, now: datetime = ASKING, **fields: Any) -> Review:
    by = actor or (of.cadre.user if of.cadre is not None else None)
    assert by is not None
    return services.appeal_ask(about=of, text="复核没有采信签到表", actor=by, now=now, **fields)


def answered(
    review: Review,
    *,
    revise: bool = False,
    grade: str = "",
    actor: User | None = None,
    now: datetime = ASKING,
    reason: str = "签到表属实",
) -> Review:
    return services.review_decide(
        review=review, revise=revise, reason=reason, grade=grade, actor=actor or reviewer(), now=now
    )


def entered(
    review: Review,
    *,
    revise: bool = False,
    grade: str = "",
    actor: User | None = None,
    now: datetime = ASKING,
    authority: str = "中共龙泉市委组织部",
    document: str = "龙组复〔2027〕3号",
) -> Review:
    return services.appeal_enter(
        review=review,
        revise=revise,
        reason="原处理依据不足",
        authority=authority,
        document=document,
        grade=grade,
        actor=actor or second_reviewer(),
        now=now,
    )


def graded(cadre: Cadre, grade: str, *, now: datetime = GRADED, year: int = YEAR) -> AnnualResult:
    """The year of their unit as it stands once it is decided: everybody else competent. What each step asks for, the
    tests of the grading ask."""
    begins()
    years.year_appraise(year=year, now=now)
    whole = UnitResult.objects.get(unit=cadre.unit, year=year)
    whole.state, whole.published_until = "decided", now.date()
    whole.proposed_by, whole.proposed_at = somebody("unit.proposer", Role.DISCIPLINE), now
    whole.published_by, whole.published_at = somebody("unit.publisher", Role.DISCIPLINE), now
    whole.decided_by, whole.decided_at = somebody("year.head", Role.EXPRESS_HEAD), now
    whole.save()
    rows = AnnualResult.objects.filter(unit_result=whole)
    rows.update(grade=Grade.COMPETENT, graded_by=whole.proposed_by, graded_at=now)
    mine = rows.filter(cadre=cadre)
    ungraded = "probation" if grade == Grade.UNGRADED else ""
    mine.update(grade=grade, ungraded=ungraded, grade_reason="综合全年表现")
    rows.update(notified_on=HANDED_OVER, receipt="signed", notified_by=whole.proposed_by)
    return mine.select_related("unit", "unit_result", "cadre__user").get()


def rows_of(year: int = YEAR) -> dict[str, dict[str, Any]]:
    """Every figure, ceiling and grade of a year, of people and units, by whose it is."""
    names = (*years.COMPUTED, "grade", "ungraded", "content_hash")
    people = AnnualResult.objects.filter(year=year)
    found = {f"cadre:{row.cadre_id}": {name: getattr(row, name) for name in names} for row in people}
    for whole in UnitResult.objects.filter(year=year):
        named = ("figures", "codes", "among_least", "among_most", "state")
        found[f"unit:{whole.unit_id}"] = {name: getattr(whole, name) for name in named}
    return found


def differences(
    before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]
) -> dict[str, dict[str, tuple[Any, Any]]]:
    """What changed of whom, but for the hash of it."""
    assert before.keys() == after.keys()
    found = {}
    for key, row in after.items():
        changed = {
            name: (before[key][name], value)
            for name, value in row.items()
            if name != "content_hash" and before[key][name] != value
        }
        if changed:
            found[key] = changed
    return found


def off_post(cadre: Cadre, day: date, recorder: User | None = None) -> Finding:
    """A problem that stands."""
    return stands(cadre, day, recorder=recorder)


def in_days(sanction: Sanction, days: int) -> datetime:
    """So many days after it was served, in the morning."""
    assert sanction.served_on is not None
    return at(sanction.served_on + timedelta(days=days), time(9))
