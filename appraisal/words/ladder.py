"""The rules of the ladder in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.history import Line
from appraisal.models import Counts, Measure, Trigger
from common import audit


@dataclass(frozen=True)
class Row:
    trigger: Trigger
    #: 二次迟报月报.
    counts: str
    about: str


def row(trigger: Trigger) -> Row:
    return Row(trigger, counts(trigger), about(trigger))


def counts(trigger: Trigger) -> str:
    """What it counts in a calendar year."""
    if trigger.item is not None:
        return str(trigger.item)
    if trigger.counted is not None:
        return str(trigger.counted)
    return str(Counts(trigger.counts).label)


def name(trigger: Trigger, times: int) -> str:
    """一年内迟报月报2次."""
    sentence = ngettext("%(what)s, %(times)s time in a year", "%(what)s, %(times)s times in a year", times)
    return sentence % {"what": counts(trigger), "times": times}


def about(trigger: Trigger) -> str:
    if trigger.counts == Counts.ROLLOUT:
        return _("units and the leaders who answer for them")
    return _("units") if trigger.about_units else _("cadres")


def changes(trigger: Trigger, *, active: bool, times: int, measure: Measure) -> list[str]:
    """What would be different, one sentence each."""
    found = []
    if active != trigger.active:
        found.append(
            _("It is switched on.") if active else _("It is switched off: it proposes nothing more.")
        )
    if times != trigger.times:
        found.append(
            _("It proposes after %(new)s instead of %(old)s.") % {"new": times, "old": trigger.times}
        )
    if measure != trigger.measure:
        words = {"new": measure, "old": trigger.measure}
        found.append(_("It proposes “%(new)s” instead of “%(old)s”.") % words)
    return found


def history(trigger: Trigger) -> list[Line]:
    names = {measure.pk: str(measure) for measure in Measure.objects.all()}
    return [
        Line(
            at=entry.at,
            label=_("Rule changed"),
            actor=str(entry.actor) if entry.actor else _("the system"),
            details="；".join(_details(entry.changes, names)),
            failure=False,
        )
        for entry in audit.history(trigger)
    ]


def _details(changed: Mapping[str, Any], names: Mapping[int, str]) -> list[str]:
    found = []
    if "active" in changed:
        found.append(_("switched on") if changed["active"][1] else _("switched off"))
    if "times" in changed:
        old, new = changed["times"]
        found.append(_("times: %(old)s → %(new)s") % {"old": old, "new": new})
    if "measure" in changed:
        old, new = (names.get(pk, str(pk)) for pk in changed["measure"])
        found.append(_("measure: %(old)s → %(new)s") % {"old": old, "new": new})
    return found
