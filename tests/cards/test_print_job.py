"""Printing as a job: a file a unit, complete and in the log, or sentences on why not."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from pypdf import PdfReader

from cards import services
from cards.documents import plaque
from cards.models import Card, Printing, PrintKind
from cards.printing import job as printing
from cards.printing.gathering import documents, holders
from common import jobs
from common.models import Job
from common.problems import Refused
from tests.cast import NOW, TODAY, crowd, issue_card, make_cadre, make_office


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture(autouse=True)
def place(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.SITE_URL, settings.SITE_HOST, settings.HTTPS = "https://id.ceshi.gov.cn", "id.ceshi.gov.cn", True


def ask(actor: Any, kind: PrintKind = PrintKind.PLAQUE, **options: Any) -> Job:
    only = options.get("only")
    parts = printing.shares(kind, units=None, today=TODAY, only=only)
    return printing.print_start(kind=kind, shares=parts, actor=actor, now=NOW, **options)


def done(job: Job) -> list[tuple[str, str, str]]:
    """Each line of the job after it ran: its label, what came of it, its file."""
    while jobs.run(job.pk, clock=timezone.now):
        pass
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    return [(item.label, item.note, item.file) for item in job.items.order_by("position")]


def pages(job: Job, name: str) -> int:
    return len(PdfReader(jobs.folder(job) / name).pages)


def words(path: Path) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True
    ).stdout


def test_a_file_for_each_unit_all_in_the_log_and_together_in_a_zip(express, lin, chen, zhou):
    cards = [issue_card(cadre) for cadre in (lin, chen, zhou)]
    job = ask(express)
    assert (job.title, job.unit_id) == ("Door plaque · 2 units", None)
    assert done(job) == [
        ("D901 青窑局", "2 plaques", "D901-青窑局-门牌.pdf"),
        ("T902 剑潭镇", "1 plaque", "T902-剑潭镇-门牌.pdf"),
    ]
    assert pages(job, "D901-青窑局-门牌.pdf") == 2
    rows = Printing.objects.order_by("card").values_list("card", "kind", "printed_by", "job")
    assert list(rows) == [(card.pk, "plaque", express.pk, job.pk) for card in cards]
    files = sorted(path.name for path in jobs.folder(job).iterdir())
    assert files == ["D901-青窑局-门牌.pdf", "T902-剑潭镇-门牌.pdf", job.archive]
    assert job.files_until == NOW + jobs.FILES_KEPT


def test_the_job_of_one_unit_is_the_unit_s(officer, unit, lin):
    issue_card(lin)
    job = ask(officer)
    assert (job.title, job.unit_id) == ("Door plaque · 青窑局", unit.pk)


def test_a_unit_with_a_problem_says_it_and_the_others_go_on(express, unit, lin, zhou):
    for cadre in (lin, zhou):
        issue_card(cadre)
    unit.hotline = ""
    unit.save()
    job = ask(express)
    problem, printed = done(job)
    assert "Unit hotline" in problem[1]
    assert problem[2] == ""
    assert printed == ("T902 剑潭镇", "1 plaque", "T902-剑潭镇-门牌.pdf")
    assert [item.state for item in job.items.all()] == ["failed", "done"]
    assert list(Printing.objects.values_list("card__cadre", flat=True)) == [zhou.pk]


def test_only_the_cards_that_were_chosen(officer, lin, chen):
    wanted, _other = issue_card(lin), issue_card(chen)
    job = ask(officer, only=frozenset([wanted.pk]))
    assert done(job) == [("D901 青窑局", "1 plaque", "D901-青窑局-门牌.pdf")]
    assert "林一帆" in words(jobs.folder(job) / "D901-青窑局-门牌.pdf")
    assert list(Printing.objects.values_list("card", flat=True)) == [wanted.pk]


def test_the_same_form_twice_is_one_job(officer, lin):
    issue_card(lin)
    once = "0" * 32
    assert ask(officer, once=once) == ask(officer, once=once)
    assert Job.objects.count() == 1


def test_nothing_to_print_is_said(officer, lin):
    with pytest.raises(Refused, match="There is nothing to print"):
        ask(officer)


def test_what_no_document_can_do_without_starts_no_job(officer, lin, city):
    issue_card(lin)
    city.express_hotline = ""
    city.save()
    with pytest.raises(Refused, match="Efficiency Express hotline"):
        ask(officer)
    assert not Job.objects.exists()


def test_everybody_gone_before_the_worker_came_is_said(officer, lin):
    card = issue_card(lin)
    job = ask(officer)
    services.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW)
    assert done(job) == [("D901 青窑局", "Nobody there has a valid card: nothing was printed.", "")]


def test_a_card_revoked_while_its_file_was_drawn_keeps_the_file_back(officer, lin, chen, monkeypatch):
    card, _other = issue_card(lin), issue_card(chen)
    job, draw = ask(officer), plaque.draw_plaques

    def drawn(contents, out):
        number = draw(contents, out)
        services.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW)
        return number

    monkeypatch.setattr(plaque, "draw_plaques", drawn)
    ((_label, note, file),) = done(job)
    assert f"Card {card.serial} was revoked while its document was being drawn" in note
    assert file == ""
    assert list(jobs.folder(job).iterdir()) == []
    assert not Printing.objects.exists()


def test_an_item_whose_worker_died_after_drawing_is_printed_once(officer, lin, monkeypatch):
    issue_card(lin)
    job, record = ask(officer), services.prints_record

    class Killed(BaseException):
        pass

    def killed(**options):
        record(**options)
        raise Killed

    monkeypatch.setattr(services, "prints_record", killed)
    for _time in range(2):
        with pytest.raises(Killed):
            jobs.run(job.pk, clock=timezone.now)
        Job.objects.update(lease_until=NOW)
        assert not Printing.objects.exists()
        Job.objects.update(lease="", lease_until=None)
    monkeypatch.undo()
    assert done(job) == [("D901 青窑局", "1 plaque", "D901-青窑局-门牌.pdf")]
    assert Printing.objects.count() == 1
    assert [path.name for path in jobs.folder(job).glob(".*")] == []


def test_who_moves_while_the_job_runs_is_not_in_two_files(express, lin, zhou, other_office):
    cards = [issue_card(cadre) for cadre in (lin, zhou)]
    job = ask(express)
    jobs.run(job.pk, clock=timezone.now, budget=0)
    lin.unit, lin.office = other_office.unit, other_office
    lin.save()
    first, second = done(job)
    assert first[1] == "1 plaque"
    assert second[1].startswith(f"Card {cards[0].serial} moved while this job ran")
    assert list(Printing.objects.values_list("card", flat=True)) == [cards[0].pk]


@pytest.mark.parametrize("which", ["the file", "the archive"])
def test_a_file_with_a_card_that_was_revoked_since_is_not_served(which, express, lin, zhou, officer):
    card, _other = issue_card(lin), issue_card(zhou)
    job = ask(express)
    done(job)
    here, there = job.items.order_by("position")
    for item in (here, there, None):
        jobs.check_servable(job, item)
    services.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW)
    with pytest.raises(Refused, match=card.serial):
        jobs.check_servable(job, here if which == "the file" else None)
    jobs.check_servable(job, there)


@pytest.mark.parametrize("most", [1, 3, 300])
def test_the_number_of_queries_of_gathering_does_not_grow(most, office, city):
    crowd(office, most)
    with CaptureQueriesContext(connection) as queries:
        found = documents(PrintKind.PLAQUE, holders(Card.objects.valid(), TODAY), city)
    assert len(found) == most
    assert len(queries) == 4


def test_who_works_elsewhere_has_that_room_on_the_plaque(lin, other_unit, city, officer):
    issue_card(lin)
    elsewhere = make_office(other_unit, "便民中心", "105", location="二楼")
    services.placement_record(
        cadre=lin,
        kind="secondment",
        office=elsewhere,
        valid_from=TODAY,
        valid_to=None,
        actor=officer,
        now=NOW,
    )
    (document,) = documents(PrintKind.PLAQUE, holders(Card.objects.valid(), TODAY), city)
    assert (document.content.room, document.content.office_name) == ("二楼 105", "便民中心")
    assert document.content.unit_name == "青窑局"


def test_the_shares_of_units_are_counted(unit, office, other_office):
    crowd(office, 3)
    crowd(other_office, 2)
    parts = printing.shares(PrintKind.PLAQUE, units=None, today=TODAY)
    assert [(part.unit.code, part.number) for part in parts] == [("D901", 3), ("T902", 2)]
    parts = printing.shares(PrintKind.PLAQUE, units=[unit.pk], today=TODAY)
    assert [(part.unit.code, part.number) for part in parts] == [("D901", 3)]


@pytest.mark.parametrize(
    ("rooms", "sheets"),
    [((1,), 0), ((2,), 1), ((8,), 1), ((9,), 2), ((17,), 3), ((1, 2, 3), 2)],
)
def test_rooms_that_are_shared_are_counted_as_sheets(rooms, sheets, unit):
    for number, people in enumerate(rooms):
        crowd(make_office(unit, room=f"40{number}"), people)
    parts = printing.shares(PrintKind.COMBINED, units=None, today=TODAY)
    assert sum(part.number for part in parts) == sheets


def test_two_offices_behind_one_door_share_it(unit):
    for name in ("办公室", "人事科"):
        make_cadre(make_office(unit, name, "301"), f"甲{name[0]}")
    for cadre in unit.cadres.all():
        issue_card(cadre)
    parts = printing.shares(PrintKind.COMBINED, units=None, today=TODAY)
    assert [part.number for part in parts] == [1]
