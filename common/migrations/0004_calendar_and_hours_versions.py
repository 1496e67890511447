from datetime import date

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("common", "0003_job_facts_agree"),
    ]

    operations = [
        migrations.AddField(
            "calendaryear",
            "adopted_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RemoveConstraint("officehoursseason", "office_hours_season"),
        # What is there has always been in force, as far as anybody asks.
        migrations.AddField(
            "officehoursseason",
            "effective_from",
            models.DateField(default=date(2000, 1, 1), verbose_name="in force from"),
            preserve_default=False,
        ),
        migrations.AddField(
            "officehoursseason",
            "version",
            models.PositiveSmallIntegerField(default=1, verbose_name="version"),
        ),
        migrations.AlterField(
            "officehoursseason",
            "hours",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="seasons",
                to="common.officehoursset",
            ),
        ),
        migrations.AddConstraint(
            "officehoursseason",
            models.UniqueConstraint(
                fields=("hours", "effective_from", "version", "first_day"), name="office_hours_season"
            ),
        ),
    ]
