"""How many plaques a second of processor time, and with how much memory, beside others that draw the same plaque.

`make bench`. Everybody draws the same texts, photos and codes, each in
a process of its own, in one run: what counts are the ratios, not the figures of one machine. fpdf2 and
WeasyPrint are looked for in .bench, which `make bench` fills.

    python bench/plaques.py [number of plaques] [folder to keep the four documents in]
"""
# ruff: noqa: E402 (run as a script, it finds the project first)

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longquan_cadre.settings")

from PIL import Image, ImageDraw

from cards.documents import style
from cards.documents.fonts import FILES
from cards.documents.plaque import PlaqueContent, design

RUN = Path(__file__).with_name("rivals") / "run.py"
BENCH = ROOT / ".bench" / "bin" / "python"
#: Who draws: the module in bench/rivals, and the Python that has what it needs.
PROGRAMS = {
    "ours": ("ours", Path(sys.executable)),
    "reportlab, plain": ("plain_reportlab", Path(sys.executable)),
    "fpdf2": ("with_fpdf2", BENCH),
    "WeasyPrint": ("with_weasyprint", BENCH),
}
USUAL = PlaqueContent(
    unit_name="市行政服务示例局",
    name="示例甲",
    posts=("审批科 科长",),
    duties=("企业设立、变更、注销登记的受理与审核", "食品经营许可的现场核查安排", "办事材料的一次性告知"),
    room="306 室",
    office_name="审批科",
    office_phone="0578-000 0001",
    stand_in="示例乙（304 室）",
    unit_hotline="0578-000 0002",
    city_hotline="0578-000 0003",
    serial="LQ-0306-0017",
    url="HTTPS://CARD.EXAMPLE.CN/C/7K3M9Q2ABCDE4567",
    code_text="7K3M 9Q2A BCDE 4567",
)
WORDS = {
    "title": style.CARD_TITLE,
    "phone": style.PHONE,
    "stand_in": style.STAND_IN,
    "scan": style.SCAN,
    "scan_more": style.SCAN_MORE,
    "unit_hotline": style.UNIT_HOTLINE,
    "city_hotline": style.CITY_HOTLINE,
    "supervised": style.SUPERVISED,
    "slots": design.SLOTS,
}
COLOURS = {
    "band": style.CELADON_700,
    "foot": style.CELADON_100,
    "line": style.CELADON_200,
    "dark": style.CELADON_900,
    "ink": style.INK,
    "muted": style.MUTED,
    "cinnabar": style.CINNABAR,
    "white": style.WHITE,
}


def contents(number: int, folder: Path) -> list[PlaqueContent]:
    """Everybody with a serial number, an address and a photo of their own."""
    found = []
    for n in range(number):
        photo = folder / f"{n}.jpg"
        picture = Image.effect_noise((350, 490), 40).convert("RGB")
        ImageDraw.Draw(picture).ellipse((100, 90, 250, 280), fill="#e8c9a8")
        picture.save(photo, quality=80)
        token = f"{n:016d}"
        found.append(
            replace(
                USUAL,
                serial=f"LQ-0306-{n:04d}",
                url=f"HTTPS://CARD.EXAMPLE.CN/C/{token}",
                code_text=" ".join(token[place : place + 4] for place in range(0, 16, 4)),
                photo=photo,
            )
        )
    return found


def job(plaques: list[PlaqueContent]) -> dict[str, Any]:
    return {
        "plaques": [{**asdict(plaque), "photo": str(plaque.photo)} for plaque in plaques],
        "words": WORDS,
        "colours": COLOURS,
        "fonts": {role: str(path) for role, path in FILES.items()},
        "left": design.LEFT,
    }


def measured(module: str, python: Path, source: Path, out: Path) -> dict[str, float]:
    command = [str(python), str(RUN), module, str(source), str(out)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    keep = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "plaques.json"
        source.write_text(json.dumps(job(contents(number, folder)), ensure_ascii=False), encoding="utf-8")
        print(f"{number} plaques, one page each, in one document")
        print(f"{'':18}{'plaques/s':>10}{'ours is':>11}{'peak MB':>10}{'kB each':>10}")
        first = 0.0
        for title, (module, python) in PROGRAMS.items():
            if not python.exists():
                print(f"{title:18}not installed: make bench")
                continue
            found = measured(module, python, source, (keep or folder) / f"{module}.pdf")
            first = first or found["rate"]
            ratio = f"{first / found['rate']:.1f} x" if module != "ours" else ""
            print(
                f"{title:18}{found['rate']:10.1f}{ratio:>11}{found['peak']:10.0f}{found['size']:10.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
