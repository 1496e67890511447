from collections.abc import Iterator
from typing import Any

import complaints.models.fields
from django.db import migrations
from django.db.models import ExpressionWrapper, F, TextField, Value

#: What is read by whom it is asked, and what is said about asking it.
WORDS = ("text", "decision", "answer")
BATCH = 200


def _rows(points: Any) -> Iterator[dict[str, str]]:
    """With what stands in the columns, whatever their fields make of it."""
    last = 0
    columns = {f"stored_{name}": ExpressionWrapper(F(name), TextField()) for name in WORDS}
    while rows := list(points.filter(pk__gt=last).order_by("pk").values("pk", **columns)[:BATCH]):
        yield from rows
        last = rows[-1]["pk"]


def encrypt(apps: Any, schema_editor: Any) -> None:
    points = apps.get_model("complaints", "VerificationPoint").objects.using(schema_editor.connection.alias)
    for row in _rows(points):
        points.filter(pk=row["pk"]).update(**{name: row[f"stored_{name}"] for name in WORDS})


def decrypt(apps: Any, schema_editor: Any) -> None:
    points = apps.get_model("complaints", "VerificationPoint").objects.using(schema_editor.connection.alias)
    for point in points.only("pk", *WORDS).iterator():
        plain = {name: Value(getattr(point, name), TextField()) for name in WORDS}
        points.filter(pk=point.pk).update(**plain)


class Migration(migrations.Migration):
    """What is asked and answered about a case is encrypted as its words are."""

    dependencies = [("complaints", "0003_hotline_sheet")]

    operations = [
        migrations.AddField(
            model_name="complaint",
            name="return_reason",
            field=complaints.models.fields.EncryptedTextField(
                blank=True, verbose_name="why the unit returned it"
            ),
        ),
        migrations.AlterField(
            model_name="verificationpoint",
            name="text",
            field=complaints.models.fields.EncryptedTextField(verbose_name="point"),
        ),
        migrations.AlterField(
            model_name="verificationpoint",
            name="decision",
            field=complaints.models.fields.EncryptedTextField(blank=True, verbose_name="how to ask"),
        ),
        migrations.AlterField(
            model_name="verificationpoint",
            name="answer",
            field=complaints.models.fields.EncryptedTextField(blank=True, verbose_name="answer"),
        ),
        migrations.RunPython(encrypt, decrypt),
    ]
