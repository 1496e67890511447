"""The shifts of those who work outside the office hours, day by day."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit, User
from cards import board
from cards.models import Cadre, ShiftDay, ShiftPattern
from cards.selectors import place_of
from cards.services.locking import locked_together
from common import audit, hours
from common.calendar import clocks
from common.problems import Refused
from common.rules import Clocks, local
from common.versions import check_unchanged

#: What a day may be beside a shift: as the office works, or off.
OFFICE, REST = "office", "rest"
#: As the audit trail keeps them, beside the names of shifts.
WORDS = {OFFICE: "office_hours", REST: "shift_rest"}
#: How far ahead a roster is worth anything.
FARTHEST = timedelta(days=92)

#: Person and day.
Cell = tuple[int, date]


def choice_of(row: ShiftDay | None) -> str:
    """A day as a form names it: office, rest or the number of a shift."""
    if row is None:
        return OFFICE
    return str(row.pattern_id) if row.pattern_id else REST


def standing(cadre_ids: Iterable[int], monday: date) -> dict[Cell, ShiftDay]:
    """The shifts of a week."""
    rows = ShiftDay.objects.standing().filter(
        cadre__in=list(cadre_ids), day__gte=monday, day__lt=monday + timedelta(days=7)
    )
    return {(row.cadre_id, row.day): row for row in rows.select_related("pattern")}


def week_facts(rows: Mapping[Cell, ShiftDay]) -> dict[str, Any]:
    """What the grid of a week has shown."""
    return {
        f"{cadre}:{day}": choice_of(row)
        for (cadre, day), row in sorted(rows.items(), key=lambda item: item[0])
    }


@transaction.atomic
def shifts_save(
    *,
    unit: Unit,
    monday: date,
    wanted: Mapping[Cell, str],
    seen: str | None = None,
    actor: User,
    now: datetime,
) -> int:
    """Set the days of a week; returns how many have changed. The same again changes nothing.

    Days that are over stay: what a plaque said is not rewritten.
    """
    today = local(now).date()
    Unit.objects.select_for_update().get(pk=unit.pk)
    patterns = {str(pattern.pk): pattern for pattern in unit.shift_patterns.all()}
    people = staff(unit, now)
    rows = standing(people, monday)
    changed = {cell: what for cell, what in wanted.items() if what != choice_of(rows.get(cell))}
    if not changed:
        return 0
    check_unchanged(week_facts(rows), seen)
    for (cadre_id, day), what in changed.items():
        _check(people.get(cadre_id), day, what, patterns, today)
    locked_together(Cadre.objects.filter(pk__in={cadre_id for cadre_id, _day in changed}))
    _replace([rows[cell].pk for cell in changed if cell in rows], now)
    _add({cell: patterns.get(what) for cell, what in changed.items() if what != OFFICE}, actor, now)
    _record(changed, rows, people, patterns, actor, now)
    return len(changed)


def staff(unit: Unit, now: datetime) -> dict[int, Cadre]:
    """Whose shifts the unit sets: those who work there, on loan from others too."""
    found = board.working_in(unit, now).order_by("office__room", "pinyin", "pk")
    return {cadre.pk: cadre for cadre in found if place_of(cadre).unit_id == unit.pk}


def _check(
    cadre: Cadre | None, day: date, what: str, patterns: Mapping[str, ShiftPattern], today: date
) -> None:
    if cadre is None:
        raise Refused(_("One of these people no longer works here. Load the page again."))
    if day < today:
        raise Refused(_("A day that is over keeps its shift."))
    if day > today + FARTHEST:
        raise Refused(_("Shifts are entered at most three months ahead."))
    if what not in (OFFICE, REST) and (what not in patterns or patterns[what].retired):
        raise Refused(_("This shift is no longer used. Choose another."))


def _replace(pks: Collection[int], now: datetime) -> None:
    ShiftDay.objects.filter(pk__in=pks).update(replaced_at=now)


def _add(cells: Mapping[Cell, ShiftPattern | None], actor: User, now: datetime) -> None:
    ShiftDay.objects.bulk_create(
        ShiftDay(
            cadre_id=cadre_id,
            day=day,
            pattern=pattern,
            spans=pattern.spans if pattern else [],
            set_by=actor,
            set_at=now,
        )
        for (cadre_id, day), pattern in cells.items()
    )


def _record(
    changed: Mapping[Cell, str],
    rows: Mapping[Cell, ShiftDay],
    people: Mapping[int, Cadre],
    patterns: Mapping[str, ShiftPattern],
    actor: User,
    now: datetime,
) -> None:
    """One audit row for each person: day -> what it was and is, by the name of the shift."""
    of_person: dict[int, dict[str, list[str]]] = {}
    for (cadre_id, day), what in sorted(changed.items()):
        row = rows.get((cadre_id, day))
        before = row.pattern.name if row and row.pattern else WORDS[choice_of(row)]
        after = patterns[what].name if what in patterns else WORDS[what]
        of_person.setdefault(cadre_id, {})[day.isoformat()] = [before, after]
    audit.record_each(
        verb="shifts_set",
        subjects=[(people[cadre_id], changes) for cadre_id, changes in of_person.items()],
        actor=actor,
        now=now,
    )


def end_shifts(cadre: Cadre, *, now: datetime) -> None:
    """Whoever has changed units follows the new one's hours from today on, until it enters shifts of its own."""
    ShiftDay.objects.standing().filter(cadre=cadre, day__gte=local(now).date()).update(replaced_at=now)


# --- Patterns -------------------------------------------------------------------------------------------------------


def pattern_facts(pattern: ShiftPattern) -> dict[str, Any]:
    return {
        "name": pattern.name,
        "spans": hours.clock_words(clocks(pattern.spans)),
        "retired": pattern.retired,
    }


def _checked_spans(spans: Clocks) -> list[list[str]]:
    if sentence := hours.span_fault(spans, over_midnight=True):
        raise Refused(sentence)
    return [[f"{start:%H:%M}", f"{end:%H:%M}"] for start, end in spans]


@transaction.atomic
def shift_pattern_create(*, unit: Unit, name: str, spans: Clocks, actor: User, now: datetime) -> ShiftPattern:
    pattern = ShiftPattern(unit=unit, name=name, spans=_checked_spans(spans))
    _save(pattern)
    audit.record(
        verb="shift_pattern_created", subject=pattern, actor=actor, now=now, changes=pattern_facts(pattern)
    )
    return pattern


def _save(pattern: ShiftPattern) -> None:
    try:
        with transaction.atomic():
            pattern.save()
    except IntegrityError as error:
        raise Refused(_("Another shift of the unit has this name."), "name") from error


@transaction.atomic
def shift_pattern_edit(
    *,
    pattern: ShiftPattern,
    name: str,
    spans: Clocks,
    retired: bool,
    seen: str | None = None,
    actor: User,
    now: datetime,
) -> int:
    """Change a shift; its days from tomorrow on get the new hours. Returns how many days these are."""
    Unit.objects.select_for_update().get(pk=pattern.unit_id)
    pattern = ShiftPattern.objects.select_for_update().get(pk=pattern.pk)
    before = pattern_facts(pattern)
    pattern.name, pattern.spans, pattern.retired = name, _checked_spans(spans), retired
    after = pattern_facts(pattern)
    changes = audit.differences(before, after)
    if not changes:
        return 0
    check_unchanged(before, seen)
    _save(pattern)
    moved = _move_days(pattern, actor, now) if "spans" in changes else 0
    audit.record(verb="shift_pattern_edited", subject=pattern, actor=actor, now=now, changes=changes)
    return moved


def _move_days(pattern: ShiftPattern, actor: User, now: datetime) -> int:
    ahead = list(ShiftDay.objects.standing().filter(pattern=pattern, day__gt=local(now).date()))
    _replace([row.pk for row in ahead], now)
    _add({(row.cadre_id, row.day): pattern for row in ahead}, actor, now)
    return len(ahead)
