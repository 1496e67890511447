"""Official letters as PDF, after GB/T 9704-2012. The same content gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from appraisal.bulletins import design
from appraisal.bulletins.content import Bulletin
from appraisal.bulletins.layout import layout
from appraisal.bulletins.letter import Letter, of_bulletin
from appraisal.bulletins.pages import Page
from cards.documents import drawing
from cards.documents.drawing import Pen


def draw(bulletin: Bulletin, out: BinaryIO) -> int:
    """Write the pages and return how many they are."""
    letter = of_bulletin(bulletin)
    pages = layout(letter)
    draw_pages(letter, pages, out)
    return len(pages)


def draw_pages(letter: Letter, pages: Sequence[Page], out: BinaryIO) -> None:
    canvas = drawing.new_canvas(out, A4, letter.number)
    canvas.setTitle(letter.name)
    canvas.setAuthor(letter.signer)
    canvas.setCreator(letter.signer)
    if letter.one_sided:
        canvas.setViewerPreference("Duplex", "Simplex")
    put(canvas, pages)
    canvas.save()


def put(canvas: Canvas, pages: Sequence[Page]) -> None:
    for number, page in enumerate(pages, start=1):
        _bookmarks(canvas, page, number)
        _draw_page(Pen(canvas, 0, 0, design.PAGE_HEIGHT), page)
        canvas.showPage()


def _bookmarks(canvas: Canvas, page: Page, number: int) -> None:
    for place, title in enumerate(page.bookmarks):
        key = f"{number}-{place}"
        canvas.bookmarkPage(key)
        canvas.addOutlineEntry(title, key)


def _draw_page(pen: Pen, page: Page) -> None:
    for rule in page.rules:
        pen.rule(rule.left, rule.top, rule.right, rule.bottom, colour=rule.colour, thick=rule.thick)
    pen.write(page.texts)
