from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("common", "0002_jobs")]

    operations = [
        migrations.AddIndex(
            "jobitem",
            models.Index(fields=["job", "position"], condition=Q(state="pending"), name="job_item_pending"),
        ),
        migrations.AddConstraint(
            "job",
            models.CheckConstraint(
                condition=Q(state="done", finished_at__isnull=False)
                | (~Q(state="done") & Q(finished_at=None)),
                name="job_done_when",
            ),
        ),
        migrations.AddConstraint(
            "job",
            models.CheckConstraint(
                condition=Q(lease="", lease_until=None) | (~Q(lease="") & Q(lease_until__isnull=False)),
                name="job_lease_until_when",
            ),
        ),
    ]
