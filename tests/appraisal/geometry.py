"""A PDF's own geometry, from its content: where each character and rule stands, in millimetres from the top."""

import re
from dataclasses import dataclass
from io import BytesIO

from pypdf import PdfReader
from pypdf.generic import ContentStream

MM = 25.4 / 72


@dataclass(frozen=True)
class Word:
    """What one text object shows, whatever subsets its font has, from its first character to its last."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    font: str
    #: From one character's beginning to the next one's.
    steps: tuple[float, ...]


@dataclass(frozen=True)
class Stroke:
    left: float
    top: float
    right: float
    bottom: float
    thick: float
    colour: tuple[float, ...]

    @property
    def across(self) -> bool:
        return abs(self.top - self.bottom) < 0.01


@dataclass(frozen=True)
class Sheet:
    width: float
    height: float
    words: tuple[Word, ...]
    strokes: tuple[Stroke, ...]

    def sized(self, points: float) -> list[Word]:
        return [word for word in self.words if abs(word.size - points) < 0.01]

    def saying(self, text: str) -> Word:
        (found,) = [word for word in self.words if word.text == text]
        return found


def sheets(pdf: bytes) -> list[Sheet]:
    reader = PdfReader(BytesIO(pdf))
    return [_Reading(reader, page).sheet() for page in reader.pages]


class _Font:
    def __init__(self, font) -> None:
        self.name = str(font["/BaseFont"]).split("+")[-1]
        self.first = font["/FirstChar"]
        self.widths = [float(width) for width in font["/Widths"]]
        listed = font["/ToUnicode"].get_object().get_data().decode()
        pairs = re.findall(r"<([0-9A-F]{2})> <([0-9A-F]+)>", listed.split("beginbfchar")[1])
        self.characters = {int(code, 16): bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}

    def width(self, code: int) -> float:
        return self.widths[code - self.first] / 1000


class _Reading:
    def __init__(self, reader, page) -> None:
        self.height = float(page.mediabox.height)
        self.page = page
        self.operations = ContentStream(page.get_contents(), reader).operations
        fonts = page["/Resources"]["/Font"]
        self.fonts = {name: _Font(font.get_object()) for name, font in fonts.items()}
        self.words: list[Word] = []
        self.begun = False
        self.strokes: list[Stroke] = []

    def sheet(self) -> Sheet:
        thick, colour, start, at, spacing, font, size = 1.0, (), (0, 0), (0, 0), 0.0, None, 0.0
        end = (0, 0)
        for given, operator in self.operations:
            match operator:
                case b"cm":
                    assert [float(number) for number in given] == [1, 0, 0, 1, 0, 0]
                case b"w":
                    thick = float(given[0])
                case b"RG":
                    colour = tuple(round(float(part), 2) for part in given)
                case b"m":
                    start = tuple(map(float, given))
                case b"l":
                    end = tuple(map(float, given))
                case b"S":
                    self.stroke(start, end, thick, colour)
                case b"BT":
                    self.begun = False
                case b"Tm":
                    assert [float(number) for number in given[:4]] == [1, 0, 0, 1]
                    at = (float(given[4]), float(given[5]))
                case b"Tc":
                    spacing = float(given[0])
                case b"Tf":
                    font, size = self.fonts[given[0]], float(given[1])
                case b"Tj":
                    at = self.show(given[0], at, spacing, font, size)
        return Sheet(
            float(self.page.mediabox.width) * MM, self.height * MM, tuple(self.words), tuple(self.strokes)
        )

    def stroke(self, start, end, thick, colour) -> None:
        self.strokes.append(
            Stroke(
                start[0] * MM,
                (self.height - start[1]) * MM,
                end[0] * MM,
                (self.height - end[1]) * MM,
                thick * MM,
                colour,
            )
        )

    def show(self, string, at, spacing, font, size):
        codes = string.original_bytes
        steps = tuple((font.width(code) * size + spacing) * MM for code in codes)
        left = at[0] * MM
        right = left + sum(steps) - spacing * MM
        text = "".join(font.characters[code] for code in codes)
        if self.begun:
            before = self.words.pop()
            text, left, steps = before.text + text, before.left, before.steps + steps
        self.words.append(Word(text, left, right, (self.height - at[1]) * MM, size, font.name, steps))
        self.begun = True
        return right / MM + spacing, at[1]
