"""manage.py print_cards: a file per unit, complete and recorded, or a sentence."""

import io
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pypdf import PdfReader

from accounts.models import City
from cards import services
from cards.documents import plaque
from cards.models import Card, Printing, PrintKind
from cards.printing import files as printed_files
from cards.printing.gathering import Document, documents, holders
from common import audit
from common.problems import Refused
from tests.cast import (
    NOW,
    TODAY,
    crowd,
    issue_card,
    make_cadre,
    make_office,
    make_unit,
    photograph,
    signed_in,
)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def permanent_address(settings):
    settings.SITE_URL, settings.SITE_HOST, settings.HTTPS = "https://id.ceshi.gov.cn", "id.ceshi.gov.cn", True


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def run(tmp_path):
    """Runs the command; returns its output, the problems apart."""

    def run(*arguments, output=tmp_path / "out") -> str:
        out = io.StringIO()
        run.problems = io.StringIO()
        call_command(
            "print_cards",
            *arguments,
            "--kind",
            "plaque",
            "--output",
            str(output),
            stdout=out,
            stderr=run.problems,
        )
        return out.getvalue()

    return run


def refused(run, *arguments, **options) -> str:
    with pytest.raises(CommandError) as error:
        run(*arguments, **options)
    assert error.value.returncode == 1
    return str(error.value)


def plaques_now(city: City) -> list[Document]:
    """What would be printed now of every valid card."""
    return documents(PrintKind.PLAQUE, holders(Card.objects.valid(), TODAY), city)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def words(path: Path) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True
    ).stdout


# --- What is printed ---------------------------------------------------------------------------------------------


def test_a_unit_is_one_file_with_a_page_for_every_valid_card(run, unit, lin, chen, wei, tmp_path):
    for cadre in (lin, chen):
        issue_card(cadre)
    said = run("--unit", "D901")
    assert files(tmp_path / "out") == ["D901-青窑局-门牌.pdf"]
    assert len(PdfReader(tmp_path / "out" / "D901-青窑局-门牌.pdf").pages) == 2
    text = words(tmp_path / "out" / "D901-青窑局-门牌.pdf")
    assert "林一帆" in text
    assert "陈砚" in text
    assert wei.name not in text
    assert said.splitlines()[-1] == f"Printed 2 plaques of 1 unit into {tmp_path / 'out'}."


def test_the_code_of_a_unit_may_be_typed_in_small_letters(run, lin):
    issue_card(lin)
    assert "Printed 1 plaque " in run("--unit", " d901")


def test_all_units_are_separate_files_and_those_without_cards_none(run, lin, zhou, tmp_path):
    make_office(make_unit("D903", "空局"))
    for cadre in (lin, zhou):
        issue_card(cadre)
    assert "Printed 2 plaques of 2 units" in run("--all")
    assert files(tmp_path / "out") == ["D901-青窑局-门牌.pdf", "T902-剑潭镇-门牌.pdf"]


def test_pages_follow_the_corridor(run, unit, tmp_path):
    for room, name in (("302", "甲某"), ("301", "丁某"), ("301", "丙某")):
        office = unit.offices.filter(room=room).first() or make_office(unit, room=room)
        issue_card(make_cadre(office, name))
    run("--all")
    text = words(tmp_path / "out" / "D901-青窑局-门牌.pdf")
    assert text.index("丙某") < text.index("丁某") < text.index("甲某")


def test_revoked_cards_and_people_who_left_are_not_printed(run, lin, chen, wei, officer, tmp_path):
    cards = [issue_card(cadre) for cadre in (lin, chen, wei)]
    services.card_revoke(card=cards[0], reason="lost", note="", actor=officer, now=NOW)
    chen.serves_to = TODAY.replace(day=TODAY.day - 1)
    chen.save()
    assert "Printed 1 plaque " in run("--unit", "D901")
    text = words(tmp_path / "out" / "D901-青窑局-门牌.pdf")
    assert "韦诉𬱖" in text
    assert cards[0].serial not in text
    assert cards[1].serial not in text


def test_what_was_printed_is_remembered(run, lin, chen, city):
    card, unprinted = issue_card(lin), issue_card(chen)
    services.card_revoke(card=unprinted, reason="lost", note="", actor=card.approved_by, now=NOW)
    run("--unit", "D901")
    (sheet,) = plaques_now(city)
    (printing,) = Printing.objects.all()
    assert (printing.card, printing.kind, printing.printed_at) == (card, "plaque", NOW)
    assert printing.fingerprint == sheet.fingerprint
    assert printing.shown["name"] == "林一帆"
    assert [entry.changes for entry in audit.history(lin).filter(verb="document_printed")] == [
        {"serial": card.serial, "kind": "plaque"}
    ]
    assert not audit.history(chen).filter(verb="document_printed").exists()


def test_printing_again_replaces_the_file(run, lin, chen, tmp_path):
    issue_card(lin)
    run("--unit", "D901")
    issue_card(chen)
    run("--unit", "D901")
    assert files(tmp_path / "out") == ["D901-青窑局-门牌.pdf"]
    assert len(PdfReader(tmp_path / "out" / "D901-青窑局-门牌.pdf").pages) == 2


def test_a_name_of_a_unit_makes_a_harmless_file_name(unit):
    unit.name = "../发展 改革/局（挂牌）"
    assert (
        printed_files.file_name(unit.code, unit.name, PrintKind.PLAQUE)
        == "D901-发展-改革-局（挂牌）-门牌.pdf"
    )


@pytest.mark.parametrize(
    ("title", "printed"), [("科长", "办公室 · 科长"), ("办公室主任", "办公室主任"), ("办公室", "办公室")]
)
def test_the_primary_post_follows_the_office_unless_it_names_it(title, printed, lin, city):
    lin.posts.filter(is_primary=True).update(title=title)
    issue_card(lin)
    (sheet,) = plaques_now(city)
    assert sheet.content.posts == (printed, "二级主任科员")


@pytest.mark.parametrize("most", [3, 40])
def test_the_number_of_queries_does_not_grow_with_the_unit(run, office, most):
    crowd(office, most)
    with CaptureQueriesContext(connection) as queries:
        run("--unit", "D901")
    assert len(queries) == 13


# --- What prevents it --------------------------------------------------------------------------------------------


def test_a_character_that_no_font_has_is_named_with_unit_and_card(run, lin, office, tmp_path):
    issue_card(lin)
    rare = issue_card(make_cadre(office, "张\U00031350"))
    assert refused(run, "--unit", "D901") == "1 unit has problems and was not printed."
    assert run.problems.getvalue().splitlines() == [
        f"D901 青窑局：{rare.serial} 张\U00031350：Name: no installed font has the character \U00031350 (U+31350)."
    ]
    assert files(tmp_path / "out") == []
    assert not Printing.objects.exists()


def test_a_unit_with_a_problem_does_not_stop_the_others(run, lin, zhou, tmp_path):
    for cadre in (lin, zhou):
        issue_card(cadre)
    lin.unit.hotline = ""
    lin.unit.save()
    said = refused(run, "--all")
    assert (
        said
        == f"Printed 1 plaque of 1 unit into {tmp_path / 'out'}. 1 unit has problems and was not printed."
    )
    assert files(tmp_path / "out") == ["T902-剑潭镇-门牌.pdf"]


def test_what_is_wrong_with_all_plaques_alike_is_said_once(run, unit, lin, chen, office):
    for cadre in (lin, chen, make_cadre(office, "许诺", office_phone="")):
        issue_card(cadre)
    unit.hotline = ""
    unit.save()
    refused(run, "--unit", "D901")
    assert run.problems.getvalue().splitlines() == [
        "D901 青窑局：Unit hotline: nothing is entered, and the plaque must show it.",
        "D901 青窑局：LQ-D901-0003 许诺：Office phone: nothing is entered, and the plaque must show it.",
    ]


def test_a_lost_photo_file_is_a_problem(run, lin):
    issue_card(lin)
    Path(photograph(lin).photo.path).unlink()
    refused(run, "--unit", "D901")
    assert "is missing or is not a JPEG picture" in run.problems.getvalue()


def test_codes_that_cannot_last_are_not_printed(run, lin, settings, tmp_path):
    issue_card(lin)
    settings.SITE_URL, settings.SITE_HOST, settings.HTTPS = "http://192.0.2.7:8000", "192.0.2.7", False
    assert "set SITE_URL" in refused(run, "--all")
    assert not (tmp_path / "out").exists()


def test_the_demonstration_prints_any_address_and_says_so(run, lin, settings, city, tmp_path):
    issue_card(lin)
    City.objects.update(is_demo=True)
    settings.SITE_URL, settings.SITE_HOST, settings.HTTPS = "http://192.0.2.7:8000", "192.0.2.7", False
    run("--all")
    assert "演示" in words(tmp_path / "out" / "D901-青窑局-门牌.pdf")


def test_no_city_hotline_is_one_sentence_for_the_whole_city(run, lin, zhou):
    for cadre in (lin, zhou):
        issue_card(cadre)
    City.objects.update(express_hotline=" ")
    assert "Efficiency Express hotline" in refused(run, "--all")
    assert run.problems.getvalue() == ""


def test_an_unknown_unit_is_named(run, unit):
    assert refused(run, "--unit", "D999") == "There is no unit with the code “D999”."


@pytest.mark.parametrize("arguments", [("--unit", "D901"), ("--all",)])
def test_nobody_with_a_card_is_said(run, lin, arguments):
    assert "nothing was printed" in refused(run, *arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--kind", "plaque", "--output", "x"),
        ("--unit", "D901", "--all", "--kind", "plaque", "--output", "x"),
        ("--all", "--kind", "poster", "--output", "x"),
        ("--all", "--kind", "plaque"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments):
    with pytest.raises(CommandError):
        call_command("print_cards", *arguments)


# --- Earlier files -----------------------------------------------------------------------------------------------


REMOVED = "D901 青窑局：The earlier file D901-青窑局-门牌.pdf was removed."


@pytest.fixture
def earlier(run, lin, zhou, tmp_path) -> Card:
    """Both units were printed; Lin's card is the only one of the Kiln Bureau."""
    card = issue_card(lin)
    issue_card(zhou)
    run("--all")
    assert files(tmp_path / "out") == ["D901-青窑局-门牌.pdf", "T902-剑潭镇-门牌.pdf"]
    assert run.problems.getvalue() == ""
    return card


def test_the_file_of_a_refused_unit_goes_and_that_is_said(run, unit, earlier, tmp_path):
    unit.hotline = ""
    unit.save()
    refused(run, "--unit", "D901")
    assert run.problems.getvalue().splitlines()[-1] == REMOVED
    assert files(tmp_path / "out") == ["T902-剑潭镇-门牌.pdf"]
    refused(run, "--unit", "D901")
    assert REMOVED not in run.problems.getvalue()


def test_the_file_of_a_unit_without_a_valid_card_goes(run, earlier, officer, tmp_path):
    services.card_revoke(card=earlier, reason="lost", note="", actor=officer, now=NOW)
    assert "Printed 1 plaque of 1 unit" in run("--all")
    assert run.problems.getvalue().splitlines() == [REMOVED]
    assert files(tmp_path / "out") == ["T902-剑潭镇-门牌.pdf"]


def test_a_unit_asked_for_alone_loses_its_file_too(run, earlier, officer, tmp_path):
    services.card_revoke(card=earlier, reason="lost", note="", actor=officer, now=NOW)
    assert "nothing was printed" in refused(run, "--unit", "D901")
    assert run.problems.getvalue().splitlines() == [REMOVED]
    assert files(tmp_path / "out") == ["T902-剑潭镇-门牌.pdf"]


def test_what_no_plaque_can_do_without_takes_all_files_away(run, earlier, tmp_path):
    City.objects.update(express_hotline="")
    (tmp_path / "out" / "mine.pdf").write_bytes(b"")
    refused(run, "--all")
    assert len(run.problems.getvalue().splitlines()) == 2
    assert files(tmp_path / "out") == ["mine.pdf"]


# --- Nothing half done -------------------------------------------------------------------------------------------


def test_a_folder_that_is_a_file_is_said(run, lin, tmp_path):
    issue_card(lin)
    (tmp_path / "taken").write_text("mine")
    assert "Cannot write to" in refused(run, "--all", output=tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_full_disk_leaves_the_old_file_and_no_record(run, lin, tmp_path, monkeypatch):
    issue_card(lin)
    run("--all")
    before = (tmp_path / "out" / "D901-青窑局-门牌.pdf").read_bytes()
    before_rows = Printing.objects.count()

    def full(contents, out):
        out.write(b"%PDF")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plaque, "draw_plaques", full)
    assert "No space left" in refused(run, "--all")
    assert files(tmp_path / "out") == ["D901-青窑局-门牌.pdf"]
    assert (tmp_path / "out" / "D901-青窑局-门牌.pdf").read_bytes() == before
    assert Printing.objects.count() == before_rows == 1


def test_without_a_record_there_is_no_file(run, lin, tmp_path, monkeypatch):
    issue_card(lin)

    def fail(**_kwargs):
        raise RuntimeError("no record")

    monkeypatch.setattr(services, "prints_record", fail)
    with pytest.raises(RuntimeError, match="no record"):
        run("--all")
    assert files(tmp_path / "out") == []


def test_without_a_file_there_is_no_record(run, lin, tmp_path, monkeypatch):
    issue_card(lin)
    (tmp_path / "out" / "D901-青窑局-门牌.pdf").mkdir(parents=True)
    assert "Cannot write to" in refused(run, "--all")
    assert not Printing.objects.exists()
    assert not audit.history(lin).filter(verb="document_printed").exists()


# --- A card that ends meanwhile ----------------------------------------------------------------------------------

Way = Callable[[], bytes | None]


@pytest.fixture(params=["the page", "the command"])
def way(request, run, officer, lin, tmp_path) -> Way:
    """Prints Lin's plaque one way or the other; returns what anybody gets to hang up."""
    client, file = signed_in(officer), tmp_path / "out" / "D901-青窑局-门牌.pdf"

    def page() -> bytes | None:
        response = client.post(f"/desk/cadres/{lin.pk}/plaque.pdf")
        return response.content if response.status_code == 200 else None

    def command() -> bytes | None:
        try:
            run("--unit", "D901")
        except CommandError:
            assert not file.exists()
            return None
        return file.read_bytes()

    return page if request.param == "the page" else command


def serials_in(pdf: bytes | None, folder: Path) -> str:
    assert pdf is not None
    (folder / "read.pdf").write_bytes(pdf)
    return words(folder / "read.pdf")


def printings(cadre) -> list[str]:
    entries = audit.history(cadre).filter(verb="document_printed").order_by("pk")
    return [entry.changes["serial"] for entry in entries]


def test_printed_twice_is_the_same_plaque_and_two_entries(way, lin):
    card = issue_card(lin)
    first = way()
    assert first is not None
    assert way() == first
    assert printings(lin) == [card.serial] * 2


def test_after_a_new_card_the_old_plaque_is_not_printed_again(way, lin, tmp_path):
    old = issue_card(lin)
    assert old.serial in serials_in(way(), tmp_path)
    new = issue_card(lin, reason="lost")
    again = serials_in(way(), tmp_path)
    assert new.serial in again
    assert old.serial not in again
    assert printings(lin) == [old.serial, new.serial]


def test_after_a_revocation_nothing_is_printed(way, lin, officer):
    card = issue_card(lin)
    assert way() is not None
    services.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW)
    assert way() is None
    assert printings(lin) == [card.serial]


def test_who_has_left_is_not_printed_before_the_nightly_revocation_either(way, lin):
    issue_card(lin)
    lin.serves_to = TODAY.replace(day=TODAY.day - 1)
    lin.save()
    assert way() is None


def meanwhile(monkeypatch, act: Callable[[], Any]) -> None:
    """`act` happens when the plaques are drawn and not yet recorded."""
    draw = plaque.draw_plaques

    def drawn(contents, out):
        pages = draw(contents, out)
        act()
        return pages

    monkeypatch.setattr(plaque, "draw_plaques", drawn)


@pytest.mark.parametrize("replaced", [False, True])
def test_a_card_that_ends_while_it_is_drawn_is_not_handed_out(replaced, way, lin, officer, monkeypatch):
    card = issue_card(lin)

    def end() -> None:
        if replaced:
            issue_card(lin, reason="lost")
        else:
            services.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW)

    meanwhile(monkeypatch, end)
    assert way() is None
    assert printings(lin) == []
    assert not Printing.objects.exists()


def test_one_card_revoked_meanwhile_keeps_back_the_file_of_its_unit(
    run, lin, chen, officer, tmp_path, monkeypatch
):
    card, _other = issue_card(lin), issue_card(chen)
    run("--unit", "D901")
    meanwhile(
        monkeypatch,
        lambda: services.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW),
    )
    refused(run, "--unit", "D901")
    assert run.problems.getvalue().splitlines() == [
        f"D901 青窑局：Card {card.serial} was revoked while its document was being drawn: print again.",
        "D901 青窑局：The earlier file D901-青窑局-门牌.pdf was removed.",
    ]
    assert files(tmp_path / "out") == []
    assert Printing.objects.count() == 2


def test_the_page_says_that_the_card_was_revoked_meanwhile(lin, officer, monkeypatch):
    card = issue_card(lin)
    meanwhile(
        monkeypatch,
        lambda: services.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW),
    )
    client: Client = signed_in(officer)
    page = client.post(f"/desk/cadres/{lin.pk}/plaque.pdf", headers={"accept-language": "en"}, follow=True)
    assert card.serial in next(str(message) for message in page.context["messages"])


def test_two_revoked_cards_are_named_together(lin, chen, wei, officer):
    cards = [issue_card(cadre) for cadre in (lin, chen, wei)]
    for card in cards[:2]:
        services.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW)
    with pytest.raises(Refused, match=f"Cards {cards[0].serial}、{cards[1].serial} were revoked"):
        services.prints_record(
            prints=[services.Print(card.pk, "plaque", {}, "aa") for card in cards], actor=officer, now=NOW
        )
    assert not Printing.objects.exists()


def blocks_somebody() -> bool:
    """Whether another transaction waits for this one's locks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted"
            " AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("locks", [True, False], ids=["locks", "no locks"])
@pytest.mark.django_db(transaction=True)
def test_a_revocation_not_yet_committed_is_awaited_and_then_obeyed(locks, way, lin, officer, monkeypatch):
    """SQLite has one writer at a time whatever the locks say, so there the outcome without them is right too."""
    card, revoked, finished = issue_card(lin), threading.Event(), threading.Event()
    failures: list[Exception] = []

    def revoke() -> None:
        try:
            with transaction.atomic():
                services.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW)
                revoked.set()
                # The other stands before our lock, or walked past it; then the commit.
                while connection.vendor == "postgresql" and not (blocks_somebody() or finished.wait(0.01)):
                    pass
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=revoke)

    def start() -> None:
        thread.start()
        assert revoked.wait(30)

    meanwhile(monkeypatch, start)
    if not locks:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_options: rows.all())
    try:
        handed_out = way()
    finally:
        finished.set()
        thread.join(30)
    assert failures == []
    right = locks or connection.vendor == "sqlite"
    assert (handed_out is None) is right
    assert (printings(lin) == []) is right


# --- On a terminal -----------------------------------------------------------------------------------------------


def test_progress_is_for_a_terminal_only(lin, zhou, tmp_path):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for cadre in (lin, zhou):
        issue_card(cadre)
    for out, seen in ((Terminal(), True), (io.StringIO(), False)):
        call_command("print_cards", "--all", "--kind", "plaque", "--output", str(tmp_path), stdout=out)
        assert ("2/2 T902" in out.getvalue()) is seen
        assert out.getvalue().endswith(f"Printed 2 plaques of 2 units into {tmp_path}.\n")
