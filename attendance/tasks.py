from celery import shared_task
from django.utils import timezone

from attendance.services import rounds, sweeps


@shared_task
def record_missing_sheets() -> int:
    return sweeps.missing_sheets_record(now=timezone.now())


@shared_task
def remind_of_sheets() -> int:
    return sweeps.sheets_remind(now=timezone.now())


@shared_task
def tell_of_decidable_findings() -> int:
    return sweeps.decidable_tell(now=timezone.now())


@shared_task
def forget_open_rounds() -> int:
    return rounds.forget_open_rounds(timezone.now())


@shared_task
def sweep_evidence() -> int:
    """Photos that belong to no problem and no finding."""
    return sweeps.evidence_sweep(now=timezone.now())
