"""Draws and spot checks in words: their states, and a draw as its public page and its file show it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Unit
from attendance import draw as drawing
from attendance.draw import Picks
from attendance.models import Draw, SpotCheck
from common import crypto
from common.templatetags.components import zh_datetime

#: The form of the public file; a change that a program must know of gets a new one.
FILE_FORMAT = "longquan-draw-1"


@dataclass(frozen=True)
class State:
    tone: str
    text: str


def draw_state(draw: Draw, now: datetime) -> State:
    """`draw` read with what it was redrawn by and with its spot check. It betrays nothing that is sealed."""
    if hasattr(draw, "redrawn_by"):
        return State("idle", _("Replaced"))
    if draw.called_off_at is not None:
        return State("idle", _("Called off before the draw"))
    if was_cancelled(draw):
        return State("bad", _("Drawn, spot check cancelled"))
    if not draw.is_revealed:
        waits = now < draw.begins_at
        return State("out", _("Waits for the public value")) if waits else State("idle", _("Lapsed"))
    if not draw.is_published(now):
        return State("info", _("Drawn, sealed"))
    return State("on", _("Published"))


def was_cancelled(draw: Draw) -> bool:
    """The spot check that came of it, by somebody's decision and not by drawing again."""
    check: SpotCheck | None = getattr(draw, "spot_check", None)
    if check is None or check.cancelled_at is None:
        return False
    again: Draw | None = getattr(draw, "redrawn_by", None)
    return again is None or check.cancelled_at < again.frozen_at


def spot_state(check: SpotCheck, now: datetime) -> State:
    if check.cancelled_at is not None:
        return State("idle", _("Cancelled"))
    if check.closed_at is not None:
        return State("on", _("Finished"))
    if check.is_sealed(now):
        return State("info", _("Sealed until %(moment)s") % {"moment": zh_datetime(check.begins_at)})
    return State("out", _("Under way"))


def plan_words(draw: Draw) -> list[tuple[str, int]]:
    plan = draw.plan
    return [
        (_("City departments"), plan["departments"]),
        (_("Subdistricts, towns and townships"), plan["towns"]),
        (_("People of each unit"), plan["people"]),
        (_("Members of unit leaderships"), plan["leaders"]),
    ]


# --- What is published ---------------------------------------------------------------------------------------------


def as_file(draw: Draw, now: datetime) -> dict[str, Any]:
    """All that the public page shows, for programs: no more than it shows at this moment."""
    facts: dict[str, Any] = {
        "format": FILE_FORMAT,
        "draw": draw.token,
        "number": draw.number,
        "before": before(draw),
        "frozen_at": _instant(draw.frozen_at),
        "commitment": draw.commitment,
        "pool_hash": draw.pool_hash,
        "public_source": draw.public_source,
        "take": {name: draw.plan[name] for name in ("departments", "towns", "people", "leaders")},
        "redraw_reason": draw.redraw_reason,
        "call_off_reason": draw.call_off_reason,
    }
    if was_cancelled(draw):
        facts["cancel_reason"] = draw.spot_check.cancel_reason
    if draw.revealed_at is not None:
        facts |= {
            "revealed_at": _instant(draw.revealed_at),
            "public_value": draw.public_value,
            "witnesses": draw.witnesses,
        }
    if draw.is_published(now):
        facts |= {"secret": secret_of(draw), "pool": draw.pool, "picks": draw.picks}
        if draw.is_revealed:
            facts["key"] = key_of(draw)
    return facts


def before(draw: Draw) -> dict[str, Any] | None:
    """The draw before this one, as everybody who noted it can tell; None where there is none, which is the first or
    one that somebody has taken away."""
    names = ("number", "token", "commitment", "pool_hash")
    found = Draw.objects.filter(number=draw.number - 1).values(*names).first()
    return dict(found) if found is not None else None


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def secret_of(draw: Draw) -> str:
    """Empty when the key that encrypted it is gone; the page says so."""
    try:
        return crypto.decrypt(draw.secret)
    except crypto.Unreadable:
        return ""


def key_of(draw: Draw) -> str:
    return drawing.key_of(secret_of(draw), draw.public_value)


@dataclass(frozen=True)
class Candidate:
    number: int
    #: As it stands in the pool.
    text: str
    unit: str
    #: As which one it was drawn; 0 when it was not.
    drawn: int


@dataclass(frozen=True)
class Shown:
    """A stratum with everybody in it. Who they are stands in no public page: only unit and card number."""

    name: str
    label: str
    drawn: tuple[int, ...]
    candidates: list[Candidate]


def strata(draw: Draw) -> list[Shown]:
    """What was drawn from, in the order of the draw; of people only those of the units that were drawn."""
    plan, pool = drawing.parse(draw.pool)
    picks = Picks.from_facts(draw.picks or ())
    numbers = {picked.stratum: picked.numbers for picked in picks.strata}
    rows = [
        *drawing.first_strata(plan, pool),
        *(drawing.stratum_of_people(plan, pool, code) for code in picks.units),
    ]
    names = dict(Unit.objects.filter(code__in=pool.units).values_list("code", "name"))
    return [
        Shown(row.name, _label(row.name, names), numbers.get(row.name, ()), _candidates(row, numbers, names))
        for row in rows
        if row.take
    ]


def _candidates(
    stratum: drawing.Stratum, numbers: Mapping[str, Collection[int]], names: Mapping[str, str]
) -> list[Candidate]:
    # Below the name of their unit nobody needs it again.
    apart = stratum.name.startswith("people:")
    turn = {number: place for place, number in enumerate(numbers.get(stratum.name, ()), start=1)}
    return [
        Candidate(number, text, "" if apart else names.get(text.split(" ")[0], ""), turn.get(number, 0))
        for number, text in enumerate(stratum.candidates, start=1)
    ]


def _label(stratum: str, names: Mapping[str, str]) -> str:
    labels = {
        "departments": _("City departments"),
        "towns": _("Subdistricts, towns and townships"),
        "leaders": _("Members of unit leaderships"),
    }
    if stratum in labels:
        return labels[stratum]
    return _("People of %(unit)s") % {"unit": names.get(stratum.partition(":")[2], stratum)}
