"""What the city sets for inspections, and the catalogue of what can go wrong."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from attendance.models import InspectionSettings, Item, Subject
from attendance.rules import NEEDED_ITEMS
from common import audit
from common.problems import Refused
from common.rules import local
from common.versions import check_unchanged

SETTINGS = ("sheets_from", "reminder_at", "defence_days", "paper_days", "near_minutes", "spot_cap")
#: Of an item about a unit only the names are open to change: the program records it.
NAMES = ("name", "name_en")
ITEM = (*NAMES, "offered", "with_minutes", "active")


def settings_facts(settings: InspectionSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in SETTINGS}


def item_facts(item: Item) -> dict[str, Any]:
    names = ITEM if item.subject == Subject.CADRE else NAMES
    return {name: getattr(item, name) for name in names}


@transaction.atomic
def settings_edit(
    *, values: dict[str, Any], seen: str | None = None, actor: User, now: datetime
) -> InspectionSettings:
    InspectionSettings.objects.get_or_create(pk=1)
    settings = InspectionSettings.objects.select_for_update().get(pk=1)
    before = settings_facts(settings)
    changed = audit.differences(before, {name: values[name] for name in SETTINGS})
    if not changed:
        return settings
    check_unchanged(before, seen)
    if "sheets_from" in changed:
        _check_begin(before["sheets_from"], values["sheets_from"], local(now).date())
    for name in changed:
        setattr(settings, name, values[name])
    settings.save(update_fields=list(changed))
    changes = {name: [_kept(old), _kept(new)] for name, (old, new) in changed.items()}
    audit.record(verb="inspection_edited", subject=settings, actor=actor, now=now, changes=changes)
    return settings


def _check_begin(before: date | None, day: date | None, today: date) -> None:
    """What nobody knew to be due cannot be missing afterwards, and what was counted does not cease to be due."""
    if before is not None and before < today:
        sentence = _("Sheets have been due since %(day)s, and were counted: that stays.")
        raise Refused(sentence % {"day": before.isoformat()}, "sheets_from")
    if day is not None and day < today:
        raise Refused(_("A day that is over cannot become due: choose today or a later day."), "sheets_from")


def _kept(value: Any) -> Any:
    return value if isinstance(value, (int, type(None))) else value.isoformat()


@transaction.atomic
def item_add(*, code: str, values: dict[str, Any], actor: User, now: datetime) -> Item:
    """An item of the city's own, about cadres; its code stays for ever."""
    if Item.objects.filter(code=code).exists():
        raise Refused(_("There is an item with this code already."), "code")
    _check_name(values["name"], None)
    last = Item.objects.aggregate(last=Max("position"))["last"] or 0
    item, made = Item.objects.get_or_create(
        code=code, defaults={"subject": Subject.CADRE, "position": last + 1, **values}
    )
    if not made:
        raise Refused(_("There is an item with this code already."), "code")
    audit.record(verb="item_added", subject=item, actor=actor, now=now, changes={"code": code, **values})
    return item


@transaction.atomic
def item_edit(
    *, item: Item, values: dict[str, Any], seen: str | None = None, actor: User, now: datetime
) -> Item:
    item = Item.objects.select_for_update().get(pk=item.pk)
    before = item_facts(item)
    changed = audit.differences(before, {name: values[name] for name in before})
    if not changed:
        return item
    check_unchanged(before, seen)
    if "name" in changed:
        _check_name(values["name"], item)
    if changed.get("active", [None, True])[1] is False and item.code in NEEDED_ITEMS:
        raise Refused(_("A round cannot do without this item; it stays in use."), "active")
    for name in changed:
        setattr(item, name, values[name])
    item.save(update_fields=list(changed))
    audit.record(verb="item_edited", subject=item, actor=actor, now=now, changes=changed)
    return item


def _check_name(name: str, item: Item | None) -> None:
    same = Item.objects.filter(name=name)
    if (same.exclude(pk=item.pk) if item else same).exists():
        raise Refused(_("There is an item of this name already."), "name")


@transaction.atomic
def item_move(*, item: Item, up: bool, actor: User, now: datetime) -> None:
    """One place up or down among the items about the same, as rounds offer them. At the end it stays."""
    rows = list(Item.objects.select_for_update().filter(subject=item.subject).order_by("position", "code"))
    place = next(number for number, row in enumerate(rows) if row.pk == item.pk)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return
    # Positions may be shared, so all are written anew from the smallest.
    first = rows[0].position
    rows[place], rows[other] = rows[other], rows[place]
    for position, row in enumerate(rows, start=first):
        row.position = position
    Item.objects.bulk_update(rows, ["position"])
    audit.record(verb="item_moved", subject=item, actor=actor, now=now, changes={"up": up})
