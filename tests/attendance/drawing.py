"""A small city to draw from, and draws from it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Unit, UnitKind, User
from attendance import services
from attendance.draw import Plan
from attendance.models import Draw, SpotCheck
from cards.models import Cadre
from tests.cast import NOW, crowd, make_office, make_unit

BEGINS = NOW + timedelta(days=1)


@pytest.fixture
def small_city(city: Any) -> list[Unit]:
    """Three departments and two towns, each with four people and one more who leads it."""
    units = [make_unit(f"D{number:03d}", f"局{number}") for number in (1, 2, 3)]
    units += [make_unit(f"T{number:03d}", f"镇{number}") for number in (1, 2)]
    Unit.objects.filter(code__startswith="T").update(kind=UnitKind.TOWN)
    for unit in units:
        staff = crowd(make_office(unit), 5)
        Cadre.objects.filter(pk=staff[0].pk).update(leads_unit=True)
    return units


def plan(**more: Any) -> Plan:
    return Plan(**{"departments": 1, "towns": 1, "people": 2, "leaders": 1, "begins_at": BEGINS, **more})


def freeze(inspectors: list[User], *, now: datetime = NOW, **more: Any) -> Draw:
    return services.draw_freeze(
        plan=plan(**more), inspectors=inspectors, public_source="三枚骰子", actor=inspectors[0], now=now
    )


def reveal(draw: Draw, actor: User, value: str = "3 5 6", **more: Any) -> SpotCheck:
    return services.draw_reveal(
        draw=draw,
        value=value,
        witnesses="公证处",
        actor=actor,
        **{"now": NOW + timedelta(hours=1), **more},
    )
