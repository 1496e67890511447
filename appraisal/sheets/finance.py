"""What finance is handed: a workbook of values, in Chinese like every sheet, of what is proposed of an allowance."""

from collections.abc import Iterable
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils.cell import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from appraisal.bulletins.content import month_text
from appraisal.models import MonthlyReport, WithholdingProposal
from cards.roster.writing import HEADING, packed, put

TITLE = "扣发建议表"
DRAFT = "（草稿）"
COLUMNS = (
    ("序号", 6),
    ("姓名", 14),
    ("单位", 26),
    ("奖金、补贴名称", 18),
    ("建议扣发（元）", 16),
    ("备注", 30),
)
AMOUNT = 5
MONEY = "0.00"
HEADER_ROW = 4


def workbook(report: MonthlyReport, rows: Iterable[WithholdingProposal], *, draft: bool, demo: bool) -> bytes:
    """One sheet of what was handed over, of whom, and their sum, as it was then; every cell a value. A draft is of what
    is left to be withheld now."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = f"{TITLE}{DRAFT if draft else ''}"
    _head(sheet, report, draft=draft, demo=demo)
    row, total = HEADER_ROW, 0
    for row, proposal in enumerate(rows, start=HEADER_ROW + 1):
        cents = proposal.due_cents if draft else proposal.sent_cents
        _line(sheet, row, row - HEADER_ROW, report, proposal, cents)
        total += cents
    put(sheet, row + 1, 2, "合计")
    _amount(sheet, row + 1, total)
    for column in range(1, len(COLUMNS) + 1):
        sheet.cell(row + 1, column).font = Font(bold=True)
    sheet.freeze_panes = f"A{HEADER_ROW + 1}"
    return packed(book)


def _head(sheet: Worksheet, report: MonthlyReport, *, draft: bool, demo: bool) -> None:
    marks = f"{DRAFT if draft else ''}{'（演示）' if demo else ''}"
    put(sheet, 1, 1, f"{report.unit.name}{month_text(report.month)}{TITLE}{marks}")
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    first = report.proposals.select_related("standard").first()
    if first is not None:
        put(sheet, 2, 1, f"依据：{first.standard.legal_basis}（标准第{first.standard.version}版）")
    note = "草稿，尚未送交财务，金额可能变动，不得据以扣发。" if draft else ""
    note += "演示数据，人员均为虚构，不得用于发放。" if demo else ""
    put(sheet, 3, 1, f"本表为月度考核扣发建议，由本单位按规定程序办理。{note}")
    for column, (title, width) in enumerate(COLUMNS, start=1):
        put(sheet, HEADER_ROW, column, title)
        cell = sheet.cell(HEADER_ROW, column)
        cell.font, cell.fill = Font(bold=True), HEADING
        sheet.column_dimensions[get_column_letter(column)].width = width


def _line(
    sheet: Worksheet,
    row: int,
    number: int,
    report: MonthlyReport,
    proposal: WithholdingProposal,
    cents: int,
) -> None:
    sheet.cell(row, 1, number)
    put(sheet, row, 2, proposal.cadre.name)
    put(sheet, row, 3, report.unit.name)
    put(sheet, row, 4, proposal.standard.allowance)
    _amount(sheet, row, cents)
    remarks = []
    if cents < proposal.amount_cents:
        remarks.append(f"原{_yuan(proposal.amount_cents)}元，核减后{_yuan(cents)}元")
    if proposal.due_cents < cents:
        remarks.append(f"送交后又核减，现为{_yuan(proposal.due_cents)}元")
    if remarks:
        put(sheet, row, 6, "；".join(remarks))


def _yuan(cents: int) -> str:
    return f"{Decimal(cents) / 100:.2f}"


def _amount(sheet: Worksheet, row: int, cents: int) -> None:
    """A number to the cent: no float comes near it."""
    cell = sheet.cell(row, AMOUNT, Decimal(cents) / 100)
    cell.number_format, cell.alignment = MONEY, Alignment(horizontal="right")
