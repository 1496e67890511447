"""close_month and issue_bulletin: safe to run twice, clear about what is wrong, and nothing half done."""

import io
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from appraisal import bulletin_files
from appraisal.models import Bulletin, LedgerEntry, MonthlyReport
from appraisal.services import bulletins as services
from appraisal.services import drafts_make
from attendance.models import Finding
from tests.appraisal.issuing import SIGNING, accepted, signed
from tests.appraisal.ledgers import NOVEMBER, begins, draft, stands

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(SIGNING)


@pytest.fixture
def found(unit, other_unit, chen, zhou):
    begins()
    stands(chen, date(2026, 11, 3))
    stands(zhou, date(2026, 11, 4), code="late")


def run(name: str, *arguments: str) -> str:
    """The last line; commands speak Chinese as a terminal of the city does."""
    out = io.StringIO()
    with translation.override("zh-hans"):
        call_command(name, *arguments, stdout=out)
    return out.getvalue().splitlines()[-1]


# --- close_month ------------------------------------------------------------------------------------------------------


def test_it_drafts_every_unit_and_says_the_same_hash_the_second_time(found):
    first = run("close_month", "2026-11")
    second = run("close_month", "2026-11")
    assert first[-64:] == second[-64:]
    assert MonthlyReport.objects.count() == LedgerEntry.objects.count() == 2
    assert first != second


def test_what_is_sealed_decides_the_hash_of_the_city(found, unit, chen):
    draft(unit)
    first = run("close_month", "2026-11", "--unit", "d901")
    assert run("close_month", "2026-11", "--unit", "D901")[-64:] == first[-64:]
    assert run("close_month", "2026-11")[-64:] != first[-64:]
    assert MonthlyReport.objects.count() == 2


@pytest.mark.parametrize(
    ("month", "words"),
    [
        ("2026-13", "2026-13"),
        ("11/2026", "11/2026"),
        ("", "“”"),
        ("2026-12", "2026-12"),
        ("2026-10", "2026-11"),
        ("9999-12", "9999-12"),
    ],
)
def test_a_month_that_cannot_be_closed_is_refused_with_a_sentence(found, month, words):
    with pytest.raises(CommandError, match=words):
        run("close_month", month)
    assert not MonthlyReport.objects.exists()


def test_units_that_are_none(found, other_unit):
    with pytest.raises(CommandError, match="X1"):
        run("close_month", "2026-11", "--unit", "X1")
    other_unit.valid_from = date(2026, 12, 1)
    other_unit.save()
    Finding.objects.filter(unit=other_unit).delete()
    with pytest.raises(CommandError, match="T902"):
        run("close_month", "2026-11", "--unit", "T902")


def test_a_unit_that_cannot_be_drafted_is_said_and_keeps_no_other_from_it(found, unit, other_unit, capsys):
    draft(unit)
    MonthlyReport.objects.update(content_hash="0" * 64)
    with pytest.raises(CommandError, match="1个单位"):
        run("close_month", "2026-11")
    assert "D901 青窑局" in capsys.readouterr().err
    assert MonthlyReport.objects.filter(unit=other_unit).exists()


def test_no_month_is_counted_yet(unit):
    with pytest.raises(CommandError):
        run("close_month", "2026-11")


# --- issue_bulletin ---------------------------------------------------------------------------------------------------


@pytest.fixture
def month(found, unit, other_unit):
    accepted(draft(unit)), accepted(draft(other_unit))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_draft_is_made_and_written_as_one(month, tmp_path):
    said = run("issue_bulletin", "2026-11", "--output", str(tmp_path))
    assert names(tmp_path) == sorted(
        [f"龙泉市2026年11月效能通报-草稿.{ending}" for ending in ("pdf", "docx", "xlsx")]
        + ["龙泉市2026年11月效能通报-草稿（公开版）.pdf"]
    )
    assert "草稿" in said
    assert Bulletin.objects.count() == 1
    assert "草稿" in text_of(tmp_path / "龙泉市2026年11月效能通报-草稿.pdf")


def text_of(path: Path) -> str:
    done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True, text=True)
    return done.stdout


def test_a_signed_one_takes_the_place_of_its_drafts_and_is_the_same_each_time(month, tmp_path):
    run("issue_bulletin", "2026-11", "--output", str(tmp_path))
    signed()
    said = run("issue_bulletin", "2026-11", "--output", str(tmp_path))
    assert "龙效能办〔2026〕1号" in said
    there = names(tmp_path)
    assert len(there) == 4
    assert not any("草稿" in name for name in there)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.pdf")}
    run("issue_bulletin", "2026-11", "--output", str(tmp_path))
    assert names(tmp_path) == there
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.pdf")} == before


def test_the_public_file_names_nobody(month, chen, tmp_path):
    signed()
    run("issue_bulletin", "2026-11", "--output", str(tmp_path))
    (public,) = tmp_path.glob("*公开版*.pdf")
    said = text_of(public)
    assert Bulletin.objects.get().content_hash[:16] in said
    assert [name for name in (chen.name, "签发甲") if name in said] == []


@pytest.mark.parametrize("month_text", ["2026-13", "2026-12", "soon"])
def test_a_month_without_a_bulletin_is_refused(month, month_text, tmp_path):
    with pytest.raises(CommandError):
        run("issue_bulletin", month_text, "--output", str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_month_whose_units_are_not_drafted_is_refused(found, tmp_path):
    with pytest.raises(CommandError, match="青窑局"):
        run("issue_bulletin", "2026-11", "--output", str(tmp_path))


def test_a_folder_that_is_a_file_is_said(month, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(CommandError, match="out"):
        run("issue_bulletin", "2026-11", "--output", str(tmp_path / "out"))


def test_what_somebody_changed_past_the_product_is_not_written(month, tmp_path):
    signed()
    Bulletin.objects.update(content_hash="0" * 64)
    with pytest.raises(CommandError):
        run("issue_bulletin", "2026-11", "--output", str(tmp_path))
    assert names(tmp_path) == []


def test_one_file_that_cannot_be_drawn_leaves_none(month, tmp_path, monkeypatch):
    bulletin = signed()

    def fails(content, ending, out):
        out.write(b"half")
        if ending == "xlsx":
            raise OSError("no space left")

    monkeypatch.setattr(bulletin_files, "write", fails)
    with pytest.raises(OSError, match="no space"):
        bulletin_files.write_all(services.read_signed(bulletin), tmp_path)
    assert names(tmp_path) == []


#: Every file is drawn as a stream of one kilobyte after another, and the program ends in the middle of one.
KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from appraisal import bulletin_files
from tests.appraisal.bulletins import bulletin
done = []
def write(content, ending, out):
    done.append(ending)
    for _kilobyte in range(64):
        out.write(b"x" * 1024)
        out.flush()
        if len(done) == {at} and _kilobyte == 32:
            os.kill(os.getpid(), signal.SIGKILL)
bulletin_files.write = write
bulletin_files.write_all(bulletin(()), Path({folder!r}))
"""


def written(folder: Path, at: int) -> int:
    """Until file number `at`."""
    program = KILLED.format(root=str(ROOT), at=at, folder=str(folder))
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_killed_in_any_file_it_leaves_none_and_the_next_run_leaves_nothing_behind(at, tmp_path):
    assert written(tmp_path, at) == -signal.SIGKILL
    assert [name for name in names(tmp_path) if not name.startswith(".")] == []
    assert written(tmp_path, 9) == 0
    assert len(names(tmp_path)) == 4
    assert {path.stat().st_size for path in tmp_path.iterdir()} == {64 * 1024}


def test_an_hour_of_the_clock_and_the_command_do_the_same(found, unit, other_unit):
    said = run("close_month", "2026-11")
    assert drafts_make(now=SIGNING) == 0
    assert drafts_make(now=SIGNING + timedelta(hours=1)) == 0
    assert run("close_month", "2026-11")[-64:] == said[-64:]
    assert NOVEMBER in set(MonthlyReport.objects.values_list("month", flat=True))
