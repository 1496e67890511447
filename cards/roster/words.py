"""Posts and duties in one cell, and as lists."""

import re

from common.text import lines

#: What spreadsheets take for a formula; see rows.quoted.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_AT_LINES = re.compile(r"[；;\r\n]+")


def split_duties(cell: str) -> tuple[str, ...]:
    """One duty to a line or between semicolons; numbering that was pasted along goes."""
    return lines(_AT_LINES.sub("\n", cell))


def split_posts(cell: str) -> tuple[str, ...]:
    """As duties; 、 parts posts only where nothing stronger does, so that 人事、工资科科长 can be written."""
    posts = split_duties(cell)
    return lines(cell.replace("、", "\n")) if len(posts) == 1 and not _AT_LINES.search(cell) else posts
