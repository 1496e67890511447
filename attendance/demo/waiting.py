"""What the showcase finds to do today: a spot check under way, one that is sealed, a correction to decide.

Looked after at every start, so that there is something on a later day, too; never more than a few.
"""

import random
from datetime import datetime, time, timedelta

from django.utils.translation import gettext as _

from accounts import demo as accounts
from accounts.models import User
from attendance import services
from attendance.demo import words
from attendance.demo.ground import Ground
from attendance.demo.spots import BEGINS, MET, freeze, reveal, targeted
from attendance.models import Correction, Finding, Purpose, SpotCheck
from attendance.services import on_site
from cards.models import Cadre
from common import demo
from common.problems import Refused
from common.rules import at

STEP = "inspection showcase"
#: A unit of the order, and how many checks may be under way at once.
UNIT_TO_INSPECT, MOST_UNDER_WAY = 3, 2
BEGAN_BEFORE = timedelta(minutes=25)


def build(build: demo.Build) -> str:
    if build.marked(STEP) is None:
        _correction(build.now)
        build.mark(STEP)
    inspectors = list(User.objects.filter(username__in=(accounts.EXPRESS, accounts.SECOND_EXPRESS)))
    ground = Ground.read(build.today, build.today)
    try:
        _under_way(build, ground, inspectors)
        _sealed(build, ground, inspectors)
    except Refused:  # somebody has changed what this stands on
        pass
    checks = SpotCheck.objects.standing()
    return _("%(checks)s spot checks, %(open)s under way, %(sealed)s still sealed") % {
        "checks": checks.count(),
        "open": checks.under_way(build.now).count(),
        "sealed": checks.filter(begins_at__gt=build.now).count(),
    }


def _under_way(build: demo.Build, ground: Ground, inspectors: list[User]) -> None:
    own = SpotCheck.objects.standing().filter(inspectors__in=inspectors)
    begun_today = own.filter(begins_at__gte=at(build.today, time.min), begins_at__lte=build.now)
    if own.under_way(build.now).exists() or begun_today.exists():
        return
    unit = ground.units[min(UNIT_TO_INSPECT, len(ground.units) - 1)]
    there = [one.cadre for one in ground.people(build.today)[unit.pk] if one.cadre.user_id is None]
    people = random.Random(f"under way {build.today}").sample(there, min(MET, len(there)))
    begins = build.now - BEGAN_BEFORE
    open_now = any(span.start <= build.now < span.end for span in ground.spans(unit, build.today))
    reason = "上午在岗情况明察暗访" if open_now else "夜间和休息日值班值守情况检查"
    check = targeted(
        Purpose.UNANNOUNCED, reason, [unit], people, inspectors, begins, begins - timedelta(hours=1)
    )
    if people:
        _first_line(check, people[0], inspectors[0], build.now - BEGAN_BEFORE / 2)


def _first_line(check: SpotCheck, cadre: Cadre, inspector: User, now: datetime) -> None:
    on_site.line_agree(check=check, cadre=cadre, actor=inspector, now=now)


def _sealed(build: demo.Build, ground: Ground, inspectors: list[User]) -> None:
    checks = SpotCheck.objects.standing()
    ahead = checks.filter(begins_at__gt=build.now).exists()
    if ahead or checks.under_way(build.now).count() >= MOST_UNDER_WAY:
        return
    begins = at(ground.working.next_working_day(build.today), BEGINS)
    cast = build.now - timedelta(hours=1)
    draw = freeze(inspectors, begins, cast - timedelta(hours=1), cast)
    if draw is not None:
        reveal(draw, inspectors[1], cast)


def _correction(now: datetime) -> None:
    """The officer asks, the head decides."""
    officer = User.objects.filter(username=accounts.OFFICER).first()
    waiting = Finding.objects.open().filter(recorder=officer, cadre__user=None, defended_at=None)
    finding = waiting.exclude(round=None).select_related("round", "cadre").order_by("-day", "-pk").first()
    if officer is None or finding is None or finding.round is None or finding.cadre is None:
        return
    if Correction.objects.filter(round=finding.round, cadre=finding.cadre, decision="").exists():
        return
    services.correction_ask(
        round_=finding.round,
        cadre=finding.cadre,
        finding=finding,
        item=None,
        minutes=None,
        note="",
        reason=words.CORRECTIONS[0],
        actor=officer,
        now=min(now, finding.recorded_at + timedelta(minutes=40)),
    )
