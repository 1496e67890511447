"""Where the people of the demonstration are: from the recent days to the next week, so that the city lives at any hour.

Every day follows from its date and the person alone, whenever it is built. Whoever has said something themselves that
reaches into a new day keeps it.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts import demo as accounts
from accounts.models import UnitKind
from cards.demo.people import RANGE, working_moment
from cards.models import Cadre, Whereabouts
from cards.rules import State
from common import calendar, demo
from common.rules import OfficeHours, Span, at, local

STEP = "whereabouts"
PAST_DAYS, COMING_DAYS = 3, 5
#: Before this many working days the showcase cadres' habits begin: the phone page offers what is usual.
HABIT_DAYS = 15
#: Units with somebody on duty at night and on rest days, besides the towns.
DUTY_UNITS = ("D033", "D038", "D051", "D071", "D082")

PLACES = {
    State.MEETING: ("三楼会议室", "二楼小会议室", "市行政中心会议中心", "视频会议室"),
    State.ERRAND: ("市行政中心", "市财政局", "项目现场", "企业走访", "市档案馆"),
    State.COUNTRYSIDE: ("辖区村现场", "茶园基地", "食用菌基地", "农户走访", "水库工地", "驻点村"),
    State.COUNTER: ("市政务服务中心", "便民服务中心窗口"),
    State.BUSINESS_TRIP: ("丽水市", "杭州市", "云和县", "衢州市"),
    State.TRAINING: ("市委党校", "丽水市委党校", "业务培训班"),
    State.AWAY_BRIEFLY: ("楼内", "文印室"),
    State.VILLAGE_POST: ("联系村",),
}
IN_TOWN = ((State.COUNTRYSIDE, 46), (State.MEETING, 30), (State.ERRAND, 16), (State.AWAY_BRIEFLY, 8))
IN_CITY = (
    (State.MEETING, 46),
    (State.ERRAND, 26),
    (State.COUNTRYSIDE, 10),
    (State.COUNTER, 8),
    (State.AWAY_BRIEFLY, 10),
)


@dataclass(frozen=True)
class Person:
    pk: int
    unit_code: str
    #: The same on every build, unlike the primary key.
    key: str
    town: bool
    hours_id: int


@dataclass
class Diary:
    """The rows of one run, and until when people are spoken for by what stands already."""

    busy: dict[int, datetime]
    rows: list[Whereabouts]

    def add(
        self,
        person: Person,
        state: State,
        since: datetime,
        until: datetime | None,
        *,
        place: str = "",
        said: datetime | None = None,
        set_by: int | None = None,
    ) -> bool:
        """False where an earlier absence covers that moment."""
        if since < self.busy.get(person.pk, since):
            return False
        if until is not None and until > since + timedelta(hours=9):
            self.busy[person.pk] = until
        self.rows.append(
            Whereabouts(
                cadre_id=person.pk,
                state=state,
                place=place,
                since=since,
                until=until,
                set_by_id=set_by,
                recorded_at=said or since,
            )
        )
        return True


def build(build: demo.Build) -> str:
    """Write the days that are missing; a run tomorrow adds one."""
    first, last = _window(build.today)
    before = build.marked(STEP)
    if before is not None:
        first = max(first, date.fromisoformat(before["through"]) + timedelta(days=1))
    if first > last:
        return _("written until %(day)s") % {"day": f"{last:%m-%d}"}
    people = _people(build, last)
    diary = Diary(_spoken_for(at(first, time.min)), [])
    hours = {key: calendar.office_hours(key, build.today) for key in {person.hours_id for person in people}}
    _write_days(build, diary, people, hours, first, last)
    if before is None:
        _write_showcase(diary, build.now)
    diary.rows.sort(key=lambda row: (row.recorded_at, row.since))
    Whereabouts.objects.bulk_create(diary.rows, batch_size=2000)
    build.mark(STEP, through=last.isoformat(), rows=len(diary.rows))
    return _("%(count)s entries until %(day)s") % {"count": f"{len(diary.rows):,}", "day": f"{last:%m-%d}"}


def first_day(build: demo.Build) -> date:
    """From this day on the diaries are in the database."""
    return _window(build.today)[0]


def _window(today: date) -> tuple[date, date]:
    days = calendar.around(today)
    first = last = today
    for _number in range(PAST_DAYS):
        first -= timedelta(days=1)
        while not days.is_working_day(first):
            first -= timedelta(days=1)
    for _number in range(COMING_DAYS):
        last = days.next_working_day(last)
    return first, last


def _people(build: demo.Build, day: date) -> list[Person]:
    """Those whom the demonstration made, who serve and have no account: who has one speaks for themselves."""
    numbers = build.marked(RANGE)
    if numbers is None:
        return []
    made = Cadre.objects.filter(pk__range=(numbers["first"], numbers["last"])).select_related("unit")
    places: Counter[str] = Counter()
    people = []
    for cadre in made.order_by("pk"):
        places[cadre.unit.code] += 1
        if cadre.user_id is None and cadre.serves_to is None:
            key = f"{cadre.unit.code} {places[cadre.unit.code]}"
            town = cadre.unit.kind != UnitKind.DEPARTMENT
            people.append(Person(cadre.pk, cadre.unit.code, key, town, cadre.unit.office_hours_id))
    return people


def _spoken_for(moment: datetime) -> dict[int, datetime]:
    rows = Whereabouts.objects.filter(until__gt=moment).values_list("cadre").annotate(Max("until"))
    return dict(rows)


def _write_days(
    build: demo.Build,
    diary: Diary,
    people: list[Person],
    hours: dict[int, OfficeHours],
    first: date,
    last: date,
) -> None:
    on_duty = _duty_units(people)
    for offset in range((last - first).days + 1):
        _write_day(diary, people, on_duty, hours, first + timedelta(days=offset), new=not offset)
        build.progress(offset + 1, (last - first).days + 1)


def _write_day(
    diary: Diary,
    people: list[Person],
    on_duty: list[list[Person]],
    hours: dict[int, OfficeHours],
    day: date,
    *,
    new: bool,
) -> None:
    for person in people:
        open_hours = hours[person.hours_id]
        if open_hours.spans(day):
            _working_day(diary, person, day, open_hours, new=new)
    for unit_people in on_duty:
        _duty(diary, unit_people, day, hours[unit_people[0].hours_id])


def imagine(
    build: demo.Build, first: date, last: date, hours: dict[int, OfficeHours]
) -> Iterator[list[Whereabouts]]:
    """What people said on days before the diary begins, day by day and never saved: what is built upon this one looks
    months back, a plaque only ahead."""
    people, diary = _people(build, last), Diary({}, [])
    on_duty = _duty_units(people)
    for offset in range((last - first).days + 1):
        _write_day(diary, people, on_duty, hours, first + timedelta(days=offset), new=not offset)
        yield diary.rows
        diary.rows = []


# --- One person's day ----------------------------------------------------------------------------------------------


def _working_day(diary: Diary, person: Person, day: date, hours: OfficeHours, *, new: bool) -> None:
    absence = _week(person, day - timedelta(days=day.weekday()))
    if absence is not None:
        state, first, end = absence
        if first <= day <= end:
            # Where the build begins in the middle of an absence, it is written as it was declared.
            if day == first or new:
                _long_absence(diary, person, state, first, end, hours)
            return
    chance = random.Random(f"{person.key} {day}")
    spans = hours.spans(day)
    if chance.random() < 0.08:
        diary.add(person, State.AT_POST, spans[0].start - timedelta(minutes=chance.randint(1, 14)), None)
    overdue = False
    for span in spans:
        likely = 0.36 if person.town else 0.29
        if chance.random() < likely:
            overdue = _half_day(diary, person, span, chance, last=span is spans[-1])
        elif overdue:
            diary.add(person, State.AT_POST, span.start + timedelta(minutes=chance.randint(2, 25)), None)
            overdue = False


def _half_day(diary: Diary, person: Person, span: Span, chance: random.Random, *, last: bool) -> bool:
    """One absence; True when it ended without a word."""
    states, weights = zip(*(IN_TOWN if person.town else IN_CITY), strict=True)
    state = chance.choices(states, weights)[0]
    since = span.start + timedelta(minutes=chance.randint(0, 70))
    minutes = chance.choice((15, 30)) if state == State.AWAY_BRIEFLY else chance.randint(75, 210)
    until = min(_quarter(since + timedelta(minutes=minutes)), span.end)
    if until - since < timedelta(minutes=10):
        return False
    if not diary.add(person, state, since, until, place=chance.choice(PLACES[state])):
        return False
    if until == span.end and last:
        return False
    if chance.random() < 0.12:
        return True
    diary.add(person, State.AT_POST, until - timedelta(minutes=chance.randint(0, 9)), None)
    return False


def _quarter(instant: datetime) -> datetime:
    """People say half past, not 15:37."""
    return instant - timedelta(minutes=instant.minute % 15)


def _week(person: Person, monday: date) -> tuple[State, date, date] | None:
    """The absence of several days that somebody has in a week, if any."""
    chance = random.Random(f"{person.key} week {monday}")
    luck = chance.random()
    if luck < 0.055:
        state = State.LEAVE
    elif luck < 0.08:
        state = State.BUSINESS_TRIP
    elif luck < 0.1:
        state = State.TRAINING
    elif luck < 0.125 and person.town:
        state = State.VILLAGE_POST
    else:
        return None
    start = chance.randint(0, 3)
    length = chance.randint(1, 4 - start) if state != State.LEAVE else chance.randint(1, 5 - start)
    return state, monday + timedelta(days=start), monday + timedelta(days=start + length - 1)


def _long_absence(
    diary: Diary, person: Person, state: State, first: date, end: date, hours: OfficeHours
) -> None:
    chance = random.Random(f"{person.key} {first} {state}")
    since, until = hours.nominal_spans(first), hours.nominal_spans(end)
    if since and until:
        said = at(first - timedelta(days=1), time(15, 0)) + timedelta(minutes=chance.randint(0, 120))
        place = "" if state == State.LEAVE else chance.choice(PLACES[state])
        diary.add(person, state, since[0].start, until[-1].end, place=place, said=said)


# --- At night and on rest days -------------------------------------------------------------------------------------


def _duty_units(people: list[Person]) -> list[list[Person]]:
    """The towns, the units that always have somebody, and the first one, so that a small city has one too."""
    units: dict[str, list[Person]] = {}
    for person in people:
        units.setdefault(person.unit_code, []).append(person)
    first = accounts.FIRST[0]
    return [members for code, members in units.items() if members[0].town or code in (*DUTY_UNITS, first)]


def _duty(diary: Diary, people: list[Person], day: date, hours: OfficeHours) -> None:
    spans, morning = hours.spans(day), hours.nominal_spans(day + timedelta(days=1))
    if not morning:
        return
    since = spans[-1].end if spans else hours.nominal_spans(day)[0].start
    turn = day.toordinal() % len(people)
    for person in people[turn:] + people[:turn]:
        if diary.add(person, State.ON_DUTY, since, morning[0].start, place="值班室"):
            return


# --- The showcase --------------------------------------------------------------------------------------------------


def _write_showcase(diary: Diary, now: datetime) -> None:
    """Habits of two weeks behind, today confirmed, a leave ahead: what the phone page offers and shows.

    Written once: from then on these two speak for themselves.
    """
    today = local(now).date()
    for username, habit in ((accounts.CADRE, _city_habit), (accounts.TOWN_CADRE, _town_habit)):
        cadre = Cadre.objects.filter(user__username=username).select_related("unit", "user").first()
        if cadre is not None:
            person = Person(cadre.pk, cadre.unit.code, username, False, cadre.unit.office_hours_id)
            hours = calendar.office_hours(person.hours_id, today)
            for offset in range(-HABIT_DAYS, 1):
                day = today + timedelta(days=offset)
                if hours.spans(day):
                    _habit_day(diary, person, cadre, habit(day) if offset else None, day, hours)
            diary.rows = [row for row in diary.rows if row.cadre_id != cadre.pk or row.since <= now]
            _leave_ahead(diary, person, cadre, today, hours)


def _city_habit(day: date) -> tuple[State, time, time, str] | None:
    if day.weekday() in (0, 2, 4):
        return State.MEETING, time(9, 5), time(11, 30), "三楼会议室"
    return State.ERRAND, time(14, 40), time(16, 30), "企业走访" if day.weekday() == 1 else "市行政中心"


def _town_habit(day: date) -> tuple[State, time, time, str] | None:
    if day.weekday() == 0:
        return State.MEETING, time(8, 40), time(10, 0), "二楼小会议室"
    return State.COUNTRYSIDE, time(14, 35), time(17, 0), "农户走访"


def _habit_day(
    diary: Diary,
    person: Person,
    cadre: Cadre,
    habit: tuple[State, time, time, str] | None,
    day: date,
    hours: OfficeHours,
) -> None:
    opened = hours.spans(day)[0].start - timedelta(minutes=4 + day.day % 5)
    diary.add(person, State.AT_POST, opened, None, set_by=cadre.user_id)
    if habit is not None:
        state, since, until, place = habit
        diary.add(person, state, at(day, since), at(day, until), place=place, set_by=cadre.user_id)
        back = at(day, until) - timedelta(minutes=2 + day.day % 6)
        diary.add(person, State.AT_POST, back, None, set_by=cadre.user_id)


def _leave_ahead(diary: Diary, person: Person, cadre: Cadre, today: date, hours: OfficeHours) -> None:
    day = today
    for _number in range(COMING_DAYS + 1):
        day = hours.calendar.next_working_day(day)
    spans = hours.nominal_spans(day)
    if spans:
        said = working_moment(at(today, time.min), 1, time(17, 5))
        diary.add(person, State.LEAVE, spans[0].start, spans[-1].end, said=said, set_by=cadre.user_id)
