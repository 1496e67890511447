"""The geometry of a line chart as plain values; `{% chart %}` draws it as SVG with a table of the same figures beneath.

The box is 100 by 100 and stretched to its place; words stand around it in HTML, so that they are as large on a phone as
on a desk. The content policy forbids style attributes: every place is an SVG attribute.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

#: How lines differ, beside their colour: whole, dashed, dotted.
KINDS = ("first", "second", "third")
HEIGHT = 100.0
#: The top of the scale is one of these times a power of ten, so that its half is a number people say.
STEPS = (1, 2, 4, 6, 8, 10)


@dataclass(frozen=True)
class Series:
    label: str
    #: None is a gap.
    values: Sequence[float | None]
    #: One of KINDS; otherwise by its place.
    kind: str = ""


@dataclass(frozen=True)
class Line:
    label: str
    kind: str
    path: str
    #: A dot on every value, also on one that stands alone between gaps.
    dots: str


@dataclass(frozen=True)
class Chart:
    #: Tells the ids of two charts on a page apart.
    key: str
    title: str
    #: What it shows, in a sentence, for whom does not see it.
    description: str
    lines: list[Line]
    #: What stands at the top, in the middle and at the bottom of the scale.
    scale: tuple[str, str, str]
    labels: Sequence[str]


def line_chart(
    key: str, title: str, description: str, labels: Sequence[str], series: Sequence[Series]
) -> Chart:
    """As many labels as values in each series; nothing is below 0. Raises ValueError for more lines than can be told
    apart."""
    if len(series) > len(KINDS):
        raise ValueError(f"{len(series)} lines, of which {len(KINDS)} can be told apart")
    top = nice_top(value for one in series for value in one.values if value is not None)
    lines = [
        Line(one.label, one.kind or kind, _path(one.values, top), _dots(one.values, top))
        for kind, one in zip(KINDS, series, strict=False)
    ]
    return Chart(key, title, description, lines, (f"{top:g}", f"{top / 2:g}", "0"), labels)


def nice_top(values: Iterable[float]) -> int:
    """The smallest top of a scale that no value rises above; an even number of whole ones."""
    most = max(values, default=0)
    for power in count():
        for step in STEPS:
            top = int(step * 10**power)
            if top >= most and top % 2 == 0:
                return top
    raise AssertionError("unreachable")


def _points(values: Sequence[float | None], top: float) -> Iterator[tuple[str, str] | None]:
    """Each in the middle of its column."""
    for position, value in enumerate(values):
        x = 100 * (position + 0.5) / len(values)
        yield None if value is None else (f"{x:.4g}", f"{HEIGHT - HEIGHT * value / top:.4g}")


def _path(values: Sequence[float | None], top: float) -> str:
    parts, draws = [], "M"
    for point in _points(values, top):
        if point is not None:
            parts.append(f"{draws}{point[0]} {point[1]}")
        draws = "M" if point is None else "L"
    return "".join(parts)


def _dots(values: Sequence[float | None], top: float) -> str:
    """Lines without length: with round ends a dot, which keeps its shape however the box is stretched."""
    return "".join(f"M{point[0]} {point[1]}h0" for point in _points(values, top) if point is not None)
