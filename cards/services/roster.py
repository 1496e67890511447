"""A roster goes in: all of it or nothing, in as many statements for ten people as for five thousand."""

import hashlib
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from cards import photos
from cards.models import Cadre, EmploymentKind, Office, photo_path
from cards.pinyin import name_keys
from cards.roster import archive, directory
from cards.roster.plan import Person, Plan, decide, unit_ids
from cards.services.people import delete_unused_photo, write_lines_of
from common import audit, statistics
from common.problems import Refused

BATCH = 500
FIELDS = ("office", "employment_kind", "office_phone", "mobile", "serves_from", "photo", "photo_digest")


@dataclass(frozen=True)
class Counts:
    created: int
    changed: int
    unchanged: int
    #: Primary keys of those who were created.
    new: tuple[int, ...] = field(default=(), compare=False, repr=False)

    @property
    def numbers(self) -> dict[str, int]:
        return {"created": self.created, "changed": self.changed, "unchanged": self.unchanged}


def roster_import(
    *,
    plan: Plan,
    actor: User | None,
    now: datetime,
    stored: Mapping[int, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Counts:
    """Do what the plan says. Raises Refused, with nothing done, when it has problems or the directory has changed.

    `stored` is what `roster_photos` made of the same plan; without it the photos are cleaned and stored here. They
    are files: those of a run that fails go again, those of one that is killed are swept at night.
    """
    if plan.problems:
        raise Refused(_("The roster has mistakes; nothing has been imported."))
    if stored is None:
        stored = roster_photos(plan=plan, progress=progress)
    try:
        # Before anything is locked, as the photos.
        keys = {person.row.name: name_keys(person.row.name) for person in plan.created}
        return _import(plan, stored, keys, actor, now)
    except BaseException:
        _remove(stored.values())
        raise


def roster_photos(*, plan: Plan, progress: Callable[[int, int], None] | None = None) -> dict[int, str]:
    """The slow part, before anything is locked: every new photo cleaned and stored, its name by row number."""
    stored: dict[int, str] = {}
    people = plan.photos
    if not people or plan.roster.album is None:
        return stored
    try:
        with archive.opened(plan.roster.album) as album:
            for done, person in enumerate(people, start=1):
                assert person.photo is not None
                data = album.bytes_of(person.photo.path)
                if hashlib.sha256(data).hexdigest() != person.photo.digest:
                    raise Refused(_("The photos have changed since the preview. Look at it again."))
                plaque, web = photos.clean(io.BytesIO(data))
                stored[person.row.number] = photos.store(plaque, web, photo_path(Cadre(), ""))
                if progress is not None:
                    progress(done, len(people))
    except BaseException:
        _remove(stored.values())
        raise
    return stored


def _remove(names: Iterable[str]) -> None:
    for name in names:
        photos.delete(name)


@transaction.atomic
def _import(
    plan: Plan,
    stored: Mapping[int, str],
    keys: Mapping[str, tuple[str, str]],
    actor: User | None,
    now: datetime,
) -> Counts:
    fresh = _again(plan)
    if fresh.problems or fresh.digest != plan.digest:
        raise Refused(_("The directory has changed since the preview. Look at it again."))
    _make_offices(fresh, actor, now)
    new = [_new_cadre(person, keys, fresh.today) for person in fresh.created]
    replaced = {
        person.row.number: str(_known(person).photo.name or "") for person in fresh.changed if person.photo
    }
    for person in fresh.changed:
        _apply(person, _known(person))
    _put_photos(fresh, stored)
    Cadre.objects.bulk_create(new, batch_size=BATCH)
    _put_stand_ins(fresh)
    Cadre.objects.bulk_update([_known(person) for person in fresh.changed], FIELDS, batch_size=BATCH)
    _write_lines(fresh)
    _record(fresh, replaced, actor, now)
    transaction.on_commit(lambda: _remove_unused(replaced.values()))
    transaction.on_commit(lambda: statistics.refresh_after(len(new)), robust=True)
    new_ids = tuple(cadre.pk for cadre in new)
    return Counts(len(fresh.created), len(fresh.changed), len(fresh.unchanged), new_ids)


def _remove_unused(names: Iterable[str]) -> None:
    for name in filter(None, names):
        delete_unused_photo(name)


def _again(plan: Plan) -> Plan:
    """The same rows against the directory as it is now and stays until this transaction ends."""
    units = directory.read((), plan.today)
    there = directory.read(unit_ids(plan.roster, units), plan.today, lock=True)
    return decide(plan.roster, there, plan.today)


def _known(person: Person) -> Cadre:
    assert person.cadre is not None
    return person.cadre


def _make_offices(plan: Plan, actor: User | None, now: datetime) -> None:
    Office.objects.bulk_create(plan.offices, batch_size=BATCH)
    made = [
        (
            office,
            {name: getattr(office, name) for name in ("name", "room", "location", "duty_phone")},
        )
        for office in plan.offices
    ]
    audit.record_each(verb="office_created", subjects=made, actor=actor, now=now)


# --- People ------------------------------------------------------------------------------------------------------


def _new_cadre(person: Person, keys: Mapping[str, tuple[str, str]], today: date) -> Cadre:
    row = person.row
    cadre = Cadre(unit=person.unit, name=row.name, employment_kind=EmploymentKind.CIVIL_SERVANT)
    cadre.pinyin, cadre.pinyin_initials = keys[row.name]
    cadre.serves_from = today
    _apply(person, cadre)
    person.cadre = cadre
    return cadre


def _apply(person: Person, cadre: Cadre) -> None:
    """What the row says; what it leaves empty stays."""
    row = person.row
    if person.office is not None:
        cadre.office = person.office
    for name in ("employment_kind", "office_phone", "mobile", "serves_from"):
        if value := getattr(row, name):
            setattr(cadre, name, value)


def _put_photos(plan: Plan, stored: Mapping[int, str]) -> None:
    for person in plan.photos:
        assert person.photo is not None
        cadre = _known(person)
        cadre.photo, cadre.photo_digest = stored[person.row.number], person.photo.digest


def _put_stand_ins(plan: Plan) -> None:
    """When everybody is there: somebody new may stand in for somebody known, and the other way round.

    A plain statement for each: building those of `bulk_update` took a quarter of an import of five thousand.
    """
    people = [person for person in (*plan.created, *plan.changed) if "stand_in" in person.fields]
    for person in people:
        other = person.stand_in
        _known(person).stand_in = _known(other) if isinstance(other, Person) else other
    pairs = [(_known(person).stand_in_id, _known(person).pk) for person in people]
    if pairs:
        with connection.cursor() as cursor:
            cursor.executemany("UPDATE cards_cadre SET stand_in_id = %s WHERE id = %s", pairs)


def _write_lines(plan: Plan) -> None:
    write_lines_of(
        (_known(person), _lines(person, "posts"), _lines(person, "duties"))
        for person in (*plan.created, *plan.changed)
        if person.fields & {"posts", "duties"}
    )


def _lines(person: Person, name: str) -> list[str]:
    """The row's, where the plan says that they differ; otherwise word for word what is stored."""
    if name in person.fields:
        return list(getattr(person.row, name))
    return [str(line) for line in getattr(_known(person), name).all()]


# --- The audit trail: as if each had been entered by hand ----------------------------------------------------------


def _record(plan: Plan, replaced: Mapping[int, str], actor: User | None, now: datetime) -> None:
    created = [(_known(person), _facts(_known(person), person)) for person in plan.created]
    audit.record_each(verb="cadre_created", subjects=created, actor=actor, now=now)
    edited = [(_known(person), edits) for person in plan.changed if (edits := _edits(person))]
    audit.record_each(verb="cadre_edited", subjects=edited, actor=actor, now=now)
    for verb, again in (("photo_uploaded", False), ("photo_replaced", True)):
        people = [person for person in plan.photos if bool(replaced.get(person.row.number)) == again]
        subjects: list[tuple[Any, dict[str, Any]]] = [(_known(person), {}) for person in people]
        audit.record_each(verb=verb, subjects=subjects, actor=actor, now=now)


def _facts(cadre: Cadre, person: Person) -> dict[str, Any]:
    return {
        "name": cadre.name,
        "office": str(cadre.office),
        "posts": list(person.row.posts),
        "duties": list(person.row.duties),
        "employment_kind": cadre.employment_kind,
        "office_phone": cadre.office_phone,
        "mobile": cadre.mobile,
        "stand_in": str(cadre.stand_in or ""),
        "serves_from": cadre.serves_from.isoformat(),
    }


def _edits(person: Person) -> dict[str, Any]:
    return {change.field: [change.old, change.new] for change in person.changes if change.field != "photo"}
