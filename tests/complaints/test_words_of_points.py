"""What is asked, answered and given back about a case: encrypted like its words, and removed with them."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from common.crypto import decrypt
from complaints.models import Complaint, VerificationPoint
from complaints.points import Standing, standing
from complaints.services import handling, hearing, purge
from tests.cast import signed_in
from tests.complaints.cases import LATER, accepted, drafted, verifying
from tests.complaints.test_purge import TEXTS, after

pytestmark = pytest.mark.django_db

QUESTION = "当日窗口何人值守？"
ANSWER, RETURNED, WHY = "由窗口负责人值守。", "窗口由另一单位派驻。", "只有一人办过此事。"


def raw() -> str:
    """Every column of every table of the app, as whoever reads a backup finds it."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_app_config("complaints").get_models():
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")
            found += [str(row) for row in cursor.fetchall()]
    # JSON is kept with escapes on SQLite.
    return "\n".join(found) + "\n".join(found).encode().decode("unicode_escape", errors="ignore")


def columns(table: str, *names: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY id")
        return cursor.fetchall()


@pytest.fixture
def talked(unit, express, express_head, officer) -> Complaint:
    """Answered after a question that was decided on, one that was answered, and one that was given back."""
    case, point = verifying(unit, express)
    hearing.point_answer(point=point, text=ANSWER, actor=officer, now=LATER)
    asked = {"to": hearing.To.UNIT, "text": QUESTION, "actor": express, "now": LATER}
    held = hearing.point_write(case=case, would_identify=True, **asked)
    given = {"way": hearing.Way.DROP, "text": "", "words": WHY}
    hearing.point_decide(point=held, **given, actor=express_head, now=LATER)
    last = hearing.point_write(case=case, would_identify=False, **asked)
    hearing.point_return(point=last, reason=RETURNED, actor=officer, now=LATER)
    case = drafted(Complaint.objects.get(pk=case.pk))
    return handling.close(case=case, feedback="receipt", actor=express_head, now=LATER)


def test_the_columns_hold_what_only_a_key_reads(talked):
    for words in (QUESTION, ANSWER, RETURNED, WHY):
        assert words not in raw()
    kept = columns("complaints_verificationpoint", "text", "decision", "answer")
    assert [[value and decrypt(value) for value in row] for row in kept] == [
        [QUESTION, "", ANSWER],
        [QUESTION, WHY, ""],
        [QUESTION, "", RETURNED],
    ]
    assert [decrypt(value) for (value,) in columns("complaints_complaint", "return_reason")] == [RETURNED]


def test_nothing_of_it_is_left_after_the_purge_but_that_somebody_was_asked(talked, unit, officer):
    assert purge.purge(now=after(TEXTS)) == 2
    assert columns("complaints_verificationpoint", "text", "decision", "answer") == [("", "", "")] * 3
    assert columns("complaints_complaint", "return_reason") == [("",)]
    answered, held, returned = talked.points.select_related("complaint")
    for point in (answered, returned):
        assert (point.unit, point.answered_by, point.answered_at) == (unit, officer, LATER)
        assert standing(point, LATER) == Standing.ANSWERED
    assert standing(held, LATER) == Standing.DROPPED


def test_the_record_says_that_it_was_returned_and_not_why(unit, express, officer):
    case, point = verifying(unit, express)
    hearing.point_return(point=point, reason=RETURNED, actor=officer, now=LATER)
    assert case.events.get(kind="return").facts == {"unit": unit.code}
    page = signed_in(express).get(f"/desk/complaints/{case.number}/").text
    assert page.count(RETURNED) == 2


def test_why_it_was_returned_is_shown_to_the_handler_where_nobody_was_asked(unit, express, officer):
    case = handling.dispatch(case=accepted(unit, express), to_unit=True, actor=express, now=LATER)
    handling.unit_return(case=case, reason=RETURNED, actor=officer, now=LATER)
    assert RETURNED not in raw()
    assert RETURNED in signed_in(express).get(f"/desk/complaints/{case.number}/").text


def test_a_page_of_what_was_purged_says_so(talked, express, officer):
    purge.purge(now=after(TEXTS))
    point = talked.points.asked().first()
    pages = [
        signed_in(express).get(f"/desk/complaints/{talked.number}/").text,
        signed_in(officer).get("/desk/points/").text,
        signed_in(officer).get(f"/desk/points/{point.token}/").text,
    ]
    # The complaint, its contact, three questions and two answers; the two that were asked; one with its answer.
    assert [page.count("保存期满，已清除。") for page in pages] == [7, 2, 2]


def test_the_migration_encrypts_what_is_there_and_back(talked):
    module = import_module("complaints.migrations.0004_words_of_points")
    editor = connection.schema_editor(atomic=False)
    encrypted = columns("complaints_verificationpoint", "text", "decision", "answer")
    module.decrypt(apps, editor)
    plain = [(QUESTION, "", ANSWER), (QUESTION, WHY, ""), (QUESTION, "", RETURNED)]
    assert columns("complaints_verificationpoint", "text", "decision", "answer") == plain
    module.encrypt(apps, editor)
    again = columns("complaints_verificationpoint", "text", "decision", "answer")
    assert again != plain
    assert [[v and decrypt(v) for v in row] for row in again] == [
        [v and decrypt(v) for v in row] for row in encrypted
    ]
    assert VerificationPoint.objects.first().text == QUESTION
