"""机关干部岗位目标责任制 (scheme 二(三)): what somebody’s post asks of a year, kept beside the record of that year.

A list is always written as a whole. Once the year is decided it stands as it was.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from appraisal.models import AnnualResult, Responsibility, YearState
from cards.models import Cadre
from common import audit
from common.problems import Refused
from common.rules import local
from common.versions import check_unchanged

MOST_LINES = 30
YEARS_BACK, YEARS_AHEAD = 1, 1


@dataclass(frozen=True)
class Line:
    task: str
    target: str = ""
    #: At the end of the year, or of somebody’s service in it.
    result: str = ""


@dataclass(frozen=True)
class Imported:
    people: int
    changed: int


def years_open(today: date) -> list[int]:
    """Which may be entered, the newest first."""
    return list(range(today.year + YEARS_AHEAD, today.year - YEARS_BACK - 1, -1))


def lines_of(cadres: Iterable[int], year: int) -> dict[int, list[Line]]:
    """By cadre; one query for any number."""
    found: dict[int, list[Line]] = defaultdict(list)
    rows = Responsibility.objects.filter(cadre__in=list(cadres), year=year).order_by("cadre", "position")
    for row in rows:
        found[row.cadre_id].append(Line(row.task, row.target, row.result))
    return found


def facts(lines: Sequence[Line]) -> dict[str, Any]:
    """Of which a form keeps the version (common.versions)."""
    return {"lines": [list(astuple(line)) for line in lines]}


def closed(cadres: Collection[int], year: int, today: date) -> set[int]:
    """Whose list of a year stands for good."""
    if year not in years_open(today):
        return set(cadres)
    decided = AnnualResult.objects.filter(
        cadre__in=list(cadres), year=year, unit_result__state=YearState.DECIDED
    )
    return set(decided.values_list("cadre", flat=True))


@transaction.atomic
def responsibilities_set(
    *, cadre: Cadre, year: int, lines: Sequence[Line], seen: str | None, actor: User, now: datetime
) -> list[Line]:
    """The whole list of a year. Raises Overtaken where somebody else has saved since the form was shown."""
    _lock([cadre.pk])
    before, after = lines_of([cadre.pk], year)[cadre.pk], list(lines)
    if before == after:
        return before
    check_unchanged(facts(before), seen)
    _refuse({cadre.pk: after}, year, local(now).date())
    _write(cadre, year, before, after, actor, now)
    return after


@transaction.atomic
def responsibilities_import(
    *, lists: Mapping[Cadre, Sequence[Line]], year: int, keep_results: bool, actor: User, now: datetime
) -> Imported:
    """The lists of many, all or none. `keep_results` for a sheet without results: what was entered of the same
    responsibility stays."""
    _lock([cadre.pk for cadre in lists])
    before = lines_of([cadre.pk for cadre in lists], year)
    after = {
        cadre: with_results(lines, before[cadre.pk]) if keep_results else list(lines)
        for cadre, lines in lists.items()
    }
    changed = {cadre: lines for cadre, lines in after.items() if lines != before[cadre.pk]}
    _refuse({cadre.pk: lines for cadre, lines in changed.items()}, year, local(now).date())
    for cadre, lines in changed.items():
        _write(cadre, year, before[cadre.pk], lines, actor, now)
    return Imported(len(lists), len(changed))


def with_results(lines: Iterable[Line], before: Iterable[Line]) -> list[Line]:
    kept = {line.task: line.result for line in before}
    return [replace(line, result=kept.get(line.task, "")) for line in lines]


def _lock(cadres: Collection[int]) -> None:
    """Two who write a list of the same person come one after the other."""
    list(Cadre.objects.select_for_update(no_key=True).filter(pk__in=cadres).order_by("pk").values("pk"))


def _refuse(lists: Mapping[int, Sequence[Line]], year: int, today: date) -> None:
    if year not in years_open(today):
        raise Refused(
            _("Responsibilities of %(year)s are not entered any more, or not yet.") % {"year": year}
        )
    if closed(lists.keys(), year, today):
        raise Refused(
            _("The year %(year)s has been decided: its responsibilities stand as they are.") % {"year": year}
        )
    for lines in lists.values():
        if len(lines) > MOST_LINES:
            raise Refused(_("At most %(most)s responsibilities a year.") % {"most": MOST_LINES})
        if any(not line.task.strip() for line in lines):
            raise Refused(
                _("A target or a result without a responsibility says nothing: name what it is of.")
            )
        if year > today.year and any(line.result for line in lines):
            raise Refused(_("%(year)s has not begun: there are no results of it yet.") % {"year": year})


def _write(
    cadre: Cadre, year: int, before: Sequence[Line], after: Sequence[Line], actor: User, now: datetime
) -> None:
    gone = list(Responsibility.objects.filter(cadre=cadre, year=year))
    Responsibility.objects.filter(pk__in=[row.pk for row in gone]).delete()
    rows = Responsibility.objects.bulk_create(
        Responsibility(
            cadre=cadre, year=year, position=position, task=line.task, target=line.target, result=line.result
        )
        for position, line in enumerate(after, start=1)
    )
    # Not of the person: their page shows its history to whom the words are no business of.
    changes = {
        "cadre": cadre.pk,
        "year": year,
        "lines": [list(map(astuple, before)), list(map(astuple, after))],
    }
    audit.record(
        verb="responsibilities_set", subject=[*rows, *gone][0], actor=actor, now=now, changes=changes
    )
