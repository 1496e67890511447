"""WeasyPrint: one page of HTML for each plaque, the code as inline SVG, the photo as it is."""

import logging
from html import escape
from pathlib import Path
from typing import Any

from code_bars import bars
from plain import Text, texts
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

logging.getLogger("fontTools").setLevel(logging.ERROR)


def draw(job: dict[str, Any], out: Path) -> None:
    fonts = FontConfiguration()
    pages = "".join(_page(plaque, job) for plaque in job["plaques"])
    style = CSS(string=_style(job), font_config=fonts)
    HTML(string=f"<html lang=zh-Hans><body>{pages}").write_pdf(out, stylesheets=[style], font_config=fonts)


def _style(job: dict[str, Any]) -> str:
    faces = "".join(
        f"@font-face {{ font-family: plaque-{role}; src: url('{Path(path).as_uri()}') }}"
        for role, path in job["fonts"].items()
    )
    colours = "".join(f".{name} {{ color: {value} }}" for name, value in job["colours"].items())
    band, foot, line = (job["colours"][name] for name in ("band", "foot", "line"))
    return f"""
        {faces} {colours}
        @page {{ size: A4 landscape; margin: 0 }}
        body {{ margin: 0 }}
        section {{ position: relative; width: 297mm; height: 209mm; break-after: page }}
        section > * {{ position: absolute; margin: 0; line-height: 1.25 }}
        .b {{ left: {job["left"]}mm; width: 200mm; top: 45mm; height: 16.8mm; background: {band} }}
        .f {{ left: {job["left"]}mm; width: 200mm; top: 151.8mm; height: 13.2mm; background: {foot} }}
        .s {{ top: 136.6mm; width: 29.4mm; height: 10.2mm; border: .4mm solid {line}; border-radius: 1.6mm;
              box-sizing: border-box }}
        .q {{ left: {job["left"] + 153.2}mm; top: 67mm; width: 40mm; height: 40mm; box-sizing: border-box;
              border: .3mm solid {line} }}
        svg {{ left: {job["left"] + 158.2}mm; top: 72mm; width: 30mm; height: 30mm }}
        img {{ left: {job["left"] + 6.8}mm; top: 67mm; width: 45.6mm; height: 63.8mm }}
    """


def _page(plaque: dict[str, Any], job: dict[str, Any]) -> str:
    slots = "".join(
        f"<div class=s style='left:{job['left'] + 6.8 + 31.4 * number}mm'></div>"
        for number in range(len(job["words"]["slots"]))
    )
    lines = "".join(_text(text, job["left"]) for text in texts(plaque, job["words"]))
    photo = Path(plaque["photo"]).as_uri()
    return (
        f"<section><div class=b></div><div class=f></div><div class=q></div>{slots}{lines}"
        f"{_code(plaque['url'], job)}<img src='{photo}'></section>"
    )


def _text(text: Text, left: float) -> str:
    return (
        f"<p class={text.colour} style='left:{left + text.left}mm;top:{45 + text.top}mm;width:{text.width}mm;"
        f"font:{text.size}mm plaque-{text.role};line-height:1.25;text-align:{text.align}'>{escape(text.text)}</p>"
    )


def _code(url: str, job: dict[str, Any]) -> str:
    across, found = bars(url)
    path = "".join(f"M{column} {row}h{length}v1h-{length}z" for row, column, length in found)
    colour = job["colours"]["dark"]
    return f"<svg viewBox='0 0 {across} {across}'><path fill='{colour}' d='{path}'/></svg>"
