import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0004_card_without_printed"),
        ("common", "0002_jobs"),
    ]

    operations = [
        migrations.AddField(
            "printing",
            "item",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="common.jobitem",
            ),
        ),
    ]
