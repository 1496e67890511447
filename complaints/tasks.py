from celery import shared_task
from django.utils import timezone

from complaints.services import sweeps


@shared_task
def reach_stages() -> int:
    return sweeps.stages_reach(now=timezone.now())
