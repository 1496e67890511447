from celery import shared_task
from django.utils import timezone

from appraisal.services import closing, sweeps


@shared_task
def draft_months() -> int:
    return closing.drafts_make(now=timezone.now())


@shared_task
def reach_month_deadlines() -> int:
    return sweeps.deadlines_sweep(now=timezone.now())
