"""Notices and the outbox: told once whatever happens, in the reader's language, and outside no more than a title."""

import logging
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.translation import gettext_lazy

from accounts.models import User
from common import leases, notices, outbox, transports
from common.crypto import decrypt, encrypt
from common.models import Channel, Delivery, Notice
from common.problems import Refused
from tests.accounts.factories import NOW, make_user
from tests.support.mailboxes import Mailbox, hook_server, mail_server
from tests.support.processes import ROOT
from tests.support.races import at_once

MINUTE = timedelta(minutes=1)
KIND = notices.Kind(
    "told",
    title=gettext_lazy("Accounts"),
    text=gettext_lazy("User name %(username)s"),
    url=lambda params: f"/desk/{params['username']}/",
)


@pytest.fixture(autouse=True)
def kinds(monkeypatch) -> None:
    for kind in (KIND, notices.Kind("shared", title="门牌", group=True)):
        monkeypatch.setitem(notices._kinds, kind.name, kind)


@pytest.fixture(autouse=True)
def doorbell(monkeypatch) -> list[str]:
    """How often a worker was woken; nobody else sends what these tests put in."""
    rung: list[str] = []
    monkeypatch.setattr(outbox, "ring", lambda **options: rung.append("rung"))
    return rung


@pytest.fixture
def ye(db: None) -> User:
    return make_user("ye", "叶知秋")


@pytest.fixture
def lan(db: None) -> User:
    return make_user("lan", "蓝青")


def tell(*users: User, key: str = "finding:1:recorded", **given: Any) -> int:
    given = {"kind": "told", "params": {"username": "ye"}, "now": NOW, **given}
    return notices.send(key=key, to=[user.pk for user in users], **given)


def email_for(user: User, *, confirmed: bool = True) -> Channel:
    return Channel.objects.create(
        user=user,
        kind="email",
        address=encrypt(f"{user.username}@example.cn"),
        confirmed_at=NOW if confirmed else None,
        created_by=user,
        created_at=NOW,
    )


def group(
    owner: User, unit_id: int | None = None, address: str = "feishu://hook-1", active: bool = True
) -> Channel:
    return Channel.objects.create(
        unit_id=unit_id,
        kind="apprise",
        address=encrypt(address),
        label="工作群",
        active=active,
        confirmed_at=NOW,
        created_by=owner,
        created_at=NOW,
    )


def send_at(moment: datetime = NOW) -> bool:
    return outbox.send_due(clock=lambda: moment)


# --- Told once ----------------------------------------------------------------------------------------------------


def test_a_notice_is_one_for_each_reader_and_key(ye, lan):
    assert tell(ye) == 1
    assert tell(ye) == 0
    assert tell(ye, lan, ye) == 1
    assert tell(ye, key="finding:1:decided") == 1
    assert (notices.unread(ye.pk), notices.unread(lan.pk)) == (2, 1)


def test_an_account_out_of_use_is_told_nothing(ye, lan):
    User.objects.filter(pk=lan.pk).update(is_active=False)
    assert tell(ye, lan) == 1
    assert notices.unread(lan.pk) == 0


def test_what_is_taken_back_has_told_nobody(ye, doorbell, django_capture_on_commit_callbacks):
    email_for(ye)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        tell(ye)
        transaction.set_rollback(True)
    assert (Notice.objects.count(), Delivery.objects.count(), doorbell) == (0, 0, [])


def test_a_worker_is_woken_after_the_commit_and_only_for_what_leaves_the_house(
    ye, lan, doorbell, django_capture_on_commit_callbacks
):
    email_for(ye)
    with django_capture_on_commit_callbacks(execute=True):
        tell(lan)
    assert doorbell == []
    with django_capture_on_commit_callbacks(execute=True):
        tell(ye)
        assert doorbell == []
    assert doorbell == ["rung"]


def test_a_missing_param_fails_where_it_is_written(ye):
    with pytest.raises(KeyError):
        tell(ye, params={})
    assert not Notice.objects.exists()


def test_many_events_take_the_same_statements_as_one(ye):
    counts = set()
    for number in (1, 3, 300):
        people = [make_user(f"p{number}-{position}") for position in range(number)]
        for person in people:
            email_for(person)
        messages = [
            notices.Message("shared", f"{number}:{person.pk}", [person.pk], unit_id=person.pk)
            for person in people
        ]
        for person in people:
            group(ye, unit_id=person.pk)
        with CaptureQueriesContext(connection) as captured:
            assert notices.send_all(messages, now=NOW) == number
        counts.add(len(captured) - len([q for q in captured if "INSERT" in q["sql"]]))
        assert Delivery.objects.filter(notice__key__startswith=f"{number}:").count() == 2 * number
    assert len(counts) == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_say_the_same_at_the_same_instant_say_it_once():
    users = [make_user(f"p{number}") for number in range(5)]
    for user in users:
        email_for(user)
    told = at_once(*[lambda: tell(*users)] * 4)
    assert sorted(told) == [0, 0, 0, 5]
    assert Notice.objects.count() == Delivery.objects.count() == 5


# --- Read in the reader's language --------------------------------------------------------------------------------


def test_the_words_are_made_when_it_is_read(ye):
    tell(ye)
    notice = Notice.objects.get()
    with translation.override("en"):
        assert notices.in_words(notice) == notices.Words("Accounts", "User name ye", "/desk/ye/")
    with translation.override("zh-hans"):
        assert notices.in_words(notice) == notices.Words("账号", "用户名：ye", "/desk/ye/")


def test_days_instants_and_codes_become_words_when_they_are_read(ye, monkeypatch, time_machine):
    time_machine.move_to(NOW)
    kind = notices.Kind(
        "dated",
        title="%(day)s",
        text="%(until)s %(decision)s",
        words=lambda params: {"decision": {"standing": "认定"}[params["decision"]]},
    )
    monkeypatch.setitem(notices._kinds, "dated", kind)
    params = {"day": "2026-11-24", "until": "2026-11-27T16:00:00+00:00", "decision": "standing"}
    tell(ye, kind="dated", params=params)
    with translation.override("zh-hans"):
        words = notices.in_words(Notice.objects.get())
    assert (words.title, words.text, words.url) == ("11月24日", "11月28日 00:00 认定", "")


def test_a_kind_that_no_program_knows_any_more_stays_in_the_list(ye, monkeypatch):
    tell(ye)
    monkeypatch.delitem(notices._kinds, "told")
    with translation.override("en"):
        assert notices.in_words(Notice.objects.get()) == notices.Words("Notice", "", "")


def test_what_is_unread_comes_first_and_then_the_newest(ye):
    for hour in range(4):
        tell(ye, key=str(hour), now=NOW + timedelta(hours=hour))
    for key in ("3", "0"):
        notices.mark_read(user_id=ye.pk, now=NOW, notice=Notice.objects.get(key=key))
    assert [notice.key for notice in notices.of_user(ye.pk)] == ["2", "1", "3", "0"]
    assert notices.mark_read(user_id=ye.pk, now=NOW) == 2
    assert notices.mark_read(user_id=ye.pk, now=NOW) == 0


# --- What goes where ----------------------------------------------------------------------------------------------


def test_only_a_confirmed_address_gets_mail(ye, lan):
    email_for(ye)
    email_for(lan, confirmed=False)
    tell(ye, lan)
    assert [delivery.channel.user for delivery in Delivery.objects.all()] == [ye]


def test_a_group_hears_of_its_unit_and_the_citys_group_of_what_concerns_none(ye):
    of_seven, of_eight, of_city = group(ye, 7), group(ye, 8), group(ye)
    group(ye, 7, active=False)
    assert tell(kind="shared", key="a", params={}, unit_id=7) == 0
    tell(kind="shared", key="a", params={}, unit_id=7)
    tell(kind="shared", key="b", params={})
    tell(kind="shared", key="c", params={}, unit_id=9)
    tell(ye, key="d", unit_id=8)
    heard = [(delivery.notice.key, delivery.channel) for delivery in Delivery.objects.order_by("pk")]
    assert heard == [("a", of_seven), ("b", of_city)]
    assert not of_eight.deliveries.exists()
    # What nobody hears leaves no row, and what a group hears stands in nobody's list.
    assert Notice.objects.filter(user=None).count() == 2


def test_outside_there_is_a_title_and_a_link_in_chinese_and_nothing_else(ye, settings):
    settings.SITE_URL, settings.SITE_HOST = "https://id.example.gov.cn", "id.example.gov.cn"
    email_for(ye)
    tell(ye, params={"username": "not-for-outside"})
    with translation.override("en"):
        send_at()
    (message,) = mail.outbox
    notice, delivery = Notice.objects.get(), Delivery.objects.get()
    assert message.to == ["ye@example.cn"]
    assert (message.subject, message.body.splitlines()[0]) == ("干部身份证：账号", "账号")
    assert f"https://id.example.gov.cn/desk/notices/{notice.pk}/" in message.body
    assert "not-for-outside" not in message.subject + message.body
    assert message.extra_headers["Message-ID"] == f"<{delivery.message_id}@id.example.gov.cn>"


def test_a_group_reads_a_title_and_a_link_with_the_id_of_the_message(ye, settings):
    settings.NOTICE_SCHEMES = ["json"]
    mailbox = Mailbox()
    with hook_server(mailbox) as port:
        group(ye, address=f"json://127.0.0.1:{port}/hook")
        tell(kind="shared", key="a", params={})
        send_at()
    (said,) = mailbox.raw
    assert said["title"] == "干部身份证：门牌"
    assert said["message"] == f"{settings.SITE_URL}/desk/#{Delivery.objects.get().message_id.hex}"


# --- The outbox ---------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(ye, lan) -> Iterator[list[Delivery]]:
    """Two messages by mail."""
    email_for(ye)
    email_for(lan)
    tell(ye, lan)
    return list(Delivery.objects.order_by("pk"))


def fails(word: str) -> Callable[..., None]:
    def deliver(*args: Any, **options: Any) -> None:
        raise transports.NotSent(word)

    return deliver


def test_what_was_sent_is_not_sent_again(waiting):
    assert not send_at()
    send_at(NOW + MINUTE)
    assert len(mail.outbox) == 2
    assert set(Delivery.objects.values_list("state", "attempts", "claim")) == {("sent", 1, "")}


def test_over_its_budget_a_sender_makes_room_for_others(waiting):
    assert outbox.send_due(clock=lambda: NOW, budget=-1)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60), (5, 240), (6, 240), (30, 240)]
)
def test_the_next_attempt_comes_later_each_time(attempts, minutes):
    due = outbox.next_attempt(attempts, NOW + timedelta(days=3), NOW)
    assert due == NOW + timedelta(minutes=minutes)


def test_after_three_days_it_is_given_up_and_can_be_tried_again(waiting, ye, monkeypatch, caplog):
    monkeypatch.setattr(transports, "deliver", fails(transports.REFUSED))
    moment, attempts = NOW, 0
    while (due := outbox.waiting().first()) is not None:
        moment = max(moment, due.due_at)
        send_at(moment)
        attempts += 1
        assert attempts < 50
    delivery = Delivery.objects.get(pk=waiting[0].pk)
    assert (delivery.state, delivery.last_error) == ("given_up", "refused")
    assert timedelta(days=3) <= delivery.ended_at - NOW < timedelta(days=3, hours=4)
    assert "was given up: refused" in caplog.text

    monkeypatch.undo()
    chosen = Delivery.objects.filter(pk=delivery.pk)
    assert outbox.retry(deliveries=chosen, actor=ye, now=moment) == 1
    with pytest.raises(Refused):
        outbox.retry(deliveries=chosen, actor=ye, now=moment)
    monkeypatch.setattr(outbox, "ring", lambda **options: None)
    send_at(moment)
    assert [message.extra_headers["Message-ID"] for message in mail.outbox] == [
        f"<{delivery.message_id}@localhost>"
    ]


def test_a_server_that_is_away_is_asked_once_and_the_others_are_not_kept_waiting(
    waiting, ye, settings, monkeypatch
):
    settings.NOTICE_SCHEMES = ["json"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with mail_server(Mailbox()) as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    mailbox = Mailbox()
    with hook_server(mailbox) as port:
        group(ye, address=f"json://127.0.0.1:{port}/")
        tell(kind="shared", key="a", params={}, now=NOW)
        send_at()
    assert len(mailbox.taken) == 1
    first, second = (Delivery.objects.get(pk=delivery.pk) for delivery in waiting)
    assert (first.attempts, first.last_error, first.due_at) == (1, "unreachable", NOW + MINUTE)
    assert (second.attempts, second.due_at, second.claim) == (0, NOW, "")


def test_what_the_server_refuses_with_421_is_tried_again(waiting, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    answers = iter([False, True, True])
    mailbox = Mailbox(lambda: next(answers))
    with mail_server(mailbox) as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        send_at()
        assert Counter(Delivery.objects.values_list("state", "last_error")) == {
            ("waiting", "refused"): 1,
            ("sent", ""): 1,
        }
        send_at(NOW + MINUTE)
    wanted = {f"<{delivery.message_id}@localhost>" for delivery in waiting}
    assert {identity for _key, identity in mailbox.taken} == wanted


def test_an_error_that_nobody_expected_is_named_without_its_words(waiting, monkeypatch, caplog):
    def deliver(*args: Any, **options: Any) -> None:
        raise ValueError("ye@example.cn")

    monkeypatch.setattr(transports, "deliver", deliver)
    send_at()
    assert "ValueError" in caplog.text
    assert "example.cn" not in caplog.text
    assert set(Delivery.objects.values_list("last_error", flat=True)) == {"unexpected"}


def test_an_address_whose_key_is_lost_is_no_reason_to_stop(waiting):
    Channel.objects.filter(pk=waiting[0].channel_id).update(address="not readable")
    send_at()
    assert Counter(Delivery.objects.values_list("state", "last_error")) == {
        ("waiting", "unreadable"): 1,
        ("sent", ""): 1,
    }
    assert {error for error, _words in outbox.ERRORS.items()} >= {"unreadable", "refused", "unreachable"}


@pytest.fixture
def of_the_dead() -> str:
    """The mark of a process that has ended."""
    program = "from common import leases; print(leases.new())"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


@pytest.mark.parametrize(
    ("living", "later", "sent"), [(True, 0, 0), (True, 301, 2), (False, 0, 2)], ids=["held", "late", "killed"]
)
def test_what_another_sender_holds_comes_back_when_its_time_or_its_process_is_over(
    waiting, of_the_dead, living, later, sent
):
    claim = leases.new() if living else of_the_dead
    Delivery.objects.update(claim=claim, claimed_until=NOW + outbox.LEASE)
    send_at(NOW + timedelta(seconds=later))
    assert len(mail.outbox) == sent


def arrivals(monkeypatch) -> Counter[int]:
    """Counts what leaves. Both senders have their first message in hand before either sends it."""
    arrived, begun, both = Counter[int](), threading.local(), threading.Barrier(2)

    def deliver(channel: Channel, **message: Any) -> None:
        if not hasattr(begun, "said"):
            begun.said = both.wait(30)
        arrived[channel.pk] += 1

    monkeypatch.setattr(transports, "deliver", deliver)
    return arrived


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("claims", [True, False], ids=["claimed", "control: unclaimed"])
def test_of_two_senders_only_one_sends_a_message(monkeypatch, claims):
    users = [make_user(f"p{number}") for number in range(12)]
    for user in users:
        email_for(user)
    tell(*users)
    arrived = arrivals(monkeypatch)
    if not claims:
        everything = Delivery.objects.select_related("notice", "channel")
        monkeypatch.setattr(outbox, "_claim", lambda pk, *args: everything.get(pk=pk))
    at_once(send_at, send_at)
    assert len(arrived) == 12
    assert (arrived.total() == 12) is claims


def test_looking_for_what_is_due_takes_as_many_statements_for_three_hundred(ye, lan):
    channel, counts = email_for(ye), set()
    for number in (1, 3, 300):
        Delivery.objects.all().delete()
        made = Notice.objects.bulk_create(
            Notice(user=lan, kind="told", key=f"{number}:{n}", created_at=NOW) for n in range(number)
        )
        Delivery.objects.bulk_create(
            Delivery(notice=notice, channel=channel, due_at=NOW, give_up_at=NOW) for notice in made
        )
        with CaptureQueriesContext(connection) as captured:
            outbox._due(NOW, set())
        counts.add(len(captured))
    assert counts == {2}


def test_what_is_old_and_done_is_removed_and_what_waits_stays(ye, lan):
    email_for(lan)
    tell(ye, key="read")
    notices.mark_read(user_id=ye.pk, now=NOW)
    tell(ye, key="unread")
    tell(lan, key="in the outbox")
    notices.mark_read(user_id=lan.pk, now=NOW)
    assert notices.remove_old(NOW + notices.KEPT) == 0
    late = NOW + notices.KEPT + MINUTE
    assert (notices.remove_old(late), notices.remove_old(late)) == (1, 0)
    assert set(Notice.objects.values_list("key", flat=True)) == {"unread", "in the outbox"}


# --- Addresses of groups ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("dingtalk://0123456789abcdef", "dingtalk://0123456789abcdef"),
        ("dingtalk://SECabc@0123456789abcdef", "dingtalk://SECabc@0123456789abcdef"),
        (" https://oapi.dingtalk.com/robot/send?access_token=0123abcd ", "dingtalk://0123abcd"),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a-4b7", "wecombot://693a-4b7"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/ab12-cd34", "feishu://ab12-cd34"),
    ],
)
def test_the_address_is_taken_as_the_service_shows_it(given, kept):
    assert transports.group_address(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "feishu",
        "json://127.0.0.1:8000/",
        "jsons://10.0.0.1/",
        "http://169.254.169.254/latest/",
        "https://evil.example/robot/send?access_token=abc",
        "https://oapi.dingtalk.com.evil.example/robot/send?access_token=abc",
        "https://oapi.dingtalk.com@evil.example/robot/send?access_token=abc",
        "http://oapi.dingtalk.com/robot/send?access_token=abc",
        "https://oapi.dingtalk.com/robot/send",
        "https://oapi.dingtalk.com/robot/send?access_token=a%2F..%2Fb",
        "file:///etc/passwd",
        "mailto://user:password@example.com",
        "syslog://",
        "dingtalk://",
        "feishu://abc?redirect=yes",
        "wecombot://abc?verify=no",
        "feishu://abc#here",
        "https://[",
    ],
)
def test_no_other_address_is_taken(given):
    with pytest.raises(Refused) as refused:
        transports.group_address(given)
    assert refused.value.field == "address"


def test_a_scheme_that_was_taken_from_the_list_sends_no_more(ye):
    mailbox = Mailbox()
    with hook_server(mailbox) as port:
        group(ye, address=f"json://127.0.0.1:{port}/")
        tell(kind="shared", key="a", params={})
        send_at()
    assert (mailbox.raw, Delivery.objects.get().last_error) == ([], "refused")


SERVICES = {
    "dingtalk": ("dingtalk", "NotifyDingTalk", b'{"errcode": 310000, "errmsg": "keywords"}'),
    "wecombot": ("wecombot", "NotifyWeComBot", b'{"errcode": 45009, "errmsg": "too many"}'),
    "feishu": ("feishu", "NotifyFeishu", b'{"code": 9499, "msg": "Bad Request"}'),
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_refuses_with_200_has_not_taken_the_message(ye, monkeypatch, service, caplog):
    module, plugin, refusal = SERVICES[service]
    transports._apprise()
    channel, answers = group(ye, address=f"{service}://0123456789abcdef"), iter([False, True])
    with (
        hook_server(
            Mailbox(lambda: next(answers)), refusal=(200, refusal), success=b'{"errcode": 0, "code": 0}'
        ) as port,
        caplog.at_level(logging.DEBUG),
    ):
        here = f"http://127.0.0.1:{port}/{{token}}{{key}}"
        loaded = sys.modules[f"apprise.plugins.{module}"]
        here = here.replace("{key}" if service != "wecombot" else "{token}", "")
        monkeypatch.setattr(getattr(loaded, plugin), "notify_url", here)
        tell(kind="shared", key="a", params={})
        send_at()
        assert Delivery.objects.get().last_error == "refused"
        send_at(NOW + MINUTE)
        assert Delivery.objects.get().state == "sent"
    # Whoever can read the log must not be able to write into the group.
    assert "0123456789abcdef" not in caplog.text
    assert decrypt(channel.address) not in channel.address


def test_a_redirect_is_not_followed(ye, settings):
    """Into our own network it could lead."""
    settings.NOTICE_SCHEMES = ["json"]
    inside, outside = Mailbox(), Mailbox(lambda: False)
    with hook_server(inside) as hidden, hook_server(outside, redirect=f"http://127.0.0.1:{hidden}/") as port:
        group(ye, address=f"json://127.0.0.1:{port}/")
        tell(kind="shared", key="a", params={})
        send_at()
    assert (outside.refused, inside.raw) == (1, [])
    assert Delivery.objects.get().last_error == "refused"


def test_a_server_that_never_answers_is_left(ye, settings, monkeypatch):
    settings.NOTICE_SCHEMES = ["json"]
    monkeypatch.setattr(transports, "TIMEOUT", 0.1)
    over = threading.Event()
    with hook_server(Mailbox(lambda: over.wait(60))) as port:
        group(ye, address=f"json://127.0.0.1:{port}/")
        tell(kind="shared", key="a", params={})
        send_at()
        over.set()
    assert Delivery.objects.get().last_error == "refused"


def test_a_mail_server_that_never_greets_is_left(waiting, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_TIMEOUT = 0.1
    over = threading.Event()
    with mail_server(Mailbox(lambda: over.wait(60))) as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        send_at()
        over.set()
    assert Delivery.objects.get(pk=waiting[0].pk).last_error == "unreachable"


@pytest.mark.parametrize(("given", "shown"), [("2026-02-28", "2月28日"), ("2026-02-30", "2026-02-30")])
def test_what_reads_like_a_day_that_is_none_stays_as_it_was_typed(given, shown):
    assert shown in str(notices._readable(given))
