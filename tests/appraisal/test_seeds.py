"""The standard that a new database starts with."""

import io

import pytest
from django.core.management import call_command
from django.db import connection

from appraisal import seeds
from appraisal.models import AppraisalSettings, Standard, StandardItem
from appraisal.rules import Price, in_force, names_salary
from appraisal.services import standards
from appraisal.services.ledger import version_value, versions
from appraisal.words.standard import Effect, Occasion
from attendance.models import Item
from common.append_only import drop_triggers

#: DOMAIN §5, in points.
POINTS = {
    "迟到": 1,
    "早退": 1,
    "未亮证": 1,
    "去向未及时更新": 1,
    "去向不实": 2,
    "脱岗": 2,
    "空岗": 3,
    "上班玩游戏、炒股": 3,
    "旷工半天": 5,
    "会议无故缺席": 2,
    "服务态度差（查实）": 3,
    "推诿扯皮、超时办结（查实）": 3,
    "工作日午间饮酒": 6,
    "一日一表缺报": 1,
    "月度报告迟报": 2,
    "投诉逾期未办结": 2,
}
pytestmark = pytest.mark.django_db


def rows() -> list[tuple]:
    return [
        *Standard.objects.order_by("pk").values_list(),
        *StandardItem.objects.order_by("pk").values_list(),
        *AppraisalSettings.objects.values_list(),
    ]


def test_the_starting_standard_is_that_of_the_domain():
    first = standards.whole().get()
    prices = {row.item.name: row for row in first.items.all()}
    assert {name: row.half_points for name, row in prices.items() if not row.refer} == {
        name: 2 * points for name, points in POINTS.items()
    }
    assert [name for name, row in prices.items() if row.refer] == ["吃拿卡要"]
    assert not any(row.free_first or row.step_half_points for row in prices.values())
    assert (first.cents_per_point, first.cap_cents) == (2000, 30_000)


def test_every_item_of_the_catalogue_has_its_price():
    assert set(version_value(standards.whole().get()).prices) == set(
        Item.objects.values_list("code", flat=True)
    )


def test_it_is_in_force_for_every_fact_and_names_no_salary():
    first = standards.whole().get()
    assert first.is_adopted
    assert in_force(versions(), seeds.FROM).pk == first.pk
    assert not names_salary(first.allowance)


def test_the_year_understands_its_consequences():
    """Scheme 三(三): 被投诉一次查实批评教育, 效能诫勉一次扣三个月奖金, 效能告诫两次扣全年奖金、定为不称职."""
    rows = standards.whole().get().consequences
    found = [tuple(row[name] for name in standards.CONSEQUENCE) for row in rows]
    assert found == [
        (Occasion.COMPLAINT_SUBSTANTIATED, 1, Effect.CRITICISM_AND_EDUCATION, 1),
        (Occasion.EFFICIENCY_ADMONISHMENT, 1, Effect.BONUS_MONTHS_WITHHELD, 3),
        (Occasion.EFFICIENCY_CAUTION, 2, Effect.BONUS_MONTHS_WITHHELD, 12),
        (Occasion.EFFICIENCY_CAUTION, 2, Effect.GRADED_INCOMPETENT, 1),
    ]


def test_loading_again_changes_nothing():
    AppraisalSettings.objects.filter(pk=1).update(bulletin_day=15)
    StandardItem.objects.filter(item__code="late").update(half_points=9)
    before = rows()
    seeds.load()
    assert rows() == before


def test_what_a_city_took_out_does_not_come_back():
    StandardItem.objects.filter(item__code="games").delete()
    seeds.load()
    assert "games" not in version_value(standards.whole().get()).prices


def test_it_stands_in_a_database_that_was_emptied(transactional_db):
    drop_triggers(connection)
    call_command("flush", interactive=False, verbosity=0, stdout=io.StringIO())
    first = standards.whole().get()
    assert version_value(first).prices["late"] == Price(2)
    assert AppraisalSettings.objects.get().bulletin_day == 20
