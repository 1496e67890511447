"""What the accused, the unit and those who decide about questions hear: that there is one, and until when. Never what
it is about, and nothing of who complained."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common import notices
from complaints import rules
from complaints.models import Complaint, VerificationPoint

ASKED = notices.Kind(
    "point_asked",
    title=_("A question waits for your answer"),
    text=_("Answer it by the end of %(day)s."),
    url=lambda params: reverse("my_point", args=[params["point"]]),
)
UNIT_ASKED = notices.Kind(
    "unit_point_asked",
    title=_("A question waits for your unit’s answer"),
    text=_("%(unit)s: answer it by the end of %(day)s."),
    url=lambda params: reverse("unit_point", args=[params["point"]]),
)
HELD = notices.Kind(
    "point_held",
    title=_("It is for you to decide how a question is put"),
    text=_("Asked as it is, it could tell who complained. Until you have decided, nobody is asked."),
    url=lambda params: reverse("complaint_point_decide", args=[params["number"], params["point"]]),
)
DECIDED = notices.Kind(
    "point_decided",
    title=_("It was decided how a question of yours is put"),
    url=lambda params: reverse("complaint", args=[params["number"]]),
)
ANSWERED = notices.Kind(
    "point_answered",
    title=_("A question of yours was answered"),
    url=lambda params: reverse("complaint", args=[params["number"]]),
)
STATEMENT = notices.Kind(
    "statement_shown",
    title=_("What was verified about you is on your page"),
    text=_("You can read it under “Questions to you”."),
    url=lambda params: reverse("my_points"),
)
UNIT_STATEMENT = notices.Kind(
    "unit_statement_shown",
    title=_("What was verified can be read under “Verification points”"),
    text=_("About your unit, or about a colleague without an account, who hears it from you."),
    url=lambda params: reverse("unit_points"),
)
CLEARED = notices.Kind(
    "accusation_cleared",
    title=_("What you were asked about was cleared up"),
    text=_("The accusation was verified and does not hold: whom it was about is cleared."),
    url=lambda params: reverse("my_points"),
)
UNIT_CLEARED = notices.Kind(
    "unit_accusation_cleared",
    title=_("What your unit was asked about was cleared up"),
    text=_("The accusation was verified and does not hold: whom it was about is cleared."),
    url=lambda params: reverse("unit_point", args=[params["point"]]),
)
KINDS = (ASKED, UNIT_ASKED, HELD, DECIDED, ANSWERED, STATEMENT, UNIT_STATEMENT, CLEARED, UNIT_CLEARED)


def register() -> None:
    for kind in KINDS:
        notices.register(kind)


def asked(point: VerificationPoint, to: Iterable[int], now: datetime) -> None:
    assert point.due_at is not None
    kind = ASKED if point.cadre is not None and point.cadre.user_id is not None else UNIT_ASKED
    unit = point.unit or (point.cadre.unit if point.cadre is not None else None)
    params = {
        "point": point.token,
        "day": rules.last_day(point.due_at).isoformat(),
        "unit": str(unit or ""),
    }
    notices.send(kind=kind.name, key=f"point:{point.token}:asked", to=to, params=params, now=now)


def of_case(kind: notices.Kind, point: VerificationPoint, to: Iterable[int], now: datetime) -> None:
    """To whoever works on the case: they have its number anyway."""
    params = {"number": point.complaint.number, "point": point.token}
    notices.send(kind=kind.name, key=f"point:{point.token}:{kind.name}", to=to, params=params, now=now)


def statement(case: Complaint, to: Iterable[int], now: datetime) -> None:
    notices.send(kind=STATEMENT.name, key=f"statement:{case.pk}", to=to, params={}, now=now)


def unit_statement(case: Complaint, to: Iterable[int], now: datetime) -> None:
    notices.send(kind=UNIT_STATEMENT.name, key=f"statement:{case.pk}", to=to, params={}, now=now)


def cleared(case: Complaint, to: Iterable[int], now: datetime) -> None:
    notices.send(kind=CLEARED.name, key=f"cleared:{case.pk}", to=to, params={}, now=now)


def unit_cleared(point: VerificationPoint, to: Iterable[int], now: datetime) -> None:
    """Once for each case, though it leads to one of the questions."""
    key = f"cleared:{point.complaint_id}"
    notices.send(kind=UNIT_CLEARED.name, key=key, to=to, params={"point": point.token}, now=now)
