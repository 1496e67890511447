"""The papers of the ladder and of the year as files. The same content gives the same bytes."""

from __future__ import annotations

from io import BytesIO

from appraisal.bulletins import pdf as portable
from appraisal.bulletins.layout import finish, paged
from appraisal.bulletins.letter import Letter
from appraisal.bulletins.outline import clean
from appraisal.bulletins.pages import Page
from appraisal.papers.content import AnnualNotice, Commendation, Decision, Paper, PublicNotice
from appraisal.papers.texts import annual, commendation, decision, notice, receipt
from common.text import file_name as safe_name


def pdf(content: Paper) -> bytes:
    letter = letter_of(content)
    out = BytesIO()
    portable.draw_pages(letter, layout(content, letter), out)
    return out.getvalue()


def docx(content: Commendation) -> bytes:
    """For an office that edits it before it is signed: the other papers are printed and signed as they are."""
    from appraisal.bulletins import docx as word  # brings lxml, which a PDF does not need

    out = BytesIO()
    word.write_letter(commendation.letter(content), out)
    return out.getvalue()


def letter_of(content: Paper) -> Letter:
    match content:
        case Decision():
            return decision.letter(content)
        case AnnualNotice():
            return annual.letter(content)
        case Commendation():
            return commendation.letter(content)
        case PublicNotice():
            return notice.letter(content)


def layout(content: Paper, letter: Letter) -> list[Page]:
    """The letter, and what is signed for it, each page with its number."""
    pages = paged(letter)
    if isinstance(content, Decision):
        pages.append(receipt.form(content).page())
    elif isinstance(content, AnnualNotice):
        annual.strip(content).put(pages)
    finish(pages, letter.marks)
    return pages


def file_name(content: Paper) -> str:
    """Without its ending, safe in every file system."""
    return safe_name("-".join(part for part in _named(content) if part))


def _named(content: Paper) -> tuple[str, ...]:
    match content:
        case Decision():
            return decision.name(content), clean(content.to.name), clean(content.number_text or "")
        case AnnualNotice():
            return annual.title(content), clean(content.to.name)
        case Commendation():
            return commendation.title(content), clean(content.number_text or "草稿")
        case PublicNotice():
            return clean(content.unit), f"{content.year}年度考核公示"
