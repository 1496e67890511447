"""The lines that a measure has counted, each with the way to its entry, its case or its fact as far as the reader may
open it. The same queries for any number of lines."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from accounts.access import Access
from accounts.permissions import TABLE
from appraisal.facts import ladder as ladder_facts
from appraisal.models import LedgerEntry, RectificationOrder, Rollout, Sanction
from appraisal.rules.ladder import Counted
from attendance.models import Finding
from cards.models import Cadre
from complaints import points
from complaints.models import Complaint

Urls = Mapping[int, str]


@dataclass(frozen=True)
class Line:
    counted: Counted
    #: Empty where the reader may not open it.
    url: str
    #: It stands no more.
    fallen: bool

    @property
    def day(self) -> date:
        return self.counted.day

    @property
    def words(self) -> str:
        return self.counted.words


def at_desk(sanction: Sanction, access: Access, today: date) -> list[Line]:
    return _lines(sanction, today, lambda kind, keys: _desk_urls(kind, keys, access))


def own(sanction: Sanction, cadre: Cadre, today: date) -> list[Line]:
    return _lines(sanction, today, lambda kind, keys: _own_urls(kind, keys, cadre))


def urls(lines: Iterable[Counted], access: Access) -> list[str]:
    """Of facts to choose from, in their order."""
    found = {kind: _desk_urls(kind, keys, access) for kind, keys in _by_kind(lines).items()}
    return [found[line.kind].get(line.key, "") for line in lines]


def _lines(sanction: Sanction, today: date, urls_of: Callable[[str, Collection[int]], Urls]) -> list[Line]:
    counted = ladder_facts.from_basis(sanction.basis)
    fallen = {(line.kind, line.key) for line in ladder_facts.fallen(sanction, today)}
    found = {kind: urls_of(kind, keys) for kind, keys in _by_kind(counted).items()}
    return [
        Line(line, found[line.kind].get(line.key, ""), (line.kind, line.key) in fallen) for line in counted
    ]


def _by_kind(lines: Iterable[Counted]) -> dict[str, set[int]]:
    keys: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        keys[line.kind].add(line.key)
    return keys


# --- At the desk ------------------------------------------------------------------------------------------------------


def _desk_urls(kind: str, keys: Collection[int], access: Access) -> Urls:
    match kind:
        case "complaint" if access.may(TABLE["complaint"]):
            cases = Complaint.objects.visible_to(access).filter(pk__in=keys).order_by()
            return {
                pk: reverse("complaint", args=[number]) for pk, number in cases.values_list("pk", "number")
            }
        case "finding" if access.may(TABLE["finding"]):
            return _findings(keys, access)
        case "measure" if access.may(TABLE["sanction"]):
            seen = Sanction.objects.visible_to(access, TABLE["sanction"])
            rows = seen.filter(pk__in=keys).order_by().values_list("pk", flat=True)
            return {pk: reverse("sanction", args=[pk]) for pk in rows}
        case "rollout" if access.may(TABLE["rollout_unit"]):
            scope = access.scope(TABLE["rollout_unit"])
            codes = Rollout.objects.filter(pk__in=keys).order_by().values_list("pk", "unit", "unit__code")
            return {
                pk: reverse("rollout_unit", args=[code])
                for pk, unit, code in codes
                if scope.allows_unit(unit)
            }
        case "order" if access.may(TABLE["order"]):
            scope = access.scope(TABLE["order"])
            orders = RectificationOrder.objects.filter(pk__in=keys).order_by().values_list("pk", "unit")
            return {pk: reverse("order", args=[pk]) for pk, unit in orders if scope.allows_unit(unit)}
    return {}


def _findings(keys: Collection[int], access: Access) -> Urls:
    """The entry that charged it, which leads to everything; else the finding."""
    scope = access.scope(TABLE["finding"])
    found = Finding.objects.within(scope).filter(pk__in=keys).order_by()
    found_urls = {pk: reverse("finding", args=[pk]) for pk in found.values_list("pk", flat=True)}
    if not access.may(TABLE["entry"]):
        return found_urls
    entries = (
        LedgerEntry.objects.charges().within(access.scope(TABLE["entry"])).filter(finding__in=found_urls)
    )
    rows = entries.order_by("sequence").values_list("finding", "unit__code", "month", "sequence")
    for finding, code, month, sequence in rows:
        found_urls[finding] = reverse("entry", args=[code, f"{month:%Y-%m}", sequence])
    return found_urls


# --- One's own --------------------------------------------------------------------------------------------------------


def _own_urls(kind: str, keys: Collection[int], cadre: Cadre) -> Urls:
    match kind:
        case "complaint":
            told = {case.pk: case for case in points.statements(cadre)}
            found = {case.redo_of_id or pk: case for pk, case in told.items()}
            return {
                key: reverse("my_statement", args=[points.statement_token(found[key])])
                for key in keys
                if key in found
            }
        case "finding":
            entries = LedgerEntry.objects.charges().filter(cadre=cadre, finding__in=keys).order_by("sequence")
            rows = entries.values_list("finding", "unit__code", "sequence")
            return {finding: reverse("my_entry", args=[code, number]) for finding, code, number in rows}
        case "measure":
            mine = Sanction.objects.filter(pk__in=keys, cadre=cadre).order_by().values_list("pk", flat=True)
            return {pk: reverse("my_sanction", args=[pk]) for pk in mine}
    return {}
