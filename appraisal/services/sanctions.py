"""The ladder (SANC-1): what was proposed (services.proposing) is answered, decided by another person, served. The
system proposes; people decide and sign, and every decision can be reviewed (services.reviews).
"""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, Role, Unit, User
from appraisal import acting, sanction_papers
from appraisal.facts import ladder as ladder_facts
from appraisal.models import (
    DocumentCounter,
    Measure,
    Receipt,
    RectificationOrder,
    Sanction,
    SanctionState,
    YearSettings,
)
from appraisal.notifying import sanctions as notifying_sanctions
from appraisal.rules import ladder
from appraisal.rules import reviews as review_rules
from appraisal.rules.ladder import Refusal
from appraisal.services import years_due
from attendance import selectors as inspection
from attendance.models import Exemption, Finding, Told
from attendance.rules import defence_until
from attendance.services import findings
from cards.models import Cadre, EmploymentKind
from common import audit, calendar
from common.problems import Refused
from common.rules import at, local
from common.versions import check_unchanged, version_of
from complaints.models import Complaint, Interest

DECISIONS = "decisions"
REFUSALS = {
    Refusal.WRONG_STATE: gettext_lazy("This proposal has been decided on already."),
    Refusal.INVOLVED: gettext_lazy(
        "Nobody decides on what they proposed, recorded or verified, or what is about them or their unit."
    ),
    Refusal.TOO_EARLY: gettext_lazy(
        "The days for a statement in defence are not over, and none has been made."
    ),
    Refusal.REASON: gettext_lazy("Say why."),
    Refusal.SKIP_REASON: gettext_lazy(
        "Rungs below were never taken this year: say why they are passed over."
    ),
}
FIELDS = {Refusal.REASON: "reason", Refusal.SKIP_REASON: "skipped_reason"}


# --- Whom it concerns -------------------------------------------------------------------------------------------------


def is_recommended(unit: Unit, cadre: Cadre | None) -> bool:
    """Their superiors are not the city: it recommends (DESIGN §4)."""
    return unit.vertically_managed or (
        cadre is not None and cadre.employment_kind == EmploymentKind.ENTERPRISE
    )


def last_day(told: date) -> date:
    """For a statement in defence, counted from the day on which they were told."""
    return defence_until(told, YearSettings.current().defence_days, calendar.around(told))


def latest_entry(told: date) -> date:
    """Until when it may be entered that they were told: half of the days for a statement are left then."""
    return defence_until(told, YearSettings.current().defence_days // 2, calendar.around(told))


def answerable(sanction: Sanction, today: date) -> set[int]:
    """Who answers: the cadre; of a unit its officers and heads, or those of the unit that followed it."""
    if sanction.cadre is not None:
        return {sanction.cadre.user_id} if sanction.cadre.user_id is not None else set()
    return acting.responsible_for([sanction.unit_id], today)[sanction.unit_id]


def is_told_in_app(sanction: Sanction, today: date) -> bool:
    """Whether they read it on a page of their own."""
    if sanction.cadre is None:
        return bool(answerable(sanction, today))
    user = sanction.cadre.user
    if user is None or not user.is_active:
        return False
    return Membership.objects.current(today).filter(user=user, role=Role.CADRE).exists()


def servers(sanction: Sanction, today: date) -> set[int]:
    return servers_of([sanction], today)[sanction.pk]


def servers_of(sanctions: Collection[Sanction], today: date) -> dict[int, set[int]]:
    """Who is asked to tell of each, and to serve it: the unit’s officers; whoever else may where the unit has none, and
    where it is about the unit itself. The same queries for any number."""
    officers = acting.members_of([Role.UNIT_OFFICER], {sanction.unit_id for sanction in sanctions}, today)
    found = {}
    for sanction, able in zip(sanctions, _able_to_serve(sanctions, today), strict=True):
        found[sanction.pk] = able & officers[sanction.unit_id] or able
    return found


def may_serve(sanction: Sanction, user: User, today: date) -> bool:
    """The unit’s officers and heads, or the Express; nobody their own or their kin’s, and no unit itself."""
    return user.pk in _able_to_serve([sanction], today)[0]


def _able_to_serve(sanctions: Collection[Sanction], today: date) -> list[set[int]]:
    city = set(inspection.express(today))
    of_units = acting.responsible_for({sanction.unit_id for sanction in sanctions}, today)
    interested = _interested(sanctions)
    found = []
    for sanction in sanctions:
        involved = interested[sanction.pk]
        express = city - sanction.kept_out_ids - involved
        of_unit = set(of_units[sanction.unit_id]) - involved
        if sanction.cadre is None:
            found.append(express - set(of_units[sanction.unit_id]))
        else:
            found.append((express | of_unit) - {sanction.cadre.user_id or 0})
    return found


# --- Answering --------------------------------------------------------------------------------------------------------


@transaction.atomic
def sanction_tell(*, sanction: Sanction, how: str, day: date, actor: User, now: datetime) -> Sanction:
    """Somebody without an account was told on `day`, by one of Told; their days count from there."""
    sanction, today = _locked(sanction), local(now).date()
    if sanction.told_at is not None:
        return sanction
    _check_open(sanction)
    if sanction.proposed_measure.refers:
        raise Refused(_("Nobody is told of a referral."))
    _check_may_serve(sanction, actor, today)
    if day > today:
        raise Refused(_("This day is still to come."), "day")
    if day < local(sanction.proposed_at).date():
        raise Refused(_("Nobody can have been told before it was proposed."), "day")
    until = last_day(day)
    if latest_entry(day) < today:
        raise Refused(
            _("Half of the days for a statement would be over already: tell the person again today."), "day"
        )
    sanction.told_at = now if day == today else at(day, time(12))
    sanction.told_how, sanction.defence_until = how, until
    sanction.save(update_fields=["told_at", "told_how", "defence_until"])
    changes = {"how": how, "day": day, "until": until}
    audit.record(verb="sanction_told", subject=sanction, actor=actor, now=now, changes=changes)
    return sanction


def defence_facts(sanction: Sanction) -> dict[str, Any]:
    """What the form of a statement shows (common/versions.py)."""
    return {"text": sanction.defence}


@transaction.atomic
def sanction_defend(
    *, sanction: Sanction, text: str, seen: str | None = None, actor: User, now: datetime
) -> Sanction:
    """The statement in defence, by whom it is about or entered for them; written again until the last day."""
    sanction, text, today = _locked(sanction), text.strip(), local(now).date()
    _check_open(sanction)
    if sanction.defence_until is None or today > sanction.defence_until:
        raise Refused(_("The days for a statement in defence are over."))
    if not may_defend(sanction, actor, today):
        raise Refused(_("Only the person, or an officer of the unit for them, hands in a statement."))
    if not text:
        raise Refused(_("Write what should be considered."), "text")
    if sanction.defence == text:
        return sanction
    check_unchanged(defence_facts(sanction), seen)
    before = sanction.defence
    sanction.defence, sanction.defended_at, sanction.defended_by = text, now, actor
    sanction.save(update_fields=["defence", "defended_at", "defended_by"])
    changes = {"text": [before, text]}
    audit.record(verb="sanction_defended", subject=sanction, actor=actor, now=now, changes=changes)
    notifying_sanctions.defended(sanction, deciders(sanction, today), now)
    return sanction


def may_defend(sanction: Sanction, user: User, today: date) -> bool:
    """The person; for a unit its officers and heads; and for somebody without an account, who hands it in on paper,
    whoever serves."""
    if sanction.cadre is None:
        return user.pk in answerable(sanction, today)
    if sanction.cadre.user_id == user.pk:
        return True
    if sanction.told_how == Told.IN_APP.value and is_told_in_app(sanction, today):
        return False
    return may_serve(sanction, user, today)


# --- Deciding ---------------------------------------------------------------------------------------------------------


def decided_over(sanction: Sanction) -> dict[str, Any]:
    """What whoever decides has to have read (common/versions.py)."""
    return {
        "measure": sanction.proposed_measure_id,
        "proposed": sanction.reason,
        "basis": sanction.basis,
        "statement": sanction.defence,
    }


@transaction.atomic
def sanction_decide(
    *,
    sanction: Sanction,
    measure: Measure | None,
    reason: str,
    exemption: str = "",
    skipped_reason: str = "",
    seen: str | None = None,
    actor: User,
    now: datetime,
) -> Sanction:
    """With a measure, at most the one that could be answered; without one it is not pursued, for a reason or one of the
    three exemptions. Raises Refused for whoever may not decide on this one, when a counted fact no longer stands, or
    when what was read (`seen`) has been written anew."""
    sanction, today = _locked(sanction), local(now).date()
    drop, exemption = measure is None, exemption if measure is None else ""
    reason = reason.strip() or (str(Exemption(exemption).label) if exemption else "")
    if _is_same_decision(sanction, measure, reason, actor):
        return sanction
    skips = [] if measure is None else skips_of(sanction, measure, today)
    refusal = ladder.refuse_decision(
        is_open=sanction.state == SanctionState.PROPOSED,
        is_free=actor.pk in deciders(sanction, today),
        defended=sanction.own_word or sanction.proposed_measure.refers,
        defence_until=sanction.defence_until,
        today=today,
        drop=drop,
        reason=reason,
        skips=skips,
        skipped_reason=skipped_reason,
    )
    if refusal is not None:
        raise Refused(REFUSALS[refusal], FIELDS.get(refusal))
    if seen is not None and seen != version_of(decided_over(sanction)):
        raise Refused(
            _("The statement in defence was written since this page was shown: read it, then decide.")
        )
    if measure is not None:
        _check_measure(sanction, measure, today)
    sanction.exemption, sanction.decision_reason = exemption, reason
    sanction.decided_by, sanction.decided_at, sanction.decided_on = actor, now, today
    if measure is None:
        sanction.state, sanction.counts_anew = (
            SanctionState.DROPPED,
            bool(ladder_facts.fallen(sanction, today)),
        )
    else:
        _take(sanction, measure, skips, skipped_reason.strip(), today)
    sanction.save()
    changes = {"state": sanction.state, "measure": sanction.measure.code, "reason": reason, "skipped": skips}
    if exemption:
        changes["exemption"] = exemption
    if sanction.content_hash:
        changes["content"] = sanction.content_hash
    audit.record(verb="sanction_decided", subject=sanction, actor=actor, now=now, changes=changes)
    notifying_sanctions.decided(
        sanction, subject=answerable(sanction, today), serving=servers(sanction, today), now=now
    )
    years_due.changed(today.year)
    return sanction


def _is_same_decision(sanction: Sanction, measure: Measure | None, reason: str, actor: User) -> bool:
    """A second tap."""
    if sanction.decided_by_id != actor.pk or sanction.decision_reason != reason:
        return False
    if measure is None:
        return sanction.state == SanctionState.DROPPED
    return sanction.state != SanctionState.DROPPED and sanction.measure_id == measure.pk


def _check_measure(sanction: Sanction, measure: Measure, today: date) -> None:
    if sanction.proposed_measure.refers and not measure.refers:
        raise Refused(
            _("Nobody could answer to a referral: for anything else drop it, and propose that."), "measure"
        )
    if measure.level > sanction.proposed_measure.level:
        raise Refused(_("Nothing harsher than what was proposed and could be answered."), "measure")
    if not (measure.for_units if sanction.cadre is None else measure.for_cadres):
        raise Refused(_("This rung is not for whom it is about."), "measure")
    if ladder_facts.fallen(sanction, today):
        raise Refused(
            _("A fact that was counted no longer stands: it can only be dropped, and is counted anew.")
        )


def _take(sanction: Sanction, measure: Measure, skips: list[int], skipped_reason: str, today: date) -> None:
    sanction.measure = measure
    sanction.skipped = ",".join(map(str, skips))
    sanction.skipped_reason = skipped_reason if skips else ""
    sanction.state = SanctionState.REFERRED if measure.refers else SanctionState.DECIDED
    if measure.by_document:
        sanction.document_year = today.year
        sanction.document_serial = next_number(DECISIONS, today.year)
    sanction_papers.keep(sanction)


def next_number(series: str, year: int) -> int:
    """The next of a series in a year, without a gap: whoever asks at the same time waits. In the caller's
    transaction."""
    DocumentCounter.objects.get_or_create(series=series, year=year)
    counter = DocumentCounter.objects.select_for_update().get(series=series, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last


def skips_of(sanction: Sanction, measure: Measure, today: date) -> list[int]:
    """Levels between the highest measure of this year and this one that were passed over."""
    return skips_of_each(sanction, [measure], today)[measure.pk]


def skips_of_each(sanction: Sanction, measures: Collection[Measure], today: date) -> dict[int, list[int]]:
    """The same for each of these rungs, by its key; two queries."""
    applying = Measure.objects.filter(**{"for_cadres" if sanction.cadre_id else "for_units": True})
    levels = list(applying.values_list("level", flat=True))
    standing = Sanction.objects.standing().decided_in(today.year).filter(cadre=sanction.cadre_id)
    if sanction.cadre_id is None:
        standing = standing.filter(unit=sanction.unit_id)
    before = list(standing.exclude(pk=sanction.pk).order_by().values_list("measure__level", flat=True))
    return {measure.pk: ladder.skipped(levels, measure.level, before) for measure in measures}


def deciders(sanction: Sanction, today: date) -> frozenset[int]:
    return deciders_of([sanction], today)[sanction.pk]


def deciders_of(sanctions: Collection[Sanction], today: date) -> dict[int, frozenset[int]]:
    """The accounts that may decide each: heads of the Express; where none of them is free, its staff (DESIGN §1)."""
    free = inspection.free_deciders(hands_of(sanctions, today), today)
    return {sanction.pk: people for sanction, people in zip(sanctions, free, strict=True)}


def hands_of(sanctions: Collection[Sanction], today: date) -> list[set[int]]:
    """Of each, who proposed it, recorded, verified or decided a fact of it, is who it is about, answers for the unit
    or did so in the year of the facts, or has an interest: none of them decides, nor reviews. Who decided a measure
    that it counts is free: that stands by itself, open to a review of its own. The same queries for any number."""
    keys: dict[str, set[int]] = {"finding": set(), "complaint": set(), "order": set()}
    for sanction in sanctions:
        for line in sanction.basis:
            keys.get(line["kind"], set()).add(line["key"])
    facts = _hands_of_findings(keys["finding"]) | _hands_of_complaints(keys["complaint"])
    facts |= _hands_of_orders(keys["order"])
    superiors, interested = _superiors(sanctions, today), _interested(sanctions)
    return [
        _hands(sanction, facts) | answering | interested[sanction.pk]
        for sanction, answering in zip(sanctions, superiors, strict=True)
    ]


def _superiors(sanctions: Collection[Sanction], today: date) -> list[set[int]]:
    """Of each, who answers for the unit or has done so since the year of the facts began, who answers for the unit to
    which the cadre has gone, and who leads either."""
    if not sanctions:
        return []
    there = [
        {sanction.unit_id, sanction.cadre.unit_id} if sanction.cadre is not None else {sanction.unit_id}
        for sanction in sanctions
    ]
    units = set().union(*there)
    now, leaders = acting.responsible_for(units, today), _leaders(units)
    since = acting.responsible_since({(sanction.unit_id, sanction.year) for sanction in sanctions}, today)
    return [
        since[sanction.unit_id, sanction.year].union(*(now[unit] | leaders[unit] for unit in own))
        for sanction, own in zip(sanctions, there, strict=True)
    ]


def _leaders(units: Collection[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {unit: set() for unit in units}
    leaders = Cadre.objects.filter(unit__in=units, leads_unit=True, user__isnull=False).order_by()
    for unit, user in leaders.values_list("unit", "user"):
        found[unit].update(filter(None, [user]))
    return found


def _interested(sanctions: Collection[Sanction]) -> dict[int, set[int]]:
    """Of each, who declared an interest in the person, or in the accused of a complaint that it counts, or stepped back
    from that: also after it was proposed, as SanctionQuerySet.within says it of one reader."""
    counted = {sanction.pk: _keys_of(sanction, "complaint") for sanction in sanctions}
    keys = {key for own in counted.values() for key in own}
    cases = Complaint.objects.filter(pk__in=keys).order_by().values_list("pk", "matter", "cadre")
    asked = {pk: (matter, cadre) for pk, matter, cadre in cases} if keys else {}
    cadres = {sanction.cadre_id for sanction in sanctions} | {cadre for _matter, cadre in asked.values()}
    declared = Interest.objects.filter(
        Q(cadre__in=cadres - {None}) | Q(complaint__matter__in={matter for matter, _cadre in asked.values()})
    )
    by_cause: dict[str | int, set[int]] = {}
    for user, cadre, matter in declared.values_list("user", "cadre", "complaint__matter"):
        by_cause.setdefault(cadre or matter, set()).add(user)
    found = {}
    for sanction in sanctions:
        causes = {sanction.cadre_id, *(cause for key in counted[sanction.pk] for cause in asked.get(key, ()))}
        found[sanction.pk] = {user for cause in causes for user in by_cause.get(cause or 0, ())}
    return found


def _keys_of(sanction: Sanction, kind: str) -> set[int]:
    return {line["key"] for line in sanction.basis if line["kind"] == kind}


Hands = dict[tuple[str, int], set[int | None]]


def _hands_of_findings(keys: Collection[int]) -> Hands:
    if not keys:
        return {}
    rows = Finding.objects.filter(pk__in=keys).select_related("cadre", "spot_line")
    cases = findings.cases_of(rows)
    return {
        ("finding", row.pk): {cases[row.pk].recorder_id, *cases[row.pk].involved, row.decided_by_id}
        for row in rows
    }


def _hands_of_complaints(keys: Collection[int]) -> Hands:
    """Of what was redone, of both times."""
    if not keys:
        return {}
    found: Hands = {}
    rows = Complaint.objects.filter(Q(pk__in=keys) | Q(redo_of__in=keys)).order_by()
    for pk, first, *people in rows.values_list("pk", "redo_of", "handler", "submitted_by", "closed_by"):
        found.setdefault(("complaint", first or pk), set()).update(people)
    return found


def _hands_of_orders(keys: Collection[int]) -> Hands:
    """Who set what was to be put right and by when, and who said that it was."""
    if not keys:
        return {}
    rows = RectificationOrder.objects.filter(pk__in=keys).order_by()
    return {("order", pk): set(people) for pk, *people in rows.values_list("pk", "ordered_by", "ended_by")}


def _hands(sanction: Sanction, facts: Hands) -> set[int]:
    found: set[int | None] = {sanction.proposed_by_id}
    if sanction.cadre is not None:
        found.add(sanction.cadre.user_id)
    for line in sanction.basis:
        found |= facts.get((line["kind"], line["key"]), set())
    return {pk for pk in found if pk is not None} | sanction.kept_out_ids


# --- Serving ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def sanction_serve(
    *, sanction: Sanction, served_on: date, receipt: str, witness: str = "", actor: User, now: datetime
) -> Sanction:
    """The decision was handed over, or told where it needs no document: signed for, or refused before a witness. From
    this day on it warns, and the days for a review count."""
    sanction, today, witness = _locked(sanction), local(now).date(), " ".join(witness.split())
    if sanction.state == SanctionState.SERVED:
        same = (sanction.served_on, sanction.receipt, sanction.witness) == (served_on, receipt, witness)
        if same and sanction.served_by_id == actor.pk:
            return sanction
    if sanction.state != SanctionState.DECIDED:
        raise Refused(_("Only what is decided, and not served yet, is served."))
    _check_may_serve(sanction, actor, today)
    assert sanction.decided_on is not None
    if not sanction.decided_on <= served_on <= today:
        raise Refused(_("Between the day of the decision and today."), "served_on")
    if not review_rules.leaves_half(served_on, _review_until(sanction, served_on), today):
        raise Refused(
            _("Half of the days for a review would be over already: hand the decision over again today."),
            "served_on",
        )
    if receipt == Receipt.REFUSED and not witness:
        raise Refused(_("Name who was there when the receipt was refused."), "witness")
    sanction.state = SanctionState.SERVED
    sanction.served_on, sanction.served_by, sanction.receipt = served_on, actor, receipt
    sanction.witness = witness if receipt == Receipt.REFUSED else ""
    # Whether a recommendation warns is their superiors’ to say.
    kept = sanction_papers.as_decided(sanction)
    months = kept.months if kept is not None else sanction.measure.months
    sanction.expires_on = ladder.warns_until(served_on, 0 if sanction.is_recommendation else months)
    sanction.save()
    changes = {"served_on": served_on, "receipt": receipt, "witness": sanction.witness}
    audit.record(verb="sanction_served", subject=sanction, actor=actor, now=now, changes=changes)
    notifying_sanctions.served(sanction, answerable(sanction, today), now)
    return sanction


def _review_until(sanction: Sanction, served_on: date) -> date:
    kept = sanction_papers.as_decided(sanction)
    days = kept.review_days if kept is not None else YearSettings.current().review_days
    return review_rules.last_day(served_on, days, calendar.around(served_on))


# --- Setting aside ----------------------------------------------------------------------------------------------------


def set_aside(sanction: Sanction, *, reason: str, actor: User | None, now: datetime) -> Sanction:
    """After a review, or because somebody other than who decided sees that it was wrong. It counts nowhere any more;
    its number stays taken. Where one of its facts fell, the others may be counted anew. In the caller's transaction,
    with the row locked."""
    sanction.state = SanctionState.SET_ASIDE
    sanction.set_aside_at, sanction.set_aside_by, sanction.set_aside_reason = now, actor, reason[:300]
    sanction.counts_anew = bool(ladder_facts.fallen(sanction, local(now).date()))
    sanction.save(update_fields=["state", "set_aside_at", "set_aside_by", "set_aside_reason", "counts_anew"])
    audit.record(
        verb="sanction_set_aside", subject=sanction, actor=actor, now=now, changes={"reason": reason[:300]}
    )
    notifying_sanctions.set_aside(sanction, answerable(sanction, local(now).date()), now)
    assert sanction.decided_on is not None
    years_due.changed(sanction.decided_on.year)
    return sanction


@transaction.atomic
def sanction_set_aside(*, sanction: Sanction, reason: str, actor: User, now: datetime) -> Sanction:
    """Without anybody asking: a fact it counted fell, or it was wrong. By the Express, never by who decided."""
    sanction, reason, today = _locked(sanction), reason.strip(), local(now).date()
    if sanction.state == SanctionState.SET_ASIDE:
        return sanction
    if sanction.state not in (SanctionState.DECIDED, SanctionState.SERVED):
        raise Refused(_("Only what is decided can be set aside."))
    if actor.pk not in reviewers(sanction, today):
        raise Refused(REFUSALS[Refusal.INVOLVED])
    if not reason:
        raise Refused(_("Say why."), "reason")
    return set_aside(sanction, reason=reason, actor=actor, now=now)


def reviewers(sanction: Sanction, today: date) -> frozenset[int]:
    """Members of the Express who had no hand in it and did not decide."""
    hands = hands_of([sanction], today)[0]
    return frozenset(set(inspection.express(today)) - hands - {sanction.decided_by_id or 0})


# --- Shared -----------------------------------------------------------------------------------------------------------


def _locked(sanction: Sanction) -> Sanction:
    # Nothing nullable is joined to what is locked: PostgreSQL refuses it.
    Sanction.objects.select_for_update().get(pk=sanction.pk)
    return whole(Sanction.objects.filter(pk=sanction.pk)).get()


def whole(rows: Any) -> Any:
    """With what is asked of a sanction on every page."""
    return rows.select_related(
        "unit",
        "cadre__user",
        "cadre__unit",
        "measure",
        "proposed_measure",
        "proposed_by",
        "decided_by",
        "served_by",
    )


def _check_open(sanction: Sanction) -> None:
    if sanction.state != SanctionState.PROPOSED:
        raise Refused(REFUSALS[Refusal.WRONG_STATE])


def _check_may_serve(sanction: Sanction, actor: User, today: date) -> None:
    if sanction.cadre is not None and sanction.cadre.user_id == actor.pk:
        raise Refused(_("Nobody enters this about themselves."))
    if not may_serve(sanction, actor, today):
        raise Refused(
            _(
                "An officer or a head of the unit enters this, or the Express; about the unit itself the Express alone."
            )
        )
