"""Printing as a job: an item a unit, a file an item; each card stands once in the log, whatever happens to workers."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import City, Unit, User
from cards import services
from cards.models import Printing, PrintKind
from cards.printing.address import refuse_city
from cards.printing.files import draw_draft, file_name
from cards.printing.gathering import at_home_or_at_work, batch, printable, rooms_of, sheets_needed
from cards.printing.words import counted
from cards.services.printing import Print
from common import jobs
from common.jobs import Outcome
from common.models import Job, JobItem
from common.problems import Refused
from common.rules import local

NAME = "print"
#: More numbers than a sentence can hold.
SERIALS_SHOWN = 5


# --- Asking for it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """How many documents of a kind one unit would print."""

    unit: Unit
    number: int


def shares(
    kind: PrintKind, *, units: Collection[int] | None, today: date, only: frozenset[int] | None = None
) -> list[Share]:
    """The units, None for all, that have something to print of this kind; `only` for these cards."""
    numbers = _sheets(units, today, only) if kind == PrintKind.COMBINED else _cards(units, today, only)
    found = Unit.objects.in_bulk(list(numbers))
    return sorted(
        (Share(found[pk], number) for pk, number in numbers.items()), key=lambda share: share.unit.code
    )


def _cards(units: Collection[int] | None, today: date, only: frozenset[int] | None) -> dict[int, int]:
    cards = printable(today)
    if units is not None:
        cards = cards.filter(cadre__unit__in=units)
    if only is not None:
        cards = cards.filter(pk__in=only)
    rows = cards.order_by().values_list("cadre__unit").annotate(number=Count("pk"))
    return dict(rows)


def _sheets(units: Collection[int] | None, today: date, only: frozenset[int] | None) -> dict[int, int]:
    cards = printable(today)
    if units is not None:
        cards = at_home_or_at_work(cards, units, today)
    numbers: Counter[int] = Counter()
    for (unit_id, *_door), people in rooms_of(cards, today).items():
        wanted = only is None or not only.isdisjoint(people)
        if wanted and (units is None or unit_id in units):
            numbers[unit_id] += sheets_needed(len(people))
    return {unit_id: number for unit_id, number in numbers.items() if number}


def print_start(
    *,
    kind: PrintKind,
    shares: Sequence[Share],
    actor: User,
    now: datetime,
    start: int = 1,
    only: frozenset[int] | None = None,
    once: str = "",
) -> Job:
    """A file for each unit, drawn by a worker. Raises Refused for what no document can do without."""
    refuse_city(City.current())
    if not shares:
        raise Refused(_("There is nothing to print."))
    params: dict[str, Any] = {"kind": kind.value, "start": start if kind == PrintKind.CONTACT else 1}
    if only is not None:
        params["cards"] = sorted(only)
    one = shares[0].unit if len(shares) == 1 else None
    return jobs.start(
        kind=NAME,
        title=_("%(kind)s · %(where)s")
        % {"kind": kind.label, "where": one.name if one else _units(len(shares))},
        items=[(str(share.unit.pk), f"{share.unit.code} {share.unit.name}") for share in shares],
        actor=actor,
        now=now,
        unit_id=one.pk if one else None,
        params=params,
        once=once,
    )


def _units(number: int) -> str:
    return ngettext("%(number)d unit", "%(number)d units", number) % {"number": number}


# --- Doing it ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """A unit's file that has no name yet; without a path there was nothing to draw, and the note says why."""

    path: Path | None
    name: str
    prints: list[Print]
    note: str


def prepare(item: JobItem, now: datetime) -> Drawn:
    params, unit = item.job.params, Unit.objects.get(pk=int(item.key))
    kind, city = PrintKind(params["kind"]), City.current()
    only = frozenset(params["cards"]) if "cards" in params else None
    found = batch(kind, unit_id=unit.pk, city=city, today=local(now).date(), only=only)
    if not found.documents and not found.notes:
        raise Refused(_("Nobody there has a valid card: nothing was printed."))
    note = "\n".join([*([counted(kind, len(found.documents))] if found.documents else []), *found.notes])
    if not found.documents:
        return Drawn(None, "", [], note)
    folder = jobs.folder(item.job)
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    # The sheet that was begun lies in the printer once.
    start = params["start"] if item.position == 1 else 1
    path = draw_draft(found.documents, folder, city=city, start=start)
    prints = [printed for document in found.documents for printed in document.prints]
    return Drawn(path, file_name(unit.code, unit.name, kind), prints, note)


def record(item: JobItem, drawn: Drawn, now: datetime) -> Outcome:
    """The file takes its name in the transaction that writes the log."""
    if drawn.path is None:
        return Outcome(drawn.note)
    services.prints_record(prints=drawn.prints, actor=item.job.created_by, now=now, item=item)
    drawn.path.replace(drawn.path.with_name(drawn.name))
    return Outcome(drawn.note, drawn.name)


def servable(job: Job, item: JobItem | None) -> None:
    """Raises Refused when a card in the file, or in any of the archive's, was revoked since it was printed."""
    printings = Printing.objects.filter(job=job, card__revoked_at__isnull=False)
    if item is not None:
        printings = printings.filter(item=item)
    serials = list(printings.order_by("card__serial").values_list("card__serial", flat=True))
    if serials:
        named = "、".join(serials[:SERIALS_SHOWN]) + ("…" if len(serials) > SERIALS_SHOWN else "")
        raise Refused(
            _("It holds a card that was revoked since (%(serials)s): print again.") % {"serials": named}
        )


def register() -> None:
    jobs.register(jobs.Kind(NAME, record=record, prepare=prepare, finish=jobs.archive, servable=servable))
