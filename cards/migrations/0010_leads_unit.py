from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cards", "0009_shifts")]

    operations = [
        migrations.AddField(
            "cadre",
            "leads_unit",
            models.BooleanField(default=False, verbose_name="member of the unit's leadership"),
        )
    ]
