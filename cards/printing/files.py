"""A unit's documents as one file: complete and recorded, or not there at all."""

import os
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.db import transaction

from accounts.models import City, Unit
from cards import services
from cards.models import PrintKind
from cards.printing.address import refuse_city
from cards.printing.gathering import MAKERS, Document, batch
from common.jobs import DRAFT
from common.problems import Refused
from common.rules import local

#: In file names, whatever language the desk is read in: the same print takes the place of the earlier one.
KIND_WORDS = {PrintKind.PLAQUE: "门牌", PrintKind.COMBINED: "同室门牌", PrintKind.CONTACT: "联系卡"}


def write(documents: Sequence[Document], out: BinaryIO, *, city: City, start: int = 1) -> None:
    """Draw documents of one kind; contact cards begin at place `start` of the first sheet.

    Raises Refused with every problem, a line each, before a byte is written.
    """
    refuse_city(city)
    contents = (document.content for document in documents)
    if documents[0].kind == PrintKind.CONTACT:
        MAKERS[PrintKind.CONTACT].draw_contacts(contents, out, start=start)
    elif documents[0].kind == PrintKind.COMBINED:
        MAKERS[PrintKind.COMBINED].draw_combined(contents, out)
    else:
        MAKERS[PrintKind.PLAQUE].draw_plaques(contents, out)


def draw_draft(documents: Sequence[Document], folder: Path, *, city: City, start: int = 1) -> Path:
    """A file under a name of its own, which nobody hands out; it is gone when the drawing fails."""
    draft = folder / f".{uuid.uuid4().hex}{DRAFT}"
    try:
        with draft.open("xb") as out:
            write(documents, out, city=city, start=start)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


@dataclass(frozen=True)
class PrintedUnit:
    """What became of one unit: a file with so many documents, or sentences on why there is none."""

    unit: Unit
    printed: int = 0
    problems: tuple[str, ...] = ()
    #: Who was left out, where others were not.
    notes: tuple[str, ...] = ()
    #: An earlier file that was taken away because nobody may hang it up any more.
    removed: Path | None = None


def print_unit(
    *, unit: Unit, kind: PrintKind, folder: Path, city: City, now: datetime, start: int = 1
) -> PrintedUnit:
    """Draw all of a unit's documents into one file, all or none, and remember what the doors show from now on.

    Raises OSError when the file cannot be written.
    """
    found = batch(kind, unit_id=unit.pk, city=city, today=local(now).date())
    if not found.documents:
        return PrintedUnit(unit, notes=found.notes, removed=remove_file(unit, kind, folder))
    try:
        _write_file(found.documents, folder / file_name(unit.code, unit.name, kind), city, now, start)
    except Refused as refused:
        problems = tuple(str(refused.sentence).splitlines())
        return PrintedUnit(unit, problems=problems, removed=remove_file(unit, kind, folder))
    return PrintedUnit(unit, len(found.documents), notes=found.notes)


def _write_file(documents: list[Document], path: Path, city: City, now: datetime, start: int) -> None:
    """The file takes its name only with its record."""
    draft = draw_draft(documents, path.parent, city=city, start=start)
    prints = [printed for document in documents for printed in document.prints]
    try:
        with transaction.atomic():
            services.prints_record(prints=prints, actor=None, now=now)
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def remove_file(unit: Unit, kind: PrintKind, folder: Path) -> Path | None:
    """What lies in the folder may be hung up; an earlier file of a unit that cannot be printed now may not."""
    path = folder / file_name(unit.code, unit.name, kind)
    try:
        path.unlink()
    except FileNotFoundError:
        return None
    return path


def file_name(code: str, name: str, kind: PrintKind) -> str:
    """Code, name and kind; what no file system or shell likes becomes a hyphen."""
    parts = [re.sub(r"[^\w()（）·-]+", "-", part).strip("-") for part in (code, name)]
    return "-".join([*parts, KIND_WORDS[kind]]) + ".pdf"
