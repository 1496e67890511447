from cards.models import Cadre


def locked(cadre: Cadre) -> Cadre:
    """The row as it stands now, nobody else's until the transaction ends: verbs lock first and check then."""
    return Cadre.objects.select_for_update(of=("self",)).select_related("unit", "office").get(pk=cadre.pk)
