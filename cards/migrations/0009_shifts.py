import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_units_and_user_names"),
        ("cards", "0008_printing_job_and_item"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ShiftPattern",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=10, verbose_name="name of the shift")),
                ("spans", models.JSONField(verbose_name="spans")),
                ("retired", models.BooleanField(default=False, verbose_name="no longer used")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shift_patterns",
                        to="accounts.unit",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="ShiftDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("spans", models.JSONField(default=list)),
                ("set_at", models.DateTimeField()),
                ("replaced_at", models.DateTimeField(null=True)),
                (
                    "cadre",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shift_days",
                        to="cards.cadre",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "pattern",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="days",
                        to="cards.shiftpattern",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="shiftpattern",
            constraint=models.UniqueConstraint(fields=("unit", "name"), name="shift_pattern_name_in_unit"),
        ),
        migrations.AddIndex(
            model_name="shiftday",
            index=models.Index(
                condition=models.Q(("replaced_at", None)), fields=["day"], name="shift_day_standing"
            ),
        ),
        migrations.AddConstraint(
            model_name="shiftday",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaced_at", None)),
                fields=("cadre", "day"),
                name="shift_day_one_standing",
            ),
        ),
    ]
