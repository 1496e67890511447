"""Reviews and appeals of what is decided about somebody: of a measure of the ladder, and of an annual result. (What a
month counts has its objections, a finding its statement in defence.)

Asked for by whom it is about, decided by somebody who had no hand in it; the outcome of an appeal, which the authority
above decides, is entered. Where a decision falls, everything that rested on it changes in the same transaction.
"""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from appraisal import sanction_papers, year_notices
from appraisal.models import (
    AnnualResult,
    Review,
    ReviewState,
    Sanction,
    Stage,
    UnitResult,
    YearSettings,
)
from appraisal.models.sanctions import STANDING
from appraisal.notifying import reviews as telling
from appraisal.papers.content import AnnualNotice
from appraisal.reviewing import (
    About,
    Right,
    deciders_now,
    deciders_of,
    has_place,
    is_on_paper,
    may_ask,
    number_of,
    right,
    whole,
    whole_results,
)
from appraisal.rules.reviews import (
    SOON,
    Asking,
    Deciding,
    last_day,
    refuse_asking,
    refuse_deciding,
    refuse_grade,
)
from appraisal.services import grading, sanctions, years
from appraisal.services.grading import Entered
from common import audit, calendar, notices
from common.problems import Refused
from common.rules import local
from common.templatetags.components import zh_date

ASKING = {
    Asking.NOT_YOURS: gettext_lazy(
        "Whoever a decision is about asks for this themselves; for somebody without an account the unit’s officer "
        "enters it, but nobody who proposed or decided it; about the unit its officers and heads do."
    ),
    Asking.NOT_DECIDED: gettext_lazy("Nothing is decided yet that could be looked at again."),
    Asking.NOTHING_LEFT: gettext_lazy(
        "This decision was set aside already: nothing is left to look at again."
    ),
    Asking.TWICE: gettext_lazy("This was asked for already; each decision is looked at again once."),
    Asking.TEXT: gettext_lazy("Write what speaks against the decision."),
    Asking.PAPER_DAY: gettext_lazy("Enter the day on which the paper was handed in."),
    Asking.PAPER_TO_COME: gettext_lazy("This day is still to come."),
    Asking.PAPER_TOO_EARLY: gettext_lazy("Nothing was decided yet on this day."),
}
ASKING_FIELDS = {
    Asking.TEXT: "text",
    Asking.PAPER_DAY: "paper_on",
    Asking.PAPER_TO_COME: "paper_on",
    Asking.PAPER_TOO_EARLY: "paper_on",
}
DECIDING = {
    Deciding.INVOLVED: gettext_lazy(
        "Nobody decides a review of what they proposed, recorded or decided, that is about them or their unit, in "
        "which they have an interest, or that they handed in."
    ),
    Deciding.REASON: gettext_lazy("Say why. Whoever asked reads it."),
    Deciding.AUTHORITY: gettext_lazy("Name the authority that decided."),
    Deciding.DOCUMENT: gettext_lazy("Enter the number of its document."),
    Deciding.UNCHANGED: gettext_lazy(
        "The figures are those of the decision: choose a better grade, or let the decision stand."
    ),
    Deciding.HARSHER: gettext_lazy("A review makes nothing heavier: choose a better grade."),
    Deciding.CEILING: gettext_lazy("The year as it is computed now allows no such grade."),
    Deciding.QUOTA: gettext_lazy("The unit’s quota of excellent grades is full."),
}
DECIDING_FIELDS = {
    Deciding.REASON: "reason",
    Deciding.AUTHORITY: "authority",
    Deciding.DOCUMENT: "document",
    Deciding.UNCHANGED: "grade",
    Deciding.HARSHER: "grade",
    Deciding.CEILING: "grade",
    Deciding.QUOTA: "grade",
}


class Decided(Refused):
    """Somebody was faster; the sentence says who, and what."""

    def __init__(self, review: Review) -> None:
        words = {
            "who": str(review.decided_by),
            "state": review.get_state_display(),
            "reason": review.decision_reason,
        }
        if review.state == ReviewState.WITHDRAWN:
            sentence = _("%(who)s has taken it back.")
        else:
            sentence = _("%(who)s has decided already: %(state)s. Reason: %(reason)s")
        super().__init__(sentence % words)


# --- Asking ----------------------------------------------------------------------------------------------------------


def closed(of: About, stage: str, user: User, today: date) -> str:
    """Why this user cannot ask now, whatever they write; empty when they can."""
    there = right(of, stage)
    # What the officer's paper says is not known yet: it may be of a day in time.
    paper_on = min(today, there.until or today) if is_on_paper(of, user) else None
    refusal = _refusal(of, there, user, today, text="…", paper_on=paper_on)
    return "" if refusal is None else str(_sentence(refusal, there))


def _refusal(
    of: About, there: Right, user: User, today: date, *, text: str, paper_on: date | None
) -> Asking | None:
    return refuse_asking(
        is_for_them=may_ask(of, user, today),
        is_decided=there.is_decided,
        stands=there.stands,
        asked_before=there.before is not None,
        decided_on=there.decided_on,
        until=there.until,
        on_paper=is_on_paper(of, user),
        paper_on=paper_on,
        today=today,
        text=text,
    )


def _sentence(refusal: Asking, there: Right) -> Any:
    if refusal == Asking.NOT_DECIDED and there.stage == Stage.APPEAL:
        return _("An appeal follows a review that is decided.")
    if refusal == Asking.OVER:
        words = _("This could be asked for until %(day)s, 24:00.")
        return words % {"day": zh_date(there.until)}
    return ASKING[refusal]


@transaction.atomic
def review_ask(
    *, about: About, text: str, paper_on: date | None = None, actor: User, now: datetime
) -> Review:
    """Ask for a review, once; nothing is suspended. Pressed twice, it is the first one."""
    return _ask(about, Stage.REVIEW, text, paper_on, actor, now)


@transaction.atomic
def appeal_ask(
    *, about: About, text: str, paper_on: date | None = None, actor: User, now: datetime
) -> Review:
    """Appeal to the authority above, after a review that is decided."""
    return _ask(about, Stage.APPEAL, text, paper_on, actor, now)


def _ask(of: About, stage: Stage, text: str, paper_on: date | None, actor: User, now: datetime) -> Review:
    of, today, text = _hold(of), local(now).date(), text.strip()
    there = right(of, stage)
    if there.before is not None and _is_same(there.before, text, actor):
        return there.before
    refusal = _refusal(of, there, actor, today, text=text, paper_on=paper_on)
    if refusal is not None:
        raise Refused(_sentence(refusal, there), ASKING_FIELDS.get(refusal))
    review = Review.objects.create(
        sanction=of if isinstance(of, Sanction) else None,
        result=of if isinstance(of, AnnualResult) else None,
        decision=number_of(of),
        stage=stage,
        made_by=actor,
        made_at=now,
        paper_on=paper_on if is_on_paper(of, actor) else None,
        text=text,
        due_on=last_day(today, _days_to_answer(of, stage), calendar.around(today)),
    )
    changes = {"stage": stage.value, "paper_on": review.paper_on, "until": review.due_on}
    audit.record(verb="review_asked", subject=review, actor=actor, now=now, changes=changes)
    telling.asked(review, deciders_now(review, today), actor.pk, now)
    return review


def _days_to_answer(of: About, stage: Stage) -> int:
    """As the decision says itself; a decision of the ladder says nothing of appeals."""
    settings = YearSettings.current()
    if isinstance(of, Sanction):
        kept = sanction_papers.as_decided(of) if stage == Stage.REVIEW else None
        return kept.review_answer_days if kept is not None else _answer_days(settings, stage)
    return _answer_days(year_notices.kept(of) or settings, stage)


def _answer_days(named: YearSettings | AnnualNotice, stage: Stage) -> int:
    return named.review_answer_days if stage == Stage.REVIEW else named.appeal_answer_days


def _is_same(before: Review, text: str, actor: User) -> bool:
    return before.made_by_id == actor.pk and before.state == ReviewState.OPEN and before.text == text


def _hold(of: About) -> About:
    """It must not be served, set aside or asked about by somebody else at this moment."""
    # Nothing nullable is joined to what is locked: PostgreSQL refuses it.
    if isinstance(of, Sanction):
        Sanction.objects.select_for_update().get(pk=of.pk)
        return sanctions.whole(Sanction.objects.filter(pk=of.pk)).get()
    AnnualResult.objects.select_for_update().get(pk=of.pk)
    return whole_results(AnnualResult.objects.filter(pk=of.pk)).get()


@transaction.atomic
def review_withdraw(*, review: Review, actor: User, now: datetime) -> Review:
    """By whoever made it, as long as nobody has decided; within the days it may be asked for again."""
    review = _locked(review)
    if review.made_by_id != actor.pk:
        raise Refused(_("Only %(who)s, who made it, takes it back.") % {"who": review.made_by})
    if review.state == ReviewState.WITHDRAWN:
        return review
    if review.state != ReviewState.OPEN:
        raise Decided(review)
    told = deciders_now(review, local(now).date())
    review.state, review.decided_by, review.decided_at = ReviewState.WITHDRAWN, actor, now
    review.save(update_fields=["state", "decided_by", "decided_at"])
    audit.record(verb="review_withdrawn", subject=review, actor=actor, now=now)
    telling.withdrawn(review, told, now)
    return review


# --- Deciding ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def review_decide(
    *, review: Review, revise: bool, reason: str, grade: str = "", actor: User, now: datetime
) -> Review:
    """Let the decision stand, or revise it: a measure is set aside, an annual result gets a better grade, or takes over
    figures that have changed. Raises Decided when somebody was faster."""
    review = _locked(review)
    if review.stage != Stage.REVIEW:
        raise Refused(_("The authority above decides an appeal: enter what it decided."))
    return _decide(review, revise, reason.strip(), grade, actor, now)


@transaction.atomic
def appeal_enter(
    *,
    review: Review,
    revise: bool,
    reason: str,
    authority: str,
    document: str,
    grade: str = "",
    actor: User,
    now: datetime,
) -> Review:
    """What the authority above decided, with its document; entered by a member of the Express who decided neither what
    it is about nor the review of it."""
    review = _locked(review)
    if review.stage != Stage.APPEAL:
        raise Refused(_("A review is decided by the Express, not by the authority above."))
    if review.state == ReviewState.OPEN:
        review.authority, review.document = " ".join(authority.split()), " ".join(document.split())
    return _decide(review, revise, reason.strip(), grade, actor, now)


def _decide(review: Review, revise: bool, reason: str, grade: str, actor: User, now: datetime) -> Review:
    state = ReviewState.REVISED if revise else ReviewState.UPHELD
    if review.state != ReviewState.OPEN:
        said = (review.decided_by_id, review.state, review.decision_reason)
        if said == (actor.pk, state, reason):
            return review
        raise Decided(review)
    refusal = refuse_deciding(
        is_free=actor.pk in deciders_now(review, local(now).date()),
        reason=reason,
        of_above=review.stage == Stage.APPEAL,
        authority=review.authority,
        document=review.document,
    )
    _raise(refusal)
    review.state, review.decision_reason = state, reason
    review.decided_by, review.decided_at = actor, now
    if revise:
        _revise(review, grade, reason, actor, now)
    review.save()
    changes: dict[str, Any] = {"state": state.value, "reason": reason, "grade": review.grade}
    changes |= {"authority": review.authority, "document": review.document}
    audit.record(verb="review_decided", subject=review, actor=actor, now=now, changes=changes)
    telling.decided(review, actor.pk, now)
    return review


def _raise(refusal: Deciding | None) -> None:
    if refusal is not None:
        raise Refused(DECIDING[refusal], DECIDING_FIELDS.get(refusal))


def _revise(review: Review, grade: str, reason: str, actor: User, now: datetime) -> None:
    if review.sanction is not None:
        _set_aside(review.sanction, reason, actor, now)
    else:
        assert review.result is not None
        review.grade = _grade_anew(review.result, grade, reason, actor, now)


def _set_aside(sanction: Sanction, reason: str, actor: User, now: datetime) -> None:
    """It counts nowhere any more, and the year in which it counted is computed without it."""
    found = _hold(sanction)
    assert isinstance(found, Sanction)
    # Set aside for another reason while the review waited.
    if found.state not in STANDING:
        return
    sanctions.set_aside(found, reason=reason, actor=actor, now=now)
    assert found.decided_on is not None
    _compute(found.decided_on.year, actor, now)


def _compute(year: int, actor: User, now: datetime) -> None:
    """Within this transaction: nobody sees the decision fall and the year still rest on it."""
    if UnitResult.objects.filter(year=year).exists():
        years.year_appraise(year=year, actor=actor, now=now)


def _grade_anew(result: AnnualResult, grade: str, reason: str, actor: User, now: datetime) -> str:
    """The grade that it has now; the notice is handed over anew."""
    # A computation locks the year first, then its rows: so does this.
    _compute(result.year, actor, now)
    row = grading.locked_result(result)
    refusal = refuse_grade(
        new=grade,
        old=row.grade,
        ceiling=row.ceiling,
        figures_changed=row.changed_at is not None,
        has_place=has_place(row),
    )
    _raise(refusal)
    grade = grade or row.grade
    entered = Entered(grade, row.ungraded if grade == row.grade else "", reason)
    return grading.regrade(row, entered, actor=actor, now=now).grade


def _locked(review: Review) -> Review:
    Review.objects.select_for_update().get(pk=review.pk)
    return whole(Review.objects.filter(pk=review.pk)).get()


# --- In time ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def reviews_remind(*, now: datetime) -> int:
    """Whoever may decide hears some days before the last one, and once it is over; where nobody may, whoever can name
    somebody: once each, however often it runs."""
    today = local(now).date()
    rows = list(whole(Review.objects.open()))
    deciding = deciders_of(rows, today)
    messages: list[notices.Message] = []
    for row in rows:
        if not deciding[row.pk]:
            messages += telling.nobody(row, now)
        if row.due_on < today:
            messages.append(telling.message(telling.OVERDUE, row, deciding[row.pk] | telling.heads(now)))
        elif row.due_on <= today + SOON:
            messages.append(telling.message(telling.DUE, row, deciding[row.pk]))
    return notices.send_all(messages, now=now)
