"""What people hear of reviews and appeals. A title leaves the house: it names nobody, no measure and no grade."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from appraisal.models import Review, Stage
from appraisal.notifying import stages as notifying
from appraisal.words.review import outcome_words
from common import notices


def _page(params: Mapping[str, Any]) -> str:
    return reverse("review", args=[params["review"]])


def _own_page(params: Mapping[str, Any]) -> str:
    return reverse("my_review", args=[params["review"]])


def _words(params: dict[str, Any]) -> dict[str, Any]:
    year = params.get("year")
    return {
        "stage": Stage(params["stage"]).label,
        "what": gettext("annual result of %(year)s") % {"year": year} if year else params["measure"],
        "decision": outcome_words(params["state"], params.get("grade", ""), params.get("kind", "")),
    }


TO_DECIDE = notices.Kind(
    "review_to_decide",
    title=_("A review waits for a decision"),
    text=_("%(unit)s, %(what)s: %(stage)s, to be decided by %(until)s."),
    url=_page,
    words=_words,
)
ASKED = notices.Kind(
    "review_asked",
    title=_("A review was asked for"),
    text=_(
        "%(unit)s, %(what)s: %(stage)s, to be decided by %(until)s. Until then everything stays as it is."
    ),
    url=_page,
    words=_words,
)
DUE = notices.Kind(
    "review_due",
    title=_("A review has to be decided soon"),
    text=_("%(unit)s, %(what)s: %(stage)s, to be decided by %(until)s."),
    url=_page,
    words=_words,
)
OVERDUE = notices.Kind(
    "review_overdue",
    title=_("A review is overdue"),
    text=_("%(unit)s, %(what)s: %(stage)s, it was to be decided by %(until)s."),
    url=_page,
    words=_words,
)
NOBODY = notices.Kind(
    "review_nobody",
    title=_("Nobody is free to decide a review"),
    text=_(
        "%(unit)s: everybody of the Efficiency Express had a hand in it. Name another member, to decide by %(until)s."
    ),
    words=_words,
)
WITHDRAWN = notices.Kind(
    "review_withdrawn",
    title=_("A review was taken back"),
    text=_("%(unit)s, %(what)s: there is nothing to decide any more."),
    url=_page,
    words=_words,
)
DECIDED = notices.Kind(
    "review_decided",
    title=_("A review was decided"),
    text=_("%(unit)s, %(what)s: %(decision)s. Whoever has no account hears it from the unit’s officer."),
    url=_page,
    words=_words,
)
MINE_DECIDED = notices.Kind(
    "my_review_decided",
    title=_("Your review was decided"),
    text=_("%(what)s: %(decision)s. The reason, and what you can still do, stand on your page."),
    url=_own_page,
    words=_words,
)
KINDS = (TO_DECIDE, ASKED, DUE, OVERDUE, NOBODY, WITHDRAWN, DECIDED, MINE_DECIDED)


def register() -> None:
    for kind in KINDS:
        notices.register(kind)


def message(kind: notices.Kind, review: Review, to: Iterable[int]) -> notices.Message:
    """Once for each kind and review, whatever is run twice."""
    sanction, result = review.sanction, review.result
    of = sanction or result
    assert of is not None
    params = {
        "review": review.pk,
        "unit": of.unit.name,
        "stage": str(review.stage),
        "year": result.year if result is not None else None,
        "measure": sanction.measure.name if sanction is not None else "",
        "state": str(review.state),
        "grade": str(review.grade),
        "kind": str(result.employment_kind) if result is not None else "",
        "until": review.due_on.isoformat(),
    }
    return notices.Message(kind.name, f"review:{review.pk}:{kind.name}", to, params)


def heads(now: datetime) -> set[int]:
    return notifying.holders([Role.EXPRESS_HEAD], None, now)


def asked(review: Review, deciding: Iterable[int], actor_id: int, now: datetime) -> None:
    free = set(deciding)
    messages = [message(TO_DECIDE, review, free)]
    messages.append(message(ASKED, review, _officers(review, now) - free - {actor_id}))
    if not free:
        messages += nobody(review, now)
    notices.send_all(messages, now=now)


def nobody(review: Review, now: datetime) -> list[notices.Message]:
    """Whoever can name somebody."""
    able = heads(now) | notifying.holders([Role.ADMINISTRATOR], None, now)
    return [message(NOBODY, review, able)]


def withdrawn(review: Review, deciding: Iterable[int], now: datetime) -> None:
    notices.send_all([message(WITHDRAWN, review, set(deciding))], now=now)


def decided(review: Review, actor_id: int, now: datetime) -> None:
    """Whom it is about, on their own page; whoever handed it in for them, and the unit's officers and heads."""
    of = review.sanction or review.result
    assert of is not None
    own = {of.cadre.user_id} if of.cadre is not None and of.cadre.user_id is not None else set[int]()
    others = (_officers(review, now) | {review.made_by_id}) - own - {actor_id}
    notices.send_all([message(MINE_DECIDED, review, own), message(DECIDED, review, others)], now=now)


def _officers(review: Review, now: datetime) -> set[int]:
    of = review.sanction or review.result
    assert of is not None
    return notifying.holders([Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD], [of.unit_id], now)
