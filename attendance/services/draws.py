"""Draws: the pool frozen and a secret committed; then a public value; then who is checked (INSP-2, docs/draws.md)."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Role, Unit, User
from accounts.selectors import roles_of
from attendance import draw as drawing
from attendance import planning
from attendance.draw import Plan
from attendance.models import Draw, InspectionSettings, Purpose, SpotCheck, SpotKind
from attendance.services.spots import add_lines, assign, check_inspectors, check_near
from common import audit, crypto
from common.problems import Refused
from common.rules import local

LONGEST_VALUE = 80


@transaction.atomic
def draw_freeze(
    *, plan: Plan, inspectors: Sequence[User], public_source: str, actor: User, now: datetime
) -> Draw:
    """Freeze everybody who can be drawn, and commit to a secret that nobody reads before the check begins."""
    return _freeze(plan, inspectors, public_source, actor, now)


@transaction.atomic
def draw_again(
    *,
    draw: Draw,
    reason: str,
    plan: Plan,
    inspectors: Sequence[User],
    public_source: str,
    actor: User,
    now: datetime,
) -> Draw:
    """Another draw in place of this one, once. Both stay; a check that came of the first one is cancelled."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why it is drawn again."), "reason")
    _one_freezes_at_a_time()
    draw = Draw.objects.select_for_update().get(pk=draw.pk)
    if Draw.objects.filter(redraw_of=draw).exists():
        raise Refused(_("This has been drawn again already."))
    _check_not_called_off(draw)
    check = SpotCheck.objects.select_for_update().filter(draw=draw).first()
    if check is not None:
        _cancel(check, reason, actor, now)
    return _freeze(plan, inspectors, public_source, actor, now, redraw_of=draw, redraw_reason=reason)


def _cancel(check: SpotCheck, reason: str, actor: User, now: datetime) -> None:
    if not check.is_sealed(now):
        raise Refused(_("The spot check has begun: it cannot be drawn again."))
    if check.cancelled_at is None:
        check.cancelled_at, check.cancel_reason = now, reason
        check.save(update_fields=["cancelled_at", "cancel_reason"])
        facts = {"reason": reason}
        audit.record(verb="spot_check_cancelled", subject=check, actor=actor, now=now, changes=facts)


@transaction.atomic
def draw_call_off(*, draw: Draw, reason: str, actor: User, now: datetime) -> Draw:
    """Withdrawn while it waits for its value, by whoever froze it or the head of the Express. It stays public."""
    draw = Draw.objects.select_for_update(of=("self",)).select_related("redrawn_by").get(pk=draw.pk)
    heads = Role.EXPRESS_HEAD in roles_of(actor, local(now).date())
    if not may_call_off(draw, actor, heads=heads):
        raise Refused(_("Whoever froze it, or the head of the Efficiency Express, calls a draw off."))
    _check_not_called_off(draw)
    if not draw.is_waiting(now):
        raise Refused(_("Only a draw that waits for its public value is called off."))
    if not reason.strip():
        raise Refused(_("Say why."), "reason")
    draw.called_off_at, draw.called_off_by, draw.call_off_reason = now, actor, reason.strip()
    draw.save(update_fields=["called_off_at", "called_off_by", "call_off_reason"])
    facts = {"reason": draw.call_off_reason}
    audit.record(verb="draw_called_off", subject=draw, actor=actor, now=now, changes=facts)
    return draw


def may_call_off(draw: Draw, user: User, *, heads: bool) -> bool:
    """`heads`: whether the user is a head of the Express."""
    return heads or user.pk == draw.frozen_by_id


def _check_not_called_off(draw: Draw) -> None:
    if draw.called_off_at is not None:
        raise Refused(
            _("%(name)s has called this draw off. Freeze a new one.") % {"name": draw.called_off_by}
        )


def _one_freezes_at_a_time() -> None:
    """Or two draws at the same moment would have one number, and one could be kept for the better of two values."""
    InspectionSettings.objects.select_for_update().filter(pk=1).first()


def _check_none_waits(but: Draw | None, now: datetime) -> None:
    """One public value for each draw: of two that wait for the same dice the planner could keep one."""
    waiting = planning.waiting_draw(now)
    if waiting is not None and waiting != but:
        raise Refused(
            _(
                "Draw %(number)s, frozen by %(name)s, still waits for its public value. Enter the value or call that "
                "draw off: only one draw waits at a time."
            )
            % {"number": waiting.number, "name": waiting.frozen_by}
        )


def _next_number() -> int:
    last: int | None = Draw.objects.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _freeze(
    plan: Plan,
    inspectors: Sequence[User],
    public_source: str,
    actor: User,
    now: datetime,
    *,
    redraw_of: Draw | None = None,
    redraw_reason: str = "",
) -> Draw:
    _one_freezes_at_a_time()
    _check_none_waits(redraw_of, now)
    # Only whole seconds stand in the pool.
    plan = replace(plan, begins_at=plan.begins_at.replace(microsecond=0))
    _check_plan(plan, public_source, now)
    check_inspectors(inspectors, plan.begins_at)
    frozen = planning.pool_for(plan, inspectors)
    _check_sizes(plan, frozen)
    text, secret = drawing.pool_text(plan, frozen.pool), secrets.token_hex(16)
    draw = Draw.objects.create(
        number=_next_number(),
        plan={
            "departments": plan.departments,
            "towns": plan.towns,
            "people": plan.people,
            "leaders": plan.leaders,
            "begins_at": plan.begins_at.astimezone(UTC).isoformat(),
            "published_at": frozen.published_at.astimezone(UTC).isoformat(),
            "inspectors": sorted({inspector.pk for inspector in inspectors}),
            "own": list(frozen.own),
            "full": frozen.full,
        },
        pool=text,
        pool_hash=drawing.digest(text),
        frozen_at=now,
        frozen_by=actor,
        secret=crypto.encrypt(secret),
        commitment=drawing.digest(secret),
        public_source=public_source.strip(),
        redraw_of=redraw_of,
        redraw_reason=redraw_reason,
    )
    facts: dict[str, Any] = {"commitment": draw.commitment, "pool_hash": draw.pool_hash}
    if draw.redraw_of_id is not None:
        facts |= {"redraw_of": draw.redraw_of_id, "reason": draw.redraw_reason}
    audit.record(verb="draw_frozen", subject=draw, actor=actor, now=now, changes=facts)
    return draw


def _check_plan(plan: Plan, public_source: str, now: datetime) -> None:
    if plan.begins_at <= now:
        raise Refused(_("The public value comes first: choose a time that is still to come."), "begins_day")
    check_near(plan.begins_at, now)
    if min(plan.departments, plan.towns, plan.leaders) < 0 or plan.people < 1:
        raise Refused(_("At least one person of each unit is drawn."), "people")
    if not plan.departments + plan.towns + plan.leaders:
        raise Refused(_("Say how many units or leaders are drawn."), "departments")
    if not public_source.strip():
        raise Refused(_("Say where the public value will come from, before anybody knows it."), "source")


def _check_sizes(plan: Plan, frozen: planning.Frozen) -> None:
    """A stratum gives what the plan asks of it, or the plan is refused."""
    for stratum in drawing.first_strata(plan, frozen.pool):
        if len(stratum.candidates) < stratum.take:
            sentence = _(
                "Only %(there)s can be drawn here, %(wanted)s are asked for. Units of the inspectors and units that "
                "have had their random checks of the month are left out."
            )
            words = {"there": len(stratum.candidates), "wanted": stratum.take}
            raise Refused(sentence % words, stratum.name)


@transaction.atomic
def draw_reveal(*, draw: Draw, value: str, witnesses: str, actor: User, now: datetime) -> SpotCheck:
    """Write down the public value and draw, once: the same value again finds the same check."""
    draw = Draw.objects.select_for_update().get(pk=draw.pk)
    value, witnesses = drawing.canonical(value), witnesses.strip()
    if draw.is_revealed:
        return _revealed(draw, value)
    _check_reveal(draw, value, witnesses, now)
    plan, pool = drawing.parse(draw.pool)
    picks = drawing.draw(plan, pool, drawing.key_of(_secret(draw), value))
    draw.public_value, draw.witnesses = value, witnesses
    draw.revealed_at, draw.revealed_by, draw.picks = now, actor, picks.as_facts()
    draw.save(update_fields=["public_value", "witnesses", "revealed_at", "revealed_by", "picks"])
    facts = {"value": value, "witnesses": witnesses}
    audit.record(verb="draw_revealed", subject=draw, actor=actor, now=now, changes=facts)
    return _spot_check(draw, picks, now)


def _secret(draw: Draw) -> str:
    try:
        return crypto.decrypt(draw.secret)
    except crypto.Unreadable as error:
        raise Refused(_("The key that encrypted the secret is no longer set. Draw again.")) from error


def _revealed(draw: Draw, value: str) -> SpotCheck:
    if value == draw.public_value:
        return SpotCheck.objects.get(draw=draw)
    raise Refused(
        _("%(name)s has already entered a value: %(value)s.")
        % {"name": draw.revealed_by, "value": draw.public_value},
        "value",
    )


def _check_reveal(draw: Draw, value: str, witnesses: str, now: datetime) -> None:
    if Draw.objects.filter(redraw_of=draw).exists():
        raise Refused(_("Another draw has taken the place of this one."))
    _check_not_called_off(draw)
    if now <= draw.frozen_at:
        raise Refused(_("The public value must be newer than the pool."))
    if now >= draw.begins_at:
        raise Refused(_("The time at which the check was to begin is over. Draw again for another time."))
    if not value:
        raise Refused(_("Enter the public value."), "value")
    if len(value) > LONGEST_VALUE:
        raise Refused(
            _("The public value has at most %(most)s characters.") % {"most": LONGEST_VALUE}, "value"
        )
    if not witnesses:
        raise Refused(_("Say who has seen how the value came about."), "witnesses")
    if drawing.digest(draw.pool) != draw.pool_hash:
        raise Refused(_("The pool is no longer the one that was frozen. Draw again."))


def _spot_check(draw: Draw, picks: drawing.Picks, now: datetime) -> SpotCheck:
    check = SpotCheck.objects.create(
        kind=SpotKind.RANDOM,
        purpose=Purpose.ROUTINE,
        draw=draw,
        begins_at=draw.begins_at,
        planned_by=draw.frozen_by,
        planned_at=now,
    )
    units = Unit.objects.filter(code__in=_codes(picks))
    inspectors = list(User.objects.filter(pk__in=draw.plan["inspectors"]))
    assign(check=check, units=units, inspectors=inspectors, now=now)
    add_lines(check=check, people=planning.drawn_at(picks.people, draw.begins_at), drawn=True)
    return check


def _codes(picks: drawing.Picks) -> Iterable[str]:
    """Also where only a leader was drawn."""
    return {*picks.units, *(unit for unit, _who in picks.people)}
