"""Verbs lock first and check then: a unit that is written to before any person, and people by their number.

Nothing is joined to what is locked: PostgreSQL, having waited for a row, drops it when its unit or office was changed
meanwhile, because it compares the new row with the old unit.
"""

from cards.models import Cadre, CadreQuerySet


def locked(cadre: Cadre) -> Cadre:
    """The row as it stands now, nobody else's until the transaction ends."""
    return Cadre.objects.select_for_update().get(pk=cadre.pk)


def locked_together(people: CadreQuerySet) -> dict[int, Cadre]:
    """Several at once, by id, in one order: two verbs that want the same people never wait for each other."""
    return {cadre.pk: cadre for cadre in people.select_for_update().order_by("pk")}
