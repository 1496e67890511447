"""What the drafted text says, from the figures alone: named units with their numbers, ties together, nothing else."""

import re
from datetime import date
from typing import Any

import pytest

from appraisal.bulletin_texts import MOST_NAMED, PARTS, Figures, drafted, leading
from appraisal.bulletins.content import (
    ELSEWHERE,
    MISSING,
    NO_MONTH,
    WAITING,
    CaughtUp,
    Correction,
    ItemColumn,
    ItemCount,
    Measures,
    UnitRow,
)

NOVEMBER, OCTOBER = date(2026, 11, 1), date(2026, 10, 1)
ITEMS = (ItemColumn(code="off_post", name="脱岗"), ItemColumn(code="late", name="迟到"))


def unit(name: str, **fields: Any) -> UnitRow:
    return UnitRow(code=name, name=name, kind="市直单位", **{"days_due": 20, "days_checked": 20, **fields})


def charged(name: str, points: int, *, off_post: int = 0, late: int = 0, **fields: Any) -> UnitRow:
    """`points` are whole ones, all of people, at 20 yuan."""
    counts = tuple(ItemCount(code=c, number=n) for c, n in (("off_post", off_post), ("late", late)) if n)
    return unit(
        name,
        findings=off_post + late,
        by_item=counts,
        person_half_points=2 * points,
        withheld_cents=2000 * points,
        **fields,
    )


def texts(*units: UnitRow, **more: Any) -> dict[str, str]:
    given = {"items": ITEMS, "corrections": (), "caught_up": (), "allowance": "月度考核奖", **more}
    found = drafted(Figures(month=NOVEMBER, units=units, **given))
    return {part: "\n".join(found[part]) for part in PARTS}


def test_a_month_in_which_nothing_happened():
    said = texts(unit("甲局", nil_report=True), unit("乙镇", nil_report=True))
    assert said["overview"].splitlines() == [
        "2026年11月，全市2个单位列入月度考核，月报已全部审核，其中零报告2个。",
        "按照“一日一表”要求，各单位应巡查40天次，实际巡查40天次，无缺查。",
        "已审核的单位本月没有认定的问题，未扣分。",
        "本月没有办结的群众投诉。",
    ]
    assert said["problems"] == "本月未发现需要通报的问题。"
    assert said["handling"] == "本月没有需要作出的处理。"
    assert said["requirements"].startswith("（一）压实主体责任。")


def test_points_and_money_stand_with_the_standards_allowance():
    said = texts(charged("甲局", 3, off_post=1, late=1), unit("乙镇", findings=1, unit_half_points=2))
    assert "共认定问题3个，扣4分，其中个人扣分3分、单位扣分1分；" in said["overview"]
    assert "提出扣发月度考核奖建议60元。" in said["overview"]
    assert "扣发月度考核奖的建议共60元" in said["handling"]


def test_units_are_named_with_their_numbers_the_most_first():
    said = texts(charged("甲局", 1, late=1), charged("乙局", 4, off_post=2), unit("丙局", days_checked=17))
    assert "脱岗2个、迟到1个" in said["problems"]
    assert "有扣分的是：乙局（问题2个，扣4分）、甲局（问题1个，扣1分）。" in said["problems"]
    assert "1个单位一日一表缺报，共3天次：丙局（3天）。" in said["problems"]


def test_whoever_has_as_much_as_one_who_is_named_is_named():
    units = [charged(f"{number}局", 9 - number // 3, late=1) for number in range(12)]
    said = texts(*units)["problems"]
    assert re.findall(r"(\d+)局（", said) == [str(number) for number in range(6)]
    assert "其余6个单位共扣39分，详见附表" in said


def test_those_who_have_most_are_all_named_however_many_they_are():
    units = [charged(f"{number}局", 2, late=1) for number in range(30)] + [charged("末局", 1, late=1)]
    named, others = leading(units, lambda row: row.half_points)
    assert (len(named), [row.name for row in others]) == (30, ["末局"])


def test_a_crowd_behind_those_who_have_most_is_counted_and_not_named():
    units = [charged("首局", 5, late=1)] + [charged(f"{number}局", 1, late=1) for number in range(MOST_NAMED)]
    said = texts(*units)["problems"]
    assert f"扣分较多的有：首局（问题1个，扣5分），其余{MOST_NAMED}个单位共扣12分" in said


def test_how_reports_stand_and_who_is_late():
    said = texts(
        unit("甲局", late=True, days_late=3),
        unit("乙局", standing=WAITING),
        unit("丙局", standing=MISSING, late=True, days_late=5),
        unit("丁局", standing=MISSING),
        unit("戊局", standing=ELSEWHERE),
        unit("己局", standing=NO_MONTH),
    )
    assert said["overview"].startswith(
        "2026年11月，全市5个单位列入月度考核，月报已审核1个；已报送、尚未审核1个；未报送2个；"
        "已由其后的通报补计1个；迟报1个。尚未审核的单位，"
    )
    assert "迟报的有：甲局（迟3天）。逾期未报的有：丙局。" in said["problems"]
    assert "丁局" not in said["problems"] + said["handling"]
    assert "丙局尚未报送11月月报，须立即补报" in said["handling"]


def test_complaints_in_their_three_ways_and_what_was_proven():
    said = texts(
        unit("甲局", complaints_on_time=2, complaints_extended=1, complaints_substantiated=1),
        unit("乙局", complaints_late=2),
    )
    assert (
        "办结群众投诉5件，其中按期办结2件、延期后办结1件、逾期办结2件；经核查属实（含部分属实）1件。"
        in said["overview"]
    )
    assert (
        "投诉逾期办结的有：乙局（2件）。投诉经核查属实（含部分属实）的有：甲局（1件）。" in said["problems"]
    )
    assert "1件投诉，有关单位要按制度规定对责任人进行批评教育" in said["handling"]


def test_earlier_months_are_told_apart_from_this_one():
    correction = Correction(unit_code="甲", unit_name="甲局", month=OCTOBER, half_points=-4, cents=-4000)
    late = CaughtUp(
        unit_code="乙", unit_name="乙局", month=OCTOBER, person_half_points=3, withheld_cents=3000
    )
    said = texts(unit("甲局"), corrections=(correction,), caught_up=(late,))
    assert said["overview"].splitlines()[-1] == (
        "补计以前月份月报1份，补计扣分1.5分、扣发建议30元；"
        "更正以前月份扣分1笔，冲减扣分2分、扣发建议40元。以上不计入本月数。"
    )
    assert "以前月份更正的1笔" in said["handling"]


def test_no_days_were_due():
    assert "一日一表" not in "".join(texts(unit("甲局", days_due=0, days_checked=0)).values())


@pytest.mark.parametrize(("done", "due", "rate"), [(1999, 2000, "99.9%"), (1, 3, "33.3%"), (0, 20, "0.0%")])
def test_a_share_is_never_rounded_up_to_all(done, due, rate):
    assert f"巡查率{rate}。" in texts(unit("甲局", days_due=due, days_checked=done))["overview"]


def test_every_number_that_it_says_comes_from_the_figures():
    """Each unit with figures of its own, so that no number is right by chance."""
    units = [
        charged(f"甲{letter}局", 7 + place, off_post=11 + place, days_checked=13 - place)
        for place, letter in enumerate("子丑寅")
    ]
    said = "".join(texts(*units).values())
    known = {2026, 11, 3, 60, 36, 24}  # the month; units; days due, done, missing
    known |= {33 + 3, 27 - 3}  # findings, points
    known |= {11, 12, 13, 7, 8, 9}
    known |= {100 * 36 // 60}  # the share
    numbers = {int(whole) for whole in re.findall(r"(?<![\d.])(\d+)(?=\D)", said)} - {0}
    assert numbers - known - {480} == set()


def test_measures_and_reviews_are_numbers_of_the_city_and_nothing_is_said_of_none():
    measures = (Measures(name="批评教育", decided=3), Measures(name="效能诫勉", decided=1, set_aside=1))
    said = texts(charged("甲局", 1, late=1), measures=measures, years_corrected=2)["handling"]
    assert (
        "（二）落实责任追究和复核。本月全市作出批评教育3件、效能诫勉1件；经复核撤销效能诫勉1件；更正年度考核结果2份。"
        in said.splitlines()
    )
    fallen = texts(unit("甲局"), measures=(Measures(name="效能告诫", set_aside=1),))["handling"]
    assert fallen == "（一）落实责任追究和复核。经复核撤销效能告诫1件。"
    assert texts(unit("甲局"), years_corrected=1)["handling"].endswith("更正年度考核结果1份。")
    assert "责任追究" not in texts(unit("甲局"))["handling"]
