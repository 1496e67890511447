"""The print log."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import ngettext

from accounts.models import User
from cards.models import Cadre, Card, Printing
from common import audit
from common.models import JobItem
from common.problems import Refused


@dataclass(frozen=True)
class Print:
    """One document of one card as it was drawn; `shown` is everything it says."""

    card_id: int
    kind: str
    shown: dict[str, Any]
    fingerprint: str


@transaction.atomic
def prints_record(
    *, prints: Sequence[Print], actor: User | None, now: datetime, item: JobItem | None = None
) -> None:
    """Remember what was printed. Raises Refused when a card was revoked while its document was drawn; hand the
    documents out after this, or within the same transaction. `item` is the step of a job whose file holds them."""
    ids = {printed.card_id for printed in prints}
    cards = {card.pk: card for card in Card.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    _check_valid(cards.values())
    if item is not None:
        _check_once(prints, cards, item)
    Printing.objects.bulk_create(
        (
            Printing(
                card_id=printed.card_id,
                kind=printed.kind,
                shown=printed.shown,
                fingerprint=printed.fingerprint,
                printed_at=now,
                printed_by=actor,
                job=item.job if item is not None else None,
                item=item,
            )
            for printed in prints
        ),
        batch_size=100,
    )
    audit.record_each(
        verb="document_printed",
        subjects=(
            (Cadre(pk=cards[p.card_id].cadre_id), {"serial": cards[p.card_id].serial, "kind": p.kind})
            for p in prints
        ),
        actor=actor,
        now=now,
    )


def _check_valid(cards: Iterable[Card]) -> None:
    revoked = sorted(card.serial for card in cards if card.revoked_at is not None)
    if revoked:
        sentence = ngettext(
            "Card %(serials)s was revoked while its document was being drawn: print again.",
            "Cards %(serials)s were revoked while their documents were being drawn: print again.",
            len(revoked),
        )
        raise Refused(sentence % {"serials": "、".join(revoked)})


def _check_once(prints: Sequence[Print], cards: dict[int, Card], item: JobItem) -> None:
    """Whoever moves from one unit to another while a job runs would be in two of its files."""
    done = set(Printing.objects.filter(job=item.job_id, card__in=cards).values_list("card", "kind"))
    twice = sorted(cards[p.card_id].serial for p in prints if (p.card_id, p.kind) in done)
    if twice:
        sentence = ngettext(
            "Card %(serials)s moved while this job ran and stands in another of its files: print again.",
            "Cards %(serials)s moved while this job ran and stand in another of its files: print again.",
            len(twice),
        )
        raise Refused(sentence % {"serials": "、".join(twice)})
