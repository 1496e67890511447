"""A bulletin's words in the order in which PDF and DOCX print them, each with its face. Always Chinese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from appraisal.bulletins.content import Bulletin, date_text, month_text

#: 仿宋, 楷体, 黑体: what GB/T 9704 sets a body in.
Face = Literal["fangsong", "kai", "hei"]

DRAFT: Final = "草稿"
DRAFT_NUMBER: Final = "（草稿，未编号）"
DRAFT_MARK: Final = "草稿　未签发，不作为通报依据"
DEMO_MARK: Final = "演示　单位、人员和数字均为虚构"
ENCLOSED: Final = "附件："
PUBLIC_NOTE: Final = "（此件公开发布）"

_FIRST: Final = re.compile(r"[一二三四五六七八九十百]+、")
_SECOND: Final = re.compile(r"[（(][一二三四五六七八九十百]+[)）]")
#: Where a heading ends that its text follows in the same paragraph; a mark that closes a quotation stays with it.
_SENTENCE: Final = re.compile(r"[^。]*。[”’）》]*")


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    face: Face


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`heading` is never the last line of a page; `indented` by two characters."""

    spans: tuple[Span, ...]
    heading: bool = False
    indented: bool = True

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


def clean(text: str) -> str:
    """Without what has no ink: a zero width space in a name would be printed as a missing character."""
    spaced = "".join(" " if character in "\t\u00a0\u2003\u2002" else character for character in text)
    return "".join(character for character in spaced if _inked(character))


def _inked(character: str) -> bool:
    """Nor what XML cannot hold: half a pair, and the two that end each plane."""
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs") and ord(character) & 0xFFFE != 0xFFFE


def lines_of(text: str) -> list[str]:
    """Each line of a text field is a paragraph; empty ones are none."""
    return [line for line in (clean(line).strip() for line in text.splitlines()) if line]


def paragraph(text: str) -> Paragraph:
    """By how it begins: 一、 in 黑体, （一） in 楷体 up to the end of the heading, all else in 仿宋."""
    if _FIRST.match(text):
        return Paragraph((Span(text, "hei"),), heading=True)
    if not _SECOND.match(text):
        return Paragraph((Span(text, "fangsong"),))
    first = _SENTENCE.match(text)
    head, rest = (text, "") if first is None else (first[0], text[first.end() :])
    if not rest:
        return Paragraph((Span(head, "kai"),), heading=True)
    return Paragraph((Span(head, "kai"), Span(rest, "fangsong")))


def body(bulletin: Bulletin) -> list[Paragraph]:
    """From the addressees to the last sentence."""
    found = [Paragraph((Span(clean(bulletin.addressees), "fangsong"),), indented=False)]
    if bulletin.corrects:
        found += [Paragraph((Span(text, "fangsong"),)) for text in lines_of(_superseding(bulletin))]
    for part in bulletin.parts:
        found += [Paragraph((Span(text, "hei"),), heading=True) for text in lines_of(part.heading)]
        found += [paragraph(line) for text in part.paragraphs for line in lines_of(text)]
    return found


def _superseding(bulletin: Bulletin) -> str:
    earlier = bulletin.corrects
    assert earlier is not None
    reason = clean(" ".join(lines_of(earlier.reason))).rstrip("。 ")
    return (
        f"本通报更正并取代{date_text(earlier.signed_on)}印发的{clean(earlier.number_text)}通报，"
        f"原通报同时废止。更正原因：{reason}。"
    )


def notes(bulletin: Bulletin) -> list[str]:
    """附注, in brackets under the date."""
    return [PUBLIC_NOTE] if bulletin.public else []


def marks(bulletin: Bulletin) -> list[str]:
    """At the head of every page, outside of the type area."""
    return [DRAFT_MARK] * bulletin.draft + [DEMO_MARK] * bulletin.demo


def number_line(bulletin: Bulletin) -> str:
    return clean(bulletin.number_text) if bulletin.number_text else DRAFT_NUMBER


def date_line(bulletin: Bulletin) -> str:
    """A draft leaves the day open."""
    return date_text(bulletin.signed_on) if bulletin.signed_on else "年　月　日"


def file_name(bulletin: Bulletin) -> str:
    number = clean(bulletin.number_text) if bulletin.number_text else DRAFT
    mark = "（公开版）" if bulletin.public else ""
    name = f"{clean(bulletin.city)}{month_text(bulletin.month)}效能通报-{number}{mark}"
    return re.sub(r'[\\/:*?"<>|]', "_", name)


@dataclass(frozen=True, slots=True)
class Imprint:
    """版记: below the last line of the last page."""

    copies: str
    printed_by: str
    printed_on: str
    check: str


def imprint(bulletin: Bulletin) -> Imprint:
    day = bulletin.printed_on or bulletin.signed_on
    copies = clean(bulletin.copies_to).strip().removeprefix("抄送：").rstrip("。")
    return Imprint(
        copies=f"{copies}。" if copies else "",
        printed_by=clean(bulletin.printed_by or bulletin.signer),
        printed_on=f"{date_text(day)}印发" if day else DRAFT,
        check="" if bulletin.draft else f"核验码：{bulletin.code}",
    )


def enclosures(titles: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """附件说明: the word, which only the first line has, the number, and the title; one alone has no number."""
    found = list(titles)
    for number, title in enumerate(found, start=1):
        yield (ENCLOSED if number == 1 else ""), (f"{number}．" if len(found) > 1 else ""), title
