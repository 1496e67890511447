"""The pages of the rollout: the board, a unit, waves, visits and orders."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, SupervisionGroup, User
from appraisal.models import RectificationOrder, Rollout, Visit, Wave
from appraisal.rules.rollout import End, Need
from appraisal.services import rollout as services
from tests.appraisal.rolling import (
    BEGINS,
    DEADLINE,
    LATE,
    ORDER_DUE,
    answered,
    assigned,
    ended,
    express_user,
    in_wave,
    make_ready,
    make_wave,
    ordered,
)
from tests.cast import NOW, TODAY, give, make_cadre, make_unit, make_user, signed_in

pytestmark = pytest.mark.django_db
BOARD = "/desk/rollout/"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """Later on with `today(LATE)`."""

    def move(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    move(NOW)
    return move


def page(name: str, unit) -> str:
    return reverse(name, args=[unit.code])


def units_shown(response) -> list[str]:
    return [row.unit.code for row in response.context["rows"]]


# --- The board --------------------------------------------------------------------------------------------------------


def test_a_group_sees_its_own_units_only(unit, other_unit, supervisor, express):
    assigned([unit, other_unit])
    theirs, ours = ordered(other_unit, express), ordered(unit, express)
    client = signed_in(supervisor)
    assert units_shown(client.get(BOARD)) == [unit.code]
    assert [row.order for row in client.get(reverse("orders")).context["rows"]] == [ours]
    assert client.get(reverse("order", args=[ours.pk])).status_code == 200
    for name in ("rollout_unit", "visit_new", "order_new", "rollout_hotlines"):
        assert (client.get(page(name, unit)).status_code, client.get(page(name, other_unit)).status_code) == (
            200,
            404,
        ), name
    for name in ("order", "order_check"):
        address = reverse(name, args=[theirs.pk])
        assert (client.get(address) if name == "order" else client.post(address)).status_code == 404
    visit = {"visited_on": TODAY.isoformat(), "note": "无门牌"}
    assert client.post(page("visit_new", other_unit), visit).status_code == 404
    assert not Visit.objects.exists()


def test_a_unit_stands_on_its_own_page_at_once(unit, other_unit, officer, head):
    for user in (officer, head):
        client = signed_in(user)
        assert client.get(BOARD).headers["Location"] == page("rollout_unit", unit)
        assert client.get(page("rollout_unit", other_unit)).status_code == 404
        assert client.get(page("visit_new", unit)).status_code == 403


def test_whoever_looks_after_two_units_sees_both(unit, other_unit, officer):
    give(officer, Role.UNIT_OFFICER, unit=other_unit)
    assert set(units_shown(signed_in(officer).get(BOARD))) == {unit.code, other_unit.code}


def test_the_city_sees_what_is_late_first_and_filters(unit, other_unit, express, today):
    waiting = make_unit("D999", "无批次局")
    assigned([unit], make_wave("试点", pilot=True))
    assigned([other_unit], make_wave("首批", deadline=date(2026, 12, 18)))
    today(LATE)
    client = signed_in(express)
    shown = client.get(BOARD)
    assert units_shown(shown) == [unit.code, other_unit.code, waiting.code]
    assert [(line.total, line.late) for line in shown.context["waves"]] == [(1, 1), (1, 0)]
    assert {line["label"]: line["number"] for line in shown.context["states"]} == {
        str(row.state): 1 for row in shown.context["rows"]
    }
    group = other_unit.supervision_group.number
    for query, codes in (
        ("wave=1", [unit.code]),
        ("wave=2", [other_unit.code]),
        (f"group={group}", [other_unit.code]),
        ("state=late", [unit.code]),
        ("state=unassigned", [waiting.code]),
        ("state=nonsense&wave=77", [unit.code, other_unit.code, waiting.code]),
    ):
        assert units_shown(client.get(f"{BOARD}?{query}")) == codes, query
    assert "table-cards" not in client.get(f"{BOARD}?state=done").content.decode()


def test_a_late_unit_that_lacks_only_its_own_report_is_said_to(unit, other_unit, express, today):
    row = in_wave(unit)
    make_ready(row)
    # What others do for a unit.
    Rollout.objects.update(hotline_tested_on=None)
    assigned([other_unit], row.wave)
    today(LATE)
    client = signed_in(express)
    rows = {each.unit: each.is_unreported for each in client.get(BOARD).context["rows"]}
    assert rows == {unit: True, other_unit: False}
    services.rollout_report(rollout=row, actor=User.objects.get(username=f"officer-{unit.pk}"), now=NOW)
    assert not any(each.is_unreported for each in client.get(BOARD).context["rows"])


@pytest.mark.parametrize("address", [BOARD, "/desk/rollout/orders/", "/desk/"])
def test_lists_take_the_same_queries_for_3_units_and_for_60(
    unit, supervisor, express, address, django_assert_max_num_queries, today
):
    wave = make_wave()
    assigned([unit], wave)
    for number in range(2):
        one = make_unit(f"D1{number:02}", supervision_group=unit.supervision_group)
        assigned([one], wave)
        ordered(one, express)
    today(LATE)
    clients = {user: signed_in(user) for user in (express, supervisor)}
    used = {}
    for user, client in clients.items():
        client.get(address)
        with django_assert_max_num_queries(160) as few:
            assert client.get(address).status_code == 200
        used[user] = len(few)
    more = [make_unit(f"D2{number:02}", supervision_group=unit.supervision_group) for number in range(57)]
    today(NOW)
    assigned(more, wave)
    for one in more:
        ordered(one, express)
    today(LATE)
    for user, client in clients.items():
        with django_assert_max_num_queries(used[user]):
            assert client.get(address).status_code == 200


# --- Waves ------------------------------------------------------------------------------------------------------------


def test_the_city_makes_a_wave_and_takes_units_into_it(unit, other_unit, express):
    client = signed_in(express)
    assert client.get(reverse("wave_new")).status_code == 200
    given = {"name": "首批", "begins_on": BEGINS.isoformat(), "deadline": DEADLINE.isoformat()}
    response = client.post(reverse("wave_new"), given)
    wave = Wave.objects.get()
    assert response.headers["Location"] == reverse("wave_units", args=[wave.number])
    units = reverse("wave_units", args=[wave.number])
    assert client.get(units).status_code == 200
    assert client.post(units, {}).status_code == 422
    assert client.post(units, {"departments": [unit.pk]}).status_code == 302
    assert list(Rollout.objects.values_list("unit", flat=True)) == [unit.pk]
    assert client.post(units, {"rest": "on"}).status_code == 302
    assert Rollout.objects.filter(wave=wave).count() == 2
    assert client.post(units, {"departments": ["999999"]}).status_code == 422


def test_a_wave_with_a_wrong_day_comes_back_with_what_was_typed(express):
    given = {"name": "首批", "begins_on": "2026-11-16", "deadline": "2026-12-05"}
    response = signed_in(express).post(reverse("wave_new"), given)
    assert response.status_code == 422
    assert "deadline" in response.context["form"].errors
    assert "首批" in response.content.decode()
    assert not Wave.objects.exists()


def test_a_wave_that_somebody_else_has_changed_is_shown_first(express):
    wave, client = make_wave(), signed_in(express)
    address = reverse("wave_edit", args=[wave.number])
    seen = client.get(address).context["form"].initial["seen"]
    given = {**services.wave_facts(wave), "deadline": date(2026, 12, 8)}
    services.wave_edit(wave=wave, values=given, actor=express_user(), now=NOW)
    typed = {"name": "第一批", "begins_on": "2026-11-16", "deadline": "2026-12-04", "seen": seen}
    response = client.post(address, typed)
    assert response.status_code == 422
    wave.refresh_from_db()
    assert (wave.name, wave.deadline) == ("首批", date(2026, 12, 8))
    again = {**typed, "seen": response.context["form"].data["seen"], "deadline": "2026-12-09"}
    assert client.post(address, again).status_code == 302
    assert "12月9日" in client.get(address).content.decode()
    wave.refresh_from_db()
    assert (wave.name, wave.deadline) == ("第一批", date(2026, 12, 9))


# --- A unit -----------------------------------------------------------------------------------------------------------


def test_a_units_page_says_what_is_missing_and_leads_to_where_it_is_mended(unit, lin, officer, express):
    in_wave(unit)
    items = {
        item.line.need: item for item in signed_in(officer).get(page("rollout_unit", unit)).context["items"]
    }
    assert items[Need.GROUP].url == page("rollout_edit", unit)
    assert items[Need.CARDS].url == f"{reverse('cadres')}?unit={unit.code}&card=none"
    assert items[Need.PLAQUES].url.startswith(reverse("reprints"))
    assert items[Need.SHEET].url == reverse("sheet_today")
    # The units’ officers do not dial their own numbers, and no hotline is theirs to set.
    assert items[Need.TESTED].url == items[Need.HOTLINES].url == ""
    seen = {
        item.line.need: item for item in signed_in(express).get(page("rollout_unit", unit)).context["items"]
    }
    assert seen[Need.TESTED].url == page("rollout_hotlines", unit)
    assert seen[Need.SHEET].url == ""


def test_a_unit_in_no_wave_sees_what_it_will_need(unit, officer, express):
    client = signed_in(officer)
    shown = client.get(page("rollout_unit", unit))
    assert (shown.status_code, len(shown.context["items"])) == (200, len(Need))
    assert client.get(page("rollout_edit", unit)).status_code == 404
    assert signed_in(express).post(page("rollout_complete", unit)).status_code == 404


def test_the_unit_names_who_leads_it(unit, lin, chen, officer):
    row, client = in_wave(unit), signed_in(officer)
    address = page("rollout_edit", unit)
    seen = client.get(address).context["form"].initial["seen"]
    given = {"group_head": lin.pk, "group_head_post": "局长", "responsible": chen.pk, "seen": seen}
    wrong = client.post(address, given)
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["group_head_post"])
    given |= {"group_head_post": "纪检组长", "assessment_body": "派驻纪检组"}
    assert client.post(address, given).headers["Location"] == page("rollout_unit", unit)
    row.refresh_from_db()
    assert (row.group_head, row.responsible, row.assessment_body) == (lin, chen, "派驻纪检组")
    assert "派驻纪检组" in client.get(page("rollout_unit", unit)).content.decode()


def test_the_city_confirms_on_the_page_or_reads_what_is_missing(unit, express):
    row, client = in_wave(unit), signed_in(express)
    response = client.post(page("rollout_complete", unit))
    assert response.status_code == 422
    assert "error-summary" in response.content.decode() or response.context["form"].errors
    make_ready(row)
    assert page("rollout_complete", unit) in client.get(page("rollout_unit", unit)).content.decode()
    assert client.post(page("rollout_complete", unit)).status_code == 302
    row.refresh_from_db()
    assert row.completed_at == NOW
    again = page("rollout_reopen", unit)
    assert (client.get(again).status_code, client.post(again, {"reason": ""}).status_code) == (200, 422)
    assert client.post(again, {"reason": "门牌未张贴。"}).status_code == 302
    row.refresh_from_db()
    assert row.completed_at is None


def test_what_was_confirmed_and_is_not_so_today_is_said_on_the_board_and_on_the_page(
    unit, other_unit, express
):
    row, client = in_wave(unit), signed_in(express)
    make_ready(row)
    client.post(page("rollout_complete", unit))
    (shown,) = [one for one in client.get(BOARD).context["rows"] if one.unit == unit]
    assert (str(shown.stage), shown.lacks) == ("done", "")
    assert 'class="notice' not in client.get(page("rollout_unit", unit)).content.decode()
    # Somebody new has no card yet.
    make_cadre(unit.offices.first(), "新来人")
    board = client.get(BOARD)
    (shown,) = [one for one in board.context["rows"] if one.unit == unit]
    assert str(shown.stage) == "done"
    assert shown.lacks
    assert shown.lacks in board.content.decode()
    assert 'class="notice' in client.get(page("rollout_unit", unit)).content.decode()


def test_a_day_of_its_own_with_its_reason_stands_on_the_page(unit, express, officer):
    row, client = in_wave(unit), signed_in(express)
    address = page("rollout_deadline", unit)
    seen = client.get(address).context["form"].initial["seen"]
    assert client.post(address, {"deadline": "2026-12-12", "reason": "搬迁", "seen": seen}).status_code == 422
    given = {"deadline": "2026-12-11", "reason": "办公楼整体搬迁", "seen": seen}
    assert client.post(address, given).status_code == 302
    row.refresh_from_db()
    assert row.due_on == date(2026, 12, 11)
    assert "办公楼整体搬迁" in signed_in(officer).get(page("rollout_unit", unit)).content.decode()


def test_the_group_says_that_both_hotlines_were_dialled(unit, supervisor):
    row, client = in_wave(unit), signed_in(supervisor)
    shown = client.get(page("rollout_hotlines", unit)).content.decode()
    assert unit.hotline in shown
    assert "0578-7129000" in shown
    assert client.post(page("rollout_hotlines", unit), {}).status_code == 422
    assert client.post(page("rollout_hotlines", unit), {"dialled": "on"}).status_code == 302
    row.refresh_from_db()
    assert (row.hotline_tested_on, row.hotline_tested_by) == (TODAY, supervisor)


# --- Visits and orders ------------------------------------------------------------------------------------------------


def test_one_short_form_records_a_visit_and_gives_an_order(unit, supervisor, officer):
    client, address = signed_in(supervisor), page("visit_new", unit)
    assert client.get(address).context["form"].initial["visited_on"] == TODAY
    given = {"visited_on": TODAY.isoformat(), "note": "四间办公室没有门牌", "order_text": "补印门牌"}
    wrong = client.post(address, given)
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["order_due_on"])
    assert "四间办公室没有门牌" in wrong.content.decode()
    assert not Visit.objects.exists()
    assert client.post(address, {**given, "order_due_on": ORDER_DUE.isoformat()}).status_code == 302
    order = RectificationOrder.objects.get()
    assert order.visit == Visit.objects.get()
    shown = signed_in(officer).get(page("rollout_unit", unit)).content.decode()
    assert "四间办公室没有门牌" in shown
    assert reverse("order", args=[order.pk]) in shown


@pytest.mark.parametrize("name", ["visit_new", "order_new"])
def test_a_day_is_asked_for_as_a_day(unit, supervisor, name):
    in_wave(unit)
    form = signed_in(supervisor).get(page(name, unit)).context["form"]
    labels = [str(field.label) for field in form]
    assert "整改期限" in labels
    assert len(set(labels)) == len(labels)


def test_an_order_without_a_visit(unit, supervisor):
    client, address = signed_in(supervisor), page("order_new", unit)
    assert client.post(address, {"text": "补印", "due_on": "2026-11-28"}).status_code == 422
    response = client.post(address, {"text": "补印", "due_on": ORDER_DUE.isoformat()})
    assert response.headers["Location"] == reverse("order", args=[RectificationOrder.objects.get().pk])


def test_an_order_from_answer_to_check(unit, officer, supervisor):
    order = ordered(unit, supervisor)
    address = reverse("order", args=[order.pk])
    answer, check = reverse("order_answer", args=[order.pk]), reverse("order_check", args=[order.pk])
    mine, theirs = signed_in(officer), signed_in(supervisor)
    assert [form.action for form in mine.get(address).context["forms"]] == [answer]
    assert [form.action for form in theirs.get(address).context["forms"]] == [check]
    assert mine.post(answer, {"answer-text": " "}).status_code == 422
    assert mine.post(answer, {"answer-text": "已补印"}).status_code == 302
    assert mine.get(address).context["forms"] == []
    assert mine.post(check, {"check-end": "met"}).status_code == 403
    wrong = theirs.post(check, {"check-end": "sent_back", "check-reason": ""})
    assert (wrong.status_code, list(wrong.context["forms"][0].errors)) == (422, ["reason"])
    back = {"check-end": "sent_back", "check-reason": "仍缺两块"}
    assert theirs.post(check, back).headers["Location"] == address
    assert "仍缺两块" in mine.get(address).content.decode()
    assert mine.post(answer, {"answer-text": "两块也已补印"}).status_code == 302
    assert theirs.post(check, {"check-end": "met"}).status_code == 302
    order.refresh_from_db()
    assert (order.state, order.ended_by) == ("met", supervisor)
    assert theirs.get(address).context["forms"] == []


def test_a_forms_target_leads_back_to_its_page(unit, supervisor, officer):
    order = answered(ordered(unit, supervisor), officer)
    client, target = signed_in(supervisor), reverse("order_check", args=[order.pk])
    refused = client.post(target, {})
    assert refused.status_code == 422
    page_of_it = reverse("order", args=[order.pk])
    shown = refused.content.decode()
    for query in ("?lang=en", "?text=large"):
        assert f'href="{page_of_it}{query}"' in shown
    opened = client.get(target)
    assert (opened.status_code, opened.headers["Allow"]) == (405, "POST")
    assert f'href="{page_of_it}"' in opened.content.decode()
    assert 'href="?lang=en"' in client.get(page_of_it).content.decode()


def test_a_second_answer_meets_the_first_ones_name(unit, officer, head, supervisor):
    order = answered(ordered(unit, supervisor), officer)
    response = signed_in(head).post(reverse("order_answer", args=[order.pk]), {"answer-text": "我来报"})
    assert response.status_code == 422
    assert officer.name in response.content.decode()


def test_orders_are_listed_with_the_pressing_ones_on_top(unit, officer, supervisor, today):
    done = ended(answered(ordered(unit, supervisor, "甲"), officer), supervisor)
    soon = ordered(unit, supervisor, "乙", date(2026, 12, 10))
    late = ordered(unit, supervisor, "丙")
    off = ended(ordered(unit, supervisor, "丁"), supervisor, End.CALLED_OFF, "误发")
    today(LATE)
    client = signed_in(officer)

    def listed(query: str = "") -> list[RectificationOrder]:
        return [row.order for row in client.get(f"{reverse('orders')}{query}").context["rows"]]

    assert listed() == [late, soon, done, off]
    assert listed("?state=late") == [late]
    assert listed("?state=met") == [done]
    assert listed("?state=nonsense") == [late, soon, done, off]


# --- Landing pages ----------------------------------------------------------------------------------------------------


def test_the_landing_pages_say_what_is_late_and_what_is_due(unit, officer, supervisor, express, today):
    def shows(user, address: str) -> bool:
        return address in signed_in(user).get("/desk/").content.decode()

    in_wave(unit)
    order = ordered(unit, supervisor)
    own, board = page("rollout_unit", unit), f"{BOARD}?state=late"
    assert shows(officer, own)
    assert shows(officer, reverse("order", args=[order.pk]))
    assert not shows(express, board)
    today(LATE)
    for user in (express, supervisor):
        assert shows(user, board)
        assert shows(user, f"{reverse('orders')}?state=late")
    answered(order, officer)
    assert shows(supervisor, f"{reverse('orders')}?state=answered")
    stranger = make_user("stranger")
    give(stranger, Role.SUPERVISOR, group=SupervisionGroup.objects.get(number=1))
    assert not shows(stranger, board)


def test_a_unit_that_has_ended_is_no_number_that_leads_to_an_empty_list(unit, express):
    Rollout.objects.filter(pk=in_wave(unit).pk).update(ready_reported_at=NOW, ready_reported_by=express)
    reported = f"{BOARD}?state=reported"
    assert reported in signed_in(express).get("/desk/").content.decode()
    unit.valid_to = TODAY.replace(day=20)
    unit.save()
    assert units_shown(signed_in(express).get(reported)) == []
    assert reported not in signed_in(express).get("/desk/").content.decode()
