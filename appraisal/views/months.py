"""The months of a unit, or of the city, and one unit's month with its path."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.http import access_for, scope_for, user_of
from accounts.models import Unit, User
from accounts.permissions import TABLE
from appraisal import acting, pipeline, rules, selectors, services
from appraisal.forms.month import AnswerForm, SendBackForm, StepForm, UnitForm
from appraisal.models import MonthlyReport, ReportState
from appraisal.models.months import ReportQuerySet
from appraisal.notifying.stages import month_name
from appraisal.pipeline import PEOPLE, Line
from appraisal.rules import Move
from appraisal.services import months as path
from appraisal.services.closing import undrafted
from appraisal.turns import months as turns
from appraisal.words import month as month_words
from attendance import comparison
from attendance.rules import month_named
from common.forms import accepted
from common.problems import Refused
from common.responses import private
from common.rules import local

PAGE_SIZE = 50
#: Of the list: late as the card says that counts no delay of the city.
LATE_UNITS = "units"


def reports_of(request: HttpRequest) -> ReportQuerySet:
    """With the last months of units that its reader's own unit has followed."""
    scope = acting.widened(scope_for(request), timezone.localdate())
    return MonthlyReport.objects.within(scope).select_related("unit")


def report_of(request: HttpRequest, code: str, month: str) -> MonthlyReport:
    """The guard: a drafted month of a unit that this page may show this person, or 404."""
    first = month_named(month)
    if first is None:
        raise Http404
    reports = reports_of(request).select_related("bulletin", *PEOPLE)
    return get_object_or_404(reports, unit__code=code, month=first)


# --- The lists ------------------------------------------------------------------------------------------------------


def months(request: HttpRequest) -> HttpResponse:
    """The months of one unit; for whoever sees several, how far each of them is with one month."""
    reports = reports_of(request)
    units = Unit.objects.filter(pk__in=reports.order_by().values("unit")).order_by("code")
    code = request.GET.get("unit", "")
    choices = list(units.values_list("code", flat=True)[:2])
    if code or len(choices) == 1:
        unit = get_object_or_404(units, code=code or choices[0])
        return _of_unit(request, reports.filter(unit=unit), unit, several=len(choices) > 1)
    return _of_month(request, reports, units)


def _of_unit(request: HttpRequest, reports: ReportQuerySet, unit: Unit, *, several: bool) -> HttpResponse:
    now = timezone.now()
    page = Paginator(reports.order_by("-month"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"unit": unit, "several": several, "page": page, "rows": _rows(list(page.object_list), now)}
    return render(request, "appraisal/months_unit.html", context)


def _of_month(request: HttpRequest, reports: ReportQuerySet, units: QuerySet[Unit]) -> HttpResponse:
    now = timezone.now()
    newest = pipeline.newest_month(reports)
    form = UnitForm(request.GET, units=units)
    if newest is None:
        return render(request, "appraisal/months.html", {"form": form, "rows": []})
    month = min(month_named(request.GET.get("month", "")) or newest, newest)
    of_month = reports.filter(month=month).order_by("unit__code")
    today = local(now).date()
    chosen = _chosen(of_month, request.GET, today)
    page = Paginator(chosen, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = _rows(list(page.object_list), now)
    covered = comparison.coverage([row["line"].unit for row in rows], month, rules.last_day_of(month), now)
    for row, days in zip(rows, covered, strict=True):
        row["days"] = days
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "tabs": _tabs(of_month, request.GET, today),
        "title": month_words.title(month),
        "undrafted": _undrafted(request, month),
        **_beside(month, newest),
    }
    return render(request, "appraisal/months.html", context)


def _chosen(reports: ReportQuerySet, query: Mapping[str, str], today: date) -> ReportQuerySet:
    if query.get("late"):
        return reports.late(today) if query["late"] == LATE_UNITS else reports.behind(today)
    state = query.get("state", "")
    return reports.filter(state=state) if state in ReportState.values else reports


def _tabs(reports: ReportQuerySet, query: Mapping[str, str], today: date) -> list[dict[str, Any]]:
    """One list for each state that there is, and one of what is late."""
    counted = dict(reports.order_by().values_list("state").annotate(number=Count("pk")))
    late = reports.behind(today).count()
    chosen, is_late = query.get("state", ""), bool(query.get("late"))
    tabs = [_tab(_("All"), "", "", sum(counted.values()), not is_late and chosen not in ReportState.values)]
    tabs += [
        _tab(str(state.label), state.value, "", counted[state], not is_late and chosen == state)
        for state in ReportState
        if counted.get(state)
    ]
    return [*tabs, _tab(_("overdue"), "", "1", late, is_late)]


def _tab(label: str, state: str, late: str, number: int, current: bool) -> dict[str, Any]:
    return {
        "label": label,
        "state": state or None,
        "late": late or None,
        "number": number,
        "current": current,
    }


def _undrafted(request: HttpRequest, month: date) -> int:
    missing, ids = undrafted(month), scope_for(request).unit_ids
    return (missing if ids is None else missing.filter(pk__in=ids)).count()


def _beside(month: date, newest: date) -> dict[str, Any]:
    after = rules.following(month)
    return {
        "month_key": f"{month:%Y-%m}",
        "before": f"{rules.preceding(month):%Y-%m}",
        "after": f"{after:%Y-%m}" if after <= newest else "",
    }


def _rows(reports: list[MonthlyReport], now: datetime) -> list[dict[str, Any]]:
    """Two queries for any number."""
    today = local(now).date()
    lines = [Line(report, today) for report in reports]
    sums = pipeline.sums(lines)
    return [
        {
            "line": line,
            "report": line.report,
            "sums": sums[line.report.pk],
            "tone": month_words.TONES[line.report.state],
            "late": line.is_behind,
            "overdue": month_words.late_words(line.report, today, short=True),
            "url": month_url(line.report),
        }
        for line in lines
    ]


def month_url(report: MonthlyReport) -> str:
    return reverse("month", args=[report.unit.code, f"{report.month:%Y-%m}"])


# --- One ------------------------------------------------------------------------------------------------------------


def month(request: HttpRequest, code: str, month: str) -> HttpResponse:
    return _page(request, report_of(request, code, month), timezone.now())


@dataclass(frozen=True)
class Action:
    """The one thing to do now; a form where something is to be written with it."""

    url: str
    label: str
    #: The version of the month that is read with it.
    seen: str
    form: StepForm | None = None
    #: What the press does, and what to do where something is wrong.
    consequences: tuple[str, ...] = ()


LABELS: Mapping[Move, Any] = {
    Move.CONFIRM: gettext_lazy("Confirm the assessment of %(month)s"),
    Move.PUBLISH: gettext_lazy("Publish the assessment of %(month)s in the unit"),
    Move.REPORT: gettext_lazy("Report it to the city"),
    Move.NIL: gettext_lazy("Report that nothing happened"),
    Move.ACCEPT: gettext_lazy("Accept the report"),
}


def _page(
    request: HttpRequest,
    report: MonthlyReport,
    now: datetime,
    failed: StepForm | None = None,
    refused: str = "",
) -> HttpResponse:
    today = local(now).date()
    lines = selectors.month_lines(report)
    serving = selectors.serving(report.unit, report.month).count()
    days = comparison.coverage([report.unit], report.month, rules.last_day_of(report.month), now)[0]
    context = {
        "report": report,
        "unit": report.unit,
        "month_key": f"{report.month:%Y-%m}",
        "title": month_words.title(report.month),
        "tone": month_words.TONES[report.state],
        "steps": month_words.steps(report, today),
        "late": month_words.late_words(report, today),
        "refused": refused,
        "lines": lines,
        "opened": report.entries <= OPENED,
        "others": max(serving - len(lines.people), 0),
        "days": days,
        "waiting": selectors.not_counted(report, today),
        "objections": path.open_objections(report),
        "is_shown": report.state in rules.SHOWN_IN_UNIT,
        "history": month_words.history(report),
        "withholdings_url": (money := _if_open(request, "withholdings", report)),
        # Whoever has no page of withholdings is shown nobody's money here either.
        "hides_money": not money,
        **_step(request, report, today, failed),
    }
    status = 422 if failed is not None or refused else 200
    return private(render(request, "appraisal/month.html", context, status=status))


def _if_open(request: HttpRequest, name: str, report: MonthlyReport) -> str:
    """The address of a page about a unit's month; empty for whoever may not open it."""
    may = access_for(request).may(TABLE[name])
    return reverse(name, args=[report.unit.code, f"{report.month:%Y-%m}"]) if may else ""


#: Of so few entries the reasons stand open.
OPENED = 4


def _step(
    request: HttpRequest, report: MonthlyReport, today: date, failed: StepForm | None
) -> dict[str, Any]:
    """The action for whoever may take the next step now; for everybody else a sentence why not."""
    move, user = turns.next_move(report), user_of(request)
    if move is None:
        return {"action": None, "why_not": "", "why_you": "", "send_back": None}
    turn = turns.turn_of(report, move, today)
    refusal = path.refuse(move, report, user, today)
    if refusal is None:
        send_back = _form(SendBackForm, report, failed) if move == Move.ACCEPT else None
        why_you = month_words.instead_words(turn, user.pk)
        return {
            "action": _action(move, report, failed),
            "why_not": "",
            "why_you": why_you,
            "send_back": send_back,
        }
    asked = turn.expected
    few = asked if len(asked) <= month_words.NAMED else frozenset[int]()
    names = [str(person) for person in User.objects.filter(pk__in=few).order_by("pk")] or [""] * len(asked)
    who = month_words.who_words(turn, names)
    return {
        "action": None,
        "why_not": month_words.turn_words(report, turn, refusal, user.pk, who),
        "why_you": "",
        "send_back": None,
    }


def _action(move: Move, report: MonthlyReport, failed: StepForm | None) -> Action:
    form = _form(AnswerForm, report, failed) if report.state == ReportState.SENT_BACK else None
    label = str(LABELS[move]) % {"month": month_name(report.month)}
    said = month_words.consequences(move)
    return Action(_verb_url(move, report), label, path.version(report), form, said)


def _form(kind: type[StepForm], report: MonthlyReport, failed: StepForm | None) -> StepForm:
    if isinstance(failed, kind):
        return failed
    form = kind(prefix=PREFIXES[kind], initial={"seen": path.version(report)})
    form.action = _verb_url(MOVES[kind], report)
    return form


PREFIXES: Mapping[type[StepForm], str] = {SendBackForm: "back", AnswerForm: "answer"}
MOVES: Mapping[type[StepForm], Move] = {SendBackForm: Move.SEND_BACK, AnswerForm: Move.REPORT}


def _verb_url(move: Move, report: MonthlyReport) -> str:
    return reverse(f"month_{move.value}", args=[report.unit.code, f"{report.month:%Y-%m}"])


# --- Steps ----------------------------------------------------------------------------------------------------------


def confirm(request: HttpRequest, code: str, month: str) -> HttpResponse:
    said = _("The month is confirmed. It is published in the unit next.")
    return _take(request, report_of(request, code, month), services.month_confirm, said)


def publish(request: HttpRequest, code: str, month: str) -> HttpResponse:
    said = _(
        "The month is published. Everybody of the unit sees it on their phone; the sheet can be printed."
    )
    return _take(request, report_of(request, code, month), services.month_publish, said)


def nil(request: HttpRequest, code: str, month: str) -> HttpResponse:
    said = _("Reported: nothing happened in this month.")
    return _take(request, report_of(request, code, month), services.month_nil, said)


def accept(request: HttpRequest, code: str, month: str) -> HttpResponse:
    said = _("The report is accepted. It stands in the next bulletin.")
    # Nothing is asked of whoever has read no page.
    verb = partial(services.month_accept, seen=request.POST.get("seen") or None)
    return _take(request, report_of(request, code, month), verb, said)


def report(request: HttpRequest, code: str, month: str) -> HttpResponse:
    found = report_of(request, code, month)
    said = _("The month is reported to the city.")
    if found.state != ReportState.SENT_BACK:
        return _take(request, found, services.month_report, said)
    return _write(request, found, AnswerForm, services.month_report, said)


def send_back(request: HttpRequest, code: str, month: str) -> HttpResponse:
    said = _("The month goes back to the unit.")
    return _write(request, report_of(request, code, month), SendBackForm, services.month_send_back, said)


def _take(request: HttpRequest, found: MonthlyReport, verb: Callable[..., Any], said: str) -> HttpResponse:
    now = timezone.now()
    try:
        verb(report=found, actor=user_of(request), now=now)
    except Refused as refused:
        return _page(request, found, now, refused=str(refused.sentence))
    messages.success(request, said)
    return redirect(month_url(found))


def _write(
    request: HttpRequest, found: MonthlyReport, kind: type[StepForm], verb: Callable[..., Any], said: str
) -> HttpResponse:
    now = timezone.now()
    form = kind(request.POST, prefix=PREFIXES[kind])
    form.action = _verb_url(MOVES[kind], found)
    if form.is_valid() and accepted(
        form,
        lambda: verb(
            report=found,
            **form.values(),
            seen=form.cleaned_data["seen"] or None,
            actor=user_of(request),
            now=now,
        ),
    ):
        messages.success(request, said)
        return redirect(month_url(found))
    return _page(request, found, now, failed=form, refused="".join(map(str, form.non_field_errors())))


# --- On paper -------------------------------------------------------------------------------------------------------


def sheet(request: HttpRequest, code: str, month: str) -> HttpResponse:
    """What hangs in the unit, to be printed: from the day of publication on."""
    found = report_of(request, code, month)
    if found.state not in rules.SHOWN_IN_UNIT:
        raise Http404
    return private(render(request, "appraisal/month_sheet.html", publication(found)))


def publication(report: MonthlyReport) -> dict[str, Any]:
    """Names, points and what is withheld, as everybody of the unit is shown it."""
    lines = selectors.published_lines(report)
    serving = selectors.serving(report.unit, report.month).count()
    return {
        "report": report,
        "unit": report.unit,
        "month_key": f"{report.month:%Y-%m}",
        "title": month_words.title(report.month),
        "lines": lines,
        "others": max(serving - len(lines), 0),
        "half_points": sum(line.half_points for line in lines),
        "cents": sum(line.cents for line in lines),
        "hangs": report.published_until is not None and not report.nil,
    }
