"""What a screen beside a door shows: everybody who works there today, and nothing that needs a consent.

A room is a unit's: whoever works in it belongs on the screen, also those seconded from other units. Another unit's room
of the same number is another room.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from accounts.models import City
from cards.documents.door import Cover, Door, Occupant
from cards.models import Cadre, Card, Office
from cards.presentation import StatusView, status_view
from cards.rules import Kind, Status
from cards.selectors import (
    HoursBook,
    behind_one_door,
    current_placements,
    hours_of,
    place_of,
    post_at_work,
    statuses,
    with_place,
)
from common.rules import local


def office_behind(token: str) -> Office | None:
    return Office.objects.select_related("unit").filter(door_token=token).first()


def door_of(office: Office, *, city: City, now: datetime) -> Door:
    """The room of this office now; the same number of queries for one person and for a dozen."""
    offices = behind_one_door(office)
    people = _people({one.pk for one in offices}, now)
    stand_ins = {
        cadre.pk: cadre
        for cadre in with_place(
            Cadre.objects.filter(pk__in=[cadre.stand_in_id for cadre in people if cadre.stand_in_id]),
            local(now).date(),
        )
        if cadre.is_serving(local(now).date())
    }
    book = HoursBook(local(now).date())
    said = statuses({cadre.pk: cadre for cadre in [*stand_ins.values(), *people]}.values(), now, book)

    def seen(cadre: Cadre) -> tuple[Status, StatusView]:
        return said[cadre.pk], status_view(said[cadre.pk], hours_of(cadre, book), now)

    def occupant(cadre: Cadre) -> Occupant:
        stand_in = stand_ins.get(cadre.stand_in_id or 0)
        return _occupant(cadre, seen(cadre), stand_in, seen(stand_in) if stand_in else None)

    return Door(
        unit=office.unit.name,
        room=office.room,
        location=office.location,
        offices=tuple(dict.fromkeys(one.name for one in offices)),
        people=tuple(occupant(cadre) for cadre in people),
        unit_hotline=office.unit.hotline,
        city_hotline=city.express_hotline,
    )


def _people(offices: Iterable[int], now: datetime) -> list[Cadre]:
    """Who works behind the door today and has a valid card, in the order of the offices and of entry."""
    today = local(now).date()
    placed = current_placements(today).filter(office__in=offices)
    near = Cadre.objects.serving(today).filter(
        Q(office__in=offices) | Q(pk__in=placed.values("cadre")), pk__in=Card.objects.valid().values("cadre")
    )
    found = with_place(near, today).prefetch_related("posts")
    here = [cadre for cadre in found if place_of(cadre).pk in offices]
    return sorted(here, key=lambda cadre: (place_of(cadre).pk, cadre.pk))


def _occupant(
    cadre: Cadre,
    seen: tuple[Status, StatusView],
    stand_in: Cadre | None,
    instead: tuple[Status, StatusView] | None,
) -> Occupant:
    status, view = seen
    away = status.kind in (Kind.AWAY, Kind.OVERDUE)
    cover = None
    if away and stand_in is not None and instead is not None:
        room, shown = place_of(stand_in).room, instead[1]
        cover = Cover(stand_in.name, room, shown.pill, shown.tone)
    return Occupant(
        name=cadre.name,
        post=post_at_work(cadre),
        tone=view.tone,
        status=view.headline,
        notes=tuple(view.details) if status.declared or status.opens_at else (),
        cover=cover,
        phone=_phone(cadre, status, stand_in, instead),
    )


def _phone(
    cadre: Cadre, status: Status, stand_in: Cadre | None, instead: tuple[Status, StatusView] | None
) -> str:
    """Whoever is at post needs no call from outside the door. Away: the stand-in in another room, else the duty phone;
    outside hours: the person's own, for another day."""
    place = place_of(cadre)
    if status.kind == Kind.AT_POST:
        return ""
    if status.kind == Kind.OUTSIDE_HOURS:
        return cadre.office_phone
    if stand_in is not None and instead is not None and instead[0].is_present:
        return "" if place_of(stand_in).pk == place.pk else stand_in.office_phone
    return place.duty_phone
