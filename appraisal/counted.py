"""What became of findings in the ledger: for their own pages, which know nothing of it, and for months as they stand
today."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import access_for, scope_for
from accounts.permissions import TABLE, Reach
from appraisal.models import Kind, LedgerEntry, Objection
from appraisal.notifying.stages import month_name
from attendance.models import Finding
from cards.models import Cadre
from common.templatetags.amounts import money, points


@dataclass
class Left:
    """Of what a month charged somebody: how much, and how much of it stands today."""

    half_points: int = 0
    cents: int = 0
    was_half_points: int = 0
    was_cents: int = 0

    @property
    def is_changed(self) -> bool:
        return (self.half_points, self.cents) != (self.was_half_points, self.was_cents)


def left_of(cadre: Cadre, months: Collection[date]) -> dict[tuple[int, date], Left]:
    """By unit and month; two queries for any number."""
    counted = LedgerEntry.objects.counted().filter(cadre=cadre, month__in=months)
    rows = list(counted.order_by().values_list("unit", "month", "finding", "half_points", "cents"))
    standing = LedgerEntry.objects.standing().filter(cadre=cadre, finding__in=[row[2] for row in rows])
    today = {
        finding: (half_points, cents)
        for finding, half_points, cents in standing.order_by().values_list("finding", "half_points", "cents")
    }
    found: dict[tuple[int, date], Left] = defaultdict(Left)
    for unit, month, finding, half_points, cents in rows:
        left, own = found[unit, month], today.get(finding, (0, 0))
        left.half_points, left.cents = left.half_points + own[0], left.cents + own[1]
        left.was_half_points += half_points
        left.was_cents += cents
    return dict(found)


def became(findings: Iterable[Finding]) -> dict[int, tuple[str, str]]:
    """In lists of findings: which of them count no more, or otherwise than at first."""
    taken = LedgerEntry.objects.filter(kind=Kind.REVERSAL, finding__in=[each.pk for each in findings])
    gone = set(taken.order_by().values_list("finding", flat=True))
    if not gone:
        return {}
    standing = LedgerEntry.objects.standing().filter(finding__in=gone)
    anew = set(standing.order_by().values_list("finding", flat=True))
    return {pk: ("info", _("Judged anew")) if pk in anew else ("idle", _("Reversed")) for pk in gone}


def on_finding(request: HttpRequest, finding: Finding) -> tuple[str, dict[str, Any]] | None:
    """On a finding's page: every entry of it, and the objection, for whoever may open these."""
    scope, access = scope_for(request), access_for(request)
    own = scope.reach == Reach.SELF
    if not access.may(TABLE["my_entry" if own else "entry"]):
        return None
    entries = LedgerEntry.objects.within(scope).filter(finding=finding).select_related("unit")
    rows = [_row(entry, own=own) for entry in entries.order_by("month", "sequence")]
    if not rows:
        return None
    objection = Objection.objects.filter(finding=finding).first()
    name = "my_objection" if own else "objection"
    url = reverse(name, args=[objection.pk]) if objection is not None and access.may(TABLE[name]) else ""
    return "appraisal/finding_counted.html", {"rows": rows, "objection": objection, "objection_url": url}


def _row(entry: LedgerEntry, *, own: bool) -> dict[str, str]:
    words = {"month": month_name(entry.month), "number": entry.sequence, "reason": entry.reason.rstrip("。")}
    if entry.kind == Kind.REVERSAL:
        text = _("Reversed (%(reason)s), see entry %(number)s of %(month)s") % words
    else:
        # Pages of findings are also for those who are shown nobody's money.
        shown = points(entry.half_points)
        words["amount"] = f"{shown} · {money(entry.cents)}" if own else shown
        text = (
            _("Judged anew: %(amount)s, entry %(number)s of %(month)s") % words
            if entry.kind == Kind.REJUDGED
            else _("Counted: %(amount)s, entry %(number)s of %(month)s") % words
        )
    args = [entry.unit.code, entry.sequence]
    if own:
        return {"text": text, "url": reverse("my_entry", args=args)}
    return {"text": text, "url": reverse("entry", args=[args[0], f"{entry.month:%Y-%m}", args[1]])}
