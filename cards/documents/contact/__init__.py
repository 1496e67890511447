"""The contact card that cadres hand out (scheme.txt, 一牌一卡): 90 x 54 mm, ten to a page of A4."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from cards.documents.contact.content import DOCUMENT, ContactContent, facts, fingerprint, problems_with
from cards.documents.contact.design import PER_PAGE, PLACES, TITLE
from cards.documents.contact.drawing import draw_card, new_canvas
from cards.documents.contact.layout import Layout, layout
from cards.documents.content import CannotPrint, labels, sentences, too_long

__all__ = ["PER_PAGE", "PLACES", "CannotPrint", "ContactContent", "check", "draw_contacts", "facts"]
__all__ += ["fingerprint", "layout", "shortened"]


def check(content: ContactContent) -> list[str]:
    """Sentences on what prevents printing; empty when the card can be printed."""
    return _examine(content)[0]


def shortened(content: ContactContent) -> list[str]:
    """Fields that are printed with an ellipsis because too long; the scanned page shows all."""
    names = labels()
    return [names[part] for part in layout(content).cut]


def draw_contacts(contents: Iterable[ContactContent], out: BinaryIO, start: int = 1) -> int:
    """Write ten cards to a page and return the pages; raises CannotPrint before any byte is written.

    The first card takes place `start` (1 to 10, row by row) of a sheet of card stock that is partly used.
    """
    if start not in PLACES:
        raise ValueError(f"start must be between 1 and {PER_PAGE}, not {start}")
    canvas = new_canvas(out)
    found: list[tuple[str, list[str]]] = []
    drawn = pages = 0
    for content in contents:
        problems, placed = _examine(content)
        found.append((content.whose, problems))
        if not placed or drawn < len(found) - 1:
            continue
        place = (start - 1 + drawn) % PER_PAGE
        if not drawn or place == 0:
            if drawn:
                canvas.showPage()
            canvas.doForm("sheet")
            pages += 1
        draw_card(canvas, content, placed, place)
        title, drawn = f"{TITLE} {content.name}", drawn + 1
    if drawn < len(found):
        raise CannotPrint(sentences(found))
    if drawn:
        canvas.showPage()
        canvas.setTitle(title if drawn == 1 else f"{TITLE}（{drawn} 张）")
        canvas.save()
    return pages


def _examine(content: ContactContent) -> tuple[list[str], Layout | None]:
    if problems := problems_with(content):
        return problems, None
    placed = layout(content)
    crowded = [too_long(part, DOCUMENT) for part in placed.crowded]
    return crowded, None if crowded else placed
