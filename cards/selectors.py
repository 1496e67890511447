"""What cards reads: statuses of many at once and the public card, in a number of queries that never grows."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from cards.models import (
    Cadre,
    CadreQuerySet,
    Card,
    CardRequest,
    Consent,
    Office,
    Placement,
    Printing,
    PrintKind,
    ShiftDay,
    Transfer,
    Whereabouts,
)
from cards.presentation import StatusView, below_the_name, status_view, working_elsewhere
from cards.rules import Declaration, State, Status, room_key, status_at
from common import calendar
from common.rules import HORIZON_DAYS, Clocks, OfficeHours, local

CARD_FILTERS = {
    "none": _("Without a valid card"),
    "waiting": _("Waiting for approval"),
    "refused": _("Sent back"),
    "unprinted": _("Plaque not printed"),
}

#: What may hang beside a door.
PLAQUES = (PrintKind.PLAQUE, PrintKind.COMBINED)


def by_card(people: CadreQuerySet, wanted: str) -> CadreQuerySet:
    """Those whose card stands as `wanted`, a key of CARD_FILTERS: the figures of the desk and the lists behind them."""
    cards = Card.objects.valid().filter(cadre=OuterRef("pk"))
    asked = CardRequest.objects.filter(cadre=OuterRef("pk"))
    if wanted == "none":
        return people.filter(~Exists(cards))
    if wanted == "waiting":
        return people.filter(Exists(asked.filter(decision="")))
    if wanted == "refused":  # and not asked for again since
        last = asked.order_by("-requested_at", "-pk").values("decision")[:1]
        return people.alias(last_decision=Subquery(last)).filter(last_decision=CardRequest.Decision.REFUSED)
    if wanted == "unprinted":
        plaques = Printing.objects.filter(card=OuterRef("pk"), kind__in=PLAQUES)
        return people.filter(Exists(cards.filter(~Exists(plaques))))
    return people


def with_card(people: CadreQuerySet) -> CadreQuerySet:
    """Those whom a citizen may look up: a card of theirs is valid."""
    return people.filter(Exists(Card.objects.valid().filter(cadre=OuterRef("pk"))))


def printed(cards: Iterable[Card]) -> set[int]:
    """Of which of these cards a plaque was ever printed; one query for any number."""
    log = Printing.objects.filter(card__in=[card.pk for card in cards], kind__in=PLAQUES)
    return set(log.order_by().values_list("card_id", flat=True).distinct())


def behind_one_door(office: Office) -> list[Office]:
    """The offices in the room of this one, however each was typed."""
    door = room_key(office.location, office.room)
    near = Office.objects.filter(unit=office.unit_id).order_by("pk")
    return [one for one in near if room_key(one.location, one.room) == door]


@dataclass
class HoursBook:
    """Office hours by set, and the shifts of those who work outside them; each read once."""

    day: date
    _sets: dict[int, OfficeHours] = field(default_factory=dict)
    #: By cadre; whoever was asked about and has no shifts has none here.
    _shifts: dict[int, dict[date, Clocks]] = field(default_factory=dict)

    def of(self, hours_id: int) -> OfficeHours:
        if hours_id not in self._sets:
            self._sets[hours_id] = calendar.office_hours(hours_id, self.day)
        return self._sets[hours_id]

    def of_person(self, cadre_id: int, hours_id: int) -> OfficeHours:
        """The hours of a set, and on the days of a shift those instead."""
        self.read_shifts([cadre_id])
        shifts = self._shifts[cadre_id]
        return replace(self.of(hours_id), own=shifts) if shifts else self.of(hours_id)

    def read_shifts(self, cadre_ids: Iterable[int]) -> None:
        """One query for any number of people, before they are asked about one by one."""
        if unread := [pk for pk in cadre_ids if pk not in self._shifts]:
            self._keep(unread, shifts_around(self.day).filter(cadre__in=unread))

    def read_shifts_of_all(self, cadre_ids: Collection[int], asked: Collection[int]) -> None:
        """Of thousands only the shifts that may run now, and of those `asked` about also what follows: one query, of
        as many rows as there are people at work in shifts."""
        running = Q(day__gte=self.day - timedelta(days=1), day__lte=self.day)
        self._keep(cadre_ids, shifts_around(self.day).filter(running | Q(cadre__in=list(asked))))

    def _keep(self, cadre_ids: Iterable[int], rows: QuerySet[ShiftDay]) -> None:
        found: dict[int, dict[date, Clocks]] = defaultdict(dict)
        for cadre_id, day, spans in rows.order_by().values_list("cadre_id", "day", "spans"):
            found[cadre_id][day] = calendar.clocks(spans)
        self._shifts |= {pk: found.get(pk, {}) for pk in cadre_ids}

    def has_shifts(self, cadre_id: int) -> bool:
        return bool(self._shifts.get(cadre_id))


def shifts_around(day: date) -> QuerySet[ShiftDay]:
    """The shifts that decide what a plaque says on a day: from the night before to the end of the horizon."""
    last = day + timedelta(days=HORIZON_DAYS)
    return ShiftDay.objects.standing().filter(day__gte=day - timedelta(days=1), day__lte=last)


def current_placements(day: date) -> QuerySet[Placement]:
    within = Q(valid_to=None) | Q(valid_to__gte=day)
    return Placement.objects.filter(within, valid_from__lte=day).select_related("office__unit")


def with_place(cadres: CadreQuerySet, day: date) -> CadreQuerySet:
    """Everything that `place_of` needs, for any number of cadres in two queries."""
    placements = Prefetch("placements", queryset=current_placements(day), to_attr="current_placements")
    return cadres.select_related("unit", "office").prefetch_related(placements)


def place_of(cadre: Cadre) -> Office:
    """The office where somebody works today: a secondment's, a village post's, or their own."""
    if placement := placement_of(cadre):
        return placement.office
    cadre.office.unit = cadre.unit
    return cadre.office


def placement_of(cadre: Cadre) -> Placement | None:
    placements: list[Placement] = getattr(cadre, "current_placements", [])
    return placements[0] if placements else None


def elsewhere(cadre: Cadre) -> str:
    """As what and where somebody works for a time, in words; empty at home."""
    if (placement := placement_of(cadre)) is None:
        return ""
    office = placement.office
    return working_elsewhere(placement.get_kind_display(), office.unit.name, office.name)


def posts_in_words(cadre: Cadre, *, under: Unit | None = None) -> tuple[str, ...]:
    """What stands below the name, under the name of the home unit or of another; read `with_place` and posts."""
    titles = [post.title for post in cadre.posts.all()]
    unit = "" if under is None or under.pk == cadre.unit_id else cadre.unit.name
    return below_the_name(titles, cadre.office.name, unit=unit, elsewhere=elsewhere(cadre))


def post_at_work(cadre: Cadre, title: str | None = None) -> str:
    """Beside an office that is named already: the bare title at home, the home office with it elsewhere. `title` is
    the primary post's, where it has been read with the person."""
    if title is None:
        title = next((post.title for post in cadre.posts.all()), "")
    placement = placement_of(cadre)
    if placement is None or not title:
        return title
    home = "" if placement.office.unit_id == cadre.unit_id else cadre.unit.name
    post = below_the_name([title], cadre.office.name, unit=home)[0]
    return f"{post}\uff08{placement.get_kind_display()}\uff09"


#: How far a search for the next opening looks.
AHEAD = timedelta(days=HORIZON_DAYS)


def declarations(
    cadre_ids: Iterable[int], now: datetime, ahead: timedelta = AHEAD
) -> dict[int, list[Declaration]]:
    """What was said of now and of the days ahead, by cadre, newest beginning first: all that `status_at` asks for.

    Two queries, and a handful of rows per cadre however long the history: the newest word, the last "back at post",
    what still runs, and what is planned `ahead`: at least within the horizon of a search for the next opening.
    """
    people = list(cadre_ids)
    begun = Whereabouts.objects.begun(now).filter(cadre=OuterRef("pk")).values("pk")
    marks = Cadre.objects.filter(pk__in=people).values_list(
        "pk", Subquery(begun[:1]), Subquery(begun.filter(state=State.AT_POST)[:1])
    )
    ids = {pk for _cadre, *pair in marks for pk in pair if pk is not None}
    rows = Whereabouts.objects.standing().filter(
        Q(pk__in=ids)
        | Q(cadre__in=people, until__gt=now, since__lte=now)
        | Q(cadre__in=people, since__gt=now, since__lte=now + ahead)
    )
    found: dict[int, list[Declaration]] = defaultdict(list)
    for row in rows.order_by("-since", "-pk"):
        found[row.cadre_id].append(row.as_declaration())
    return found


def statuses(cadres: Iterable[Cadre], now: datetime, book: HoursBook | None = None) -> dict[int, Status]:
    """What each plaque says at `now`; give cadres read `with_place`."""
    people = list(cadres)
    book = book or HoursBook(local(now).date())
    book.read_shifts(cadre.pk for cadre in people)
    said = declarations([cadre.pk for cadre in people], now)
    return {cadre.pk: status_at(now, hours_of(cadre, book), said.get(cadre.pk, [])) for cadre in people}


def hours_of(cadre: Cadre, book: HoursBook) -> OfficeHours:
    """The office hours of the place where somebody works today, or their own shifts."""
    return book.of_person(cadre.pk, place_of(cadre).unit.office_hours_id)


def shown(cadres: Iterable[Cadre], now: datetime) -> dict[int, StatusView]:
    """The statuses in words; give cadres read `with_place`."""
    people = list(cadres)
    book = HoursBook(local(now).date())
    said = statuses(people, now, book)
    return {cadre.pk: status_view(said[cadre.pk], hours_of(cadre, book), now) for cadre in people}


def moves(cadre: Cadre, day: date) -> dict[str, Any]:
    """Where somebody works for a time, and where they go: what the person page shows of it."""
    placements = cadre.placements.select_related("office__unit")
    last = cadre.transfers.select_related("to_unit", "proposed_by").order_by("-proposed_at", "-pk").first()
    declined = last is not None and last.decision == Transfer.Decision.DECLINED
    return {
        "placements": [
            {
                "placement": each,
                "over": each.valid_to is not None and each.valid_to < day,
                "current": each.valid_from <= day and (each.valid_to is None or each.valid_to >= day),
            }
            for each in placements
        ],
        "transfer": last if last is not None and not last.decision else None,
        "declined": last if last is not None and declined and last.from_unit_id == cadre.unit_id else None,
    }


@dataclass(frozen=True)
class Listed:
    """Somebody on a public list: what the card page says first, and nothing that needs consent."""

    cadre: Cadre
    #: Where to find them today.
    office: Office
    title: str
    #: The title after the home office.
    post: str
    elsewhere: str
    duties: list[str]
    status: StatusView
    token: str


def listed(people: CadreQuerySet, ids: list[int], now: datetime) -> list[Listed]:
    """These in this order, in a number of queries that does not grow; `people` decides who is shown at all."""
    valid = Prefetch("cards", queryset=Card.objects.valid(), to_attr="valid_cards")
    placed = with_place(people, local(now).date()).prefetch_related("posts", "duties", valid)
    by_id = placed.in_bulk(ids)
    status = shown(by_id.values(), now)
    return [
        Listed(
            cadre=cadre,
            office=place_of(cadre),
            title=next((post.title for post in cadre.posts.all()), ""),
            post=next(iter(posts_in_words(cadre)), ""),
            elsewhere=elsewhere(cadre),
            duties=[duty.text for duty in cadre.duties.all()],
            status=status[cadre.pk],
            token=cadre.valid_cards[0].token,
        )
        for cadre in (by_id[pk] for pk in ids if pk in by_id)
        if cadre.valid_cards  # revoked between two queries
    ]


@dataclass(frozen=True)
class PublicCard:
    """Everything the card page may show, and nothing else."""

    card: Card
    cadre: Cadre
    #: Where to find them today.
    office: Office
    title: str
    #: What stands below the name.
    posts: tuple[str, ...]
    elsewhere: str
    duties: list[str]
    consents: frozenset[str]
    status: Status
    status_view: StatusView
    stand_in: Cadre | None
    stand_in_status: Status | None
    stand_in_view: StatusView | None
    stand_in_token: str


def find_card(token: str) -> Card | None:
    cards = Card.objects.select_related("cadre__unit", "cadre__office", "cadre__stand_in")
    return cards.filter(token=token).first()


def standing_consents(cadre_id: int) -> frozenset[str]:
    subjects = Consent.objects.filter(cadre=cadre_id, withdrawn_at=None).values_list("subject", flat=True)
    return frozenset(subjects)


def public_card(card: Card, now: datetime) -> PublicCard:
    today = local(now).date()
    people = Cadre.objects.filter(pk__in=[card.cadre_id, card.cadre.stand_in_id or 0])
    by_id = {cadre.pk: cadre for cadre in with_place(people, today).prefetch_related("posts")}
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
        title=next((post.title for post in cadre.posts.all()), ""),
        posts=posts_in_words(cadre),
        elsewhere=elsewhere(cadre),
        duties=[duty.text for duty in cadre.duties.all()],
        consents=standing_consents(cadre.pk),
        status=said[cadre.pk],
        status_view=status_view(said[cadre.pk], hours_of(cadre, book), now),
        stand_in=stand_in,
        stand_in_status=said[stand_in.pk] if stand_in else None,
        stand_in_view=status_view(said[stand_in.pk], hours_of(stand_in, book), now) if stand_in else None,
        stand_in_token=_valid_token(stand_in),
    )


def _valid_token(cadre: Cadre | None) -> str:
    if cadre is None:
        return ""
    return Card.objects.valid().filter(cadre=cadre).values_list("token", flat=True).first() or ""
