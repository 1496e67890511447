"""Who did what, when: inside the transaction of the change, readable for good."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from common import audit
from common.models import AuditEntry
from tests.cast import NOW

pytestmark = pytest.mark.django_db


def test_an_entry_says_who_did_what_to_what_and_when(chen, officer):
    audit.record(verb="x_done", subject=chen, actor=officer, now=NOW, changes={"name": ["旧", "新"]})
    entry = AuditEntry.objects.get(verb="x_done")
    assert (entry.at, entry.actor, entry.subject_type, entry.subject_id) == (
        NOW,
        officer,
        "cards.cadre",
        chen.pk,
    )
    assert entry.changes == {"name": ["旧", "新"]}


def test_the_system_is_nobody(chen):
    audit.record(verb="x_done", subject=chen, actor=None, now=NOW)
    assert AuditEntry.objects.get(verb="x_done").actor is None


def test_values_of_any_kind_are_kept_as_plain_ones(chen, officer):
    facts = {
        "day": date(2026, 11, 24),
        "moment": datetime(2026, 11, 24, 2, tzinfo=UTC),
        "many": ("a", date(2026, 1, 1)),
        "object": chen.office,
        "none": None,
        "number": 3,
        "yes": True,
    }
    entry = audit.record(verb="x_done", subject=chen, actor=officer, now=NOW, changes=facts)
    entry.refresh_from_db()
    assert entry.changes == {
        "day": "2026-11-24",
        "moment": "2026-11-24T02:00:00+00:00",
        "many": ["a", "2026-01-01"],
        "object": "办公室 301",
        "none": None,
        "number": 3,
        "yes": True,
    }


def test_a_change_that_is_rolled_back_leaves_no_entry(chen, officer):
    def fail() -> None:
        with transaction.atomic():
            audit.record(verb="x_done", subject=chen, actor=officer, now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not AuditEntry.objects.filter(verb="x_done").exists()


def test_the_history_of_an_object_is_its_own_newest_first(chen, lin, officer, django_assert_num_queries):
    audit.record(verb="first", subject=chen, actor=officer, now=NOW)
    audit.record(verb="second", subject=chen, actor=None, now=NOW + timedelta(hours=1))
    audit.record(verb="of lin", subject=lin, actor=officer, now=NOW)
    with django_assert_num_queries(1):
        found = [(entry.verb, str(entry.actor)) for entry in audit.history(chen)]
    assert found == [("second", "None"), ("first", "纪明"), ("cadre_created", "None")]


def test_an_object_of_another_kind_with_the_same_number_is_another(chen, officer):
    office = chen.office
    office.pk = chen.pk
    audit.record(verb="of the office", subject=office, actor=officer, now=NOW)
    assert "of the office" not in [entry.verb for entry in audit.history(chen)]


def test_many_entries_are_one_statement(chen, lin, officer, django_assert_num_queries):
    with django_assert_num_queries(1):
        audit.record_each(verb="each", subjects=[(chen, {"n": 1}), (lin, {"n": 2})], actor=officer, now=NOW)
    found = AuditEntry.objects.filter(verb="each").order_by("pk").values_list("subject_id", "changes")
    assert list(found) == [(chen.pk, {"n": 1}), (lin.pk, {"n": 2})]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1, "b": 2}, {"a": 3, "b": 2}, {"a": [1, 3]}),
        ({}, {"a": 1}, {"a": [None, 1]}),
        ({"a": 1, "gone": 2}, {"a": 1}, {}),
    ],
)
def test_differences_name_old_and_new(before, after, changed):
    assert audit.differences(before, after) == changed
