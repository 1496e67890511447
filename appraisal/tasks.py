from celery import shared_task
from django.utils import timezone

from appraisal.services import closing


@shared_task
def draft_months() -> int:
    return closing.drafts_make(now=timezone.now())
