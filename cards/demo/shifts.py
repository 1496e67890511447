"""Two people of the first unit who work in shifts: early, and over night with the days off that follow."""

from datetime import date, time, timedelta

from django.utils.translation import gettext as _

from accounts import demo as accounts
from accounts.models import Unit, User
from cards import services
from cards.models import Cadre, ShiftPattern
from cards.services.shifts import REST, staff
from common import demo
from common.rules import Clocks

WEEKS = 2
EARLY: Clocks = ((time(7), time(15)),)
NIGHT: Clocks = ((time(20), time(8)),)
#: Every other night, as a duty room runs; nobody works early on Sundays.
NIGHTS = ("night", "rest")


def build(build: demo.Build) -> str:
    unit = accounts.units()[0]
    officer = User.objects.get(username=accounts.OFFICER)
    people = [
        cadre for cadre in staff(unit, build.now).values() if cadre.user_id is None and cadre.unit == unit
    ]
    if len(people) < 4:  # a city too small to spare them
        return _("no shifts")
    patterns = {
        name: services.shift_pattern_create(unit=unit, name=words, spans=spans, actor=officer, now=build.now)
        for name, words, spans in (("early", "早班", EARLY), ("night", "夜班", NIGHT))
    }
    monday = build.today - timedelta(days=build.today.weekday())
    for week in range(WEEKS):
        _week(build, unit, monday + timedelta(weeks=week), people[-2:], patterns, officer)
    return _("%(people)s people in shifts") % {"people": 2}


def _week(
    build: demo.Build,
    unit: Unit,
    monday: date,
    people: list[Cadre],
    patterns: dict[str, ShiftPattern],
    officer: User,
) -> None:
    days = [monday + timedelta(days=offset) for offset in range(7)]
    early, night = people
    turns = {(early.pk, day): "rest" if day.weekday() == 6 else "early" for day in days}
    turns |= {(night.pk, day): NIGHTS[day.toordinal() % 2] for day in days}
    services.shifts_save(
        unit=unit,
        monday=monday,
        wanted={
            cell: str(patterns[turn].pk) if turn in patterns else REST
            for cell, turn in turns.items()
            if cell[1] >= build.today
        },
        actor=officer,
        now=build.now,
    )
