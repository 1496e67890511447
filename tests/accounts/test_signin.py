import logging
import time

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from accounts.views.signin import totp_url
from common import crypto
from common.models import AuditEntry
from longquan_cadre import checks
from tests.accounts.factories import (
    PASSWORD,
    SECRET,
    app_code,
    demonstration,
    give,
    give_second_factor,
    make_user,
    signed_in,
)

pytestmark = pytest.mark.django_db

SIGN_IN, CODE, DESK = "/sign-in/", "/sign-in/code/", "/desk/"


def sign_in(client: Client, username: str, password: str = PASSWORD, query: str = ""):
    return client.post(SIGN_IN + query, {"login": username, "password": password})


def verbs(user: User) -> list[str]:
    entries = AuditEntry.objects.filter(subject_type="accounts.user", subject_id=user.pk)
    return list(entries.order_by("pk").values_list("verb", flat=True))


def test_the_right_password_leads_to_the_desk(client, zhang):
    response = sign_in(client, "zhang")
    assert (response.status_code, response.url) == (302, DESK)
    assert client.session["_auth_user_id"] == str(zhang.pk)
    assert verbs(zhang) == ["signed_in"]


@pytest.mark.parametrize("typed", ["ZHANG", " zhang ", "ｚｈａｎｇ"])
def test_case_spaces_and_full_width_letters_of_the_user_name_do_not_matter(client, zhang, typed):
    assert sign_in(client, typed).status_code == 302


def test_a_wrong_password_is_said_without_saying_whether_the_account_exists(client, zhang):
    wrong, unknown = sign_in(client, "zhang", "not-this-one"), sign_in(client, "nobody", "not-this-one")
    for response in (wrong, unknown):
        assert response.status_code == 422
        assert list(response.context["form"].non_field_errors()) == ["用户名或密码不正确。"]
        assert b'class="error-summary"' in response.content
    assert "_auth_user_id" not in client.session
    assert verbs(zhang) == ["sign_in_failed"]


def test_an_empty_form_names_both_fields_and_keeps_what_was_typed(client):
    response = client.post(SIGN_IN, {"login": "zhang", "password": ""})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["password"]
    assert b'value="zhang"' in response.content
    assert b'href="#id_password"' in response.content


def test_too_many_wrong_passwords_are_429_even_with_the_right_one_until_the_time_is_over(
    client, zhang, frozen
):
    for _ in range(5):
        assert sign_in(client, "zhang", "not-this-one").status_code == 422
    response = sign_in(client, "zhang")
    assert response.status_code == 429
    assert "429.html" in [template.name for template in response.templates]
    frozen.wait(minutes=6)
    assert sign_in(client, "zhang").status_code == 302


def at(address: str) -> Client:
    return Client(REMOTE_ADDR=address)


def test_a_strangers_wrong_passwords_do_not_keep_the_owner_out(zhang, frozen):
    for _ in range(5):
        assert sign_in(at("203.0.113.5"), "zhang", "not-this-one").status_code == 422
    assert sign_in(at("203.0.113.5"), "ZHANG", "not-this-one").status_code == 429
    assert sign_in(at("203.0.113.6"), "zhang").status_code == 302


def test_a_name_is_guessed_at_from_everywhere_thirty_times_in_ten_minutes(zhang, frozen):
    for number in range(30):
        assert sign_in(at(f"203.0.113.{number}"), "zhang", "not-this-one").status_code == 422
    assert sign_in(at("203.0.113.99"), "zhang").status_code == 429
    frozen.wait(minutes=11)
    assert sign_in(at("203.0.113.99"), "zhang").status_code == 302


def test_right_passwords_do_not_count(zhang, frozen):
    for _ in range(31):
        assert sign_in(Client(), "zhang").status_code == 302
        frozen.wait(seconds=3)
    assert sign_in(at("203.0.113.6"), "zhang").status_code == 302


def test_wrong_passwords_of_some_do_not_lock_their_building_out_until_there_are_sixty(zhang, frozen):
    for number in range(60):
        assert sign_in(Client(), f"nobody{number // 4}", "not-this-one").status_code == 422
        frozen.wait(seconds=3)
        if number == 12:
            assert sign_in(Client(), "zhang").status_code == 302
    assert sign_in(Client(), "zhang").status_code == 429


def test_what_is_refused_for_one_name_does_not_count_for_its_building(zhang, frozen):
    for _ in range(70):
        sign_in(Client(), "nobody", "not-this-one")
        frozen.wait(seconds=3)
    assert sign_in(Client(), "zhang").status_code == 302


def test_a_closed_account_is_told_so_only_with_the_right_password(client, zhang):
    User.objects.update(is_active=False)
    assert sign_in(client, "zhang", "not-this-one").status_code == 422
    response = sign_in(client, "zhang")
    assert (response.status_code, response.url) == (302, reverse("account_inactive"))
    assert client.get(response.url).status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "https:evil.example", "javascript:alert(1)"]
)
def test_sign_in_never_leads_to_another_site(client, zhang, target):
    assert sign_in(client, "zhang", query=f"?next={target}").url == DESK


def test_sign_in_leads_back_to_the_page_that_was_asked_for(client, zhang):
    wanted = client.get("/account/devices/")
    assert wanted.url == "/sign-in/?next=/account/devices/"
    assert sign_in(client, "zhang", query="?next=/account/devices/").url == "/account/devices/"


def test_a_form_sent_after_the_session_ended_does_not_lead_back_to_its_target(client, su):
    assert client.post(reverse("user_slip", args=[su.pk])).url == SIGN_IN


@pytest.mark.parametrize(
    "path", ["/accounts/signup/", "/sign-in/signup/", "/account/email/", "/account/password/reset/"]
)
def test_there_is_no_sign_up_and_no_e_mail_page(client, path):
    assert client.get(path).status_code == 404


def test_a_cadres_phone_stays_signed_in_and_the_city_signs_in_daily(zhang, su, frozen):
    phone, city = Client(), Client()
    sign_in(phone, "zhang")
    assert phone.session.get_expiry_age() == 90 * 24 * 3600
    su.set_password(PASSWORD)
    su.save()
    sign_in(city, "su")
    city.post(CODE, {"code": app_code(time.time())})
    assert city.session.get_expiry_age() == 12 * 3600


def test_signing_out_takes_a_post(client, zhang):
    client.force_login(zhang)
    assert client.get("/sign-out/").status_code == 200
    assert "_auth_user_id" in client.session
    client.post("/sign-out/")
    assert "_auth_user_id" not in client.session
    assert verbs(zhang) == ["signed_out"]


def test_the_sign_in_page_says_that_a_demonstration_is_one(client):
    sentence = "这是演示系统"
    assert sentence not in client.get(SIGN_IN).content.decode()
    demonstration()
    assert sentence in client.get(SIGN_IN).content.decode()


# --- The second factor --------------------------------------------------------------------------------------


@pytest.fixture
def officer(unit_a) -> User:
    """With a role that needs a second factor, and none set up."""
    user = make_user("chen", "陈立", password=PASSWORD)
    give(user, Role.CADRE, unit=unit_a)
    user.memberships.create(role=Role.UNIT_OFFICER, unit=unit_a, valid_from="2026-01-01")
    return user


def test_a_role_that_needs_it_is_led_to_set_up_the_second_factor_before_anything_else(client, officer):
    sign_in(client, "chen")
    for path in (DESK, "/account/", "/account/password/", reverse("my_whereabouts")):
        assert client.get(path).url == reverse("mfa_activate_totp")
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200
    assert page.context["mandatory"] is True
    assert page.context["nav_items"] == []


def test_in_the_demonstration_nobody_has_to(client, officer):
    demonstration()
    sign_in(client, "chen")
    assert client.get("/account/").status_code == 200


def test_a_cadre_does_not_have_to(client, zhang):
    client.force_login(zhang)
    assert client.get("/account/").status_code == 200


def shown_secret(page) -> str:
    return str(page.context["secret"]).replace(" ", "")


def test_from_the_first_password_to_the_desk_with_a_real_code(client, officer, frozen):
    sign_in(client, "chen")
    page = client.get(reverse("mfa_activate_totp"))
    secret = shown_secret(page)
    picture = client.get(reverse("mfa_totp_qr"))
    assert picture["Content-Type"] == "image/svg+xml"
    assert "no-store" in picture["Cache-Control"]

    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert (wrong.status_code, shown_secret(wrong)) == (422, secret)
    assert not Authenticator.objects.filter(user=officer).exists()

    done = client.post(reverse("mfa_activate_totp"), {"code": app_code(time.time(), secret)})
    assert done.url == reverse("mfa_view_recovery_codes")
    codes = client.get(done.url).context["unused_codes"]
    assert len(codes) == 10
    assert client.get("/account/").status_code == 200
    assert client.get(reverse("mfa_totp_qr")).status_code == 404
    assert verbs(officer) == ["signed_in", "second_factor_added"]


def test_the_code_that_set_the_app_up_does_not_sign_anybody_in(client, officer, frozen):
    sign_in(client, "chen")
    secret = shown_secret(client.get(reverse("mfa_activate_totp")))
    code = {"code": app_code(time.time(), secret)}
    assert client.post(reverse("mfa_activate_totp"), code).status_code == 302
    thief = Client()
    sign_in(thief, "chen")
    assert thief.post(CODE, code).status_code == 422
    frozen.wait(seconds=30)
    assert thief.post(CODE, {"code": app_code(time.time(), secret)}).status_code == 302


def test_the_secret_being_set_up_survives_a_reload(client, officer):
    sign_in(client, "chen")
    first, second = (client.get(reverse("mfa_activate_totp")) for _ in range(2))
    assert shown_secret(first) == shown_secret(second)


def test_the_picture_holds_the_address_that_apps_read(client, officer):
    sign_in(client, "chen")
    secret = shown_secret(client.get(reverse("mfa_activate_totp")))
    assert totp_url(officer, secret).startswith(f"otpauth://totp/chen?secret={secret}&issuer=")


def test_secrets_are_encrypted_in_the_database_and_in_the_session(client, officer, frozen):
    sign_in(client, "chen")
    secret = shown_secret(client.get(reverse("mfa_activate_totp")))
    assert secret not in str(dict(client.session.items()))
    client.post(reverse("mfa_activate_totp"), {"code": app_code(time.time(), secret)})
    stored = {row.type: row.data for row in Authenticator.objects.filter(user=officer)}
    assert stored["totp"]["secret"].startswith("gAAAA")
    assert stored["recovery_codes"]["seed"].startswith("gAAAA")
    assert secret not in str(stored)


def test_sign_in_with_the_code_of_the_app(client, officer, frozen):
    give_second_factor(officer)
    response = sign_in(client, "chen", query="?next=/account/")
    assert response.url == CODE
    assert "_auth_user_id" not in client.session
    assert client.post(CODE, {"code": "000000"}).status_code == 422
    code = app_code(time.time())
    assert client.post(CODE, {"code": f" {code[:3]} {code[3:]} "}).url == "/account/"
    assert verbs(officer) == ["second_factor_failed", "signed_in"]
    entry = AuditEntry.objects.get(verb="signed_in")
    assert entry.changes == {"second_factor": "totp"}


def test_a_code_of_the_app_works_once(officer, frozen):
    give_second_factor(officer)
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, "chen")
    code = {"code": app_code(time.time())}
    assert first.post(CODE, code).status_code == 302
    assert second.post(CODE, code).status_code == 422


def test_a_recovery_code_works_once(officer, frozen):
    codes = give_second_factor(officer)
    statuses = []
    for _ in range(2):
        client = Client()
        sign_in(client, "chen")
        statuses.append(client.post(CODE, {"code": codes[0]}).status_code)
    assert statuses == [302, 422]
    assert AuditEntry.objects.get(verb="signed_in").changes == {"second_factor": "recovery_codes"}


def test_too_many_wrong_codes_are_429(client, officer, frozen):
    give_second_factor(officer)
    sign_in(client, "chen")
    statuses = [client.post(CODE, {"code": "000000"}).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]


def test_recovery_codes_alone_are_no_second_factor(client, officer):
    give_second_factor(officer)
    Authenticator.objects.filter(type="totp").delete()
    client.force_login(officer)
    assert client.get(DESK).url == reverse("mfa_activate_totp")


def test_taking_the_second_factor_away_needs_the_second_factor_not_the_password(officer, frozen):
    give_second_factor(officer)
    client = signed_in(officer)
    asked = client.get(reverse("mfa_deactivate_totp"))
    assert asked["Location"].startswith(reverse("mfa_reauthenticate") + "?next=")
    assert client.get(reverse("account_reauthenticate"))["Location"] == reverse("mfa_reauthenticate")
    back = client.post(asked["Location"], {"code": app_code(time.time())})
    assert back["Location"] == reverse("mfa_deactivate_totp")
    client.post(back["Location"])
    assert not Authenticator.objects.filter(user=officer).exists()
    assert verbs(officer) == ["second_factor_removed"]
    assert client.get(DESK)["Location"] == reverse("mfa_activate_totp")


def test_new_recovery_codes_replace_the_old_ones(officer, frozen):
    old = give_second_factor(officer)
    client = signed_in(officer)
    confirm = client.get(reverse("mfa_generate_recovery_codes"))["Location"]
    client.post(confirm, {"code": app_code(time.time())})
    client.post(reverse("mfa_generate_recovery_codes"))
    new = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert len(new) == 10
    assert not set(new) & set(old)
    text = client.get(reverse("mfa_download_recovery_codes")).content.decode()
    assert all(f"{code[:4]} {code[4:]}" in text for code in new)
    assert verbs(officer) == ["recovery_codes_made"]


def test_setting_up_later_than_five_minutes_after_sign_in_asks_for_the_password_again(
    client, officer, frozen
):
    sign_in(client, "chen")
    frozen.wait(minutes=6)
    asked = client.get(reverse("mfa_activate_totp"))
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert client.post(asked.url, {"password": "not-this-one"}).status_code == 422
    assert client.post(asked.url, {"password": PASSWORD}).url == reverse("mfa_activate_totp")
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


# --- One's own account --------------------------------------------------------------------------------------


def test_the_list_of_devices_and_signing_out_the_others(zhang):
    phone, desktop = (
        Client(headers={"user-agent": "X iPhone Safari"}),
        Client(headers={"user-agent": "X Windows Chrome"}),
    )
    sign_in(phone, "zhang")
    sign_in(desktop, "zhang")
    rows = desktop.get("/account/devices/").context["rows"]
    assert [(row["name"], row["here"]) for row in rows] == [
        ("Windows · Chrome", True),
        ("iPhone · Safari", False),
    ]
    desktop.post("/account/devices/")
    assert phone.get("/account/").status_code == 302
    assert desktop.get("/account/").status_code == 200
    assert [row["here"] for row in desktop.get("/account/devices/").context["rows"]] == [True]
    assert verbs(zhang)[-1] == "other_sessions_ended"


def test_the_list_of_devices_takes_the_same_queries_however_many(zhang):
    client = Client()
    sign_in(client, "zhang")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/account/devices/").status_code == 200
        return len(captured)

    one = queries()
    for _ in range(4):
        sign_in(Client(), "zhang")
    assert queries() == one


def test_a_new_password_signs_out_the_other_devices(zhang):
    phone, desktop = Client(), Client()
    sign_in(phone, "zhang")
    sign_in(desktop, "zhang")
    data = {"oldpassword": "not-this-one", "password1": "porcelain-kiln-7", "password2": "porcelain-kiln-7"}
    assert desktop.post("/account/password/", data).status_code == 422
    data["oldpassword"] = PASSWORD
    assert desktop.post("/account/password/", data)["Location"] == "/account/"
    assert phone.get("/account/").status_code == 302
    assert desktop.get("/account/").status_code == 200
    assert verbs(zhang)[-1] == "password_changed"


@pytest.mark.parametrize("weak", ["short", "12345678901", "qwertyuiop"])
def test_a_weak_password_is_refused(zhang, weak):
    client = signed_in(zhang)
    data = {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
    response = client.post("/account/password/", data)
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["password1"])


# --- What is kept -------------------------------------------------------------------------------------------


def test_no_password_code_or_address_reaches_the_audit_trail_or_the_log(client, officer, frozen, caplog):
    caplog.set_level(logging.DEBUG)
    codes = give_second_factor(officer)
    address = {"REMOTE_ADDR": "203.0.113.77"}
    for password in ("a-wrong-password", PASSWORD):
        client.post(SIGN_IN, {"login": "chen", "password": password}, **address)
    client.post(CODE, {"code": codes[3]}, **address)
    assert "_auth_user_id" in client.session
    written = str(list(AuditEntry.objects.values())) + caplog.text
    assert AuditEntry.objects.count() == 2
    for secret in ("a-wrong-password", PASSWORD, codes[3], SECRET, "203.0.113.77"):
        assert secret not in written


# --- A lost field key ---------------------------------------------------------------------------------------


def test_with_a_lost_field_key_the_code_page_says_so(client, officer, frozen, settings, caplog):
    codes = give_second_factor(officer)
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    client.cookies["language"] = "en"
    sign_in(client, "chen")
    for code in (app_code(time.time()), codes[0]):
        response = client.post(CODE, {"code": code})
        assert response.status_code == 422
        assert "field key" in response.content.decode()
    assert "_auth_user_id" not in client.session
    assert "FIELD_KEYS" in caplog.text


@pytest.mark.parametrize(
    "name", ["mfa_view_recovery_codes", "mfa_download_recovery_codes", "mfa_generate_recovery_codes"]
)
def test_with_a_lost_field_key_the_recovery_codes_say_so(client, officer, frozen, settings, name):
    give_second_factor(officer)
    sign_in(client, "chen")
    client.post(CODE, {"code": app_code(time.time())})
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    client.cookies["language"] = "en"
    response = client.get(reverse(name), follow=True)
    assert response.redirect_chain == [(reverse("mfa_index"), 302)]
    assert "field key" in response.content.decode()


def test_with_a_lost_field_key_a_set_up_begins_again(client, officer, settings):
    sign_in(client, "chen")
    before = shown_secret(client.get(reverse("mfa_activate_totp")))
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    assert shown_secret(client.get(reverse("mfa_activate_totp"))) != before


def test_the_database_check_counts_the_accounts_that_cannot_be_read(officer, su, settings):
    give_second_factor(officer)
    assert checks.second_factors(databases=["default"]) == []
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    assert checks.second_factors() == []
    (error,) = checks.second_factors(databases=["default"])
    assert (error.id, "2" in error.msg) == ("longquan.E010", True)
    with pytest.raises(SystemCheckError, match="FIELD_KEYS"):
        call_command("check", databases=["default"])


def test_an_older_field_key_still_reads_and_the_newest_writes(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_KEYS = [old]
    written = crypto.encrypt("secret")
    settings.FIELD_KEYS = [new, old]
    assert crypto.decrypt(written) == "secret"
    assert Fernet(new).decrypt(crypto.encrypt("secret").encode()) == b"secret"
    settings.FIELD_KEYS = [new]
    with pytest.raises(ValueError, match="FIELD_KEYS"):
        crypto.decrypt(written)


def test_passwords_are_hashed_with_argon2(zhang):
    assert settings.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    assert zhang.password.startswith("argon2$")
