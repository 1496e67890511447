"""Whose turn it is in a month: who may take its next step, and why others of the same role may not (DESIGN §1, §5)."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from accounts.models import Role
from appraisal.models import LedgerEntry, MonthlyReport, MonthTotal
from appraisal.rules import Move, Step
from attendance import selectors as inspection
from common import calendar

#: Steps that are a unit's own.
OF_UNIT = (Move.CONFIRM, Move.PUBLISH, Move.REPORT, Move.NIL)
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
    #: They confirmed it or reported it, and do not review that; they sent it back, and do not answer that.
    took_step: frozenset[int] = frozenset()
    #: The city takes a step that is the unit's, because the unit has nobody for it.
    by_city: bool = False
    #: Of the city: they may take it beside the unit's own, who let the day for reporting pass.
    stand_ins: frozenset[int] = frozenset()
    #: Everybody of the city has recorded something in it, and somebody has to confirm it.
    last_resort: bool = False

    @property
    def expected(self) -> frozenset[int]:
        """Whose step it is before anybody stands in for them."""
        return self.free - self.stand_ins

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
    return of_moves([(report, move)], today)[report.pk]


def turns(reports: Iterable[MonthlyReport], today: date) -> dict[int, Turn]:
    """Of the next step of each that has one."""
    return of_moves([(report, move) for report in reports if (move := next_move(report)) is not None], today)


def of_moves(steps: Collection[tuple[MonthlyReport, Move]], today: date) -> dict[int, Turn]:
    """Who may take these steps on a day; the same few queries for any number."""
    if not steps:
        return {}
    units = {report.unit_id for report, _move in steps}
    heads = inspection.members_of(Role.LEADING_GROUP_HEAD, units, today)
    officers = inspection.members_of(Role.UNIT_OFFICER, units, today)
    city = inspection.express(today)
    hands = _hands([report for report, _move in steps])
    idle = _idle([report for report, move in steps if move in OF_UNIT], today)
    found = {}
    for report, move in steps:
        own, of_unit = hands[report.pk], heads.get(report.unit_id, [])
        # Nobody judges anything by saying that there was nothing.
        able = {*of_unit, *officers.get(report.unit_id, [])} if move == Move.NIL else of_unit
        found[report.pk] = _turn(report, move, able, city, own, is_idle=report.pk in idle)
    return found


def _idle(reports: Collection[MonthlyReport], today: date) -> set[int]:
    """Whose unit let its day pass, and that for reporting too: from the working day after it on the city may act. The
    month is late by then, and stays so."""
    over = [report for report in reports if today > max(report.due_on, report.report_by)]
    if not over:
        return set()
    years = {report.report_by.year for report in over}
    working = calendar.load(years | {year + 1 for year in years})
    return {report.pk for report in over if today >= working.next_working_day(report.report_by)}


def _turn(
    report: MonthlyReport,
    move: Move,
    able: Collection[int],
    city: Collection[int],
    hands: Hands,
    *,
    is_idle: bool,
) -> Turn:
    if move not in OF_UNIT:
        return _review(report, move, city, hands)
    own = _own(report, move, able, hands)
    if own.free and not is_idle:
        return own
    of_city = _of_city(report, move, city, hands, own, any_of_them=is_idle)
    if not own.free:
        return of_city if of_city.free else _last_resort(of_city, city, able, hands)
    return replace(own, free=own.free | of_city.free, stand_ins=of_city.free - own.free)


def _review(report: MonthlyReport, move: Move, city: Collection[int], hands: Hands) -> Turn:
    """Not by who confirmed it or reported it; where that leaves nobody, by who confirmed it and did not report it."""
    own_line = Hands(own_line=hands.own_line)
    both = _of_those(move, city, own_line, _people(report.confirmed_by_id, report.reported_by_id))
    return both if both.free else _of_those(move, city, own_line, _people(report.reported_by_id))


def _own(report: MonthlyReport, move: Move, able: Collection[int], hands: Hands) -> Turn:
    """The unit's own people; nobody judges anything by publishing and reporting what is confirmed."""
    if move == Move.CONFIRM:
        return _of_those(move, able, hands)
    return _of_those(
        move, able, Hands(), _people(report.sent_back_by_id) if move == Move.REPORT else frozenset()
    )


def _of_city(
    report: MonthlyReport,
    move: Move,
    city: Collection[int],
    hands: Hands,
    own: Turn,
    *,
    any_of_them: bool,
) -> Turn:
    if move == Move.CONFIRM:
        return _of_those(move, city, hands, instead_of=own)
    took = _people(report.sent_back_by_id) if move == Move.REPORT else frozenset[int]()
    turn = _of_those(move, city, Hands(), took, instead_of=own)
    # In one hand with the confirmation, so that there is another one to review it.
    one = turn.free & _people(report.confirmed_by_id)
    return replace(turn, free=one) if move == Move.REPORT and one and not any_of_them else turn


def _last_resort(turn: Turn, city: Collection[int], able: Collection[int], hands: Hands) -> Turn:
    """Better somebody of the city who has recorded something in it than nobody for ever; never about themselves, and
    none of the unit."""
    if turn.move != Move.CONFIRM:
        return turn
    free = frozenset(city) - hands.own_line - frozenset(able)
    return replace(turn, free=free, last_resort=bool(free))


def _people(*ids: int | None) -> frozenset[int]:
    return frozenset(pk for pk in ids if pk is not None)


def _of_those(
    move: Move,
    able: Collection[int],
    hands: Hands,
    took_step: frozenset[int] = frozenset(),
    instead_of: Turn | None = None,
) -> Turn:
    """`instead_of` are the unit's own people."""
    role = frozenset(able)
    recorded, own_line, took_step = role & hands.recorded, role & hands.own_line, role & took_step
    free = role - recorded - own_line - took_step
    if instead_of is not None:
        recorded, own_line = recorded | instead_of.recorded, own_line | instead_of.own_line
        took_step |= instead_of.took_step
        # Who is of the unit and of the city is no way around the rule.
        free -= recorded | own_line | took_step
    return Turn(move, free, recorded, own_line, took_step, by_city=instead_of is not None)


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
