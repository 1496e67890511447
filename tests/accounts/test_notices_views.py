"""Notices as people see them; what the permission table already says is not said again here."""

import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts import notifying
from accounts.models import Unit, User
from cards.models import Cadre
from common import notices, outbox, transports
from common.crypto import decrypt
from common.models import AuditEntry, Channel, Delivery, Notice
from tests.accounts.factories import NOW, demonstration, make_user, signed_in

HOOK = "https://open.feishu.cn/open-apis/bot/v2/hook/ab12-cd34-secret"


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture(autouse=True)
def kind(monkeypatch) -> None:
    kind = notices.Kind(
        "told", title="门牌已过期 %(number)s", text="请重新打印", url=lambda params: "/account/"
    )
    monkeypatch.setitem(notices._kinds, "told", kind)


@pytest.fixture(autouse=True)
def rung(monkeypatch) -> None:
    monkeypatch.setattr(outbox, "ring", lambda **options: None)


def tell(user: User, number: int = 1) -> Notice:
    notices.send(kind="told", key=f"told:{number}", to=[user.pk], params={"number": number}, now=NOW)
    return Notice.objects.get(user=user, key=f"told:{number}")


def text_of(response: Any) -> str:
    return response.content.decode()


# --- One's own list -----------------------------------------------------------------------------------------------


def test_a_cadre_reads_their_own_on_the_phone_and_nobody_elses(lin: Cadre, chen: Cadre):
    own, other = tell(lin.user), tell(chen.user, 2)
    client = signed_in(lin.user)
    page = client.get("/desk/notices/")
    assert "phone_base.html" in [template.name for template in page.templates]
    assert "门牌已过期 1" in text_of(page)
    assert "门牌已过期 2" not in text_of(page)
    assert client.get(f"/desk/notices/{other.pk}/").status_code == 404
    other.refresh_from_db()
    assert other.read_at is None

    assert client.get(f"/desk/notices/{own.pk}/")["Location"] == "/account/"
    own.refresh_from_db()
    assert own.read_at == NOW
    assert notices.unread(lin.user.pk) == 0


def test_a_glance_at_the_address_reads_nothing(officer):
    own = tell(officer)
    assert signed_in(officer).head(f"/desk/notices/{own.pk}/").status_code == 302
    assert notices.unread(officer.pk) == 1


def test_a_notice_that_leads_nowhere_leads_back_to_the_list(officer, monkeypatch):
    own = tell(officer)
    monkeypatch.delitem(notices._kinds, "told")
    assert signed_in(officer).get(f"/desk/notices/{own.pk}/")["Location"] == "/desk/notices/"


def test_what_is_unread_is_said_in_words_and_counted_in_the_navigation(officer):
    tell(officer), tell(officer, 2)
    client = signed_in(officer)

    def badges() -> list[str]:
        return [item.badge for item in client.get("/account/").context["nav_items"] if item.badge]

    assert badges() == ["2"]
    assert text_of(client.get("/desk/notices/?lang=en")).count(">Unread<") == 2
    assert client.post("/desk/notices/read/").status_code == 302
    assert badges() == []
    page = text_of(client.get("/desk/notices/"))
    assert (">Unread<" in page, "Mark all as read" in page) == (False, False)
    Notice.objects.bulk_create(
        Notice(user=officer, kind="told", key=str(n), created_at=NOW) for n in range(100)
    )
    assert badges() == ["99+"]


def test_the_list_takes_the_same_queries_for_one_three_and_three_hundred(officer):
    client, counts = signed_in(officer), set()
    for number in (1, 3, 300):
        Notice.objects.all().delete()
        Notice.objects.bulk_create(
            Notice(user=officer, kind="told", key=str(n), params={"number": n}, created_at=NOW)
            for n in range(number)
        )
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/desk/notices/").status_code == 200
        counts.add(len(captured))
    assert len(counts) == 1
    assert "门牌已过期" in text_of(client.get("/desk/notices/?page=10"))


# --- One's own e-mail address -------------------------------------------------------------------------------------


def mailed_link(client: Client, address: str = "lin@example.cn") -> str:
    """Enter an address and read what comes there."""
    assert client.post("/desk/notices/email/", {"address": address}).status_code == 302
    outbox.send_due(clock=lambda: NOW)
    assert mail.outbox[-1].to == [address]
    link = re.search(r"https?://[^/\s]+(\S+)", mail.outbox[-1].body)
    assert link
    return link[1]


def confirm(client: Client, link: str) -> Any:
    token = client.get(link).context["token"]
    return client.post("/desk/notices/email/confirm/", {"token": token}, follow=True)


def test_an_address_gets_nothing_before_its_reader_has_confirmed_it(lin: Cadre):
    client = signed_in(lin.user)
    link = mailed_link(client)
    tell(lin.user)
    # A scanner of a mail server opens every link; it presses no button.
    client.get(link)
    outbox.send_due(clock=lambda: NOW)
    assert len(mail.outbox) == 1

    confirm(client, link)
    confirm(client, link)
    tell(lin.user, 2)
    outbox.send_due(clock=lambda: NOW)
    assert [message.subject for message in mail.outbox[1:]] == ["干部身份证：门牌已过期 2"]
    verbs = AuditEntry.objects.filter(subject_id=lin.user.pk, verb__startswith="email")
    assert list(verbs.order_by("pk").values_list("verb", "changes")) == [
        ("email_set", {}),
        ("email_confirmed", {}),
    ]


def test_a_link_is_for_whoever_entered_the_address(lin: Cadre, chen: Cadre):
    link = mailed_link(signed_in(lin.user))
    confirm(signed_in(chen.user), link)
    assert not Channel.objects.receiving().exists()


@pytest.mark.parametrize("late", [False, True], ids=["another address since", "too late"])
def test_an_old_link_confirms_nothing(lin: Cadre, late, time_machine):
    client = signed_in(lin.user)
    link = mailed_link(client)
    if late:
        time_machine.shift(notifying.LINK_SECONDS + 1)
    else:
        mailed_link(client, "lin@other.example.cn")
    answer = confirm(client, link)
    assert "error" in [message.level_tag for message in answer.context["messages"]]
    assert not Channel.objects.receiving().exists()
    assert Channel.objects.filter(user=lin.user).count() == 1


def test_a_token_of_nobodys_making_confirms_nothing(lin: Cadre):
    answer = signed_in(lin.user).post("/desk/notices/email/confirm/", {"token": "1:x:y"}, follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]


def test_the_address_is_shown_in_part_kept_encrypted_and_removed_with_what_waits(lin: Cadre):
    client = signed_in(lin.user)
    confirm(client, mailed_link(client))
    tell(lin.user)
    assert Delivery.objects.filter(state="waiting").count() == 1
    page = text_of(client.get("/desk/notices/email/"))
    assert ("l***@example.cn" in page, "lin@example.cn" in page) == (True, False)
    assert "example" not in Channel.objects.get().address
    client.post("/desk/notices/email/remove/")
    client.post("/desk/notices/email/remove/")
    assert (Channel.objects.count(), Delivery.objects.count()) == (0, 0)
    assert notices.unread(lin.user.pk) == 1
    assert AuditEntry.objects.filter(verb="email_removed").count() == 1


def test_what_is_no_address_is_said_and_kept(lin: Cadre):
    answer = signed_in(lin.user).post("/desk/notices/email/", {"address": "lin at home"})
    assert answer.status_code == 422
    assert 'value="lin at home"' in text_of(answer)
    assert not Channel.objects.exists()


def test_nobody_floods_the_addresses_of_others(lin: Cadre):
    client = signed_in(lin.user)
    answers = [client.post("/desk/notices/email/", {"address": f"a{n}@example.cn"}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [422]


# --- Channels -----------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(administrator: User) -> Client:
    return signed_in(administrator)


@pytest.fixture
def added(admin: Client, unit: Unit) -> Channel:
    answer = admin.post("/desk/channels/new/", {"label": "青窑局工作群", "unit": unit.pk, "address": HOOK})
    assert answer["Location"] == "/desk/channels/"
    return Channel.objects.get()


def test_a_group_is_added_and_its_address_is_shown_nowhere(admin: Client, added: Channel, unit: Unit):
    assert (added.unit_id, decrypt(added.address)) == (unit.pk, "feishu://ab12-cd34-secret")
    assert "secret" not in added.address
    page = text_of(admin.get("/desk/channels/?lang=en"))
    assert ("青窑局工作群" in page, "Feishu" in page, "secret" in page) == (True, True, False)
    entry = AuditEntry.objects.get(verb="channel_created")
    assert "secret" not in str(entry.changes)


@pytest.mark.parametrize(
    ("field", "value"),
    [("address", "https://evil.example/hook"), ("address", "json://127.0.0.1/"), ("label", "")],
)
def test_what_is_wrong_with_a_group_is_said_at_its_field(admin: Client, field, value):
    data = {"label": "全市工作群", "unit": "", "address": HOOK, field: value}
    answer = admin.post("/desk/channels/new/", data)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Channel.objects.exists()


def test_the_same_group_twice_would_hear_everything_twice(admin: Client, added: Channel, unit: Unit):
    again = {"label": "又一个", "unit": unit.pk, "address": "feishu://ab12-cd34-secret"}
    assert admin.post("/desk/channels/new/", again).status_code == 422
    assert admin.post("/desk/channels/new/", {**again, "unit": ""}).status_code == 302


def test_a_test_message_goes_out_once_a_minute_and_says_what_came_of_it(
    admin: Client, added: Channel, monkeypatch, time_machine
):
    sent: list[str] = []
    monkeypatch.setattr(transports, "deliver", lambda channel, title, **rest: sent.append(title))
    for _tap in range(2):
        admin.post(f"/desk/channels/{added.pk}/test/")
    assert Delivery.objects.count() == 1
    outbox.send_due(clock=lambda: NOW)
    assert sent == ["推送渠道测试"]
    assert ">Sent<" in text_of(admin.get("/desk/channels/?lang=en"))
    time_machine.shift(60)
    admin.post(f"/desk/channels/{added.pk}/test/")
    assert Delivery.objects.count() == 2


def test_what_waits_on_a_channel_that_is_switched_off_is_given_up(admin: Client, added: Channel):
    admin.post(f"/desk/channels/{added.pk}/test/")
    for _tap in range(2):
        admin.post(f"/desk/channels/{added.pk}/switch/", {"active": "0"})
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.last_error) == ("given_up", "switched_off")
    assert AuditEntry.objects.filter(verb="channel_switched_off").count() == 1
    admin.get("/desk/channels/")
    answer = admin.post(f"/desk/channels/{added.pk}/test/", follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    # Not before the channel is back.
    admin.post(f"/desk/outbox/{delivery.pk}/retry/")
    assert outbox.waiting().count() == 0
    admin.post(f"/desk/channels/{added.pk}/switch/", {"active": "1"})
    admin.post(f"/desk/outbox/{delivery.pk}/retry/")
    assert outbox.waiting().count() == 1


def test_somebodys_own_address_is_no_administrators_to_switch(admin: Client, lin: Cadre):
    mailed_link(signed_in(lin.user))
    channel = Channel.objects.get()
    for verb in ("switch", "test"):
        assert admin.post(f"/desk/channels/{channel.pk}/{verb}/").status_code == 404


# --- The outbox ---------------------------------------------------------------------------------------------------


def given_up(number: int) -> list[Delivery]:
    """Messages to as many people, each with an address."""
    people = [make_user(f"p{number}-{position}") for position in range(number)]
    given = {"kind": "email", "address": "x", "confirmed_at": NOW, "created_at": NOW}
    channels = Channel.objects.bulk_create(Channel(user=user, created_by=user, **given) for user in people)
    told = Notice.objects.bulk_create(
        Notice(user=user, kind="told", key="a", params={"number": 1}, created_at=NOW) for user in people
    )
    ended = {"state": "given_up", "ended_at": NOW, "last_error": "unreachable"}
    return Delivery.objects.bulk_create(
        Delivery(notice=notice, channel=channel, due_at=NOW, give_up_at=NOW, attempts=20, **ended)
        for notice, channel in zip(told, channels, strict=True)
    )


@pytest.mark.parametrize("address", ["/desk/outbox/?state=given_up", "/desk/outbox/", "/desk/channels/"])
def test_pages_take_the_same_queries_for_one_three_and_three_hundred(
    admin: Client, address, administrator: User
):
    counts = set()
    for number in (1, 3, 300):
        given_up(number)
        if address == "/desk/outbox/":
            outbox.retry(deliveries=Delivery.objects.all(), actor=administrator, now=NOW)
        for _group in range(number if "channels" in address else 0):
            group_with_a_message(administrator)
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(address).status_code == 200
        counts.add(len(captured))
    assert len(counts) == 1


def group_with_a_message(owner: User) -> None:
    channel = Channel.objects.create(
        kind="apprise", address="x", label="群", confirmed_at=NOW, created_by=owner, created_at=NOW
    )
    notice = Notice.objects.create(kind="told", key=f"group:{channel.pk}", created_at=NOW)
    Delivery.objects.create(notice=notice, channel=channel, due_at=NOW, give_up_at=NOW)


def test_what_was_given_up_says_why_and_is_tried_again(admin: Client):
    first, _second, third = given_up(3)
    page = text_of(admin.get("/desk/outbox/?state=given_up&lang=en"))
    assert page.count("The server could not be reached") == 3
    assert ">3</strong>" in text_of(admin.get("/desk/"))
    admin.post(f"/desk/outbox/{first.pk}/retry/")
    assert list(outbox.waiting()) == [first]
    admin.post("/desk/outbox/retry/")
    assert outbox.waiting().count() == 3
    third.refresh_from_db()
    assert (third.attempts, third.due_at, third.give_up_at) == (0, NOW, NOW + outbox.GIVEN_UP_AFTER)
    assert AuditEntry.objects.filter(verb="delivery_retried").count() == 3


@pytest.mark.parametrize("backend", ["console", "smtp"])
def test_a_missing_mail_server_is_said_where_it_matters(admin: Client, settings, backend):
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    demonstration()
    for address in ("/desk/outbox/?lang=en", "/desk/channels/?lang=en"):
        assert ("EMAIL_URL" in text_of(admin.get(address))) is (backend == "console")


def test_without_a_mail_server_the_page_of_ones_address_says_whom_to_ask_and_takes_none(lin: Cadre, settings):
    client = signed_in(lin.user)
    assert 'name="address"' in text_of(client.get("/desk/notices/email/?lang=en"))
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    page = text_of(client.get("/desk/notices/email/?lang=en"))
    assert "ask the administrator of the system" in page
    assert 'name="address"' not in page
    assert 'href="/desk/notices/"' in page.split("<main", 1)[1]
    sent = client.post("/desk/notices/email/", {"address": "lin@example.org"})
    assert "ask the administrator of the system" in text_of(sent)
    assert not Channel.objects.exists()
    assert "You can also be told by e-mail." not in text_of(client.get("/desk/notices/"))


def test_the_words_of_an_account_name_what_happened_to_its_address(lin: Cadre, admin: Client):
    mailed_link(signed_in(lin.user))
    with translation.override("en"):
        page = text_of(admin.get(f"/desk/accounts/{lin.user.pk}/?lang=en"))
    assert "E-mail address for notices entered" in page
