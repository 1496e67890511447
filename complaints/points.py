"""Verification points as they are read: whose they are to answer, how each of them stands, and what the accused is
shown of a case that is over."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.access import Access
from accounts.models import Membership, Role
from cards.models import Cadre
from complaints import rules
from complaints.models import Complaint, Interest, Outcome, VerificationPoint
from complaints.models.cases import ENCRYPTED, SUPERIORS, PointQuerySet
from complaints.rules import Move, State

#: What is found wrong with somebody; of anything else only being cleared is told.
FOUND = (Outcome.SUBSTANTIATED, Outcome.PARTLY)
_SALT = "complaints.statement"

Rows = TypeVar("Rows", bound=QuerySet[Any])


# --- How a point stands ---------------------------------------------------------------------------------------------


class Standing(StrEnum):
    #: Nobody is asked before the Express head has decided how.
    HELD = "held"
    DROPPED = "dropped"
    OPEN = "open"
    LATE = "late"
    ANSWERED = "answered"
    ANSWERED_LATE = "answered_late"
    #: The case went on without an answer.
    OVER = "over"


LABELS = {
    Standing.HELD: _("Waits for the head’s decision"),
    Standing.DROPPED: _("Not asked"),
    Standing.OPEN: _("Waits for an answer"),
    Standing.LATE: _("Answer overdue"),
    Standing.ANSWERED: _("Answered"),
    Standing.ANSWERED_LATE: _("Answered late"),
    Standing.OVER: _("Not answered"),
}
TONES = {
    Standing.HELD: "out",
    Standing.DROPPED: "idle",
    Standing.OPEN: "out",
    Standing.LATE: "bad",
    Standing.ANSWERED: "on",
    Standing.ANSWERED_LATE: "out",
    Standing.OVER: "idle",
}


def standing(point: VerificationPoint, now: datetime) -> Standing:
    if point.asked_at is None:
        return Standing.HELD if point.decided_by_id is None else Standing.DROPPED
    late = point.due_at is not None and (point.answered_at or now) > point.due_at
    if point.answered_at is not None:
        return Standing.ANSWERED_LATE if late else Standing.ANSWERED
    if not rules.can(point.complaint.state, Move.ANSWER_POINT):
        return Standing.OVER
    return Standing.LATE if late else Standing.OPEN


@dataclass(frozen=True)
class View:
    """A line of a list, and the head of a page."""

    point: VerificationPoint
    standing: Standing
    #: Nothing more is wanted of anybody: it was about a wrong accusation.
    is_cleared: bool

    @property
    def label(self) -> Any:
        return LABELS[self.standing]

    @property
    def tone(self) -> str:
        return TONES[self.standing]

    @property
    def is_open(self) -> bool:
        return self.standing in (Standing.OPEN, Standing.LATE)

    @property
    def last_day(self) -> date | None:
        return rules.last_day(self.point.due_at) if self.point.due_at is not None else None


def views(found: Iterable[VerificationPoint], now: datetime) -> list[View]:
    return [View(point, standing(point, now), _is_cleared(point.complaint)) for point in found]


def _is_cleared(case: Complaint) -> bool:
    return case.outcome == Outcome.CLEARED and case.closed_at is not None


# --- Whose they are -------------------------------------------------------------------------------------------------


def for_lists(found: PointQuerySet) -> PointQuerySet:
    words = (f"complaint__{name}" for name in ENCRYPTED)
    return found.select_related("complaint", "cadre", "unit").defer(*words)


def of_case(case: Complaint) -> PointQuerySet:
    people = ("cadre", "unit", "decided_by", "written_by", "answered_by", "complaint")
    return case.points.select_related(*people)


def _shown() -> PointQuerySet:
    """What was asked, and is not with the commission: a referral hides the file from everybody it was about."""
    return VerificationPoint.objects.asked().exclude(
        complaint__matter__in=Complaint.objects.referred_matters()
    )


def of_cadre(cadre: Cadre) -> PointQuerySet:
    """What the accused is or was asked, the newest first."""
    return for_lists(_shown().filter(cadre=cadre)).order_by("-asked_at", "-pk")


def of_units(access: Access, today: date) -> PointQuerySet:
    """What somebody answers for their unit, or enters for a colleague without an account; the newest first.

    Nothing about themselves or whom they declared an interest in, and nothing at all where whoever answers for the
    unit is the accused: such cases stay with the city.
    """
    every, officers = _units(access, SUPERIORS), _units(access, (Role.UNIT_OFFICER,))
    found = _shown().filter(Q(unit__in=every) | Q(cadre__unit__in=officers, cadre__user=None))
    unit = Coalesce(OuterRef("unit"), OuterRef("cadre__unit"))
    return for_lists(_known_to(access, found, "complaint__", unit, today)).order_by("-asked_at", "-pk")


def unit_statements(access: Access, today: date, cadre: Cadre | None = None) -> list[Complaint]:
    """What was found of the reader's unit itself, and of colleagues without an account, for whom the officer reads; the
    newest first, under the same rule as what they answer. With `cadre`, of this colleague alone."""
    every, officers = _units(access, SUPERIORS), _units(access, (Role.UNIT_OFFICER,))
    found = _last_words().filter(outcome__in=FOUND)
    if cadre is not None:
        found = found.filter(cadre=cadre)
    found = found.filter(Q(unit__in=every, cadre=None) | Q(cadre__unit__in=officers, cadre__user=None))
    known = _known_to(access, found, "", OuterRef("unit"), today)
    shown = ("outcome", "statement", "closed_at", "unit__name", "cadre__name")
    return list(known.select_related("unit", "cadre").only(*shown).order_by("-closed_at", "-pk"))


def _known_to(access: Access, found: Rows, case: str, unit: OuterRef | Coalesce, today: date) -> Rows:
    """Without what is about the reader, about whom they declared an interest in, of what they stepped back from, and
    about whoever answers for the unit. `case` leads from a row to its complaint, `unit` to the unit that reads."""
    own = Interest.objects.filter(user=access.user)
    return (
        found.exclude(**{f"{case}cadre__user": access.user})
        .exclude(**{f"{case}cadre__in": own.filter(cadre__isnull=False).values("cadre")})
        .exclude(**{f"{case}matter__in": own.filter(complaint__isnull=False).values("complaint__matter")})
        .exclude(**{f"{case}cadre__leads_unit": True})
        .exclude(Exists(accused_answering(OuterRef(f"{case}cadre__user"), unit, today)))
    )


def accused_answering(accused: OuterRef, unit: OuterRef | Coalesce, today: date) -> QuerySet[Membership]:
    """Whether whom a case is about answers for the unit (interests.unit_is_involved), for a query."""
    return Membership.objects.current(today).filter(user=accused, role__in=SUPERIORS, unit=unit)


def _units(access: Access, roles: Collection[Role]) -> set[int]:
    return {member.unit_id for member in access.memberships if member.role in roles and member.unit_id}


def waiting(found: PointQuerySet) -> PointQuerySet:
    """Of these, what can still be answered."""
    states = [state for state, moves in rules.MOVES.items() if Move.ANSWER_POINT in moves]
    return found.filter(answered_at=None, complaint__state__in=states)


def without_interest(users: Iterable[int], case: Complaint) -> set[int]:
    """Of these, who may hear of a question about the case."""
    interested = Interest.objects.filter(
        Q(complaint__matter=case.matter) | Q(cadre=case.cadre, cadre__isnull=False)
    )
    accused = case.cadre.user_id if case.cadre is not None else None
    return set(users) - set(interested.values_list("user", flat=True)) - {accused}


# --- What the accused is shown afterwards ---------------------------------------------------------------------------


def statements(cadre: Cadre) -> list[Complaint]:
    """Cases that are over and say something of this person, the newest first.

    What was found wrong; and that they were cleared, if they were asked: whom an accusation never reached need not
    hear of it. A case that was done again stands for what it was before, a duplicate for nothing of its own.
    """
    return list(_accused_reads(_told_of(cadre)).order_by("-closed_at", "-pk"))


def _told_of(cadre: Cadre) -> QuerySet[Complaint]:
    asked = VerificationPoint.objects.asked().filter(complaint__matter=OuterRef("matter"), cadre=cadre)
    return _last_words().filter(Q(outcome__in=FOUND) | Q(Exists(asked), outcome=Outcome.CLEARED), cadre=cadre)


def city_statements(access: Access, cadre: Cadre) -> list[Complaint]:
    """Of the same cases those that a reader of the Express may know of, with their numbers."""
    known = Complaint.objects.visible_to(access).order_by().values("pk")
    told = _told_of(cadre).filter(pk__in=known).only("number", "outcome", "statement", "closed_at")
    return list(told.order_by("-closed_at", "-pk"))


def _last_words() -> QuerySet[Complaint]:
    """Of each matter the case that was closed last; none of those with the commission."""
    closed = Complaint.objects.filter(
        closed_at__isnull=False, state__in=(State.CLOSED, State.ANSWERED), master=None
    )
    later = closed.filter(
        Q(closed_at__gt=OuterRef("closed_at")) | Q(closed_at=OuterRef("closed_at"), pk__gt=OuterRef("pk")),
        matter=OuterRef("matter"),
    )
    return closed.exclude(Exists(later)).exclude(matter__in=Complaint.objects.referred_matters())


def _accused_reads(cases: QuerySet[Complaint]) -> QuerySet[Complaint]:
    """Nothing else is even read: not the text, whoever wrote it, or who handled it."""
    return cases.only("pk", "outcome", "statement", "closed_at")


def statement_token(case: Complaint) -> str:
    """In the address of a statement, which must not tell how many cases there are."""
    return salted_hmac(_SALT, str(case.pk), algorithm="sha256").hexdigest()[:20]


def statement(cadre: Cadre, token: str) -> Complaint | None:
    return next((case for case in statements(cadre) if statement_token(case) == token), None)
