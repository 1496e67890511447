import os
from typing import Any

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longquan_cadre.settings")

#: A killed worker's tasks come back after the visibility timeout; kombu looks for them every 100 s unless told
#: otherwise. No task of ours runs for 15 minutes: long work is a job row with a lease, not a long message.
REDIS_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}


def filesystem_options() -> dict[str, Any]:
    """Make the embedded broker's folders: kombu doesn't, and a worker without them exits."""
    queue, control = settings.BROKER_DIR / "queue", settings.BROKER_DIR / "control"
    for folder in (queue, control):
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(queue),
        "data_folder_out": str(queue),
        "control_folder": str(control),
    }


app = Celery("longquan_cadre")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    broker_transport_options=REDIS_OPTIONS if settings.REDIS_URL else filesystem_options(),
    broker_connection_retry_on_startup=True,
    # Both, or a killed child loses the task it was running.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
)
app.autodiscover_tasks()
