"""What hangs beside the doors of the demonstration: most of it is true, some of it says what was true once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import demo as accounts
from accounts.models import City, Unit, User
from cards import services
from cards.demo.people import working_moment
from cards.models import Cadre, PrintKind
from cards.printing.gathering import MAKERS, Document, documents, holders, printable
from cards.printing.job import NAME
from cards.printing.words import counted
from common import demo
from common.models import Job, JobItem
from common.rules import local

PRINTED_DAYS_AGO = 34
#: The last units of the order are still to print.
UNITS_TO_PRINT, ENOUGH_UNITS = 2, 10
#: By unit and place in the order of entry: whose plaque was never printed, and what others' once said instead.
NEVER = {(0, 9), (1, 2), (2, 1)}
ONCE: dict[tuple[int, int], Callable[[Any], dict[str, Any]]] = {
    (0, 2): lambda plaque: {"office_phone": "0578-000 0999"},
    (0, 3): lambda plaque: {"posts": (f"{plaque.office_name} · 工作人员",)},
    (0, 5): lambda plaque: {"stand_in": "方既明（305 室）"},
    (1, 0): lambda plaque: {"duties": plaque.duties[:1]},
    (1, 3): lambda plaque: {"photo": None},
    (2, 0): lambda plaque: {"unit_hotline": "0578-000 0998"},
    (2, 2): lambda plaque: {"room": "1 层 101 室"},
}


def build(build: demo.Build) -> str:
    """The log of one day of printing, as of the offices and posts of that day."""
    moment = working_moment(build.now, PRINTED_DAYS_AGO, time(10, 30))
    units, printed = accounts.units(), 0
    to_print = UNITS_TO_PRINT if len(units) > ENOUGH_UNITS else 0
    places = {unit.pk: place for place, unit in enumerate(units[: len(units) - to_print])}
    order = _order(places)
    for kind in (kind for kind in (PrintKind.PLAQUE, PrintKind.CONTACT) if kind in MAKERS):
        found = _printed(kind, order, moment)
        own = [document for document in found if places[document.holders[0].unit_id] == 0]
        rest = [document for document in found if places[document.holders[0].unit_id] != 0]
        if own:
            _print(own, actor=accounts.OFFICER, now=moment, item=_item(units[0], kind, len(own), moment))
        _print(rest, actor=accounts.SECOND_EXPRESS, now=moment)
        printed += len(found)
    return _("%(count)s documents in the log") % {"count": f"{printed:,}"}


def _order(places: dict[int, int]) -> dict[int, tuple[int, int]]:
    """Of everybody: the place of the unit and their own in it."""
    found: dict[int, tuple[int, int]] = {}
    numbers = dict.fromkeys(places, 0)
    for pk, unit_id in Cadre.objects.filter(unit__in=places).order_by("pk").values_list("pk", "unit_id"):
        found[pk] = (places[unit_id], numbers[unit_id])
        numbers[unit_id] += 1
    return found


def _printed(kind: PrintKind, order: dict[int, tuple[int, int]], moment: datetime) -> list[Document]:
    day = local(moment).date()
    cards = printable(day).filter(cadre__in=order, issued_at__lte=moment)
    found = []
    for document in documents(kind, holders(cards, day), City.current()):
        seat = order[document.holders[0].cadre_id]
        if seat in NEVER and kind == PrintKind.PLAQUE:
            continue
        if seat in ONCE and kind == PrintKind.PLAQUE:
            document = replace(document, content=replace(document.content, **ONCE[seat](document.content)))
        found.append(document)
    return found


def _print(found: list[Document], *, actor: str, now: datetime, item: JobItem | None = None) -> None:
    services.prints_record(
        prints=[printed for document in found for printed in document.prints],
        actor=User.objects.get(username=actor),
        now=now,
        item=item,
    )


def _item(unit: Unit, kind: PrintKind, number: int, moment: datetime) -> JobItem:
    """A job of the officer's that is done; its files are gone, as they would be after a day."""
    job = Job.objects.create(
        kind=NAME,
        title=_("%(kind)s · %(where)s") % {"kind": kind.label, "where": unit.name},
        unit_id=unit.pk,
        params={"kind": kind.value, "start": 1},
        language=settings.LANGUAGE_CODE,
        state=Job.State.DONE,
        once=f"demo-{kind.value}",
        created_by=User.objects.get(username=accounts.OFFICER),
        created_at=moment - timedelta(seconds=9),
        started_at=moment - timedelta(seconds=8),
        finished_at=moment,
    )
    return JobItem.objects.create(
        job=job,
        position=1,
        key=str(unit.pk),
        label=f"{unit.code} {unit.name}",
        state=JobItem.State.DONE,
        attempts=1,
        note=counted(kind, number),
    )
