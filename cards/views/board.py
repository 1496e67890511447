"""Who is at post now: the city's board, and one unit's names for those who may see them."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from accounts.http import access_for, scope_for
from accounts.models import Role, Unit, UnitKind
from cards import board as reading
from cards import selectors
from cards.board import LABELS, TONES, Presence
from cards.models import Cadre
from cards.presentation import place_said, status_view
from cards.rules import Status
from common.responses import private
from common.rules import local

#: Often enough for a corridor, and only for whoever asks for it: a page that changes by itself is not for everybody
#: (WCAG 2.2.1).
REFRESH_SECONDS = 60


def board(request: HttpRequest) -> HttpResponse:
    scope, now = scope_for(request), timezone.now()
    kind, state = request.GET.get("kind", ""), _presence(request)
    units = Unit.objects.order_by("code")
    if kind in UnitKind.values:
        units = units.filter(kind=kind)
    rows = reading.rows(units, scope, now)
    totals = sum((row.counts for row in rows), Counter())
    if state:
        rows = [row for row in rows if row.counts[state]]
    return _fresh(
        request,
        render(
            request,
            "cards/board.html",
            {
                "rows": [_row(row, state) for row in rows],
                "totals": _totals(request, totals),
                "people": totals.total(),
                "columns": _columns(totals),
                "kinds": UnitKind.choices,
                "kind": kind,
                "states": LABELS,
                "state": state,
                "now": now,
                **_refreshing(request),
            },
        ),
    )


def _presence(request: HttpRequest) -> Presence | None:
    wanted = request.GET.get("state", "")
    return Presence(wanted) if wanted in set(Presence) else None


def _columns(totals: Counter[Presence]) -> list[tuple[Presence, Any]]:
    """Outside hours is a column only while somewhere an office is closed."""
    return [(key, label) for key, label in LABELS.items() if key != Presence.CLOSED or totals[key]]


def _totals(request: HttpRequest, totals: Counter[Presence]) -> list[dict[str, Any]]:
    kept = {key: request.GET[key] for key in ("kind", "refresh") if request.GET.get(key)}
    return [
        {
            "label": label,
            "value": totals[key],
            "tone": TONES[key] if totals[key] else "",
            "url": f"?{urlencode({**kept, 'state': key.value})}",
        }
        for key, label in _columns(totals)
    ]


def _row(row: reading.Row, state: Presence | None) -> dict[str, Any]:
    address = reverse("board_unit", args=[row.unit.code])
    return {
        "unit": row.unit,
        "url": f"{address}?state={state.value}" if state else address,
        "counts": [(key, LABELS[key], row.counts[key]) for key in Presence],
        "people": row.people,
        "bar": shares(row.counts),
    }


def shares(counts: Counter[Presence]) -> list[dict[str, Any]]:
    """The parts of a bar that is 100 wide; the figures stand beside it."""
    total, parts, x = counts.total(), [], 0.0
    for key in Presence:
        if counts[key]:
            width = round(100 * counts[key] / total, 2)
            parts.append({"tone": TONES[key], "x": f"{x:g}", "width": f"{width:g}"})
            x = round(x + width, 2)
    return parts


def board_unit(request: HttpRequest, code: str) -> HttpResponse:
    scope, now = scope_for(request), timezone.now()
    unit = get_object_or_404(Unit, code=code)
    if not scope.allows_unit(unit.pk):
        raise Http404
    people = [
        person
        for person in reading.working_in(unit, now).order_by("office__room", "pinyin", "pk")
        if selectors.place_of(person).unit_id == unit.pk
    ]
    book = selectors.HoursBook(local(now).date())
    said = selectors.statuses(people, now, book)
    counts = Counter(reading.presence_of(status) for status in said.values())
    state, with_place = _presence(request), _belongs_to(request, unit)
    shown = [person for person in people if state is None or reading.presence_of(said[person.pk]) == state]
    # First whoever should have returned, then those who are away: the reason to look.
    shown.sort(key=lambda person: _order(reading.presence_of(said[person.pk])))
    rows = [_person(person, said[person.pk], book, now, with_place) for person in shown]
    for row in rows:
        row["known"] = scope.allows_unit(row["person"].unit_id)
    return _fresh(
        request,
        render(
            request,
            "cards/board_unit.html",
            {
                "unit": unit,
                "rows": rows,
                "choices": _choices(request, counts),
                "state": state,
                "bar": shares(counts),
                "people": counts.total(),
                "guests": sum(person.unit_id != unit.pk for person in people),
                "elsewhere": list(reading.elsewhere(unit, now)),
                "with_place": with_place,
                "now": now,
                **_refreshing(request),
            },
        ),
    )


def _belongs_to(request: HttpRequest, unit: Unit) -> bool:
    """The place that somebody entered is for their unit only, as its form promises."""
    roles = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
    return any(m.role in roles and m.unit_id == unit.pk for m in access_for(request).memberships)


def _order(presence: Presence) -> int:
    order: Iterable[Presence] = (Presence.OVERDUE, Presence.OUT, Presence.LEAVE)
    return next((number for number, key in enumerate(order) if key == presence), 9)


def _person(
    person: Cadre, status: Status, book: selectors.HoursBook, now: datetime, with_place: bool
) -> dict[str, Any]:
    view = status_view(status, selectors.hours_of(person, book), now)
    return {
        "person": person,
        "post": selectors.post_at_work(person),
        "office": selectors.place_of(person),
        "status": view,
        "place": place_said(status) if with_place else "",
    }


def _choices(request: HttpRequest, counts: Counter[Presence]) -> list[dict[str, Any]]:
    kept = {"refresh": "1"} if request.GET.get("refresh") == "1" else {}
    everybody: dict[str, Any] = {"key": "", "label": "", "number": counts.total(), "query": urlencode(kept)}
    return [everybody] + [
        {
            "key": key.value,
            "label": label,
            "number": counts[key],
            "query": urlencode({**kept, "state": key.value}),
        }
        for key, label in LABELS.items()
        if counts[key]
    ]


def _refreshing(request: HttpRequest) -> dict[str, Any]:
    on, query = request.GET.get("refresh") == "1", request.GET.copy()
    query.pop("refresh", None)
    if not on:
        query["refresh"] = "1"
    return {"refreshing": on, "refresh_query": query.urlencode()}


def _fresh(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if request.GET.get("refresh") == "1":
        response["Refresh"] = str(REFRESH_SECONDS)
    return private(response)
