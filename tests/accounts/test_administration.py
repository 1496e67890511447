import threading
from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import services
from accounts.access import access_of
from accounts.desk import calendar_warning
from accounts.models import City, Membership, Role, SecondFactorReset, SupervisionGroup, User
from common.models import AuditEntry, CalendarYear
from common.problems import Refused
from longquan_cadre import checks
from tests.accounts.factories import NOW, PASSWORD, TODAY, give, make_unit, make_user, signed_in

pytestmark = pytest.mark.django_db


def verbs(user: User) -> list[str]:
    entries = AuditEntry.objects.filter(subject_type="accounts.user", subject_id=user.pk)
    return list(entries.order_by("pk").values_list("verb", flat=True))


# --- The list -----------------------------------------------------------------------------------------------------


def names(client: Client, query: str) -> set[str]:
    return {account.username for account in client.get(reverse("users") + query).context["page"]}


def test_the_list_finds_by_name_user_name_role_unit_and_state(su, ye, zhang, wang, unit_a):
    client = signed_in(su)
    assert names(client, "?q=小满") == {"zhang"}
    assert names(client, "?q=WANG") == {"wang"}
    assert names(client, "?role=cadre") == {"zhang", "wang"}
    assert names(client, f"?unit={unit_a.pk}") == {"ye", "zhang"}
    assert names(client, f"?unit={unit_a.pk}&role=unit_officer") == {"ye"}
    assert names(client, "?state=no_password") == {"ye", "wang"}
    Authenticator.objects.filter(user=ye).delete()
    assert names(client, "?state=no_second_factor") == {"ye"}


def test_a_filter_that_makes_no_sense_filters_nothing(su, zhang):
    everybody = {"su", "zhang"}
    assert names(signed_in(su), "?role=emperor&unit=x&state=y&page=99&q=") == everybody


def test_an_ended_role_is_not_found(su, zhang):
    zhang.memberships.update(valid_to=TODAY - timedelta(days=1))
    assert names(signed_in(su), "?role=cadre") == set()


def test_the_list_takes_the_same_queries_for_1_3_and_300_accounts(su, unit_a):
    client = signed_in(su)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("users")).status_code == 200
        return len(captured)

    counts = [queries()]
    for size in (3, 300):
        existing = User.objects.count()
        made = User.objects.bulk_create(
            User(username=f"u{n}", name="某", password="!", created_at=NOW) for n in range(existing, size)
        )
        Membership.objects.bulk_create(
            Membership(user=user, role=Role.CADRE, unit=unit_a, valid_from=date(2026, 1, 1)) for user in made
        )
        counts.append(queries())
    assert len(set(counts)) == 1, counts


# --- Accounts and roles -------------------------------------------------------------------------------------------


def form(**changes):
    data = {
        "username": "liu",
        "name": "刘·基",
        "role": "cadre",
        "unit": "",
        "group": "",
        "valid_from": "2026-11-24",
    }
    return data | {"valid_to": ""} | changes


def test_a_new_account_comes_with_its_first_role(su, unit_a):
    response = signed_in(su).post(reverse("user_new"), form(username=" LIU ", unit=unit_a.pk))
    user = User.objects.get(username="liu")
    assert response["Location"] == reverse("user", args=[user.pk])
    assert (user.name, user.has_usable_password()) == ("刘·基", False)
    assert user.memberships.get().unit == unit_a
    assert verbs(user) == ["user_created", "membership_added"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit": ""}, "unit"),
        ({"role": "supervisor", "unit": ""}, "group"),
        ({"role": "administrator"}, "unit"),
        ({"role": "cadre", "group": "GROUP"}, "group"),
        ({"username": "刘基"}, "username"),
        ({"username": "SU"}, "username"),
        ({"name": ""}, "name"),
        ({"valid_to": "2026-11-23"}, "valid_to"),
        ({"valid_from": "someday"}, "valid_from"),
    ],
)
def test_a_form_that_does_not_fit_says_where_and_changes_nothing(su, unit_a, changes, field):
    data = form(unit=unit_a.pk, **{k: v for k, v in changes.items() if k != "unit"})
    if "unit" in changes:
        data["unit"] = changes["unit"]
    if changes.get("group"):
        data["group"] = SupervisionGroup.objects.get(number=1).pk
    response = signed_in(su).post(reverse("user_new"), data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert User.objects.count() == 1


def test_roles_count_on_their_days_only(unit_a):
    user = make_user("chen")
    give(user, Role.CADRE, unit=unit_a, first=date(2026, 11, 20), last=date(2026, 11, 24))
    days = [date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 24), date(2026, 11, 25)]
    assert [access_of(user, day).has(Role.CADRE) for day in days] == [False, True, True, False]


def test_the_same_role_is_not_given_twice_for_the_same_days(su, zhang, unit_a, unit_b):
    def add(unit, first, last=None):
        services.membership_add(
            user=zhang,
            role="cadre",
            unit=unit,
            group=None,
            valid_from=first,
            valid_to=last,
            actor=su,
            now=NOW,
        )

    with pytest.raises(Refused):
        add(unit_a, date(2026, 6, 1))
    add(unit_b, date(2026, 6, 1))
    add(unit_a, date(2025, 6, 1), date(2025, 12, 31))
    with pytest.raises(Refused):
        add(unit_a, date(2025, 12, 31), date(2026, 1, 1))


def test_a_role_is_ended_with_its_last_day(frozen, su, ye, unit_a):
    member = ye.memberships.get()
    page = reverse("user_membership_end", args=[ye.pk, member.pk])
    client = signed_in(su)
    assert client.post(page, {"last_day": "2026-11-22"}).status_code == 422
    assert client.post(page, {"last_day": "2025-12-31"}).status_code == 422
    assert client.post(page, {"last_day": "2026-11-23"}).status_code == 302
    member.refresh_from_db()
    assert member.valid_to == date(2026, 11, 23)
    assert not access_of(ye, TODAY).roles
    assert AuditEntry.objects.get(verb="membership_ended").changes == {
        "role": "unit_officer",
        "place": "示例局甲",
        "to": [None, "2026-11-23"],
    }
    assert client.post(page, {"last_day": "2026-11-30"}).status_code == 422


def test_a_membership_is_not_ended_under_another_account(su, ye, zhang):
    page = reverse("user_membership_end", args=[zhang.pk, ye.memberships.get().pk])
    assert signed_in(su).get(page).status_code == 404


def test_closing_an_account_ends_its_sessions_and_slips_and_reopening_revives_none(frozen, su, zhang):
    phone = Client()
    phone.post("/sign-in/", {"login": "zhang", "password": PASSWORD})
    services.activation_issue(user=zhang, issued_by=su, now=NOW)
    client, page = signed_in(su), reverse("user_active", args=[zhang.pk])
    assert client.post(page, {"reason": ""}).status_code == 422
    assert client.post(page, {"reason": "调离"}).status_code == 302
    assert phone.get("/account/").status_code == 302
    assert not zhang.activations.usable(NOW).exists()
    assert client.post(page, {"reason": "调回"}).status_code == 302
    assert phone.get("/account/").status_code == 302
    assert phone.post("/sign-in/", {"login": "zhang", "password": PASSWORD})["Location"] == "/desk/"
    assert verbs(zhang)[2:4] == ["user_deactivated", "user_reactivated"]
    assert AuditEntry.objects.get(verb="user_deactivated").changes == {"reason": "调离"}


# --- The last administrator ---------------------------------------------------------------------------------------


def close(user: User, actor: User) -> None:
    services.user_set_active(user=user, active=False, reason="测试", actor=actor, now=NOW)


def end(user: User, actor: User) -> None:
    services.membership_end(membership=user.memberships.get(), last_day=TODAY, actor=actor, now=NOW)


@pytest.mark.parametrize("act", [close, end])
def test_the_last_administrator_stays(su, act):
    with pytest.raises(Refused):
        act(su, su)


@pytest.mark.parametrize("act", [close, end])
def test_one_of_two_administrators_may_go(su, ji, act):
    act(ji, su)
    with pytest.raises(Refused):
        act(su, su)


@pytest.mark.parametrize("act", [close, end])
def test_an_administrator_with_an_end_date_a_closed_account_or_no_password_does_not_count(su, ji, act):
    ji.memberships.update(valid_to=TODAY + timedelta(days=7))
    with pytest.raises(Refused):
        act(su, su)
    ji.memberships.update(valid_to=None)
    User.objects.filter(pk=ji.pk).update(is_active=False)
    with pytest.raises(Refused):
        act(su, su)
    ji.set_unusable_password()
    User.objects.filter(pk=ji.pk).update(is_active=True, password=ji.password)
    with pytest.raises(Refused):
        act(su, su)


def test_the_page_says_why_the_last_administrator_stays(frozen, su):
    response = signed_in(su).post(reverse("user_active", args=[su.pk]), {"reason": "退休"})
    assert response.status_code == 422
    assert "最后一名系统管理员" in response.content.decode()
    su.refresh_from_db()
    assert su.is_active


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_remove_each_other_at_once_leave_one(su, ji):
    outcomes: list[str] = []
    barrier = threading.Barrier(2, timeout=30)

    def run(victim: User, actor: User) -> None:
        barrier.wait()
        try:
            close(victim, actor)
            outcomes.append("done")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in ((su, ji), (ji, su))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["done", "refused"]
    assert User.objects.filter(is_active=True).count() == 1


# --- Resets of the second factor ----------------------------------------------------------------------------------


@pytest.fixture
def asked(su, ye) -> SecondFactorReset:
    return services.second_factor_reset_request(user=ye, reason="手机遗失", actor=su, now=NOW)


def decide(user: User, reset: SecondFactorReset, decision: str = "approve"):
    return signed_in(user).post(
        reverse("second_factor_reset_decide", args=[reset.pk]), {"decision": decision}
    )


def test_a_reset_takes_a_second_administrator(frozen, su, ji, ye, asked):
    session = signed_in(ye).session
    alone = decide(su, asked)
    assert alone.status_code == 422
    assert "须由另一名系统管理员决定" in alone.content.decode()
    assert Authenticator.objects.filter(user=ye).exists()

    assert decide(ji, asked).url == reverse("second_factor_resets")
    assert not Authenticator.objects.filter(user=ye).exists()
    assert verbs(ye) == ["second_factor_reset_requested", "second_factor_reset_approved"]
    assert session.session_key


def test_an_approved_reset_signs_the_account_out_everywhere(frozen, su, ji, ye, asked):
    ye.set_password(PASSWORD)
    ye.save()
    Authenticator.objects.filter(user=ye).delete()
    device = Client()
    device.post("/sign-in/", {"login": "ye", "password": PASSWORD})
    key = device.session.session_key
    decide(ji, asked)
    assert not Session.objects.filter(session_key=key).exists()


def test_a_declined_reset_changes_nothing(frozen, ji, ye, asked):
    decide(ji, asked, "decline")
    assert Authenticator.objects.filter(user=ye).exists()
    assert verbs(ye)[-1] == "second_factor_reset_declined"
    assert decide(ji, asked).status_code == 422


def test_nobody_decides_a_reset_of_their_own(frozen, su, ji):
    reset = services.second_factor_reset_request(user=ji, reason="换手机", actor=su, now=NOW)
    assert decide(ji, reset).status_code == 422
    assert Authenticator.objects.filter(user=ji).exists()


def test_the_database_itself_refuses_one_person_for_both_parts(su, asked):
    with pytest.raises(IntegrityError), transaction.atomic():
        SecondFactorReset.objects.filter(pk=asked.pk).update(decided_by=su)


def test_one_reset_at_a_time_and_only_where_there_is_a_second_factor(su, ye, zhang, asked):
    for user in (ye, zhang):
        with pytest.raises(Refused):
            services.second_factor_reset_request(user=user, reason="再次", actor=su, now=NOW)


def test_who_asked_sees_a_sentence_instead_of_a_form(frozen, su, ji, asked):
    page = reverse("second_factor_reset_decide", args=[asked.pk])
    assert 'name="decision"' not in signed_in(su).get(page).content.decode()
    assert 'name="decision"' in signed_in(ji).get(page).content.decode()
    assert [mine for _, mine in signed_in(su).get(reverse("second_factor_resets")).context["waiting"]] == [
        False
    ]
    assert [mine for _, mine in signed_in(ji).get(reverse("second_factor_resets")).context["waiting"]] == [
        True
    ]


# --- The city -----------------------------------------------------------------------------------------------------


def city_form(client: Client, **changes):
    shown = client.get(reverse("city")).context["form"].initial
    return shown | changes


def test_the_city_is_edited_with_an_audit_row(su):
    client = signed_in(su)
    assert client.post(reverse("city"), city_form(client, express_hotline="０５７８-７２１２３４５"))[
        "Location"
    ] == reverse("city")
    assert City.current().express_hotline == "0578-7212345"
    entry = AuditEntry.objects.get(verb="city_edited")
    assert entry.changes == {"express_hotline": ["", "0578-7212345"]}
    client.post(reverse("city"), city_form(client))
    assert AuditEntry.objects.filter(verb="city_edited").count() == 1


def test_the_settings_page_shows_what_was_changed_from_what_by_whom(su):
    client = signed_in(su)
    client.post(reverse("city"), city_form(client, name="龙泉", express_hotline="0578-7212345"))
    text = client.get(reverse("city")).content.decode()
    for words in ("龙泉市 → 龙泉", "无 → 0578-7212345", "苏青瓷"):
        assert words in text


def test_a_hotline_that_is_no_number_is_refused(su):
    client = signed_in(su)
    response = client.post(reverse("city"), city_form(client, express_hotline="打电话"))
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["express_hotline"])


def test_an_edit_that_somebody_else_overtook_is_not_saved(su, ji):
    first, second = signed_in(su), signed_in(ji)
    mine, theirs = city_form(first, name="龙泉"), city_form(second, express_hotline="0578-7212345")
    assert second.post(reverse("city"), theirs).status_code == 302
    late = first.post(reverse("city"), mine)
    assert late.status_code == 422
    text = late.content.decode()
    assert "目前已保存：0578-7212345" in text
    assert 'value="龙泉"' in text
    assert (City.current().name, City.current().express_hotline) == ("龙泉市", "0578-7212345")
    assert first.post(reverse("city"), city_form(first, name="龙泉")).status_code == 302
    assert (City.current().name, City.current().express_hotline) == ("龙泉", "0578-7212345")


# --- The landing page ---------------------------------------------------------------------------------------------


def test_a_cadre_is_sent_to_the_phone_page(zhang):
    assert signed_in(zhang).get("/desk/")["Location"] == reverse("my_whereabouts")


def test_the_administrators_desk_counts_what_is_to_do(su, ye, asked):
    page = signed_in(su).get("/desk/").content.decode()
    for text in ("工作台", "系统管理员", "待决定的重置申请", "未设置两步验证", "未明确纪检干部的单位"):
        assert text in page


def test_a_supervisor_sees_the_units_of_the_group_and_who_answers_for_them(ye, unit_a, unit_b):
    group = SupervisionGroup.objects.get(number=3)
    unit_a.supervision_group = group
    unit_a.save()
    wu = make_user("wu", "吴督导")
    give(wu, Role.SUPERVISOR, group=group)
    page = signed_in(wu).get("/desk/").content.decode()
    assert "第三督导组所督导的单位" in page
    assert "叶知秋" in page
    assert unit_b.name not in page
    assert "系统管理</h2>" not in page


def test_the_desk_takes_the_same_queries_for_1_and_30_units(unit_a):
    group = SupervisionGroup.objects.get(number=3)
    unit_a.supervision_group = group
    unit_a.save()
    wu = make_user("wu", "吴督导")
    give(wu, Role.SUPERVISOR, group=group)
    client = signed_in(wu)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/desk/").status_code == 200
        return len(captured)

    one = queries()
    for number in range(29):
        make_unit(f"X{number}", f"示例局{number}", supervision_group=group)
    assert queries() == one


def test_somebody_without_a_role_is_told_so(db):
    assert "您目前没有任何角色" in signed_in(make_user("nobody")).get("/desk/").content.decode()


def test_a_missing_calendar_year_is_said_in_time():
    assert calendar_warning(date(2026, 11, 30)) is None
    warning = calendar_warning(date(2026, 12, 1))
    assert warning is not None
    assert warning["heading"].startswith("2027")
    both = calendar_warning(date(2027, 12, 1))
    assert both is not None
    assert both["heading"].startswith("2027、2028")


def test_the_desk_and_the_system_check_miss_the_same_years(db, frozen):
    frozen.move_to("2031-12-01T10:00+08:00")
    CalendarYear.objects.create(year=2032, version=1, source="通知", adopted_at=NOW)
    (found,) = checks.calendar_years(databases=["default"])
    warning = calendar_warning(date(2031, 12, 1))
    assert warning is not None
    assert "2031" in found.msg
    assert "2031" in warning["heading"]


def test_the_caption_names_every_place_once(unit_a, unit_b):
    user = make_user("xu", "徐策")
    give(user, Role.CADRE, unit=unit_a)
    give(user, Role.UNIT_OFFICER, unit=unit_a)
    give(user, Role.UNIT_OFFICER, unit=unit_b)
    assert access_of(user, TODAY).caption == "示例局甲 干部、单位纪检干部 · 示例局乙 单位纪检干部"


def test_the_page_of_an_account_shows_its_history_in_words(frozen, su, ye, asked):
    page = signed_in(su).get(reverse("user", args=[ye.pk])).content.decode()
    for text in ("申请重置两步验证", "理由：手机遗失", "苏青瓷", "单位纪检干部"):
        assert text in page
