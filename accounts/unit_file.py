"""Units from a CSV file: code,name,kind,alias,supervision_group. Every mistake is named by row and column."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

from accounts import rules
from accounts.models import SupervisionGroup, Unit, UnitKind
from accounts.services import UNIT_CODE_NOT_VALID, UnitDetails
from common.forms import person_name
from common.models import OfficeHoursSet
from common.problems import Refused
from common.seeds import DEFAULT_HOURS

COLUMNS = ("code", "name", "kind", "alias", "supervision_group")
#: As in accounts.models.Unit.
LONGEST_NAME = 60
#: Spreadsheets count the heading, too.
FIRST_ROW = 1


@dataclass
class Reading:
    units: list[tuple[str, UnitDetails]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def wrong(self, row: int, column: str, sentence: object) -> None:
        words = {"row": row, "column": column, "sentence": sentence}
        self.problems.append(_("Row %(row)s, column %(column)s: %(sentence)s") % words)


def read(path: Path) -> Reading:
    """The units of a file with everything that is wrong in it. Raises Refused when it is no such file at all."""
    reading = Reading()
    rows_of: dict[str, int] = {}
    hours = OfficeHoursSet.objects.get(code=DEFAULT_HOURS)
    groups = {str(group.number): group for group in SupervisionGroup.objects.all()}
    for row, cells in _rows(path):
        if None in cells:
            reading.wrong(row, str(len(COLUMNS) + 1), _("There are more cells than columns."))
        code = rules.unit_code(cells["code"])
        if not rules.is_unit_code(code):
            reading.wrong(row, "code", UNIT_CODE_NOT_VALID)
        elif code in rows_of:
            sentence = _("The code %(code)s already stands in row %(row)s.")
            reading.wrong(row, "code", sentence % {"code": code, "row": rows_of[code]})
        rows_of.setdefault(code, row)
        reading.units.append((code, _details(reading, row, cells, hours, groups)))
    if not reading.units and not reading.problems:
        raise Refused(_("The file %(file)s holds no unit.") % {"file": path})
    return reading


def _details(
    reading: Reading,
    row: int,
    cells: dict[str, str],
    hours: OfficeHoursSet,
    groups: dict[str, SupervisionGroup],
) -> UnitDetails:
    name, alias = person_name(cells["name"]), person_name(cells["alias"])
    kind, number = cells["kind"].strip(), cells["supervision_group"].strip()
    if not name:
        reading.wrong(row, "name", _("Fill this in."))
    for column, value in (("name", name), ("alias", alias)):
        if len(value) > LONGEST_NAME:
            reading.wrong(row, column, _("At most %(longest)s characters.") % {"longest": LONGEST_NAME})
    if kind not in UnitKind.values:
        sentence = _("“%(value)s” is not one of %(choices)s.")
        reading.wrong(row, "kind", sentence % {"value": kind, "choices": "、".join(UnitKind.values)})
    if number and number not in groups:
        sentence = _("There is no supervision group “%(value)s”.")
        reading.wrong(row, "supervision_group", sentence % {"value": number})
    return UnitDetails(
        name=name,
        alias=alias,
        kind=kind,
        supervision_group=groups.get(number),
        office_hours=hours,
        valid_from=Unit._meta.get_field("valid_from").get_default(),
    )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Row number and cells; a byte order mark, which spreadsheets write, is no part of the first heading."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="", strict=True)
            headings = [(name or "").strip() for name in reader.fieldnames or ()]
            if headings != list(COLUMNS):
                raise Refused(
                    _("Row %(row)s must hold the columns %(columns)s.")
                    % {"row": FIRST_ROW, "columns": ",".join(COLUMNS)}
                )
            reader.fieldnames = headings
            for cells in reader:
                if any("\x00" in str(cell) for cell in cells.values()):
                    raise csv.Error("NUL")
                if any(str(cell).strip() for name, cell in cells.items() if name):
                    yield reader.line_num, cells
    except UnicodeDecodeError as error:
        raise Refused(_("The file %(file)s is not in UTF-8.") % {"file": path}) from error
    except csv.Error as error:
        raise Refused(
            _("The file %(file)s cannot be read as CSV: %(error)s.") % {"file": path, "error": error}
        ) from error
    except OSError as error:
        raise Refused(
            _("The file %(file)s cannot be read: %(error)s.") % {"file": path, "error": error.strerror}
        ) from error
