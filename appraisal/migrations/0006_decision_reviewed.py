from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("appraisal", "0005_appeal_document")]

    operations = [
        migrations.AddField(
            model_name="review",
            name="decision",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.RemoveConstraint(model_name="review", name="review_of_result_once"),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(
                fields=["result", "decision", "stage"],
                condition=~Q(state="withdrawn"),
                name="review_of_result_once",
            ),
        ),
    ]
