"""What of the ladder waits for whom: proposals to tell, to answer for a unit, to decide; decisions to serve."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from accounts.models import User
from appraisal import acting
from appraisal.models import Sanction, SanctionState
from appraisal.models.sanctions import SanctionQuerySet
from appraisal.services import sanctions as services


@dataclass(frozen=True)
class Waiting:
    """By what is to be done, the keys of those that wait for one person."""

    tell: frozenset[int]
    answer: frozenset[int]
    decide: frozenset[int]
    serve: frozenset[int]

    @property
    def any(self) -> set[int]:
        return {*self.tell, *self.answer, *self.decide, *self.serve}


def waiting_for(seen: SanctionQuerySet, user: User, today: date) -> set[int]:
    return read(seen, user, today).any


def read(seen: SanctionQuerySet, user: User, today: date) -> Waiting:
    """Of those that the reader may see; open ones are few. The same queries for any number."""
    rows = list(services.whole(seen.filter(state__in=[SanctionState.PROPOSED, SanctionState.DECIDED])))
    ripe = set(seen.decidable(today).values_list("pk", flat=True))
    to_decide = [row for row in rows if row.pk in ripe]
    deciders = services.deciders_of(to_decide, today) if to_decide else {}
    servers = services.servers_of(rows, today) if rows else {}
    serving = {pk for pk, people in servers.items() if user.pk in people}
    of_unit = _answering(rows, user, today)
    is_open = {row.pk for row in rows if row.state == SanctionState.PROPOSED}
    untold = {row.pk for row in rows if row.told_at is None and not row.proposed_measure.refers} & is_open
    return Waiting(
        tell=frozenset(untold & serving),
        answer=frozenset(row.pk for row in rows if row.pk in is_open & of_unit and _unanswered(row, today)),
        decide=frozenset(pk for pk, people in deciders.items() if user.pk in people),
        serve=frozenset(serving - is_open),
    )


def _unanswered(row: Sanction, today: date) -> bool:
    return row.defended_at is None and row.defence_until is not None and today <= row.defence_until


def _answering(rows: Collection[Sanction], user: User, today: date) -> set[int]:
    """About units for which this person answers, or whose successor they answer for."""
    units = {row.unit_id for row in rows if row.cadre_id is None}
    of_units = acting.responsible_for(units, today) if units else {}
    return {row.pk for row in rows if row.cadre_id is None and user.pk in of_units[row.unit_id]}
