"""The pages of the month: the list, a unit's month and its steps, a number and its reason, and what cadres see."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Role, User
from appraisal import services
from appraisal.models import (
    LedgerEntry,
    MonthlyReport,
    MonthTotal,
    Objection,
    Standard,
    StandardItem,
    WithholdingProposal,
)
from appraisal.services import sweeps
from attendance.models import FindingState, Item
from cards.models import Cadre
from common import notices
from common.models import AuditEntry, Notice
from common.rules import at
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, OCTOBER, begins, draft, entry_of, stands
from tests.cast import crowd, give, make_unit, make_user, signed_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
UNTIL = date(2026, 12, 8)
AFTER = at(date(2026, 12, 9), time(9))
MONTH = "2026-11"


@pytest.fixture(autouse=True)
def _begun(db, time_machine):
    begins()
    time_machine.move_to(DRAFTING, tick=False)


@pytest.fixture
def report(unit, chen, officer) -> MonthlyReport:
    stands(
        chen,
        date(2026, 11, 3),
        recorder=officer,
        room="306 室",
        note="所报会议未召开",
        defence="会议改期，忘记更新",
        defended_at=at(date(2026, 11, 4), time(9)),
        defended_by=chen.user,
        decision_reason="不属免责情形",
    )
    return draft(unit)


def url(name: str, report: MonthlyReport, *more: Any) -> str:
    return reverse(name, args=[report.unit.code, f"{report.month:%Y-%m}", *more])


def get(user: User, address: str, status: int = 200) -> str:
    response = signed_in(user).get(address)
    assert response.status_code == status
    return response.content.decode()


def get_context(user: User, report: MonthlyReport) -> Any:
    return signed_in(user).get(url("month", report)).context


def published(report: MonthlyReport, head: User) -> MonthlyReport:
    report = services.month_confirm(report=report, actor=head, now=DRAFTING)
    return services.month_publish(report=report, actor=head, now=DRAFTING)


# --- A unit's month -------------------------------------------------------------------------------------------------


class TestTheMonth:
    def test_it_shows_the_figures_and_the_chain_under_them(self, report, head):
        page = get(head, url("month", report))
        assert "陈砚" in page
        assert "脱岗1次" in page
        assert "合计 2 分，40.00 元" in page
        for link in (
            "11月3日 09:30 巡查：306 室，所报会议未召开".replace("巡查", "系统记录"),
            "门牌当时：在岗",
            "标准第1版“脱岗”",
            "11月4日陈述：会议改期，忘记更新",
            "11月3日认定：不属免责情形",
            "2 分 × 每分 20.00 元 = 40.00 元",
        ):
            assert link in page
        assert url("entry", report, 1) in page

    def test_one_primary_action_for_whoever_may_and_a_sentence_for_the_others(self, report, head, officer):
        assert url("month_confirm", report) in get(head, url("month", report))
        page = get(officer, url("month", report))
        assert url("month_confirm", report) not in page
        assert "待何正确认，截止12月4日。" in page

    def test_the_head_who_recorded_reads_why_not(self, unit, chen, head, express):
        stands(chen, date(2026, 11, 3), recorder=head)
        report = draft(unit)
        page = get(head, url("month", report))
        assert "您记录了本月的问题，本单位没有其他可以确认的负责人，须由效能直通车确认。" in page
        assert url("month_confirm", report) not in page
        assert url("month_confirm", report) in get(express, url("month", report))
        give(second := make_user("head2", "何平"), Role.LEADING_GROUP_HEAD, unit=unit)
        assert "须由另一位负责人确认" in get(head, url("month", report))
        assert url("month_confirm", report) in get(second, url("month", report))

    def test_while_it_hangs_nobody_reports_it(self, report, head, time_machine):
        report = published(report, head)
        page = get(head, url("month", report))
        assert "公布至12月8日24时，期满后上报市效能办。" in page
        assert url("month_report", report) not in page
        time_machine.move_to(AFTER)
        assert url("month_report", report) in get(head, url("month", report))

    def test_open_objections_are_counted_and_hold_it_back(self, report, head, chen, time_machine):
        report = published(report, head)
        entry = LedgerEntry.objects.get()
        Objection.objects.create(
            entry=entry,
            finding=entry.finding,
            made_by=chen.user,
            made_at=DRAFTING,
            text="当时在开会",
            due_on=UNTIL,
        )
        time_machine.move_to(AFTER)
        page = get(head, url("month", report))
        assert "待决定的异议" in page
        assert "还有异议待决定" in page
        assert "异议待决定" in page
        response = signed_in(head).post(url("month_report", report))
        assert response.status_code == 422
        assert "还有异议待决定" in response.content.decode()
        assert "当时在开会" not in get(head, url("entry", report, 1))

    def test_what_the_month_does_not_count_yet_stands_beside_it(self, unit, chen, lin, head):
        stands(chen, date(2026, 11, 3))
        open_one = stands(lin, date(2026, 11, 27), code="late", state=FindingState.PROVISIONAL)
        report = draft(unit)
        page = get(head, url("month", report))
        assert "林一帆" in page
        assert "列入以后月份" in page
        open_one.state, open_one.decided_at = FindingState.STANDING, AFTER
        open_one.save()
        later = draft(unit, date(2026, 12, 1), at(date(2027, 1, 1), time(6)))
        page = get(head, url("month", report))
        assert "计入2026年12月" in page
        reason = get(head, url("entry", later, 2))
        assert "12月9日认定时2026年11月考核已经草拟，按实际日期计入2026年12月" in reason

    def test_more_than_the_allowance_is_said(self, unit, chen, head):
        for day in (3, 4, 5):
            stands(chen, date(2026, 11, day), code="noon_drinking")
        page = get(head, url("month", draft(unit)))
        assert "300.00" in page
        assert "应扣360.00，以当月考核奖为限" in page

    def test_corrections_of_earlier_months_stand_apart(self, unit, chen, head):
        begins(OCTOBER)
        finding = stands(chen, date(2026, 10, 20))
        october = draft(unit, OCTOBER)
        services.entry_reverse(entry=entry_of(finding), reason="会议有据", actor=head, now=DRAFTING)
        november = draft(unit)
        page = get(head, url("month", november))
        assert "会议有据" in page
        assert "−2.0" in page
        assert "−40.00" in page
        assert "更正后余0.00" in get(head, url("month", october))

    def test_the_unit_itself_has_points_and_no_money(self, unit, head):
        stands(None, date(2026, 11, 3), code="sheet_missing", unit=unit)
        page = get(head, url("month", draft(unit)))
        assert "单位本身" in page
        assert "单位只计分，不扣发" in page

    def test_a_late_one_says_so(self, report, head, time_machine):
        time_machine.move_to(at(report.report_by + DAY, time(9)))
        assert "应于12月18日前上报，已逾期" in get(head, url("month", report))

    @pytest.mark.parametrize(
        "who", ["other_officer", "chen", "discipline", "administrator"], ids=lambda name: name
    )
    def test_it_is_nobody_elses(self, request, report, who, other_officer):
        person = request.getfixturevalue(who)
        user = person.user if isinstance(person, Cadre) else person
        expected = 404 if who == "other_officer" else 403
        get(user, url("month", report), expected)
        get(user, url("entry", report, 1), expected)

    @pytest.mark.parametrize("month", ["2026-10", "2026-13", "november", "0000000000000000"])
    def test_a_month_that_was_not_drafted_is_not_found(self, report, head, month):
        get(head, reverse("month", args=[report.unit.code, month]), 404)

    def test_supervisors_read_and_do_nothing(self, report, supervisor):
        page = get(supervisor, url("month", report))
        assert "<form" not in page.split("<main")[1]
        for step in ("confirm", "publish", "report", "nil", "accept", "send_back"):
            assert signed_in(supervisor).post(url(f"month_{step}", report)).status_code == 403

    def test_it_is_kept_by_nobody_between(self, report, head):
        response = signed_in(head).get(url("month", report))
        assert response["Cache-Control"] == "private, no-store"


class TestSteps:
    def test_the_whole_path_by_its_buttons(self, report, head, express, time_machine):
        client = signed_in(head)
        assert client.post(url("month_confirm", report)).status_code == 302
        assert client.post(url("month_publish", report)).status_code == 302
        time_machine.move_to(AFTER)
        assert client.post(url("month_report", report)).status_code == 302
        city = signed_in(express)
        assert url("month_accept", report) in city.get(url("month", report)).content.decode()
        assert city.post(url("month_accept", report)).status_code == 302
        assert MonthlyReport.objects.get().state == "accepted"

    def test_twice_is_once(self, report, head):
        client = signed_in(head)
        for _time in range(2):
            assert client.post(url("month_confirm", report)).status_code == 302
        assert AuditEntry.objects.filter(verb="month_confirmed").count() == 1

    def test_a_step_that_is_not_its_turn_is_a_sentence(self, report, head):
        response = signed_in(head).post(url("month_publish", report))
        assert response.status_code == 422
        assert "本月考核已进入其他环节" in response.content.decode()

    def test_sending_back_asks_why_and_reporting_again_answers(self, report, head, express, time_machine):
        report = published(report, head)
        time_machine.move_to(AFTER)
        report = services.month_report(report=report, actor=head, now=AFTER)
        city, unit = signed_in(express), signed_in(head)
        empty = city.post(url("month_send_back", report), {"back-reason": " "})
        assert empty.status_code == 422
        assert "back-reason" in empty.content.decode()
        assert city.post(url("month_send_back", report), {"back-reason": "请说明"}).status_code == 302
        page = unit.get(url("month", report)).content.decode()
        assert "请说明" in page
        assert unit.post(url("month_report", report), {"answer-answer": ""}).status_code == 422
        assert unit.post(url("month_report", report), {"answer-answer": "已核对"}).status_code == 302
        page = city.get(url("month", report)).content.decode()
        assert "已核对" in page
        assert MonthlyReport.objects.get().state == "reported"

    def test_a_page_that_was_open_meanwhile_neither_accepts_nor_sends_back(
        self, report, head, express, time_machine
    ):
        report = published(report, head)
        time_machine.move_to(AFTER)
        report = services.month_report(report=report, actor=head, now=AFTER)
        give(second := make_user("express2", "舒言"), Role.EXPRESS_STAFF)
        city = signed_in(second)
        read = city.get(url("month", report)).context
        report = services.month_send_back(report=report, reason="请说明", actor=express, now=AFTER)
        services.month_report(report=report, answer="已核对", actor=head, now=AFTER + DAY)
        back = {"back-reason": "仍缺", "back-seen": read["send_back"].initial["seen"]}
        for step, given in (("accept", {"seen": read["action"].seen}), ("send_back", back)):
            answer = city.post(url(f"month_{step}", report), given)
            assert answer.status_code == 422
            assert "其他人刚刚修改了这里的内容" in answer.content.decode()
            assert MonthlyReport.objects.get().state == "reported"
        # What came back with it is read now: the same again is a decision.
        now_read = answer.context
        assert "已核对" in answer.content.decode()
        assert now_read["send_back"].data["back-seen"] == now_read["action"].seen != read["action"].seen
        assert city.post(url("month_accept", report), {"seen": now_read["action"].seen}).status_code == 302

    def test_the_last_resort_is_said_to_whoever_takes_it(self, unit, chen, head, express):
        for day, recorder in ((3, head), (4, express)):
            stands(chen, date(2026, 11, day), recorder=recorder)
        report = draft(unit)
        assert get_context(express, report)["why_you"]
        assert signed_in(express).post(url("month_confirm", report)).status_code == 302
        assert "last_resort" in AuditEntry.objects.get(verb="month_confirmed").changes

    def test_so_is_that_the_unit_let_it_lie(self, report, head, express, time_machine):
        assert get_context(express, report)["action"] is None
        time_machine.move_to(at(date(2026, 12, 21), time(9)))
        assert get_context(express, report)["why_you"]
        own = get_context(head, report)
        assert (own["why_you"], own["action"] is not None) == ("", True)

    def test_nil_in_one_tap_by_the_officer(self, unit, officer):
        report = draft(unit)
        page = get(officer, url("month", report))
        assert "零报告上报" in page
        assert signed_in(officer).post(url("month_nil", report)).status_code == 302
        assert MonthlyReport.objects.get().nil


# --- The lists ------------------------------------------------------------------------------------------------------


class TestTheLists:
    def test_a_unit_sees_its_own_months(self, report, officer, other_unit):
        draft(other_unit)
        page = get(officer, reverse("months"))
        assert url("month", report) in page
        assert other_unit.name not in page
        get(officer, f"{reverse('months')}?unit={other_unit.code}", 404)

    def test_the_city_sees_how_far_each_unit_is(self, report, other_unit, express, head):
        draft(other_unit)
        services.month_confirm(report=report, actor=head, now=DRAFTING)
        client = signed_in(express)

        def shown(**query: str) -> set[str]:
            rows = client.get(reverse("months"), query).context["rows"]
            return {row["line"].unit.code for row in rows}

        both = {report.unit.code, other_unit.code}
        assert shown() == both
        assert shown(state="confirmed") == {report.unit.code}
        assert shown(state="drafted") == {other_unit.code}
        assert shown(state="nonsense", month="nonsense", late="") == both
        assert shown(month="2019-01") == set()

    def test_what_is_late_is_a_list_of_its_own(self, report, other_unit, express, head, time_machine):
        draft(other_unit)
        published(report, head)
        time_machine.move_to(at(date(2026, 12, 7), time(9)))
        rows = signed_in(express).get(reverse("months"), {"late": "1"}).context["rows"]
        assert [row["line"].unit for row in rows] == [other_unit]

    def test_a_supervision_group_sees_its_units(self, report, other_unit, supervisor):
        draft(other_unit)
        page = get(supervisor, reverse("months"))
        assert other_unit.name not in page

    def test_before_the_first_month_there_is_a_sentence(self, express):
        assert "还没有草拟月度考核" in get(express, reverse("months"))

    @pytest.mark.parametrize("number", [2, 3, 40])
    def test_the_number_of_queries_does_not_grow(self, number, express, unit, django_assert_num_queries):
        for position in range(number):
            draft(make_unit(f"D7{position:02}", f"测试局{position}"))
        client = signed_in(express)
        client.get(reverse("months"))
        with django_assert_num_queries(LIST_QUERIES):
            client.get(reverse("months"))


#: Session, user, memberships, second factor, city and notices of the frame; units, newest, states, late, undrafted,
#: count, page, sums, proposals, days.
LIST_QUERIES = 20


@pytest.mark.parametrize("number", [1, 3, 300])
def test_the_queries_of_a_month_do_not_grow_with_its_people(
    number, unit, office, head, django_assert_num_queries
):
    for cadre in crowd(office, number, cards=False):
        stands(cadre, date(2026, 11, 3))
    report = draft(unit)
    client = signed_in(head)
    client.get(url("month", report))
    with django_assert_num_queries(MONTH_QUERIES):
        page = client.get(url("month", report)).content.decode()
    assert page.count("扣分依据（1条）") == number


MONTH_QUERIES = 35


# --- A number and its reason ----------------------------------------------------------------------------------------


class TestTheReason:
    def test_everything_behind_it(self, report, head):
        page = get(head, url("entry", report, 1))
        entry = LedgerEntry.objects.get()
        for words in (
            "脱岗：2 分，40.00 元",
            "306 室",
            "所报会议未召开",
            "会议改期，忘记更新",
            "不属免责情形",
            "09:30:00 门牌显示",
            "标准第1版“脱岗”",
            "2 分 × 每分 20.00 元 = 40.00 元",
            "2026年11月",
            "即日起至公布期满可以提出异议。",
            entry.hash,
            "0" * 64,
        ):
            assert words in page

    def test_until_when_an_objection_may_be_made(self, report, head, time_machine):
        report = published(report, head)
        assert "12月8日24时前可以提出异议" in get(head, url("entry", report, 1))
        time_machine.move_to(AFTER)
        assert "提出异议的期限已于12月8日24时届满" in get(head, url("entry", report, 1))

    def test_a_reversal_and_what_it_takes_back_lead_to_each_other(self, report, head):
        services.entry_reverse(entry=LedgerEntry.objects.get(), reason="会议有据", actor=head, now=DRAFTING)
        reversal = reverse("entry", args=[report.unit.code, "2026-12", 2])
        assert reversal in get(head, url("entry", report, 1))
        page = get(head, reversal)
        assert url("entry", report, 1) in page
        assert "会议有据" in page
        assert "冲销2 分、40.00 元" in page

    def test_why_it_is_free_or_costs_more(self, unit, chen, head):
        standard = Standard.objects.create(
            version=2,
            effective_from=date(2026, 11, 1),
            cents_per_point=3000,
            cap_cents=50_000,
            allowance="月度考核奖",
            legal_basis="市政府常务会议纪要",
            proposed_at=DRAFTING,
            adopted_at=DRAFTING,
        )
        StandardItem.objects.create(
            standard=standard,
            item=Item.objects.get(code="late"),
            half_points=2,
            free_first=1,
            step_half_points=1,
            window_days=30,
        )
        for day in (3, 4, 5):
            stands(chen, date(2026, 11, day), code="late")
        report = draft(unit)
        assert "当月第1次，前1次不扣" in get(head, url("entry", report, 1))
        third = get(head, url("entry", report, 3))
        assert "当月第3次，前1次不扣" in third
        assert "此前30日内已有2次，加扣1 分" in third
        assert "1 分 + 2 × 0.5 分 = 2 分；× 每分 30.00 元 = 60.00 元" in third

    def test_an_entry_of_another_month_or_unit_is_not_found(self, report, head, other_officer):
        get(head, reverse("entry", args=[report.unit.code, "2026-10", 1]), 404)
        get(head, url("entry", report, 2), 404)
        get(other_officer, url("entry_print", report, 1), 404)

    def test_the_case_file_is_for_whoever_may_see_it_and_the_person(self, report, head, chen, lin, express):
        for user in (head, chen.user, express):
            page = get(user, url("entry_print", report, 1))
            assert "个案材料" in page
            assert "所报会议未召开" in page
        get(lin.user, url("entry_print", report, 1), 404)

    def test_from_the_month_to_what_the_plaque_said_it_is_one_step(self, report, head):
        client = signed_in(head)
        assert url("entry", report, 1) in client.get(url("month", report)).content.decode()
        assert "门牌显示" in client.get(url("entry", report, 1)).content.decode()

    @pytest.mark.parametrize("number", [1, 3, 40])
    def test_its_queries_do_not_grow(self, number, unit, office, head, django_assert_num_queries):
        for cadre in crowd(office, number, cards=False):
            stands(cadre, date(2026, 11, 3))
        report = draft(unit)
        client = signed_in(head)
        client.get(url("entry", report, 1))
        with django_assert_num_queries(ENTRY_QUERIES):
            client.get(url("entry", report, 1))


ENTRY_QUERIES = 23


# --- A cadre's own --------------------------------------------------------------------------------------------------


class TestMine:
    def test_every_number_with_its_reason_from_the_draft_on(self, report, chen):
        page = get(chen.user, reverse("my_month", args=[MONTH]))
        assert "2 分 · 40.00 元" in page
        assert "所报会议未召开" in page
        assert "尚未在单位公布" in page
        assert reverse("my_entry", args=[report.unit.code, 1]) in page
        assert reverse("objection_new", args=[report.unit.code, 1]) in page
        assert MONTH in get(chen.user, reverse("my_months"))
        assert "09:30:00 门牌显示" in get(chen.user, reverse("my_entry", args=[report.unit.code, 1]))

    def test_what_is_proposed_and_released_is_said(self, report, chen, head):
        assert "建议扣发月度考核奖 40.00 元" in get(chen.user, reverse("my_month", args=[MONTH]))
        services.entry_reverse(entry=LedgerEntry.objects.get(), reason="会议有据", actor=head, now=DRAFTING)
        assert WithholdingProposal.objects.get().due_cents == 0
        assert "其中 40.00 元 已解除，余 0.00 元" in get(chen.user, reverse("my_month", args=[MONTH]))

    def test_nobody_elses(self, report, lin, zhou):
        page = get(lin.user, reverse("my_month", args=[MONTH]))
        assert "陈砚" not in page
        assert "本月您没有扣分。" in page
        get(lin.user, reverse("my_entry", args=[report.unit.code, 1]), 404)
        get(zhou.user, reverse("my_entry", args=[report.unit.code, 1]), 404)
        get(zhou.user, reverse("my_month", args=[MONTH]), 404)
        get(lin.user, reverse("my_month", args=["2026-10"]), 404)

    def test_the_phone_page_leads_there(self, report, chen):
        assert reverse("my_month", args=[MONTH]) in get(chen.user, reverse("my_whereabouts"))

    def test_what_was_counted_before_a_transfer_stays_theirs(self, report, chen, other_unit, other_office):
        Cadre.objects.filter(pk=chen.pk).update(unit=other_unit, office=other_office)
        draft(other_unit)
        page = get(chen.user, reverse("my_month", args=[MONTH]))
        assert report.unit.name in page
        assert other_unit.name in page
        assert "2 分 · 40.00 元" in page


class TestThePublication:
    def test_the_unit_sees_it_from_the_day_of_publication_on_and_not_before(self, report, head, lin):
        address = reverse("unit_month", args=[MONTH])
        get(lin.user, address, 404)
        confirmed = services.month_confirm(report=report, actor=head, now=DRAFTING)
        get(lin.user, address, 404)
        get(head, url("month_sheet", report), 404)
        services.month_publish(report=confirmed, actor=head, now=DRAFTING)
        page = get(lin.user, address)
        assert "陈砚" in page
        assert "40.00" in page
        assert "公布时间：12月1日至12月8日" in page
        # Points and sums are published, not the facts.
        assert "脱岗" not in page
        assert "所报会议未召开" not in page
        sheet = get(head, url("month_sheet", report))
        assert "青窑局2026年11月考核扣分结果" in sheet
        assert "脱岗" not in sheet

    def test_nobody_of_another_unit_does(self, report, head, zhou, officer):
        published(report, head)
        get(zhou.user, reverse("unit_month", args=[MONTH]), 404)
        get(officer, reverse("unit_month", args=[MONTH]), 403)

    def test_whoever_came_later_is_not_shown_what_hung_before(self, report, head, lin):
        published(report, head)
        address = reverse("unit_month", args=[MONTH])
        lin.serves_from = date(2026, 11, 30)
        lin.save()
        get(lin.user, address)
        lin.serves_from = date(2026, 12, 1)
        lin.save()
        get(lin.user, address, 404)

    def test_names_come_in_their_order_and_not_by_points(self, unit, chen, lin, wei, head):
        for cadre, code in ((wei, "late"), (lin, "noon_drinking"), (chen, "off_post")):
            stands(cadre, date(2026, 11, 3), code=code)
        published(draft(unit), head)
        page = get(lin.user, reverse("unit_month", args=[MONTH]))
        assert page.index("陈砚") < page.index("林一帆", page.index("<table")) < page.index("韦诉")

    def test_what_was_put_right_since_is_said(self, report, head, lin):
        published(report, head)
        services.entry_reverse(entry=LedgerEntry.objects.get(), reason="会议有据", actor=head, now=DRAFTING)
        assert "已更正为 0 分，0.00 元" in get(lin.user, reverse("unit_month", args=[MONTH]))


class TestWhatGoesStraightToTheCommission:
    def test_it_stands_on_the_page_of_the_month_and_does_not_hang_in_the_unit(
        self, unit, chen, lin, head, express
    ):
        stands(chen, date(2026, 11, 3), code="soliciting")
        stands(lin, date(2026, 11, 4))
        report = published(draft(unit), head)
        for reader in (head, express):
            page = get(reader, url("month", report))
            assert "陈砚" in page
            assert "移送市纪委，不计分" in page
        for page in (
            get(lin.user, reverse("unit_month", args=[MONTH])),
            get(head, url("month_sheet", report)),
        ):
            table = page[page.index("<table") : page.index("</table")]
            assert "林一帆" in table
            assert "陈砚" not in table
        assert LedgerEntry.objects.get(cadre=chen).half_points == 0

    def test_the_commission_and_the_head_of_the_express_hear_of_it_once_and_of_nobody(
        self, unit, other_unit, chen, zhou, express, express_head, discipline, head
    ):
        stands(chen, date(2026, 11, 3), code="soliciting"), stands(chen, date(2026, 11, 4), code="soliciting")
        stands(zhou, date(2026, 11, 4))
        draft(unit), draft(unit), draft(other_unit)
        told = {
            notice.user: notices.in_words(notice) for notice in Notice.objects.filter(kind="month_referred")
        }
        assert set(told) == {express_head, discipline}
        assert told[discipline].url == reverse("desk")
        assert told[express_head].url.startswith(reverse("findings"))
        assert unit.name in get(express_head, told[express_head].url)
        assert not any("陈砚" in f"{words.title}{words.text}" for words in told.values())


def test_the_sums_of_the_pages_are_those_of_the_totals(unit, chen, lin, head):
    for day in (3, 4, 10):
        stands(chen, date(2026, 11, day))
        stands(lin, date(2026, 11, day), code="late")
    report = draft(unit)
    lines = signed_in(head).get(url("month", report)).context["lines"]
    totals = MonthTotal.objects.filter(report=report)
    assert lines.half_points == sum(total.half_points for total in totals) == 18
    assert lines.proposed_cents == sum(total.cents for total in totals) == 18_000


def test_a_late_report_opens_from_its_notice(report, unit, officer, head, time_machine):
    now = at(report.report_by + DAY, time(9))
    time_machine.move_to(now)
    sweeps.deadlines_sweep(now=now)
    page = get(officer, reverse("notices"))
    assert "月度考核未按期上报" in page
    assert report.month == NOVEMBER
