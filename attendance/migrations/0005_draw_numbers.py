from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def number(apps: Any, _editor: Any) -> None:
    """In the order in which they were frozen."""
    draws = apps.get_model("attendance", "Draw").objects
    for place, draw in enumerate(draws.order_by("frozen_at", "pk").only("pk"), start=1):
        draws.filter(pk=draw.pk).update(number=place)


class Migration(migrations.Migration):
    dependencies = [
        ("attendance", "0004_fewer_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(name="draw", options={"ordering": ["-number"]}),
        migrations.AddField(
            model_name="draw",
            name="call_off_reason",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="reason"),
            preserve_default=False,
        ),
        migrations.AddField(model_name="draw", name="called_off_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="draw",
            name="called_off_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(model_name="draw", name="number", field=models.PositiveIntegerField(null=True)),
        migrations.RunPython(number, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="draw", name="number", field=models.PositiveIntegerField(unique=True)
        ),
        migrations.AddConstraint(
            model_name="draw",
            constraint=models.CheckConstraint(
                condition=models.Q(("call_off_reason", ""), ("called_off_at", None))
                | models.Q(
                    ("called_off_at__isnull", False),
                    ("revealed_at", None),
                    models.Q(("call_off_reason", ""), _negated=True),
                ),
                name="draw_called_off_with_reason",
            ),
        ),
    ]
