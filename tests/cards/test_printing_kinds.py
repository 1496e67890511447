"""Combined plaques and contact cards: whose they are, how rooms are shared out, and what outdates them."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pypdf import PdfReader

from accounts.models import City, Unit
from cards import services
from cards.models import Cadre, Card, Consent, Office, Printing, PrintKind
from cards.printing.gathering import Document, batch, documents, holders, printable
from cards.printing.reprints import reprints, with_reasons
from common import audit
from tests.cast import NOW, TODAY, crowd, issue_card, make_cadre, make_office, signed_in


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def place(settings, time_machine):
    time_machine.move_to(NOW, tick=False)
    settings.SITE_URL, settings.SITE_HOST, settings.HTTPS = "https://id.ceshi.gov.cn", "id.ceshi.gov.cn", True


def combined(unit, **options: Any) -> list[Document]:
    return batch(PrintKind.COMBINED, unit_id=unit.pk, city=City.current(), today=TODAY, **options).documents


def names(sheets: list[Document]) -> list[list[str]]:
    return [[person.name for person in sheet.content.people] for sheet in sheets]


def second(cadre: Cadre, office: Office, kind: str = "secondment") -> None:
    services.placement_record(
        cadre=cadre,
        kind=kind,
        office=office,
        valid_from=TODAY,
        valid_to=None,
        actor=cadre.user,
        now=NOW,
    )


def words(path: Path) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True
    ).stdout


# --- Rooms -----------------------------------------------------------------------------------------------------------


def test_a_room_is_one_sheet_whatever_its_offices_are_called(unit):
    for name, who in (("办公室", "甲某"), ("人事科", "乙某")):
        issue_card(make_cadre(make_office(unit, name, "301"), who))
    issue_card(make_cadre(make_office(unit, "财务科", "301", location="副楼"), "丙某"))
    (sheet,) = combined(unit)
    assert sorted(names([sheet])[0]) == ["乙某", "甲某"]
    assert (sheet.content.room, sheet.content.unit_hotline) == ("主楼三楼 301", "0578-7120110")


@pytest.mark.parametrize(
    ("people", "sizes"), [(1, []), (2, [2]), (8, [8]), (9, [5, 4]), (16, [8, 8]), (17, [6, 6, 5])]
)
def test_many_in_a_room_are_spread_evenly(people, sizes, unit, office):
    crowd(office, people)
    assert [len(sheet.holders) for sheet in combined(unit)] == sizes


def test_who_works_there_today_stands_on_it_and_who_works_elsewhere_does_not(
    lin, chen, zhou, unit, other_unit, office
):
    for cadre in (lin, chen, zhou):
        issue_card(cadre)
    second(zhou, office)
    (sheet,) = combined(unit)
    assert sorted(names([sheet])[0]) == ["周渡", "林一帆", "陈砚"]
    assert sheet.content.unit_name == "青窑局"
    assert combined(other_unit) == []


@pytest.mark.parametrize(
    ("kind", "word"), [("secondment", "借调"), ("village_post", "驻村"), ("service_hall", "服务窗口")]
)
def test_nobody_gets_a_post_of_the_host(kind, word, lin, zhou, unit, office, city):
    """The post stays that of the home office; only where to find them, and so the room, is the host's."""
    for cadre in (lin, zhou):
        issue_card(cadre)
    second(zhou, office, kind)
    elsewhere = f"{word}：青窑局 办公室"
    for single in (PrintKind.PLAQUE, PrintKind.CONTACT):
        (own,) = documents(single, holders(Card.objects.filter(cadre=zhou), TODAY), city)
        assert own.content.posts == ("党政办 · 科长", elsewhere, "二级主任科员")
        assert (own.content.unit_name, own.content.room) == ("剑潭镇", "主楼三楼 301")
        assert own.content.unit_hotline == "0578-7120220"
    (sheet,) = combined(unit)
    posts = {person.name: person.posts for person in sheet.content.people}
    assert posts["周渡"] == ("剑潭镇 党政办 · 科长", elsewhere, "二级主任科员")
    assert posts["林一帆"] == ("办公室 · 科长", "二级主任科员")


def test_who_works_in_another_office_of_their_own_unit_needs_no_unit(lin, chen, unit):
    for cadre in (lin, chen):
        issue_card(cadre)
        second(
            cadre, unit.offices.filter(room="101").first() or make_office(unit, "窗口", "101"), "service_hall"
        )
    (sheet,) = combined(unit)
    posts = {person.name: person.posts for person in sheet.content.people}
    assert posts["陈砚"] == ("办公室 · 副科长", "服务窗口：青窑局 窗口")


def test_people_without_a_valid_card_are_left_out(lin, chen, wei, unit, officer):
    issue_card(chen)
    card, _kept = issue_card(lin), issue_card(wei)
    services.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW)
    assert names(combined(unit)) == [["陈砚", "韦诉𬱖"]]


def test_of_a_selection_the_rooms_are_printed(unit):
    cards = [
        issue_card(make_cadre(make_office(unit, f"科{number}", room), f"人{number}"))
        for number, room in enumerate(("301", "301", "302", "302"))
    ]
    sheets = combined(unit, only=frozenset([cards[0].pk]))
    assert names(sheets) == [["人0", "人1"]]


def test_the_number_of_queries_of_a_unit_does_not_grow(unit):
    seen = set()
    for number, people in enumerate((2, 5, 120)):
        crowd(make_office(unit, room=f"40{number}"), people)
        with CaptureQueriesContext(connection) as queries:
            combined(unit)
        seen.add(len(queries))
    assert seen == {5}  # the people in four, and the city


# --- The command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path, capsys):
    def run(*arguments: str) -> tuple[str, str]:
        call_command("print_cards", "--unit", "D901", "--output", str(tmp_path), "--kind", *arguments)
        return tuple(capsys.readouterr())

    return run


def test_combined_plaques_are_a_file_of_their_own_and_everybody_is_in_the_log(run, lin, chen, wei, tmp_path):
    cards = [issue_card(cadre) for cadre in (lin, chen, wei)]
    said, _problems = run("combined")
    assert said.splitlines()[-1] == f"Printed 1 combined plaque of 1 unit into {tmp_path}."
    text = words(tmp_path / "D901-青窑局-同室门牌.pdf")
    assert all(cadre.name in text for cadre in (lin, chen))
    rows = Printing.objects.order_by("card").values_list("card", "kind")
    assert list(rows) == [(card.pk, "combined") for card in cards]
    assert len(set(Printing.objects.values_list("fingerprint", flat=True))) == 1
    assert audit.history(lin).filter(verb="document_printed").count() == 1


def test_who_works_alone_is_named_and_the_others_are_printed(run, lin, chen, unit):
    for cadre in (lin, chen, make_cadre(make_office(unit, "财务科", "302"), "许诺")):
        issue_card(cadre)
    said, problems = run("combined")
    assert "Printed 1 combined plaque" in said
    assert problems.splitlines() == [
        "D901 青窑局：主楼三楼 302: only 许诺 works there, who gets a plaque of their own."
    ]


def test_nobody_who_shares_a_room_is_said(run, lin):
    issue_card(lin)
    with pytest.raises(CommandError, match="Nobody there shares a room"):
        run("combined")


@pytest.mark.parametrize(("start", "pages"), [("1", 1), ("5", 2), ("10", 2)])
def test_contact_cards_begin_where_the_sheet_is_free(start, pages, run, office, tmp_path):
    crowd(office, 10)
    said, _problems = run("contact", "--start", start)
    assert said.splitlines()[-1] == f"Printed 10 contact cards of 1 unit into {tmp_path}."
    assert len(PdfReader(tmp_path / "D901-青窑局-联系卡.pdf").pages) == pages
    assert Printing.objects.filter(kind="contact").count() == 10


@pytest.mark.parametrize("arguments", [("plaque", "--start", "2"), ("contact", "--start", "11")])
def test_a_start_that_makes_no_sense_is_refused(arguments, run, lin):
    issue_card(lin)
    with pytest.raises(CommandError):
        run(*arguments)
    assert not Printing.objects.exists()


# --- The person's page -----------------------------------------------------------------------------------------------


def test_a_contact_card_of_one_person_is_drawn_and_remembered(lin, officer):
    card, client = issue_card(lin), signed_in(officer)
    url = f"/desk/cadres/{lin.pk}/contact.pdf"
    response = client.post(url)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/pdf")
    assert response.headers["Cache-Control"] == "private, no-store"
    assert list(Printing.objects.values_list("card", "kind", "printed_by")) == [
        (card.pk, "contact", officer.pk)
    ]
    assert url in client.get(f"/desk/cadres/{lin.pk}/").text


def test_a_contact_card_gives_the_mobile_number_that_is_entered(lin, chen, city, run, tmp_path):
    """Consent is asked for the web alone: lin has given none."""
    Cadre.objects.filter(pk=chen.pk).update(mobile="")
    for cadre in (lin, chen):
        issue_card(cadre)
    found = documents(PrintKind.CONTACT, holders(printable(TODAY), TODAY), city)
    assert {one.content.name: one.content.mobile for one in found} == {"林一帆": "139 0000 0000", "陈砚": ""}
    run("contact")
    assert "139 0000 0000" in words(tmp_path / "D901-青窑局-联系卡.pdf")


def test_consent_to_the_mobile_number_on_the_web_outdates_no_contact_card(lin, city, officer):
    issue_card(lin)
    (card,) = documents(PrintKind.CONTACT, holders(printable(TODAY), TODAY), city)
    services.prints_record(prints=card.prints, actor=None, now=NOW)
    services.consent_give(
        cadre=lin, subject=Consent.Subject.MOBILE, evidence="签字同意书", actor=officer, now=NOW
    )
    assert outdated(PrintKind.CONTACT) == {}


def test_a_door_typed_in_two_ways_gets_one_combined_plaque(lin, unit):
    issue_card(lin)
    issue_card(make_cadre(make_office(unit, "督查室", "301室"), "同室"))
    (sheet,) = combined(unit)
    assert [holder.name for holder in sheet.holders] == ["林一帆", "同室"]


# --- Reprints --------------------------------------------------------------------------------------------------------


def hang(unit) -> None:
    prints = [printed for sheet in combined(unit) for printed in sheet.prints]
    services.prints_record(prints=prints, actor=None, now=NOW)


def outdated(kind: PrintKind, *units: Unit) -> dict[str, list[str]]:
    ids = [unit.pk for unit in units] or None
    found = reprints(ids, city=City.current(), today=TODAY)
    return {one.row.holder.name: one.reasons for one in with_reasons(found.outdated[kind])}


def test_who_joins_a_room_outdates_the_sheet_of_all(lin, chen, wei, unit):
    for cadre in (lin, chen):
        issue_card(cadre)
    hang(unit)
    assert outdated(PrintKind.COMBINED) == {}
    issue_card(wei)
    assert outdated(PrintKind.COMBINED) == {name: ["韦诉𬱖 joined the room"] for name in ("林一帆", "陈砚")}
    hang(unit)
    assert outdated(PrintKind.COMBINED) == {}


def test_who_leaves_a_room_outdates_it_too(lin, chen, wei, unit):
    for cadre in (lin, chen, wei):
        issue_card(cadre)
    hang(unit)
    wei.office = make_office(unit, "财务科", "302")
    wei.save()
    found = outdated(PrintKind.COMBINED)
    assert found == {name: ["韦诉𬱖 is no longer in the room"] for name in ("林一帆", "陈砚")}
    # Alone in the new room: a plaque of one's own replaces the share in the old sheet.
    assert list(outdated(PrintKind.PLAQUE)) == ["韦诉𬱖"]


def test_a_plaque_that_was_printed_later_hangs_instead_of_the_sheet(lin, chen, unit, city):
    for cadre in (lin, chen):
        issue_card(cadre)
    hang(unit)
    single = documents(PrintKind.PLAQUE, holders(Card.objects.filter(cadre=lin), TODAY), city)
    services.prints_record(prints=single[0].prints, actor=None, now=NOW)
    Office.objects.update(room="309")
    assert list(outdated(PrintKind.PLAQUE)) == ["林一帆"]
    assert list(outdated(PrintKind.COMBINED)) == ["陈砚"]


def test_contact_cards_have_a_list_of_their_own(lin, chen, city):
    for cadre in (lin, chen):
        issue_card(cadre)
    (first, *_others) = documents(PrintKind.CONTACT, holders(printable(TODAY), TODAY), city)
    services.prints_record(prints=first.prints, actor=None, now=NOW)
    assert outdated(PrintKind.CONTACT) == {}
    Office.objects.update(room="309")
    assert list(outdated(PrintKind.CONTACT)) == [first.holders[0].name]
    assert outdated(PrintKind.PLAQUE) == {}


def test_who_moves_into_a_room_is_told_the_room_and_not_who_works_there(lin, chen, wei, unit):
    finance = make_office(unit, "财务科", "302")
    others = [make_cadre(finance, name) for name in ("甲某", "乙某")]
    for cadre in (lin, chen, wei, *others):
        issue_card(cadre)
    hang(unit)
    wei.office = finance
    wei.save()
    assert outdated(PrintKind.COMBINED) == {
        "韦诉𬱖": [
            "Room: 主楼三楼 301 → 主楼三楼 302",
            "Posts: 办公室 · 科长、二级主任科员 → 财务科 · 科长、二级主任科员",
        ],
        "甲某": ["韦诉𬱖 joined the room"],
        "乙某": ["韦诉𬱖 joined the room"],
        "林一帆": ["韦诉𬱖 is no longer in the room"],
        "陈砚": ["韦诉𬱖 is no longer in the room"],
    }


def test_the_sheet_of_a_foreign_room_is_the_hosts_to_print(lin, chen, wei, zhou, unit, other_unit, office):
    """The home unit neither prints it nor is told that nobody else works there."""
    for cadre in (lin, chen, wei, zhou, make_cadre(zhou.office, "许诺")):
        issue_card(cadre)
    for one in (unit, other_unit):
        hang(one)
    second(zhou, office)
    host, home = (
        {kind: outdated(kind, one) for kind in (PrintKind.PLAQUE, PrintKind.COMBINED)}
        for one in (unit, other_unit)
    )
    assert host[PrintKind.PLAQUE] == {}
    assert set(host[PrintKind.COMBINED]) == {"林一帆", "陈砚", "韦诉𬱖", "周渡"}
    assert host[PrintKind.COMBINED]["周渡"][0] == "Unit name: 剑潭镇 → 青窑局"
    assert "joined" not in " ".join(host[PrintKind.COMBINED]["周渡"])
    # Who stays behind alone gets a plaque of their own, from the home unit.
    alone = ["Nobody else works in the room: a plaque of one's own instead of a combined one"]
    assert home == {PrintKind.PLAQUE: {"许诺": alone}, PrintKind.COMBINED: {}}
    hang(unit)
    assert outdated(PrintKind.COMBINED, unit) == outdated(PrintKind.COMBINED, other_unit) == {}


def test_the_own_plaque_of_somebody_seconded_is_the_home_units_to_print(
    lin, zhou, unit, other_unit, office, city
):
    for cadre in (lin, zhou):
        issue_card(cadre)
    for single in documents(PrintKind.PLAQUE, holders(printable(TODAY), TODAY), city):
        services.prints_record(prints=single.prints, actor=None, now=NOW)
    second(zhou, office)
    assert outdated(PrintKind.PLAQUE, unit) == {}
    assert list(outdated(PrintKind.PLAQUE, other_unit)) == ["周渡"]
