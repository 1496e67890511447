"""The grades of a year (“一年一考”; DOMAIN §3): entered one by one by the unit, proposed, hung out for five working
days at least, decided by the head of the Express, handed over in writing.

Nothing is graded by itself: an empty grade stays empty, and stops the proposal. Whoever entered, proposed or published
a grade, or has a line of their own in the unit's year, does not decide it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from appraisal import year_notices
from appraisal.graded import dated, line_of, percent_of, quota_of, results_of, takes_grade
from appraisal.models import (
    AnnualResult,
    Grade,
    Receipt,
    Review,
    ReviewState,
    Ungraded,
    UnitResult,
    YearSettings,
    YearState,
)
from appraisal.notifying import years as notifying
from appraisal.rules import grading as rules
from appraisal.rules import reviews as review_rules
from appraisal.rules.grading import Refusal
from appraisal.services import years
from appraisal.turns import year as turns
from appraisal.words.grade import ceiling_words, grade_words, running_words
from common import audit, calendar
from common.problems import Refused
from common.rules import local
from common.versions import check_unchanged, version_of

REFUSALS: Mapping[Refusal, Any] = {
    Refusal.WRONG_STATE: gettext_lazy("The year of this unit is at another step by now."),
    Refusal.NOT_YOURS: gettext_lazy("This step is for others to take."),
    Refusal.INVOLVED: gettext_lazy(
        "Nobody decides what they entered, proposed or published, or a year in which they have a line of their own."
    ),
    Refusal.NOBODY: gettext_lazy("Nobody of this unit takes a grade: their own superiors grade them."),
    Refusal.NOTICE: gettext_lazy("The public notice is not over: the year can be decided after it."),
}
#: Of the reason for a grade; what a review says at more length stands with the review.
REASON_LENGTH = 300


@dataclass(frozen=True)
class Entered:
    """A grade as it is entered: one of Grade, or ungraded with one of Ungraded; empty as long as nobody has decided."""

    grade: str = ""
    ungraded: str = ""
    reason: str = ""


# --- What there is ----------------------------------------------------------------------------------------------------


def facts_of(results: Iterable[AnnualResult]) -> dict[str, Any]:
    """What a form of grades shows (common/versions.py)."""
    found: dict[str, Any] = {}
    for result in results:
        found[f"grade_{result.pk}"] = choice_of(result.grade, result.ungraded)
        found[f"reason_{result.pk}"] = result.grade_reason
    return found


def choice_of(grade: str, ungraded: str) -> str:
    """As the one choice of a form: “excellent”, or “ungraded:leave”."""
    return f"{grade}:{ungraded}" if ungraded else grade


def entered(choice: str, reason: str) -> Entered:
    grade, _colon, ungraded = choice.partition(":")
    return Entered(grade, ungraded, reason)


def version(results: Iterable[AnnualResult]) -> str:
    """Of all that somebody reads before they publish or decide: grades, and the figures behind them."""
    return version_of({"hashes": [[row.pk, row.content_hash] for row in results], **facts_of(results)})


# --- Grading ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def grades_set(
    *,
    unit_result: UnitResult,
    grades: Mapping[int, Entered],
    seen: str | None = None,
    actor: User,
    now: datetime,
) -> UnitResult:
    """Grades by result. Who is left out stays as they are; an empty grade is none. Raises Refused with the field of the
    one that cannot be."""
    unit_result, today = locked(unit_result), local(now).date()
    _check_grading(unit_result, actor, today, is_able=True)
    results = results_of(unit_result)
    able = turns.graders_of(results, today)
    changed = []
    before = facts_of(results)
    for result in results:
        wanted = grades.get(result.pk)
        if wanted is None or _is_same(result, wanted):
            continue
        if actor.pk not in able[result.pk]:
            raise Refused(_("Nobody grades themselves, or people of another unit."), f"grade_{result.pk}")
        changed.append((result, wanted))
    if not changed:
        return unit_result
    check_unchanged({name: before[name] for name in before if _is_shown(name, grades)}, seen)
    for result, wanted in changed:
        _check_entered(result, wanted)
        _enter(result, wanted, actor, now)
    AnnualResult.objects.bulk_update(
        [result for result, _wanted in changed],
        ["grade", "ungraded", "grade_reason", "graded_by", "graded_at"],
        batch_size=200,
    )
    after = facts_of([result for result, _wanted in changed])
    changes = audit.differences(before, after)
    audit.record(verb="year_graded", subject=unit_result, actor=actor, now=now, changes=changes)
    return unit_result


def _is_shown(name: str, grades: Mapping[int, Entered]) -> bool:
    return int(name.rpartition("_")[2]) in grades


def _is_same(result: AnnualResult, wanted: Entered) -> bool:
    return (result.grade, result.ungraded, result.grade_reason) == (
        wanted.grade,
        wanted.ungraded,
        wanted.reason.strip(),
    )


def _check_entered(result: AnnualResult, wanted: Entered) -> None:
    field = f"grade_{result.pk}"
    if not takes_grade(result):
        raise Refused(_("Their own superiors grade them: no grade is entered here."), field)
    why = wanted.ungraded in Ungraded.values if wanted.grade == Grade.UNGRADED else not wanted.ungraded
    if not why:
        raise Refused(_("Say why there is no grade."), field)
    if wanted.grade not in ("", Grade.UNGRADED, *rules.allowed(result.ceiling)):
        raise Refused(ceiling_sentence(result), field)
    if len(wanted.reason.strip()) > REASON_LENGTH:
        sentence = _("At most %(number)s characters.") % {"number": REASON_LENGTH}
        raise Refused(sentence, f"reason_{result.pk}")


def ceiling_sentence(result: AnnualResult) -> str:
    return _("%(name)s: at most “%(ceiling)s” this year: %(why)s.") % {
        "name": result.cadre.name,
        "ceiling": grade_words(result.ceiling, result.employment_kind),
        "why": "；".join(ceiling_words(result)),
    }


def _enter(result: AnnualResult, wanted: Entered, actor: User, now: datetime) -> None:
    result.grade, result.ungraded = wanted.grade, wanted.ungraded
    result.grade_reason = wanted.reason.strip()
    result.graded_by, result.graded_at = actor, now


def _check_grading(unit_result: UnitResult, actor: User, today: date, *, is_able: bool) -> None:
    refusal = rules.refuse_grading(
        state=unit_result.state, year=unit_result.year, today=today, is_able=is_able
    )
    if refusal is not None:
        raise Refused(sentence_of(refusal, unit_result))


def sentence_of(refusal: Refusal, unit_result: UnitResult, lines: Sequence[AnnualResult] = ()) -> str:
    """A refusal in words, with whom it is about."""
    if refusal == Refusal.TOO_EARLY:
        return _("Grading opens on 1 December %(year)s.") % {"year": unit_result.year}
    if refusal == Refusal.RUNNING:
        return running_words(unit_result.year)
    if refusal == Refusal.MISSING:
        return _missing_sentence(lines)
    if refusal == Refusal.CEILING:
        keys = set(rules.above(map(line_of, lines)))
        return " ".join(ceiling_sentence(row) for row in lines if row.pk in keys)
    if refusal == Refusal.QUOTA:
        quota = quota_of(unit_result, lines)
        return _(
            "%(number)s are graded excellent; of %(people)s who take part at most %(most)s may be. The Express may "
            "approve more, for a reason."
        ) % {"number": quota.excellent, "people": quota.participants, "most": quota.most}
    return str(REFUSALS[refusal])


def _missing_sentence(lines: Sequence[AnnualResult]) -> str:
    keys = set(rules.missing(map(line_of, lines)))
    names = [row.cadre.name for row in lines if row.pk in keys]
    sentence = ngettext(
        "%(number)s person has no grade yet, and no reason for having none: %(names)s.",
        "%(number)s people have no grade yet, and no reason for having none: %(names)s.",
        len(names),
    )
    shown = "、".join(names[:5]) + ("…" if len(names) > 5 else "")
    return sentence % {"number": len(names), "names": shown}


@transaction.atomic
def quota_approve(*, unit_result: UnitResult, reason: str, actor: User, now: datetime) -> UnitResult:
    """25 % instead of 20 %, by the Express, for a reason (DOMAIN §3)."""
    unit_result, reason, today = locked(unit_result), " ".join(reason.split()), local(now).date()
    if unit_result.more_excellent_by_id == actor.pk and unit_result.more_excellent_reason == reason:
        return unit_result
    if unit_result.state == YearState.DECIDED:
        raise Refused(REFUSALS[Refusal.WRONG_STATE])
    if not any(map(takes_grade, results_of(unit_result))):
        raise Refused(REFUSALS[Refusal.NOBODY])
    if actor.pk not in turns.approvers(unit_result, today):
        raise Refused(REFUSALS[Refusal.INVOLVED])
    if unit_result.more_excellent_by_id is not None:
        raise Refused(_("It has been approved already."))
    if not reason:
        raise Refused(_("Say why."), "reason")
    unit_result.more_excellent_by, unit_result.more_excellent_reason = actor, reason
    unit_result.save(update_fields=["more_excellent_by", "more_excellent_reason"])
    audit.record(
        verb="year_quota_approved", subject=unit_result, actor=actor, now=now, changes={"reason": reason}
    )
    return unit_result


# --- Its path ---------------------------------------------------------------------------------------------------------


def year_propose(
    *, unit_result: UnitResult, seen: str | None = None, actor: User, now: datetime
) -> UnitResult:
    """Everybody is graded, or there is a reason why not; nobody above their ceiling; 优秀 within the quota."""
    years.year_appraise(year=unit_result.year, now=now)
    return _proposed(unit_result, seen, actor, now)


@transaction.atomic
def _proposed(unit_result: UnitResult, seen: str | None, actor: User, now: datetime) -> UnitResult:
    unit_result, today = locked(unit_result), local(now).date()
    if unit_result.state == YearState.PROPOSED and unit_result.proposed_by_id == actor.pk:
        return unit_result
    able = actor.pk in turns.proposers(unit_result, today)
    _check_grading(unit_result, actor, today, is_able=able)
    results = results_of(unit_result)
    _check_read(results, seen)
    _check_lines(unit_result, results)
    unit_result.state = YearState.PROPOSED
    unit_result.proposed_by, unit_result.proposed_at = actor, now
    unit_result.sent_back_reason = ""
    unit_result.save()
    changes = {"content": version(results)}
    audit.record(verb="year_proposed", subject=unit_result, actor=actor, now=now, changes=changes)
    notifying.proposed(unit_result, turns.publishers(unit_result, today), now)
    return unit_result


def _check_lines(unit_result: UnitResult, results: Sequence[AnnualResult]) -> None:
    refusal = rules.refuse_lines([line_of(row) for row in results], percent_of(unit_result))
    if refusal is not None:
        raise Refused(sentence_of(refusal, unit_result, results))


def _check_read(results: Sequence[AnnualResult], seen: str | None) -> None:
    if seen is not None and seen != version(results):
        raise Refused(_("This has changed since the page was shown: look at it again."))


def year_publish(
    *, unit_result: UnitResult, seen: str | None = None, actor: User, now: datetime
) -> UnitResult:
    """The public notice in the unit: so many working days, never fewer than five, the first day not counted."""
    years.year_appraise(year=unit_result.year, now=now)
    return _published(unit_result, seen, actor, now)


@transaction.atomic
def _published(unit_result: UnitResult, seen: str | None, actor: User, now: datetime) -> UnitResult:
    unit_result, today = locked(unit_result), local(now).date()
    if unit_result.state == YearState.PUBLIC and unit_result.published_by_id == actor.pk:
        return unit_result
    able = actor.pk in turns.publishers(unit_result, today)
    refusal = rules.refuse_step(state=unit_result.state, wanted=rules.State.PROPOSED, is_able=able)
    if refusal is not None:
        raise Refused(REFUSALS[refusal])
    results = results_of(unit_result)
    _check_read(results, seen)
    _check_lines(unit_result, results)
    years.terms_fix(unit_result.year, now)
    days = YearSettings.current().notice_days
    unit_result.state = YearState.PUBLIC
    unit_result.published_by, unit_result.published_at = actor, now
    unit_result.published_until = calendar.around(today).add_working_days(today, days)
    year_notices.hang(unit_result)
    unit_result.save()
    changes = {"until": unit_result.published_until}
    audit.record(verb="year_published", subject=unit_result, actor=actor, now=now, changes=changes)
    notifying.published(unit_result, _accounts(results), turns.deciders(unit_result, today), now)
    return unit_result


def _accounts(results: Iterable[AnnualResult]) -> set[int]:
    return {row.cadre.user_id for row in results if row.cadre.user_id is not None}


@transaction.atomic
def year_send_back(*, unit_result: UnitResult, reason: str, actor: User, now: datetime) -> UnitResult:
    """By the city, also while the notice hangs: the unit grades anew, and it hangs anew."""
    unit_result, reason, today = locked(unit_result), " ".join(reason.split()), local(now).date()
    if unit_result.state == YearState.COMPUTED and reason and unit_result.sent_back_reason == reason:
        return unit_result
    if unit_result.state not in (YearState.PROPOSED, YearState.PUBLIC):
        raise Refused(REFUSALS[Refusal.WRONG_STATE])
    if actor.pk not in turns.approvers(unit_result, today):
        raise Refused(REFUSALS[Refusal.INVOLVED])
    if not reason:
        raise Refused(_("Say why."), "reason")
    unit_result.state, unit_result.sent_back_reason = YearState.COMPUTED, reason
    unit_result.proposed_by = unit_result.proposed_at = None
    unit_result.published_by = unit_result.published_at = unit_result.published_until = None
    unit_result.notice = None
    unit_result.save()
    changes = {"reason": reason}
    audit.record(verb="year_sent_back", subject=unit_result, actor=actor, now=now, changes=changes)
    notifying.sent_back(unit_result, now)
    return unit_result


def year_decide(
    *, unit_result: UnitResult, seen: str | None = None, actor: User, now: datetime
) -> UnitResult:
    """Once the year and the notice are over, on the figures of this moment: ceilings and quota are checked again."""
    # By itself: what was computed stays for whoever is told that it is not what they read.
    years.year_appraise(year=unit_result.year, now=now)
    return _decided(unit_result, seen, actor, now)


@transaction.atomic
def _decided(unit_result: UnitResult, seen: str | None, actor: User, now: datetime) -> UnitResult:
    unit_result, today = locked(unit_result), local(now).date()
    if unit_result.state == YearState.DECIDED and unit_result.decided_by_id == actor.pk:
        return unit_result
    refusal = decision_refusal(unit_result, actor, today)
    if refusal is not None:
        raise Refused(sentence_of(refusal, unit_result))
    results = results_of(unit_result)
    _check_read(results, seen)
    _check_lines(unit_result, results)
    unit_result.state = YearState.DECIDED
    unit_result.decided_by, unit_result.decided_at = actor, now
    unit_result.save()
    _keep_notices(unit_result, [row for row in results if takes_grade(row) and row.grade], today)
    changes = {"content": version(results), "people": len(results)}
    audit.record(verb="year_decided", subject=unit_result, actor=actor, now=now, changes=changes)
    notifying.decided(unit_result, _accounts(results), now)
    return unit_result


def _keep_notices(unit_result: UnitResult, results: Sequence[AnnualResult], today: date) -> None:
    for result in results:
        result.unit_result = unit_result
        # What was handed over before was the recommendation of a unit that took no grades then.
        years.take_notice_back(result)
    year_notices.keep(results, today)
    AnnualResult.objects.bulk_update(results, years.NOTICE, batch_size=200)


def decision_refusal(unit_result: UnitResult, actor: User, today: date) -> Refusal | None:
    return rules.refuse_decision(
        state=unit_result.state,
        year=unit_result.year,
        is_free=actor.pk in turns.deciders(unit_result, today),
        is_involved=actor.pk in turns.hands_of([unit_result], today)[unit_result.pk],
        today=today,
        published_until=unit_result.published_until,
    )


# --- The written notice -----------------------------------------------------------------------------------------------


def has_notice(result: AnnualResult, today: date) -> bool:
    """Of what is decided about somebody; of whom others grade, the recommendation to these, once the year is over."""
    if takes_grade(result):
        return result.unit_result.state == YearState.DECIDED and bool(result.grade)
    return rules.is_over(result.year, today)


def may_hand_over(result: AnnualResult, user: User, today: date) -> bool:
    by_unit = takes_grade(result)
    return user.pk in turns.handing_over(result, today, by_unit=by_unit)


@transaction.atomic
def notice_hand_over(
    *, result: AnnualResult, day: date, receipt: str, witness: str = "", actor: User, now: datetime
) -> AnnualResult:
    """Signed for, or refused before a witness; the days to ask for a review count from `day`. Of whom others grade it
    is the recommendation, and these sign."""
    result, today, witness = locked_result(result), local(now).date(), " ".join(witness.split())
    witness = witness if receipt == Receipt.REFUSED else ""
    if result.notified_on is not None:
        same = (result.notified_on, result.receipt, result.witness) == (day, receipt, witness)
        if same and result.notified_by_id == actor.pk:
            return result
        raise Refused(_("The notice was handed over already."))
    if not has_notice(result, today):
        raise Refused(_("Only what is decided is handed over."))
    if needs_look(result):
        raise Refused(_("The figures have changed since the decision: the grade is looked at again first."))
    if not may_hand_over(result, actor, today):
        raise Refused(_("Nobody hands over a notice to themselves, or to people of another unit."))
    if not dated(result) <= day <= today:
        raise Refused(_("Between the day of the decision and today."), "day")
    if takes_grade(result) and not _leaves_time(day, today):
        raise Refused(
            _("Half of the days for a review would be over already: hand the notice over again today."), "day"
        )
    if receipt == Receipt.REFUSED and not witness:
        raise Refused(_("Name who was there when the receipt was refused."), "witness")
    result.notified_on, result.notified_by = day, actor
    result.receipt, result.witness = receipt, witness
    if not takes_grade(result):
        year_notices.keep([result])
    result.save(update_fields=years.NOTICE)
    changes = {"day": day, "receipt": receipt, "witness": witness}
    audit.record(verb="year_notice_handed_over", subject=result, actor=actor, now=now, changes=changes)
    if takes_grade(result):
        notifying.handed_over(result, now)
    return result


def _leaves_time(day: date, today: date) -> bool:
    until = review_rules.last_day(day, YearSettings.current().review_days, calendar.around(day))
    return review_rules.leaves_half(day, until, today)


# --- Looked at again --------------------------------------------------------------------------------------------------


def needs_look(result: AnnualResult) -> bool:
    return takes_grade(result) and rules.needs_look(
        is_decided=result.unit_result.state == YearState.DECIDED,
        has_changed=result.changed_at is not None,
        grade=result.grade,
        ungraded=result.ungraded,
    )


def result_look_again(
    *, result: AnnualResult, entered: Entered, seen: str | None = None, actor: User, now: datetime
) -> AnnualResult:
    """The figures of a decided year are others by now, or it was to wait for a case: somebody keeps the grade or gives
    another one, with a reason. The notice is handed over anew."""
    # By itself: what was computed stays for whoever is told that it is not what they read.
    years.year_appraise(year=result.year, now=now)
    return _looked_again(result, entered, seen, actor, now)


@transaction.atomic
def _looked_again(
    result: AnnualResult, entered: Entered, seen: str | None, actor: User, now: datetime
) -> AnnualResult:
    result, today = locked_result(result), local(now).date()
    if _was_looked_at(result, entered, actor):
        return result
    if not needs_look(result):
        raise Refused(_("Nothing has changed since the decision."))
    if Review.objects.filter(result=result, state=ReviewState.OPEN).exists():
        raise Refused(_("A review of this grade is open: what it decides comes first."))
    if actor.pk not in turns.deciders_again([result], today)[result.pk]:
        raise Refused(REFUSALS[Refusal.INVOLVED])
    if not entered.reason.strip():
        raise Refused(_("Say why."), "reason")
    check_unchanged(look_facts(result), seen)
    return regrade(result, entered, actor=actor, now=now)


def look_facts(result: AnnualResult) -> dict[str, Any]:
    grade = choice_of(result.grade, result.ungraded)
    return {"grade": grade, "reason": result.grade_reason, "content": result.content_hash}


def _was_looked_at(result: AnnualResult, entered: Entered, actor: User) -> bool:
    """A second tap."""
    last = result.corrections.filter(actor__isnull=False).order_by("-at").first()
    return (
        last is not None
        and last.actor_id == actor.pk
        and result.changed_at is None
        and _is_same(result, entered)
    )


def regrade(result: AnnualResult, entered: Entered, *, actor: User, now: datetime) -> AnnualResult:
    """Another decision about one person of a decided year, or the same one again: after other figures, or by a review.
    In the caller's transaction, with the year locked (`alone`). Raises Refused for a grade above the ceiling or the
    quota, or without a grade."""
    if not entered.grade:
        raise Refused(_("Choose one."), "grade")
    entered = replace(entered, reason=entered.reason.strip()[:REASON_LENGTH])
    before = {**years.computed(result), "grade": result.grade}
    result.grade, result.ungraded = entered.grade, entered.ungraded
    _check_regraded(result, entered)
    result.grade_reason = entered.reason
    result.changed_at = None
    # It is another notice. Looked at again it is another decision too, with a review of its own; what a
    # review decided is appealed against.
    years.take_notice_back(result)
    years.commendation_follow(result, years.keeps_commendation(result), now)
    result.save()
    years.correction(result, before, actor, result.grade_reason, now).save()
    year_notices.keep([result])
    result.save(update_fields=["notice"])
    changes = {"grade": [before["grade"], result.grade], "reason": result.grade_reason}
    audit.record(verb="year_regraded", subject=result, actor=actor, now=now, changes=changes)
    notifying.regraded(result, now)
    return result


def _check_regraded(result: AnnualResult, entered: Entered) -> None:
    try:
        _check_entered(result, entered)
    except Refused as refused:
        raise Refused(refused.sentence, "grade") from refused
    others = [row for row in results_of(result.unit_result) if row.pk != result.pk]
    if entered.grade == Grade.EXCELLENT and quota_of(result.unit_result, [*others, result]).is_exceeded:
        sentence = sentence_of(Refusal.QUOTA, result.unit_result, [*others, result])
        raise Refused(sentence, "grade")


# --- Shared -----------------------------------------------------------------------------------------------------------


def locked(unit_result: UnitResult) -> UnitResult:
    years.alone()
    # Nothing nullable is joined to what is locked: PostgreSQL refuses it.
    rows = UnitResult.objects.select_for_update(of=("self",)).select_related("unit")
    return rows.get(pk=unit_result.pk)


def locked_result(result: AnnualResult) -> AnnualResult:
    years.alone()
    AnnualResult.objects.select_for_update().get(pk=result.pk)
    rows = AnnualResult.objects.select_related("unit_result__unit", "unit", "cadre")
    return rows.get(pk=result.pk)
