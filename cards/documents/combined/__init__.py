"""The combined plaque of a room of two to eight people (scheme.txt, 一牌一卡): one sheet of A4 landscape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from cards.documents.combined.content import (
    DOCUMENT,
    FEWEST,
    MOST,
    CombinedContent,
    PersonContent,
    facts,
    fingerprint,
    problems_of,
    problems_with,
)
from cards.documents.combined.design import TITLE
from cards.documents.combined.drawing import draw_page, new_canvas
from cards.documents.combined.layout import Layout, layout
from cards.documents.content import CannotPrint, labels, sentences, too_long

__all__ = ["FEWEST", "MOST", "CannotPrint", "CombinedContent", "PersonContent", "check", "draw_combined"]
__all__ += ["facts", "fingerprint", "layout", "shortened"]

_Found = list[tuple[str, list[str]]]


def check(content: CombinedContent) -> list[str]:
    """Sentences on what prevents printing, each naming the room or the person."""
    return sentences(_examine(content)[0])


def shortened(content: CombinedContent) -> list[str]:
    """Whose fields are printed with an ellipsis because too long; the scanned page shows all."""
    names, placed = labels(), layout(content)
    sheet = [f"{content.whose}：{names[part]}" for part in placed.cut]
    return sheet + [
        f"{person.whose}：{names[part]}"
        for person, cell in zip(content.people, placed.cells, strict=True)
        for part in dict.fromkeys(cell.cut)
    ]


def draw_combined(contents: Iterable[CombinedContent], out: BinaryIO) -> int:
    """Write one page per room and return their number; raises CannotPrint before any byte is written."""
    canvas = new_canvas(out)
    rooms: _Found = []
    people: _Found = []
    title, pages, refused = TITLE, 0, False
    for content in contents:
        found, placed = _examine(content)
        rooms.append(found[0])
        people += found[1:]
        refused = refused or placed is None
        if placed and not refused:
            draw_page(canvas, content, placed)
            title, pages = f"{TITLE} {content.room}", pages + 1
    if refused:
        raise CannotPrint(sentences(rooms) + sentences(people))
    if pages:
        canvas.setTitle(title if pages == 1 else f"{TITLE}（{pages} 张）")
        canvas.save()
    return pages


def _examine(content: CombinedContent) -> tuple[_Found, Layout | None]:
    """What is wrong with the room, then with each of its people; the layout if nothing is."""
    found = [(content.whose, problems_with(content))]
    found += [(person.whose, problems_of(person)) for person in content.people]
    if any(problems for _who, problems in found):
        return found, None
    placed = layout(content)
    owners = [(content.whose, placed.crowded)]
    owners += [
        (person.whose, cell.crowded) for person, cell in zip(content.people, placed.cells, strict=True)
    ]
    found = [(who, [too_long(part, DOCUMENT) for part in dict.fromkeys(parts)]) for who, parts in owners]
    return found, None if any(problems for _who, problems in found) else placed
