"""What was stored before an update is there after it."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from appraisal.models import RectificationOrder
from appraisal.services.missed import orders_note_missed
from common.rules import at
from tests.accounts.factories import make_unit, make_user
from tests.cast import make_cadre, make_office

pytestmark = pytest.mark.django_db(transaction=True)
DUE = date(2026, 11, 17)
#: The update, on a Tuesday.
UPDATE = at(date(2026, 11, 24), time(10))


@pytest.fixture
def at_0007() -> Iterator[Any]:
    """The models before orders were noted as missed; the next test finds today's tables."""
    executor = MigrationExecutor(connection)
    try:
        yield executor.migrate([("appraisal", "0007_year_terms")]).apps.get_model
    finally:
        call_command("migrate", verbosity=0)


def test_orders_of_before_are_judged_as_they_were(at_0007, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: UPDATE)
    unit, ordering, answering = make_unit("D901"), make_user("a"), make_user("b")
    office = make_office(unit)
    leads, led = make_cadre(office, "今领"), make_cadre(office, "昔领")
    wave = at_0007("appraisal", "Wave").objects.create(
        number=1, name="首批", begins_on=date(2026, 1, 5), deadline=date(2026, 12, 4)
    )
    at_0007("appraisal", "Rollout").objects.create(unit_id=unit.pk, wave=wave, responsible_id=leads.pk)

    def order(state: str, *, first: date | None = None, last: date | None = None, due: date = DUE) -> int:
        given: dict[str, Any] = {}
        if first is not None:
            given["first_answered_at"] = at(first, time(9))
            given["answered_at"] = at(last or first, time(9))
            given["answered_by_id"] = answering.pk
        if state in ("met", "called_off"):
            given["ended_at"], given["ended_by_id"] = UPDATE, ordering.pk
        row = at_0007("appraisal", "RectificationOrder").objects.create(
            unit_id=unit.pk,
            text="补印",
            due_on=due,
            ordered_by_id=ordering.pk,
            ordered_at=at(date(2026, 11, 2), time(9)),
            state=state,
            **given,
        )
        return int(row.pk)

    in_time, late = date(2026, 11, 16), date(2026, 11, 18)
    silent, answered_late = order("open"), order("open", first=late)
    sent_back, again = order("open", first=in_time), order("answered", first=in_time, last=late)
    met, called_off = order("met", first=in_time), order("called_off")
    to_come = order("open", due=date(2026, 12, 1))
    trigger = at_0007("appraisal", "Trigger").objects.get(code="ROLL-2")
    at_0007("appraisal", "Sanction").objects.create(
        unit_id=unit.pk,
        cadre_id=led.pk,
        proposed_measure=trigger.measure,
        measure=trigger.measure,
        year=2026,
        rule="ROLL-2",
        source="ROLL-2:1",
        basis=[{"kind": "order", "key": answered_late, "day": "2026-11-17", "words": ""}],
        proposed_at=UPDATE,
    )
    call_command("migrate", verbosity=0)
    # The first hour after the update adds nothing.
    assert orders_note_missed(now=UPDATE) == 0
    rows = RectificationOrder.objects.values_list("pk", "due_on", "missed_on", "answerable")
    assert {pk: rest for pk, *rest in rows} == {
        silent: [DUE, DUE, leads.pk],
        answered_late: [DUE, DUE, led.pk],
        sent_back: [date(2026, 11, 27), None, None],
        again: [late, None, None],
        met: [DUE, None, None],
        called_off: [DUE, None, None],
        to_come: [date(2026, 12, 1), None, None],
    }
