"""Activation slips: eight to a page of A4, each with what its owner needs to set a password, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from cards.documents.content import CannotPrint, sentences, too_long
from cards.documents.slips.content import DOCUMENT, SlipContent, problems_with
from cards.documents.slips.design import TITLE
from cards.documents.slips.drawing import PER_PAGE, draw_slip, new_canvas
from cards.documents.slips.layout import Layout, layout

__all__ = ["CannotPrint", "SlipContent", "check", "draw_slips", "layout"]


def check(content: SlipContent) -> list[str]:
    """Sentences on what prevents printing; empty when the slip can be printed."""
    return _examine(content)[0]


def draw_slips(contents: Iterable[SlipContent], out: BinaryIO) -> int:
    """Write eight slips to a page and return the pages; raises CannotPrint before any byte is written."""
    examined = [(content, *_examine(content)) for content in contents]
    if any(problems for _content, problems, _placed in examined):
        raise CannotPrint(sentences([(content.whose, problems) for content, problems, _placed in examined]))
    canvas = new_canvas(out)
    pages = 0
    for number, (content, _problems, placed) in enumerate(examined):
        if number % PER_PAGE == 0:
            if pages:
                canvas.showPage()
            canvas.doForm("cuts")
            pages += 1
        if placed:
            draw_slip(canvas, content, placed, number % PER_PAGE)
    if pages:
        canvas.showPage()
        canvas.setTitle(f"{TITLE}（{len(examined)} 张）")
        canvas.save()
    return pages


def _examine(content: SlipContent) -> tuple[list[str], Layout | None]:
    if problems := problems_with(content):
        return problems, None
    placed = layout(content)
    crowded = [too_long(part, DOCUMENT) for part in placed.crowded]
    return crowded, None if crowded else placed
