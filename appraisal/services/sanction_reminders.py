"""Whoever may decide a proposal of the ladder hears of it once the days for a statement are over."""

from datetime import datetime

from django.db import transaction

from appraisal.models import Sanction
from appraisal.notifying import sanctions as telling
from appraisal.services.sanctions import deciders_of, whole
from common import notices
from common.rules import local


@transaction.atomic
def sanctions_remind(*, now: datetime) -> int:
    """Once each, however often it runs. Of somebody’s own statement, after which nobody waits, they have heard."""
    today = local(now).date()
    told = Sanction.objects.open().filter(defence_until__lt=today, proposed_measure__refers=False)
    rows = [row for row in whole(told) if not row.own_word]
    deciding = deciders_of(rows, today) if rows else {}
    return notices.send_all([telling.ripe(row, deciding[row.pk]) for row in rows], now=now)
