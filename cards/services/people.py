"""Offices and the people in them: what a unit's officer enters."""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, BinaryIO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit, User
from accounts.moving import lock_open_unit
from cards import photos
from cards.models import Cadre, Duty, Office, Post, photo_path
from cards.pinyin import name_keys
from cards.services.locking import locked, locked_together
from common import audit
from common.problems import Refused
from common.versions import check_unchanged


@dataclass(frozen=True)
class OfficeDetails:
    name: str
    room: str
    location: str = ""
    duty_phone: str = ""


@transaction.atomic
def office_create(*, unit: Unit, details: OfficeDetails, actor: User, now: datetime) -> Office:
    office = Office(unit=lock_open_unit(unit.pk), **vars(details))
    _save_office(office)
    audit.record(verb="office_created", subject=office, actor=actor, now=now, changes=vars(details))
    return office


@transaction.atomic
def office_edit(
    *, office: Office, details: OfficeDetails, seen: str | None = None, actor: User, now: datetime
) -> Office:
    office = Office.objects.select_for_update().get(pk=office.pk)
    before = {name: getattr(office, name) for name in vars(details)}
    for name, value in vars(details).items():
        setattr(office, name, value)
    changed = audit.differences(before, vars(details))
    if changed:
        check_unchanged(before, seen)
        _save_office(office)
        audit.record(verb="office_edited", subject=office, actor=actor, now=now, changes=changed)
    return office


def _save_office(office: Office) -> None:
    if (
        Office.objects.filter(unit=office.unit_id, name=office.name, room=office.room)
        .exclude(pk=office.pk)
        .exists()
    ):
        raise Refused(_("This unit already has an office of this name in this room."), "room")
    office.save()


#: Of CadreDetails, what is stored as it was entered.
PLAIN_FIELDS = (
    "office",
    "employment_kind",
    "office_phone",
    "mobile",
    "stand_in",
    "serves_from",
    "leads_unit",
)


@dataclass(frozen=True)
class CadreDetails:
    """Everything about a person that a unit's officer enters; `posts` with the primary one first."""

    name: str
    office: Office
    posts: tuple[str, ...]
    duties: tuple[str, ...]
    employment_kind: str
    office_phone: str
    mobile: str
    stand_in: Cadre | None
    serves_from: date
    #: A member of the unit's leadership.
    leads_unit: bool = False


@transaction.atomic
def cadre_create(*, unit: Unit, details: CadreDetails, actor: User | None, now: datetime) -> Cadre:
    unit = lock_open_unit(unit.pk)
    if details.stand_in is not None:
        details = replace(details, stand_in=locked(details.stand_in))
    _check_details(unit, details, cadre_id=None)
    cadre = Cadre(unit=unit)
    _apply(cadre, details)
    cadre.save()
    write_lines(cadre, details.posts, details.duties)
    audit.record(verb="cadre_created", subject=cadre, actor=actor, now=now, changes=_facts(details))
    return cadre


@transaction.atomic
def cadre_edit(
    *, cadre: Cadre, details: CadreDetails, seen: str | None = None, actor: User, now: datetime
) -> Cadre:
    # The stand-in too: whoever moves to another unit at this moment must not be left standing in here.
    ids = {cadre.pk, *([details.stand_in.pk] if details.stand_in else [])}
    people = locked_together(Cadre.objects.filter(pk__in=ids))
    cadre = people[cadre.pk]
    if details.stand_in is not None:
        details = replace(details, stand_in=people[details.stand_in.pk])
    _check_details(cadre.unit, details, cadre_id=cadre.pk)
    if cadre.serves_to is not None and cadre.serves_to < details.serves_from:
        raise Refused(_("The last day lies before the first day of service."), "serves_from")
    before = details_of(cadre)
    # Compared by what they are: two namesakes are not the same stand-in, whatever their names say.
    changed = audit.differences(vars(before), vars(details))
    if changed:
        check_unchanged(_facts(before), seen)
        _apply(cadre, details)
        cadre.save()
        write_lines(cadre, details.posts, details.duties)
        old, new = _facts(before), _facts(details)
        audit.record(
            verb="cadre_edited",
            subject=cadre,
            actor=actor,
            now=now,
            changes={name: [old[name], new[name]] for name in changed},
        )
    return cadre


def _check_details(unit: Unit, details: CadreDetails, cadre_id: int | None) -> None:
    if details.office.unit_id != unit.pk:
        raise Refused(_("The office belongs to another unit."), "office")
    stand_in = details.stand_in
    if stand_in is not None and stand_in.pk == cadre_id:
        raise Refused(_("Nobody can stand in for themselves."), "stand_in")
    if stand_in is not None and stand_in.unit_id != unit.pk:
        raise Refused(_("The stand-in belongs to another unit."), "stand_in")
    if not details.posts:
        raise Refused(_("Enter at least one post."), "posts")


def _apply(cadre: Cadre, details: CadreDetails) -> None:
    cadre.name = details.name
    cadre.pinyin, cadre.pinyin_initials = name_keys(details.name)
    for name in PLAIN_FIELDS:
        setattr(cadre, name, getattr(details, name))


def write_lines(cadre: Cadre, posts: Sequence[str], duties: Sequence[str]) -> None:
    write_lines_of([(cadre, posts, duties)])


def write_lines_of(people: Iterable[tuple[Cadre, Sequence[str], Sequence[str]]]) -> None:
    """Posts, the primary one first, and duties of many in a few statements."""
    written = list(people)
    for start in range(0, len(written), 500):
        ids = [cadre.pk for cadre, _posts, _duties in written[start : start + 500]]
        Post.objects.filter(cadre__in=ids).delete()
        Duty.objects.filter(cadre__in=ids).delete()
    Post.objects.bulk_create(
        Post(cadre=cadre, title=title, is_primary=not index, position=index)
        for cadre, posts, _duties in written
        for index, title in enumerate(posts)
    )
    Duty.objects.bulk_create(
        Duty(cadre=cadre, position=index, text=text)
        for cadre, _posts, duties in written
        for index, text in enumerate(duties)
    )


def details_of(cadre: Cadre) -> CadreDetails:
    """A person's details as they stand in the database."""
    return CadreDetails(
        name=cadre.name,
        office=cadre.office,
        posts=tuple(post.title for post in cadre.posts.all()),
        duties=tuple(duty.text for duty in cadre.duties.all()),
        employment_kind=cadre.employment_kind,
        office_phone=cadre.office_phone,
        mobile=cadre.mobile,
        stand_in=cadre.stand_in,
        serves_from=cadre.serves_from,
        leads_unit=cadre.leads_unit,
    )


def facts_of(cadre: Cadre) -> dict[str, Any]:
    """What the form of a person shows, for `seen`."""
    return _facts(details_of(cadre))


def _facts(details: CadreDetails) -> dict[str, Any]:
    return {
        **vars(details),
        "office": str(details.office),
        "stand_in": str(details.stand_in or ""),
        "posts": list(details.posts),
        "duties": list(details.duties),
        "serves_from": details.serves_from.isoformat(),
    }


def cadre_photo_set(*, cadre: Cadre, upload: BinaryIO, actor: User, now: datetime) -> Cadre:
    """Replace the photo. Raises Refused when the file is not a usable photo; the old files go after the commit."""
    data = upload.read(photos.MAX_BYTES + 1)
    plaque, web = photos.clean(io.BytesIO(data))
    name = photos.store(plaque, web, photo_path(cadre, ""))
    try:
        with transaction.atomic():
            cadre = locked(cadre)
            old = cadre.photo.name
            cadre.photo = name
            cadre.photo_digest = hashlib.sha256(data).hexdigest()
            cadre.save(update_fields=["photo", "photo_digest"])
            verb = "photo_replaced" if old else "photo_uploaded"
            audit.record(verb=verb, subject=cadre, actor=actor, now=now)
            if old:
                transaction.on_commit(lambda: delete_unused_photo(old))
    except Exception:
        photos.delete(name)
        raise
    return cadre


def delete_unused_photo(name: str) -> None:
    if not Cadre.objects.filter(photo=name).exists():
        photos.delete(name)
