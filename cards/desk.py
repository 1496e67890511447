"""What cards knows for the landing page: the unit's own state for officers and heads, the city's for the Express."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Access
from accounts.desk import calendar_warning
from accounts.http import city_of
from accounts.models import City, Role, Unit
from cards import selectors
from cards.models import Cadre, Card, CardRequest, Transfer
from cards.presentation import status_view
from cards.printing.reprints import reprints
from cards.rules import Kind
from common import slots

Part = tuple[str, dict[str, Any]] | None
UNIT_ROLES = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
#: More names than fit on a desk belong on the list of people.
AWAY_SHOWN = 12
#: The city's figure compares every door with the log; the list behind it is always of this moment.
CITY_FIGURE_SECONDS = 90


def unit(request: HttpRequest, access: Access) -> Part:
    units = {m.unit.pk: m.unit for m in access.memberships if m.role in UNIT_ROLES and m.unit}
    if not units:
        return None
    now = timezone.now()
    today = timezone.localdate(now)
    people = list(
        selectors.with_place(Cadre.objects.filter(unit__in=units), today)
        .serving(today)
        .order_by("office__room", "pinyin")
    )
    context = {
        "heading": "、".join(str(unit) for unit in units.values()),
        "stats": [
            *_unit_stats(list(units.values()), today),
            _reprints(units, city_of(request), today),
            *_to_take_in(access),
        ],
        "away": _away(people, now),
        "several": len(units) > 1,
        "is_officer": access.has(Role.UNIT_OFFICER),
        "hotline_missing": [unit for unit in units.values() if not unit.hotline],
    }
    return "cards/desk_unit.html", context


def _unit_stats(units: list[Unit], today: date) -> list[dict[str, Any]]:
    """Each figure counts what the list behind it shows."""
    serving = Cadre.objects.filter(unit__in=units).serving(today)
    # Somebody who also works for the city sees more people on the list than the unit's.
    only = {"unit": units[0].code} if len(units) == 1 else {}

    def figure(label: str, wanted: str, tone: str) -> dict[str, Any]:
        query = urlencode({**({"card": wanted} if wanted else {}), **only})
        url = f"{reverse('cadres')}?{query}" if query else reverse("cadres")
        return _stat(label, selectors.by_card(serving, wanted).count(), url, tone)

    sent_back = figure(_("Sent back"), "refused", "bad")
    return [
        figure(_("People in service"), "", ""),
        figure(_("Without a valid card"), "none", "out"),
        figure(_("Waiting for approval"), "waiting", "info"),
        *([sent_back] if sent_back["value"] else []),
        figure(_("Plaques not printed yet"), "unprinted", "out"),
    ]


def _reprints(units: Collection[int] | None, city: City, today: date) -> dict[str, Any]:
    """What hangs there outdated: of these units, or of the city."""

    def number() -> int:
        return reprints(units, city=city, today=today, contacts=False).plaques

    if units is not None:
        return _stat(_("Outdated plaques"), number(), reverse("reprints"), "out")
    figure = cache.get_or_set(f"outdated-plaques:{today}", number, CITY_FIGURE_SECONDS) or 0
    return _stat(_("Outdated plaques"), figure, reverse("reprints"), "out")


def _to_take_in(access: Access) -> list[dict[str, Any]]:
    """Those whom other units hand over, while there are any; officers decide, heads need not know."""
    units = [m.unit_id for m in access.memberships if m.role == Role.UNIT_OFFICER]
    waiting = Transfer.objects.filter(to_unit__in=units, decision="").count()
    return [_stat(_("People to take in"), waiting, reverse("transfers"), "info")] if waiting else []


def _stat(label: str, value: int, url: str, tone: str) -> dict[str, Any]:
    return {"label": label, "value": value, "url": url, "tone": tone if value else ""}


def _away(people: list[Cadre], now: datetime) -> dict[str, Any]:
    """Who is away now, first those who should have returned. Whoever has gone home is not away."""
    book = selectors.HoursBook(timezone.localdate(now))
    said = selectors.statuses(people, now, book)
    away = [person for person in people if said[person.pk].kind in (Kind.AWAY, Kind.OVERDUE)]
    away.sort(key=lambda person: said[person.pk].kind != Kind.OVERDUE)
    present = sum(status.is_present for status in said.values())
    rows = [
        {
            "cadre": person,
            "unit": person.unit,
            "room": selectors.place_of(person).room,
            "status": status_view(said[person.pk], selectors.hours_of(person, book), now),
        }
        for person in away[:AWAY_SHOWN]
    ]
    return {
        "rows": rows,
        "total": len(away),
        "away": sum(said[person.pk].kind == Kind.AWAY for person in away),
        "overdue": sum(said[person.pk].kind == Kind.OVERDUE for person in away),
        "present": present,
        # The board counts them where they work.
        "elsewhere": sum(selectors.place_of(person).unit_id != person.unit_id for person in people),
        # Everybody at night, or those of another shift.
        "outside": len(people) - len(away) - present,
    }


def express(request: HttpRequest, access: Access) -> Part:
    if not (access.has(Role.EXPRESS_STAFF) or access.has(Role.EXPRESS_HEAD)):
        return None
    today = timezone.localdate()
    waiting = CardRequest.objects.filter(decision="")
    totals = _coverage(Unit.objects.active(today), today)
    people, covered = sum(row.people for row in totals), sum(row.covered for row in totals)
    show_all = request.GET.get("units") == "all"
    shown = [row for row in totals if show_all or row.covered < row.people]
    context = {
        "stats": [
            _stat(_("Cards to approve"), waiting.count(), reverse("card_requests"), "out"),
            _stat(_("Without a valid card"), people - covered, f"{reverse('cadres')}?card=none", "out"),
            _reprints(None, city_of(request), today),
            _stat(_("Units in service"), len(totals), "", ""),
            _stat(_("People in service"), people, reverse("cadres"), ""),
        ],
        "requests": waiting.select_related("cadre__unit", "requested_by")[:8],
        "units": sorted(shown, key=lambda row: (row.covered - row.people, row.code)),
        "show_all": show_all,
        "warning": calendar_warning(today),
    }
    return "cards/desk_express.html", context


def _coverage(units: QuerySet[Unit], today: date) -> list[Any]:
    """Units with `people` in service and how many of them are `covered` by a valid card, in one statement."""
    serving = Q(cadres__serves_from__lte=today) & (
        Q(cadres__serves_to=None) | Q(cadres__serves_to__gte=today)
    )
    return list(
        units.annotate(
            people=Count("cadres", filter=serving, distinct=True),
            covered=Count(
                "cadres", filter=serving & Q(cadres__cards__in=Card.objects.valid()), distinct=True
            ),
        )
    )


def unit_people(request: HttpRequest, unit: Unit) -> Part:
    """On the administrator's page of a unit: how many serve, no names, and the way to merge it."""
    people = Cadre.objects.filter(unit=unit).serving(timezone.localdate()).count()
    mergeable = unit.valid_to is None or unit.successor_id is None
    return "cards/unit_people.html", {
        "people": people,
        "mergeable": mergeable,
        "merge_url": reverse("unit_merge", args=[unit.pk]),
    }


def register() -> None:
    slots.fill("desk", unit, order=20)
    slots.fill("unit", unit_people)
    slots.fill("desk", express, order=10)
