from celery import shared_task
from django.utils import timezone

from complaints.services import purge, sweeps


@shared_task
def reach_stages() -> int:
    return sweeps.stages_reach(now=timezone.now())


@shared_task
def remove_drafts() -> int:
    return sweeps.drafts_remove(now=timezone.now())


@shared_task
def purge_complaints() -> int:
    """Contacts, texts and evidence whose period is over."""
    return purge.purge(now=timezone.now())
