"""What the month shows on the landing pages: to the Express, to a supervision group, to a unit's officer and head."""

import re
from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Unit, User
from appraisal import pipeline, services
from appraisal.models import Bulletin, MonthlyReport, ProposalState, ReportState
from common.rules import at
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, begins, draft, entry_of, stands
from tests.cast import make_cadre, make_office, make_unit, signed_in

pytestmark = pytest.mark.django_db
#: Confirming was due on 4 December, reporting in the middle of the month.
TUESDAY_AFTER = at(date(2026, 12, 8), time(9))
AFTER_ALL = at(date(2026, 12, 22), time(9))


@pytest.fixture(autouse=True)
def _begun(db, time_machine):
    begins()
    time_machine.move_to(DRAFTING, tick=False)


@pytest.fixture
def report(unit, chen) -> MonthlyReport:
    stands(chen, date(2026, 11, 3))
    return draft(unit)


def desk(user: User) -> str:
    response = signed_in(user).get("/desk/")
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def html(user: User) -> str:
    return signed_in(user).get("/desk/").content.decode()


def reported(report: MonthlyReport, head: User) -> MonthlyReport:
    report = services.month_confirm(report=report, actor=head, now=DRAFTING)
    report = services.month_publish(report=report, actor=head, now=DRAFTING)
    return services.month_report(report=report, actor=head, now=at(date(2026, 12, 9), time(9)))


# --- The Express ------------------------------------------------------------------------------------------------------


def test_before_the_first_month_nothing_is_said_of_it(express, supervisor, officer):
    for user in (express, supervisor, officer):
        assert "2026年11月考核" not in desk(user)


def test_the_express_sees_every_step_with_its_units_and_the_way_to_them(report, express, other_unit):
    draft(other_unit)
    page = html(express)
    assert "2026年11月考核" in page
    assert "/desk/months/?month=2026-11&amp;state=drafted" in page
    assert f"共2份，12月{report.report_by.day}日前上报" in page
    assert 'href="/desk/months/export/?month=2026-11"' in page


def test_late_units_come_first_with_what_their_month_comes_to(report, express, other_unit, time_machine):
    draft(other_unit)
    time_machine.move_to(TUESDAY_AFTER, tick=False)
    MonthlyReport.objects.filter(unit=other_unit).update(due_on=date(2026, 12, 9))
    page = desk(express)
    assert page.index("青窑局 本环节逾期4日") < page.index("剩余1日")
    assert re.search(r"本环节逾期4日 \d+ / \d+ 2\.0 40\.00", page)


def test_a_report_that_is_not_there_in_time_is_late_whatever_its_step(report, head, express, time_machine):
    services.month_confirm(report=report, actor=head, now=DRAFTING)
    last, late = report.report_by, report.report_by + timedelta(1)
    published = services.month_publish(report=report, actor=head, now=at(last, time(9)))
    assert published.due_on > late
    time_machine.move_to(at(late, time(9)), tick=False)
    (line,) = pipeline.read(MonthlyReport.objects.all(), NOVEMBER, at(late, time(9))).lines
    assert (line.is_late, line.days_left) == (True, -1)
    assert list(MonthlyReport.objects.late(late)) == [published]
    assert not MonthlyReport.objects.late(last).exists()
    assert "逾期1日" in desk(express)


def test_what_the_city_has_is_not_the_units_lateness(report, head, express, time_machine):
    reported(report, head)
    time_machine.move_to(AFTER_ALL, tick=False)
    page = desk(express)
    assert re.search(r"逾期未上报的月报 0", page), page
    # Its own delay the city counts as well, in the table and in the list.
    assert re.search(r"待审核的月报 1 其中1件已超期", page), page
    assert re.search(r"青窑局 逾期\d+日", page), page
    assert list(MonthlyReport.objects.behind(date(2026, 12, 22))) == [report]
    assert not MonthlyReport.objects.late(date(2026, 12, 22)).exists()


def test_open_objections_and_a_bulletin_without_its_signature_are_named(report, chen, express):
    services.objection_make(
        entry=entry_of(report.unit.ledger_entries.get().finding),
        text="当时在会场",
        actor=chen.user,
        now=DRAFTING,
    )
    draft_ = Bulletin.objects.create(month=NOVEMBER, drafted_at=DRAFTING)
    page = html(express)
    assert "/desk/objections/?state=open" in page
    assert f'href="/desk/bulletins/{draft_.pk}/"' in page
    assert "2026年11月通报已拟好，待签发" in page


def test_the_chart_says_in_words_and_in_a_table_what_it_draws(report, express):
    page = html(express)
    chart = page[page.index('<figure class="chart">') : page.index("</figure>")]
    assert 'role="img" aria-labelledby="trend-title trend-desc"' in chart
    assert "2026-11：扣2.0分，问题1个。" in chart
    assert "style=" not in chart
    assert re.search(r'<th scope="row"><a class="tap num" href="/desk/months/\?month=2026-11">', page)


def test_the_desk_takes_the_same_queries_for_one_unit_and_for_thirty(report, express, supervisor, unit):
    def queries(client: Client) -> int:
        client.get("/desk/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/desk/").status_code == 200
        return len(captured)

    clients = [signed_in(user) for user in (express, supervisor)]
    before = [queries(client) for client in clients]
    for number in range(29):
        another(number, unit)
    assert [queries(client) for client in clients] == before
    assert before[0] <= 42
    assert before[1] <= 36


def another(number: int, like: Unit) -> None:
    made = make_unit(f"D8{number:02}", f"第{number}局", supervision_group=like.supervision_group)
    stands(make_cadre(make_office(made), f"众{number}"), date(2026, 11, 3))
    draft(made)


# --- A supervision group ----------------------------------------------------------------------------------------------


def test_a_supervisor_sees_the_units_of_the_group_and_no_others(report, other_unit, supervisor):
    draft(other_unit)
    page = desk(supervisor)
    assert "2026年11月考核" in page
    assert re.search(r"全部 1 ", page)
    assert "待审核的月报" not in page


# --- A unit -----------------------------------------------------------------------------------------------------------


def test_the_head_is_told_that_it_is_their_turn_and_the_officer_whose_it_is(report, head, officer):
    assert "待您确认，截止12月4日。" in desk(head)
    assert "待何正确认，截止12月4日。" in desk(officer)
    button = '<a class="btn" href="/desk/months/D901/2026-11/">'
    assert button in html(head)
    assert button not in html(officer)


def test_while_it_hangs_it_is_nobodys_turn(report, head):
    services.month_confirm(report=report, actor=head, now=DRAFTING)
    services.month_publish(report=report, actor=head, now=DRAFTING)
    assert "公布至12月8日24时" in desk(head)
    assert '<a class="btn" href="/desk/months/D901/2026-11/">' not in html(head)


def test_what_was_sent_back_comes_with_its_reason(report, head, officer, express):
    reported(report, head)
    services.month_send_back(
        report=report, reason="请核对公布日期", actor=express, now=TUESDAY_AFTER + timedelta(2)
    )
    assert "退回原因：请核对公布日期" in desk(officer)


def test_an_accepted_month_waits_for_nobody(report, head, express):
    services.month_accept(report=reported(report, head), actor=express, now=TUESDAY_AFTER + timedelta(2))
    assert "市效能办已审核通过。" in desk(head)


def test_money_waits_for_the_officer_and_not_for_the_head(report, head, officer):
    done = reported(report, head)
    assert re.search(r"待交财务的扣发建议 1", desk(officer))
    assert "待交财务的扣发建议" not in desk(head)
    services.withholdings_send(report=done, actor=officer, now=TUESDAY_AFTER + timedelta(2))
    assert re.search(r"财务办理中的扣发 1", desk(officer))
    (proposal,) = done.proposals.all()
    services.withholding_execute(proposal=proposal, actor=officer, now=TUESDAY_AFTER + timedelta(3))
    assert "月度考核待办" not in desk(officer)
    services.entry_reverse(
        entry=done.unit.ledger_entries.get(), reason="记录有误", actor=None, now=TUESDAY_AFTER + timedelta(4)
    )
    assert done.proposals.get().state == ProposalState.EXECUTED
    assert re.search(r"待退还的扣发 1", desk(officer))


def test_another_units_month_is_not_shown(report, other_officer):
    assert "2026年11月考核" not in desk(other_officer)
    assert MonthlyReport.objects.get().state == ReportState.DRAFTED


def test_the_commission_is_led_to_what_is_public(discipline):
    assert 'href="/bulletins/"' in html(discipline)
