"""Versions of the standard for tests: proposed as a copy of the newest with something changed, and adopted."""

from datetime import date
from typing import Any

from accounts.models import User
from appraisal.models import Standard
from appraisal.rules import Price
from appraisal.services import standards
from tests.cast import NOW

#: In force from the month after that of the cast.
DECEMBER = date(2026, 12, 1)


def copied(*, prices: dict[str, Price | None] | None = None, **changed: Any) -> dict[str, Any]:
    """The newest version with these changes; None takes an item out of it."""
    newest = standards.whole().first()
    assert newest is not None
    values = standards.values_of(newest)
    merged = {**values["prices"], **(prices or {})}
    kept = {code: price for code, price in merged.items() if price is not None}
    dated = {"effective_from": DECEMBER, "note": "提高每分金额"}
    return {**values, **dated, "prices": kept, **changed}


def propose(actor: User, **changed: Any) -> Standard:
    return standards.standard_propose(
        values=copied(**(changed or {"cents_per_point": 3000})), actor=actor, now=NOW
    )


def adopt(standard: Standard, actor: User) -> Standard:
    return standards.standard_adopt(standard=standard, actor=actor, now=NOW)


def fresh(standard: Standard) -> Standard:
    return standards.whole().get(pk=standard.pk)
