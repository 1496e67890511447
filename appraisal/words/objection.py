"""Objections in words: where one stands, until when, who answers it, what happened to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.history import Line
from appraisal.models import Objection, ObjectionState
from appraisal.notifying.stages import month_name
from attendance import words
from common import audit
from common.models import AuditEntry
from common.templatetags.components import zh_date

TONES: Mapping[str, str] = {
    ObjectionState.OPEN: "info",
    ObjectionState.SUSTAINED: "on",
    ObjectionState.REJECTED: "idle",
    ObjectionState.WITHDRAWN: "idle",
}
VERBS: Mapping[str, Any] = {
    "objection_made": gettext_lazy("Objection made"),
    "objection_withdrawn": gettext_lazy("Objection taken back"),
    "objection_decided": gettext_lazy("Objection answered"),
}


@dataclass(frozen=True)
class View:
    """An objection as every page shows it. `tone` is a colour of the design system, `state` says the same in words."""

    objection: Objection
    title: str
    month: str
    tone: str
    state: str
    #: Until when it is to be answered; empty when it is.
    deadline: str

    @property
    def is_open(self) -> bool:
        return self.objection.state == ObjectionState.OPEN

    @property
    def made_by(self) -> str:
        return made_by(self.objection)

    @property
    def is_answered(self) -> bool:
        return self.objection.state in (ObjectionState.SUSTAINED, ObjectionState.REJECTED)


def views(objections: Iterable[Objection], today: date) -> list[View]:
    return [view(objection, today) for objection in objections]


def view(objection: Objection, today: date) -> View:
    entry = objection.entry
    late = objection.state == ObjectionState.OPEN and objection.due_on < today
    deadline = ""
    if objection.state == ObjectionState.OPEN:
        deadline = _("to be answered by %(day)s") % {"day": zh_date(objection.due_on)}
    return View(
        objection,
        words.title(entry.finding),
        month_name(entry.month),
        "bad" if late else TONES[objection.state],
        _("Overdue") if late else str(objection.get_state_display()),
        deadline,
    )


def on_behalf(name: str, who: object) -> str:
    """单竹（叶望川代录）."""
    return _("%(name)s (entered by %(who)s)") % {"name": name, "who": who}


def made_by(objection: Objection) -> str:
    """Whose objection it is, and who entered it from paper."""
    cadre = objection.entry.cadre
    if objection.paper_on is None or cadre is None:
        return str(objection.made_by)
    return on_behalf(cadre.name, objection.made_by)


def answered_by(objection: Objection, deciders: frozenset[int], heads: frozenset[int]) -> str:
    """For whoever does not answer it."""
    if not deciders:
        return _("Nobody is free to answer it now: the unit or the city has to name somebody.")
    if deciders <= heads:
        return _("The leading-group head of %(unit)s answers it.") % {"unit": objection.entry.unit}
    if deciders & heads:
        return _(
            "A head of %(unit)s answers it or, its day having passed, an uninvolved member of the Efficiency Express."
        ) % {"unit": objection.entry.unit}
    return _("An uninvolved member of the Efficiency Express answers it.")


def history(objection: Objection) -> list[Line]:
    """What has happened to it, newest first."""
    return [
        Line(
            at=entry.at,
            label=str(VERBS.get(entry.verb, entry.verb)),
            actor=_actor(entry, objection),
            details="；".join(_details(entry.changes)),
            failure=False,
        )
        for entry in audit.history(objection)
    ]


def _actor(entry: AuditEntry, objection: Objection) -> str:
    if entry.verb == "objection_made":
        return made_by(objection)
    return str(entry.actor) if entry.actor else _("the system")


def _details(changes: Mapping[str, Any]) -> list[str]:
    found = []
    if day := changes.get("paper_on"):
        found.append(_("handed in on paper on %(day)s") % {"day": zh_date(date.fromisoformat(day))})
    if day := changes.get("until"):
        found.append(_("to be answered by %(day)s") % {"day": zh_date(date.fromisoformat(day))})
    if state := changes.get("state"):
        found.append(str(ObjectionState(state).label))
    if reason := changes.get("reason"):
        found.append(_("reason: %(reason)s") % {"reason": str(reason).rstrip("。")})
    if number := changes.get("reversed"):
        found.append(_("taken back by entry %(number)s") % {"number": number})
    return found
