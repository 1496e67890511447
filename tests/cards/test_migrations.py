"""What was stored before an update is there after it: from the first schema of cards to today's, and back to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from cards.models import Printing
from tests.accounts.factories import NOW, TODAY, make_unit, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def first_schema() -> Iterator[Any]:
    """The models as they were; whatever becomes of the test, the next one finds today's tables."""
    executor = MigrationExecutor(connection)
    try:
        yield executor.migrate([("cards", "0001_initial")]).apps.get_model
    finally:
        call_command("migrate", verbosity=0)


def old_card(model: Any, serial: str, **printed: Any) -> int:
    unit, issuer, approver = make_unit(serial), make_user(f"a-{serial}"), make_user(f"b-{serial}")
    office = model("cards", "Office").objects.create(unit_id=unit.pk, name="审批科", room="306")
    cadre = model("cards", "Cadre").objects.create(
        unit_id=unit.pk, office=office, name="陈诚", serves_from=TODAY
    )
    card = model("cards", "Card").objects.create(
        cadre=cadre,
        serial=serial,
        issued_by_id=issuer.pk,
        approved_by_id=approver.pk,
        issued_at=NOW,
        **printed,
    )
    return int(card.pk)


def test_what_was_printed_stays_known_as_a_plaque_that_is_outdated(first_schema):
    printed = old_card(first_schema, "D901", printed_at=NOW, printed_version="a" * 64)
    old_card(first_schema, "D902")
    call_command("migrate", verbosity=0)
    row = Printing.objects.get()
    assert (row.card_id, row.kind, row.printed_at, row.fingerprint) == (printed, "plaque", NOW, "a" * 64)
    assert (row.shown, row.printed_by, row.job, row.item) == ({}, None, None, None)
    assert row.card.cadre.pinyin.startswith("chen")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Printing.objects.update(shown={"name": "林立"})
