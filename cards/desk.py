"""What cards knows for the landing page: the unit's own state for officers and heads, the city's for the Express."""

from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Access
from accounts.models import Role, Unit
from cards import selectors
from cards.models import Cadre, Card, CardRequest
from cards.presentation import status_view
from cards.rules import Kind
from common import slots

Part = tuple[str, dict[str, Any]] | None
UNIT_ROLES = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
#: More names than fit on a desk belong on the list of people.
AWAY_SHOWN = 12


def unit(request: HttpRequest, access: Access) -> Part:
    units = {m.unit_id: m.unit for m in access.memberships if m.role in UNIT_ROLES and m.unit}
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
        "heading": "、".join(str(unit) for unit in units.values() if unit),
        "stats": _unit_stats(units.keys(), len(people), today),
        "away": _away(people, now),
        "hotline_missing": [unit for unit in units.values() if unit and not unit.hotline],
    }
    return "cards/desk_unit.html", context


def _unit_stats(unit_ids: Any, people: int, today: date) -> list[dict[str, Any]]:
    cards = Card.objects.valid().filter(cadre=OuterRef("pk"))
    lacking = Cadre.objects.filter(unit__in=unit_ids).serving(today).filter(~Exists(cards)).count()
    waiting = CardRequest.objects.filter(decision="", cadre__unit__in=unit_ids).count()
    unprinted = Card.objects.valid().filter(cadre__unit__in=unit_ids, printed_at=None).count()
    people_url = reverse("cadres")
    return [
        _stat(_("People in service"), people, people_url, ""),
        _stat(_("Without a valid card"), lacking, f"{people_url}?card=none", "out"),
        _stat(_("Waiting for approval"), waiting, "", "info"),
        _stat(_("Plaques not printed yet"), unprinted, f"{people_url}?card=unprinted", "out"),
    ]


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
            "room": selectors.place_of(person).room,
            "status": status_view(said[person.pk], selectors.hours_of(person, book), now),
        }
        for person in away[:AWAY_SHOWN]
    ]
    return {
        "rows": rows,
        "total": len(away),
        "present": present,
        "closed": len(people) > len(away) + present,
    }


def express(request: HttpRequest, access: Access) -> Part:
    if not (access.has(Role.EXPRESS_STAFF) or access.has(Role.EXPRESS_HEAD)):
        return None
    today = timezone.localdate()
    waiting = CardRequest.objects.filter(decision="")
    totals = _coverage(Unit.objects.active(today), today)
    people, covered = sum(row.people for row in totals), sum(row.covered for row in totals)
    context = {
        "stats": [
            _stat(_("Cards to approve"), waiting.count(), reverse("card_requests"), "out"),
            _stat(_("Without a valid card"), people - covered, f"{reverse('cadres')}?card=none", "out"),
            _stat(_("Units in service"), len(totals), "", ""),
            _stat(_("People in service"), people, reverse("cadres"), ""),
        ],
        "requests": waiting.select_related("cadre__unit", "requested_by")[:8],
        "units": sorted(totals, key=lambda row: (row.covered - row.people, row.code))[:10],
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


def register() -> None:
    slots.fill("desk", unit, order=20)
    slots.fill("desk", express, order=10)
