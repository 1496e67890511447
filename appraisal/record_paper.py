"""A cadre’s record on paper: the same lines as on the screen, in Chinese, without what leads from one to another."""

from collections.abc import Sequence
from datetime import date

from appraisal.bulletins.content import date_text
from appraisal.papers.file import Column, FilePaper, Section, Table, table
from appraisal.record import Part, Year
from cards.models import Cadre

TITLE = "干部考评档案"
EMPTY = "尚无记录。"
CONFIDENTIAL = "本档案仅供本人、所在单位和市效能办查阅，不得公开。"


def paper(cadre: Cadre, years: Sequence[Year], *, printed_by: str, printed_on: date, demo: bool) -> FilePaper:
    """Call it while Chinese is the language: the cells are words already, the heads are not."""
    subtitle = (
        f"{cadre.unit.name}　{cadre.name}",
        f"{date_text(printed_on)}印制　印制人：{printed_by}",
        CONFIDENTIAL,
    )
    sections = tuple(Section(f"{year.year}年", tuple(map(_table, year.parts))) for year in years)
    return FilePaper(TITLE, subtitle, sections or (Section(EMPTY, ()),), demo)


def _table(part: Part) -> Table:
    columns = [Column(str(head.label), head.share, "right" if head.number else "left") for head in part.heads]
    return table(columns, [[cell.text for cell in row] for row in part.rows], title=str(part.title))
