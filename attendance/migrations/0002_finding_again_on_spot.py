from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("attendance", "0001_initial")]

    operations: ClassVar = [
        migrations.RemoveConstraint("finding", "finding_once_per_spot_line"),
        migrations.AddConstraint(
            "finding",
            models.UniqueConstraint(
                fields=["spot_line", "item"],
                condition=models.Q(
                    ("spot_line__isnull", False), models.Q(("state", "withdrawn"), _negated=True)
                ),
                name="finding_once_per_spot_line",
            ),
        ),
    ]
