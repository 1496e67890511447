"""An old field key goes: everything is written anew before, killed or not, and what it leaves behind is noticed."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.selectors import unreadable_second_factors
from attendance.models import Draw
from common import append_only, crypto, serving
from common.models import Channel
from complaints.models import Attachment, Complaint, DraftImage, HotlineSheet, Praise, VerificationPoint
from complaints.models.fields import EncryptedBinaryField, EncryptedTextField
from complaints.services import hearing, keys
from longquan_cadre import checks
from tests.accounts.factories import give_second_factor
from tests.cast import NOW
from tests.complaints.cases import LATER, TEXT, received, verifying

pytestmark = pytest.mark.django_db

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def old_key(settings) -> None:
    settings.FIELD_KEYS = [OLD]


@pytest.fixture
def written(unit, express, officer, lin) -> None:
    """Something in every encrypted column, in the order of time."""
    case, point = verifying(unit, express)
    hearing.point_return(point=point, reason="无法核实", actor=officer, now=LATER)
    Complaint.objects.filter(pk=case.pk).update(redo_reason="未解决")
    VerificationPoint.objects.update(decision="照此询问")
    Attachment.objects.create(complaint=case, data=b"JFIF evidence")
    draft = apps.get_model("complaints", "Draft").objects.create(created_at=NOW)
    DraftImage.objects.create(draft=draft, data=b"JFIF draft")
    HotlineSheet.objects.create(data=b"PK sheet", uploaded_by=express, created_at=NOW)
    Praise.objects.create(unit=unit, text="谢谢", received_at=NOW)
    address = crypto.encrypt("officer@example.org")
    Channel.objects.create(user=officer, kind="email", address=address, created_by=officer, created_at=NOW)
    frozen = {"frozen_at": NOW, "frozen_by": express, "public_source": "三枚骰子", "commitment": "0" * 64}
    Draw.objects.create(
        number=1, secret=crypto.encrypt("draw"), plan={}, pool="", pool_hash="0" * 64, **frozen
    )
    give_second_factor(lin.user)


def everything() -> list[bytes]:
    """Every token of every column."""
    return [
        token
        for store in keys.everything()
        for pk in store.rows.values_list("pk", flat=True)
        for token in store.read(pk).values()
    ]


def words() -> list[object]:
    case, point = Complaint.objects.get(), VerificationPoint.objects.get()
    files = (Attachment.objects.get().data, DraftImage.objects.get().data, HotlineSheet.objects.get().data)
    return [
        *(case.text, case.occasion, case.contact_name, case.contact_phone, case.redo_reason),
        *(case.return_reason, point.text, point.decision, point.answer, Praise.objects.get().text),
        *map(bytes, files),
        *(crypto.decrypt(Channel.objects.get().address), crypto.decrypt(Draw.objects.get().secret)),
    ]


def reencrypt(capsys) -> str:
    call_command("reencrypt")
    return capsys.readouterr().out


def test_the_old_key_can_go_afterwards(written, settings, capsys):
    before = words()
    assert all(before)
    settings.FIELD_KEYS = [NEW, OLD]
    said, factors = reencrypt(capsys), Authenticator.objects.count()
    # Six of complaints, a channel, a draw.
    assert (str(8 + factors) in said, len(said.splitlines()), factors >= 2) == (True, 1, True)
    assert not any(word in said for word in before if isinstance(word, str))
    settings.FIELD_KEYS = [NEW]
    assert words() == before
    assert unreadable_second_factors() == 0
    assert "0" in reencrypt(capsys)


def test_every_encrypted_column_has_been_tried(written):
    assert len(everything()) == 6 + 3 + 4 + 2 + Authenticator.objects.count()
    found = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField | EncryptedBinaryField)
    }
    assert found == {(store.model, name) for store in keys.of_complaints() for name in store.fields}
    # What only grows could not be written anew.
    assert not {model._meta.db_table for model, _name in found} & set(append_only.tables())


def test_killed_in_the_middle_it_goes_on(unit, settings, monkeypatch, capsys):
    for _case in range(7):
        received(unit)
    settings.FIELD_KEYS = [NEW, OLD]
    looked, row = [], keys._row

    def killed(store, pk, done):
        looked.append(pk)
        if len(looked) == 6:
            raise KeyboardInterrupt
        row(store, pk, done)

    with monkeypatch.context() as patched:
        patched.setattr(keys, "BATCH", 2)
        patched.setattr(keys, "_row", killed)
        with pytest.raises(KeyboardInterrupt):
            keys.reencrypt()
    under_old = [token for token in everything() if crypto.renewed(token) is not None]
    assert len(under_old) == 3 * 4
    # The oldest tell that the old key is not to go yet.
    settings.FIELD_KEYS = [NEW]
    assert keys.unreadable_tables() == ["complaints_complaint"]
    settings.FIELD_KEYS = [NEW, OLD]
    assert keys.reencrypt() == keys.Done(rows=3)
    settings.FIELD_KEYS = [NEW]
    assert {case.text for case in Complaint.objects.all()} == {TEXT}
    assert keys.unreadable_tables() == []


def test_what_no_key_reads_is_counted_and_left(unit, settings, capsys):
    lost = received(unit)
    settings.FIELD_KEYS = [NEW]
    kept = received(unit, text="另一件事情。")
    with pytest.raises(CommandError, match=r"(?s)0.*1"):
        call_command("reencrypt")
    assert Complaint.objects.get(pk=kept.pk).text == "另一件事情。"
    settings.FIELD_KEYS = [OLD]
    assert Complaint.objects.get(pk=lost.pk).text == TEXT


def test_a_missing_key_stops_the_start_with_a_sentence(written, settings, capsys, monkeypatch):
    assert checks.complaints_are_readable(databases=["default"]) == []
    settings.FIELD_KEYS = [NEW]
    assert checks.complaints_are_readable() == []
    (error,) = checks.complaints_are_readable(databases=["default"])
    assert error.id == "longquan.E010"
    tables = ("attachment", "complaint", "draftimage", "hotlinesheet", "praise", "verificationpoint")
    assert all(f"complaints_{table}" in error.msg for table in tables)
    assert serving.run("127.0.0.1", 0, worker=False) == 1
    assert "FIELD_KEYS" in capsys.readouterr().err


def test_the_check_asks_few_rows_and_none_before_the_tables_are_as_the_models_say(
    unit, settings, monkeypatch, django_assert_max_num_queries
):
    for _case in range(5):
        received(unit)
    read, is_readable = [], crypto.is_readable
    monkeypatch.setattr(crypto, "is_readable", lambda token: read.append(token) or is_readable(token))
    assert keys.unreadable_tables() == []
    assert len(read) == keys.SAMPLE * 4
    settings.FIELD_KEYS = [NEW]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'complaints' AND name LIKE '0004%%'")
    assert "longquan.E010" not in [message.id for message in run_checks(databases=["default"])]
