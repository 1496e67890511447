"""Somebody else's program: an export is checked by docs/verify_ledger.py, and by hand, without any of ours."""

import hashlib
import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from appraisal.models import Bulletin, LedgerEntry, UnitLedger
from tests.appraisal.chains import one_month, printed_lines, sign, two_months, verify

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "docs/verify_ledger.py"
pytestmark = pytest.mark.django_db


@pytest.fixture
def bulletin(unit, other_unit, chen, lin, zhou, head, express_head) -> Bulletin:
    two_months(unit, (chen, lin), head)
    one_month(other_unit, zhou)
    return sign(express_head)


@pytest.fixture
def export(bulletin, tmp_path) -> Path:
    path = tmp_path / "entries.jsonl"
    assert verify("--export", str(path)).status == 0
    return path


def check(*arguments: object) -> subprocess.CompletedProcess[str]:
    """As somebody else would: without this project, its folder, or its environment."""
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd="/",
        env={},
        timeout=60,
    )


def rewritten(export: Path, change) -> Path:
    rows = [json.loads(line) for line in export.read_text("utf-8").splitlines()]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in change(rows))
    export.write_text(text, "utf-8")
    return export


def test_it_comes_to_the_same_ends(export):
    done = check(export)
    ends = UnitLedger.objects.select_related("unit").order_by("unit__code")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        *(f"{end.unit.code} {end.sequence} {end.head}" for end in ends),
        "2 个单位的 11 条记录完好无损。11 entries of 2 units: whole.",
    ]
    assert verify().last == "11 ledger entries of 2 units: whole."


def test_with_what_is_printed(export, bulletin, tmp_path):
    heads = tmp_path / "heads.txt"
    heads.write_text(printed_lines(bulletin).replace("D901 ", "Ｄ901 青窑局 "), "utf-8")
    done = check(export, "--printed", heads)
    assert done.returncode == 0
    assert done.stdout.count("一致 agrees") == 2
    grouped = re.sub(r"([0-9a-f]{8})(?=[0-9a-f])", r"\1 ", printed_lines(bulletin))
    heads.write_text(grouped, "utf-8")
    assert check(export, "--printed", heads).returncode == 0
    heads.write_text(printed_lines(bulletin).replace(" 9 ", " 8 "), "utf-8")
    done = check(export, "--printed", heads)
    assert done.returncode == 1
    assert "不一致 DIFFERS  D901 8" in done.stdout


def delete(at: int):
    return lambda rows: rows[:at] + rows[at + 1 :]


def change(at: int, **fields: object):
    return lambda rows: [row | fields if place == at else row for place, row in enumerate(rows)]


def swap(rows):
    rows[2]["sequence"], rows[3]["sequence"] = rows[3]["sequence"], rows[2]["sequence"]
    return sorted(rows, key=lambda row: (row["unit"], row["sequence"]))


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (delete(3), "D901  第 4 条缺失"),
        (change(3, cents=5999), "D901  第 4 条的内容与写入时不同"),
        (change(3, previous="f" * 64), "D901  第 4 条与前一条不相连"),
        (swap, "D901  第 3 条与前一条不相连"),
        (change(9, reason="改"), "T902  第 1 条的内容与写入时不同"),
    ],
    ids=["delete", "change", "previous", "swap", "the other unit"],
)
def test_it_finds_what_was_changed(deed, words, export):
    done = check(rewritten(export, deed))
    assert done.returncode == 1
    assert words in done.stdout


def test_the_tail_cut_off_is_found_by_the_paper_only(export, bulletin, tmp_path):
    heads = tmp_path / "heads.txt"
    heads.write_text(printed_lines(bulletin), "utf-8")
    rewritten(export, delete(10))
    assert check(export).returncode == 0
    assert check(export, "--printed", heads).returncode == 1


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"sequence":1}', "\x89PNG", '{"half_points":1.5}', "null"], ids=repr
)
def test_what_is_no_export(text, export):
    export.write_text(text, "latin-1")
    done = check(export)
    assert done.returncode == 2
    assert "无法读取" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_file(tmp_path):
    assert check(tmp_path / "none").returncode == 2


# --- The export itself ------------------------------------------------------------------------------------------------


def test_every_line_is_canonical_and_whole(export):
    """By hand, as docs/ledger.md says."""
    ends: dict[str, str] = {}
    for line in export.read_bytes().splitlines():
        facts = json.loads(line)
        canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        assert canonical == line
        previous, said = facts.pop("previous"), facts.pop("hash")
        covered = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        assert previous == ends.get(facts["unit"], "0" * 64)
        assert said == hashlib.sha256(previous.encode() + b"\n" + covered).hexdigest()
        ends[facts["unit"]] = said
    assert ends == dict(UnitLedger.objects.values_list("unit__code", "head"))


def test_it_is_for_nobody_else(export):
    assert stat.S_IMODE(export.stat().st_mode) == 0o600
    assert [path.name for path in export.parent.iterdir()] == [export.name]


def test_of_one_unit(bulletin, other_unit, tmp_path):
    path = tmp_path / "one.jsonl"
    assert verify("--unit", other_unit.code, "--export", str(path)).status == 0
    assert {json.loads(line)["unit"] for line in path.read_text("utf-8").splitlines()} == {other_unit.code}


def test_where_it_cannot_be_written(bulletin, tmp_path):
    said = verify("--export", str(tmp_path / "none" / "entries.jsonl"))
    assert said.status == 2
    assert "cannot be written" in said.last


def test_what_was_there_stays_when_writing_fails(bulletin, tmp_path, monkeypatch):
    path = tmp_path / "entries.jsonl"
    path.write_text("earlier")

    def full(entry: LedgerEntry) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("appraisal.verifying.canonical_line", full)
    assert verify("--export", str(path)).status == 2
    assert path.read_text() == "earlier"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


# --- The documentation ------------------------------------------------------------------------------------------------


def document() -> str:
    return (ROOT / "docs/ledger.md").read_text("utf-8")


def test_the_example_in_the_documentation_is_right():
    """Its two lines: the first entry of a chain in canonical form, and its hash."""
    canonical, said = re.search(r"```json\n(\{.*\})\n```.*?`([0-9a-f]{64})`", document(), re.DOTALL).groups()
    assert hashlib.sha256(f"{'0' * 64}\n{canonical}".encode()).hexdigest() == said


def test_the_documentation_names_every_field(export):
    facts = json.loads(export.read_text("utf-8").splitlines()[0])
    form = document().split("## The canonical form")[1].split("```json")[0]
    table = re.findall(r"^\| `(\w+)` \|", form, re.MULTILINE)
    assert set(facts) == set(table)
