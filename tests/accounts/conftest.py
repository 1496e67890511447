"""The cast: Su administers and Ji is the second administrator, Ye is the discipline officer of unit A,
Zhang a cadre there, Wang a cadre elsewhere."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import Role, Unit, User
from tests.accounts.factories import NOW, PASSWORD, give, make_unit, make_user


@pytest.fixture(autouse=True)
def frozen():
    """An ordinary Tuesday at ten, for every test here; the clock moves only when a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        traveller.wait = lambda **step: traveller.shift(timedelta(**step))  # type: ignore[attr-defined]
        yield traveller


@pytest.fixture
def unit_a(db: None) -> Unit:
    return make_unit("D901", "示例局甲")


@pytest.fixture
def unit_b(db: None) -> Unit:
    return make_unit("D902", "示例局乙")


@pytest.fixture
def su(db: None) -> User:
    user = make_user("su", "苏青瓷", password=PASSWORD)
    give(user, Role.ADMINISTRATOR)
    return user


@pytest.fixture
def ji(db: None) -> User:
    user = make_user("ji", "季明远", password=PASSWORD)
    give(user, Role.ADMINISTRATOR)
    return user


@pytest.fixture
def ye(unit_a: Unit) -> User:
    user = make_user("ye", "叶知秋")
    give(user, Role.UNIT_OFFICER, unit=unit_a)
    return user


@pytest.fixture
def zhang(unit_a: Unit) -> User:
    user = make_user("zhang", "张小满", password=PASSWORD)
    give(user, Role.CADRE, unit=unit_a)
    return user


@pytest.fixture
def wang(unit_b: Unit) -> User:
    user = make_user("wang", "王远")
    give(user, Role.CADRE, unit=unit_b)
    return user
