"""Reviews in words: where one stands, until when, what it is about, what happened to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import Access
from accounts.history import Line
from accounts.permissions import TABLE
from appraisal.models import AnnualResult, Review, ReviewState, Sanction, Stage, YearCorrection
from appraisal.reviewing import About, about
from appraisal.words import sanction as sanction_words
from appraisal.words.grade import code_words, grade_words, result_words
from appraisal.words.objection import on_behalf
from common import audit
from common.models import AuditEntry
from common.rules import local
from common.templatetags.amounts import money, points
from common.templatetags.components import zh_date

TONES: Mapping[str, str] = {
    ReviewState.OPEN: "info",
    ReviewState.UPHELD: "idle",
    ReviewState.REVISED: "on",
    ReviewState.WITHDRAWN: "idle",
}
#: The model’s word for what is open is that of findings.
WAITS = gettext_lazy("Waits for its decision")
VERBS: Mapping[str, Any] = {
    "review_asked": gettext_lazy("Asked for"),
    "review_withdrawn": gettext_lazy("Taken back"),
    "review_decided": gettext_lazy("Decided"),
}


@dataclass(frozen=True)
class View:
    """A review as every page shows it. `tone` is a colour of the design system, `state` says the same in words."""

    review: Review
    #: What it is about: the measure, or the year.
    title: str
    tone: str
    state: str
    #: Until when it is to be decided; empty when it is.
    deadline: str

    @property
    def of(self) -> About:
        return about(self.review)

    @property
    def is_open(self) -> bool:
        return self.review.state == ReviewState.OPEN

    @property
    def is_appeal(self) -> bool:
        return self.review.stage == Stage.APPEAL

    @property
    def is_decided(self) -> bool:
        return self.review.state in (ReviewState.UPHELD, ReviewState.REVISED)

    @property
    def made_by(self) -> str:
        return made_by(self.review)


def views(reviews: Iterable[Review], today: date) -> list[View]:
    return [view(review, today) for review in reviews]


def view(review: Review, today: date) -> View:
    is_open = review.state == ReviewState.OPEN
    late = is_open and review.due_on < today
    deadline = _("to be decided by %(day)s") % {"day": zh_date(review.due_on)} if is_open else ""
    return View(
        review,
        title(about(review)),
        "bad" if late else TONES[review.state],
        _("Overdue") if late else state_of(review),
        deadline,
    )


def state_words(state: str) -> str:
    return str(WAITS if state == ReviewState.OPEN else ReviewState(state).label)


def state_of(review: Review) -> str:
    result = review.result
    return outcome_words(review.state, review.grade, result.employment_kind if result is not None else "")


def outcome_words(state: str, grade: str, employment_kind: str) -> str:
    """What happened: which of “set aside or changed” it was, and to what grade; without a kind it is of a measure. The
    grade that stands after a review may be the old one, with other figures."""
    if state != ReviewState.REVISED:
        return state_words(state)
    if not employment_kind:
        return _("The decision is set aside")
    return _("Changed, the grade is: %(grade)s") % {"grade": grade_words(grade, employment_kind)}


def title(of: About) -> str:
    if isinstance(of, Sanction):
        return sanction_words.title(of)
    return _("annual result of %(year)s") % {"year": of.year}


def made_by(review: Review) -> str:
    """Whose it is, and who entered it from paper."""
    cadre = about(review).cadre
    if review.paper_on is None or cadre is None:
        return str(review.made_by)
    return on_behalf(cadre.name, review.made_by)


def who_decides(review: Review, deciders: frozenset[int]) -> str:
    """For whoever does not decide it."""
    if not deciders:
        return _("Nobody of the Efficiency Express is free to decide it: the city has to name somebody.")
    if review.stage == Stage.APPEAL:
        return _(
            "The authority above decides. A member of the Efficiency Express who decided neither what it is about nor "
            "the review enters what it decided."
        )
    return _("An uninvolved member of the Efficiency Express decides it.")


# --- What the first decision stood on ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fact:
    day: date
    words: str
    url: str = ""


@dataclass(frozen=True)
class Said:
    """A statement or a reason, word for word, and whose it is."""

    label: str
    text: str
    by: str = ""


@dataclass(frozen=True)
class Ground:
    pairs: list[tuple[str, Any]]
    facts: list[Fact] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    #: The whole page of it, for whoever may open that.
    url: str = ""


#: The page of a fact, by its kind.
PAGES = {"finding": "finding", "measure": "sanction"}
OWN_PAGES = {"finding": "my_finding", "measure": "my_sanction"}


def ground(of: About, access: Access, *, own: bool, is_untold: bool = False) -> Ground:
    """To a reader who is not told what a year rests on (year_chain.Reader.untold): its grade, points and days."""
    if isinstance(of, Sanction):
        return _of_sanction(of, access, own)
    return _of_result_alone(of) if is_untold else _of_result(of, access, own)


def _of_sanction(sanction: Sanction, access: Access, own: bool) -> Ground:
    shown = sanction_words.view(sanction, local(sanction.proposed_at).date())
    pairs: list[tuple[str, Any]] = [(_("Measure"), shown.title)]
    if sanction.document_serial is not None and sanction.document_year is not None:
        number = f"〔{sanction.document_year}〕{sanction.document_serial}号"
        pairs.append((_("Decision"), number))
    pairs += [
        (_("Rule of the ladder"), shown.rule),
        (_("Decided on"), zh_date(sanction.decided_on)),
    ]
    if sanction.served_on is not None:
        receipt = f"{zh_date(sanction.served_on)}，{sanction.get_receipt_display()}"
        pairs.append((_("Served on"), f"{receipt}（{sanction.witness}）" if sanction.witness else receipt))
    if sanction.expires_on is not None:
        pairs.append((_("Warns until"), zh_date(sanction.expires_on)))
    pages = OWN_PAGES if own else PAGES
    facts = [
        Fact(
            date.fromisoformat(line["day"]),
            line["words"],
            _page(access, pages.get(line["kind"]), line["key"]),
        )
        for line in sanction.basis
    ]
    page = "my_sanction" if own else "sanction"
    return Ground(pairs, facts, _said_of(sanction, own), _page(access, page, sanction.pk))


def _said_of(sanction: Sanction, own: bool) -> list[Said]:
    """Whoever it is about reads what was decided, not who proposed it."""
    decided_by = "" if own else str(sanction.decided_by or "")
    found = [
        Said(_("Why it was proposed"), sanction.reason, "" if own else str(sanction.proposed_by or "")),
        Said(_("Statement in defence"), sanction.defence),
        Said(_("Why it was decided so"), sanction.decision_reason, decided_by),
        Said(_("Why rungs were passed over"), sanction.skipped_reason),
    ]
    return [one for one in found if one.text]


def _page(access: Access, name: str | None, *args: Any) -> str:
    page = TABLE.get(name) if name else None
    return reverse(name, args=args) if name and page is not None and access.may(page) else ""


def _of_result(result: AnnualResult, access: Access, own: bool) -> Ground:
    figures = result.figures
    pairs: list[tuple[str, Any]] = [
        (_("Grade"), result_words(result)),
        (_("at most"), grade_words(result.ceiling, result.employment_kind)),
        (_("Points"), points(figures.get("half_points", 0))),
        (_("Complaints that were substantiated"), figures.get("complaints", 0)),
        (_("Admonishments"), figures.get("admonishments", 0)),
        (_("Cautions"), figures.get("cautions", 0)),
        (_("Criticisms by circular"), figures.get("circulars", 0)),
    ]
    if result.bonus_months:
        bonus = _("%(number)s months") % {"number": result.bonus_months}
        if result.bonus_cents is not None:
            bonus = f"{bonus}，{money(result.bonus_cents)}"
        pairs.append((_("Bonus to be withheld"), bonus))
    said = [Said(_("Rule of the year"), words) for words in code_words(result)]
    if result.grade_reason:
        said.append(Said(_("Reason for the grade"), result.grade_reason))
    facts = [Fact(local(row.at).date(), correction_words(row, result)) for row in result.corrections.all()]
    url = _page(access, "my_year", result.year) if own else ""
    return Ground(pairs + _days(result), facts, said, url)


def _of_result_alone(result: AnnualResult) -> Ground:
    pairs: list[tuple[str, Any]] = [
        (_("Grade"), result_words(result)),
        (_("Points"), points(result.figures.get("half_points", 0))),
        (_("Complaints and measures"), _("Not shown to you")),
    ]
    return Ground(pairs + _days(result))


def _days(result: AnnualResult) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    if result.unit_result.published_until is not None:
        pairs.append((_("Public notice until"), zh_date(result.unit_result.published_until)))
    if result.unit_result.decided_at is not None:
        pairs.append((_("Decided on"), zh_date(result.unit_result.decided_at)))
    if result.notified_on is not None:
        pairs.append((_("Notice handed over on"), zh_date(result.notified_on)))
    return pairs


def correction_words(row: YearCorrection, result: AnnualResult) -> str:
    """“Put right: basically competent → competent. Reason: …”"""
    if "grade" in row.after:
        before, after = (
            grade_words(grade, result.employment_kind) or str(_("none"))
            for grade in (row.before["grade"], row.after["grade"])
        )
        return _("Put right: %(before)s → %(after)s. %(reason)s") % {
            "before": before,
            "after": after,
            "reason": row.reason,
        }
    return _("Put right: other figures. %(reason)s") % {"reason": row.reason}


# --- What happened to it ----------------------------------------------------------------------------------------------


def history(review: Review) -> list[Line]:
    """Newest first."""
    return [
        Line(
            at=entry.at,
            label=str(VERBS.get(entry.verb, entry.verb)),
            actor=_actor(entry, review),
            details="；".join(_details(entry.changes, review)),
            failure=False,
        )
        for entry in audit.history(review)
    ]


def _actor(entry: AuditEntry, review: Review) -> str:
    if entry.verb == "review_asked":
        return made_by(review)
    return str(entry.actor) if entry.actor else _("the system")


def _details(changes: Mapping[str, Any], review: Review) -> list[str]:
    found = []
    if day := changes.get("paper_on"):
        found.append(_("handed in on paper on %(day)s") % {"day": zh_date(date.fromisoformat(day))})
    if day := changes.get("until"):
        found.append(_("to be decided by %(day)s") % {"day": zh_date(date.fromisoformat(day))})
    if changes.get("state"):
        found.append(state_of(review))
    if authority := changes.get("authority"):
        found.append(f"{authority} {changes.get('document', '')}".strip())
    if reason := changes.get("reason"):
        found.append(_("reason: %(reason)s") % {"reason": str(reason).rstrip("。")})
    return found
