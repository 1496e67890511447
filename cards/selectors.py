"""What cards reads: statuses of many at once and the public card, in a number of queries that never grows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery

from cards.models import Cadre, CadreQuerySet, Card, Consent, Office, Placement, Whereabouts
from cards.rules import Declaration, Status, status_at
from common import calendar
from common.rules import OfficeHours, local


@dataclass
class HoursBook:
    """Office hours by set, read once each."""

    day: date
    _sets: dict[int, OfficeHours] = field(default_factory=dict)

    def of(self, hours_id: int) -> OfficeHours:
        if hours_id not in self._sets:
            self._sets[hours_id] = calendar.office_hours(hours_id, self.day)
        return self._sets[hours_id]


def current_placements(day: date) -> QuerySet[Placement]:
    within = Q(valid_to=None) | Q(valid_to__gte=day)
    return Placement.objects.filter(within, valid_from__lte=day).select_related("office__unit")


def with_place(cadres: CadreQuerySet, day: date) -> CadreQuerySet:
    """Everything that `place_of` needs, for any number of cadres in two queries."""
    placements = Prefetch("placements", queryset=current_placements(day), to_attr="current_placements")
    return cadres.select_related("unit", "office").prefetch_related(placements)


def place_of(cadre: Cadre) -> Office:
    """The office where somebody works today: a secondment's, a village post's, or their own."""
    placements: list[Placement] = getattr(cadre, "current_placements", [])
    if placements:
        return placements[0].office
    cadre.office.unit = cadre.unit
    return cadre.office


def latest_declarations(cadre_ids: Iterable[int], now: datetime) -> dict[int, Declaration]:
    """The newest declaration that has begun, by cadre: one query, one index lookup per cadre."""
    newest = Whereabouts.objects.begun(now).filter(cadre=OuterRef("pk")).values("pk")[:1]
    ids = Cadre.objects.filter(pk__in=list(cadre_ids)).values(newest=Subquery(newest))
    rows = Whereabouts.objects.filter(pk__in=ids)
    return {row.cadre_id: row.as_declaration() for row in rows}


def statuses(cadres: Iterable[Cadre], now: datetime, book: HoursBook | None = None) -> dict[int, Status]:
    """What each plaque says at `now`; give cadres read `with_place`."""
    people = list(cadres)
    book = book or HoursBook(local(now).date())
    latest = latest_declarations([cadre.pk for cadre in people], now)
    return {
        cadre.pk: status_at(now, book.of(place_of(cadre).unit.office_hours_id), latest.get(cadre.pk))
        for cadre in people
    }


@dataclass(frozen=True)
class PublicCard:
    """Everything the card page may show, and nothing else."""

    card: Card
    cadre: Cadre
    office: Office
    posts: list[str]
    duties: list[str]
    consents: frozenset[str]
    status: Status
    hours: OfficeHours
    stand_in: Cadre | None
    stand_in_status: Status | None
    stand_in_token: str


def find_card(token: str) -> Card | None:
    cards = Card.objects.select_related("cadre__unit", "cadre__office", "cadre__stand_in")
    return cards.filter(token=token).first()


def standing_consents(cadre_id: int) -> frozenset[str]:
    subjects = Consent.objects.filter(cadre=cadre_id, withdrawn_at=None).values_list("subject", flat=True)
    return frozenset(subjects)


def public_card(card: Card, now: datetime) -> PublicCard:
    today = local(now).date()
    people = with_place(Cadre.objects.filter(pk__in=[card.cadre_id, card.cadre.stand_in_id or 0]), today)
    by_id = {cadre.pk: cadre for cadre in people}
    cadre = by_id[card.cadre_id]
    stand_in = by_id.get(card.cadre.stand_in_id or 0)
    if stand_in is not None and not stand_in.is_serving(today):
        stand_in = None
    book = HoursBook(today)
    said = statuses(by_id.values(), now, book)
    return PublicCard(
        card=card,
        cadre=cadre,
        office=place_of(cadre),
        posts=[post.title for post in cadre.posts.all()],
        duties=[duty.text for duty in cadre.duties.all()],
        consents=standing_consents(cadre.pk),
        status=said[cadre.pk],
        hours=book.of(place_of(cadre).unit.office_hours_id),
        stand_in=stand_in,
        stand_in_status=said[stand_in.pk] if stand_in else None,
        stand_in_token=_valid_token(stand_in),
    )


def _valid_token(cadre: Cadre | None) -> str:
    if cadre is None:
        return ""
    return Card.objects.valid().filter(cadre=cadre).values_list("token", flat=True).first() or ""
