from celery import shared_task
from django.utils import timezone

from cards import photos, services, uploads
from cards.models import Cadre


@shared_task
def revoke_ended_service() -> int:
    """The cards of those whose last day is over."""
    return services.revoke_ended_service(now=timezone.now())


@shared_task
def sweep_photos() -> int:
    """The photos of runs that were killed before they were anybody's."""
    used = frozenset(Cadre.objects.exclude(photo="").values_list("photo", flat=True))
    return photos.sweep_orphans(used, timezone.now())


@shared_task
def sweep_rosters() -> int:
    """Rosters that nobody confirmed in time, and those that are stored."""
    return uploads.sweep(timezone.now())
