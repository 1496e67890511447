import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Activation, ActivationQuerySet, Role, User
from common import ratelimits
from common.models import AuditEntry
from common.problems import Refused
from tests.accounts.factories import NOW, PASSWORD, TODAY, app_code, give, make_user, signed_in

ACTIVATE = "/activate/"
NEW = "porcelain-kiln-7"


@pytest.fixture
def li(unit_a) -> User:
    """A cadre whose account has no password yet."""
    user = make_user("li", "李清照")
    give(user, Role.CADRE, unit=unit_a)
    return user


def send(client: Client, code: str, username: str = "li", password: str = NEW, again: str = ""):
    data = {"username": username, "code": code, "password1": password, "password2": again or password}
    return client.post(ACTIVATE, data)


@pytest.mark.django_db
def test_a_slip_sets_the_password_and_signs_in(client, frozen, li, su):
    code = services.activation_issue(user=li, issued_by=su, now=NOW).code
    response = send(client, code)
    assert (response.status_code, response.url) == (302, "/desk/")
    assert client.session["_auth_user_id"] == str(li.pk)
    li.refresh_from_db()
    assert li.check_password(NEW)
    entries = AuditEntry.objects.filter(subject_type="accounts.user", subject_id=li.pk).order_by("pk")
    assert [(e.verb, e.actor_id) for e in entries] == [
        ("slip_issued", su.pk),
        ("account_activated", li.pk),
        ("signed_in", li.pk),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("typed", [str.lower, lambda c: f" {c[:4]} {c[4:8]}-{c[8:12]} {c[12:]} "])
def test_the_code_may_be_typed_in_any_case_and_grouping(client, frozen, li, su, typed):
    code = services.activation_issue(user=li, issued_by=su, now=NOW).code
    assert send(client, typed(code), username=" LI ").status_code == 302


@pytest.mark.django_db
def test_a_slip_works_once(frozen, li, su):
    code = services.activation_issue(user=li, issued_by=su, now=NOW).code
    assert send(Client(), code).status_code == 302
    assert send(Client(), code, password="another-kiln-88").status_code == 422
    li.refresh_from_db()
    assert li.check_password(NEW)


@pytest.mark.django_db
def test_a_slip_expires_after_fourteen_days(client, frozen, li, su):
    code = services.activation_issue(user=li, issued_by=su, now=NOW).code
    frozen.wait(days=14)
    assert send(client, code).status_code == 422
    frozen.wait(seconds=-1)
    assert send(client, code).status_code == 302


@pytest.mark.django_db
def test_a_new_slip_withdraws_the_earlier_one(client, frozen, li, su):
    first = services.activation_issue(user=li, issued_by=su, now=NOW).code
    second = services.activation_issue(user=li, issued_by=su, now=NOW).code
    assert send(client, first).status_code == 422
    assert send(client, second).status_code == 302


@pytest.mark.django_db
def test_wrong_code_wrong_person_and_unknown_name_get_the_same_sentence(client, frozen, li, su, wang):
    code = services.activation_issue(user=li, issued_by=su, now=NOW).code
    answers = [
        send(client, "0000 0000 0000 0000"),
        send(client, "not a code"),
        send(client, code, username="wang"),
        send(client, code, username="nobody"),
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert len({str(answer.context["form"].non_field_errors()) for answer in answers}) == 1
    assert NEW not in answers[0].content.decode()


@pytest.mark.django_db
def test_two_different_passwords_change_nothing(client, frozen, li, su):
    code = services.activation_issue(user=li, issued_by=su, now=NOW).code
    response = send(client, code, again="another-kiln-88")
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["password2"])
    assert Activation.objects.usable(NOW).exists()


@pytest.mark.django_db
def test_a_password_like_the_persons_name_is_refused_and_the_slip_stays_good(client, frozen, su, unit_a):
    user = make_user("ouyangxiu", "欧阳修之子")
    give(user, Role.CADRE, unit=unit_a)
    code = services.activation_issue(user=user, issued_by=su, now=NOW).code
    assert send(client, code, "ouyangxiu", "ouyangxiu1").status_code == 422
    assert send(client, code, "ouyangxiu", NEW).status_code == 302


@pytest.mark.django_db
def test_after_ten_failures_for_one_name_the_page_is_429_for_a_while_at_that_address(client, frozen, li, su):
    code = services.activation_issue(user=li, issued_by=su, now=NOW).code
    for number in range(10):
        assert send(client, "0000 0000 0000 0000", username=("li", " LI ")[number % 2]).status_code == 422
    assert send(client, code).status_code == 429
    assert send(client, code, username="wang").status_code == 422
    assert send(Client(REMOTE_ADDR="203.0.113.5"), "0000 0000 0000 0000").status_code == 422
    frozen.wait(minutes=10)
    assert send(client, code).status_code == 302


@pytest.mark.django_db
def test_sixty_failures_at_one_address_are_enough_whatever_the_names(client, frozen):
    for number in range(60):
        assert send(client, "0000 0000 0000 0000", username=f"nobody{number}").status_code == 422
    assert send(client, "0000 0000 0000 0000", username="somebody").status_code == 429


@pytest.mark.django_db
def test_the_addresses_of_one_ipv6_connection_count_as_one(frozen):
    for number in range(10):
        send(Client(REMOTE_ADDR=f"2001:db8::{number + 1:x}"), "0000 0000 0000 0000")
    assert send(Client(REMOTE_ADDR="2001:db8::ffff"), "0000 0000 0000 0000").status_code == 429


@pytest.mark.django_db
def test_the_counter_keeps_no_address(client, frozen, monkeypatch, li):
    keys = []
    monkeypatch.setattr(ratelimits.cache, "incr", lambda key: keys.append(key))
    send(Client(REMOTE_ADDR="203.0.113.77"), "0000 0000 0000 0000")
    assert len(keys) == 2
    assert "203.0.113.77" not in str(keys)


@pytest.mark.django_db
def test_only_a_digest_of_the_code_is_kept(frozen, li, su, caplog):
    code = services.activation_issue(user=li, issued_by=su, now=NOW).code
    kept = str(list(Activation.objects.values())) + str(list(AuditEntry.objects.values())) + caplog.text
    assert code not in kept
    assert Activation.objects.get().digest not in str(list(AuditEntry.objects.values()))


@pytest.mark.django_db
def test_activating_again_ends_the_sessions_and_asks_for_the_second_factor(client, frozen, ye, su):
    elsewhere = Client()
    ye.set_password(PASSWORD)
    ye.save()
    elsewhere.post("/sign-in/", {"login": "ye", "password": PASSWORD})
    elsewhere.post("/sign-in/code/", {"code": app_code(NOW.timestamp())})
    assert elsewhere.get("/account/").status_code == 200

    code = services.activation_issue(user=ye, issued_by=su, now=NOW).code
    assert send(client, code, "ye").url == "/sign-in/code/"
    assert elsewhere.get("/account/").status_code == 302
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_a_closed_account_is_not_activated(client, frozen, li, su):
    code = services.activation_issue(user=li, issued_by=su, now=NOW).code
    User.objects.filter(pk=li.pk).update(is_active=False)
    assert send(client, code).status_code == 422
    with pytest.raises(Refused):
        services.activation_issue(user=li, issued_by=su, now=NOW)


@pytest.mark.django_db
def test_an_officer_issues_slips_to_cadres_but_not_to_who_may_do_more(li, ye, su, ji):
    assert services.activation_issue(user=li, issued_by=ye, now=NOW)
    with pytest.raises(Refused):
        services.activation_issue(user=ji, issued_by=ye, now=NOW)
    assert services.activation_issue(user=ji, issued_by=su, now=NOW)
    with pytest.raises(Refused):
        services.activation_issue(user=su, issued_by=su, now=NOW)


@pytest.mark.django_db
def test_the_slip_is_shown_once_with_everything_on_it_and_is_not_stored(frozen, li, su):
    response = signed_in(su).post(reverse("user_slip", args=[li.pk]))
    page = response.content.decode()
    code = response.context["code"]
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    for text in (code, "李清照", ">li<", "http://localhost:8000/activate/", "<svg", "12月8日"):
        assert text in page
    assert [len(group) for group in code.split()] == [4, 4, 4, 4]
    assert send(Client(), code).status_code == 302
    assert signed_in(su).get(reverse("user_slip", args=[li.pk])).status_code == 405


@pytest.mark.django_db
def test_a_signed_in_person_is_sent_to_the_desk(zhang):
    assert signed_in(zhang).get(ACTIVATE)["Location"] == "/desk/"


# --- A cadre's account that becomes more ---------------------------------------------------------------------


def in_english(user: User) -> Client:
    client = signed_in(user)
    client.cookies["language"] = "en"
    return client


def promote(
    user: User, actor: User, role: str = Role.EXPRESS_STAFF, first=TODAY, unit=None, last=None
) -> None:
    services.membership_add(
        user=user, role=role, unit=unit, group=None, valid_from=first, valid_to=last, actor=actor, now=NOW
    )


@pytest.mark.django_db
@pytest.mark.parametrize("begins", [TODAY, TODAY + timedelta(days=30)])
def test_a_slip_that_an_officer_kept_opens_nothing_after_a_promotion(frozen, li, ye, su, begins):
    code = services.activation_issue(user=li, issued_by=ye, now=NOW).code
    promote(li, su, first=begins)
    assert send(Client(), code).status_code == 422
    assert not Activation.objects.usable(NOW).exists()
    with pytest.raises(Refused):
        services.activation_issue(user=li, issued_by=ye, now=NOW)
    mine = services.activation_issue(user=li, issued_by=su, now=NOW).code
    assert send(Client(), mine).status_code == 302


@pytest.mark.django_db
def test_a_password_that_an_officer_set_and_its_session_end_with_a_promotion(frozen, li, ye, su):
    officer = Client()
    assert send(officer, services.activation_issue(user=li, issued_by=ye, now=NOW).code).status_code == 302
    page = in_english(su).post(
        reverse("user_membership_new", args=[li.pk]),
        {"role": Role.EXPRESS_STAFF, "unit": "", "group": "", "valid_from": TODAY, "valid_to": ""},
        follow=True,
    )
    assert "the earlier password no longer works" in page.content.decode()
    assert "Not yet activated" in page.content.decode()
    assert officer.get("/account/").status_code == 302
    assert Client().post("/sign-in/", {"login": "li", "password": NEW}).status_code == 422
    li.refresh_from_db()
    assert not li.has_usable_password()
    assert AuditEntry.objects.filter(verb="password_voided", subject_id=li.pk).count() == 1


@pytest.mark.django_db
def test_a_second_role_keeps_the_password_but_ends_sessions_and_the_slip(frozen, ye, su):
    ye.set_password(PASSWORD)
    ye.save()
    device = Client()
    device.post("/sign-in/", {"login": "ye", "password": PASSWORD})
    device.post("/sign-in/code/", {"code": app_code(NOW.timestamp())})
    assert device.get("/account/").status_code == 200
    services.activation_issue(user=ye, issued_by=su, now=NOW)
    page = in_english(su).post(
        reverse("user_membership_new", args=[ye.pk]),
        {"role": Role.EXPRESS_STAFF, "unit": "", "group": "", "valid_from": TODAY, "valid_to": ""},
        follow=True,
    )
    assert "the open activation slip withdrawn" in page.content.decode()
    assert device.get("/account/").status_code == 302
    ye.refresh_from_db()
    assert ye.check_password(PASSWORD)


@pytest.mark.django_db
def test_one_more_role_as_a_cadre_or_one_long_over_changes_nothing(frozen, zhang, su, unit_b):
    services.activation_issue(user=zhang, issued_by=su, now=NOW)
    promote(zhang, su, Role.CADRE, unit=unit_b)
    promote(zhang, su, first=TODAY - timedelta(days=9), last=TODAY - timedelta(days=1))
    zhang.refresh_from_db()
    assert zhang.check_password(PASSWORD)
    assert Activation.objects.usable(NOW).exists()


@pytest.mark.django_db
def test_an_administrator_who_takes_one_more_role_stays_signed_in(frozen, su):
    client = signed_in(su)
    client.get("/account/")
    promote(su, su)
    assert client.get("/account/").status_code == 200


@pytest.mark.django_db
def test_a_role_that_begins_tomorrow_keeps_officers_from_issuing_a_slip(li, ye):
    give(li, Role.EXPRESS_STAFF, first=TODAY + timedelta(days=1))
    with pytest.raises(Refused):
        services.activation_issue(user=li, issued_by=ye, now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "then",
    [
        lambda li, ye: give(li, Role.EXPRESS_STAFF),
        lambda li, ye: ye.memberships.update(valid_to=TODAY - timedelta(days=1)),
        lambda li, ye: User.objects.filter(pk=ye.pk).update(is_active=False),
    ],
    ids=[
        "the account has become more",
        "the issuer is no officer any more",
        "the issuer’s account is closed",
    ],
)
def test_a_slip_works_only_while_its_issuer_may_issue_it(frozen, li, ye, then):
    """Rows that come without membership_add, which withdraws the slip."""
    code = services.activation_issue(user=li, issued_by=ye, now=NOW).code
    then(li, ye)
    assert send(Client(), code).status_code == 422
    li.refresh_from_db()
    assert not li.has_usable_password()


@pytest.mark.django_db
def test_a_cadre_issues_no_slips(li, zhang):
    with pytest.raises(Refused):
        services.activation_issue(user=li, issued_by=zhang, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_promotion_between_the_look_and_the_claim_wins(monkeypatch, li, ye, su):
    code = services.activation_issue(user=li, issued_by=ye, now=NOW).code
    hashing = services.make_password

    def promote_and_hash(password: str) -> str:
        promote(li, su)
        return str(hashing(password))

    monkeypatch.setattr(services, "make_password", promote_and_hash)
    with pytest.raises(Refused):
        services.activation_use(username="li", code=code, password=NEW, now=NOW)
    li.refresh_from_db()
    assert not li.has_usable_password()


# --- Two people with one slip -------------------------------------------------------------------------------


def race(act) -> list[str]:
    """What two threads that act at once report."""
    outcomes: list[str] = []

    def run(number: int) -> None:
        try:
            act(number)
            outcomes.append("done")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return sorted(outcomes)


@pytest.fixture
def together(monkeypatch):
    """Both have seen that the slip is good before either of them goes on."""
    barrier = threading.Barrier(2, timeout=30)
    hashing = services.make_password

    def wait_and_hash(password: str) -> str:
        barrier.wait()
        return str(hashing(password))

    monkeypatch.setattr(services, "make_password", wait_and_hash)
    return barrier


@contextmanager
def unconditional_claims(monkeypatch):
    """The claim without its condition: everybody who looked before may write."""
    with monkeypatch.context() as patch:
        everything: QuerySet[Activation] = QuerySet(Activation)
        patch.setattr(ActivationQuerySet, "update", lambda self, **values: everything.update(**values))
        yield


@pytest.mark.django_db(transaction=True)
def test_without_the_conditional_claim_both_would_succeed(together, monkeypatch, li, su):
    code = services.activation_issue(user=li, issued_by=su, now=NOW).code
    with unconditional_claims(monkeypatch):
        outcomes = race(
            lambda n: services.activation_use(username="li", code=code, password=f"{NEW}-{n}", now=NOW)
        )
    assert outcomes == ["done", "done"]


@pytest.mark.django_db(transaction=True)
def test_of_two_people_with_one_slip_one_succeeds(together, li, su):
    code = services.activation_issue(user=li, issued_by=su, now=NOW).code
    outcomes = race(
        lambda n: services.activation_use(username="li", code=code, password=f"{NEW}-{n}", now=NOW)
    )
    assert outcomes == ["done", "refused"]
    assert AuditEntry.objects.filter(verb="account_activated").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_slips_issued_at_once_leave_one_open(li, su, ji):
    issuers = [su, ji]
    assert race(lambda n: services.activation_issue(user=li, issued_by=issuers[n], now=NOW)) == [
        "done",
        "done",
    ]
    assert Activation.objects.usable(NOW + timedelta(seconds=1)).count() == 1


@pytest.mark.django_db
def test_the_code_of_the_console_makes_an_administrator(client, frozen, capsys):
    call_command("create_administrator", "Zong", "宗泽")
    code = capsys.readouterr().out.strip()[-19:]
    assert send(client, code, "zong").status_code == 302
    assert User.objects.get(username="zong").memberships.get().role == Role.ADMINISTRATOR
    with pytest.raises(CommandError):
        call_command("create_administrator", "zong", "宗泽")
    with pytest.raises(CommandError):
        call_command("create_administrator", "宗", "宗泽")
