"""What is asked of decisions that can be looked at again: the rights to it, their days, who had no hand in it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce

from accounts.models import Role, User
from appraisal import graded, sanction_papers, year_notices
from appraisal.acting import acting, line_of
from appraisal.facts import ladder as ladder_facts
from appraisal.models import (
    AnnualResult,
    Grade,
    LedgerEntry,
    Review,
    ReviewState,
    Sanction,
    SanctionState,
    Stage,
    YearCorrection,
    YearSettings,
    YearState,
)
from appraisal.models.reviews import ReviewQuerySet
from appraisal.models.sanctions import STANDING
from appraisal.rules.grading import quota_of
from appraisal.rules.objections import who_enters
from appraisal.rules.reviews import better_grades, deciders, last_day
from appraisal.services import sanctions
from appraisal.services.objections import has_account
from appraisal.turns import year as year_turns
from attendance import selectors as inspection
from common import calendar
from common.rules import WorkingCalendar, local

#: What a review is of.
About = Sanction | AnnualResult


# --- Who may ask, and until when --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Right:
    """The right to one stage, of one decision."""

    stage: Stage
    is_decided: bool
    #: Something is left that could be set aside.
    stands: bool
    decided_on: date | None
    #: The day from which the days count; None while it was not handed over.
    known_on: date | None
    #: The last day, until 24:00.
    until: date | None
    #: What was asked for already.
    before: Review | None

    def is_open(self, today: date) -> bool:
        free = self.is_decided and self.stands and self.before is None
        return free and (self.until is None or today <= self.until)


def about(review: Review) -> About:
    found = review.sanction or review.result
    assert found is not None
    return found


def right(of: About, stage: str, calendar_: WorkingCalendar | None = None) -> Right:
    """`of` with its reviews; one query for these where they were not read before."""
    return rights([of], calendar_)[of.pk][Stage(stage)]


def rights(of: Collection[About], calendar_: WorkingCalendar | None = None) -> dict[int, dict[Stage, Right]]:
    """Of decisions of one kind, by their keys: the same queries for any number."""
    if not of:
        return {}
    kind = "sanction" if isinstance(next(iter(of)), Sanction) else "result"
    rows = Review.objects.filter(**{f"{kind}__in": [one.pk for one in of]})
    holding = decisions([one for one in of if isinstance(one, AnnualResult)])
    there: dict[tuple[int, str], Review] = {}
    for row in rows.exclude(state=ReviewState.WITHDRAWN).select_related("made_by", "decided_by"):
        key = getattr(row, f"{kind}_id")
        if kind == "sanction" or row.decision == holding.get(key, Decision()).number:
            there[key, row.stage] = row
    settings = YearSettings.current()
    found: dict[int, dict[Stage, Right]] = {}
    for one in of:
        review, appeal = there.get((one.pk, Stage.REVIEW)), there.get((one.pk, Stage.APPEAL))
        found[one.pk] = {
            Stage.REVIEW: _to_review(one, review, settings, calendar_, holding.get(one.pk)),
            Stage.APPEAL: _to_appeal(one, review, appeal, settings, calendar_),
        }
    return found


@dataclass(frozen=True)
class Decision:
    """The one of a result that holds. Looked at again it is the next one; what a review changes is appealed against,
    and no decision of its own."""

    number: int = 1
    #: When people last decided it anew.
    at: datetime | None = None


def decisions(results: Collection[AnnualResult]) -> dict[int, Decision]:
    """By the key of the result: the same queries for any number."""
    if not results:
        return {}
    keys = [row.pk for row in results]
    anew = YearCorrection.objects.filter(result__in=keys, actor__isnull=False).order_by()
    again = anew.values_list("result").annotate(number=Count("pk"), last=Max("at"))
    by_reviews = Review.objects.filter(result__in=keys, state=ReviewState.REVISED).order_by()
    revised = dict(by_reviews.values_list("result").annotate(number=Count("pk")))
    return {pk: Decision(1 + number - revised.get(pk, 0), last) for pk, number, last in again}


def number_of(of: About) -> int:
    return decisions([of]).get(of.pk, Decision()).number if isinstance(of, AnnualResult) else 1


def _to_review(
    of: About,
    before: Review | None,
    settings: YearSettings,
    calendar_: WorkingCalendar | None,
    holding: Decision | None,
) -> Right:
    days = settings.review_days
    if isinstance(of, Sanction):
        is_decided = of.state in (*STANDING, SanctionState.SET_ASIDE)
        decided_on, known_on = of.decided_on, of.served_on
        kept = sanction_papers.as_decided(of)
        days = kept.review_days if kept is not None else days
    else:
        # Of whom their own superiors grade, the city has decided nothing.
        is_decided = of.unit_result.state == YearState.DECIDED and bool(of.grade)
        decided_at = (holding and holding.at) or of.unit_result.decided_at
        decided_on, known_on = local(decided_at).date() if decided_at else None, of.notified_on
        notice = year_notices.kept(of)
        days = notice.review_days if notice is not None else days
    until = _until(known_on, days, calendar_)
    return Right(Stage.REVIEW, is_decided, _stands(of), decided_on, known_on, until, before)


def _to_appeal(
    of: About,
    review: Review | None,
    before: Review | None,
    settings: YearSettings,
    calendar_: WorkingCalendar | None,
) -> Right:
    is_decided = review is not None and review.state in (ReviewState.UPHELD, ReviewState.REVISED)
    known_on = local(review.decided_at).date() if is_decided and review and review.decided_at else None
    notice = year_notices.kept(of) if isinstance(of, AnnualResult) else None
    days = notice.appeal_days if notice is not None else settings.appeal_days
    until = _until(known_on, days, calendar_)
    return Right(Stage.APPEAL, is_decided, _stands(of), known_on, known_on, until, before)


def _stands(of: About) -> bool:
    return not isinstance(of, Sanction) or of.state in STANDING


def _until(known: date | None, days: int, calendar_: WorkingCalendar | None) -> date | None:
    return last_day(known, days, calendar_ or calendar.around(known)) if known is not None else None


def may_ask(of: About, user: User, today: date) -> bool:
    """Whom it is about; an officer for somebody without an account, who had no hand in it; of a unit its officers and
    heads, or those of the unit that followed it."""
    if of.cadre is None:
        return user.pk in acting(of.unit_id, [Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD], today).free()
    if of.cadre.user_id == user.pk:
        return True
    if has_account(of.cadre, today):
        return False
    officers, heads = (
        {
            person
            for people in inspection.members_of(role, line_of(of.unit_id, today), today).values()
            for person in people
        }
        for role in (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
    )
    # Whoever answers for the unit has no hand in it for that alone: they hand over paper.
    involved = _decided(of) | {of.cadre.user_id}
    return user.pk in who_enters(
        officers=officers, heads=heads, city=inspection.express(today), involved=involved
    )


def is_on_paper(of: About, user: User) -> bool:
    """Whether this user enters what somebody else has handed in."""
    return of.cadre is not None and of.cadre.user_id != user.pk


# --- Who decides ------------------------------------------------------------------------------------------------------


def whole(reviews: ReviewQuerySet) -> ReviewQuerySet:
    """With what is asked of a review on every page."""
    return reviews.select_related(
        "made_by",
        "decided_by",
        *(
            f"sanction__{name}"
            for name in ("unit", "cadre__user", "measure", "proposed_measure", "decided_by")
        ),
        *(f"result__{name}" for name in ("unit", "cadre__user", "unit_result")),
    )


def whole_results(rows: Any) -> Any:
    return rows.select_related("unit", "cadre__user", "unit_result")


def deciders_now(review: Review, today: date) -> frozenset[int]:
    return deciders_of([review], today)[review.pk]


def deciders_of(reviews: Collection[Review], today: date) -> dict[int, frozenset[int]]:
    """The accounts that may decide each today; the same queries for any number read with `whole`. Of an appeal: who
    may enter what was decided."""
    if not reviews:
        return {}
    city = inspection.express(today)
    earlier = _earlier(reviews)
    of_sanctions = [row for row in reviews if row.sanction is not None]
    hands = dict(
        zip(
            (row.pk for row in of_sanctions),
            sanctions.hands_of([row.sanction for row in of_sanctions if row.sanction is not None], today),
            strict=True,
        )
    )
    results = [row.result for row in reviews if row.result is not None]
    of_years = year_turns.hands_of([result.unit_result for result in results], today)
    untold = year_turns.untold_of(results)
    recorders, regraders = _recorders(results), _regraders(results)
    found = {}
    for row in reviews:
        of = about(row)
        involved: set[int | None] = _decided(of) | {row.made_by_id} | earlier.get(row.pk, set())
        if isinstance(of, AnnualResult):
            involved |= of_years[of.unit_result_id] | regraders.get(of.pk, set()) | untold[of.pk]
        else:
            involved |= hands[row.pk]
        found[row.pk] = deciders(
            city=city, hands=involved, recorders=recorders.get(row.result_id or 0, set())
        )
    return found


def _decided(of: About) -> set[int | None]:
    """Who proposed it, entered or published it, or decided it."""
    if isinstance(of, Sanction):
        return {of.proposed_by_id, of.decided_by_id}
    whole_year = of.unit_result
    return {
        of.graded_by_id,
        whole_year.proposed_by_id,
        whole_year.published_by_id,
        whole_year.decided_by_id,
        whole_year.more_excellent_by_id,
    }


def _earlier(reviews: Collection[Review]) -> dict[int, set[int]]:
    """Of appeals, who decided the review before them."""
    appeals = [row for row in reviews if row.stage == Stage.APPEAL]
    if not appeals:
        return {}
    same = Q(sanction__in=[row.sanction_id for row in appeals if row.sanction_id])
    same |= Q(result__in=[row.result_id for row in appeals if row.result_id])
    decided = Review.objects.filter(same, stage=Stage.REVIEW, decided_by__isnull=False)
    by_target: dict[tuple[int | None, int | None], set[int]] = {}
    for sanction, result, user in decided.values_list("sanction", "result", "decided_by"):
        by_target.setdefault((sanction, result), set()).add(user)
    return {row.pk: by_target.get((row.sanction_id, row.result_id), set()) for row in appeals}


def _regraders(results: Collection[AnnualResult]) -> dict[int, set[int]]:
    """By the key of the result: who decided it anew, looking again or by an earlier review."""
    found: dict[int, set[int]] = {}
    rows = YearCorrection.objects.filter(result__in=[row.pk for row in results], actor__isnull=False)
    for pk, user in rows.order_by().values_list("result", "actor"):
        if user is not None:
            found.setdefault(pk, set()).add(user)
    return found


def _recorders(results: Collection[AnnualResult]) -> dict[int, set[int]]:
    """By the key of the result: who recorded or decided a fact that the year counts, handled or closed a complaint in
    it, or decided a measure."""
    if not results:
        return {}
    keys = {(row.cadre_id, row.year): row.pk for row in results}
    cadres = {cadre for cadre, _year in keys}
    found: dict[int, set[int]] = {row.pk: set() for row in results}
    entries = LedgerEntry.objects.standing().filter(cadre__in=cadres).order_by()
    facts = entries.values_list("cadre", "day__year", "finding__recorder", "finding__decided_by")
    measures = Sanction.objects.standing().filter(cadre__in=cadres).order_by()
    rows = [*facts, *measures.values_list("cadre", "decided_on__year", "proposed_by", "decided_by")]
    rows += _hands_of_complaints(cadres)
    for cadre, year, *people in rows:
        if (key := keys.get((cadre, year))) is not None:
            found[key].update(user for user in people if user is not None)
    return found


def _hands_of_complaints(cadres: Collection[int]) -> list[tuple[Any, ...]]:
    """Whose they are, in which year they count, and who had a hand in them; of what was redone both times."""
    cases = ladder_facts.substantiated().filter(cadre__in=cadres)
    people = ("handler", "submitted_by", "closed_by")
    first = [f"redo_of__{name}" for name in people]
    rows = cases.values_list("cadre", Coalesce("redo_of__received_at", "received_at"), *people, *first)
    return [(cadre, local(received).year, *hands) for cadre, received, *hands in rows]


def waiting_for(reviews: ReviewQuerySet, user_id: int, today: date) -> list[int]:
    """Those of these that this person may decide, or enter, now: open ones are few."""
    rows = list(whole(reviews.open()))
    return [pk for pk, group in deciders_of(rows, today).items() if user_id in group]


# --- What a review may give -------------------------------------------------------------------------------------------


def has_place(result: AnnualResult) -> bool:
    """One more 优秀 is within the unit's quota (DOMAIN §3)."""
    whole_year = result.unit_result
    others = [row for row in graded.results_of(whole_year) if row.pk != result.pk]
    excellent = replace(graded.line_of(result), grade=Grade.EXCELLENT.value, ungraded="")
    lines = [*map(graded.line_of, others), excellent]
    return not quota_of(lines, graded.percent_of(whole_year)).is_exceeded


def grades_for(result: AnnualResult) -> list[str]:
    """What a review may give as the year stands; the decision computes it anew first."""
    found = better_grades(result.grade, result.ceiling)
    return [grade for grade in found if grade != Grade.EXCELLENT or has_place(result)]
