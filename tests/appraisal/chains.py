"""A ledger with everything in it that a chain can hold, kept by the verbs, and a bulletin that printed its heads."""

import json
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.management import CommandError, call_command

from accounts.models import Unit, User
from appraisal import services
from appraisal.bulletins import content
from appraisal.models import (
    Bulletin,
    BulletinCounter,
    BulletinHead,
    LedgerEntry,
    Standard,
    StandardItem,
    UnitLedger,
)
from attendance.models import Item
from cards.models import Cadre
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, OCTOBER, begins, draft, entry_of, stands
from tests.cast import NOW

#: October is drafted on 1 November; 2026-12-20 is when its successor's bulletin is signed.
OCTOBER_DRAFTING = DRAFTING - timedelta(days=30)
SIGNING = DRAFTING + timedelta(days=19)


def free_first_late() -> None:
    """A second version in which the first late of a month is free: so something is judged anew."""
    second = Standard.objects.create(
        version=2,
        effective_from=date(2026, 10, 1),
        cents_per_point=3000,
        cap_cents=20_000,
        allowance="月度考核奖",
        legal_basis="市政府常务会议纪要",
        proposed_at=NOW,
        adopted_at=NOW,
    )
    items = {"late": {"half_points": 2, "free_first": 1}, "off_post": {"half_points": 4}}
    for code, prices in {**items, "sheet_missing": {"half_points": 2}}.items():
        StandardItem.objects.create(standard=second, item=Item.objects.get(code=code), **prices)


def two_months(unit: Unit, people: tuple[Cadre, Cadre], actor: User) -> None:
    """Nine entries: six charges of October, of which the first late one is reversed in November and the second judged
    anew."""
    begins(OCTOBER)
    free_first_late()
    one, other = people
    first = stands(one, date(2026, 10, 8), code="late")
    stands(one, date(2026, 10, 9), code="late")
    stands(other, date(2026, 10, 9))
    stands(one, date(2026, 10, 12), minutes=40, note="巡查两次均不在岗")
    stands(None, date(2026, 10, 13), code="sheet_missing", unit=unit)
    stands(other, date(2026, 10, 14))
    draft(unit, OCTOBER, OCTOBER_DRAFTING)
    services.entry_reverse(entry=entry_of(first), reason="路口管制，情况属实", actor=actor, now=NOW)
    draft(unit)


def one_month(unit: Unit, cadre: Cadre) -> None:
    """Two entries of November, after an October without any."""
    draft(unit, OCTOBER, OCTOBER_DRAFTING)
    stands(cadre, date(2026, 11, 5))
    stands(cadre, date(2026, 11, 6))
    draft(unit)


def sign(by: User) -> Bulletin:
    """The bulletin of November, with the heads of all chains: as it is printed, frozen and kept."""
    ends = list(UnitLedger.objects.select_related("unit").order_by("unit__code"))
    heads = tuple(
        content.ChainHead(
            unit_code=end.unit.code, unit_name=end.unit.name, sequence=end.sequence, head=end.head
        )
        for end in ends
    )
    printed = content.Bulletin(
        city="龙泉市",
        issuer_heading="龙泉市效能办文件",
        signer="龙泉市效能办",
        month=NOVEMBER,
        title="关于11月份机关效能情况的通报",
        parts=(),
        chain_heads=heads,
        number_text="龙效能办〔2026〕1号",
        signed_on=SIGNING.date(),
    )
    BulletinCounter.objects.create(year=2026, last=1)
    bulletin = Bulletin.objects.create(
        month=NOVEMBER,
        drafted_at=SIGNING,
        year=2026,
        serial=1,
        signed_by=by,
        signed_at=SIGNING,
        content=json.loads(printed.to_json()),
        content_hash=printed.digest,
    )
    BulletinHead.objects.bulk_create(
        BulletinHead(bulletin=bulletin, unit=end.unit, sequence=end.sequence, head=end.head) for end in ends
    )
    return bulletin


def printed_lines(bulletin: Bulletin) -> str:
    """As they stand on the paper."""
    rows = bulletin.heads.order_by("unit__code").select_related("unit")
    return "".join(f"{row.unit.code} {row.sequence} {row.head}\n" for row in rows)


def last_entry(unit: Unit) -> LedgerEntry:
    return LedgerEntry.objects.filter(unit=unit).order_by("-sequence")[0]


@dataclass(frozen=True)
class Said:
    """What verify_ledger printed, its last line apart, and the status with which it ended."""

    lines: list[str]
    last: str
    status: int

    @property
    def text(self) -> str:
        return "\n".join([*self.lines, self.last])


def verify(*arguments: str, language: str = "en") -> Said:
    import io

    from django.utils import translation

    out = io.StringIO()
    with translation.override(language):
        try:
            call_command("verify_ledger", *arguments, stdout=out)
        except CommandError as error:
            return Said(out.getvalue().splitlines(), str(error), error.returncode)
    *lines, last = out.getvalue().splitlines()
    return Said(lines, last, 0)
