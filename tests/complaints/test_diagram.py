"""The drawing of the moves says what the table does."""

import re
from pathlib import Path

from complaints.rules import MOVES, Move, State

DRAWING = Path(__file__).resolve().parents[2] / "docs" / "complaints.md"
ARROW = re.compile(r"^    (\w+) --> (\w+): (.+)$", re.MULTILINE)
REMARK = re.compile(r" \(.*?\)")


def moves(words: str) -> list[Move]:
    return [Move(word.replace(" ", "_")) for word in REMARK.sub("", words).split(" / ")]


def test_every_move_of_the_table_is_drawn_and_no_other():
    drawn = [
        (State(start), move, State(end))
        for start, end, words in ARROW.findall(DRAWING.read_text())
        for move in moves(words)
    ]
    table = [
        (start, move, end)
        for start, possible in MOVES.items()
        for move, ends in possible.items()
        for end in ends
    ]
    assert sorted(drawn) == sorted(table)
