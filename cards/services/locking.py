from cards.models import Cadre, CadreQuerySet


def locked(cadre: Cadre) -> Cadre:
    """The row as it stands now, nobody else's until the transaction ends: verbs lock first and check then."""
    return Cadre.objects.select_for_update(of=("self",)).select_related("unit", "office").get(pk=cadre.pk)


def locked_together(people: CadreQuerySet) -> dict[int, Cadre]:
    """Several at once, by id, in one order: two verbs that want the same people never wait for each other."""
    return {cadre.pk: cadre for cadre in people.select_for_update().order_by("pk")}
