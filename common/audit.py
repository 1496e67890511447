"""The audit trail: one row per change, written inside the transaction of the change it describes."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Model, QuerySet

from common.models import AuditEntry


def record(
    *,
    verb: str,
    subject: Model,
    actor: Model | None,
    now: datetime,
    changes: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append who did what to `subject`. `changes` holds facts or field -> [old, new]; never a secret."""
    entry = _entry(verb, subject, actor, now, changes or {})
    entry.save()
    return entry


def record_each(
    *, verb: str, subjects: Iterable[tuple[Model, dict[str, Any]]], actor: Model | None, now: datetime
) -> None:
    """One row for each of many (subject, changes), in one statement."""
    AuditEntry.objects.bulk_create(
        _entry(verb, subject, actor, now, changes) for subject, changes in subjects
    )


def _entry(
    verb: str, subject: Model, actor: Model | None, now: datetime, changes: dict[str, Any]
) -> AuditEntry:
    return AuditEntry(
        at=now,
        actor_id=actor.pk if actor is not None else None,
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        changes={name: _plain(value) for name, value in changes.items()},
    )


def history(*subjects: Model) -> QuerySet[AuditEntry]:
    """What happened to these objects, newest first."""
    entries = AuditEntry.objects.none()
    for subject in subjects:
        entries |= AuditEntry.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk)
    return entries.select_related("actor").order_by("-id")


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
