"""What is written down when somebody’s record leaves the screen."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from cards.models import Cadre
from common import audit


@transaction.atomic
def record_printed(*, cadre: Cadre, actor: User, now: datetime) -> None:
    """Whoever prints their own answers to nobody for it."""
    if cadre.user_id != actor.pk:
        audit.record(verb="record_printed", subject=cadre, actor=actor, now=now)
