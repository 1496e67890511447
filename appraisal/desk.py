"""On the landing pages: for the Express and the supervision groups how far the units are with the month, for units
their own month and its next step, for cadres what their newest month comes to."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import Access
from accounts.models import Role
from appraisal import pipeline, trend
from appraisal.models import (
    Bulletin,
    MonthlyReport,
    Objection,
    ObjectionState,
    ProposalState,
    ReportState,
    WithholdingProposal,
)
from appraisal.models.months import ReportQuerySet
from appraisal.pipeline import PATH, Line, Pipeline
from common import slots
from common.rules import local
from common.templatetags.components import zh_date

Part = tuple[str, dict[str, Any]] | None
UNIT_ROLES = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
#: More units than these are on the list behind.
SHOWN = 6
TONES = {
    ReportState.DRAFTED: "idle",
    ReportState.CONFIRMED: "idle",
    ReportState.PUBLISHED: "out",
    ReportState.SENT_BACK: "bad",
    ReportState.REPORTED: "info",
    ReportState.ACCEPTED: "on",
}


# --- The city, and a supervision group --------------------------------------------------------------------------------


def express(request: HttpRequest, access: Access) -> Part:
    if not (access.has(Role.EXPRESS_STAFF) or access.has(Role.EXPRESS_HEAD)):
        return None
    now = timezone.now()
    shown = _pipeline(MonthlyReport.objects.all(), now)
    if shown is None:
        return None
    months = trend.read(MonthlyReport.objects.all())
    return "appraisal/desk_express.html", {
        **shown,
        "stats": _stats(shown["pipeline"], local(now).date()),
        "bulletin": Bulletin.objects.filter(signed_at=None).order_by("month", "pk").first(),
        "months": months,
        "chart": trend.chart(months, _("All units")),
    }


def group(request: HttpRequest, access: Access) -> Part:
    """Nothing before the first month is drafted."""
    groups = [m.group for m in access.memberships if m.role == Role.SUPERVISOR and m.group]
    if not groups:
        return None
    reports = MonthlyReport.objects.filter(unit__supervision_group__in=groups)
    shown = _pipeline(reports, timezone.now())
    return ("appraisal/desk_group.html", shown) if shown is not None else None


def _pipeline(reports: ReportQuerySet, now: datetime) -> dict[str, Any] | None:
    month = pipeline.newest_month(reports)
    if month is None:
        return None
    found = pipeline.read(reports, month, now)
    pressing = [*found.late, *found.soon]
    shown = pressing[:SHOWN]
    sums = pipeline.sums(shown)
    pipeline.with_days(sums, shown, month, now)
    return {
        "month": month,
        "pipeline": found,
        "total": len(found.lines),
        "states": _states(found),
        "bar": _bar(found),
        "rows": [_row(line, sums[line.report.pk]) for line in shown],
        "more": len(pressing) - len(shown),
        "late": len(found.late),
        "late_url": pipeline.months_url(month, late="1"),
        "all_url": pipeline.months_url(month),
    }


def _states(found: Pipeline) -> list[dict[str, Any]]:
    """Every step with how many units stand there and how many of them are late; the city's own steps are not theirs."""
    order = [*PATH[:3], ReportState.SENT_BACK, *PATH[3:]]
    rows = []
    for state in order:
        lines = found.of(state)
        if lines or state != ReportState.SENT_BACK:
            rows.append(
                {
                    "label": state.label,
                    "tone": TONES[state],
                    "number": len(lines),
                    "late": sum(line.is_late for line in lines),
                    "url": pipeline.months_url(found.month, state=state.value),
                }
            )
    return rows


def _bar(found: Pipeline) -> list[dict[str, str]]:
    """Who is farthest stands first."""
    parts, x = [], 0.0
    for state in (*reversed(PATH[1:]), ReportState.SENT_BACK):
        width = 100 * len(found.of(state)) / max(len(found.lines), 1)
        parts.append({"tone": TONES[state], "x": f"{x:.4g}", "width": f"{width:.4g}"})
        x += width
    return [part for part in parts if part["width"] != "0"]


def _row(line: Line, sums: pipeline.Sums) -> dict[str, Any]:
    state = ReportState(line.report.state)
    words = {"state": state.label, "done": line.done, "total": len(PATH)}
    return {
        "unit": line.unit,
        "url": month_url(line.report),
        "done": line.done,
        "steps": len(PATH),
        "late": line.is_late,
        "label": _("%(state)s: step %(done)s of %(total)s") % words,
        "state": state.label,
        "left": left(line),
        "sums": sums,
    }


def left(line: Line) -> dict[str, str]:
    """How long the unit still has for its next step, or how long it is late."""
    days = abs(line.days_left)
    if line.days_left < 0:
        return {
            "tone": "bad",
            "text": ngettext("%(days)s day late", "%(days)s days late", days) % {"days": days},
        }
    if not days:
        return {"tone": "out", "text": _("due today")}
    return {"tone": "out", "text": ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}}


def month_url(report: MonthlyReport) -> str:
    return reverse("month", args=[report.unit.code, f"{report.month:%Y-%m}"])


def _stats(found: Pipeline, today: date) -> list[dict[str, Any]]:
    reported = found.of(ReportState.REPORTED)
    slow = sum(line.days_left < 0 for line in reported)
    objections = Objection.objects.open().aggregate(
        open=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today))
    )
    by = max((line.report.report_by for line in found.lines), default=today)
    return [
        {
            "label": _("Monthly reports overdue"),
            "value": len(found.unreported),
            "note": _("of %(total)s, to be with the city by %(day)s")
            % {"total": len(found.lines), "day": zh_date(by)},
            "url": pipeline.months_url(found.month, late="1"),
            "tone": "bad" if found.unreported else "on",
        },
        {
            "label": _("Monthly reports to review"),
            "value": len(reported),
            "note": _overdue(slow),
            "url": pipeline.months_url(found.month, state=ReportState.REPORTED.value),
            "tone": "bad" if slow else "out" if reported else "",
        },
        {
            "label": _("Objections to decide"),
            "value": objections["open"],
            "note": _overdue(objections["late"]),
            "url": _open_objections(),
            "tone": "bad" if objections["late"] else "out" if objections["open"] else "",
        },
    ]


def _open_objections() -> str:
    return f"{reverse('objections')}?state={ObjectionState.OPEN.value}"


def _overdue(number: int) -> str:
    if not number:
        return _("None is overdue")
    return ngettext("%(number)s is overdue", "%(number)s are overdue", number) % {"number": number}


# --- A unit -----------------------------------------------------------------------------------------------------------


def unit(request: HttpRequest, access: Access) -> Part:
    """Each unit's newest month, the step that comes next, and what waits with it."""
    own = {m.unit_id: m for m in access.memberships if m.role in UNIT_ROLES and m.unit_id}
    reports = pipeline.newest_of(own) if own else []
    if not reports:
        return None
    today = timezone.localdate()
    cards = [_card(Line(report, today)) for report in reports]
    return "appraisal/desk_unit.html", {
        "cards": cards,
        "waiting": _waiting(own, access, today),
        "several": len(own) > 1,
    }


def _card(line: Line) -> dict[str, Any]:
    return {
        "report": line.report,
        "url": month_url(line.report),
        "steps": _steps(line),
        "next": next_step(line),
        "left": left(line) if line.is_late or line.is_soon else None,
    }


def _steps(line: Line) -> list[dict[str, str]]:
    """The path with the days on which it was gone, and until when its next step has to be taken."""
    report = line.report
    moments = {
        ReportState.DRAFTED: report.drafted_at,
        ReportState.CONFIRMED: report.confirmed_at,
        ReportState.PUBLISHED: report.published_at,
        ReportState.REPORTED: report.reported_at,
        ReportState.ACCEPTED: report.accepted_at,
    }
    items = []
    for number, state in enumerate(PATH):
        note, step = zh_date(moments[state]), "done"
        if number == line.done:
            note, step = (
                _("by %(day)s") % {"day": zh_date(report.due_on)},
                "late" if line.is_late else "current",
            )
        elif number > line.done:
            note, step = "", ""
        items.append({"label": str(state.label), "note": note, "state": step})
    return items


def next_step(line: Line) -> str:
    report = line.report
    words = {"day": zh_date(report.due_on), "until": zh_date(report.published_until)}
    if (
        report.state == ReportState.PUBLISHED
        and report.published_until
        and line.today <= report.published_until
    ):
        return _("Published until %(until)s; then to be reported to the city by %(day)s.") % words
    return NEXT[ReportState(report.state)]() % words


NEXT = {
    ReportState.DRAFTED: lambda: _("To be confirmed by the leading-group head by %(day)s."),
    ReportState.CONFIRMED: lambda: _("To be published in the unit by %(day)s."),
    ReportState.PUBLISHED: lambda: _("To be reported to the city by %(day)s."),
    ReportState.SENT_BACK: lambda: _("Sent back by the city; to be reported again by %(day)s."),
    ReportState.REPORTED: lambda: _("With the city, which reviews it by %(day)s."),
    ReportState.ACCEPTED: lambda: _("Accepted by the city."),
}


def _waiting(units: Sequence[int] | Any, access: Access, today: date) -> list[dict[str, Any]]:
    """Objections for the head, money for the officer; what is not there is not said."""
    found = []
    if access.has(Role.LEADING_GROUP_HEAD):
        open_ = Objection.objects.open().filter(entry__unit__in=units)
        number = open_.aggregate(open=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today)))
        tone = "bad" if number["late"] else "out"
        found.append(
            {
                "label": _("Objections to decide"),
                "number": number["open"],
                "tone": tone,
                "url": _open_objections(),
            }
        )
    if access.has(Role.UNIT_OFFICER):
        number, money = _proposals(units), reverse("withholding_months")
        found += [
            {
                "label": _("Withholdings to hand to finance"),
                "number": number["send"],
                "tone": "info",
                "url": money,
            },
            {"label": _("Withholdings with finance"), "number": number["sent"], "tone": "info", "url": money},
            {"label": _("Money to be paid back"), "number": number["back"], "tone": "out", "url": money},
        ]
    return [line for line in found if line["number"]]


def _proposals(units: Any) -> dict[str, int]:
    reported = Q(report__state__in=[ReportState.REPORTED, ReportState.ACCEPTED])
    owed = Q(executed_cents__gt=F("amount_cents") - F("released_cents") + F("paid_back_cents"))
    return WithholdingProposal.objects.filter(report__unit__in=units).aggregate(
        send=Count("pk", filter=reported & Q(state=ProposalState.CONFIRMED)),
        sent=Count("pk", filter=Q(state=ProposalState.SENT)),
        back=Count("pk", filter=owed & Q(state=ProposalState.EXECUTED)),
    )


def register() -> None:
    slots.fill("desk", express, order=5)
    slots.fill("desk", unit, order=12)
    slots.fill("desk", group, order=62)
