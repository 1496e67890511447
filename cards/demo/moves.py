"""Who works elsewhere for a time, and who is about to change units: something to decide for the showcase's officers."""

from datetime import time, timedelta

from django.utils.translation import gettext as _

from accounts import demo as accounts
from accounts.models import Unit, User
from cards import services
from cards.demo.people import working_moment
from cards.models import Cadre, Office, Placement, PlacementKind, Transfer
from common import demo

#: In the officer's unit: whose place it is in the order of entry, where they work, and since how many days. They
#: began after the plaques were printed, which show the old room.
ELSEWHERE = (
    (4, PlacementKind.SECONDMENT, {"unit": 3}, 20),
    (6, PlacementKind.SERVICE_HALL, {"name": "窗口管理科"}, 12),
    (7, PlacementKind.VILLAGE_POST, {"unit": 2}, 27),
)
PROPOSED_DAYS_AGO, GONE_IN_DAYS = 2, 6


def build(build: demo.Build) -> str:
    units = accounts.units()
    people = [list(Cadre.objects.filter(unit=unit).order_by("pk")) for unit in units[:2]]
    for number, kind, where, days in ELSEWHERE:
        if number < len(people[0]) - 2:
            _place(build, people[0][number], kind, _office(units, **where), days)
    if len(people) > 1:
        _transfers(build, people[0], people[1])
    return _("%(placements)s placements, %(transfers)s transfers to decide") % {
        "placements": Placement.objects.count(),
        "transfers": Transfer.objects.filter(decision="").count(),
    }


def _office(units: list[Unit], unit: int | None = None, name: str = "") -> Office | None:
    """The last one of that unit, or the first of that name; none in a city too small for it."""
    if unit is None:
        return Office.objects.filter(name=name).order_by("pk").first()
    return Office.objects.filter(unit=units[unit]).order_by("pk").last() if unit < len(units) else None


def _place(build: demo.Build, cadre: Cadre, kind: PlacementKind, office: Office | None, days: int) -> None:
    since = build.today - timedelta(days=days)
    if (
        office is None
        or office.pk == cadre.office_id
        or cadre.placements.exclude(valid_to__lt=since).exists()
    ):
        return
    services.placement_record(
        cadre=cadre,
        kind=kind,
        office=office,
        valid_from=since,
        valid_to=since + timedelta(days=365),
        actor=User.objects.get(username=accounts.OFFICER),
        now=working_moment(build.now, days, time(9, 15)),
    )


def _transfers(build: demo.Build, own: list[Cadre], other: list[Cadre]) -> None:
    """One comes whom the officer can take in today, one goes who is still to be taken in."""
    moment = working_moment(build.now, PROPOSED_DAYS_AGO, time(15, 5))
    for people, username, number, to_unit, first_day in (
        (other, accounts.DEPUTY, 4, own[0].unit, build.today),
        (own, accounts.OFFICER, 8, other[0].unit, build.today + timedelta(days=GONE_IN_DAYS)),
    ):
        if number < len(people) - 2:
            services.transfer_propose(
                cadre=people[number],
                to_unit=to_unit,
                first_day=first_day,
                note="干部交流，调动通知已印发",
                actor=User.objects.get(username=username),
                now=moment,
            )
