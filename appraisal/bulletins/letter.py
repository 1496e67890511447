"""An official letter as PDF and DOCX print it: what stands on it in which order, whatever document it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from appraisal.bulletins import outline
from appraisal.bulletins.content import Bulletin
from appraisal.bulletins.outline import Imprint, Paragraph
from appraisal.bulletins.tables import Table, attachments


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    title: str
    #: From the addressees to the last sentence; a table stands between its paragraphs.
    body: tuple[Paragraph | Table, ...]
    signer: str
    #: As it stands below who signs.
    date_line: str
    #: Of the file itself.
    dated: date
    #: In red. Without one the title begins the page.
    heading: str = ""
    number: str = ""
    attachments: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    #: 版记 with rules, on an even page. A letter (信函), which is a PDF only, has 抄送 at the foot of its last page.
    imprint: Imprint | None = None
    copies: str = ""
    marks: tuple[str, ...] = ()
    #: A page comes back signed: nothing may stand on its other side.
    one_sided: bool = False

    @property
    def name(self) -> str:
        return " ".join(outline.lines_of(self.title))


def of_bulletin(bulletin: Bulletin) -> Letter:
    return Letter(
        heading=outline.clean(bulletin.issuer_heading),
        number=outline.number_line(bulletin),
        title=bulletin.title,
        body=tuple(outline.body(bulletin)),
        attachments=tuple(attachments(bulletin)),
        signer=outline.clean(bulletin.signer),
        date_line=outline.date_line(bulletin),
        dated=bulletin.signed_on or bulletin.month,
        notes=tuple(outline.notes(bulletin)),
        imprint=outline.imprint(bulletin),
        marks=tuple(outline.marks(bulletin)),
    )
