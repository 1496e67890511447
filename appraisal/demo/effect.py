"""What the demonstration shows of the effect: look-ups of the days behind, and what was before. All of it invented, and
the baseline says so in its source."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts import demo as accounts
from accounts.models import Unit, User
from appraisal.models import Baseline, Indicator
from appraisal.services.baselines import Value, baselines_set
from attendance.models import InspectionSettings
from cards import lookups
from cards.models import LookupCount, LookupKind
from common import calendar, demo

STEP = "effect"
SOURCE = "演示数据，纯属虚构"
#: The averages of the year before the scheme. Nobody could look up a card then.
BEFORE = (
    (Indicator.STAND_IN, "31.5"),
    (Indicator.COMPLAINTS, "18.25"),
    (Indicator.ON_TIME, "64.8"),
    (Indicator.RATING, "71.2"),
    (Indicator.OFF_POST, "16.4"),
)
#: Look-ups of a unit on a working day, and how many of a hundred met an absence.
USUAL, ABSENT = 6, 30
#: Of a hundred absences that many are covered in the first month, and so many more in each that follows.
COVERED, LEARNT, MOST_COVERED = 62, 6, 93


def build(build: demo.Build) -> str:
    """The baseline once; the days since the last start, until yesterday."""
    before = build.marked(STEP)
    settings = InspectionSettings.current()
    begun = settings.sheets_from or build.today
    first = date.fromisoformat(before["until"]) if before else begun
    if before is None:
        _baseline(build.now, begun.year - 1)
    _look_ups(begun, first, build.today)
    if first != build.today or before is None:
        build.mark(STEP, until=build.today.isoformat())
    return _("%(lookups)s sums of look-ups, %(values)s values of the baseline") % {
        "lookups": f"{LookupCount.objects.count():,}",
        "values": f"{Baseline.objects.count():,}",
    }


def _baseline(now: datetime, year: int) -> None:
    author = User.objects.get(username=accounts.EXPRESS_HEAD)
    values = [Value(one, date(year, 1, 1), Decimal(value), SOURCE) for one, value in BEFORE]
    baselines_set(values=values, actor=author, now=now)


def _look_ups(begun: date, first: date, today: date) -> None:
    units = list(Unit.objects.active(today).order_by("code"))
    working = calendar.load({first.year, today.year})
    for day in (first + timedelta(days=offset) for offset in range((today - first).days)):
        if sums := _sums(units, day, (day - begun).days // 30, working.is_working_day(day)):
            lookups.add(sums)


def _sums(units: list[Unit], day: date, months: int, is_working: bool) -> dict[lookups.Key, int]:
    chance, found = random.Random(f"look-ups {day}"), dict[lookups.Key, int]()
    for unit in units:
        number = chance.randint(1, USUAL + 2 * months) if is_working else chance.randint(0, 1)
        for _each in range(number):
            key = (day, unit.pk, _kind(chance, months).value if is_working else LookupKind.CLOSED.value)
            found[key] = found.get(key, 0) + 1
    return found


def _kind(chance: random.Random, months: int) -> LookupKind:
    if chance.randrange(100) >= ABSENT:
        return LookupKind.PRESENT
    covered = min(MOST_COVERED, COVERED + LEARNT * months)
    return LookupKind.COVERED if chance.randrange(100) < covered else LookupKind.UNCOVERED
