"""The product's own drawing."""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longquan_cadre.settings")

from cards.documents import qr
from cards.documents.plaque import PlaqueContent, draw_plaques


def draw(job: dict[str, Any], out: Path) -> None:
    qr.modules.cache_clear()
    with out.open("wb") as file:
        draw_plaques(map(_content, job["plaques"]), file)


def _content(plaque: dict[str, Any]) -> PlaqueContent:
    lists = {name: tuple(plaque[name]) for name in ("posts", "duties")}
    return PlaqueContent(**{**plaque, **lists, "photo": Path(plaque["photo"])})
