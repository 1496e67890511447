"""The audit trail of a person in words: who changed what, when."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cards.models import Cadre, Consent, EmploymentKind, EndReason, PlacementKind, PrintKind, RevokeReason
from common import audit
from common.models import AuditEntry
from common.templatetags.components import zh_date

SHOWN = 60
VERBS = {
    "cadre_created": gettext_lazy("Person entered"),
    "cadre_edited": gettext_lazy("Details changed"),
    "photo_uploaded": gettext_lazy("Photo uploaded"),
    "photo_replaced": gettext_lazy("Photo replaced"),
    "service_ended": gettext_lazy("End of service entered"),
    "service_resumed": gettext_lazy("End of service withdrawn"),
    "placement_recorded": gettext_lazy("Place of work entered"),
    "placement_corrected": gettext_lazy("Place of work corrected"),
    "placement_ended": gettext_lazy("Work elsewhere ended"),
    "placement_removed": gettext_lazy("Place of work removed"),
    "transfer_proposed": gettext_lazy("Handed over to another unit"),
    "transfer_accepted": gettext_lazy("Taken in by the new unit"),
    "transfer_declined": gettext_lazy("Transfer declined"),
    "transfer_withdrawn": gettext_lazy("Transfer withdrawn"),
    "transfer_redirected": gettext_lazy("Transfer goes on with another unit"),
    "unit_merged": gettext_lazy("Moved with the unit"),
    "card_requested": gettext_lazy("Card requested"),
    "card_refused": gettext_lazy("Card refused"),
    "card_request_withdrawn": gettext_lazy("Card request withdrawn"),
    "card_issued": gettext_lazy("Card issued"),
    "card_revoked": gettext_lazy("Card revoked"),
    "document_printed": gettext_lazy("Document printed"),
    # As rows say that were written before there were other documents: they stay for ever.
    "plaque_printed": gettext_lazy("Plaque printed"),
    "consent_given": gettext_lazy("Consent given"),
    "consent_withdrawn": gettext_lazy("Consent withdrawn"),
    "account_linked": gettext_lazy("Account opened"),
    "shifts_set": gettext_lazy("Shifts entered"),
}
PRINTED = {
    PrintKind.PLAQUE: gettext_lazy("Plaque printed"),
    PrintKind.COMBINED: gettext_lazy("Combined plaque printed"),
    PrintKind.CONTACT: gettext_lazy("Contact card printed"),
}
FIELDS = {
    "name": gettext_lazy("Name"),
    "office": gettext_lazy("Office"),
    "posts": gettext_lazy("Posts"),
    "duties": gettext_lazy("Duties"),
    "office_phone": gettext_lazy("Office phone"),
    "mobile": gettext_lazy("Mobile"),
    "stand_in": gettext_lazy("Stand-in"),
    "employment_kind": gettext_lazy("Employment"),
    "serves_from": gettext_lazy("In service from"),
    "leads_unit": gettext_lazy("Member of the unit's leadership"),
    "serves_to": gettext_lazy("Last day of service"),
    "serial": gettext_lazy("Card no."),
    "reason": gettext_lazy("Reason"),
    "note": gettext_lazy("Note"),
    "subject": gettext_lazy("Subject"),
    "evidence": gettext_lazy("How consent was given"),
    "username": gettext_lazy("User name"),
    "kind": gettext_lazy("Kind"),
    "from": gettext_lazy("From"),
    "to": gettext_lazy("To"),
    "unit": gettext_lazy("Unit"),
    "from_unit": gettext_lazy("Handed over by"),
    "to_unit": gettext_lazy("Handed over to"),
    "first_day": gettext_lazy("First day there"),
}
LABELS: dict[str, Any] = {
    **dict(RevokeReason.choices),
    **dict(Consent.Subject.choices),
    **dict(EmploymentKind.choices),
    **dict(PlacementKind.choices),
    **dict(EndReason.choices),
    **dict(PrintKind.choices),
    "office_hours": gettext_lazy("as the office"),
    "shift_rest": gettext_lazy("off"),
}


@dataclass(frozen=True)
class Line:
    at: datetime
    label: str
    actor: str
    details: list[str]


#: Seen by the unit's officer only, like the fields themselves.
PRIVATE = frozenset({"mobile"})


def entries(cadre: Cadre, *, private: bool) -> list[Line]:
    """The newest changes about a person; the making of a row says nothing that the page doesn't show.

    `private` shows the mobile number's changes too.
    """
    return [_line(entry, frozenset() if private else PRIVATE) for entry in audit.history(cadre)[:SHOWN]]


def _line(entry: AuditEntry, hidden: frozenset[str]) -> Line:
    actor = str(entry.actor) if entry.actor else _("the system")
    shown = {} if entry.verb == "cadre_created" else dict(entry.changes)
    label = str(VERBS.get(entry.verb, entry.verb))
    if entry.verb == "document_printed" and shown.get("kind") in PRINTED:
        label = str(PRINTED[shown.pop("kind")])
    details = [
        _detail(name, value)
        for name, value in shown.items()
        if value not in (None, "", []) and name not in hidden
    ]
    return Line(entry.at, label, actor, details)


def _detail(name: str, value: Any) -> str:
    label = str(FIELDS.get(name) or _day(name))
    if isinstance(value, list) and len(value) == 2:
        words = {"label": label, "old": _words(value[0]), "new": _words(value[1])}
        return _("%(label)s: %(old)s → %(new)s") % words
    return _("%(label)s: %(value)s") % {"label": label, "value": _words(value)}


def _day(name: str) -> str:
    """Of shifts each day is a field."""
    try:
        return zh_date(date.fromisoformat(name))
    except ValueError:
        return name


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return _("applies") if value else _("does not apply")
    if isinstance(value, list):
        return "、".join(str(item) for item in value)
    return str(LABELS.get(value, value)) if value not in (None, "") else _("none")
