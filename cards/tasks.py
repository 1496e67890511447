from celery import shared_task
from django.utils import timezone

from cards import services


@shared_task
def revoke_ended_service() -> int:
    """The cards of those whose last day is over."""
    return services.revoke_ended_service(now=timezone.now())
