"""Monthly assessed bonus bases: dated by month, and never changed under a decided year (DOMAIN §2).

The program pays nothing and withholds nothing: the sums only say what “three months’ bonus” comes to (YEAR-1, YEAR-2).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from appraisal.models import AnnualResult, BonusBase, YearState
from appraisal.notifying.stages import month_name
from appraisal.rules.bonus import Basing, refuse_base
from cards.models import Cadre
from common import audit
from common.problems import Refused
from common.rules import local

SENTENCES = {
    Basing.NO_MONTH: gettext_lazy("A base begins with a month."),
    Basing.FAR: gettext_lazy("This month is too far away: look at the year."),
    Basing.USED: gettext_lazy(
        "A decided year has reckoned with the base of this time, which stays as it is. Enter the other sum from a "
        "later month on."
    ),
}


@dataclass(frozen=True)
class Row:
    """A base that is to be entered."""

    cadre: Cadre
    since: date
    cents: int


@dataclass(frozen=True)
class Imported:
    new: int
    changed: int
    same: int


class Known:
    """The bases of some people and the months that decided years used of them: two queries for any number."""

    def __init__(self, cadres: Iterable[int]) -> None:
        wanted = list(cadres)
        self.bases: dict[int, dict[date, BonusBase]] = defaultdict(dict)
        for base in BonusBase.objects.filter(cadre__in=wanted).order_by("since"):
            self.bases[base.cadre_id][base.since] = base
        self.used: dict[int, set[date]] = defaultdict(set)
        decided = AnnualResult.objects.filter(cadre__in=wanted, unit_result__state=YearState.DECIDED)
        for cadre, months in decided.order_by().values_list("cadre", "bonus_of"):
            self.used[cadre] |= {date.fromisoformat(f"{month}-01") for month in months}

    def is_same(self, row: Row) -> bool:
        base = self.bases[row.cadre.pk].get(row.since)
        return base is not None and base.cents == row.cents

    def refusal(self, cadre_id: int, since: date, today: date) -> str:
        """Why no base of this person may begin, change or go then; empty where it may."""
        others: Collection[date] = self.bases[cadre_id].keys() - {since}
        found = refuse_base(since=since, later=others, used=self.used[cadre_id], today=today)
        return "" if found is None else str(SENTENCES[found])


@transaction.atomic
def bonus_set(*, cadre: Cadre, since: date, cents: int, actor: User, now: datetime) -> BonusBase:
    """From a month on; the same month again is a correction, as long as no decided year rests on it."""
    known = _locked([cadre.pk])
    row = Row(cadre, since, cents)
    if known.is_same(row):
        return known.bases[cadre.pk][since]
    if sentence := known.refusal(cadre.pk, since, local(now).date()):
        raise Refused(sentence, "since")
    return _write(row, known, actor, now)


@transaction.atomic
def bonus_remove(*, base: BonusBase, actor: User, now: datetime) -> None:
    """What was entered for a wrong month, or person. Removed already, nothing is left to do."""
    known = _locked([base.cadre_id])
    kept = known.bases[base.cadre_id].get(base.since)
    if kept is None:
        return
    if sentence := known.refusal(kept.cadre_id, kept.since, local(now).date()):
        raise Refused(sentence)
    changes = {"since": f"{kept.since:%Y-%m}", "cents": [kept.cents, None]}
    audit.record(verb="bonus_base_removed", subject=kept, actor=actor, now=now, changes=changes)
    kept.delete()


@transaction.atomic
def bonus_import(*, rows: Sequence[Row], actor: User, now: datetime) -> Imported:
    """All of these or none. Raises Refused where meanwhile one of them cannot be entered any more."""
    known, today = _locked({row.cadre.pk for row in rows}), local(now).date()
    if problems_of(rows, known, today):
        raise Refused(
            _(
                "Meanwhile something has changed. Nothing was imported: hand the file in again, and look at it."
            )
        )
    to_write = [row for row in rows if not known.is_same(row)]
    changed = sum(row.since in known.bases[row.cadre.pk] for row in to_write)
    for row in to_write:
        _write(row, known, actor, now)
    return Imported(len(to_write) - changed, changed, len(rows) - len(to_write))


def problems_of(rows: Sequence[Row], known: Known, today: date) -> dict[int, str]:
    """By the place of a row: why it cannot be entered. Bases of the same sheet bound one another."""
    seen: dict[tuple[int, date], int] = {}
    found = {}
    for place, row in enumerate(rows):
        if (row.cadre.pk, row.since) in seen:
            words = {"name": row.cadre.name, "month": month_name(row.since)}
            found[place] = _("%(name)s stands here twice for %(month)s.") % words
        elif not known.is_same(row) and (sentence := known.refusal(row.cadre.pk, row.since, today)):
            found[place] = sentence
        seen.setdefault((row.cadre.pk, row.since), place)
    return found


def _locked(cadres: Collection[int]) -> Known:
    """Two who enter a base of the same person come one after the other."""
    list(Cadre.objects.select_for_update(no_key=True).filter(pk__in=cadres).order_by("pk").values("pk"))
    return Known(cadres)


def _write(row: Row, known: Known, actor: User, now: datetime) -> BonusBase:
    before = known.bases[row.cadre.pk].get(row.since)
    values = {"cents": row.cents, "entered_by": actor, "entered_at": now}
    base, _made = BonusBase.objects.update_or_create(cadre=row.cadre, since=row.since, defaults=values)
    changes: dict[str, Any] = {
        "since": f"{row.since:%Y-%m}",
        "cents": [before.cents if before is not None else None, row.cents],
    }
    audit.record(verb="bonus_base_set", subject=base, actor=actor, now=now, changes=changes)
    return base
