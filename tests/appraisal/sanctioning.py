"""Measures of the ladder for tests: proposed, answered, decided and served by the verbs, by people no test is about.

proposed(chen, "admonishment")                              # told on their page, three working days to answer
decided(chen, "caution", day=date(2026, 5, 11))             # decided on that day
served(None, "criticism", unit=unit)                        # of a unit
served(chen, "caution", witness="朱立")                     # refused to sign
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from accounts.models import Membership, Role, Unit, User
from appraisal.models import Measure, Receipt, Sanction, Trigger
from appraisal.rules.ladder import Counted
from appraisal.services import proposing
from appraisal.services import sanctions as services
from attendance.models import Told
from cards.models import Cadre
from common.rules import at, local
from tests.cast import TODAY, give, make_user

#: Between a proposal and its decision: the days for a statement are over by then, with any holidays between.
DAYS_BETWEEN = 20


def rung(code: str) -> Measure:
    return Measure.objects.get(code=code)


def morning(day: date) -> datetime:
    return at(day, time(10))


def ladder_clerk() -> User:
    """Of the Express: proposes and serves."""
    return _somebody("clerk.ladder", Role.EXPRESS_STAFF)


def ladder_head() -> User:
    """Heads the Express: decides."""
    return _somebody("head.ladder", Role.EXPRESS_HEAD)


def _somebody(username: str, role: Role) -> User:
    found = User.objects.filter(username=username).first()
    if found is None:
        found = make_user(username, "梯经办" if role == Role.EXPRESS_STAFF else "梯主任")
        give(found, role, first=date(2020, 1, 1))
    return found


def only_rule(code: str, **changed: Any) -> Trigger:
    """In use with these changes, and no other rule."""
    Trigger.objects.exclude(code=code).update(active=False)
    Trigger.objects.filter(code=code).update(active=True, **changed)
    return Trigger.objects.get(code=code)


def proposed(
    cadre: Cadre | None,
    code: str = "admonishment",
    *,
    unit: Unit | None = None,
    day: date = TODAY,
    lines: tuple[Counted, ...] = (),
    year: int | None = None,
    reason: str = "一年内多次脱岗",
    actor: User | None = None,
) -> Sanction:
    """By hand, on this day. Whoever has an account is told at once; `told` tells the others."""
    about = cadre.unit if cadre is not None else unit
    assert about is not None
    return proposing.sanction_propose(
        unit=about,
        cadre=cadre,
        measure=rung(code),
        reason=reason,
        lines=lines,
        year=year,
        actor=actor or ladder_clerk(),
        now=morning(day),
    )


def told(sanction: Sanction, *, day: date | None = None, actor: User | None = None) -> Sanction:
    """Somebody without an account hears of it in person; by default on the day of the proposal."""
    on = day or local(sanction.proposed_at).date()
    return services.sanction_tell(
        sanction=sanction, how=Told.IN_PERSON, day=on, actor=actor or ladder_clerk(), now=morning(on)
    )


def defended(
    sanction: Sanction, text: str = "当时受领导指派外出开会", *, actor: User | None = None
) -> Sanction:
    """By the cadre, on the day on which it was proposed."""
    by = actor or (sanction.cadre.user if sanction.cadre is not None else None)
    assert by is not None
    return services.sanction_defend(sanction=sanction, text=text, actor=by, now=sanction.proposed_at)


def decide(
    sanction: Sanction,
    code: str | None = "",
    *,
    day: date | None = None,
    reason: str = "事实清楚，责任明确",
    skipped_reason: str = "情节较重，逐级处理不足以警示",
    actor: User | None = None,
    exemption: str = "",
) -> Sanction:
    """As proposed; another rung by its code, and with None it is not pursued. After the days for a statement."""
    measure = None if code is None else rung(code) if code else sanction.proposed_measure
    on = day or local(sanction.proposed_at).date() + timedelta(days=DAYS_BETWEEN)
    return services.sanction_decide(
        sanction=sanction,
        measure=measure,
        reason=reason,
        exemption=exemption,
        skipped_reason=skipped_reason,
        actor=actor or ladder_head(),
        now=morning(on),
    )


def decided(
    cadre: Cadre | None,
    code: str = "admonishment",
    *,
    unit: Unit | None = None,
    day: date = TODAY,
    lines: tuple[Counted, ...] = (),
    year: int | None = None,
    actor: User | None = None,
    proposer: User | None = None,
) -> Sanction:
    """Decided on this day, proposed twenty days before; a referral is referred."""
    before = day - timedelta(days=DAYS_BETWEEN)
    made = proposed(cadre, code, unit=unit, day=before, lines=lines, year=year or day.year, actor=proposer)
    if made.told_at is None and not made.proposed_measure.refers:
        made = told(made)
    return decide(made, day=day, actor=actor)


def serve(
    sanction: Sanction, *, on: date | None = None, witness: str = "", actor: User | None = None
) -> Sanction:
    """Signed for on the day of the decision; with a witness refused."""
    day = on or sanction.decided_on
    assert day is not None
    return services.sanction_serve(
        sanction=sanction,
        served_on=day,
        receipt=Receipt.REFUSED if witness else Receipt.SIGNED,
        witness=witness,
        actor=actor or ladder_clerk(),
        now=morning(day),
    )


def served(cadre: Cadre | None, code: str = "admonishment", *, witness: str = "", **given: Any) -> Sanction:
    """`decided`, and served on the same day."""
    return serve(decided(cadre, code, **given), witness=witness)


def set_aside(sanction: Sanction, *, actor: User | None = None, day: date | None = None) -> Sanction:
    """By somebody who neither proposed nor decided it."""
    on = day or sanction.served_on or sanction.decided_on
    assert on is not None
    return services.sanction_set_aside(
        sanction=sanction,
        reason="经复查，所依据的事实不成立",
        actor=actor or _somebody("third.ladder", Role.EXPRESS_STAFF),
        now=morning(on),
    )


def holders(role: Role) -> set[int]:
    return set(Membership.objects.filter(role=role).values_list("user", flat=True))
