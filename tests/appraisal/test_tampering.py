"""Whoever owns the database can change whatever stands in it, triggers or not. Each change is found and named; that
everything was written anew, by what was printed."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import connection

from appraisal.models import (
    Bulletin,
    BulletinCounter,
    BulletinHead,
    LedgerEntry,
    MonthlyReport,
    MonthTotal,
    Standard,
    StandardItem,
    UnitLedger,
    WithholdingProposal,
)
from appraisal.services.ledger import entry_facts
from attendance.models import Finding, FindingState, Item
from common import append_only
from tests.appraisal import tampering
from tests.appraisal.chains import SIGNING, Said, one_month, printed_lines, sign, two_months, verify
from tests.appraisal.ledgers import NOVEMBER, OCTOBER
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def bulletin(unit, other_unit, chen, lin, zhou, head, express_head) -> Bulletin:
    two_months(unit, (chen, lin), head)
    one_month(other_unit, zhou)
    return sign(express_head)


@pytest.fixture(autouse=True)
def _clock(time_machine) -> None:
    time_machine.move_to(SIGNING, tick=False)


@pytest.fixture(autouse=True)
def _owner(bulletin, _clock) -> Iterator[None]:
    """Whoever owns the database drops the triggers; before that everything is whole."""
    assert verify().status == 0
    append_only.drop_triggers(connection)
    yield
    append_only.install_triggers(connection)


@pytest.fixture
def paper(bulletin, tmp_path) -> str:
    """The bulletin's page of hashes, typed in: what it says cannot be changed any more."""
    path = tmp_path / "heads.txt"
    path.write_text(printed_lines(bulletin), "utf-8")
    return str(path)


def entry(unit, sequence: int) -> LedgerEntry:
    return LedgerEntry.objects.get(unit=unit, sequence=sequence)


def found(said: Said, *words: str) -> None:
    """One of the lines says all of this."""
    assert said.status == 1
    assert any(all(word in line for word in words) for line in said.lines), said.text


# --- One field -------------------------------------------------------------------------------------------------------

#: Of what a hash covers: the entry that is changed, to what, and which one is then named as the first bad one.
FIELDS = {
    "unit": (4, lambda the: {"unit": the.other_unit}, 4),
    "sequence": (4, lambda the: {"sequence": 40}, 4),
    "kind": (4, lambda the: {"kind": "rejudged"}, 4),
    "cadre": (4, lambda the: {"cadre": the.lin}, 4),
    "item": (4, lambda the: {"item": Item.objects.get(code="late")}, 4),
    "month": (4, lambda the: {"month": date(2026, 11, 1)}, 4),
    "day": (4, lambda the: {"day": date(2026, 10, 11)}, 4),
    "half_points": (4, lambda the: {"half_points": 3}, 4),
    "cents": (4, lambda the: {"cents": 5999}, 4),
    "standard": (4, lambda the: {"standard": Standard.objects.get(version=1)}, 4),
    "before_in_month": (4, lambda the: {"before_in_month": 9}, 4),
    "before_in_window": (4, lambda the: {"before_in_window": 9}, 4),
    "finding": (4, lambda the: {"finding_id": entry(the.unit, 3).finding_id}, 4),
    "fact": (4, lambda the: {"fact": "0" * 64}, 4),
    "reverses": (8, lambda the: {"reverses": entry(the.unit, 3)}, 8),
    "reason": (7, lambda the: {"reason": "会议有据"}, 7),
    "source": (4, lambda the: {"source": "finding:999"}, 4),
    "actor": (7, lambda the: {"actor": None}, 7),
    "at": (4, lambda the: {"at": NOW + timedelta(microseconds=1)}, 4),
    "previous": (4, lambda the: {"previous": "f" * 64}, 4),
    "hash": (4, lambda the: {"hash": "f" * 64}, 4),
}


@pytest.fixture
def the(unit, other_unit, lin):
    """Whom and what the changes need."""

    class The:
        pass

    the = The()
    the.unit, the.other_unit, the.lin = unit, other_unit, lin
    return the


def test_every_field_that_the_hash_covers_is_tried(unit):
    assert set(FIELDS) == set(entry_facts(entry(unit, 4))) | {"previous", "hash"}


@pytest.mark.parametrize("name", FIELDS)
def test_one_field(name, the, unit):
    sequence, fields, named = FIELDS[name]
    tampering.change(entry(unit, sequence), **fields(the))
    said = verify()
    assert said.status == 1
    assert said.lines[0].startswith(f"{unit.code} {unit.name}：entry {named} "), said.text


def test_in_the_language_of_the_reader(unit):
    tampering.change(entry(unit, 4), cents=1)
    assert "D901 青窑局：第4条的内容与写入时不同。" in verify(language="zh-hans").lines


def test_the_break_in_one_unit_hides_none_in_another(unit, other_unit):
    tampering.change(entry(unit, 2), source="x")
    tampering.change(entry(other_unit, 1), source="y")
    said = verify()
    found(said, unit.code, "entry 2 ")
    found(said, other_unit.code, "entry 1 ")


def test_one_unit_alone(unit, other_unit):
    tampering.change(entry(unit, 2), source="x")
    assert verify("--unit", other_unit.code).status == 0
    assert verify("--unit", unit.code.lower()).status == 1


def test_only_the_first_bad_entry_of_a_chain_is_named(unit):
    for sequence in (3, 5, 7):
        tampering.change(entry(unit, sequence), source=f"x{sequence}")
    broken = [line for line in verify().lines if "does not say what it said" in line]
    assert broken == [f"{unit.code} {unit.name}：entry 3 does not say what it said when it was written."]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps a column to its type.")
@pytest.mark.parametrize("value", ["1.5", "'many'", "x'00'"])
def test_what_is_no_number_is_no_crash(value, unit):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(
            f"UPDATE appraisal_ledgerentry SET half_points = {value} WHERE id = {entry(unit, 4).pk}"
        )
        cursor.execute("PRAGMA ignore_check_constraints = OFF")
    said = verify()
    assert (said.status, "entry 4 " in said.text) == (1, True) or (
        said.status,
        "cannot be read" in said.last,
    ) == (2, True)


# --- Deleted, swapped, cut off ----------------------------------------------------------------------------------------


def test_one_deleted_in_the_middle(unit):
    tampering.remove(entry(unit, 6))
    found(verify(), f"{unit.code} {unit.name}", "entry 6 is missing")


def test_two_swapped(unit):
    tampering.swap(entry(unit, 3), entry(unit, 4))
    found(verify(), f"{unit.code} {unit.name}", "entry 3 ")


def test_the_tail_cut_off(other_unit):
    tampering.remove(entry(other_unit, 2))
    found(verify(), other_unit.code, "ends with entry 1", "last one is 2")


def test_a_whole_chain_gone(other_unit):
    for sequence in (1, 2):
        tampering.remove(entry(other_unit, sequence))
    found(verify(), other_unit.code, "ends with entry 0", "last one is 2")


def test_the_tail_cut_off_and_its_end_adjusted(other_unit, bulletin, paper):
    """Everything agrees with itself: only the bulletin knows that there was more."""
    tampering.remove(entry(other_unit, 2), cleanly=True)
    tampering.write_anew(other_unit)
    found(verify(), other_unit.code, "passes through entry 2 as bulletin 1 of 2026 printed it")
    tampering.bulletin_anew(bulletin)
    assert verify().status == 0
    said = verify("--printed", paper)
    found(said, "Line 2", other_unit.code, "no longer has entry 2")
    found(said, "Line 1", "D901", "still passes")


# --- Everything written anew ------------------------------------------------------------------------------------------


def another_person(unit, lin) -> None:
    """The charge of one falls upon another, in the finding too."""
    change = {"cadre": lin}
    tampering.change(entry(unit, 4), **change)
    Finding.objects.filter(pk=entry(unit, 4).finding_id).update(**change)


def one_less(unit, _lin) -> None:
    tampering.remove(entry(unit, 6), cleanly=True)


def another_order(unit, _lin) -> None:
    tampering.swap(entry(unit, 3), entry(unit, 4))


@pytest.mark.parametrize("deed", [another_person, one_less, another_order])
def test_everything_written_anew(deed, unit, lin, bulletin, paper):
    """With all of its hashes the database is whole again: the bulletin's row tells, and if that was written anew as
    well, only the paper."""
    deed(unit, lin)
    tampering.write_anew(unit)
    said = verify()
    found(said, unit.code, "entry 9 as bulletin 1 of 2026 printed it")
    assert len(said.lines) == 1
    tampering.bulletin_anew(bulletin)
    assert verify().status == 0
    said = verify("--printed", paper)
    found(said, "Line 1", unit.code, "no longer has entry 9" if deed is one_less else "another hash")
    assert said.last == "1 break found."


def test_a_chain_broken_before_a_printed_head_does_not_pass_through_it(unit, paper):
    tampering.change(entry(unit, 2), source="x")
    found(verify("--printed", paper), "Line 1", "has entry 9 as printed, but is broken at 2")


# --- What is beside the chain -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sequence": 8}, "ends with entry 9; on record its last one is 8"),
        ({"head": "f" * 64}, "ends with entry 9; on record it has another hash"),
        ({"closed_until": OCTOBER}, "last sealed month is 2026-11; on record it is 2026-10"),
        ({"closed_until": None}, "last sealed month is 2026-11; on record it is no month"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_the_end_of_a_chain(fields, words, unit):
    UnitLedger.objects.filter(unit=unit).update(**fields)
    found(verify(), unit.code, words)


def test_a_missing_end(unit, other_unit):
    UnitLedger.objects.filter(unit=unit).delete()
    assert verify().lines == [
        f"{unit.code} {unit.name}：the end of the chain is not on record: its row is missing."
    ]
    assert verify("--unit", other_unit.code).status == 0


#: What a finding says: none of it changes once it is entered.
SAID = {
    "unit": lambda the: {"unit": the.other_unit},
    "cadre": lambda the: {"cadre": the.lin},
    "item": lambda the: {"item": Item.objects.get(code="late")},
    "day": lambda the: {"day": date(2026, 10, 11)},
    "at": lambda the: {"at": NOW},
    "place": lambda the: {"place": the.other_unit},
    "room": lambda the: {"room": "302"},
    "minutes": lambda the: {"minutes": 41},
    "note": lambda the: {"note": "巡查一次不在岗"},
    "said": lambda the: {"said": {"kind": "meeting"}},
    "recorder": lambda the: {"recorder": the.lin.user},
}


@pytest.mark.parametrize("name", SAID)
def test_a_finding_that_says_something_else(name, the, unit):
    charge = entry(unit, 4)
    Finding.objects.filter(pk=charge.finding_id).update(**SAID[name](the))
    found(verify(), unit.code, f"finding {charge.finding_id} ", "when entry 4 was written")


def test_a_finding_that_no_longer_stands(unit):
    charge = entry(unit, 4)
    Finding.objects.filter(pk=charge.finding_id).update(state=FindingState.WITHDRAWN, decision_reason="改")
    found(verify(), unit.code, "entry 4 still charges", "no longer stands")


def test_a_finding_withdrawn_just_now_is_still_to_be_reversed(unit):
    """A correction or a complaint's other outcome withdraws it; the clock reverses it within the hour."""
    withdrawn = Finding.objects.filter(pk=entry(unit, 4).finding_id)
    withdrawn.update(
        state=FindingState.WITHDRAWN, decision_reason="更正", decided_at=SIGNING - timedelta(hours=2)
    )
    assert verify().status == 0
    withdrawn.update(decided_at=SIGNING - timedelta(days=2))
    found(verify(), unit.code, "entry 4 still charges")


def test_a_finding_that_is_open_again(unit):
    Finding.objects.filter(pk=entry(unit, 4).finding_id).update(
        state=FindingState.PROVISIONAL, decided_at=None, decided_by=None
    )
    found(verify(), unit.code, "entry 4 still charges")


def test_a_finding_that_no_longer_stands_and_was_reversed_is_no_break(unit):
    charge = entry(unit, 1)
    Finding.objects.filter(pk=charge.finding_id).update(
        state=FindingState.WITHDRAWN, decision_reason="路口管制"
    )
    assert verify().status == 0


def test_one_finding_charged_twice(unit):
    """With hashes that fit: the finding of entry 4 again, in the place of entry 6."""
    fields = ("finding_id", "cadre_id", "item_id", "day", "fact")
    source = entry(unit, 4)
    tampering.change(entry(unit, 6), **{name: getattr(source, name) for name in fields})
    tampering.write_anew(unit)
    said = verify()
    found(said, unit.code, "entry 4 charges", "another entry charges as well")
    found(said, unit.code, "entry 6 charges", "another entry charges as well")


@pytest.mark.parametrize(
    "fields",
    [{"half_points": -1}, {"cents": -100}, {"cadre": None, "cents": 0}],
    ids=lambda value: "-".join(value),
)
def test_a_reversal_that_takes_back_something_else(fields, unit):
    tampering.change(entry(unit, 8), **fields)
    tampering.write_anew(unit)
    found(verify(), unit.code, "entry 8 does not take back exactly what it names")


@pytest.mark.parametrize(
    "change",
    [
        lambda: StandardItem.objects.filter(item__code="off_post", standard__version=2).update(half_points=6),
        lambda: Standard.objects.filter(version=2).update(cents_per_point=2000),
        lambda: StandardItem.objects.filter(item__code="off_post", standard__version=2).delete(),
    ],
    ids=["points", "money", "gone"],
)
def test_a_standard_that_says_something_else(change, unit):
    change()
    found(verify(), unit.code, "entry 4 does not cost what version 2 of the standard says")


# --- Months -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sequence": 5}, "when 2026-10 was sealed the chain stood at entry 5 with another hash"),
        ({"head": "f" * 64}, "when 2026-10 was sealed the chain stood at entry 6 with another hash"),
        ({"content_hash": "f" * 64}, "the entries of 2026-10 are not those that were sealed"),
        ({"entries": 5}, "2026-10 was sealed with another number of entries"),
        ({"corrections": 1}, "2026-10 was sealed with another number of entries"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_seal(fields, words, unit):
    MonthlyReport.objects.filter(unit=unit, month=OCTOBER).update(**fields)
    assert verify().lines == [f"{unit.code} {unit.name}：{words}."]


def test_a_seal_that_is_gone(unit):
    report = MonthlyReport.objects.get(unit=unit, month=OCTOBER)
    report.proposals.all().delete()
    report.delete()
    found(verify(), unit.code, "2026-10 has entries and is over, but its seal is missing")


def test_the_last_seal_gone(unit):
    report = MonthlyReport.objects.get(unit=unit, month=NOVEMBER)
    report.delete()
    found(verify(), unit.code, "the last sealed month is 2026-10; on record it is 2026-11")


@pytest.mark.parametrize(
    "name", ["entries", "half_points", "cents", "corrected_half_points", "corrected_cents"]
)
def test_a_total(name, unit, chen):
    total = MonthTotal.objects.get(report__unit=unit, report__month=NOVEMBER, cadre=chen)
    MonthTotal.objects.filter(pk=total.pk).update(**{name: getattr(total, name) - 1 if "corr" in name else 7})
    found(verify(), unit.code, f"the total of 2026-11 for {chen.name} is", "its entries come to")


def test_a_total_gone_and_one_too_many(unit, lin):
    october = MonthlyReport.objects.get(unit=unit, month=OCTOBER)
    november = MonthlyReport.objects.get(unit=unit, month=NOVEMBER)
    MonthTotal.objects.filter(report=october, cadre=None).delete()
    nothing = {"entries": 0, "half_points": 0, "cents": 0, "corrected_half_points": 0, "corrected_cents": 0}
    MonthTotal.objects.create(report=november, cadre=lin, **nothing)
    said = verify()
    found(
        said,
        "the total of 2026-10 for the unit itself is not there; its entries come to 1 finding, 1.0 points",
    )
    found(said, f"the total of 2026-11 for {lin.name} is 0 findings", "its entries come to not there")


@pytest.mark.parametrize(
    "fields",
    [
        {"charged_cents": 20_000},
        {"amount_cents": 5_000},
        {"released_cents": 0},
        {"released_cents": 4_000},
    ],
    ids=lambda value: "-".join(map(str, *value.items())),
)
def test_a_withholding(fields, unit, chen):
    WithholdingProposal.objects.filter(report__unit=unit, cadre=chen).update(**fields)
    found(verify(), unit.code, f"the withholding of 2026-10 for {chen.name} does not follow")


def test_a_cap(unit, lin):
    Standard.objects.filter(version=2).update(cap_cents=1_000)
    found(verify(), unit.code, f"the withholding of 2026-10 for {lin.name} does not follow")


def test_a_withholding_gone(unit, chen):
    WithholdingProposal.objects.filter(report__unit=unit, cadre=chen).delete()
    found(verify(), unit.code, f"2026-10 charges {chen.name}, and no withholding is proposed")


# --- Bulletins --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{"sequence": 8}, {"head": "f" * 64}], ids=["sequence", "head"])
def test_a_head_kept_of_a_bulletin(fields, unit, bulletin):
    BulletinHead.objects.filter(bulletin=bulletin, unit=unit).update(**fields)
    said = verify()
    found(said, unit.code, "no longer passes through entry")
    found(said, "bulletin 1 of 2026: the heads kept beside it are not those that it prints")


def test_a_head_gone(unit, bulletin):
    BulletinHead.objects.filter(bulletin=bulletin, unit=unit)._raw_delete("default")
    found(verify(), "bulletin 1 of 2026: the heads kept beside it are not those that it prints")


def test_the_words_of_a_signed_bulletin(bulletin):
    bulletin.content["title"] = "关于11月份机关效能情况的通知"
    bulletin.save()
    assert verify().lines == ["bulletin 1 of 2026: its content is not what was signed."]


def test_the_hash_of_a_signed_bulletin(bulletin):
    Bulletin.objects.filter(pk=bulletin.pk).update(content_hash="f" * 64)
    assert verify().lines == ["bulletin 1 of 2026: its content is not what was signed."]


@pytest.mark.parametrize(
    "content", [None, [], {}, "x", 1, {"chain_heads": 1}, {"chain_heads": [{}]}], ids=repr
)
def test_a_signed_bulletin_with_something_else_in_it(content, bulletin):
    Bulletin.objects.filter(pk=bulletin.pk).update(content=content)
    found(verify(), "bulletin 1 of 2026: its content is not what was signed.")


def test_a_signed_bulletin_gone(bulletin):
    bulletin.heads.all()._raw_delete("default")
    bulletin.delete()
    assert verify().lines == ["of 2026 there should be the bulletins 1 to 1."]


def test_a_number_given_out_and_not_used(bulletin):
    BulletinCounter.objects.update(last=2)
    assert verify().lines == ["of 2026 there should be the bulletins 1 to 2."]
