"""Pages of bulletins: who sees what, where figures open to, and what the public is shown."""

import re
from datetime import date, time, timedelta
from io import BytesIO

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import gettext
from openpyxl import load_workbook

from appraisal import services as verbs
from appraisal.models import Bulletin, MonthlyReport
from appraisal.services import bulletins as services
from appraisal.views import bulletins as views
from common.rules import at
from complaints.models import Complaint, Interest
from tests.appraisal.issuing import BULLETIN_DAY, NEXT_DRAFTING, SIGNING, accepted, signed, signer
from tests.appraisal.ledgers import NOVEMBER, begins, draft, stands
from tests.cast import make_cadre, make_office, make_unit, signed_in
from tests.complaints.cases import received

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(SIGNING)


@pytest.fixture
def month(db, unit, other_unit, chen, zhou):
    """November: the Kiln Bureau charged and accepted, Sword Pond drafted only."""
    begins()
    stands(chen, date(2026, 11, 3))
    stands(zhou, date(2026, 11, 4), code="late")
    accepted(draft(unit))
    return draft(other_unit)


@pytest.fixture
def drafted(month) -> Bulletin:
    return services.bulletin_draft(month=NOVEMBER, now=BULLETIN_DAY)[0]


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200, name
    return response.content.decode()


def form_of(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(seen)" value="([^"]*)"', html))


# --- Who sees what ----------------------------------------------------------------------------------------------------


def test_a_draft_is_the_expresss_alone(drafted, express, officer, head, supervisor):
    assert "草稿" in page(signed_in(express), "bulletin", drafted.pk)
    for user in (officer, head, supervisor):
        client = signed_in(user)
        for name in ("bulletin", "bulletin_pdf", "bulletin_docx", "bulletin_xlsx"):
            assert client.get(reverse(name, args=[drafted.pk])).status_code == 404, name
        assert client.get(reverse("bulletin_edit", args=[drafted.pk])).status_code == 403
        assert "2026年11月通报" not in page(client, "bulletins")


def test_a_signed_one_is_read_by_the_units_and_by_nobody_else_inside(
    month, officer, head, supervisor, express, chen, discipline, administrator
):
    bulletin = signed()
    for user in (officer, head, supervisor, express):
        assert "龙效能办〔2026〕1号" in page(signed_in(user), "bulletin", bulletin.pk)
        assert "龙效能办〔2026〕1号" in page(signed_in(user), "bulletins")
    for user in (chen.user, discipline, administrator):
        assert signed_in(user).get(reverse("bulletin", args=[bulletin.pk])).status_code == 403


def test_staff_edit_and_only_the_head_signs(drafted, express, express_head):
    sign = reverse("bulletin_sign", args=[drafted.pk])
    assert signed_in(express).get(sign).status_code == 403
    assert sign not in page(signed_in(express), "bulletin", drafted.pk)
    assert sign in page(signed_in(express_head), "bulletin", drafted.pk)


# --- Where figures open to --------------------------------------------------------------------------------------------


def test_every_figure_of_a_unit_is_a_link_for_the_express(drafted, express, unit):
    html = page(signed_in(express), "bulletin", drafted.pk)
    (row,) = [part for part in html.split("<tr>") if "青窑局" in part and "<td" in part and "scope" in part][
        :1
    ]
    cells = re.findall(r"<td class=\"num.*?</td>", row)
    assert len(cells) == 11
    assert all("<a " in cell for cell in cells)
    month_page = reverse("month", args=[unit.code, "2026-11"])
    assert f'href="{month_page}#people">1</a>' in row
    assert f"{reverse('sheets')}?unit={unit.code}&amp;month=2026-11" in row
    assert f"{reverse('bulletin_complaints', args=[drafted.pk])}?unit={unit.code}" in row


def test_how_a_report_stands_is_said_beside_it(drafted, month, express, other_unit):
    MonthlyReport.objects.filter(pk=month.pk).update(report_by=SIGNING.date() - timedelta(days=3))
    html = page(signed_in(express), "bulletin", drafted.pk)
    assert "未报送，逾期3天" in html
    assert f"{reverse('months')}?month=2026-11" in html
    accepted(month, SIGNING.date(), report_by=SIGNING.date() - timedelta(days=2))
    again = page(signed_in(express), "bulletin", drafted.pk)
    assert "未报送，逾期3天" not in again
    assert "迟报2天" in again
    assert f"{reverse('months')}?month=2026-11&amp;late=units" in again


def test_an_officer_opens_the_own_units_figures_and_no_others(month, officer, unit, other_unit):
    html = page(signed_in(officer), "bulletin", signed().pk)
    assert reverse("month", args=[unit.code, "2026-11"]) in html
    assert reverse("month", args=[other_unit.code, "2026-11"]) not in html
    assert "/complaints/" not in html.split("<main")[1]


def test_where_the_links_lead_there_is_a_page(drafted, express):
    client = signed_in(express)
    html = page(client, "bulletin", drafted.pk).split("<main")[1]
    links = {link.replace("&amp;", "&").partition("#")[0] for link in re.findall(r'href="(/[^"]*)"', html)}
    assert len(links) > 10
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_the_complaints_behind_a_figure_are_listed_as_far_as_one_may_know(drafted, unit, express, chen):
    moment = at(date(2026, 11, 24), time(10))
    for case in (received(unit), received(unit, chen)):
        Complaint.objects.filter(pk=case.pk).update(
            state="answered",
            answered_at=moment,
            closed_at=moment,
            due_at=moment + timedelta(hours=1),
            outcome="unsubstantiated",
            number=f"2026-900{case.pk}",
        )
    client = signed_in(express)
    html = page(client, "bulletin_complaints", drafted.pk)
    assert html.count("2026-900") >= 2
    Interest.objects.create(user=express, cadre=chen, reason="表亲", declared_at=SIGNING)
    fewer = page(client, "bulletin_complaints", drafted.pk)
    assert fewer.count("2026-900") == html.count("2026-900") / 2


# --- Editing and signing ----------------------------------------------------------------------------------------------


def test_editing_keeps_words_and_a_part_can_be_taken_from_the_figures_again(drafted, express):
    client, address = signed_in(express), reverse("bulletin_edit", args=[drafted.pk])
    shown = services.edit_facts(services.read_draft(drafted, SIGNING).texts)
    seen = form_of(client.get(address).content.decode())
    answer = client.post(address, {**shown, **seen, "handling": "照此办理。"})
    assert answer.headers["Location"] == reverse("bulletin", args=[drafted.pk])
    html = client.get(address).content.decode()
    assert 'name="reset" value="handling"' in html
    assert 'name="reset" value="overview"' not in html
    again = {**shown, "handling": "照此办理。", **form_of(html), "reset": "handling"}
    assert client.post(address, again).status_code == 302
    assert Bulletin.objects.get().texts == {}


def test_whoever_saves_second_sees_what_the_first_one_saved(drafted, express, express_head):
    address = reverse("bulletin_edit", args=[drafted.pk])
    shown = services.edit_facts(services.read_draft(drafted, SIGNING).texts)
    first, second = signed_in(express), signed_in(express_head)
    seen = form_of(first.get(address).content.decode())
    first.post(address, {**shown, **seen, "overview": "先改。"})
    answer = second.post(address, {**shown, **seen, "problems": "后改。"})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "先改。" in html
    assert "后改。" in html
    kept = {**shown, **form_of(html), "overview": "先改。", "problems": "后改。"}
    assert second.post(address, kept).status_code == 302
    assert Bulletin.objects.get().texts.keys() == {"overview", "problems"}


def test_signing_says_what_it_does_and_who_is_missing(drafted, express_head):
    html = page(signed_in(express_head), "bulletin_sign", drafted.pk)
    assert "龙效能办〔2026〕1号" in html
    assert "剑潭镇" in html


def test_what_has_changed_since_it_was_shown_is_shown_before_it_is_signed(drafted, month, express_head):
    client, address = signed_in(express_head), reverse("bulletin_sign", args=[drafted.pk])
    seen = form_of(client.get(address).content.decode())
    accepted(month)
    answer = client.post(address, seen)
    assert answer.status_code == 422
    assert not Bulletin.objects.signed().exists()
    assert client.post(address, form_of(answer.content.decode())).status_code == 302
    assert Bulletin.objects.signed().exists()
    # A second press finds it done.
    assert client.post(address, seen).headers["Location"] == reverse("bulletin", args=[drafted.pk])


def test_a_draft_that_cannot_be_signed_says_why(drafted, month, express, express_head):
    client, edit = signed_in(express), reverse("bulletin_edit", args=[drafted.pk])
    shown = services.edit_facts(services.read_draft(drafted, SIGNING).texts)
    client.post(edit, {**shown, **form_of(client.get(edit).content.decode()), "overview": "照此办理。"})
    accepted(month)
    html = page(signed_in(express_head), "bulletin_sign", drafted.pk)
    assert "一、总体情况" in html
    assert 'name="seen"' not in html
    assert edit in page(client, "bulletin", drafted.pk)


def test_the_express_drafts_a_month_by_hand(month, express):
    client = signed_in(express)
    assert 'value="2026-11"' in page(client, "bulletins")
    answer = client.post(reverse("bulletin_draft"), {"month": "2026-11"})
    assert answer.headers["Location"] == reverse("bulletin", args=[Bulletin.objects.get().pk])
    for nonsense in ("", "2026-13", "2026-12", "x" * 80):
        again = client.post(reverse("bulletin_draft"), {"month": nonsense}, follow=True)
        assert again.status_code == 200
    assert Bulletin.objects.count() == 1


# --- Corrections ------------------------------------------------------------------------------------------------------


def test_a_correction_and_what_it_corrects_lead_to_each_other(month, express, express_head, officer):
    first = signed()
    answer = signed_in(express).post(reverse("bulletin_correct", args=[first.pk]), {"reason": "补计剑潭镇"})
    second = Bulletin.objects.get(corrects=first)
    assert answer.headers["Location"] == reverse("bulletin", args=[second.pk])
    # Until it is signed nobody else hears of it.
    assert "补计剑潭镇" not in page(signed_in(officer), "bulletin", first.pk)
    assert "补计剑潭镇" not in page(Client(), "public_bulletin", 2026, 1)
    services.bulletin_sign(bulletin=second, actor=signer(), now=SIGNING)
    assert reverse("bulletin", args=[second.pk]) in page(signed_in(officer), "bulletin", first.pk)
    assert reverse("bulletin", args=[first.pk]) in page(signed_in(officer), "bulletin", second.pk)
    assert reverse("public_bulletin", args=[2026, 2]) in page(Client(), "public_bulletin", 2026, 1)
    later = page(Client(), "public_bulletin", 2026, 2)
    assert reverse("public_bulletin", args=[2026, 1]) in later
    assert "龙效能办〔2026〕1号" in later


def test_a_draft_of_a_correction_is_discarded(month, express):
    first = signed()
    second = services.bulletin_correct(bulletin=first, reason="文字", actor=signer(), now=SIGNING)
    client = signed_in(express)
    assert client.post(reverse("bulletin_discard", args=[first.pk])).status_code == 404
    assert client.post(reverse("bulletin_discard", args=[second.pk])).status_code == 302
    assert Bulletin.objects.get() == first


def _meanwhile(monkeypatch, step) -> None:
    """Somebody else takes `step` between the guard of a page and what it does."""
    guard = views.bulletin_of

    def read_first(request, pk):
        found = guard(request, pk)
        step(Bulletin.objects.get(pk=pk))
        return found

    monkeypatch.setattr(views, "bulletin_of", read_first)


@pytest.mark.parametrize("name", ["bulletin_sign", "bulletin_edit", "bulletin_discard"])
def test_whoever_comes_too_late_for_a_draft_is_told_that_it_is_gone(month, express_head, monkeypatch, name):
    first = signed()
    second = services.bulletin_correct(bulletin=first, reason="文字", actor=signer(), now=SIGNING)
    client, address = signed_in(express_head), reverse(name, args=[second.pk])
    given = {"overview": "另写。", "seen": ""}
    if name != "bulletin_discard":
        given |= form_of(client.get(address).content.decode())
    _meanwhile(
        monkeypatch,
        lambda found: services.correction_discard(bulletin=found, actor=signer(), now=SIGNING),
    )
    answer = client.post(address, given)
    assert answer.headers["Location"] == reverse("bulletins")
    (told,) = get_messages(answer.wsgi_request)
    assert told.message == gettext("This draft is gone: somebody has discarded it meanwhile.")
    assert Bulletin.objects.get() == first


@pytest.mark.parametrize(("by_same", "status"), [(True, 302), (False, 422)])
def test_a_double_press_on_sign_is_one_signature(drafted, express_head, monkeypatch, by_same, status):
    client, address = signed_in(express_head), reverse("bulletin_sign", args=[drafted.pk])
    seen = form_of(client.get(address).content.decode())
    actor = express_head if by_same else signer()
    _meanwhile(monkeypatch, lambda found: services.bulletin_sign(bulletin=found, actor=actor, now=SIGNING))
    answer = client.post(address, seen)
    assert answer.status_code == status
    assert Bulletin.objects.get().signed_by == actor


# --- Files and the public ---------------------------------------------------------------------------------------------


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def test_files_of_a_signed_bulletin(month, officer):
    bulletin, client = signed(), signed_in(officer)
    pdf = client.get(reverse("bulletin_pdf", args=[bulletin.pk]))
    assert body(pdf).startswith(b"%PDF")
    assert pdf["Cache-Control"] == "private, no-store"
    assert body(client.get(reverse("bulletin_docx", args=[bulletin.pk]))).startswith(b"PK")
    xlsx = client.get(reverse("bulletin_xlsx", args=[bulletin.pk]))
    assert "attachment" in xlsx["Content-Disposition"]
    assert load_workbook(BytesIO(body(xlsx))).sheetnames


def test_the_public_pages_name_nobody_and_carry_the_code_and_the_heads(month, unit, chen, zhou, head, lin):
    bulletin = signed()
    (entry,) = chen.ledger_entries.all()
    html = page(Client(), "public_bulletin", 2026, 1)
    assert bulletin.content_hash[:16] in html
    assert entry.unit.ledger.head in html
    names = [chen.name, zhou.name, lin.name, head.name, signer().name]
    assert [name for name in names if name in html] == []
    assert reverse("public_bulletin", args=[2026, 1]) in page(Client(), "public_bulletins")
    answer = Client().get(reverse("public_bulletin_pdf", args=[2026, 1]))
    assert body(answer).startswith(b"%PDF")
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_what_somebody_altered_past_the_product_is_not_shown(month, express_head):
    bulletin = signed()
    Bulletin.objects.update(content={**bulletin.content, "title": "另一份"})
    head = signed_in(express_head)
    answers = [
        Client().get(reverse(name, args=[2026, 1])) for name in ("public_bulletin", "public_bulletin_pdf")
    ]
    answers += [
        head.get(reverse(name, args=[bulletin.pk]))
        for name in ("bulletin", "bulletin_pdf", "bulletin_docx", "bulletin_xlsx", "bulletin_correct")
    ]
    assert [answer.status_code for answer in answers] == [409] * 7
    assert not any("另一份" in answer.content.decode() for answer in answers)


def test_a_draft_is_not_public(drafted):
    assert "2026年11月" not in page(Client(), "public_bulletins")
    for name in ("public_bulletin", "public_bulletin_pdf"):
        assert Client().get(reverse(name, args=[2026, 1])).status_code == 404


# --- How much is asked ------------------------------------------------------------------------------------------------


def test_lists_and_pages_ask_the_same_for_any_number(express):
    begins()
    client, counts, made = signed_in(express), [], 0
    client.get(reverse("bulletins"))
    for number in (1, 3, 30):
        for position in range(made, number):
            unit = make_unit(f"X{position:03}", f"试点{position}局")
            stands(make_cadre(make_office(unit), f"人{position}"), date(2026, 11, 3))
            accepted(draft(unit))
        made = number
        bulletin, _made = services.bulletin_draft(month=NOVEMBER, now=BULLETIN_DAY)
        asked = []
        for name, arguments in (
            ("bulletins", []),
            ("bulletin", [bulletin.pk]),
            ("bulletin_edit", [bulletin.pk]),
        ):
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse(name, args=arguments))
            asked.append(len(queries))
        counts.append(asked)
    assert counts[0] == counts[1] == counts[2]


def test_the_list_asks_the_same_for_any_number_of_bulletins(month, express, unit, other_unit):
    client, counts = signed_in(express), []
    client.get(reverse("bulletins"))
    found = signed()
    for _correction in range(3):
        found = services.bulletin_correct(bulletin=found, reason="文字", actor=signer(), now=NEXT_DRAFTING)
        services.bulletin_sign(bulletin=found, actor=signer(), now=NEXT_DRAFTING)
        for user, name in ((client, "bulletins"), (Client(), "public_bulletins")):
            with CaptureQueriesContext(connection) as queries:
                user.get(reverse(name))
            counts.append((name, len(queries)))
    assert len(set(counts)) == 2, counts


def test_an_objection_stands_in_the_next_bulletins_corrections(month, unit, other_unit, chen, head, express):
    signed()
    (entry,) = chen.ledger_entries.all()
    verbs.entry_reverse(entry=entry, reason="会议有据", actor=head, now=SIGNING)
    for one in (unit, other_unit):
        accepted(draft(one, date(2026, 12, 1), NEXT_DRAFTING))
    bulletin, _made = services.bulletin_draft(month=date(2026, 12, 1), now=NEXT_DRAFTING)
    html = page(signed_in(express), "bulletin", bulletin.pk)
    assert "脱岗：复核更正" in html
    # The words of the reason stand with the entry.
    assert "会议有据" not in html
    assert "-40.00" in html
    assert reverse("month", args=[unit.code, "2026-12"]) + "#corrections" in html
