from typing import ClassVar

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies: ClassVar = [("attendance", "0005_draw_numbers")]

    operations: ClassVar = [
        migrations.RemoveConstraint(model_name="round", name="round_everybody_verified"),
        migrations.AddField(
            model_name="round", name="absent", field=models.PositiveSmallIntegerField(default=0)
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=Q(people=F("seen") + F("phone") + F("declared") + F("absent")),
                name="round_everybody_verified",
            ),
        ),
    ]
