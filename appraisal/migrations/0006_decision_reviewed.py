from django.db import migrations, models
from django.db.models import Q


def number_decisions(apps, schema_editor):
    """Which decision was asked about (appraisal.reviewing.decisions): those that were made anew by then, without what
    reviews changed."""
    reviews = apps.get_model("appraisal", "Review").objects
    corrections = apps.get_model("appraisal", "YearCorrection").objects.filter(actor__isnull=False)
    for review in reviews.filter(result__isnull=False):
        anew = corrections.filter(result=review.result_id, at__lte=review.made_at).count()
        by_reviews = reviews.filter(
            result=review.result_id, state="revised", decided_at__lte=review.made_at
        ).count()
        review.decision = max(1, 1 + anew - by_reviews)
        review.save(update_fields=["decision"])


class Migration(migrations.Migration):
    dependencies = [("appraisal", "0005_appeal_document")]

    operations = [
        migrations.AddField(
            model_name="review",
            name="decision",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.RunPython(number_decisions, migrations.RunPython.noop),
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
