"""A unit's plaques as one file: complete and recorded, or not there at all."""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from accounts.models import City, Unit
from cards import services
from cards.models import CardQuerySet
from cards.plaques import Sheet, printable, sheets, write
from common.problems import Refused
from common.rules import local


@dataclass(frozen=True)
class PrintedUnit:
    """What became of one unit: a file with so many plaques, or sentences on why there is none."""

    unit: Unit
    plaques: int = 0
    problems: tuple[str, ...] = ()
    #: An earlier file that was taken away because nobody may hang it up any more.
    removed: Path | None = None


def print_unit(*, unit: Unit, folder: Path, city: City, now: datetime) -> PrintedUnit:
    """Draw every valid plaque of a unit into one file, all or none, and remember what the doors show from now on.

    Raises OSError when the file cannot be written.
    """
    today = local(now).date()
    drawn = sheets(in_corridor_order(printable(today).filter(cadre__unit=unit)), city=city, today=today)
    if not drawn:
        return PrintedUnit(unit, removed=remove_file(unit, folder))
    try:
        _write_file(drawn, folder / file_name(unit), city, now)
    except Refused as refused:
        problems = tuple(str(refused.sentence).splitlines())
        return PrintedUnit(unit, problems=problems, removed=remove_file(unit, folder))
    return PrintedUnit(unit, len(drawn))


def in_corridor_order(cards: CardQuerySet) -> CardQuerySet:
    return cards.order_by("cadre__office__room", "cadre__office__name", "cadre__pinyin", "pk")


def _write_file(drawn: list[Sheet], path: Path, city: City, now: datetime) -> None:
    """The file takes its name only with its record."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    prints = [sheet.printed for sheet in drawn]
    try:
        with draft.open("xb") as out:
            write(drawn, out, city=city)
        with transaction.atomic():
            services.prints_record(prints=prints, actor=None, now=now)
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def remove_file(unit: Unit, folder: Path) -> Path | None:
    """What lies in the folder may be hung up; an earlier file of a unit that cannot be printed now may not."""
    path = folder / file_name(unit)
    try:
        path.unlink()
    except FileNotFoundError:
        return None
    return path


def file_name(unit: Unit) -> str:
    """Code and name; what no file system or shell likes becomes a hyphen."""
    parts = (re.sub(r"[^\w()（）·-]+", "-", part).strip("-") for part in (unit.code, unit.name))
    return "-".join(parts) + ".pdf"
