"""One action for many: what is shown before, what is skipped and why, one job, and what becomes of each row."""

import re
import subprocess
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import services as accounts
from accounts.models import Activation, Membership, Role, User
from cards import services
from cards.models import Cadre, Card, CardRequest
from common import jobs
from common.models import AuditEntry, Job, JobItem
from tests.cast import NOW, TODAY, crowd, give, issue_card, make_cadre, make_user, signed_in

pytestmark = pytest.mark.django_db

BULK, APPROVE = "/desk/cadres/bulk/", "/desk/cards/approve/"


@pytest.fixture(autouse=True)
def clock():
    """Tuesday 24 November 2026, ten o'clock in Longquan."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def no_bell(monkeypatch):
    """Jobs are run by hand here."""
    monkeypatch.setattr(jobs, "ring", lambda *args, **options: None)


def english(user: User) -> Client:
    client = signed_in(user)
    client.cookies["language"] = "en"
    return client


@pytest.fixture
def desk(officer: User) -> Client:
    return english(officer)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.split("<main", 1)[1]))


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', html)
    assert found, name
    return found[1]


def confirm(client: Client, url: str, **changed: str) -> HttpResponse:
    page = client.get(url)
    assert page.status_code == 200
    data = {name: hidden(page.text, name) for name in ("once", "seen")}
    return client.post(url, {**data, **changed})


def work(job: Job) -> list[tuple[str, str, str]]:
    jobs.run(job.pk, clock=lambda: NOW)
    return list(job.items.values_list("label", "state", "note"))


def query(action: str, *people: Cadre, **more: str) -> str:
    return f"{BULK}?action={action}" + "".join(f"&id={cadre.pk}" for cadre in people)


# --- Choosing --------------------------------------------------------------------------------------------------------


def test_a_box_for_each_row_and_all_of_a_page_without_script(desk, chen, lin):
    page = desk.get("/desk/cadres/").text
    assert page.count('name="id"') == 2
    assert "checked" not in page
    assert desk.get("/desk/cadres/", {"select": "page"}).text.count('name="id"') == 2
    assert desk.get("/desk/cadres/", {"select": "page"}).text.count("checked") == 2


def test_who_only_looks_has_no_boxes(express, supervisor, head, chen):
    for user in (express, supervisor, head):
        assert 'name="id"' not in english(user).get("/desk/cadres/").text


def test_all_who_match_are_found_again_on_the_server(desk, office, chen):
    crowd(office, 120, cards=False)
    page = desk.get("/desk/cadres/", {"q": "众"}).text
    assert "All 120 who match this search" in words(page)
    shown = desk.get(BULK, {"action": "request", "matching": "1", "q": "众"})
    assert "Request first cards for 120 people." in words(shown.text)
    assert "陈砚" not in words(shown.text)


@pytest.mark.parametrize(
    "given",
    ["", "?action=request", "?action=x&id=1", "?id=1", "?action=request&id=x", "?action=request&id=²"],
)
def test_half_a_choice_leads_back_with_a_sentence(given, desk, chen):
    for response in (desk.get(BULK + given), desk.post(BULK + given)):
        assert response.status_code == 302
        assert response.url == "/desk/cadres/"
    assert "Choose an action and tick whom it is for." in words(desk.get("/desk/cadres/").text)


# --- First cards -----------------------------------------------------------------------------------------------------


def test_the_consequences_name_who_is_skipped_and_why(desk, officer, office, chen, lin, wei):
    left = make_cadre(office, "已离")
    Cadre.objects.filter(pk=left.pk).update(serves_to=TODAY - timedelta(days=1))
    issue_card(lin)
    services.card_request(cadre=wei, reason="", note="", actor=officer, now=NOW)
    page = words(desk.get(query("request", chen, lin, wei, left)).text)
    assert "Request first cards for 1 person." in page
    assert re.search("already has a card 林一帆 1", page)
    assert re.search("a request already waits for approval 韦诉𬱖 1", page)
    assert re.search("no longer in service 已离 1", page)
    assert not Job.objects.exists()


def test_one_job_asks_for_each(desk, officer, unit, chen, lin):
    response = confirm(desk, query("request", chen, lin))
    job = Job.objects.get()
    assert response.url == f"/desk/jobs/{job.pk}/"
    assert (job.kind, job.unit_id, job.created_by) == ("people", unit.pk, officer)
    services.card_request(cadre=lin, reason="", note="", actor=officer, now=NOW)
    assert sorted(work(job)) == [
        ("林一帆", "failed", "A card has already been requested and waits for approval."),
        ("陈砚", "done", "requested"),
    ]
    assert CardRequest.objects.get(cadre=chen).requested_by == officer
    assert AuditEntry.objects.filter(verb="card_requested", subject_id=chen.pk).count() == 1


def test_two_clicks_start_one_job(desk, chen):
    url = query("request", chen)
    page = desk.get(url).text
    data = {name: hidden(page, name) for name in ("once", "seen")}
    first = desk.post(url, data)
    work(Job.objects.get())
    assert desk.post(url, data).url == first.url
    assert Job.objects.count() == CardRequest.objects.count() == 1


def test_what_has_changed_meanwhile_is_shown_before_it_is_done(desk, chen, lin):
    url = query("request", chen, lin)
    page = desk.get(url).text
    issue_card(lin)
    response = desk.post(url, {name: hidden(page, name) for name in ("once", "seen")})
    assert response.status_code == 200
    assert "Meanwhile something has changed." in words(response.text)
    assert not Job.objects.exists()


def test_people_of_other_units_are_skipped_or_not_even_found(officer, chen, zhou):
    url = query("request", chen, zhou)
    page = words(english(officer).get(url).text)
    assert "周渡" not in page
    give(officer, Role.EXPRESS_STAFF)
    page = words(english(officer).get(url).text)
    assert re.search("Request first cards for 1 person.*belongs to another unit 周渡 1", page)
    confirm(english(officer), url)
    assert [item.label for item in JobItem.objects.all()] == ["陈砚"]


def test_an_officer_of_two_units_starts_a_job_for_each(officer, other_unit, chen, zhou):
    give(officer, Role.UNIT_OFFICER, unit=other_unit)
    client, url = english(officer), query("request", chen, zhou)
    page = client.get(url).text
    data = {name: hidden(page, name) for name in ("once", "seen")}
    assert client.post(url, data).url == "/desk/jobs/"
    for job in Job.objects.all():
        work(job)
    # Nobody is left to ask for: the second click still finds what the first has started.
    assert client.post(url, data).url == "/desk/jobs/"
    assert {job.unit_id for job in Job.objects.all()} == {chen.unit_id, zhou.unit_id}
    assert Job.objects.count() == 2


def test_whoever_loses_the_role_meanwhile_asks_for_nothing(desk, officer, chen):
    confirm(desk, query("request", chen))
    Membership.objects.filter(user=officer).delete()
    ((_label, state, note),) = work(Job.objects.get())
    assert (state, CardRequest.objects.exists()) == ("failed", False)
    assert note == "Whoever started this no longer has the role for it."


@pytest.mark.parametrize("once", ["", "x", "0" * 32 + "'", "zz" * 16])
def test_a_mangled_form_is_no_error(once, desk, chen):
    assert confirm(desk, query("request", chen), once=once).status_code == 302


def test_the_consequences_take_the_same_queries_for_1_3_and_300_people(desk, office):
    counts = []
    for more in (1, 2, 297):
        crowd(office, more, cards=False)
        desk.get(BULK, {"action": "slips", "matching": "1"})
        with CaptureQueriesContext(connection) as captured:
            for action in ("request", "slips", "plaque"):
                desk.get(BULK, {"action": action, "matching": "1"})
        counts.append(len(captured))
    assert len(set(counts)) == 1, counts


# --- Printing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["plaque", "combined", "contact"])
def test_printing_is_a_job_for_these_cards(kind, desk, unit, chen, lin, wei, settings):
    settings.SITE_URL, settings.SITE_HOST, settings.HTTPS = "https://card.example.cn", "card.example.cn", True
    card = issue_card(chen)
    issue_card(wei)
    shown = words(desk.get(query(kind, chen, lin)).text)
    assert re.search("for 1 person.*has no valid card 林一帆 1", shown)
    response = confirm(desk, query(kind, chen, lin))
    job = Job.objects.get()
    assert response.url == f"/desk/jobs/{job.pk}/"
    assert (job.kind, job.unit_id, job.params["kind"], job.params["cards"]) == (
        "print",
        unit.pk,
        kind,
        [card.pk],
    )


def test_what_no_document_can_do_without_is_said(desk, city, chen):
    issue_card(chen)
    city.express_hotline = ""
    city.is_demo = True
    city.save()
    assert confirm(desk, query("plaque", chen)).url == "/desk/cadres/"
    assert "hotline is not entered" in words(desk.get("/desk/cadres/").text)
    assert not Job.objects.exists()


# --- Approving -------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(chen, lin, zhou, officer) -> list[CardRequest]:
    return [
        services.card_request(cadre=cadre, reason="", note="", actor=officer, now=NOW)
        for cadre in (chen, lin, zhou)
    ]


def test_approving_many_each_with_its_own_result(express, asked, unit, other_unit):
    client = english(express)
    assert client.get("/desk/cards/").text.count('name="id"') == 3
    url = f"{APPROVE}?matching=1"
    page = words(client.get(url).text)
    assert re.search("Approve requests for 3 people.*青窑局 2 剑潭镇 1", page)
    confirm(client, url)
    services.card_decide(request=asked[0], approve=False, note="照片不清", actor=express, now=NOW)
    job = Job.objects.get()
    assert job.unit_id is None
    results = work(job)
    assert [(label, state) for label, state, _note in results] == [
        ("陈砚 · 青窑局", "failed"),
        ("林一帆 · 青窑局", "done"),
        ("周渡 · 剑潭镇", "done"),
    ]
    assert results[0][2] == "This request has already been decided."
    assert results[1][2] == "approved: card no. LQ-D901-0001"
    assert Card.objects.valid().filter(approved_by=express).count() == 2


@pytest.mark.parametrize(("only", "address"), [("", "list=never"), ("&unit=T902", "list=never&unit=T902")])
def test_after_an_approval_the_new_plaques_are_next(only, address, express, asked):
    client = english(express)
    confirm(client, f"{APPROVE}?matching=1{only}")
    job = Job.objects.get()
    work(job)
    page = client.get(f"/desk/jobs/{job.pk}/").text
    assert f'href="/desk/reprints/?{address}"'.replace("&", "&amp;") in page
    assert f"{1 if only else 3} card" in words(page)
    assert "周渡" in client.get(f"/desk/reprints/?{address}").text


def test_after_a_request_the_efficiency_office_decides(desk, chen, lin):
    confirm(desk, query("request", chen, lin))
    job = Job.objects.get()
    work(job)
    page = desk.get(f"/desk/jobs/{job.pk}/").text
    assert "The efficiency office decides 2 requests wait for its approval." in words(page)
    assert 'href="/desk/cadres/?card=waiting"' in page
    rows = words(desk.get("/desk/cadres/").text).split(" Card ")[-1]
    assert (rows.count("Waiting for approval"), rows.count("no valid card")) == (2, 0)


def test_a_job_in_which_nothing_worked_says_nothing_of_what_is_next(express, asked):
    client = english(express)
    confirm(client, f"{APPROVE}?id={asked[0].pk}")
    services.card_decide(request=asked[0], approve=False, note="照片不清", actor=express, now=NOW)
    job = Job.objects.get()
    work(job)
    assert "Print the new plaques" not in client.get(f"/desk/jobs/{job.pk}/").text


def test_one_unit_or_the_ticked_ones_only(express, asked):
    client = english(express)
    page = client.get("/desk/cards/", {"unit": "T902"}).text
    assert page.count('name="id"') == 1
    shown = words(client.get(APPROVE, {"matching": "1", "unit": "T902"}).text)
    assert "Approve requests for 1 person." in shown
    confirm(client, f"{APPROVE}?id={asked[1].pk}")
    assert [item.key for item in JobItem.objects.all()] == [str(asked[1].pk)]


def test_nobody_approves_their_own(express, chen, lin, officer):
    lin.user = express
    User.objects.filter(pk=officer.pk).update(name="纪明")
    Cadre.objects.filter(pk=lin.pk).update(user=express)
    for cadre, actor in ((lin, officer), (chen, express)):
        services.card_request(cadre=cadre, reason="", note="", actor=actor, now=NOW)
    page = words(english(express).get(f"{APPROVE}?matching=1").text)
    assert "There is nobody to do it for" in page
    assert re.search("a second person must decide.* 2", page)


def test_nothing_ticked_leads_back(express, asked):
    for response in (english(express).get(APPROVE), english(express).post(APPROVE)):
        assert response.url == "/desk/cards/"


def test_the_list_and_its_consequences_take_the_same_queries(express, officer, office):
    client, counts = english(express), []
    for more in (1, 2, 297):
        CardRequest.objects.bulk_create(
            CardRequest(cadre=cadre, requested_by=officer, requested_at=NOW)
            for cadre in crowd(office, more, cards=False)
        )
        client.get("/desk/cards/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/desk/cards/")
            client.get(APPROVE, {"matching": "1"})
        counts.append(len(captured))
    assert len(set(counts)) == 1, counts


# --- Activation slips ------------------------------------------------------------------------------------------------


def open_many(people: list[Cadre], actor: User, **changed: Any) -> list[services.Opened]:
    return services.accounts_open(**{"cadres": people, "actor": actor, "now": NOW, **changed})


def test_accounts_and_slips_for_many_work(office, officer):
    people = [make_cadre(office, name) for name in ("张伟", "张伟", "孟雪")]
    opened = open_many(people, officer)
    assert [one.user.username for one in opened if one.user] == [
        "d901.zhangwei",
        "d901.zhangwei2",
        "d901.mengxue",
    ]
    for cadre, one in zip(people, opened, strict=True):
        cadre.refresh_from_db()
        assert cadre.user == one.user
        assert one.slip
        accounts.activation_use(
            username=cadre.user.username, code=one.slip.code, password="celadon-and-swords", now=NOW
        )
    assert Membership.objects.filter(role=Role.CADRE, unit=office.unit, user__cadre__in=people).count() == 3
    for verb in ("user_created", "membership_added", "account_linked", "slip_issued"):
        assert AuditEntry.objects.filter(verb=verb, actor=officer).count() == 3, verb


def test_the_second_slips_are_valid_and_the_first_void(office, officer):
    people = [make_cadre(office, "孟雪"), make_cadre(office, "许松")]
    first, second = open_many(people, officer), open_many(people, officer)
    assert {one.user.pk for one in first} == {one.user.pk for one in second}
    valid = {accounts.slip_digest(one.slip.code) for one in second if one.slip}
    assert set(Activation.objects.usable(NOW).values_list("digest", flat=True)) == valid
    assert Activation.objects.count() == 4


def test_who_gets_no_slip_and_why(office, officer, chen, lin, wei):
    User.objects.filter(pk=chen.user.pk).update(password="argon2$somebody's")
    User.objects.filter(pk=lin.user.pk).update(is_active=False)
    give(wei.user, Role.LEADING_GROUP_HEAD, unit=office.unit)
    left = make_cadre(office, "已离")
    Cadre.objects.filter(pk=left.pk).update(serves_to=TODAY - timedelta(days=1))
    opened = open_many([chen, lin, wei, left], officer)
    assert [one.slip for one in opened] == [None] * 4
    reasons = [str(one.refused.sentence) for one in opened if one.refused]
    assert len(set(reasons)) == 4
    assert not Activation.objects.exists()


def test_the_officers_own_account_gets_none(officer, chen):
    Cadre.objects.filter(pk=chen.pk).update(user=officer)
    (one,) = open_many([chen], officer)
    assert one.refused is not None


def test_a_hundred_accounts_are_opened_at_once(office, officer):
    counts = []
    for people in (crowd(office, 3), crowd(office, 90)):
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as captured:
            assert all(one.slip for one in open_many(people, officer))
        assert time.perf_counter() - began < 5
        counts.append(len([q for q in captured if "SELECT" in q["sql"].upper().split()[0]]))
    assert counts[0] == counts[1], counts
    assert all(user.password.startswith("!") for user in User.objects.filter(username__startswith="d901."))


def test_the_page_says_what_becomes_void_before(desk, chen, office):
    make_cadre(office, "孟雪")
    page = words(desk.get(BULK, {"action": "slips", "matching": "1"}).text)
    assert "Earlier slips of these people stop working" in page
    assert "Issue activation slips for 2 people." in page
    assert not Activation.objects.exists()


def text_of(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def test_the_slips_are_one_pdf_that_nobody_keeps(desk, office, chen):
    people = [make_cadre(office, "孟雪"), make_cadre(office, "许松")]
    url = query("slips", *people)
    first, second = confirm(desk, url), confirm(desk, url)
    for response in (first, second):
        assert response["Content-Type"] == "application/pdf"
        assert response["Cache-Control"] == "private, no-store"
        assert response["Content-Disposition"].startswith("attachment")
        assert {"孟雪", "许松"} <= set(re.findall("孟雪|许松", text_of(response.content)))

    def works(response: HttpResponse) -> bool:
        codes = re.findall(r"(?:[0-9A-Z]{4} ){3}[0-9A-Z]{4}", text_of(response.content))
        digests = {accounts.slip_digest(code.replace(" ", "")) for code in codes}
        assert len(digests) == 2
        return digests == set(Activation.objects.usable(NOW).values_list("digest", flat=True))

    assert (works(first), works(second)) == (False, True)
    assert not Job.objects.exists()


def test_pressing_again_for_slips_asks_before_it_voids_the_sheet(desk, office, clock):
    people = [make_cadre(office, "孟雪"), make_cadre(office, "许松")]
    url = query("slips", *people)
    page = desk.get(url).text
    assert "Whoever presses again makes the sheet just printed void." in words(page)
    assert "still work" not in page
    data = {name: hidden(page, name) for name in ("once", "seen")}
    assert desk.post(url, data)["Content-Type"] == "application/pdf"
    valid = set(Activation.objects.usable(NOW).values_list("pk", flat=True))
    clock.shift(timedelta(minutes=40))
    for again in (desk.post(url, data), desk.get(url)):
        assert "2 of them have slips that still work, handed out last 24 November 10:00" in words(again.text)
    assert set(Activation.objects.usable(NOW).values_list("pk", flat=True)) == valid
    assert confirm(desk, url)["Content-Type"] == "application/pdf"
    assert not valid & set(Activation.objects.usable(NOW).values_list("pk", flat=True))


def test_a_pdf_that_cannot_be_drawn_voids_no_slip(desk, office):
    people = [make_cadre(office, "孟雪"), make_cadre(office, "许\U0002b9af")]
    desk_says = confirm(desk, query("slips", *people))
    assert desk_says.status_code == 302
    assert "\U0002b9af" in words(desk.get("/desk/cadres/").text)
    assert not Activation.objects.exists()
    assert not Cadre.objects.exclude(user=None).exists()


def test_others_people_get_no_slips(desk, chen, zhou):
    assert "周渡" not in words(desk.get(query("slips", chen, zhou)).text)


def test_an_officer_who_is_no_longer_one_issues_none(chen):
    (one,) = open_many([chen], make_user("nobody"))
    assert one.slip is None
