"""The record of a cadre (scheme 三, 建档考评): everything that is kept of somebody, by year, newest first.

Each reader finds what the pages behind it show them, and every figure leads there. Of complaints no more than the
outcome and the statement of fact, of whereabouts no more than how often; what was referred is the commission’s alone.
Cells are text, so that the screen and the paper say the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import Access, Scope
from accounts.permissions import TABLE, Reach
from appraisal import counted, year_chain
from appraisal.models import (
    AnnualResult,
    LedgerEntry,
    MonthTotal,
    Objection,
    Review,
    Sanction,
    SanctionState,
    WithholdingProposal,
    YearState,
)
from appraisal.models.sanctions import STANDING
from appraisal.notifying.stages import month_name
from appraisal.words import grade as grade_words
from appraisal.words import month as month_words
from appraisal.words import review as review_words
from appraisal.words import sanction as sanction_words
from appraisal.words import year as year_words
from attendance import cases, words
from attendance.models import Finding, FindingState
from cards.models import STATE_LABELS, Cadre, Printing, Whereabouts
from cards.rules import State
from common.rules import SHANGHAI, local
from common.templatetags.amounts import money, points
from common.templatetags.components import zh_date
from complaints import points as hearing
from complaints.models import Praise

ANSWER_TONES = {"open": "out", "withdrawn": "idle"}
YEAR_TONES = {YearState.COMPUTED: "info", YearState.PROPOSED: "info", YearState.PUBLIC: "out"}
#: In which a result is told to whom it is about.
TOLD = (YearState.PUBLIC, YearState.DECIDED)
#: Characters that stand beside their head on a phone.
SHORT = 16


@dataclass(frozen=True)
class Cell:
    text: str
    url: str = ""
    #: Of a tag; empty for plain words.
    tone: str = ""

    @property
    def is_long(self) -> bool:
        """On a phone it takes lines of its own, below its head."""
        return not self.tone and len(self.text) > SHORT


@dataclass(frozen=True)
class Head:
    label: Any
    #: Of the paper’s width.
    share: int
    number: bool = False


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Part:
    """One kind of facts within a year."""

    key: str
    title: Any
    heads: tuple[Head, ...]
    rows: list[Row]

    @property
    def cells(self) -> list[list[tuple[Head, Cell]]]:
        return [list(zip(self.heads, row, strict=True)) for row in self.rows]


@dataclass
class Year:
    year: int
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True)
class Reader:
    """Who reads, and how far the page’s row lets them see."""

    access: Access
    scope: Scope
    today: date

    @property
    def own(self) -> bool:
        return self.scope.reach == Reach.SELF

    def url(
        self,
        own: str,
        desk: str,
        own_args: Sequence[Any],
        desk_args: Sequence[Any],
        *,
        unit_id: int | None = None,
    ) -> str:
        """Of the page behind a fact; empty where this reader has none, or with `unit_id` none of that unit."""
        name, args = (own, own_args) if self.own else (desk, desk_args)
        page = TABLE.get(name)
        if page is None or not self.access.may(page):
            return ""
        is_theirs = unit_id is None or self.own or self.access.scope(page).allows_unit(unit_id)
        return reverse(name, args=args) if is_theirs else ""


def years_of(cadre: Cadre, reader: Reader) -> list[Year]:
    """The same queries for any number of facts and years."""
    found: dict[int, Year] = {}
    for key, title, heads, gather in SECTIONS:
        by_year: dict[int, list[Row]] = defaultdict(list)
        for year, row in gather(cadre, reader):
            by_year[year].append(row)
        for year, rows in by_year.items():
            found.setdefault(year, Year(year)).parts.append(Part(key, title, heads, rows))
    return [found[year] for year in sorted(found, reverse=True)]


# --- What a year decided ----------------------------------------------------------------------------------------------


def _annual(cadre: Cadre, reader: Reader) -> Iterator[tuple[int, Row]]:
    results = list(AnnualResult.objects.filter(cadre=cadre).select_related("unit", "unit_result"))
    untold = year_chain.Reader(reader.access, reader.scope).untold(results)
    for result in results:
        if reader.own or reader.scope.allows_unit(result.unit_id):
            yield result.year, _year(result, reader, is_untold=result.pk in untold)
        elif _still_bars(result, reader.today) and result.pk not in untold:
            yield result.year, _bar_elsewhere(result)


def _year(result: AnnualResult, reader: Reader, *, is_untold: bool) -> Row:
    state = YearState(result.unit_result.state)
    page = [result.year, result.unit.code, result.pk]
    url = reader.url("my_year", "unit_year_result", [result.year], page, unit_id=result.unit_id)
    label = str(state.label)
    grade = Cell(grade_words.result_words(result) or _("not graded yet"), url)
    if reader.own and state not in TOLD:
        # What the unit proposes is nobody’s own to read before it hangs.
        label, grade = _("Not decided yet"), Cell("–")
    return (
        Cell(label, tone=YEAR_TONES.get(state, "on")),
        Cell(points(result.figures.get("half_points", 0)), url),
        grade,
        Cell(_("Not shown to you") if is_untold else _consequences(result, state)),
    )


def _consequences(result: AnnualResult, state: YearState) -> str:
    follows = "；".join(_follows(result, state))
    if not follows:
        return _("no consequence")
    if state == YearState.DECIDED:
        return follows
    return _("provisional: %(follows)s") % {"follows": follows}


def _follows(result: AnnualResult, state: YearState) -> Iterator[str]:
    yield from grade_words.code_words(result)
    if result.barred_until is not None and state == YearState.DECIDED:
        yield year_words.promotion_words(result.barred_until)
    if result.commended_by_id:
        yield _("commended: %(reason)s") % {"reason": year_words.commendation_words(result)}


def _still_bars(result: AnnualResult, today: date) -> bool:
    is_decided = result.unit_result.state == YearState.DECIDED
    return is_decided and result.barred_until is not None and result.barred_until >= today


def _bar_elsewhere(result: AnnualResult) -> Row:
    """Whoever takes somebody over has to know what still bars them, and of the year before nothing else."""
    bars = "；".join(year_words.bars(result))
    said = _("%(unit)s: %(words)s") % {"unit": result.unit, "words": bars}
    return Cell(str(YearState.DECIDED.label), tone="on"), Cell("–"), Cell("–"), Cell(said)


def _sanctions(cadre: Cadre, reader: Reader) -> Iterator[tuple[int, Row]]:
    """Of another unit no more than what stands: whoever takes somebody over has to know."""
    found = Sanction.objects.within(reader.scope).filter(cadre=cadre)
    if reader.own:
        # Whoever is proposed for a measure hears of it with the days for their answer, not from a list.
        found = found.exclude(state=SanctionState.PROPOSED, told_at=None)
    rows = found.select_related("measure", "proposed_measure", "unit").order_by("-proposed_at", "-pk")
    for view in sanction_words.views(rows, reader.today):
        sanction = view.sanction
        day = sanction.decided_on or local(sanction.proposed_at).date()
        pk = [sanction.pk]
        stands = sanction.state in STANDING
        url = reader.url("my_sanction", "sanction", pk, pk, unit_id=None if stands else sanction.unit_id)
        is_here = reader.own or reader.scope.allows_unit(sanction.unit_id)
        remarks = ["" if is_here else str(sanction.unit), view.deadline, sanction.set_aside_reason]
        yield (
            day.year,
            (
                Cell(zh_date(day)),
                Cell(view.title, url),
                Cell(view.state, tone=view.tone),
                Cell("；".join(filter(None, remarks))),
            ),
        )


def _answers(cadre: Cadre, reader: Reader) -> Iterator[tuple[int, Row]]:
    """Reviews and objections: what was asked, and what came of it, never the words."""
    asked = [*_reviews(cadre, reader), *_objections(cadre, reader)]
    for made_at, about, state, label in sorted(asked, key=lambda row: row[0], reverse=True):
        tone = ANSWER_TONES.get(state, "on")
        yield local(made_at).year, (Cell(zh_date(local(made_at).date())), about, Cell(label, tone=tone))


def _reviews(cadre: Cadre, reader: Reader) -> Iterator[tuple[datetime, Cell, str, str]]:
    about = Q(sanction__cadre=cadre) | Q(result__cadre=cadre)
    found = Review.objects.within(reader.scope).filter(about).exclude(sanction__state=SanctionState.REFERRED)
    for review in found.select_related("sanction__measure", "result"):
        if review.sanction is not None:
            subject = sanction_words.title(review.sanction)
        else:
            assert review.result is not None
            subject = _("annual appraisal of %(year)s") % {"year": review.result.year}
        said = _("%(stage)s: %(subject)s") % {"stage": review.get_stage_display(), "subject": subject}
        url = reader.url("my_review", "review", [review.pk], [review.pk])
        yield review.made_at, Cell(said, url), review.state, review_words.state_of(review)


def _objections(cadre: Cadre, reader: Reader) -> Iterator[tuple[datetime, Cell, str, str]]:
    found = Objection.objects.within(reader.scope).filter(entry__cadre=cadre)
    for objection in found.select_related("entry__item"):
        entry = objection.entry
        words_of = {"day": zh_date(entry.day), "item": entry.item}
        url = reader.url("my_objection", "objection", [objection.pk], [objection.pk])
        said = Cell(_("Objection: %(day)s %(item)s") % words_of, url)
        yield objection.made_at, said, objection.state, objection.get_state_display()


# --- What the months counted ------------------------------------------------------------------------------------------


def _months(cadre: Cadre, reader: Reader) -> Iterator[tuple[int, Row]]:
    totals = MonthTotal.objects.filter(cadre=cadre)
    if reader.scope.unit_ids is not None and not reader.own:
        totals = totals.filter(report__unit__in=reader.scope.unit_ids)
    rows = list(totals.select_related("report__unit").order_by("-report__month", "report__unit"))
    proposals = WithholdingProposal.objects.within(reader.scope).filter(cadre=cadre)
    by_report = {proposal.report_id: proposal for proposal in proposals}
    left = counted.left_of(cadre, {row.report.month for row in rows})
    for total in rows:
        report, month = total.report, f"{total.report.month:%Y-%m}"
        url = reader.url("my_month", "month", [month], [report.unit.code, month])
        stands = left.get((report.unit_id, report.month), counted.Left())
        charged = points(stands.half_points)
        if stands.is_changed:
            charged = _("%(now)s, at first %(then)s") % {"now": charged, "then": points(total.half_points)}
        tone, state = (
            month_words.own_state(report, reader.today)
            if reader.own
            else (month_words.TONES[report.state], report.get_state_display())
        )
        yield (
            report.month.year,
            (
                Cell(month_name(report.month), url),
                Cell(str(report.unit)),
                Cell(state, tone=tone),
                Cell(charged, url),
                _proposal(by_report.get(report.pk), report.unit.code, month, reader),
            ),
        )


def _proposal(proposal: WithholdingProposal | None, code: str, month: str, reader: Reader) -> Cell:
    if proposal is None:
        return Cell("–")
    url = reader.url("my_withholding", "withholdings", [proposal.pk], [code, month])
    return Cell(f"{money(proposal.due_cents)} · {proposal.get_state_display()}", url)


def _findings(cadre: Cadre, reader: Reader) -> Iterator[tuple[int, Row]]:
    found = Finding.objects.within(reader.scope).filter(cadre=cadre).select_related("item")
    charges = LedgerEntry.objects.within(reader.scope).charges().filter(cadre=cadre)
    # Of a fact that was judged anew the one that stands.
    entries = charges.annotate(taken_back=F("reversed_by")).select_related("unit").order_by("sequence")
    by_finding = {entry.finding_id: entry for entry in sorted(entries, key=_stands)}
    for view in cases.listed(found.order_by("-day", "-pk"), reader.today):
        finding = view.finding
        pk = [finding.pk]
        url = reader.url("my_finding", "finding", pk, pk, unit_id=finding.unit_id)
        yield (
            finding.day.year,
            (
                Cell(zh_date(finding.day), url),
                Cell(words.title(finding), url),
                Cell(view.state, tone=view.tone),
                _charge(finding, by_finding.get(finding.pk), reader),
            ),
        )


def _stands(entry: Any) -> bool:
    return entry.taken_back is None


def _charge(finding: Finding, entry: Any, reader: Reader) -> Cell:
    if entry is None:
        return Cell("–" if finding.state == FindingState.WITHDRAWN else _("not counted yet"))
    code, month = entry.unit.code, f"{entry.month:%Y-%m}"
    url = reader.url("my_entry", "entry", [code, entry.sequence], [code, month, entry.sequence])
    return Cell(points(entry.half_points if _stands(entry) else 0), url)


# --- What citizens said -----------------------------------------------------------------------------------------------


def _complaints(cadre: Cadre, reader: Reader) -> Iterator[tuple[int, Row]]:
    """The outcome and the statement of fact, for whom complaints shows them already; nothing that was received."""
    if reader.own:
        found = hearing.statements(cadre)
    elif reader.scope.unit_ids is None:
        found = hearing.city_statements(reader.access, cadre)
    else:
        found = hearing.unit_statements(reader.access, reader.today, cadre)
    for case in found:
        assert case.closed_at is not None
        closed = local(case.closed_at).date()
        url = ""
        if reader.own:
            url = reverse("my_statement", args=[hearing.statement_token(case)])
        elif reader.scope.unit_ids is None:
            url = reverse("complaint", args=[case.number])
        outcome = Cell(str(case.get_outcome_display()), url)
        yield closed.year, (Cell(zh_date(closed)), outcome, Cell(case.statement))


def _praise(cadre: Cadre, reader: Reader) -> Iterator[tuple[int, Row]]:
    found = Praise.objects.filter(cadre=cadre)
    if reader.scope.unit_ids is not None and not reader.own:
        found = found.filter(unit__in=reader.scope.unit_ids)
    everywhere = reader.scope.unit_ids is None
    url = reader.url("my_praises", "praises" if everywhere else "unit_praises", [], [])
    for praise in found:
        day = local(praise.received_at).date()
        # Its words are for those who have a page of them.
        said = (praise.text if url else "") or _("Praised, without words")
        yield day.year, (Cell(zh_date(day)), Cell(said, url))


# --- What was asked of the post, and where it was ---------------------------------------------------------------------


def _responsibilities(cadre: Cadre, reader: Reader) -> Iterator[tuple[int, Row]]:
    for row in cadre.responsibilities.order_by("-year", "position"):
        url = reader.url("my_responsibilities", "responsibility", [], [cadre.pk, row.year])
        yield (
            row.year,
            (Cell(row.task, url), Cell(row.target or "–"), Cell(row.result or _("not entered yet"))),
        )


def _whereabouts(cadre: Cadre, reader: Reader) -> Iterator[tuple[int, Row]]:
    """How often by month and state, for the person and their own unit: never where, nor when."""
    if reader.scope.unit_ids is None and not reader.own:
        return
    declared = Whereabouts.objects.filter(cadre=cadre, cancels=None, cancelled_by=None)
    by_month = declared.annotate(month=TruncMonth("since", tzinfo=SHANGHAI)).order_by()
    rows = (
        by_month.values("month", "state").annotate(number=Count("pk")).order_by("-month", "-number", "state")
    )
    months: dict[date, list[str]] = defaultdict(list)
    for row in rows:
        month = row["month"].date().replace(day=1)
        if month <= reader.today:
            said = {"state": STATE_LABELS[State(row["state"])], "number": row["number"]}
            months[month].append(_("%(state)s %(number)s times") % said)
    for month, said_of in months.items():
        yield month.year, (Cell(month_name(month)), Cell("、".join(said_of)))


def _cards(cadre: Cadre, reader: Reader) -> Iterator[tuple[int, Row]]:
    """Issued, printed and revoked, the newest first."""
    events: list[tuple[datetime, str, str]] = []
    for card in cadre.cards.all():
        events.append((card.issued_at, _("Card issued"), card.serial))
        if card.revoked_at is not None:
            reason = f"{_('Card revoked')} · {card.get_revoke_reason_display()}"
            events.append((card.revoked_at, reason, card.serial))
    for printing in Printing.objects.filter(card__cadre=cadre).select_related("card").defer("shown"):
        what = _("Printed: %(document)s") % {"document": printing.get_kind_display()}
        events.append((printing.printed_at, what, printing.card.serial))
    url = reader.url("my_whereabouts", "cadre", [], [cadre.pk])
    for at, what, serial in sorted(events, reverse=True):
        day = local(at).date()
        yield day.year, (Cell(zh_date(day)), Cell(what), Cell(serial, url))


Gather = Callable[[Cadre, Reader], Iterator[tuple[int, Row]]]

#: In the order in which a year says them.
SECTIONS: tuple[tuple[str, Any, tuple[Head, ...], Gather], ...] = (
    (
        "annual",
        gettext_lazy("Annual appraisal"),
        (
            Head(gettext_lazy("State"), 22),
            Head(gettext_lazy("Points"), 14, number=True),
            Head(gettext_lazy("Grade"), 24),
            Head(gettext_lazy("Use of the result"), 60),
        ),
        _annual,
    ),
    (
        "sanctions",
        gettext_lazy("Measures"),
        (
            Head(gettext_lazy("Day"), 22),
            Head(gettext_lazy("Measure"), 34),
            Head(gettext_lazy("State"), 24),
            Head(gettext_lazy("Remarks"), 40),
        ),
        _sanctions,
    ),
    (
        "reviews",
        gettext_lazy("Reviews and objections"),
        (
            Head(gettext_lazy("Day"), 22),
            Head(gettext_lazy("Matter"), 70),
            Head(gettext_lazy("State"), 28),
        ),
        _answers,
    ),
    (
        "months",
        gettext_lazy("Monthly assessment"),
        (
            Head(gettext_lazy("Month"), 22),
            Head(gettext_lazy("Unit"), 34),
            Head(gettext_lazy("State"), 26),
            Head(gettext_lazy("Points"), 28, number=True),
            Head(gettext_lazy("Proposed to be withheld"), 40),
        ),
        _months,
    ),
    (
        "findings",
        gettext_lazy("Findings"),
        (
            Head(gettext_lazy("Day"), 22),
            Head(gettext_lazy("What was found"), 60),
            Head(gettext_lazy("State"), 28),
            Head(gettext_lazy("Points"), 20, number=True),
        ),
        _findings,
    ),
    (
        "complaints",
        gettext_lazy("Outcomes of complaints"),
        (
            Head(gettext_lazy("Closed on"), 22),
            Head(gettext_lazy("Outcome"), 22),
            Head(gettext_lazy("Statement of fact"), 80),
        ),
        _complaints,
    ),
    (
        "praise",
        gettext_lazy("Praise"),
        (Head(gettext_lazy("Day"), 22), Head(gettext_lazy("Words of praise"), 100)),
        _praise,
    ),
    (
        "responsibilities",
        gettext_lazy("Post responsibilities"),
        (
            Head(gettext_lazy("Responsibility"), 46),
            Head(gettext_lazy("Target"), 36),
            Head(gettext_lazy("Result"), 38),
        ),
        _responsibilities,
    ),
    (
        "whereabouts",
        gettext_lazy("Whereabouts declared"),
        (Head(gettext_lazy("Month"), 22), Head(gettext_lazy("How often"), 100)),
        _whereabouts,
    ),
    (
        "cards",
        gettext_lazy("Cards"),
        (
            Head(gettext_lazy("Day"), 22),
            Head(gettext_lazy("What happened"), 60),
            Head(gettext_lazy("Card no."), 40),
        ),
        _cards,
    ),
)
