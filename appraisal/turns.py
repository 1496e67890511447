"""Whose turn it is in a month: who may take its next step, and why others of the same role may not (DESIGN §1, §5)."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from accounts.models import Role
from appraisal.models import LedgerEntry, MonthlyReport, MonthTotal
from appraisal.rules import Move, Step
from attendance import selectors as inspection

#: Nothing is left to do for a unit or the city once it is accepted.
NEXT: dict[str, Move] = {
    Step.DRAFTED: Move.CONFIRM,
    Step.CONFIRMED: Move.PUBLISH,
    Step.PUBLISHED: Move.REPORT,
    Step.SENT_BACK: Move.REPORT,
    Step.REPORTED: Move.ACCEPT,
}


@dataclass(frozen=True)
class Turn:
    """Of one step. Accounts hold the role for it and are free, or hold it and have a hand in the month."""

    move: Move
    free: frozenset[int]
    #: They recorded a problem that the month charges.
    recorded: frozenset[int] = frozenset()
    #: The month has an entry about themselves.
    own_line: frozenset[int] = frozenset()
    #: They confirmed it or reported it, and do not review that.
    took_step: frozenset[int] = frozenset()
    #: The city takes a step that is the unit's, because the unit has nobody for it.
    by_city: bool = False

    def is_free(self, user_id: int) -> bool:
        return user_id in self.free

    def is_involved(self, user_id: int) -> bool:
        return user_id in self.recorded | self.own_line | self.took_step


@dataclass(frozen=True)
class Hands:
    """Who has a hand in a month."""

    recorded: frozenset[int] = frozenset()
    own_line: frozenset[int] = frozenset()


def next_move(report: MonthlyReport) -> Move | None:
    move = NEXT.get(report.state)
    return Move.NIL if move == Move.CONFIRM and is_nil(report) else move


def is_nil(report: MonthlyReport) -> bool:
    """Nothing is charged, and nothing of earlier months put right."""
    return not report.entries and not report.corrections


def turn_of(report: MonthlyReport, move: Move, today: date) -> Turn:
    return _turns([(report, move)], today)[report.pk]


def turns(reports: Iterable[MonthlyReport], today: date) -> dict[int, Turn]:
    """Of the next step of each that has one; the same few queries for any number."""
    return _turns([(report, move) for report in reports if (move := next_move(report)) is not None], today)


def _turns(steps: Collection[tuple[MonthlyReport, Move]], today: date) -> dict[int, Turn]:
    if not steps:
        return {}
    units = {report.unit_id for report, _move in steps}
    heads = inspection.members_of(Role.LEADING_GROUP_HEAD, units, today)
    officers = inspection.members_of(Role.UNIT_OFFICER, units, today)
    city = inspection.express(today)
    hands = _hands([report for report, _move in steps])
    return {
        report.pk: _turn(
            report,
            move,
            heads.get(report.unit_id, []),
            officers.get(report.unit_id, []),
            city,
            hands[report.pk],
        )
        for report, move in steps
    }


def _turn(
    report: MonthlyReport,
    move: Move,
    heads: Collection[int],
    officers: Collection[int],
    city: Collection[int],
    hands: Hands,
) -> Turn:
    if move in (Move.ACCEPT, Move.SEND_BACK):
        took = frozenset(filter(None, [report.confirmed_by_id, report.reported_by_id]))
        return _of_those(move, city, Hands(own_line=hands.own_line), took_step=took)
    if move == Move.CONFIRM:
        of_unit = _of_those(move, heads, hands)
        return of_unit if of_unit.free else _of_those(move, city, hands, instead_of=of_unit)
    # Nobody judges anything by publishing and reporting what is confirmed, nor by saying that there was nothing.
    able = {*heads, *officers} if move == Move.NIL else heads
    return Turn(move, frozenset(able or city), by_city=not able)


def _of_those(
    move: Move,
    able: Collection[int],
    hands: Hands,
    took_step: frozenset[int] = frozenset(),
    instead_of: Turn | None = None,
) -> Turn:
    """`instead_of` are the unit's own people, none of whom is free."""
    role = frozenset(able)
    recorded, own_line = role & hands.recorded, role & hands.own_line
    free = role - recorded - own_line - took_step
    if instead_of is not None:
        recorded, own_line = recorded | instead_of.recorded, own_line | instead_of.own_line
        # Who is of the unit and of the city is no way around the rule.
        free -= recorded | own_line
    return Turn(move, free, recorded, own_line, role & took_step, by_city=instead_of is not None)


def _hands(reports: Collection[MonthlyReport]) -> dict[int, Hands]:
    """Two queries for any number of months."""
    by_month = {(report.unit_id, report.month): report.pk for report in reports}
    recorded: dict[int, set[int]] = defaultdict(set)
    own_line: dict[int, set[int]] = defaultdict(set)
    charged = LedgerEntry.objects.counted().filter(
        unit__in={report.unit_id for report in reports},
        month__in={report.month for report in reports},
        finding__recorder__isnull=False,
    )
    for unit, month, user in charged.order_by().values_list("unit", "month", "finding__recorder").distinct():
        if (pk := by_month.get((unit, month))) is not None:
            recorded[pk].add(user)
    totals = MonthTotal.objects.filter(report__in=by_month.values(), cadre__user__isnull=False)
    for pk, user in totals.order_by().values_list("report", "cadre__user"):
        own_line[pk].add(user)
    return {pk: Hands(frozenset(recorded[pk]), frozenset(own_line[pk])) for pk in by_month.values()}
