"""The attachments as rows of text: columns with their widths, totals, and what is said above and below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from appraisal.bulletins.content import (
    COUNTED,
    ELSEWHERE,
    MISSING,
    NO_MONTH,
    WAITING,
    Bulletin,
    CaughtUp,
    ChainHead,
    Correction,
    ItemColumn,
    Totals,
    UnitRow,
    date_text,
    money_text,
    month_text,
    points_text,
)
from appraisal.bulletins.outline import clean

if TYPE_CHECKING:
    from cards.documents.fonts import Role

Align = Literal["left", "right", "centre"]
Kind = Literal["row", "subtotal", "total"]

#: The width of the type area, which every table fills.
WIDTH: Final = 156.0
#: More kinds of findings than this go into a second table.
MOST_ITEMS: Final = 17
ITEM_WIDEST: Final = 12.0


@dataclass(frozen=True, slots=True)
class Column:
    """Width in millimetres; columns side by side with the same `group` share a head above theirs."""

    head: str
    width: float
    align: Align = "right"
    group: str = ""
    #: The head is written downwards.
    vertical: bool = False
    #: Texts that may take several lines make their row higher.
    grows: bool = False
    #: Of 16 hexadecimal digits and more: never broken.
    code: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    cells: tuple[str, ...]
    kind: Kind = "row"


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    #: What is read from a wall is set larger, and in the face of the text around it.
    scale: float = 1.0
    face: Role = "sans"


def attachments(bulletin: Bulletin) -> list[Table]:
    """In the order of their numbers; what has no row is no attachment."""
    found = [_deductions(bulletin)] if bulletin.units else []
    if any(row.findings for row in bulletin.units):
        found += _by_item(bulletin)
    if bulletin.corrections:
        found.append(_corrections(bulletin))
    if bulletin.caught_up:
        found.append(_caught_up(bulletin))
    if bulletin.chain_heads:
        found.append(_heads(bulletin))
    return found


# --- Deductions by unit -----------------------------------------------------------------------------------------------

DEDUCTIONS: Final = (
    Column("序号", 7.5, "centre"),
    Column("单位", 32, "left"),
    Column("应查", 8.8, group="巡查天数"),
    Column("实查", 8.8, group="巡查天数"),
    Column("问题\n个数", 8.8),
    Column("个人", 11.3, group="扣分（分）"),
    Column("单位", 9.5, group="扣分（分）"),
    Column("合计", 11.3, group="扣分（分）"),
    Column("扣发\n（元）", 16.8),
    Column("按期", 7.2, group="投诉办结（件）"),
    Column("延期", 7.2, group="投诉办结（件）"),
    Column("逾期", 7.2, group="投诉办结（件）"),
    Column("属实", 7.2, group="投诉办结（件）"),
    Column("月报", 12.4, "centre"),
)
DEDUCTIONS_NOTE: Final = (
    "扣分、扣发为本期审核入账数，不含以前月份更正和补计。投诉“延期”为经批准延期后按期办结。"
    "“月报”栏：“零报告”表示本月无扣分，“迟3天”表示迟报天数，空白表示按时报送。"
)
NOT_COUNTED_NOTE: Final = (
    "“未报送”“未审核”的单位，其问题、扣分、扣发不计入本期（以“—”表示），待审核后在以后的通报中补计。"
)
ELSEWHERE_NOTE: Final = "“已补计”表示该单位本月数已由其后的通报补计，本期不重复计入。"
NO_MONTH_NOTE: Final = "“已撤销”表示该单位已撤并，不再列入月度考核。"
STANDINGS: Final = {WAITING: "未审核", MISSING: "未报送", ELSEWHERE: "已补计", NO_MONTH: "已撤销"}
#: For a figure that is not known yet.
OPEN: Final = "—"


def _deductions(bulletin: Bulletin) -> Table:
    rows: list[Row] = []
    number = 0
    groups = _by_kind(bulletin.units)
    for kind, units in groups:
        for unit in units:
            number += 1
            rows.append(Row((str(number), clean(unit.name), *_figures(unit), _report(unit))))
        if len(groups) > 1:
            rows.append(_sum(f"{kind}小计", units, "subtotal"))
    rows.append(_sum("合计", bulletin.units, "total"))
    title = f"{month_text(bulletin.month)}各单位检查扣分情况表"
    standings = {unit.standing for unit in bulletin.units}
    below = _reports(bulletin.units) + DEDUCTIONS_NOTE
    below += NOT_COUNTED_NOTE if standings & {WAITING, MISSING} else ""
    below += ELSEWHERE_NOTE if ELSEWHERE in standings else ""
    below += NO_MONTH_NOTE if NO_MONTH in standings else ""
    return Table(title, DEDUCTIONS, tuple(rows), below=(below,))


def _reports(units: Sequence[UnitRow]) -> str:
    total = Totals(tuple(units))
    missing = sum(unit.standing == MISSING for unit in units)
    counts = (("零报告", total.nil_reports), ("迟报", total.late_reports), ("未报送", missing))
    said = "，".join(f"{word}{number}个" for word, number in counts if number)
    return f"注：{said}。" if said else "注："


def _by_kind(units: Sequence[UnitRow]) -> list[tuple[str, tuple[UnitRow, ...]]]:
    """In the order in which the kinds and their units first appear; a unit that ended may stand behind all others."""
    found: dict[str, list[UnitRow]] = {}
    for unit in units:
        found.setdefault(clean(unit.kind), []).append(unit)
    return [(kind, tuple(several)) for kind, several in found.items()]


def _sum(label: str, units: Sequence[UnitRow], kind: Kind) -> Row:
    total = Totals(tuple(units))
    return Row(("", f"{label}（{total.units}个）", *_figures(total), ""), kind)


def _figures(row: UnitRow | Totals) -> tuple[str, ...]:
    return (
        str(row.days_due),
        str(row.days_checked),
        *_counted(row),
        str(row.complaints_on_time),
        str(row.complaints_extended),
        str(row.complaints_late),
        str(row.complaints_substantiated),
    )


def _counted(row: UnitRow | Totals) -> tuple[str, ...]:
    """What comes from the report: nought is not the word for what was not counted."""
    if isinstance(row, UnitRow) and row.standing != COUNTED and not _any(row):
        return (OPEN,) * 5
    return (
        str(row.findings),
        points_text(row.person_half_points),
        points_text(row.unit_half_points),
        points_text(row.half_points),
        money_text(row.withheld_cents),
    )


def _any(row: UnitRow) -> bool:
    return any((row.findings, row.person_half_points, row.unit_half_points, row.withheld_cents))


def _report(unit: UnitRow) -> str:
    standing = STANDINGS.get(unit.standing)
    words = [standing] if standing else ["零报告"] * unit.nil_report
    if unit.days_late:
        words.append(f"迟{unit.days_late}天")
    elif unit.late and unit.standing != MISSING:
        words.append("迟报")
    return "\n".join(words)


# --- Findings by kind -------------------------------------------------------------------------------------------------


def _by_item(bulletin: Bulletin) -> list[Table]:
    """As many tables as the kinds of findings need, evenly filled."""
    items = bulletin.items
    number = max(-(-len(items) // MOST_ITEMS), 1)
    size = -(-len(items) // number)
    parts = [items[start : start + size] for start in range(0, len(items), size)] if items else [()]
    title = f"{month_text(bulletin.month)}各单位发现问题分类表"
    return [
        _item_table(bulletin, part, title + (f"（{_CHINESE[place]}）" if number > 1 else ""))
        for place, part in enumerate(parts)
    ]


_CHINESE: Final = "一二三四五六七八九十"


def _item_table(bulletin: Bulletin, items: tuple[ItemColumn, ...], title: str) -> Table:
    number, sum_ = 8.0, 9.0
    each = min(ITEM_WIDEST, (WIDTH - number - 38 - sum_) / max(len(items), 1))
    columns = (
        Column("序号", number, "centre"),
        Column("单位", WIDTH - number - sum_ - each * len(items), "left"),
        *(Column(clean(item.name), each, vertical=True) for item in items),
        Column("合计", sum_),
    )
    rows: list[Row] = []
    groups = _by_kind(bulletin.units)
    place = 0
    for kind, units in groups:
        for unit in units:
            place += 1
            rows.append(Row((str(place), clean(unit.name), *_counts(unit, items))))
        if len(groups) > 1:
            rows.append(Row(("", f"{kind}小计", *_counts(Totals(units), items)), "subtotal"))
    rows.append(Row(("", "合计", *_counts(bulletin.total, items)), "total"))
    return Table(title, columns, tuple(rows), below=("注：空白表示未发现。",))


def _counts(row: UnitRow | Totals, items: Sequence[ItemColumn]) -> tuple[str, ...]:
    counts = [row.count(item.code) for item in items]
    return (*(str(count) if count else "" for count in counts), _counted(row)[0])


# --- Corrections of earlier months ------------------------------------------------------------------------------------

CORRECTIONS: Final = (
    Column("序号", 9, "centre"),
    Column("单位", 38, "left"),
    Column("所属月份", 22, "centre"),
    Column("扣分增减\n（分）", 16),
    Column("扣发增减\n（元）", 19),
    Column("原因", 52, "left", grows=True),
)
#: Without the reasons.
CORRECTIONS_PUBLIC: Final = (
    Column("序号", 12, "centre"),
    Column("单位", 60, "left"),
    Column("所属月份", 28, "centre"),
    Column("扣分增减（分）", 28),
    Column("扣发增减（元）", 28),
)


def _corrections(bulletin: Bulletin) -> Table:
    rows = [_correction(number, each, bulletin) for number, each in enumerate(bulletin.corrections, start=1)]
    points = sum(each.half_points for each in bulletin.corrections)
    cents = sum(each.cents for each in bulletin.corrections)
    last = ("", "合计", "", _signed(points_text(points)), _signed(money_text(cents)))
    rows.append(Row(last if bulletin.public else (*last, ""), "total"))
    below = "注：负数为冲减，正数为补记；所涉金额随之补发或者补扣。"
    columns = CORRECTIONS_PUBLIC if bulletin.public else CORRECTIONS
    return Table("以前月份更正情况表", columns, tuple(rows), below=(below,))


def _correction(number: int, each: Correction, bulletin: Bulletin) -> Row:
    cells = (
        str(number),
        clean(each.unit_name),
        month_text(each.month),
        _signed(points_text(each.half_points)),
        _signed(money_text(each.cents)),
    )
    if bulletin.public:
        return Row(cells)
    source, reason = clean(each.source).strip(), clean(each.reason).strip()
    return Row((*cells, "：".join(part for part in (source, reason) if part)))


def _signed(text: str) -> str:
    return text if text.startswith("-") or not text.strip("0.") else f"+{text}"


# --- Earlier months' reports, counted now -----------------------------------------------------------------------------

CAUGHT_UP: Final = (
    Column("序号", 9, "centre"),
    Column("单位", 43, "left"),
    Column("所属月份", 23, "centre"),
    Column("问题\n个数", 11),
    Column("个人", 14, group="扣分（分）"),
    Column("单位", 13, group="扣分（分）"),
    Column("合计", 14, group="扣分（分）"),
    Column("扣发\n（元）", 18),
    Column("迟报\n天数", 11),
)


def _caught_up(bulletin: Bulletin) -> Table:
    rows = [
        Row((str(number), clean(each.unit_name), month_text(each.month), *_caught_figures((each,))))
        for number, each in enumerate(bulletin.caught_up, start=1)
    ]
    rows.append(Row(("", "合计", "", *_caught_figures(bulletin.caught_up)[:-1], ""), "total"))
    below = "注：所属月份的通报印发时尚未报送或者尚未审核的月报，在本期补计。"
    return Table("以前月份月报补计情况表", CAUGHT_UP, tuple(rows), below=(below,))


def _caught_figures(found: Sequence[CaughtUp]) -> tuple[str, ...]:
    return (
        str(sum(each.findings for each in found)),
        points_text(sum(each.person_half_points for each in found)),
        points_text(sum(each.unit_half_points for each in found)),
        points_text(sum(each.half_points for each in found)),
        money_text(sum(each.withheld_cents for each in found)),
        str(sum(each.days_late for each in found)),
    )


# --- The ledger's heads -----------------------------------------------------------------------------------------------

HEADS: Final = (
    Column("单位\n代码", 12, "left"),
    Column("单位", 31, "left"),
    Column("末条\n序号", 11),
    Column("末条校验值", 102, "left", code=True),
)


def _heads(bulletin: Bulletin) -> Table:
    rows = tuple(_head(each) for each in bulletin.chain_heads)
    above = [
        "下表为本通报定稿时各单位扣分台账最后一条记录的序号和校验值。台账逐条相连，任何一条被改动、删除或者调换，"
        "其后的校验值都与本表不符。各单位和个人可以凭本表请市效能办核对台账。",
    ]
    if not bulletin.draft:
        signed = f"签发人：{clean(bulletin.signed_by)}；" if bulletin.signed_by else ""
        day = f"签发日期：{date_text(bulletin.signed_on)}；" if bulletin.signed_on else ""
        above.append(f"{signed}{day}核验码：{bulletin.code}")
    return Table("扣分台账校验表", HEADS, rows, above=tuple(above))


def _head(each: ChainHead) -> Row:
    return Row((clean(each.unit_code), clean(each.unit_name), str(each.sequence), clean(each.head)))
