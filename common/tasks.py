from celery import shared_task
from django.utils import timezone

from common import jobs


@shared_task
def run_job(job_id: int) -> None:
    if jobs.run(job_id, clock=timezone.now):
        jobs.ring(job_id)


@shared_task
def ring_waiting_jobs() -> int:
    """Every minute: brings back what a killed worker or a lost message left lying."""
    found = jobs.waiting(timezone.now())
    for job_id in found:
        jobs.ring(job_id)
    return len(found)


@shared_task
def remove_expired_files() -> int:
    return jobs.remove_expired_files(timezone.now())
