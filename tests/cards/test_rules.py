"""What a plaque says at an instant, and what may be declared. All on the city's hours, in the last week of November."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.rules import (
    LONGEST_ABSENCE,
    PRESENT,
    Declaration,
    Half,
    Kind,
    Preset,
    Refusal,
    State,
    Status,
    UntilChoice,
    half_day_bounds,
    may_approve,
    presets,
    refuse_declaration,
    room_key,
    status_at,
    until_choices,
    until_of,
)
from common.rules import SHANGHAI, OfficeHours, Season, WorkingCalendar, local

SPANS = ((time(8, 30), time(12)), (time(14), time(17, 30)))
#: Tuesday 24 November is an ordinary day; Thursday 26 is a rest day in these tests.
HOURS = OfficeHours(
    WorkingCalendar({date(2026, 11, 26): False}, frozenset({2026})), (Season("01-01", "12-31", SPANS),)
)
NEVER_OPEN = OfficeHours(WorkingCalendar(), ())


def on(day: int, clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day} {clock}").replace(tzinfo=SHANGHAI)


def heard(latest: Declaration | None) -> list[Declaration]:
    return [latest] if latest else []


def said(state: State, since: datetime, until: datetime | None = None) -> Declaration:
    return Declaration(state, since, until, since, True)


ERRAND = said(State.ERRAND, on(24, "09:10"), on(24, "15:30"))
MEETING = said(State.MEETING, on(24, "09:10"), on(24, "11:00"))
UNTIL_NOON = said(State.MEETING, on(24, "09:10"), on(24, "12:00"))
REST_OF_DAY = said(State.COUNTRYSIDE, on(24, "09:10"), on(24, "17:30"))
INTO_EVENING = said(State.COUNTRYSIDE, on(24, "09:10"), on(24, "20:00"))
#: Friday morning to Monday noon.
LEAVE = said(State.LEAVE, on(27, "08:30"), on(30, "12:00"))
NIGHT_DUTY = said(State.ON_DUTY, on(24, "17:00"), on(25, "08:30"))
ENDLESS = said(State.VILLAGE_POST, on(24, "09:10"))
BACK = said(State.AT_POST, on(24, "10:40"))


@pytest.mark.parametrize(
    ("now", "latest", "kind", "state"),
    [
        # At post needs no tap.
        (on(24, "08:30"), None, Kind.AT_POST, State.AT_POST),
        (on(24, "10:00"), None, Kind.AT_POST, State.AT_POST),
        (on(24, "17:29:59"), None, Kind.AT_POST, State.AT_POST),
        # Outside office hours the plaque says so: before, at lunch, in the evening, on weekends and rest days.
        (on(24, "08:29:59"), None, Kind.OUTSIDE_HOURS, State.AT_POST),
        (on(24, "12:00"), None, Kind.OUTSIDE_HOURS, State.AT_POST),
        (on(24, "13:59:59"), None, Kind.OUTSIDE_HOURS, State.AT_POST),
        (on(24, "17:30"), None, Kind.OUTSIDE_HOURS, State.AT_POST),
        (on(24, "23:00"), None, Kind.OUTSIDE_HOURS, State.AT_POST),
        (on(28, "10:00"), None, Kind.OUTSIDE_HOURS, State.AT_POST),
        (on(26, "10:00"), None, Kind.OUTSIDE_HOURS, State.AT_POST),
        # Declared back at post: that day and after it.
        (on(24, "11:00"), BACK, Kind.AT_POST, State.AT_POST),
        (on(24, "12:30"), BACK, Kind.OUTSIDE_HOURS, State.AT_POST),
        (on(25, "10:00"), BACK, Kind.AT_POST, State.AT_POST),
        # Away from the first second to the last before the end.
        (on(24, "09:10"), ERRAND, Kind.AWAY, State.ERRAND),
        (on(24, "15:29:59"), ERRAND, Kind.AWAY, State.ERRAND),
        (on(24, "13:00"), ERRAND, Kind.AWAY, State.ERRAND),  # at lunch, away beyond it
        # Overdue from that second on, in the same half day and after lunch, until the office day ends.
        (on(24, "15:30"), ERRAND, Kind.OVERDUE, State.ERRAND),
        (on(24, "17:29:59"), ERRAND, Kind.OVERDUE, State.ERRAND),
        (on(24, "17:30"), ERRAND, Kind.OUTSIDE_HOURS, State.AT_POST),
        (on(25, "09:00"), ERRAND, Kind.AT_POST, State.AT_POST),
        (on(24, "11:30"), MEETING, Kind.OVERDUE, State.MEETING),
        (on(24, "12:30"), MEETING, Kind.OUTSIDE_HOURS, State.AT_POST),
        (on(24, "14:00"), MEETING, Kind.OVERDUE, State.MEETING),
        (on(24, "11:59"), UNTIL_NOON, Kind.AWAY, State.MEETING),
        (on(24, "12:00"), UNTIL_NOON, Kind.OUTSIDE_HOURS, State.AT_POST),
        (on(24, "14:00"), UNTIL_NOON, Kind.OVERDUE, State.MEETING),
        # Away until the end of the day or later: nothing was to be confirmed that day.
        (on(24, "17:29"), REST_OF_DAY, Kind.AWAY, State.COUNTRYSIDE),
        (on(24, "17:30"), REST_OF_DAY, Kind.OUTSIDE_HOURS, State.AT_POST),
        (on(25, "08:30"), REST_OF_DAY, Kind.AT_POST, State.AT_POST),
        (on(24, "19:00"), INTO_EVENING, Kind.OUTSIDE_HOURS, State.AT_POST),
        (on(25, "08:30"), INTO_EVENING, Kind.AT_POST, State.AT_POST),
        # Leave of several days: the return matters more than that the office is closed.
        (on(27, "08:30"), LEAVE, Kind.AWAY, State.LEAVE),
        (on(27, "22:00"), LEAVE, Kind.AWAY, State.LEAVE),
        (on(28, "10:00"), LEAVE, Kind.AWAY, State.LEAVE),
        (on(29, "23:59"), LEAVE, Kind.AWAY, State.LEAVE),
        (on(30, "11:59"), LEAVE, Kind.AWAY, State.LEAVE),
        (on(30, "12:30"), LEAVE, Kind.OUTSIDE_HOURS, State.AT_POST),
        (on(30, "14:30"), LEAVE, Kind.OVERDUE, State.LEAVE),
        # On duty answers at the post, by night too; its end needs no confirmation.
        (on(24, "17:10"), NIGHT_DUTY, Kind.AT_POST, State.ON_DUTY),
        (on(24, "22:00"), NIGHT_DUTY, Kind.AT_POST, State.ON_DUTY),
        (on(25, "08:29"), NIGHT_DUTY, Kind.AT_POST, State.ON_DUTY),
        (on(25, "08:30"), NIGHT_DUTY, Kind.AT_POST, State.AT_POST),
        # A plan that has not begun says nothing yet.
        (on(24, "09:09:59"), ERRAND, Kind.AT_POST, State.AT_POST),
        (on(26, "23:00"), LEAVE, Kind.OUTSIDE_HOURS, State.AT_POST),
        # A row without an end cannot be declared, and still must not break a plaque.
        (on(24, "16:00"), ENDLESS, Kind.AWAY, State.VILLAGE_POST),
        (on(24, "22:00"), ENDLESS, Kind.AWAY, State.VILLAGE_POST),
    ],
)
def test_what_the_plaque_says(now, latest, kind, state):
    status = status_at(now, HOURS, heard(latest))
    assert (status.kind, status.state) == (kind, state)


def test_an_absence_carries_its_period_and_its_declaration():
    assert status_at(on(24, "10:00"), HOURS, [ERRAND]) == Status(
        Kind.AWAY, State.ERRAND, on(24, "09:10"), on(24, "15:30"), back_at=on(24, "15:30"), declared=ERRAND
    )


def test_being_back_counts_as_confirmed_on_that_day_only():
    assert status_at(on(24, "11:00"), HOURS, [BACK]).declared == BACK
    assert status_at(on(25, "11:00"), HOURS, [BACK]).declared is None


def test_a_default_is_nobodys_declaration():
    assert status_at(on(24, "11:00"), HOURS, []) == Status(Kind.AT_POST, State.AT_POST)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (on(24, "12:10"), on(24, "14:00")),
        (on(24, "18:00"), on(25, "08:30")),
        (on(25, "18:00"), on(27, "08:30")),
        (on(27, "18:00"), on(30, "08:30")),
    ],
)
def test_outside_hours_says_when_the_office_opens(now, opens):
    assert status_at(now, HOURS, []).opens_at == opens


def test_an_office_without_hours_is_outside_hours_without_an_opening():
    assert status_at(on(24, "10:00"), NEVER_OPEN, [ERRAND]) == Status(Kind.OUTSIDE_HOURS, State.AT_POST)


@pytest.mark.parametrize("latest", [None, BACK, NIGHT_DUTY])
def test_only_somebody_at_post_is_present(latest):
    assert status_at(on(24, "17:10"), HOURS, heard(latest)).is_present


@pytest.mark.parametrize("now", [on(24, "10:00"), on(24, "16:00"), on(24, "20:00")])
def test_away_overdue_and_gone_home_are_not_present(now):
    assert not status_at(now, HOURS, [ERRAND]).is_present


moments = st.datetimes(datetime(2026, 11, 1), datetime(2027, 2, 28)).map(lambda m: m.replace(tzinfo=SHANGHAI))
durations = st.timedeltas(timedelta(seconds=1), timedelta(days=40))


@given(
    now=moments,
    since=moments,
    lasting=st.none() | durations,
    state=st.sampled_from(State),
    declared=st.booleans(),
)
def test_every_instant_has_exactly_one_status(now, since, lasting, state, declared):
    latest = (
        Declaration(state, since, since + lasting if lasting else None, since, True) if declared else None
    )
    status = status_at(now, HOURS, heard(latest))
    going_on = (
        latest is not None
        and latest.state not in PRESENT
        and latest.since <= now
        and (latest.until is None or now < latest.until)
    )
    facts = {
        Kind.AT_POST: HOURS.is_open(now) or status.state == State.ON_DUTY,
        Kind.AWAY: going_on,
        Kind.OVERDUE: HOURS.is_open(now) and latest is not None and latest.until is not None,
        Kind.OUTSIDE_HOURS: not HOURS.is_open(now),
    }
    assert facts[status.kind]
    # Nobody who declared an absence is called present while it lasts.
    assert not (going_on and status.is_present)
    # Overdue has an end in the past of the same day; nothing else has an end that is over.
    if status.until is not None:
        assert (status.until <= now) == (status.kind == Kind.OVERDUE)
    if status.kind == Kind.OVERDUE:
        assert local(status.until).date() == local(now).date()


# --- Declaring ---------------------------------------------------------------------------------------------------

NOW = on(24, "10:00")


@pytest.mark.parametrize(
    ("state", "since", "until", "refusal"),
    [
        (State.ERRAND, NOW, on(24, "15:30"), None),
        (State.AT_POST, NOW, None, None),
        (State.AT_POST, NOW, on(24, "09:00"), None),  # an end means nothing to somebody who is back
        (State.LEAVE, on(25, "08:30"), on(27, "17:30"), None),
        (State.ERRAND, NOW, None, Refusal.UNTIL_MISSING),
        (State.ON_DUTY, NOW, None, Refusal.UNTIL_MISSING),
        (State.ERRAND, NOW, NOW, Refusal.UNTIL_PAST),
        (State.ERRAND, NOW, on(24, "09:00"), Refusal.UNTIL_PAST),
        (State.LEAVE, on(25, "14:00"), on(25, "12:00"), Refusal.ENDS_BEFORE_IT_BEGINS),
        (State.LEAVE, on(25, "14:00"), on(25, "14:00"), Refusal.ENDS_BEFORE_IT_BEGINS),
        (State.LEAVE, NOW, NOW + LONGEST_ABSENCE, None),
        (State.LEAVE, NOW, NOW + LONGEST_ABSENCE + timedelta(seconds=1), Refusal.TOO_LONG),
        (State.LEAVE, on(23, "08:30"), on(27, "17:30"), Refusal.BEGINS_IN_THE_PAST),
        (State.AT_POST, on(23, "08:30"), None, Refusal.BEGINS_IN_THE_PAST),
        (State.ERRAND, NOW - timedelta(seconds=59), on(24, "15:30"), None),
        (State.ERRAND, NOW - timedelta(seconds=61), on(24, "15:30"), Refusal.BEGINS_IN_THE_PAST),
    ],
)
def test_what_may_be_declared(state, since, until, refusal):
    assert refuse_declaration(state=state, since=since, until=until, now=NOW) == refusal


@pytest.mark.parametrize(
    ("choice", "clock", "now", "until"),
    [
        (UntilChoice.HALF_HOUR, None, on(24, "10:00"), on(24, "10:30")),
        (UntilChoice.HOUR, None, on(24, "23:30"), on(25, "00:30")),
        (UntilChoice.SPAN, None, on(24, "10:00"), on(24, "12:00")),
        (UntilChoice.SPAN, None, on(24, "13:00"), on(24, "17:30")),
        (UntilChoice.DAY, None, on(24, "10:00"), on(24, "17:30")),
        (UntilChoice.DAY, None, on(24, "17:30"), None),
        (UntilChoice.SPAN, None, on(28, "10:00"), None),
        (UntilChoice.TIME, time(15, 30), on(24, "10:00"), on(24, "15:30")),
        (UntilChoice.TIME, None, on(24, "10:00"), None),
        # Midnight in Greenwich is the morning of the same day in Longquan.
        (UntilChoice.TIME, time(15, 30), datetime.fromisoformat("2026-11-23T23:00+00:00"), on(24, "15:30")),
    ],
)
def test_what_a_quick_answer_means(choice, clock, now, until):
    assert until_of(choice, clock, now, HOURS) == until


@pytest.mark.parametrize(
    ("now", "offered"),
    [
        (on(24, "09:10"), ["30m 09:40", "60m 10:10", "span 12:00", "day 17:30"]),
        (on(24, "11:30"), ["30m 12:00", "60m 12:30", "day 17:30"]),
        # In the afternoon "noon" would be a lie: the end of the half day is the end of the day.
        (on(24, "12:30"), ["30m 13:00", "60m 13:30", "day 17:30"]),
        (on(24, "14:30"), ["30m 15:00", "60m 15:30", "day 17:30"]),
        (on(24, "17:00"), ["30m 17:30", "60m 18:00"]),
        (on(24, "20:00"), ["30m 20:30", "60m 21:00"]),
        (on(28, "10:00"), ["30m 10:30", "60m 11:00"]),
    ],
)
def test_quick_answers_offered(now, offered):
    assert [f"{choice} {until:%H:%M}" for choice, until in until_choices(now, HOURS)] == offered


def habits(*pairs: tuple[State, str]) -> list[Declaration]:
    """Absences of earlier days that ended at these times."""
    return [
        said(state, on(10 + number, "08:00"), on(10 + number, clock))
        for number, (state, clock) in enumerate(pairs)
    ]


def offered(now: datetime, recent: list[Declaration] | None = None) -> list[str]:
    return [
        f"{preset.state} {local(preset.until):%d %H:%M}" if preset.until else str(preset.state)
        for preset in presets(now, HOURS, recent or [])
    ]


@pytest.mark.parametrize(
    ("now", "usual"),
    [
        (on(24, "09:10"), ["at_post", "meeting 24 12:00", "countryside 24 17:30", "errand 24 12:00"]),
        (on(24, "11:56"), ["at_post", "countryside 24 17:30"]),
        (on(24, "14:30"), ["at_post", "meeting 24 17:30", "countryside 24 17:30", "errand 24 17:30"]),
        (on(24, "17:26"), ["at_post"]),
        # When the office day is over somebody may still be on duty, until the next morning, weekends too.
        (on(24, "18:00"), ["at_post", "on_duty 25 08:30"]),
        (on(25, "03:00"), ["at_post", "meeting 25 12:00", "countryside 25 17:30", "errand 25 12:00"]),
        (on(27, "18:00"), ["at_post", "on_duty 28 08:30"]),
        (on(28, "03:00"), ["at_post", "on_duty 28 08:30"]),
        (on(28, "10:00"), ["at_post", "on_duty 29 08:30"]),
    ],
)
def test_presets_of_somebody_without_habits(now, usual):
    assert offered(now) == usual


def test_habits_come_first_and_the_usual_ones_fill_up():
    recent = habits(
        (State.MEETING, "16:00"),
        (State.ERRAND, "11:00"),
        (State.MEETING, "16:00"),
        (State.ERRAND, "11:00"),
        (State.ERRAND, "11:00"),
        (State.TRAINING, "09:30"),
    )
    assert offered(on(24, "09:10"), recent) == [
        "at_post",
        "errand 24 11:00",
        "meeting 24 16:00",
        "countryside 24 17:30",
    ]
    # What no longer fits the day makes room.
    assert offered(on(24, "11:30"), recent) == ["at_post", "meeting 24 16:00", "countryside 24 17:30"]


def test_absences_over_several_days_and_duty_are_no_habit():
    recent = [LEAVE, NIGHT_DUTY, BACK, said(State.ON_DUTY, on(20, "12:00"), on(20, "14:00"))]
    assert offered(on(24, "09:10"), recent) == offered(on(24, "09:10"))


def test_an_evening_habit_leaves_room_for_duty():
    recent = habits((State.ERRAND, "20:00"), (State.ERRAND, "20:00"))
    assert offered(on(24, "18:00"), recent) == ["at_post", "on_duty 25 08:30", "errand 24 20:00"]


def test_an_office_without_hours_offers_only_being_back():
    assert presets(on(24, "10:00"), NEVER_OPEN, []) == [Preset(State.AT_POST, None)]


@given(now=moments, recent=st.lists(st.tuples(st.sampled_from(State), moments, durations), max_size=5))
def test_every_preset_could_be_declared(now, recent):
    rows = [said(state, since, since + lasting) for state, since, lasting in recent]
    for preset in presets(now, HOURS, rows):
        assert refuse_declaration(state=preset.state, since=now, until=preset.until, now=now) is None


# --- Leave by half days ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "first_half", "last", "last_half", "since", "until"),
    [
        (24, Half.MORNING, 24, Half.AFTERNOON, on(24, "08:30"), on(24, "17:30")),
        (24, Half.MORNING, 24, Half.MORNING, on(24, "08:30"), on(24, "12:00")),
        (24, Half.AFTERNOON, 25, Half.MORNING, on(24, "14:00"), on(25, "12:00")),
        (24, Half.AFTERNOON, 24, Half.MORNING, on(24, "14:00"), on(24, "12:00")),
        # Rest days have the hours of their season.
        (26, Half.MORNING, 29, Half.AFTERNOON, on(26, "08:30"), on(29, "17:30")),
    ],
)
def test_leave_by_half_days(first, first_half, last, last_half, since, until):
    bounds = half_day_bounds(
        first=date(2026, 11, first),
        first_half=first_half,
        last=date(2026, 11, last),
        last_half=last_half,
        hours=HOURS,
    )
    assert bounds == (since, until)


def bounds_with(*spans: tuple[time, time], half: Half) -> tuple[str, str]:
    hours = OfficeHours(WorkingCalendar(), (Season("01-01", "12-31", spans),))
    day = date(2026, 11, 24)
    since, until = half_day_bounds(first=day, first_half=half, last=day, last_half=half, hours=hours)
    return f"{since:%H:%M}", f"{until:%H:%M}"


def test_continuous_hours_are_both_halves():
    assert bounds_with((time(9), time(15)), half=Half.MORNING) == ("09:00", "15:00")
    assert bounds_with((time(9), time(15)), half=Half.AFTERNOON) == ("09:00", "15:00")


def test_an_evening_span_belongs_to_the_afternoon():
    evening = (time(18), time(20))
    assert bounds_with(*SPANS, evening, half=Half.MORNING) == ("08:30", "12:00")
    assert bounds_with(*SPANS, evening, half=Half.AFTERNOON) == ("14:00", "20:00")


def test_without_hours_leave_counts_whole_days():
    day = date(2026, 11, 24)
    bounds = half_day_bounds(
        first=day, first_half=Half.AFTERNOON, last=day, last_half=Half.MORNING, hours=NEVER_OPEN
    )
    assert bounds == (on(24, "00:00"), on(25, "00:00"))


# --- Approval ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requester", "approver", "is_subject", "may"),
    [(1, 2, False, True), (1, 1, False, False), (1, 2, True, False), (1, 1, True, False)],
)
def test_nobody_approves_what_they_asked_for_nor_their_own_card(requester, approver, is_subject, may):
    assert may_approve(requester_id=requester, approver_id=approver, approver_is_subject=is_subject) is may


# --- Several words at once ---------------------------------------------------------------------------------------

WEEK = said(State.LEAVE, on(23, "08:30"), on(27, "17:30"))
NEXT_WEEK = said(State.LEAVE, on(30, "08:30"), on(30, "17:30"))


@pytest.mark.parametrize(
    ("now", "words", "kind", "state", "back_at"),
    [
        # A meeting within a week's leave doesn't end the leave, nor does anybody have to confirm it.
        (on(25, "10:00"), ["meeting", "week"], Kind.AWAY, State.MEETING, on(30, "08:30")),
        (on(25, "11:40"), ["meeting", "week"], Kind.AWAY, State.LEAVE, on(30, "08:30")),
        (on(26, "10:00"), ["meeting", "week"], Kind.AWAY, State.LEAVE, on(30, "08:30")),
        # "Back at post" does.
        (on(25, "15:00"), ["back", "meeting", "week"], Kind.AT_POST, State.AT_POST, None),
        (on(27, "10:00"), ["back", "meeting", "week"], Kind.AT_POST, State.AT_POST, None),
        # Within a day the newer word replaces the older one.
        (on(25, "11:40"), ["meeting", "errand"], Kind.OVERDUE, State.MEETING, on(25, "11:30")),
        # One leave after the other: the return is after both.
        (on(25, "15:00"), ["next_week", "week"], Kind.AWAY, State.LEAVE, on(30, "08:30") + timedelta(days=1)),
    ],
)
def test_a_short_absence_within_a_long_one(now, words, kind, state, back_at):
    spoken = {
        "week": WEEK,
        "next_week": NEXT_WEEK,
        "errand": said(State.ERRAND, on(25, "08:40"), on(25, "17:00")),
        "meeting": said(State.MEETING, on(25, "09:00"), on(25, "11:30")),
        "back": said(State.AT_POST, on(25, "14:00")),
    }
    status = status_at(now, HOURS, [spoken[word] for word in words])
    assert (status.kind, status.state, status.back_at) == (kind, state, back_at)


def test_nobody_is_sent_to_a_door_that_a_planned_leave_keeps_closed():
    sunday = on(29, "10:00")
    assert status_at(sunday, HOURS, []).opens_at == on(30, "08:30")
    assert status_at(sunday, HOURS, [NEXT_WEEK]).opens_at == on(30, "08:30") + timedelta(days=1)


def test_an_absence_until_midnight_ends_with_its_day():
    whole_day = said(State.OTHER, on(24, "00:00"), on(25, "00:00"))
    assert status_at(on(24, "10:00"), HOURS, [whole_day]).kind == Kind.AWAY
    assert status_at(on(25, "10:00"), HOURS, [whole_day]).kind == Kind.AT_POST


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("主楼三楼", "301"), ("主楼三楼", "301"), True),
        (("主楼三楼", "301"), ("主楼三楼", "301室"), True),
        (("主楼三楼", "301"), ("主楼三楼", " 301 室 "), True),
        (("主楼三楼", "301"), ("主楼三楼", "３０１"), True),
        (("主楼三楼", "B301"), ("主楼 三楼", "b301"), True),
        (("", "传达室"), ("", "传达 室"), True),
        (("主楼三楼", "301"), ("附楼三楼", "301"), False),
        (("主楼三楼", "301"), ("主楼三楼", "3011"), False),
        (("主楼三楼", "301"), ("", "301"), False),
        (("主楼", "三01"), ("主楼三", "01"), False),
    ],
)
def test_a_door_is_known_however_it_was_typed(one, other, same):
    assert (room_key(*one) == room_key(*other)) is same


def test_quick_answers_end_on_five_minutes():
    assert until_of(UntilChoice.HALF_HOUR, None, on(24, "10:41"), HOURS) == on(24, "11:15")


def test_what_was_said_once_is_no_habit():
    once = habits((State.AWAY_BRIEFLY, "15:07"), (State.AWAY_BRIEFLY, "15:32"))
    assert offered(on(24, "14:30"), once) == offered(on(24, "14:30"))


# --- Shifts ---------------------------------------------------------------------------------------------------------

#: The night of Tuesday 24 November, then off; the Saturday by day.
SHIFTS = OfficeHours(
    HOURS.calendar,
    HOURS.seasons,
    {
        date(2026, 11, 24): ((time(20), time(8)),),
        date(2026, 11, 25): (),
        date(2026, 11, 28): ((time(9), time(17)),),
    },
)
ROUND = said(State.ERRAND, on(24, "22:00"), on(25, "02:00"))
TO_THE_END = said(State.ERRAND, on(25, "06:00"), on(25, "08:00"))
BACK_AT_NIGHT = said(State.AT_POST, on(24, "23:00"))


@pytest.mark.parametrize(
    ("now", "latest", "kind"),
    [
        # Where the office is open and the shift is not, nobody is at post.
        (on(24, "10:00"), None, Kind.OUTSIDE_HOURS),
        (on(24, "20:00"), None, Kind.AT_POST),
        (on(25, "00:30"), None, Kind.AT_POST),
        (on(25, "07:59:59"), None, Kind.AT_POST),
        (on(25, "08:00"), None, Kind.OUTSIDE_HOURS),
        (on(25, "10:00"), None, Kind.OUTSIDE_HOURS),
        # A rest day of the calendar with a shift, and the day after, which follows the office.
        (on(28, "10:00"), None, Kind.AT_POST),
        (on(28, "17:00"), None, Kind.OUTSIDE_HOURS),
        (on(27, "10:00"), None, Kind.AT_POST),
        # An absence over midnight, and its unconfirmed end in the same shift.
        (on(24, "23:00"), ROUND, Kind.AWAY),
        (on(25, "01:59"), ROUND, Kind.AWAY),
        (on(25, "02:00"), ROUND, Kind.OVERDUE),
        (on(25, "07:59"), ROUND, Kind.OVERDUE),
        (on(25, "08:00"), ROUND, Kind.OUTSIDE_HOURS),
        # Away until the end of the shift: nothing was to be confirmed.
        (on(25, "07:59"), TO_THE_END, Kind.AWAY),
        (on(25, "08:00"), TO_THE_END, Kind.OUTSIDE_HOURS),
    ],
)
def test_what_the_plaque_of_somebody_in_shifts_says(now, latest, kind):
    assert status_at(now, SHIFTS, heard(latest)).kind == kind


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (on(24, "10:00"), on(24, "20:00")),
        (on(25, "09:00"), on(27, "08:30")),  # off, then a rest day of the calendar
        (on(27, "18:00"), on(28, "09:00")),
    ],
)
def test_the_plaque_says_when_the_next_shift_begins(now, opens):
    assert status_at(now, SHIFTS, []).opens_at == opens


def test_back_at_post_before_midnight_is_confirmed_until_the_shift_ends():
    assert status_at(on(25, "03:00"), SHIFTS, [BACK_AT_NIGHT]).declared == BACK_AT_NIGHT
    assert status_at(on(24, "23:30"), HOURS, [BACK_AT_NIGHT]).declared is None


@pytest.mark.parametrize(
    ("choice", "clock", "now", "until"),
    [
        (UntilChoice.DAY, None, on(24, "22:00"), on(25, "08:00")),
        (UntilChoice.DAY, None, on(25, "02:00"), on(25, "08:00")),
        (UntilChoice.DAY, None, on(25, "09:00"), None),
        (UntilChoice.TIME, time(23), on(24, "22:00"), on(24, "23:00")),
        # Two o'clock is the coming one while the shift lasts until then, and past otherwise.
        (UntilChoice.TIME, time(2), on(24, "22:00"), on(25, "02:00")),
        (UntilChoice.TIME, time(9), on(24, "22:00"), on(24, "09:00")),
        (UntilChoice.TIME, time(4), on(25, "03:00"), on(25, "04:00")),
    ],
)
def test_until_when_in_a_shift(choice, clock, now, until):
    assert until_of(choice, clock, now, SHIFTS) == until


def test_the_presets_of_a_night_end_with_its_shift():
    offered = presets(on(24, "22:00"), SHIFTS, [])
    assert [preset.until for preset in offered if preset.state == State.MEETING] == [on(25, "08:00")]
    assert State.ON_DUTY not in {preset.state for preset in offered}


def test_half_days_of_leave_follow_the_shift():
    since, until = half_day_bounds(
        first=date(2026, 11, 24),
        first_half=Half.MORNING,
        last=date(2026, 11, 24),
        last_half=Half.AFTERNOON,
        hours=SHIFTS,
    )
    assert (since, until) == (on(24, "20:00"), on(25, "08:00"))
