"""On the landing pages: for the Express and the supervision groups how far the units are with the month, for units
their own month and its next step. What a cadre's newest month comes to stands on the phone page (views/mine.py)."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import Access
from accounts.models import Role, User
from appraisal import pipeline, trend
from appraisal.forms.objection import WAITS
from appraisal.models import (
    Bulletin,
    MonthlyReport,
    Objection,
    ObjectionState,
    ProposalState,
    ReportState,
    Standard,
    WithholdingProposal,
)
from appraisal.models.months import ReportQuerySet
from appraisal.notifying.stages import month_name
from appraisal.pipeline import PATH, Line, Pipeline
from appraisal.rules import Refusal
from appraisal.services import objections
from appraisal.turns import months as turns
from appraisal.turns.months import Turn
from appraisal.views.months import LATE_UNITS, month_url
from appraisal.words import month as month_words
from attendance import selectors as inspection
from common import slots
from common.rules import local
from common.templatetags.components import zh_date

Part = tuple[str, dict[str, Any]] | None
UNIT_ROLES = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
#: More units than these are on the list behind.
SHOWN = 6


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
        "stats": [
            *_stats(shown["pipeline"], local(now).date()),
            *(_for_the_head() if access.has(Role.EXPRESS_HEAD) else []),
        ],
        "bulletin": _bulletin(),
        "months": months,
        "chart": trend.chart(months, _("All units")),
    }


def _bulletin() -> dict[str, str] | None:
    """The first that waits for its signature."""
    draft = Bulletin.objects.filter(signed_at=None).order_by("month", "pk").first()
    if draft is None:
        return None
    words = _("The bulletin of %(month)s is drafted and waits for its signature.")
    return {"text": words % {"month": month_name(draft.month)}, "url": reverse("bulletin", args=[draft.pk])}


def _for_the_head() -> list[dict[str, Any]]:
    """What waits for nobody else's name; what is not there is not said."""
    bulletins = list(Bulletin.objects.filter(signed_at=None).order_by("month", "pk"))
    standards = list(Standard.objects.filter(adopted_at=None).order_by("version"))
    cards = []
    if bulletins:
        url = reverse("bulletin", args=[bulletins[0].pk]) if len(bulletins) == 1 else reverse("bulletins")
        cards.append(_waits(_("Bulletins to sign"), len(bulletins), month_name(bulletins[0].month), url))
    if standards:
        note = _("version %(version)s, from %(day)s") % {
            "version": standards[0].version,
            "day": zh_date(standards[0].effective_from),
        }
        url = reverse("standard", args=[standards[0].version])
        cards.append(_waits(_("Standards to adopt"), len(standards), note, url))
    return cards


def _waits(label: str, number: int, note: str, url: str) -> dict[str, Any]:
    return {"label": label, "value": number, "note": note, "url": url, "tone": "out"}


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
    pressing = [*found.behind, *found.soon]
    shown = pressing[:SHOWN]
    sums = pipeline.sums(shown)
    pipeline.with_days(sums, shown, month, now)
    return {
        "month": month,
        "title": month_words.title(month),
        "pipeline": found,
        "total": len(found.lines),
        "states": _states(found),
        "bar": _bar(found),
        "rows": [_row(line, sums[line.report.pk]) for line in shown],
        "more": len(pressing) - len(shown),
        "late": len(found.behind),
        "late_url": pipeline.months_url(month, late="1"),
        "all_url": pipeline.months_url(month),
    }


def _states(found: Pipeline) -> list[dict[str, Any]]:
    """Every step with how many units stand there and how many of them are late, the city's own too."""
    order = [*PATH[:3], ReportState.SENT_BACK, *PATH[3:]]
    rows = []
    for state in order:
        lines = found.of(state)
        if lines or state != ReportState.SENT_BACK:
            rows.append(
                {
                    "label": state.label,
                    "tone": month_words.TONES[state],
                    "number": len(lines),
                    "late": sum(line.is_behind for line in lines),
                    "url": pipeline.months_url(found.month, state=state.value),
                }
            )
    return rows


def _bar(found: Pipeline) -> list[dict[str, str]]:
    """Who is farthest stands first."""
    parts, x = [], 0.0
    for state in (*reversed(PATH[1:]), ReportState.SENT_BACK, ReportState.DRAFTED):
        width = 100 * len(found.of(state)) / max(len(found.lines), 1)
        parts.append({"tone": month_words.TONES[state], "x": f"{x:.4g}", "width": f"{width:.4g}"})
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
        "late": line.is_behind,
        "label": _("%(state)s: step %(done)s of %(total)s") % words,
        "state": state.label,
        "left": left(line),
        "sums": sums,
    }


def left(line: Line) -> dict[str, str]:
    """How long the unit still has for its next step, or how long it is late."""
    days = abs(line.days_left)
    if line.days_left < 0:
        late = ngettext("%(days)s day late", "%(days)s days late", days)
        if line.is_late and not line.is_overdue:
            late = ngettext("this step %(days)s day late", "this step %(days)s days late", days)
        return {"tone": "bad", "text": late % {"days": days}}
    if not days:
        return {"tone": "out", "text": _("due today")}
    return {"tone": "out", "text": ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}}


def _stats(found: Pipeline, today: date) -> list[dict[str, Any]]:
    reported = found.of(ReportState.REPORTED)
    slow = sum(line.is_slow for line in reported)
    waiting = Objection.objects.open().aggregate(
        open=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today))
    )
    by = max((line.report.report_by for line in found.lines), default=today)
    return [
        {
            "label": _("Monthly reports overdue"),
            "value": len(found.late),
            "note": _("of %(total)s, to be with the city by %(day)s")
            % {"total": len(found.lines), "day": zh_date(by)},
            "url": pipeline.months_url(found.month, late=LATE_UNITS),
            "tone": "bad" if found.late else "on",
        },
        {
            "label": _("Monthly reports to review"),
            "value": len(reported),
            "note": _overdue(slow),
            "url": pipeline.months_url(found.month, state=ReportState.REPORTED.value),
            "tone": "bad" if slow else "out" if reported else "",
        },
        {
            "label": _("Objections to be answered"),
            "value": waiting["open"],
            "note": _overdue(waiting["late"]),
            "url": _open_objections(),
            "tone": "bad" if waiting["late"] else "out" if waiting["open"] else "",
        },
    ]


def _open_objections() -> str:
    return f"{reverse('objections')}?state={ObjectionState.OPEN.value}"


def _overdue(number: int) -> str:
    if not number:
        return _("None is overdue")
    return ngettext("%(number)s of them is overdue", "%(number)s of them are overdue", number) % {
        "number": number
    }


# --- A unit -----------------------------------------------------------------------------------------------------------


def unit(request: HttpRequest, access: Access) -> Part:
    """Each unit's newest month, the step that comes next, and what waits with it."""
    own = {m.unit_id for m in access.memberships if m.role in UNIT_ROLES and m.unit_id}
    reports = pipeline.newest_of(own) if own else []
    if not reports:
        return None
    today = timezone.localdate()
    whose = turns.turns(reports, today)
    names = User.objects.in_bulk({pk for turn in whose.values() for pk in turn.expected})
    cards = []
    for report in reports:
        turn = whose.get(report.pk)
        who = month_words.who_words(turn, [str(names[pk]) for pk in sorted(turn.expected)]) if turn else ""
        cards.append(_card(Line(report, today), turn, who, access.user.pk))
    waiting = _waiting(own, access, today)
    return "appraisal/desk_unit.html", {"cards": cards, "waiting": waiting, "several": len(own) > 1}


def _card(line: Line, turn: Turn | None, who: str, user_id: int) -> dict[str, Any]:
    report, refusal = line.report, None
    mine = turn is not None and turn.is_free(user_id)
    if (
        report.state == ReportState.PUBLISHED
        and report.published_until
        and line.today <= report.published_until
    ):
        refusal, mine = Refusal.NOT_YET, False
    words = {"who": _("you") if mine else who, "day": zh_date(report.due_on)}
    sentence = _("Accepted by the city.")
    if turn is not None and refusal is not None:
        sentence = month_words.turn_words(report, turn, refusal, user_id, who)
    elif turn is not None:
        sentence = str(month_words.TAKES[turn.move]) % words
    return {
        "title": month_words.title(report.month),
        "report": report,
        "url": month_url(report),
        "steps": month_words.steps(report, line.today),
        "next": sentence,
        "mine": mine,
        "left": left(line) if line.is_late or line.is_soon else None,
    }


def _waiting(units: Collection[int], access: Access, today: date) -> list[dict[str, Any]]:
    """Objections of the unit, and money for the officer; what is not there is not said."""
    found = _objections(units, access, today)
    if access.has(Role.UNIT_OFFICER):
        number, url = _proposals(units), reverse("withholding_months")
        found += [
            {"label": _("Amounts to hand to finance"), "number": number["send"], "tone": "out", "url": url},
            {"label": _("Amounts that finance has"), "number": number["sent"], "tone": "info", "url": url},
            {"label": _("Amounts to pay back"), "number": number["back"], "tone": "out", "url": url},
        ]
    return [line for line in found if line["number"]]


def _objections(units: Collection[int], access: Access, today: date) -> list[dict[str, Any]]:
    """What the reader may answer, what the city answers since nobody of the unit is free, and the rest."""
    rows = list(objections.for_deciding(Objection.objects.open().filter(entry__unit__in=units)))
    deciders = objections.deciders_of(rows, today)
    heads = inspection.members_of(Role.LEADING_GROUP_HEAD, units, today)
    groups: dict[str, list[Objection]] = {"mine": [], "city": [], "others": []}
    for row in rows:
        free = deciders[row.pk]
        by_unit = free & frozenset(heads.get(row.entry.unit_id, []))
        groups["mine" if access.user.pk in free else "others" if by_unit else "city"].append(row)
    labels = {
        "mine": (_("Objections for you to answer"), f"{reverse('objections')}?state={WAITS}"),
        "city": (_("Objections that the city answers"), _open_objections()),
        "others": (_("Objections to be answered"), _open_objections()),
    }
    return [
        {
            "label": label,
            "number": len(groups[name]),
            "tone": "bad" if any(row.due_on < today for row in groups[name]) else "out",
            "url": url,
        }
        for name, (label, url) in labels.items()
    ]


def _proposals(units: Collection[int]) -> dict[str, int]:
    reported = Q(report__state__in=[ReportState.REPORTED, ReportState.ACCEPTED])
    owed = Q(executed_cents__gt=F("amount_cents") - F("released_cents") + F("paid_back_cents"))
    return WithholdingProposal.objects.filter(report__unit__in=units).aggregate(
        send=Count("pk", filter=reported & Q(state=ProposalState.CONFIRMED)),
        sent=Count("pk", filter=Q(state=ProposalState.SENT)),
        back=Count("pk", filter=owed & Q(state=ProposalState.EXECUTED)),
    )


def commission(request: HttpRequest, access: Access) -> Part:
    """The commission has no page of drafts: it reads what is public."""
    return ("appraisal/home_bulletins.html", {}) if access.has(Role.DISCIPLINE) else None


def register() -> None:
    slots.fill("desk", express, order=5)
    slots.fill("desk", unit, order=12)
    slots.fill("desk", group, order=62)
    slots.fill("desk", commission, order=90)
