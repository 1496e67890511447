"""The rollout (ROLL-1, scheme 二): waves with their days, who leads it in a unit, and the city’s word that it is done.
Readiness is counted from facts (rollout_facts); visits and orders are in services.orders."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import City, Membership, Role, Unit, User
from appraisal.acting import acting
from appraisal.facts import rollout as rollout_facts
from appraisal.models import RectificationOrder, Rollout, Wave
from appraisal.models.rollout import RolloutQuerySet
from appraisal.notifying import rollout as telling
from appraisal.rules.rollout import Due, is_discipline_post, missing, own_missing, refuse_due
from appraisal.services.missed import orders_note_missed
from appraisal.words import rollout as rollout_words
from attendance import selectors as inspection
from cards.models import Cadre, CadreQuerySet
from common import audit, calendar
from common.problems import Refused
from common.rules import local
from common.versions import check_unchanged

UNIT_ROLES = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
WAVE_FIELDS = ("name", "is_pilot", "begins_on", "deadline")
NAMED_FIELDS = ("group_head", "group_head_post", "assessment_body", "responsible")
DUE = {
    Due.PAST: gettext_lazy("Choose a day that is still to come."),
    Due.FAR: gettext_lazy("Choose a day within a year from today."),
    Due.REST: gettext_lazy("Nobody is at work on this day: choose a working day."),
}


def today_of(now: datetime) -> date:
    return local(now).date()


# --- Who may ----------------------------------------------------------------------------------------------------------


def not_their_own(actor: User, unit: Unit, today: date) -> None:
    if belongs_to(actor, unit, today):
        raise Refused(_("Nobody decides this of the unit they belong to."))


def city_only(actor: User, today: date) -> None:
    if actor.pk not in inspection.express(today):
        raise Refused(_("This is for the Efficiency Express to say."))


def belongs_to(user: User, unit: Unit, today: date) -> bool:
    return Membership.objects.current(today).filter(user=user, unit=unit).exists()


def may_supervise(user: User, unit: Unit, today: date) -> bool:
    """The unit’s supervision group and the Express, but nobody the unit they belong to."""
    held = Membership.objects.current(today).filter(user=user)
    of_group = Q(role=Role.SUPERVISOR, group__isnull=False, group=unit.supervision_group_id)
    of_city = Q(role__in=[Role.EXPRESS_STAFF, Role.EXPRESS_HEAD])
    return held.filter(of_group | of_city).exists() and not belongs_to(user, unit, today)


def supervisors_only(actor: User, unit: Unit, today: date) -> None:
    if not may_supervise(actor, unit, today):
        raise Refused(
            _(
                "The unit’s supervision group or the Efficiency Express does this, and nobody for their own unit."
            )
        )


def of_unit(unit: Unit, today: date) -> frozenset[int]:
    """Officers and heads; where there are none, the city."""
    return acting(unit.pk, UNIT_ROLES, today).free()


# --- Waves ------------------------------------------------------------------------------------------------------------


def wave_facts(wave: Wave) -> dict[str, Any]:
    return {name: getattr(wave, name) for name in WAVE_FIELDS}


@transaction.atomic
def wave_create(*, values: Mapping[str, Any], actor: User, now: datetime) -> Wave:
    """The next number. Pressed twice, it is the first one."""
    today = today_of(now)
    _hold()
    city_only(actor, today)
    given = {name: values[name] for name in WAVE_FIELDS}
    if (there := Wave.objects.filter(**given).first()) is not None:
        return there
    _check_days(given, today)
    number = (Wave.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    wave = Wave.objects.create(number=number, **given)
    audit.record(verb="wave_created", subject=wave, actor=actor, now=now, changes=given)
    return wave


@transaction.atomic
def wave_edit(
    *, wave: Wave, values: Mapping[str, Any], seen: str | None = None, actor: User, now: datetime
) -> Wave:
    """Another day is told to the units that are not done and have no day of their own."""
    today = today_of(now)
    wave = Wave.objects.select_for_update().get(pk=wave.pk)
    city_only(actor, today)
    before = wave_facts(wave)
    changes = audit.differences(before, {name: values[name] for name in WAVE_FIELDS})
    if not changes:
        return wave
    check_unchanged(before, seen)
    if "deadline" in changes and wave.deadline < today:
        raise Refused(
            _("The deadline of this wave is over. A unit can be given a day of its own, with a reason."),
            "deadline",
        )
    _check_days({**before, **values}, today, is_new="deadline" in changes)
    for name, (_old, new) in changes.items():
        setattr(wave, name, new)
    wave.save(update_fields=list(changes))
    audit.record(verb="wave_edited", subject=wave, actor=actor, now=now, changes=changes)
    if "deadline" in changes:
        rows = Rollout.objects.filter(wave=wave, deadline=None, completed_at=None, ready_reported_at=None)
        told = list(rows.select_related("unit", "wave"))
        telling.of_rollouts(telling.DEADLINE, told, actor.pk, now)
    return wave


def _hold() -> None:
    """Two at once would take the same number."""
    City.objects.select_for_update().filter(pk=1).first()


def _check_days(given: Mapping[str, Any], today: date, *, is_new: bool = True) -> None:
    if given["deadline"] < given["begins_on"]:
        raise Refused(_("The deadline lies before the day on which the wave begins."), "deadline")
    if is_new:
        _check_due(given["deadline"], today, "deadline")


def _check_due(day: date, today: date, field: str) -> None:
    refusal = refuse_due(day, today, calendar.around(day))
    if refusal is not None:
        raise Refused(DUE[refusal], field)


@transaction.atomic
def units_assign(*, wave: Wave, units: Collection[Unit], actor: User, now: datetime) -> list[Rollout]:
    """Into this wave, from none or from another one; returns those that were not in it before."""
    today = today_of(now)
    wave = Wave.objects.select_for_update().get(pk=wave.pk)
    city_only(actor, today)
    if wave.deadline < today:
        raise Refused(_("The deadline of this wave is over: it takes no more units."))
    ids = {unit.pk for unit in units}
    # Two waves at once would both find a unit in none.
    names = {row.pk: row for row in Unit.objects.select_for_update(no_key=True).filter(pk__in=ids)}
    _check_not_own(actor, names, today)
    there = {row.unit_id: row for row in _locked(ids)}
    _check_movable(names, there, wave, today)
    coming = [row for row in there.values() if row.wave_id != wave.pk]
    for row in coming:
        row.wave, row.deadline, row.deadline_reason = wave, None, ""
    Rollout.objects.bulk_update(coming, ["wave", "deadline", "deadline_reason"])
    Rollout.objects.bulk_create(Rollout(unit_id=pk, wave=wave) for pk in sorted(ids - set(there)))
    moved = ids - {row.unit_id for row in there.values() if row not in coming}
    rows = list(Rollout.objects.filter(unit__in=moved).select_related("unit", "wave"))
    changes = {"wave": wave.name, "until": wave.deadline}
    audit.record_each(
        verb="rollout_assigned", subjects=((row, changes) for row in rows), actor=actor, now=now
    )
    telling.of_rollouts(telling.ASSIGNED, rows, actor.pk, now, f"wave {wave.number}")
    return rows


def _locked(unit_ids: Collection[int]) -> list[Rollout]:
    rows = Rollout.objects.select_for_update(of=("self",)).filter(unit__in=unit_ids).order_by("pk")
    return list(rows.select_related("wave"))


def _check_not_own(actor: User, units: Mapping[int, Unit], today: date) -> None:
    own = Membership.objects.current(today).filter(user=actor, unit__in=list(units)).values_list("unit")
    if names := [units[pk].name for (pk,) in own]:
        raise Refused(
            _("Nobody decides this of the unit they belong to: %(units)s.") % {"units": "、".join(names)},
            "units",
        )


def _check_movable(names: Mapping[int, Unit], there: Mapping[int, Rollout], wave: Wave, today: date) -> None:
    """What is done stays where it was done, and no other wave makes a missed day unseen."""
    ended = [unit.name for unit in names.values() if unit.valid_to is not None and unit.valid_to < today]
    if ended:
        raise Refused(_("These units have ended: %(units)s.") % {"units": "、".join(ended)}, "units")
    others = [row for row in there.values() if row.wave_id != wave.pk]
    stuck = [names[row.unit_id].name for row in others if row.done_at or row.is_late(today)]
    if stuck:
        raise Refused(
            _(
                "What is done or overdue stays in its wave; set an overdue unit a day of its own instead: %(units)s."
            )
            % {"units": "、".join(stuck)},
            "units",
        )


# --- A unit -----------------------------------------------------------------------------------------------------------


def named_facts(rollout: Rollout) -> dict[str, Any]:
    return {name: getattr(rollout, name) for name in NAMED_FIELDS}


def candidates(unit: Unit, today: date) -> CadreQuerySet:
    """Who may head the leading group: the unit’s own, and whoever heads it with an account and serves elsewhere, since
    one discipline team looks after several units."""
    heads = inspection.heads_of(unit.pk, today)
    return Cadre.objects.serving(today).filter(Q(unit=unit) | Q(user__in=heads))


@transaction.atomic
def rollout_edit(
    *, rollout: Rollout, values: Mapping[str, Any], seen: str | None = None, actor: User, now: datetime
) -> Rollout:
    """The unit names who leads it (scheme 二: 纪(工)委书记、纪检组长), its assessment body, and who answers for it."""
    rollout, today = _hold_rollout(rollout), today_of(now)
    _unit_or_city(actor, rollout.unit, today)
    before = named_facts(rollout)
    changes = audit.differences(before, {name: values[name] for name in NAMED_FIELDS})
    if not changes:
        return rollout
    check_unchanged(before, seen)
    _check_named(rollout.unit, {**before, **values}, today)
    # Whoever answers from now on has not missed what lies before.
    orders_note_missed(among=RectificationOrder.objects.filter(unit=rollout.unit_id), now=now)
    for name, (_old, new) in changes.items():
        setattr(rollout, name, new)
    rollout.save(update_fields=list(changes))
    audit.record(verb="rollout_edited", subject=rollout, actor=actor, now=now, changes=changes)
    return rollout


def _unit_or_city(actor: User, unit: Unit, today: date) -> None:
    if actor.pk not in of_unit(unit, today) and actor.pk not in inspection.express(today):
        raise Refused(_("The unit’s officers and heads name them, or the Efficiency Express."))


def _check_named(unit: Unit, given: Mapping[str, Any], today: date) -> None:
    head, responsible = given["group_head"], given["responsible"]
    if head is not None and not candidates(unit, today).filter(pk=head.pk).exists():
        raise Refused(_("Choose somebody who serves in the unit, or heads its leading group."), "group_head")
    if (
        responsible is not None
        and not Cadre.objects.serving(today).filter(pk=responsible.pk, unit=unit).exists()
    ):
        raise Refused(_("Choose somebody who serves in the unit."), "responsible")
    if head is not None and head == responsible:
        raise Refused(
            _(
                "The discipline secretary or discipline-team head leads the group, not the leader who answers."
            ),
            "group_head",
        )
    if head is not None and not is_discipline_post(given["group_head_post"]):
        raise Refused(
            _(
                "Enter the post in discipline inspection that they head the group with, such as 纪委书记 or 纪检组长."
            ),
            "group_head_post",
        )


def _hold_rollout(rollout: Rollout) -> Rollout:
    # Nothing nullable is joined to what is locked: PostgreSQL refuses it.
    Rollout.objects.select_for_update().get(pk=rollout.pk)
    return whole().get(pk=rollout.pk)


def whole() -> RolloutQuerySet:
    """With what every page and verb asks of one."""
    return Rollout.objects.select_related(
        "unit__supervision_group",
        "wave",
        "group_head",
        "responsible",
        "completed_by",
        "ready_reported_by",
        "hotline_tested_by",
    )


def deadline_facts(rollout: Rollout) -> dict[str, Any]:
    return {"deadline": rollout.due_on, "reason": rollout.deadline_reason}


@transaction.atomic
def deadline_set(
    *, rollout: Rollout, deadline: date, reason: str, seen: str | None = None, actor: User, now: datetime
) -> Rollout:
    """A day of the unit’s own, with a reason that stands on its page."""
    rollout, today, reason = _hold_rollout(rollout), today_of(now), reason.strip()
    city_only(actor, today)
    not_their_own(actor, rollout.unit, today)
    if (rollout.deadline, rollout.deadline_reason) == (deadline, reason):
        return rollout
    if rollout.done_at is not None:
        raise Refused(_("The unit is done: there is no day to set."))
    check_unchanged(deadline_facts(rollout), seen)
    _check_due(deadline, today, "deadline")
    if deadline < rollout.wave.begins_on:
        raise Refused(_("The deadline lies before the day on which the wave begins."), "deadline")
    if not reason:
        raise Refused(_("Say why. It stands on the unit’s page."), "reason")
    rollout.deadline, rollout.deadline_reason = deadline, reason
    rollout.save(update_fields=["deadline", "deadline_reason"])
    changes = {"until": deadline, "reason": reason}
    audit.record(verb="rollout_deadline_set", subject=rollout, actor=actor, now=now, changes=changes)
    telling.of_rollouts(telling.DEADLINE, [rollout], actor.pk, now)
    return rollout


@transaction.atomic
def hotline_test(*, rollout: Rollout, actor: User, now: datetime) -> Rollout:
    """Whoever does this has dialled both numbers that stand on the unit’s cards, and somebody has answered."""
    rollout, today = _hold_rollout(rollout), today_of(now)
    supervisors_only(actor, rollout.unit, today)
    if (rollout.hotline_tested_on, rollout.hotline_tested_by_id) == (today, actor.pk):
        return rollout
    hotlines = {"unit": rollout.unit.hotline, "city": City.current().express_hotline}
    if not all(hotlines.values()):
        raise Refused(_("Both hotlines have to be set before they can be dialled."))
    rollout.hotline_tested_on, rollout.hotline_tested_by = today, actor
    rollout.save(update_fields=["hotline_tested_on", "hotline_tested_by"])
    audit.record(
        verb="rollout_hotlines_tested",
        subject=rollout,
        actor=actor,
        now=now,
        changes={"numbers": list(hotlines.values())},
    )
    return rollout


# --- Done -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def rollout_report(*, rollout: Rollout, actor: User, now: datetime) -> Rollout:
    """The unit's word that it is ready, as soon as nothing is missing that it does itself. This moment counts against
    its day, however long the city takes to confirm it. The second press changes nothing."""
    rollout, today = _hold_rollout(rollout), today_of(now)
    if actor.pk not in of_unit(rollout.unit, today):
        raise Refused(_("The unit’s officers and heads report it."))
    if rollout.done_at is not None:
        return rollout
    facts = rollout_facts.facts_of([rollout.unit], [rollout], city=City.current(), today=today)
    if needs := own_missing(facts[rollout.unit_id]):
        raise Refused(_("Not ready yet. Missing: %(needs)s.") % {"needs": rollout_words.names(needs)})
    return record_reported(rollout, actor=actor, now=now)


def record_reported(rollout: Rollout, *, actor: User, now: datetime) -> Rollout:
    """Once it has been checked, under its lock."""
    rollout.ready_reported_at, rollout.ready_reported_by = now, actor
    rollout.save(update_fields=["ready_reported_at", "ready_reported_by"])
    audit.record(verb="rollout_reported", subject=rollout, actor=actor, now=now)
    telling.reported(rollout, actor.pk, now)
    return rollout


@transaction.atomic
def rollout_complete(*, rollout: Rollout, actor: User, now: datetime) -> Rollout:
    """The city’s word. Refused with what is missing; the second press changes nothing."""
    rollout, today = _hold_rollout(rollout), today_of(now)
    city_only(actor, today)
    not_their_own(actor, rollout.unit, today)
    if rollout.completed_at is not None:
        return rollout
    facts = rollout_facts.facts_of([rollout.unit], [rollout], city=City.current(), today=today)
    if needs := missing(facts[rollout.unit_id]):
        raise Refused(_("Not ready yet. Missing: %(needs)s.") % {"needs": rollout_words.names(needs)})
    return record_completed(rollout, actor=actor, now=now)


def record_completed(rollout: Rollout, *, actor: User, now: datetime) -> Rollout:
    """Once it has been checked, under its lock."""
    rollout.completed_at, rollout.completed_by = now, actor
    rollout.save(update_fields=["completed_at", "completed_by"])
    audit.record(verb="rollout_completed", subject=rollout, actor=actor, now=now)
    telling.of_rollouts(telling.COMPLETED, [rollout], actor.pk, now, now.isoformat())
    return rollout


@transaction.atomic
def rollout_reopen(*, rollout: Rollout, reason: str, actor: User, now: datetime) -> Rollout:
    """What was reported or confirmed is not so. Once its day is over the unit is late at once; the city may set it
    another one."""
    rollout, today, reason = _hold_rollout(rollout), today_of(now), reason.strip()
    city_only(actor, today)
    not_their_own(actor, rollout.unit, today)
    if rollout.done_at is None:
        return rollout
    if not reason:
        raise Refused(_("Say why. The unit reads it."), "reason")
    rollout.completed_at = rollout.completed_by = None
    rollout.ready_reported_at = rollout.ready_reported_by = None
    rollout.save(update_fields=["completed_at", "completed_by", "ready_reported_at", "ready_reported_by"])
    audit.record(verb="rollout_reopened", subject=rollout, actor=actor, now=now, changes={"reason": reason})
    telling.of_rollouts(telling.REOPENED, [rollout], actor.pk, now, now.isoformat(), reason=reason)
    return rollout
