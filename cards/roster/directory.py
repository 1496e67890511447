"""The units of a roster with their offices and people, read in as many queries for ten rows as for ten thousand."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Prefetch

from accounts.models import Unit
from cards.models import Cadre, Duty, Office, Post
from common.text import likeness as key


@dataclass
class Directory:
    units: list[Unit] = field(default_factory=list)
    #: By unit.
    offices: dict[int, list[Office]] = field(default_factory=dict)
    #: Who serves or will serve, by unit; posts, duties, stand-in and office come along.
    people: dict[int, list[Cadre]] = field(default_factory=dict)
    #: Who has left, by unit.
    gone: dict[int, list[Cadre]] = field(default_factory=dict)

    def by_code(self) -> dict[str, Unit]:
        return {key(unit.code): unit for unit in self.units}

    def by_name(self) -> dict[str, list[Unit]]:
        found: dict[str, list[Unit]] = defaultdict(list)
        for unit in self.units:
            for word in {key(unit.name), key(unit.alias)} - {""}:
                found[word].append(unit)
        return found


def read(unit_ids: Iterable[int], today: date, *, lock: bool = False) -> Directory:
    """All units, and what is in those of `unit_ids`. With `lock`, nobody changes these until the transaction ends."""
    wanted = sorted(set(unit_ids))
    units, offices = Unit.objects.order_by("pk"), Office.objects.filter(unit__in=wanted).order_by("pk")
    if lock:
        # Two rosters of a unit one after the other. Not against a key that points here: a card being issued does.
        list(units.filter(pk__in=wanted).select_for_update(no_key=True))
        offices = offices.select_for_update(of=("self",), no_key=True)
        # Locked apart: PostgreSQL locks no outer join, and a row locked now is read as it stands after the wait.
        list(
            Cadre.objects.filter(unit__in=wanted)
            .order_by("pk")
            .select_for_update(of=("self",))
            .values_list("pk")
        )
    directory = Directory(units=list(units))
    for office in offices:
        directory.offices.setdefault(office.unit_id, []).append(office)
    people = (
        Cadre.objects.filter(unit__in=wanted)
        .select_related("office", "stand_in", "stand_in__office")
        .prefetch_related(
            Prefetch("posts", Post.objects.order_by("-is_primary", "position", "pk")),
            Prefetch("duties", Duty.objects.order_by("position")),
        )
        .order_by("pk")
    )
    for cadre in people:
        side = directory.gone if cadre.has_left(today) else directory.people
        side.setdefault(cadre.unit_id, []).append(cadre)
    return directory
