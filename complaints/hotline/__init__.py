"""Work orders of the 12345 hotline as a sheet: read, checked, and told what they would become, which complaints.sheets
then does.

No sentence repeats what a cell says: it may be a complainant's words, or a formula.
"""

from collections.abc import Collection
from datetime import datetime

from common.problems import Refused
from common.rules import local
from complaints.hotline import directory
from complaints.hotline.plan import Order, Plan, Problem, decide, numbers_of
from complaints.hotline.sheet import read
from complaints.hotline.template import template
from complaints.models import Complaint

__all__ = ["Order", "Plan", "Problem", "look", "read", "template"]


def look(data: bytes, now: datetime) -> Plan:
    """What this sheet would do now, changing nothing; in as many queries for one row as for a thousand."""
    try:
        table = read(data)
    except Refused as refused:
        return Plan(problems=[Problem(0, "", str(refused.sentence))])
    return decide(table, directory.read(table, local(now).date()), _known(numbers_of(table)), now)


def _known(numbers: Collection[str]) -> set[str]:
    found = Complaint.objects.filter(original_number__in=numbers).order_by()
    return set(found.values_list("original_number", flat=True))
