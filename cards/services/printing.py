"""The print log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import ngettext

from accounts.models import User
from cards.models import Card, Printing
from common import audit
from common.models import Job
from common.problems import Refused


@dataclass(frozen=True)
class Print:
    """One document of one card as it was drawn; `shown` is everything it says."""

    card: Card
    kind: str
    shown: dict[str, Any]
    fingerprint: str


@transaction.atomic
def prints_record(
    *, prints: Sequence[Print], actor: User | None, now: datetime, job: Job | None = None
) -> None:
    """Remember what was printed. Raises Refused when a card was revoked while its document was drawn; hand the
    documents out after this, or within the same transaction."""
    ids = {printed.card.pk for printed in prints}
    cards = Card.objects.select_for_update().valid().filter(pk__in=ids)
    valid = set(cards.order_by("pk").values_list("pk", flat=True))
    revoked = sorted({printed.card.serial for printed in prints if printed.card.pk not in valid})
    if revoked:
        sentence = ngettext(
            "Card %(serials)s was revoked while its document was being drawn: print again.",
            "Cards %(serials)s were revoked while their documents were being drawn: print again.",
            len(revoked),
        )
        raise Refused(sentence % {"serials": "、".join(revoked)})
    Printing.objects.bulk_create(
        (
            Printing(
                card=printed.card,
                kind=printed.kind,
                shown=printed.shown,
                fingerprint=printed.fingerprint,
                printed_at=now,
                printed_by=actor,
                job=job,
            )
            for printed in prints
        ),
        batch_size=200,
    )
    audit.record_each(
        verb="document_printed",
        subjects=((p.card.cadre, {"serial": p.card.serial, "kind": p.kind}) for p in prints),
        actor=actor,
        now=now,
    )
