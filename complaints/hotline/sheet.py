"""From the file that was handed in to rows of cells."""

from django.utils.translation import gettext_lazy as _

from cards.roster import tables
from cards.roster.tables import LIMITS, MEGABYTE, MOST_BLANK_ROWS, Table
from complaints.hotline.columns import COLUMNS, REQUIRED

__all__ = ["LAYOUT", "LIMITS", "MEGABYTE", "MOST_BLANK_ROWS", "MOST_ROWS", "Table", "read"]

MOST_ROWS = 1_000
LAYOUT = tables.Layout(
    columns=COLUMNS,
    required=REQUIRED,
    marked="number",
    most_rows=MOST_ROWS,
    without_rows=_("The sheet “%(sheet)s” has no work order."),
    too_many=_("More than %(most)s work orders. Hand them in in parts."),
)


def read(data: bytes) -> Table:
    """The first sheet with the header. Raises Refused with a sentence when there is none to be read."""
    return tables.read(data, LAYOUT)
