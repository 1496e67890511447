from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cards", "0005_printing_item")]

    operations = [
        migrations.AddIndex(
            model_name="whereabouts", index=models.Index(fields=["until"], name="whereabouts_ending")
        )
    ]
