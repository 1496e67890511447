"""The audit trail of an account in words."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import City, Role, Unit, UnitKind
from common import audit
from common.models import AuditEntry, OfficeHoursSet
from common.templatetags.components import zh_date, zh_datetime
from common.templatetags.hours import day_of_year

VERBS = {
    "user_created": gettext_lazy("Account created"),
    "user_deactivated": gettext_lazy("Account closed"),
    "user_reactivated": gettext_lazy("Account reopened"),
    "membership_added": gettext_lazy("Role given"),
    "membership_ended": gettext_lazy("Role ended"),
    "slip_issued": gettext_lazy("Activation slip issued"),
    "password_voided": gettext_lazy("Password made void by a first role beyond cadre"),
    "account_activated": gettext_lazy("Password set with a slip"),
    "activation_failed": gettext_lazy("Activation failed"),
    "signed_in": gettext_lazy("Signed in"),
    "signed_out": gettext_lazy("Signed out"),
    "sign_in_failed": gettext_lazy("Sign-in failed: wrong password"),
    "second_factor_failed": gettext_lazy("Wrong code of the second factor"),
    "other_sessions_ended": gettext_lazy("Signed out on the other devices"),
    "password_changed": gettext_lazy("Password changed"),
    "second_factor_added": gettext_lazy("Second factor set up"),
    "second_factor_removed": gettext_lazy("Second factor removed"),
    "email_set": gettext_lazy("E-mail address for notices entered"),
    "email_confirmed": gettext_lazy("E-mail address for notices confirmed"),
    "email_removed": gettext_lazy("E-mail address for notices removed"),
    "recovery_codes_made": gettext_lazy("New recovery codes made"),
    "second_factor_reset_requested": gettext_lazy("Reset of the second factor asked for"),
    "second_factor_reset_approved": gettext_lazy("Reset of the second factor approved"),
    "second_factor_reset_declined": gettext_lazy("Reset of the second factor declined"),
}
EDITS = {
    "city_edited": gettext_lazy("Changed"),
    "roster_imported": gettext_lazy("Roster imported on the server"),
    "unit_created": gettext_lazy("Unit created"),
    "unit_edited": gettext_lazy("Changed"),
    "office_hours_created": gettext_lazy("Office hours created"),
    "office_hours_changed": gettext_lazy("Other hours entered"),
}
#: Of the city and of units. “City” and “Unit name” and not both “Name”, as their forms have it.
FIELDS = {
    "city": {
        "name": gettext_lazy("City"),
        "efficiency_office": gettext_lazy("Efficiency office"),
        "express_hotline": gettext_lazy("Efficiency Express hotline"),
        "file": gettext_lazy("File"),
        "digest": gettext_lazy("SHA-256"),
        "photos": gettext_lazy("Photos"),
        "photos_digest": gettext_lazy("SHA-256 of the photos"),
        "created": gettext_lazy("Created"),
        "changed": gettext_lazy("Changed"),
        "unchanged": gettext_lazy("Unchanged"),
    },
    "unit": {
        "code": gettext_lazy("Unit code"),
        "name": gettext_lazy("Unit name"),
        "alias": gettext_lazy("Also written as"),
        "kind": gettext_lazy("Kind"),
        "hotline": gettext_lazy("Supervision hotline"),
        "office_hours": gettext_lazy("Office hours"),
        "supervision_group": gettext_lazy("Supervision group"),
        "vertically_managed": gettext_lazy("Vertically managed"),
        "valid_from": gettext_lazy("In existence from"),
        "valid_to": gettext_lazy("Last day"),
        "successor": gettext_lazy("Successor"),
    },
    "officehoursset": {
        "code": gettext_lazy("Short code"),
        "name": gettext_lazy("Name of the office hours"),
        "from": gettext_lazy("In force from"),
        "seasons": gettext_lazy("Hours"),
    },
}
SHOWN = 50
#: As common.hours.words writes the days of a season; clock times have a colon.
_DAY_OF_YEAR = re.compile(r"\b[01]\d-[0-3]\d\b")
FAILURES = frozenset({"sign_in_failed", "second_factor_failed", "activation_failed"})


@dataclass(frozen=True)
class Line:
    at: datetime
    label: str
    actor: str
    details: str
    failure: bool


def lines(entries: Iterable[AuditEntry]) -> list[Line]:
    return [
        Line(
            at=entry.at,
            label=str(VERBS.get(entry.verb, entry.verb)),
            actor=str(entry.actor) if entry.actor else "",
            details=" · ".join(_details(entry.changes)),
            failure=entry.verb in FAILURES,
        )
        for entry in entries
    ]


def edits(subject: City | Unit | OfficeHoursSet) -> list[Line]:
    """What has been changed about the city, a unit or office hours: from what to what, by whom."""
    fields = FIELDS[str(subject._meta.model_name)]
    return [
        Line(
            at=entry.at,
            label=str(EDITS.get(entry.verb, entry.verb)),
            actor=str(entry.actor) if entry.actor else _("the system"),
            details="；".join(_changes(entry.changes, fields)),
            failure=False,
        )
        for entry in audit.history(subject)[:SHOWN]
    ]


def _changes(changes: dict[str, Any], fields: Mapping[str, Any]) -> list[str]:
    """A merger is one thing: which unit goes on, and the last day."""
    rest, said = dict(changes), []
    into, last_day = (_set_now(changes.get(name)) for name in ("successor", "valid_to"))
    if into and last_day:
        said.append(_("Merged into %(unit)s") % {"unit": into})
        said.append(_edit(fields["valid_to"], "valid_to", last_day))
        del rest["successor"], rest["valid_to"]
    return said + [_edit(fields.get(name, name), name, value) for name, value in rest.items()]


def _set_now(value: Any) -> str:
    """What stands where nothing stood before."""
    return str(value[1] or "") if isinstance(value, list) and not value[0] else ""


def _edit(label: Any, name: str, value: Any) -> str:
    if isinstance(value, list):
        old, new = (words(name, item) or _("none") for item in value)
        return _("%(label)s: %(old)s → %(new)s") % {"label": label, "old": old, "new": new}
    return _("%(label)s: %(value)s") % {"label": label, "value": words(name, value)}


def words(name: str, value: Any) -> str:
    """A value of the audit trail as people read it."""
    if name == "kind":
        return str(dict(UnitKind.choices).get(value, value))
    if name == "seasons":
        return _DAY_OF_YEAR.sub(lambda found: day_of_year(found[0]), str(value or ""))
    if name in ("valid_from", "valid_to", "from") and value:
        return _day(value)
    return str(value or "")


def _details(changes: dict[str, Any]) -> list[str]:
    found = []
    if "role" in changes:
        found.append(str(dict(Role.choices).get(changes["role"], changes["role"])))
    if "place" in changes:
        found.append(changes["place"])
    if changes.get("from"):
        found.append(_("from %(day)s") % {"day": _day(changes["from"])})
    last_day = changes.get("to")
    if isinstance(last_day, list):
        last_day = last_day[-1]
    if last_day:
        found.append(_("until %(day)s") % {"day": _day(last_day)})
    if "expires_at" in changes:
        found.append(
            _("valid until %(moment)s")
            % {"moment": zh_datetime(datetime.fromisoformat(changes["expires_at"]))}
        )
    if changes.get("earlier_withdrawn"):
        found.append(_("the earlier slip was withdrawn"))
    factor = changes.get("second_factor")
    if factor:
        found.append(_("with a recovery code") if factor == "recovery_codes" else _("with the second factor"))
    if changes.get("reason"):
        found.append(_("reason: %(reason)s") % {"reason": changes["reason"]})
    if changes.get("devices") is not None and "devices" in changes:
        found.append(_("devices: %(count)s") % {"count": changes["devices"]})
    return found


def _day(iso: str) -> str:
    return zh_date(date.fromisoformat(iso))
