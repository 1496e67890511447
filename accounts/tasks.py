from celery import shared_task
from django.core.management import call_command


@shared_task
def clear_sessions() -> None:
    """Nightly: expired sessions are of no use to anybody but a thief."""
    call_command("clearsessions")
