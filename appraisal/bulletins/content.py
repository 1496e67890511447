"""Everything a bulletin prints, as plain values: frozen in one database row, hashed, printed again years later.

Nothing here reads a database, a clock or a setting.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Self

from appraisal.bulletins.frozen import LATER, Frozen

PART_HEADINGS: Final = ("一、总体情况", "二、存在问题", "三、处理意见", "四、工作要求")
#: GB/T 9704: whom it is addressed to, flush left over the body.
ADDRESSEES: Final = "各乡镇、街道，市直各单位："


def points_text(half_points: int) -> str:
    """1.5, -0.5, 3.0: one decimal always, so that columns stand under each other."""
    whole, half = divmod(abs(half_points), 2)
    return f"{'-' if half_points < 0 else ''}{whole}.{5 * half}"


def money_text(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02}"


def month_text(month: date) -> str:
    return f"{month.year}年{month.month}月"


def date_text(day: date) -> str:
    """As official documents write it: 2026年11月4日, no zero in front."""
    return f"{day.year}年{day.month}月{day.day}日"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the four. A paragraph that begins with （一） is printed in 楷体, one with 1. plain."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemColumn:
    """A kind of finding that has a column of its own."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCount:
    code: str
    number: int


#: How a unit's report stands in a bulletin. Only what was accepted is counted: the figures of the others are nought
#: here, and stand in a later one.
COUNTED: Final = "counted"
#: It was reported, and the city has not accepted it yet.
WAITING: Final = "waiting"
#: It was not reported.
MISSING: Final = "missing"
#: A later bulletin has counted it; of a correction only.
ELSEWHERE: Final = "elsewhere"
#: The unit has ended and has no month any more; a complaint about it was answered.
NO_MONTH: Final = "no_month"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit's month. `person_half_points` is the sum over its cadres, `unit_half_points` the unit's own."""

    code: str
    name: str
    kind: str
    days_checked: int = 0
    days_due: int = 0
    findings: int = 0
    #: What is not listed is nought.
    by_item: tuple[ItemCount, ...] = ()
    person_half_points: int = 0
    unit_half_points: int = 0
    withheld_cents: int = 0
    #: By the day of the answer: in time, in time after an extension, and late.
    complaints_on_time: int = 0
    complaints_extended: int = 0
    complaints_late: int = 0
    complaints_substantiated: int = 0
    #: One of the words above.
    standing: str = COUNTED
    nil_report: bool = False
    late: bool = False
    days_late: int = 0
    #: The sums of this unit's corrections of earlier months, signed; not part of the month's figures above.
    corrections_half_points: int = 0
    corrections_cents: int = 0

    @property
    def half_points(self) -> int:
        return self.person_half_points + self.unit_half_points

    def count(self, code: str) -> int:
        return sum(item.number for item in self.by_item if item.code == code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What an earlier month's figure is now changed by, signed: -2 takes one point back."""

    unit_code: str
    unit_name: str
    month: date
    half_points: int
    cents: int
    reason: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtUp:
    """An earlier month's report that came too late for its own bulletin: counted here."""

    unit_code: str
    unit_name: str
    month: date
    findings: int = 0
    person_half_points: int = 0
    unit_half_points: int = 0
    withheld_cents: int = 0
    days_late: int = 0

    @property
    def half_points(self) -> int:
        return self.person_half_points + self.unit_half_points


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Of a rung of the ladder: how many the month decided in the whole city, and how many it set aside after a review.
    Never of a unit: with one of them a person could be guessed."""

    name: str
    decided: int = 0
    set_aside: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """A unit's last ledger entry that this bulletin counts: the paper anchors the database."""

    unit_code: str
    unit_name: str
    sequence: int
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """The bulletin that this one corrects."""

    number_text: str
    signed_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Totals:
    """The last line of the table."""

    rows: tuple[UnitRow, ...]

    def _sum(self, name: str) -> int:
        return sum(getattr(row, name) for row in self.rows)

    @property
    def units(self) -> int:
        return len(self.rows)

    @property
    def days_checked(self) -> int:
        return self._sum("days_checked")

    @property
    def days_due(self) -> int:
        return self._sum("days_due")

    @property
    def findings(self) -> int:
        return self._sum("findings")

    def count(self, code: str) -> int:
        return sum(row.count(code) for row in self.rows)

    @property
    def person_half_points(self) -> int:
        return self._sum("person_half_points")

    @property
    def unit_half_points(self) -> int:
        return self._sum("unit_half_points")

    @property
    def half_points(self) -> int:
        return self._sum("half_points")

    @property
    def withheld_cents(self) -> int:
        return self._sum("withheld_cents")

    @property
    def complaints_on_time(self) -> int:
        return self._sum("complaints_on_time")

    @property
    def complaints_extended(self) -> int:
        return self._sum("complaints_extended")

    @property
    def complaints_late(self) -> int:
        return self._sum("complaints_late")

    @property
    def complaints_substantiated(self) -> int:
        return self._sum("complaints_substantiated")

    @property
    def nil_reports(self) -> int:
        return self._sum("nil_report")

    @property
    def late_reports(self) -> int:
        return self._sum("late")

    @property
    def corrections_half_points(self) -> int:
        return self._sum("corrections_half_points")

    @property
    def corrections_cents(self) -> int:
        return self._sum("corrections_cents")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin(Frozen):
    """One month's bulletin. A draft has neither number nor date; what is signed has both."""

    city: str
    #: The red heading, as 龙泉市效能办文件, and who stands above the date.
    issuer_heading: str
    signer: str
    month: date
    title: str
    parts: tuple[Part, ...]
    units: tuple[UnitRow, ...] = ()
    items: tuple[ItemColumn, ...] = ()
    corrections: tuple[Correction, ...] = ()
    caught_up: tuple[CaughtUp, ...] = ()
    chain_heads: tuple[ChainHead, ...] = ()
    addressees: str = ADDRESSEES
    number_text: str | None = None
    signed_on: date | None = None
    #: The person who signed, by name; empty while a draft.
    signed_by: str = ""
    corrects: Superseded | None = None
    #: 版记: 抄送, 印发机关 and 印发日期 (the day of signing where nothing is said).
    copies_to: str = ""
    printed_by: str = ""
    printed_on: date | None = None
    #: For everybody: without who signed and the reasons of corrections, which may tell of a person.
    public: bool = False
    #: Of the full version, in a public one: both carry the same code.
    full_digest: str = ""
    demo: bool = False
    #: Of the rungs with a number, in the order of the ladder; and how many annual results were put right.
    measures: tuple[Measures, ...] = field(default=(), metadata=LATER)
    years_corrected: int = field(default=0, metadata=LATER)

    def __post_init__(self) -> None:
        if self.month.day != 1:
            raise ValueError(f"A month is its first day, not {self.month}.")
        if (self.number_text is None) != (self.signed_on is None):
            raise ValueError("A bulletin has its number and its date together, or neither.")

    @property
    def draft(self) -> bool:
        return self.number_text is None

    @property
    def total(self) -> Totals:
        return Totals(self.units)

    @property
    def code(self) -> str:
        """The verification code printed on the paper; the public version's is that of the full one."""
        return (self.full_digest or self.digest)[:16]

    def for_public(self) -> Self:
        if self.public:
            return self
        without = tuple(replace(each, reason="", source="") for each in self.corrections)
        return replace(self, public=True, signed_by="", corrections=without, full_digest=self.digest)
