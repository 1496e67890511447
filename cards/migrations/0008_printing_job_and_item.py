from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("cards", "0007_read_names_again")]

    operations = [
        migrations.AddConstraint(
            "printing",
            models.CheckConstraint(
                condition=Q(job=None, item=None) | Q(job__isnull=False, item__isnull=False),
                name="printing_of_a_step_of_its_job",
            ),
        )
    ]
