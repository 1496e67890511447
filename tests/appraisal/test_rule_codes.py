"""Every rule of the scheme by its code, to the edge and through the real services: what is done, and what comes of it.

A table a code; the words above it are scheme.txt's. Who may take a step stands in test_four_eyes, the pure rules in
test_ladder_rules and test_year_rules, whatever else the services do in the tests of each.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, time
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.models import Unit
from appraisal.models import (
    AnnualResult,
    LedgerEntry,
    RectificationOrder,
    Rollout,
    Sanction,
    UnitResult,
    Wave,
    WithholdingProposal,
    YearSettings,
)
from appraisal.services import bulletins, proposing
from appraisal.services.years import year_appraise
from attendance import draw
from attendance.models import DailySheet, Finding, InspectionSettings
from attendance.services import round_submit
from attendance.services import sweeps as inspection
from cards import services as cards
from cards.models import Cadre, Card
from common.problems import Refused
from common.rules import at
from complaints import clock
from complaints.services import handling
from tests.appraisal import reviewing, sanctioning
from tests.appraisal.ledgers import NOVEMBER, begins, draft, stands
from tests.cast import NOW, crowd, issue_card, make_office, make_unit, make_user
from tests.complaints.cases import LATER, accepted, drafted

pytestmark = pytest.mark.django_db
YEAR = 2026
NEW_YEAR = at(date(2027, 1, 5), time(9))
SPRING, AUTUMN = date(2026, 4, 14), date(2026, 10, 13)


def result(cadre: Cadre, year: int = YEAR) -> AnnualResult:
    begins(min(NOVEMBER, date(year, 12, 1)))
    year_appraise(year=year, now=NEW_YEAR)
    return AnnualResult.objects.get(cadre=cadre, year=year)


def consequences(cadre: Cadre, year: int = YEAR) -> tuple[str, int, list[str]]:
    row = result(cadre, year)
    # First in line is somebody of whom nothing is known; YEAR-3 has a table of its own.
    return row.ceiling, row.bonus_months, [code for code in row.codes if code != "YEAR-3"]


# --- 一（一）“一人一证”亮明身份。由市效能办监制，统一为每个工作人员制定一张“干部身份证” ----------------------------


def test_card_1_one_valid_card_each_and_never_by_whoever_asked(lin, officer):
    card = issue_card(lin)
    with pytest.raises(IntegrityError), transaction.atomic():
        Card.objects.create(
            cadre=lin, serial="2", issued_at=NOW, issued_by=officer, approved_by=card.approved_by
        )
    request = cards.card_request(cadre=lin, reason="lost", note="", actor=officer, now=NOW)
    with pytest.raises(Refused):
        cards.card_decide(request=request, approve=True, note="", actor=officer, now=NOW)


# --- 一（二）在一牌一卡上注明所在单位和市“效能直通车”两级监督电话 ----------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "without", "printed"),
    [
        ("plaque", "", True),
        ("contact", "", True),
        ("plaque", "unit", False),
        ("contact", "unit", False),
        ("plaque", "city", False),
        ("contact", "city", False),
    ],
)
def test_card_2_no_plaque_and_no_card_without_both_hotlines(
    kind, without, printed, lin, city, tmp_path, settings
):
    settings.SITE_URL, settings.SITE_HOST, settings.HTTPS = "https://id.ceshi.gov.cn", "id.ceshi.gov.cn", True
    issue_card(lin)
    if without == "unit":
        Unit.objects.filter(pk=lin.unit_id).update(hotline="")
    elif without == "city":
        type(city).objects.update(express_hotline="")
    with suppress(CommandError):
        call_command(
            "print_cards", "--all", "--kind", kind, "--output", str(tmp_path / "out"), stderr=StringIO()
        )
    assert bool(list(tmp_path.glob("out/*.pdf"))) is printed


# --- 三（一）“一日一表”: 各单位每日对干部出勤是否按时、状态是否真实进行巡视检查，并记录建档 -------------------------


@pytest.mark.parametrize(
    ("day", "handed_in", "missing"),
    [
        (date(2026, 11, 18), False, 1),
        (date(2026, 11, 18), True, 0),
        # A Saturday, and a Saturday that is a working day.
        (date(2026, 11, 21), False, 0),
        (date(2026, 10, 10), False, 1),
    ],
)
def test_insp_1_a_working_day_without_its_sheet_counts_against_the_unit(
    day, handed_in, missing, lin, officer
):
    InspectionSettings.objects.update_or_create(pk=1, defaults={"sheets_from": day})
    if handed_in:
        DailySheet.objects.create(unit=lin.unit, day=day)
    # By then a working day has followed.
    inspection.missing_sheets_record(now=at(date.fromordinal(day.toordinal() + 5), time(9)))
    assert Finding.objects.filter(item__code="sheet_missing", unit=lin.unit, day=day).count() == missing


# --- 三（一）市“效能直通车”进行随机抽查 -----------------------------------------------------------------------------


def test_insp_2_anybody_can_recompute_who_was_drawn():
    assert draw.select("9319./2.5.8.10.12./9.18.26.34.41.45./", 25, 10) == [
        17,
        7,
        2,
        16,
        25,
        23,
        8,
        24,
        19,
        13,
    ]


# --- 三（二）“一月一计”: 进行扣分，同时按一定标准扣发月度考核奖或补贴 -----------------------------------------------


@pytest.mark.parametrize(
    ("codes", "half_points", "cents", "withheld"),
    [
        ((), 0, 0, None),
        (("late",), 2, 2_000, 2_000),
        (("late", "off_post", "games"), 12, 12_000, 12_000),
        # Never more than the month's allowance.
        (("noon_drinking",) * 3, 36, 36_000, 30_000),
        # Without points, straight to the commission.
        (("soliciting",), 0, 0, None),
    ],
)
def test_month_1_findings_become_points_and_a_capped_proposal(codes, half_points, cents, withheld, lin):
    begins()
    for day, code in enumerate(codes, start=2):
        stands(lin, date(2026, 11, day), code=code)
    draft(lin.unit)
    entries = list(LedgerEntry.objects.filter(cadre=lin))
    assert (sum(row.half_points for row in entries), sum(row.cents for row in entries)) == (
        half_points,
        cents,
    )
    amounts = WithholdingProposal.objects.filter(cadre=lin).values_list("amount_cents", flat=True)
    assert list(amounts) == ([] if withheld is None else [withheld])


# --- 三（二）市“效能直通车”每月通报对各单位的检查扣分情况 -----------------------------------------------------------


def test_month_2_the_bulletin_is_one_a_month_and_names_units_only(lin):
    begins()
    stands(lin, date(2026, 11, 3))
    draft(lin.unit)
    first, made = bulletins.bulletin_draft(month=NOVEMBER, now=at(date(2026, 12, 10), time(8)))
    again, again_made = bulletins.bulletin_draft(month=NOVEMBER, now=at(date(2026, 12, 11), time(8)))
    assert (made, again_made, again.pk) == (True, False, first.pk)


# --- 一（三）对群众投诉举报的案件，3日内办结并反馈处理结果 ----------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "mode", "last_day"),
    [
        (date(2026, 2, 12), "workday", date(2026, 2, 24)),
        (date(2026, 2, 12), "calendar_rolled", date(2026, 2, 24)),
        (date(2026, 5, 8), "workday", date(2026, 5, 12)),
        (date(2026, 5, 8), "calendar_rolled", date(2026, 5, 11)),
        (date(2026, 11, 28), "workday", date(2026, 12, 2)),
        (date(2026, 11, 28), "calendar_rolled", date(2026, 12, 1)),
        (date(2026, 11, 28), "calendar_strict", date(2026, 12, 1)),
    ],
)
def test_comp_1_three_days(received, mode, last_day):
    assert clock.due_date(received, 3, mode) == last_day


# --- 三（三）对一年内被投诉一次经核查属实的，进行批评教育 -----------------------------------------------------------


@pytest.mark.parametrize(
    ("outcomes", "proposed", "codes"),
    [
        ((), 0, []),
        (("substantiated",), 1, ["COMP-2"]),
        (("partly",), 1, ["COMP-2"]),
        (("substantiated", "substantiated"), 2, ["COMP-2"]),
        (("unsubstantiated", "cleared"), 0, []),
    ],
    ids=["none", "one", "one in part", "two", "none of two"],
)
def test_comp_2_a_substantiated_complaint_is_one_criticism_and_no_grade(
    outcomes, proposed, codes, lin, express, express_head
):
    for outcome in outcomes:
        case = drafted(accepted(lin.unit, express, lin), outcome=outcome)
        handling.close(case=case, feedback="receipt", actor=express_head, now=LATER)
    assert proposing.sanctions_propose(year=YEAR, now=at(date(2026, 12, 1), time(6))) == proposed
    assert set(Sanction.objects.values_list("measure__code", flat=True)) <= {"criticism"}
    assert consequences(lin) == ("excellent", 0, codes)


# --- 一（三）批评教育、效能诫勉和效能告诫等处理，情节严重的全市通报批评，构成违纪的移送市纪委 -------------------------


@pytest.mark.parametrize(
    ("before", "code", "needs_reason"),
    [
        ((), "criticism", False),
        ((), "admonishment", True),
        (("criticism",), "admonishment", False),
        (("criticism",), "caution", True),
        (("admonishment",), "caution", False),
        (("caution",), "criticism", False),
        (("caution",), "circular", False),
    ],
)
def test_sanc_1_a_rung_that_is_passed_over_needs_a_reason(before, code, needs_reason, lin):
    for one in before:
        sanctioning.decided(lin, one, day=SPRING)
    made = sanctioning.proposed(lin, code, day=date(2026, 9, 1))
    if needs_reason:
        with pytest.raises(Refused):
            sanctioning.decide(made, skipped_reason="")
    else:
        assert sanctioning.decide(made, skipped_reason="").skipped == ""


# --- 三（三）一年内被效能诫勉教育一次的，扣除三个月奖金 -------------------------------------------------------------


def year_1(cadre: Cadre) -> None:
    sanctioning.served(cadre, "admonishment", day=SPRING)


def nothing(cadre: Cadre) -> None:
    pass


def twice(cadre: Cadre) -> None:
    year_1(cadre)
    sanctioning.served(cadre, "admonishment", day=AUTUMN)


def one_caution(cadre: Cadre) -> None:
    sanctioning.served(cadre, "caution", day=SPRING)


def two_cautions(cadre: Cadre) -> None:
    one_caution(cadre)
    sanctioning.served(cadre, "caution", day=AUTUMN)


def both(cadre: Cadre) -> None:
    year_1(cadre)
    two_cautions(cadre)


def not_served(cadre: Cadre) -> None:
    """It counts from its decision, whenever it is handed over."""
    sanctioning.decided(cadre, "admonishment", day=SPRING)


def only_proposed(cadre: Cadre) -> None:
    sanctioning.proposed(cadre, "admonishment", day=SPRING)


def not_pursued(cadre: Cadre) -> None:
    sanctioning.decide(sanctioning.proposed(cadre, "admonishment", day=SPRING), None, exemption="no_rule")


def one_set_aside(cadre: Cadre) -> None:
    one_caution(cadre)
    sanctioning.set_aside(sanctioning.served(cadre, "caution", day=AUTUMN))


def after_review(cadre: Cadre) -> None:
    """Set aside by somebody without a hand in it, within thirty days."""
    made = sanctioning.served(cadre, "admonishment", day=AUTUMN)
    now = at(date(2026, 10, 20), time(10))
    reviewing.answered(reviewing.asked(made, now=now), revise=True, now=now)


def upheld(cadre: Cadre) -> None:
    made = sanctioning.served(cadre, "admonishment", day=AUTUMN)
    now = at(date(2026, 10, 20), time(10))
    reviewing.answered(reviewing.asked(made, now=now), revise=False, now=now)


def criticised(cadre: Cadre) -> None:
    sanctioning.served(cadre, "criticism", day=SPRING)


def by_circular(cadre: Cadre) -> None:
    sanctioning.served(cadre, "circular", day=SPRING)


#: 三（三）…扣除三个月奖金；一年内被效能告诫两次的，扣除全年奖金，当年年度考核确定为不称职. Of one caution the scheme
#: says nothing; after any of them the law allows no 优秀 (DOMAIN §3).
OF_A_YEAR = [
    (nothing, "excellent", 0, []),
    (criticised, "excellent", 0, []),
    (year_1, "competent", 3, ["YEAR-1", "LAW"]),
    (twice, "competent", 3, ["YEAR-1", "LAW"]),
    (not_served, "competent", 3, ["YEAR-1", "LAW"]),
    (only_proposed, "excellent", 0, []),
    (not_pursued, "excellent", 0, []),
    (after_review, "excellent", 0, []),
    (upheld, "competent", 3, ["YEAR-1", "LAW"]),
    (by_circular, "competent", 0, ["LAW"]),
    (one_caution, "competent", 0, ["LAW"]),
    (two_cautions, "incompetent", 12, ["LAW", "YEAR-2"]),
    (one_set_aside, "competent", 0, ["LAW"]),
    (both, "incompetent", 12, ["YEAR-1", "LAW", "YEAR-2"]),
]


@pytest.mark.parametrize(
    ("done", "ceiling", "months", "codes"), OF_A_YEAR, ids=lambda one: getattr(one, "__name__", "")
)
def test_year_1_and_year_2(done: Callable[[Cadre], None], ceiling: str, months: int, codes: Any, lin: Cadre):
    done(lin)
    assert consequences(lin) == (ceiling, months, codes)


def test_a_warning_that_is_over_still_counts_in_its_year_and_one_that_lasts_not_in_the_next(lin):
    """一年内: by the year of the decision; a caution warns for twelve months."""
    made = sanctioning.served(lin, "admonishment", day=date(2026, 2, 3))
    assert not made.is_warning(date(2026, 12, 31))
    last = sanctioning.served(lin, "caution", day=date(2026, 12, 22))
    assert last.is_warning(date(2027, 6, 1))
    assert consequences(lin, 2026)[2] == ["YEAR-1", "LAW"]
    assert consequences(lin, 2027) == ("excellent", 0, [])


def test_year_2_takes_two_cautions_within_one_year(lin):
    for day in (date(2025, 12, 16), date(2026, 1, 13)):
        sanctioning.served(lin, "caution", day=day)
    assert consequences(lin, 2025) == consequences(lin, 2026) == ("competent", 0, ["LAW"])


# --- 三（三）一年扣分最少的单位和个人，年终评先评优优先考虑；一年扣分最多的，当年不得参与评先评优 --------------------


@pytest.fixture
def team(unit, office) -> list[Cadre]:
    """Five of one office: fewer are compared with nobody."""
    begins()
    return crowd(office, 5, cards=False)


def found(cadre: Cadre, times: int) -> None:
    for day in range(times):
        stands(cadre, date(2026, 11, 2 + day), code="late")


def asks_for_no_sheets() -> None:
    YearSettings.objects.update_or_create(pk=1, defaults={"sheets_percent": 0})


@pytest.mark.parametrize(
    ("points", "most", "least"),
    [
        ((0, 0, 0, 0, 0), [], [0, 1, 2, 3, 4]),
        ((0, 0, 0, 0, 1), [4], [0, 1, 2, 3]),
        ((2, 0, 0, 1, 2), [0, 4], [1, 2]),
        ((1, 1, 1, 1, 1), [], [0, 1, 2, 3, 4]),
        ((3, 2, 1, 1, 2), [0], [2, 3]),
    ],
    ids=["nobody", "one", "ties", "all the same", "everybody has some"],
)
def test_year_3_and_year_4_for_people(points, most, least, team):
    for one, times in zip(team, points, strict=True):
        found(one, times)
    draft(team[0].unit)
    asks_for_no_sheets()
    year_appraise(year=YEAR, now=NEW_YEAR)
    rows = [AnnualResult.objects.get(cadre=one) for one in team]
    assert [number for number, row in enumerate(rows) if row.among_most] == most
    assert [number for number, row in enumerate(rows) if row.among_least] == least
    for row in rows:
        barred = ("basic", True, date(2027, 12, 31)) if row.among_most else ("excellent", False, None)
        assert (row.ceiling, row.barred_from_merit, row.barred_until) == barred


def test_year_4_compares_nobody_in_a_unit_of_four(unit, office):
    begins()
    people = crowd(office, 4, cards=False)
    found(people[0], 3)
    draft(unit)
    assert not result(people[0]).among_most


def test_year_3_takes_complete_sheets(team, officer):
    """Where nobody looked, having no point says nothing."""
    InspectionSettings.objects.update_or_create(pk=1, defaults={"sheets_from": date(2026, 12, 30)})
    for day in (30, 31):
        assert not result(team[0]).among_least
        assert not UnitResult.objects.get(unit=team[0].unit, year=YEAR).among_least
        inspected(team[0].unit, date(2026, 12, day), officer)
    assert result(team[0]).among_least
    assert UnitResult.objects.get(unit=team[0].unit, year=YEAR).among_least


def inspected(unit: Unit, day: date, checker: Any) -> None:
    round_submit(unit=unit, scope="", number=1, checker=checker, now=at(day, time(9, 30)))


def test_year_3_and_year_4_for_units_per_head_within_their_class(team, unit, other_unit):
    """Two points of five are fewer than one of two."""
    small, town = make_unit("D903", "小窑办"), other_unit
    Unit.objects.filter(pk=town.pk).update(kind="town")
    people = [*crowd(make_office(small), 2, cards=False), *crowd(make_office(town), 2, cards=False)]
    found(team[0], 2)
    found(people[0], 1)
    for one in (unit, small, town):
        draft(one)
    asks_for_no_sheets()
    year_appraise(year=YEAR, now=NEW_YEAR)
    rows = {row.unit.code: row for row in UnitResult.objects.select_related("unit")}
    assert [code for code, row in rows.items() if row.among_most] == [small.code]
    assert {code for code, row in rows.items() if row.among_least} == {unit.code, town.code}


# --- 二（三）市作风办下发通知，要求各单位限期完成；对不按规定及时建立的单位、干部，严格实行追效问责 ------------------


@pytest.mark.parametrize(
    ("today", "is_late"),
    [(date(2026, 9, 30), False), (date(2026, 10, 1), True)],
    ids=["its last day", "the day after"],
)
def test_roll_1_the_last_day_ends_at_midnight(today, is_late, unit):
    wave = Wave.objects.create(
        number=1, name="第一批推广", begins_on=date(2026, 9, 1), deadline=date(2026, 9, 30)
    )
    rollout = Rollout.objects.create(unit=unit, wave=wave)
    assert rollout.is_late(today) is is_late
    assert Rollout.objects.late(today).exists() is is_late


@pytest.mark.parametrize(
    ("today", "proposed"),
    [(date(2026, 9, 30), set()), (date(2026, 10, 1), {"unit", "leader"})],
    ids=["its last day", "the day after"],
)
def test_roll_2_the_unit_and_its_responsible_leader_answer(today, proposed, unit, lin):
    wave = Wave.objects.create(
        number=1, name="第一批推广", begins_on=date(2026, 9, 1), deadline=date(2026, 9, 18)
    )
    Rollout.objects.create(unit=unit, wave=wave, responsible=lin)
    # Its deadline was missed already, which is a flag; what counts is the order that followed.
    RectificationOrder.objects.create(
        unit=unit,
        text="补齐门牌",
        due_on=date(2026, 9, 30),
        ordered_by=make_user("group"),
        ordered_at=at(date(2026, 9, 22), time(9)),
    )
    sanctioning.only_rule("ROLL-2")
    proposing.sanctions_propose(year=YEAR, now=at(today, time(6)))
    assert {"unit" if row.cadre is None else "leader" for row in Sanction.objects.all()} == proposed
