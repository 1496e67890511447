"""The door plaque (scheme.txt, 一牌一卡): 200 x 120 mm, one to a page of A4, with crop marks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from cards.documents.content import CannotPrint, labels, sentences, too_long
from cards.documents.plaque.content import DOCUMENT, PlaqueContent, facts, fingerprint, problems_with
from cards.documents.plaque.design import TITLE
from cards.documents.plaque.drawing import draw_page, new_canvas
from cards.documents.plaque.layout import Layout, layout

__all__ = ["CannotPrint", "PlaqueContent", "check", "draw_plaques", "facts", "fingerprint"]
__all__ += ["layout", "shortened"]


def check(content: PlaqueContent) -> list[str]:
    """Sentences on what prevents printing; empty when the plaque can be printed."""
    return _examine(content)[0]


def shortened(content: PlaqueContent) -> list[str]:
    """Fields that are printed with an ellipsis because too long; the scanned page shows all."""
    names = labels()
    return [names[part] for part in layout(content).cut]


def draw_plaques(contents: Iterable[PlaqueContent], out: BinaryIO) -> int:
    """Write one page per plaque and return their number; raises CannotPrint before any byte is written."""
    canvas = new_canvas(out)
    found: list[tuple[str, list[str]]] = []
    title, pages = TITLE, 0
    for content in contents:
        problems, placed = _examine(content)
        found.append((content.whose, problems))
        if placed and pages == len(found) - 1:
            draw_page(canvas, content, placed)
            title, pages = f"{TITLE} {content.name}", pages + 1
    if pages < len(found):
        raise CannotPrint(sentences(found))
    if pages:
        canvas.setTitle(title if pages == 1 else f"{TITLE}（{pages} 张）")
        canvas.save()
    return pages


def _examine(content: PlaqueContent) -> tuple[list[str], Layout | None]:
    problems = problems_with(content)
    if problems:
        return problems, None
    placed = layout(content)
    crowded = [too_long(part, DOCUMENT) for part in placed.crowded]
    return crowded, None if crowded else placed
