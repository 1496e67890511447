"""From the files that were handed in to a plan."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from django.utils.translation import gettext as _

from accounts.models import Unit
from cards import photos as pipeline
from cards.roster import archive, directory, workbook
from cards.roster import rows as cells
from cards.roster.plan import Note, Photo, Plan, Problem, Roster, Row, decide, unit_ids
from common.problems import Refused

#: A row of the template that shows how it is done.
EXAMPLE = "（示例）"
#: Names in one note; whoever sees a hundred of them reads none.
MOST_NAMED = 20
#: Done and all, for a person who waits.
Progress = Callable[[int, int], None]


def look(
    file: Path, photos: Path | None, *, unit: Unit | None, today: date, progress: Progress | None = None
) -> Plan:
    """What this roster would do, changing nothing. With `unit`, only its people may stand in it.

    Raises Refused when there is no roster to be read; everything else that is wrong stands in the plan.
    """
    roster = read(file, unit)
    if photos is None:
        return plan_for(_without_photos(roster), today)
    with archive.opened(photos) as album:
        roster = _with_photos(roster, album, photos)
        plan = plan_for(roster, today)
        return _photos_checked(plan, album, progress)


def plan_for(roster: Roster, today: date, *, lock: bool = False) -> Plan:
    """The plan for the directory as it stands now; with `lock`, as it stays until the transaction ends."""
    units = directory.read((), today)
    there = directory.read(unit_ids(roster, units), today, lock=lock)
    return decide(roster, there, today)


def read(file: Path, unit: Unit | None) -> Roster:
    sheet = workbook.read(file, unit_known=unit is not None)
    rows: list[Row] = []
    problems: list[Problem] = []
    notes = [Note(0, sentence) for sentence in sheet.notes]
    for number, values in sheet.rows:
        name = values.get("name")
        if isinstance(name, str) and name.lstrip(" '").startswith(EXAMPLE):
            notes.append(Note(number, _("The template's example: left out.")))
            continue
        row, found = cells.check(number, values, sheet.titles)
        rows.append(row)
        problems += found
    if not rows:
        raise Refused(_("The sheet “%(sheet)s” names nobody.") % {"sheet": sheet.name[:31]})
    return Roster(
        rows=tuple(rows),
        titles=sheet.titles,
        problems=tuple(problems),
        notes=tuple(notes),
        unit_id=unit.pk if unit else None,
    )


# --- Photos ------------------------------------------------------------------------------------------------------


def _without_photos(roster: Roster) -> Roster:
    named = sum(1 for row in roster.rows if row.photo)
    if not named:
        return roster
    sentence = _("No photos were handed in: those that the roster names (%(count)s) are not looked for.")
    return replace(roster, notes=(*roster.notes, Note(0, sentence % {"count": named})))


def _with_photos(roster: Roster, album: archive.Album, path: Path) -> Roster:
    """The photos that rows name, by row; what is wrong with a name, what is missing and what nobody names."""
    found: dict[int, Photo] = {}
    problems, notes = list(roster.problems), list(roster.notes)
    used: dict[str, int] = {}
    for row in roster.rows:
        if not row.photo:
            continue
        paths = album.find(row.photo)
        if not paths:
            sentence = _("The photo “%(file)s” is not among those handed in.")
            notes.append(Note(row.number, sentence % {"file": row.photo}))
            continue
        try:
            found[row.number] = _photo(album, paths, row, used)
        except Refused as refused:
            problems.append(Problem(row.number, roster.titles["photo"], str(refused.sentence)))
    if left := archive.orphans(album, used):
        notes.append(Note(0, _orphans(left)))
    return replace(roster, problems=tuple(problems), notes=tuple(notes), photos=found, album=path)


def _photo(album: archive.Album, paths: list[str], row: Row, used: dict[str, int]) -> Photo:
    if len(paths) > 1:
        sentence = _("Several photos are called “%(file)s”: %(paths)s. Write the path.")
        raise Refused(sentence % {"file": row.photo, "paths": "、".join(map(archive.shown, paths[:5]))})
    path = paths[0]
    if path in used:
        sentence = _("Row %(row)s names the same photo. A photo shows one person.")
        raise Refused(sentence % {"row": used[path]})
    used[path] = row.number
    return album.photo(path)


def _orphans(paths: list[str]) -> str:
    words = "、".join(map(archive.shown, paths[:MOST_NAMED]))
    if len(paths) > MOST_NAMED:
        words = _("%(files)s and others") % {"files": words}
    return _("Files that no row names (%(count)s): %(files)s.") % {"count": len(paths), "files": words}


def _photos_checked(plan: Plan, album: archive.Album, progress: Progress | None) -> Plan:
    """Every new photo goes through the pipeline once before anything is confirmed; what is stored already does not.

    Those of rows with other mistakes, too: whoever mends a row wants to hear of all of it at once.
    """
    broken: list[Problem] = []
    stored = {person.row.number for person in (*plan.changed, *plan.unchanged) if person.photo is None}
    new = [(number, photo) for number, photo in plan.roster.photos.items() if number not in stored]
    for done, (number, photo) in enumerate(new, start=1):
        try:
            pipeline.check(io.BytesIO(album.bytes_of(photo.path)))
        except Refused as refused:
            broken.append(Problem(number, plan.roster.titles["photo"], str(refused.sentence)))
        if progress is not None:
            progress(done, len(new))
    return plan.with_problems(broken) if broken else plan
