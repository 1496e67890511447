"""The count of days: DOMAIN §1, an oracle that counts in another way, and the stages of the clock."""

import random
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta

import pytest

from common import calendar
from common.models import CalendarYear
from common.rules import WorkingCalendar, at
from complaints import clock, rules
from complaints.rules import Count, Mode, Stage
from tests.cast import NOW

DUE = datetime(2026, 12, 1, 16, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


# --- The vectors of DOMAIN §1 ---------------------------------------------------------------------------------------

VECTORS = [
    ("2026-02-12", "2026-02-24", "2026-02-24"),
    ("2026-02-14", "2026-02-26", "2026-02-24"),
    ("2026-05-08", "2026-05-12", "2026-05-11"),
    ("2026-09-18", "2026-09-22", "2026-09-21"),
    ("2026-09-30", "2026-10-10", "2026-10-08"),
    ("2026-11-28", "2026-12-02", "2026-12-01"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("received", "workday", "rolled"), VECTORS)
def test_the_vectors(received, workday, rolled):
    day = date.fromisoformat(received)
    assert clock.due_date(day, 3, "workday").isoformat() == workday
    assert clock.due_date(day, 3, "calendar_rolled").isoformat() == rolled
    assert clock.due_date(day, 3, "calendar_strict") == day + timedelta(days=3)


@pytest.mark.django_db
@pytest.mark.parametrize(("month", "warned"), [(11, 0), (12, 1)])
def test_only_from_december_on_the_next_year_is_missed(month, warned, caplog, monkeypatch):
    monkeypatch.setattr(calendar, "_warned", set())
    clock.due_date(date(2026, month, 24), 3, "workday")
    columns = clock.start(at(date(2026, month, 24), time(9)), "calendar_rolled")
    assert columns["calendar_versions"] == {"2026": 1, "2027": 0}
    assert len([record for record in caplog.records if "2027" in record.getMessage()]) == warned


@pytest.mark.django_db
def test_what_is_no_mode_and_what_is_no_period_is_refused():
    with pytest.raises(ValueError, match="fortnight"):
        clock.due_date(date(2026, 11, 24), 3, "fortnight")
    with pytest.raises(ValueError, match="at least one day"):
        clock.due_date(date(2026, 11, 24), 0, "workday")


# --- The oracle -----------------------------------------------------------------------------------------------------
# Days are ordinals in sorted lists here and an end is a number of seconds; nothing is taken from the program but the
# rows that it reads.

#: 2026 stands in the program's own table; of 2027 to 2033 there are invented notices, of 2034 to 2036 none.
INVENTED = range(2027, 2034)
#: State Council's notice for 2026: rest days from Monday to Friday, and working days at weekends (DOMAIN §1).
REST_2026 = (
    *(f"2026-01-0{day}" for day in (1, 2)),
    *(f"2026-02-{day}" for day in (16, 17, 18, 19, 20, 23)),
    "2026-04-06",
    *(f"2026-05-0{day}" for day in (1, 4, 5)),
    "2026-06-19",
    "2026-09-25",
    *(f"2026-10-0{day}" for day in (1, 2, 5, 6, 7)),
)
WORK_2026 = ("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10")


def invented_notice(year: int, chance: random.Random) -> dict[str, bool]:
    """Rest periods of up to nine days at any time of the year, its ends included, and weekends worked for them."""
    working: dict[str, bool] = {f"{year}-12-31": False, f"{year}-01-01": False}
    for _period in range(7):
        first = date(year, 1, 1) + timedelta(days=chance.randrange(355))
        for offset in range(chance.randrange(1, 10)):
            working[(first + timedelta(days=offset)).isoformat()] = False
        for _made_up in range(2):
            day = date(year, 1, 1) + timedelta(days=chance.randrange(365))
            working.setdefault(day.isoformat(), True)
    return working


@pytest.fixture
def working_days(db) -> list[int]:
    """The ordinals of every working day until 2036; the invented years are stored for the program to read."""
    chance = random.Random("oracle")
    said = dict.fromkeys(REST_2026, False) | dict.fromkeys(WORK_2026, True)
    for year in INVENTED:
        notice = invented_notice(year, chance)
        CalendarYear.objects.create(
            year=year,
            version=1,
            source="试",
            adopted_at=NOW,
            exceptions={day: {"working": works, "name": ""} for day, works in notice.items()},
        )
        said |= notice
    first, end = date(2025, 12, 1).toordinal(), date(2037, 1, 1).toordinal()
    weekdays = {day for day in range(first, end) if (day - 1) % 7 < 5}
    rest = {date.fromisoformat(day).toordinal() for day, works in said.items() if not works}
    extra = {date.fromisoformat(day).toordinal() for day, works in said.items() if works}
    return sorted((weekdays - rest) | extra)


def counted_by_hand(received_at: datetime, mode: str, working: list[int]) -> datetime:
    """The end of three days in Shanghai, which is eight hours ahead all the year."""
    seconds = int(received_at.timestamp()) + 8 * 3600
    received = date(1970, 1, 1).toordinal() + seconds // 86400
    last = received + 3
    if mode == "workday":
        last = working[bisect_right(working, received) + 2]
    elif mode == "calendar_rolled":
        last = working[bisect_left(working, last)]
    return datetime.fromtimestamp((last + 1 - date(1970, 1, 1).toordinal()) * 86400 - 8 * 3600, UTC)


def receipts() -> list[datetime]:
    """A thousand instants from 2026 to 2035, a fifth of them around midnight in Shanghai or the turn of a year."""
    chance = random.Random("receipts")
    begin = datetime(2025, 12, 31, 16, tzinfo=UTC)
    span = int((datetime(2035, 12, 31, 16, tzinfo=UTC) - begin).total_seconds())
    found = [begin + timedelta(seconds=chance.randrange(span)) for _ in range(800)]
    for _ in range(100):
        midnight = begin + timedelta(days=chance.randrange(1, span // 86400))
        found += [midnight + timedelta(seconds=chance.choice((-1, 0, 1)))]
        turn = datetime(chance.randrange(2026, 2035), 12, 26, tzinfo=UTC)
        found += [turn + timedelta(hours=chance.randrange(24 * 10))]
    return found


@pytest.mark.parametrize("mode", list(Mode))
def test_a_thousand_receipts_end_where_the_oracle_says(working_days, mode):
    instants = receipts()
    assert len(instants) == 1000
    wrong = [
        (received_at, due_at, expected)
        for received_at in instants
        for due_at, expected in [
            (clock.start(received_at, mode)["due_at"], counted_by_hand(received_at, mode, working_days))
        ]
        if due_at != expected
    ]
    assert wrong == []


def test_the_oracle_knows_the_vectors(working_days):
    for received, workday, rolled in VECTORS:
        at_noon = datetime.fromisoformat(f"{received}T12:00:00+08:00")
        for mode, last in (("workday", workday), ("calendar_rolled", rolled)):
            end = datetime.fromisoformat(f"{last}T00:00:00+08:00") + DAY
            assert counted_by_hand(at_noon, mode, working_days) == end


# --- How it was counted ---------------------------------------------------------------------------------------------

CALENDAR = WorkingCalendar({date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True})


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("days", [1, 3, 6])
def test_a_derivation_names_every_day_once_and_counts_the_days_of_the_period(mode, days):
    for offset in range(60):
        received = date(2026, 9, 1) + timedelta(days=offset)
        steps = rules.derive(received, days, mode, CALENDAR)
        assert [step.day for step in steps] == [received + timedelta(days=n) for n in range(len(steps))]
        assert [step.count for step in steps].count(Count.RECEIPT) == 1
        assert steps[0].count == Count.RECEIPT
        assert [step.number for step in steps if step.count == Count.COUNTED] == list(range(1, days + 1))
        assert steps[-1].count in (Count.COUNTED, Count.MOVED)
        rests = [step.day for step in steps if step.count == Count.REST]
        assert not any(map(CALENDAR.is_working_day, rests))
        if mode != Mode.CALENDAR_STRICT:
            assert CALENDAR.is_working_day(steps[-1].day)
        if mode == Mode.WORKDAY:
            assert all(CALENDAR.is_working_day(step.day) for step in steps[1:] if step.number)
        if mode == Mode.CALENDAR_STRICT:
            assert len(steps) == days + 1


def test_a_last_day_on_a_rest_day_moves_past_the_whole_rest_period():
    steps = rules.derive(date(2026, 9, 30), 3, Mode.CALENDAR_ROLLED, CALENDAR)
    assert [step.count.value for step in steps] == [
        "receipt", "counted", "counted", "counted", "rest", "rest", "rest", "rest", "moved",
    ]  # fmt: skip
    assert steps[-1].day == date(2026, 10, 8)


def test_a_period_ends_at_24_oclock_and_its_last_day_is_the_one_before():
    assert rules.ends_at(date(2026, 12, 1)) == at(date(2026, 12, 2), datetime.min.time()) == DUE
    assert rules.last_day(DUE) == date(2026, 12, 1)
    assert rules.last_day(DUE + timedelta(microseconds=1)) == date(2026, 12, 2)


@pytest.mark.django_db
def test_a_derivation_comes_back_from_the_database_as_it_was_counted():
    columns = clock.start(datetime(2026, 9, 30, 4, tzinfo=UTC), "workday")
    steps = clock.steps(columns["derivation"])
    assert [step.number for step in steps if step.number] == [1, 2, 3]
    assert rules.ends_at(steps[-1].day) == columns["due_at"]
    assert columns["calendar_versions"] == {"2026": 1, "2027": 0}
    assert columns["next_stage_at"] == columns["due_at"] - DAY


@pytest.mark.django_db
@pytest.mark.parametrize("mode", list(Mode))
def test_an_extension_counts_on_from_the_last_day(mode):
    received, calendar = date(2026, 11, 28), WorkingCalendar()
    first = clock.counted(received, 3, mode, calendar, {})
    more = clock.extended(received, 3, 3, mode, calendar, {})
    assert more["due_at"] >= first["due_at"] + 3 * DAY
    assert [number for _day, _count, number in more["derivation"] if number] == [1, 2, 3, 4, 5, 6]
    assert more["days"] == 6


# --- The stages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "reached", "due"),
    [
        (-24 * HOUR - timedelta(seconds=1), (), []),
        (-24 * HOUR, (), [Stage.DAY_LEFT]),
        (-4 * HOUR, (Stage.DAY_LEFT,), [Stage.HOURS_LEFT]),
        (-4 * HOUR, (), [Stage.DAY_LEFT, Stage.HOURS_LEFT]),
        (-timedelta(seconds=1), (Stage.DAY_LEFT, Stage.HOURS_LEFT), []),
        (0 * HOUR, (Stage.DAY_LEFT, Stage.HOURS_LEFT), [Stage.OVERDUE]),
        (DAY, (Stage.DAY_LEFT, Stage.HOURS_LEFT, Stage.OVERDUE), [Stage.DAY_OVERDUE]),
        (5 * DAY, (), list(Stage)),
        (5 * DAY, tuple(Stage), []),
    ],
)
def test_which_stages_have_come(since, reached, due):
    assert rules.stages_due(DUE, reached, DUE + since) == due


@pytest.mark.parametrize(
    ("reached", "ahead"),
    [
        ((), -DAY),
        ((Stage.DAY_LEFT,), -4 * HOUR),
        ((Stage.DAY_LEFT, Stage.HOURS_LEFT), 0 * HOUR),
        ((Stage.DAY_LEFT, Stage.HOURS_LEFT, Stage.OVERDUE), DAY),
        (tuple(Stage), None),
    ],
)
def test_when_the_sweep_looks_again(reached, ahead):
    assert rules.next_stage_at(DUE, reached) == (None if ahead is None else DUE + ahead)
