"""Which years are to be computed anew once what they rest on has changed: after commit, by a task, and by the sweep of
the night should the task be lost."""

from django.db import transaction

from appraisal.models import UnitResult


def changed(year: int) -> None:
    """Of a year that nobody has computed yet, nothing is due."""
    if UnitResult.objects.filter(year=year).exists():
        transaction.on_commit(lambda: _doorbell(year), robust=True)


def _doorbell(year: int) -> None:
    # A lower room may not know of tasks when it is imported.
    from appraisal.tasks import compute_year

    compute_year.delay(year)
