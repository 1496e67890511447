"""The plaque as one would draw it with any library: each text with its place, width, size, role and colour."""

from typing import Any, NamedTuple


class Text(NamedTuple):
    text: str
    left: float
    top: float
    width: float
    size: float
    role: str
    colour: str
    align: str = "left"


def texts(plaque: dict[str, Any], words: dict[str, Any]) -> list[Text]:
    """In millimetres from the plaque's corner; what is longer than its width is broken by the library."""
    found = [
        Text(plaque["unit_name"], 6.8, 5.4, 100, 6, "sans-bold", "white"),
        Text(f"{words['title']}·{plaque['serial']}", 113.2, 6.4, 80, 4, "sans", "white", "right"),
        Text(plaque["name"], 58, 21.2, 89, 15.6, "serif-bold", "dark"),
        Text(plaque["posts"][0], 58, 40.4, 89, 6, "sans-bold", "ink"),
        Text(f"{plaque['room']}·{words['phone']} {plaque['office_phone']}", 58, 73.4, 89, 4.4, "sans", "ink"),
        Text(f"{words['stand_in']} {plaque['stand_in']}", 58, 79.8, 89, 4.4, "sans", "ink"),
        Text(words["scan"], 153.2, 65, 40, 3.9, "sans-bold", "dark", "center"),
        Text(words["scan_more"], 153.2, 71, 40, 3.5, "sans", "muted", "center"),
        Text(plaque["code_text"], 153.2, 81.4, 40, 3.5, "sans", "ink", "center"),
        Text(f"{words['unit_hotline']} {plaque['unit_hotline']}", 6.8, 111.2, 70, 4.2, "sans", "ink"),
        Text(f"{words['city_hotline']}{plaque['city_hotline']}", 85, 111.2, 75, 4.2, "sans", "ink"),
        Text(words["supervised"], 163.2, 111.2, 30, 4.2, "sans-bold", "cinnabar", "right"),
    ]
    for number, duty in enumerate(plaque["duties"], start=1):
        top = 43.6 + 7.4 * number
        found.append(Text(f"{number}. {duty}", 58, top, 89, 4.4, "sans", "ink"))
    for number, slot in enumerate(words["slots"]):
        left = 6.8 + 31.4 * number
        found.append(Text(slot, left, 94.4, 29.4, 4.2, "sans", "dark", "center"))
    return found
