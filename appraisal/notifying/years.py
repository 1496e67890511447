"""What people hear of a year. A title leaves the house: it names nobody and no grade."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from appraisal.models import AnnualResult, UnitResult
from appraisal.notifying import stages as notifying
from common import notices


def _unit_page(params: Mapping[str, Any]) -> str:
    return reverse("unit_year", args=[params["year"], params["unit_code"]])


def _own_page(params: Mapping[str, Any]) -> str:
    return reverse("my_year", args=[params["year"]])


def _notice_page(params: Mapping[str, Any]) -> str:
    return reverse("my_unit_year", args=[params["year"]])


def _result_page(params: Mapping[str, Any]) -> str:
    return reverse("unit_year_result", args=[params["year"], params["unit_code"], params["result"]])


PROPOSED = notices.Kind(
    "year_proposed",
    title=_("Grades of the year wait for their public notice"),
    text=_("%(unit)s, %(year)s: the grades are proposed."),
    url=_unit_page,
)
PUBLISHED = notices.Kind(
    "year_published",
    title=_("Grades of the year are on public notice"),
    text=_("%(unit)s, %(year)s: until %(until)s 24:00. Whatever is wrong can be said until then."),
    url=_notice_page,
)
TO_DECIDE = notices.Kind(
    "year_to_decide",
    title=_("Grades of a unit are to be decided"),
    text=_(
        "%(unit)s, %(year)s: the public notice hangs until %(until)s; the year is decided after it, and not "
        "before it is over."
    ),
    url=_unit_page,
)
SENT_BACK = notices.Kind(
    "year_sent_back",
    title=_("Grades of the year came back"),
    text=_("%(unit)s, %(year)s: %(reason)s"),
    url=_unit_page,
)
MINE_DECIDED = notices.Kind(
    "my_year_decided",
    title=_("Your annual appraisal is decided"),
    text=_("%(year)s: the result with its reasons, and what you can do, stand on your page."),
    url=_own_page,
)
TO_HAND_OVER = notices.Kind(
    "year_to_hand_over",
    title=_("Written notices of the year are to be handed over"),
    text=_("%(unit)s, %(year)s: hand them over, and enter the receipt, or the refusal with its witness."),
    url=_unit_page,
)
MINE_HANDED_OVER = notices.Kind(
    "my_year_handed_over",
    title=_("It was entered that you have the notice of your annual appraisal"),
    text=_("Handed over on %(day)s. From then on you can ask for a review."),
    url=_own_page,
)
MINE_REGRADED = notices.Kind(
    "my_year_regraded",
    title=_("Your annual appraisal was decided anew"),
    text=_("%(year)s: the result with its reason stands on your page."),
    url=_own_page,
)
TO_LOOK_AGAIN = notices.Kind(
    "year_to_look_again",
    title=_("Figures of a decided year have changed"),
    text=_("%(unit)s, %(year)s: somebody has to look at the grade again."),
    url=_result_page,
)
KINDS = (
    PROPOSED,
    PUBLISHED,
    TO_DECIDE,
    SENT_BACK,
    MINE_DECIDED,
    TO_HAND_OVER,
    MINE_HANDED_OVER,
    MINE_REGRADED,
    TO_LOOK_AGAIN,
)


def register() -> None:
    for kind in KINDS:
        notices.register(kind)


def _message(
    kind: notices.Kind, row: UnitResult, to: Iterable[int], stage: object, **more: Any
) -> notices.Message:
    params = {"year": row.year, "unit": row.unit.name, "unit_code": row.unit.code, **more}
    return notices.Message(kind.name, f"year:{row.pk}:{kind.name}:{stage}", to, params)


def _own(kind: notices.Kind, result: AnnualResult, stage: object, **more: Any) -> list[notices.Message]:
    if result.cadre.user_id is None:
        return []
    params = {"year": result.year, **more}
    key = f"year:{result.pk}:{kind.name}:{stage}"
    return [notices.Message(kind.name, key, [result.cadre.user_id], params)]


def proposed(row: UnitResult, publishing: Collection[int], now: datetime) -> None:
    notices.send_all([_message(PROPOSED, row, publishing, f"{now:%Y%m%d%H%M%S}")], now=now)


def published(row: UnitResult, people: Collection[int], deciding: Collection[int], now: datetime) -> None:
    assert row.published_until is not None
    until = row.published_until.isoformat()
    messages = [
        _message(PUBLISHED, row, people, until, until=until),
        _message(TO_DECIDE, row, deciding, until, until=until),
    ]
    notices.send_all(messages, now=now)


def _of_unit(row: UnitResult, now: datetime) -> set[int]:
    return notifying.holders([Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD], [row.unit_id], now)


def sent_back(row: UnitResult, now: datetime) -> None:
    reason = row.sent_back_reason
    message = _message(SENT_BACK, row, _of_unit(row, now), f"{now:%Y%m%d%H%M%S}", reason=reason)
    notices.send_all([message], now=now)


def decided(row: UnitResult, people: Collection[int], now: datetime) -> None:
    messages = [
        _message(MINE_DECIDED, row, people, "once"),
        _message(TO_HAND_OVER, row, _of_unit(row, now), "once"),
    ]
    notices.send_all(messages, now=now)


def handed_over(result: AnnualResult, now: datetime) -> None:
    assert result.notified_on is not None
    day = result.notified_on.isoformat()
    notices.send_all(_own(MINE_HANDED_OVER, result, f"{now:%Y%m%d%H%M%S}", day=day), now=now)


def regraded(result: AnnualResult, now: datetime) -> None:
    stage = f"{now:%Y%m%d%H%M%S}"
    to_hand_over = _message(TO_HAND_OVER, result.unit_result, _of_unit(result.unit_result, now), stage)
    notices.send_all([*_own(MINE_REGRADED, result, stage), to_hand_over], now=now)


def to_look_again(
    results: Iterable[AnnualResult], deciding: Mapping[int, Iterable[int]], now: datetime
) -> None:
    """Of decided years whose figures a computation has changed; `unit_result`, its unit and the cadre are read."""
    messages = [
        _message(
            TO_LOOK_AGAIN,
            row.unit_result,
            deciding[row.pk],
            f"{row.pk}:{row.content_hash[:16]}",
            result=row.pk,
        )
        for row in results
    ]
    notices.send_all(messages, now=now)
