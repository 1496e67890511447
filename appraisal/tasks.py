from celery import shared_task
from django.utils import timezone

from appraisal.services import aftermath, bulletins, closing, objections, sweeps


@shared_task
def draft_months() -> int:
    return closing.drafts_make(now=timezone.now())


@shared_task
def draft_bulletins() -> int:
    return bulletins.bulletins_draft_due(now=timezone.now())


@shared_task
def reach_month_deadlines() -> int:
    return sweeps.deadlines_sweep(now=timezone.now())


@shared_task
def reverse_withdrawn() -> int:
    """What was withdrawn after its month had counted it; before that, what went to the commission undecided."""
    aftermath.referred_withdraw(now=timezone.now())
    return aftermath.withdrawn_reverse(now=timezone.now())


@shared_task
def remind_of_objections() -> int:
    return objections.objections_remind(now=timezone.now())
