from celery import shared_task
from django.utils import timezone

from appraisal.services import (
    aftermath,
    bulletins,
    closing,
    objections,
    orders,
    proposing,
    reviews,
    sanction_reminders,
    sweeps,
    years,
)


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


@shared_task
def remind_of_reviews() -> int:
    return reviews.reviews_remind(now=timezone.now())


@shared_task
def propose_sanctions() -> int:
    """This year's, and what is established late of the last: a complaint of December may be closed in March. What was
    proposed and can be decided by now is told to whoever may."""
    now = timezone.now()
    sanction_reminders.sanctions_remind(now=now)
    year = timezone.localdate(now).year
    return sum(proposing.sanctions_propose(year=one, now=now) for one in (year - 1, year))


@shared_task
def compute_year(year: int) -> int:
    return years.year_appraise(year=year, now=timezone.now()).changed


@shared_task
def compute_years() -> int:
    """Every year that was computed once, should a doorbell have been lost."""
    now = timezone.now()
    return sum(years.year_appraise(year=year, now=now).changed for year in years.due_years(now))


@shared_task
def remind_of_the_rollout() -> int:
    return orders.orders_and_deadlines_remind(now=timezone.now())
