from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from common import jobs, notices, outbox


@shared_task
def run_job(job_id: int) -> None:
    if jobs.run(job_id, clock=timezone.now):
        jobs.ring(job_id)


@shared_task
def ring_waiting_jobs() -> int:
    """Every minute: brings back what a killed worker or a lost message left lying."""
    now = timezone.now()
    jobs.give_up_unknown(now)
    found = jobs.waiting(now)
    for job_id in found:
        jobs.ring(job_id, expires=jobs.SWEEP_SECONDS)
    return len(found)


@worker_ready.connect
def ring_what_was_left(**event: Any) -> None:
    """A worker in place of a killed one goes on with its work at once."""
    ring_waiting_jobs.delay()
    send_notices.delay()


@shared_task
def send_notices() -> None:
    """After every commit that put something in the outbox, and every minute for what was left lying."""
    if outbox.send_due(clock=timezone.now):
        outbox.ring(expires=outbox.SWEEP_SECONDS)


@shared_task
def remove_old_notices() -> int:
    return notices.remove_old(timezone.now())


@shared_task
def remove_expired_files() -> int:
    return jobs.remove_expired_files(timezone.now())
