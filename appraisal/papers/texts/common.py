"""What several papers say in the same words, and how their paragraphs are put together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from appraisal.bulletins import outline
from appraisal.bulletins.content import date_text
from appraisal.bulletins.outline import Paragraph, Span, clean, lines_of
from appraisal.papers.content import Addressee

DRAFT_MARK: Final = "草稿　未签发，不发生效力"
#: As codes of models.Grade and cards’ EmploymentKind; whoever is no civil servant is 合格, not 称职.
GRADES: Final = {
    "excellent": "优秀",
    "competent": "称职",
    "basic": "基本称职",
    "incompetent": "不称职",
    "ungraded": "不确定等次",
}
OTHER_GRADES: Final = {"competent": "合格", "basic": "基本合格", "incompetent": "不合格"}
NUMBERS: Final = "一二三四五六七八九十"
OPEN_DAY: Final = "年　月　日"
PENNED_DAY: Final = "　　　年　　月　　日"


def grade_text(grade: str, employment_kind: str) -> str:
    if employment_kind != "civil_servant" and grade in OTHER_GRADES:
        return OTHER_GRADES[grade]
    return GRADES[grade]


def day_or_open(day: date | None) -> str:
    return date_text(day) if day else OPEN_DAY


def penned(label: str, wide: int) -> str:
    """What is signed with a pen, and dated at the end of its line of so many characters."""
    return label + "　" * (wide - len(label) - len(PENNED_DAY)) + PENNED_DAY


def marks(*, draft: bool, demo: bool, also: Iterable[str] = ()) -> tuple[str, ...]:
    return (*[DRAFT_MARK] * draft, *also, *[outline.DEMO_MARK] * demo)


def salutation(to: Addressee) -> Paragraph:
    said = clean(f"{to.unit}{to.name}{'' if to.is_unit else '同志'}：")
    return Paragraph((Span(said, "fangsong"),), indented=False)


def addressed(superior: str) -> Paragraph:
    return Paragraph((Span(clean(f"{superior}："), "fangsong"),), indented=False)


def about(to: Addressee, superior: str) -> str:
    """Whom a paper to somebody's superiors is about: the superior may be the unit itself."""
    if to.is_unit:
        return clean(to.name)
    post = f"你单位{clean(to.post) or '工作人员'}" if to.unit == superior else post_of(to)
    return f"{clean(to.name)}系{post}"


def post_of(to: Addressee) -> str:
    """龙泉市青窑局办公室主任"""
    return clean(f"{to.unit}{to.post or '工作人员'}")


def ended(text: str) -> str:
    """One sentence on one line, with its full stop."""
    said = " ".join(lines_of(text)).rstrip("。；;，,、 ")
    return said if said.endswith(("！", "？", "。”")) else f"{said}。"


def plain(*texts: str) -> list[Paragraph]:
    """Whatever somebody typed is no heading, however it begins."""
    return [Paragraph((Span(line, "fangsong"),)) for text in texts for line in lines_of(text)]


def numbered_lines(texts: Iterable[str]) -> list[Paragraph]:
    # The full width keeps a year that follows apart: 1.2026年 reads as a number.
    return plain(*(f"{number}．{text}" for number, text in enumerate(texts, start=1)))


def heading(text: str) -> Paragraph:
    return Paragraph((Span(clean(text), "hei"),), heading=True)


def sections(parts: Iterable[tuple[str, list[Paragraph]]]) -> list[Paragraph]:
    """一、heading, and what belongs to it; a section of which nothing is to be said is none."""
    there = [(name, paragraphs) for name, paragraphs in parts if paragraphs]
    found: list[Paragraph] = []
    for number, (name, paragraphs) in zip(NUMBERS, there, strict=False):
        found += [heading(f"{number}、{name}"), *paragraphs]
    return found
