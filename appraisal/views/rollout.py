"""The rollout: the board of waves and units, a unit’s page, and what the city and the unit enter there."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import access_for, city_of, scope_for, user_of
from accounts.models import Unit
from accounts.permissions import TABLE, Reach
from appraisal import rollout_board as board
from appraisal.facts import rollout as rollout_facts
from appraisal.forms.objection import NoForm
from appraisal.forms.rollout import (
    AssignForm,
    BoardFilterForm,
    DeadlineForm,
    DialledForm,
    NamesForm,
    ReopenForm,
    WaveForm,
)
from appraisal.models import Rollout, Visit, Wave
from appraisal.rules.rollout import Stage, by_stage, missing, own_missing
from appraisal.services import orders as ordering
from appraisal.services import rollout as services
from appraisal.words import rollout as words
from common.forms import accepted, posted, render_form
from common.rules import local

PAGE_SIZE = 50
#: Of visits and orders on a unit’s page; the orders’ own list has all.
SHOWN = 20


# --- The board --------------------------------------------------------------------------------------------------------


def rollout(request: HttpRequest) -> HttpResponse:
    """Every unit of the scope; whoever has only one unit stands on its page at once."""
    scope, today = scope_for(request), timezone.localdate()
    if scope.reach == Reach.UNIT and scope.unit_ids is not None and len(scope.unit_ids) == 1:
        return redirect("rollout_unit", Unit.objects.get(pk=next(iter(scope.unit_ids))).code)
    rows = board.read(scope, city=city_of(request), today=today)
    form = BoardFilterForm(request.GET, whole_city=scope.unit_ids is None)
    form.is_valid()
    chosen = _chosen(rows, form)
    page = Paginator(chosen, PAGE_SIZE).get_page(request.GET.get("page"))
    number = by_stage(row.stage for row in rows)
    context = {
        "form": form,
        "page": page,
        "rows": page.object_list,
        "waves": [line for line in board.waves(rows) if line.total or scope.unit_ids is None],
        "states": [
            {
                "tone": words.TONES[one],
                "label": words.STAGES[one],
                "number": number[one],
                "url": _with(state=one),
            }
            for one in board.ORDER
            if number[one]
        ],
        "total": len(rows),
        "late": number[Stage.LATE],
        "orders_late": sum(row.orders_late for row in rows),
        "several": len(scope.group_ids) != 1,
        "may_wave": _may(request, "wave_new"),
        "may_visit": _may(request, "visit_new"),
        "filtered": any(form.cleaned_data.values()),
    }
    return render(request, "appraisal/rollout.html", context)


def _chosen(rows: list[board.Row], form: BoardFilterForm) -> list[board.Row]:
    wave, group, wanted = form.cleaned_data.get("wave"), form.cleaned_data.get("group"), form.stage
    if wave is not None:
        rows = [row for row in rows if row.rollout is not None and row.rollout.wave_id == wave.pk]
    if group is not None:
        rows = [row for row in rows if row.unit.supervision_group_id == group.pk]
    return [row for row in rows if wanted is None or row.stage == wanted]


def _with(**query: str) -> str:
    return f"{reverse('rollout')}?{urlencode(query)}"


def _may(request: HttpRequest, name: str) -> bool:
    return access_for(request).may(TABLE[name])


# --- Waves ------------------------------------------------------------------------------------------------------------


def wave_new(request: HttpRequest) -> HttpResponse:
    form = WaveForm.of(None, posted(request))
    made: list[Wave] = []

    def verb() -> None:
        made.append(services.wave_create(values=form.values(), actor=user_of(request), now=timezone.now()))

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("The wave has been made. Choose its units."))
        return redirect("wave_units", made[0].number)
    return render_form(request, "appraisal/rollout_form.html", form, title=_("New wave"), up=_board())


def _board() -> tuple[str, str]:
    return _("Rollout"), reverse("rollout")


def wave_edit(request: HttpRequest, number: int) -> HttpResponse:
    wave = get_object_or_404(Wave, number=number)
    form = WaveForm.of(wave, posted(request))

    def verb() -> Wave:
        return services.wave_edit(
            wave=wave,
            values=form.values(),
            seen=form.cleaned_data["seen"],
            actor=user_of(request),
            now=timezone.now(),
        )

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("Saved."))
        return redirect(_with(wave=str(number)))
    return render_form(
        request,
        "appraisal/rollout_form.html",
        form,
        title=_("Change the wave"),
        kicker=wave.name,
        up=_board(),
        lines=words.history(wave),
    )


def wave_units(request: HttpRequest, number: int) -> HttpResponse:
    wave, now = get_object_or_404(Wave, number=number), timezone.now()
    form = AssignForm(posted(request), wave=wave, today=local(now).date())

    def verb() -> list[Rollout]:
        return services.units_assign(wave=wave, units=form.chosen(), actor=user_of(request), now=now)

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("The units are in the wave, and have been told."))
        return redirect(_with(wave=str(number)))
    there = Rollout.objects.filter(wave=wave).count()
    return render_form(request, "appraisal/rollout_assign.html", form, wave=wave, there=there)


# --- A unit -----------------------------------------------------------------------------------------------------------


def unit_of(request: HttpRequest, code: str) -> Unit:
    """The guard: one of the units that this page may show this person, or 404."""
    units = Unit.objects.select_related("supervision_group")
    scope = scope_for(request)
    if scope.unit_ids is not None:
        units = units.filter(pk__in=scope.unit_ids)
    return get_object_or_404(units, code=code)


def rollout_of(request: HttpRequest, code: str) -> Rollout:
    """The same of a unit that is in a wave."""
    return get_object_or_404(services.whole(), unit=unit_of(request, code))


def rollout_unit(request: HttpRequest, code: str) -> HttpResponse:
    unit = unit_of(request, code)
    return _page(request, unit, services.whole().filter(unit=unit).first(), timezone.now())


def _page(
    request: HttpRequest, unit: Unit, found: Rollout | None, now: datetime, failed: Any = None
) -> HttpResponse:
    today, access, user = local(now).date(), access_for(request), user_of(request)
    facts = rollout_facts.facts_of([unit], [found] if found else [], city=city_of(request), today=today)[
        unit.pk
    ]
    stage = board.stage_of(found, facts, today)
    supervises = _may(request, "visit_new") and services.may_supervise(user, unit, today)
    orders = ordering.whole().filter(unit=unit).order_by("-ordered_at", "-pk")
    context = {
        "unit": unit,
        "rollout": found,
        "stage": stage,
        "tone": words.TONES[stage],
        "state": words.STAGES[stage],
        "left": words.left(found.due_on, today) if found and not found.done_at else "",
        "items": words.items(unit, found, facts, access),
        "is_ready": not missing(facts),
        "reports": _reports(request, found, today),
        "may_report": not own_missing(facts),
        "orders": [words.order_view(row, today) for row in orders[:SHOWN]],
        "visits": Visit.objects.filter(unit=unit).select_related("visited_by")[:SHOWN],
        "lines": words.history(found) if found else [],
        "supervises": supervises,
        "by_city": found is not None and _may(request, "rollout_deadline"),
        "form": failed,
        "several": scope_for(request).unit_ids is None or len(scope_for(request).unit_ids or ()) > 1,
    }
    return render(request, "appraisal/rollout_unit.html", context, status=422 if failed is not None else 200)


def _reports(request: HttpRequest, found: Rollout | None, today: date) -> bool:
    """Whether this person says for the unit that it is ready."""
    if found is None or found.done_at is not None or not _may(request, "rollout_report"):
        return False
    return user_of(request).pk in services.of_unit(found.unit, today)


def rollout_edit(request: HttpRequest, code: str) -> HttpResponse:
    found, now = rollout_of(request, code), timezone.now()
    form = NamesForm.of(found, local(now).date(), posted(request))

    def verb() -> Rollout:
        return services.rollout_edit(
            rollout=found,
            values=form.values(),
            seen=form.cleaned_data["seen"],
            actor=user_of(request),
            now=now,
        )

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("Saved."))
        return redirect("rollout_unit", code)
    return _form(request, found, form, _("Leading group and assessment body"))


def _form(request: HttpRequest, found: Rollout, form: Any, title: str, **more: Any) -> HttpResponse:
    up = found.unit.name, reverse("rollout_unit", args=[found.unit.code])
    return render_form(
        request, "appraisal/rollout_form.html", form, title=title, kicker=found.unit.name, up=up, **more
    )


def rollout_deadline(request: HttpRequest, code: str) -> HttpResponse:
    found = rollout_of(request, code)
    form = DeadlineForm.of(found, posted(request))

    def verb() -> Rollout:
        return services.deadline_set(
            rollout=found,
            **form.values(),
            seen=form.cleaned_data["seen"],
            actor=user_of(request),
            now=timezone.now(),
        )

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("The unit has been told of its day."))
        return redirect("rollout_unit", code)
    return _form(request, found, form, _("Set the unit’s own deadline"))


def rollout_hotlines(request: HttpRequest, code: str) -> HttpResponse:
    found = rollout_of(request, code)
    form = DialledForm(posted(request))

    def verb() -> Rollout:
        return services.hotline_test(rollout=found, actor=user_of(request), now=timezone.now())

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("Recorded."))
        return redirect("rollout_unit", code)
    numbers = [
        (_("Supervision hotline"), found.unit.hotline),
        (_("Efficiency Express hotline"), city_of(request).express_hotline),
    ]
    return _form(request, found, form, _("Test both hotlines"), numbers=numbers)


def rollout_report(request: HttpRequest, code: str) -> HttpResponse:
    """The refusal stands on the unit’s page, above the list of what is missing."""
    found, now, form = rollout_of(request, code), timezone.now(), NoForm(posted(request))
    if form.is_valid() and accepted(
        form, lambda: services.rollout_report(rollout=found, actor=user_of(request), now=now)
    ):
        messages.success(request, _("Reported: the city looks and confirms it."))
        return redirect("rollout_unit", code)
    return _page(request, found.unit, found, now, failed=form)


def rollout_complete(request: HttpRequest, code: str) -> HttpResponse:
    """The refusal stands on the unit’s page, above the list of what is missing."""
    found, now, form = rollout_of(request, code), timezone.now(), NoForm(posted(request))
    if form.is_valid() and accepted(
        form, lambda: services.rollout_complete(rollout=found, actor=user_of(request), now=now)
    ):
        messages.success(request, _("Confirmed: the unit is done."))
        return redirect("rollout_unit", code)
    return _page(request, found.unit, found, now, failed=form)


def rollout_reopen(request: HttpRequest, code: str) -> HttpResponse:
    found = rollout_of(request, code)
    form = ReopenForm(posted(request))

    def verb() -> Rollout:
        reason = form.cleaned_data["reason"]
        return services.rollout_reopen(
            rollout=found, reason=reason, actor=user_of(request), now=timezone.now()
        )

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("It is open again, and the unit has been told."))
        return redirect("rollout_unit", code)
    return _form(request, found, form, _("Open the rollout again"))
