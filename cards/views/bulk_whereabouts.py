"""The officer says for many at once where they are: 全体会议 9:00–11:30."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import scope_for, user_of
from accounts.models import Unit
from cards import selectors, services
from cards.forms import BulkWhereaboutsForm
from cards.models import Cadre, Whereabouts
from cards.presentation import state_label
from cards.rules import State, refuse_declaration, standing_at, standing_within
from cards.services.whereabouts import BEGINNINGS, REFUSALS
from cards.views.declaring import period
from cards.views.people import officer_unit, officer_units
from common.forms import accepted, posted
from common.rules import local


def whereabouts_bulk(request: HttpRequest) -> HttpResponse:
    """First what would happen to whom, then the same form again with `confirm`."""
    unit, now = officer_unit(request), timezone.now()
    staff = _staff(unit, now)
    form = BulkWhereaboutsForm(
        posted(request), offices=_offices(unit, staff), people=[(c.pk, _line(c)) for c in staff], now=now
    )
    if form.is_valid() and _allowed(form, now):
        people = _chosen(form, unit, staff)
        if "confirm" not in request.POST:
            everybody = form.cleaned_data["whom"] == form.EVERYBODY
            shown = _preview(form, unit, people, now)
            shown["elsewhere"] = _elsewhere(unit, staff) if everybody else 0
            return render(request, "cards/whereabouts_bulk_confirm.html", shown)
        if _declare(request, form, people, now):
            return redirect(f"{reverse('whereabouts_bulk')}?unit={unit.code}")
    return render(
        request,
        "cards/whereabouts_bulk.html",
        {
            "form": form,
            "unit": unit,
            "units": officer_units(request),
            "declared": _declared([unit.pk], now),
            "people": len(staff),
            "elsewhere": _elsewhere(unit, staff),
        },
        status=422 if form.errors else 200,
    )


def _staff(unit: Unit, now: datetime) -> list[Cadre]:
    today = local(now).date()
    people = selectors.with_place(Cadre.objects.filter(unit=unit), today).serving(today)
    return list(people.order_by("office__room", "office__name", "pinyin", "pk"))


def _elsewhere(unit: Unit, staff: Iterable[Cadre]) -> int:
    return sum(selectors.place_of(cadre).unit_id != unit.pk for cadre in staff)


def _offices(unit: Unit, staff: Iterable[Cadre]) -> list[tuple[int, str]]:
    """Rooms of the unit where somebody works today, with how many."""
    places = {office.pk: office for office in map(selectors.place_of, staff) if office.unit_id == unit.pk}
    number = Counter(selectors.place_of(cadre).pk for cadre in staff)
    return [(pk, f"{office} \u00b7 {number[pk]}") for pk, office in places.items()]


def _line(cadre: Cadre) -> str:
    return f"{cadre.name} \u00b7 {selectors.place_of(cadre)}"


def _chosen(form: BulkWhereaboutsForm, unit: Unit, staff: list[Cadre]) -> list[Cadre]:
    """Whoever works elsewhere today is nobody's "everybody" here, but may be chosen by name."""
    whom = form.cleaned_data["whom"]
    if whom == form.PEOPLE:
        return [cadre for cadre in staff if cadre.pk in form.cleaned_data["people"]]
    if whom == form.OFFICES:
        return [cadre for cadre in staff if selectors.place_of(cadre).pk in form.cleaned_data["offices"]]
    return [cadre for cadre in staff if selectors.place_of(cadre).unit_id == unit.pk]


def _allowed(form: BulkWhereaboutsForm, now: datetime) -> bool:
    since, until = form.period()
    state = State(form.cleaned_data["state"])
    refusal = refuse_declaration(state=state, since=since or now, until=until, now=now)
    if refusal is not None:
        form.add_error("from_time" if refusal in BEGINNINGS else "until_time", REFUSALS[refusal])
    return refusal is None


def _preview(form: BulkWhereaboutsForm, unit: Unit, people: list[Cadre], now: datetime) -> dict[str, Any]:
    since, until = form.period()
    begins = since or now
    said = selectors.declarations([c.pk for c in people], now, max(until - now, selectors.AHEAD))
    kept = [(c, standing_within(begins, until, said.get(c.pk, []))) for c in people]
    return {
        "form": form,
        "unit": unit,
        "words": state_label(form.cleaned_data["state"]),
        "period": period(begins, until, now),
        "begins_now": since is None and form.cleaned_data["from_time"] is not None,
        "free": [c for c, absence in kept if absence is None],
        "kept": [
            {
                "cadre": c,
                "label": state_label(absence.state),
                "period": period(absence.since, absence.until, now),
            }
            for c, absence in kept
            if absence is not None
        ],
        "total": len(people),
    }


def _declare(request: HttpRequest, form: BulkWhereaboutsForm, people: list[Cadre], now: datetime) -> bool:
    since, until = form.period()
    done: list[services.Bulk] = []
    if not accepted(
        form,
        lambda: done.append(
            services.whereabouts_bulk(
                cadres=people,
                state=State(form.cleaned_data["state"]),
                since=since,
                until=until,
                place=form.cleaned_data["place"],
                also=form.cleaned_data["also"],
                actor=user_of(request),
                now=now,
            )
        ),
    ):
        return False
    words = {"state": state_label(form.cleaned_data["state"]), "period": period(since or now, until, now)}
    number, kept = len(done[0].rows), len(done[0].skipped)
    messages.success(
        request,
        ngettext(
            "%(state)s, %(period)s: declared for %(number)s person.",
            "%(state)s, %(period)s: declared for %(number)s people.",
            number,
        )
        % {**words, "number": number},
    )
    if kept:
        messages.warning(
            request,
            ngettext(
                "%(number)s person keeps another absence in that time: %(names)s.",
                "%(number)s people keep another absence in that time: %(names)s.",
                kept,
            )
            % {"number": kept, "names": "、".join(cadre.name for cadre in done[0].skipped[:10])},
        )
    return True


# --- What was declared for many, and taking it back ---------------------------------------------------------------


@dataclass
class Declared:
    """One declaration for many, as far as it still holds."""

    first: Whereabouts
    label: str
    period: str
    begun: bool
    number: int = 0


#: Rows that were declared together have all of this in common.
TOGETHER = ("recorded_at", "set_by_id", "state", "place", "since", "until")


def _bulk_rows(unit_ids: Iterable[int], now: datetime) -> QuerySet[Whereabouts]:
    rows = Whereabouts.objects.standing().filter(source=Whereabouts.Source.BULK, until__gt=now)
    return rows.filter(cadre__unit__in=list(unit_ids)).select_related("set_by")


def _declared(unit_ids: Iterable[int], now: datetime) -> list[Declared]:
    rows = list(_bulk_rows(unit_ids, now).order_by("since", "pk"))
    said = selectors.declarations({row.cadre_id for row in rows if row.since <= now}, now)
    groups: dict[tuple[Any, ...], Declared] = {}
    for row in rows:
        key = tuple(getattr(row, name) for name in TOGETHER)
        begun = row.since <= now
        if begun and standing_at(now, said.get(row.cadre_id, [])) != row.as_declaration():
            continue
        if key not in groups:
            groups[key] = Declared(row, state_label(row.state), period(row.since, row.until, now), begun)
        groups[key].number += 1
    return list(groups.values())


def undo(request: HttpRequest) -> HttpResponse:
    scope, now = scope_for(request), timezone.now()
    rows = _bulk_rows(scope.unit_ids or (), now)
    given = request.POST.get("of", "")
    first = rows.filter(pk=int(given) if given.isdecimal() and len(given) < 19 else 0).first()
    if first is None:
        messages.info(request, _("This has already been taken back, or is over."))
        return redirect("whereabouts_bulk")
    same = rows.filter(**{name: getattr(first, name) for name in TOGETHER})
    back = services.whereabouts_bulk_undo(rows=same, actor=user_of(request), now=now)
    words = {"state": state_label(first.state), "number": len(back)}
    if first.since > now:
        text = ngettext(
            "%(state)s has been cancelled for %(number)s person.",
            "%(state)s has been cancelled for %(number)s people.",
            len(back),
        )
    else:
        text = ngettext(
            "%(state)s has ended for %(number)s person.",
            "%(state)s has ended for %(number)s people.",
            len(back),
        )
    messages.success(request, text % words)
    return redirect("whereabouts_bulk")
