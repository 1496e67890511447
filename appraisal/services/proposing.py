"""How a measure of the ladder comes to be proposed: by a rule with the facts it counted, or by somebody of the Express
with a reason. And how a rule is switched."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from accounts.models import Unit, User
from appraisal import acting
from appraisal.facts import ladder as ladder_facts
from appraisal.facts.ladder import Subject
from appraisal.models import Counts, Measure, Sanction, SanctionState, Trigger, YearSettings
from appraisal.models.sanctions import STANDING
from appraisal.notifying import sanctions as notifying_sanctions
from appraisal.rules import ladder
from appraisal.rules.ladder import Counted
from appraisal.services.missed import orders_note_missed
from appraisal.services.sanctions import (
    answerable,
    deciders,
    is_recommended,
    is_told_in_app,
    last_day,
    servers,
)
from attendance import selectors as inspection
from attendance.models import Finding, Told
from cards.models import Cadre
from common import audit
from common.problems import Refused
from common.rules import local
from common.versions import check_unchanged
from complaints.interests import conflicts, express_people
from complaints.models import Complaint, Interest

# --- By a rule --------------------------------------------------------------------------------------------------------


@transaction.atomic
def sanctions_propose(*, year: int, until: date | None = None, now: datetime) -> int:
    """What the rules in use find in a year, or in it until a day; returns how many proposals that made. Every fact is
    used once: safe to run twice, late, or in several places at once."""
    _hold()
    orders_note_missed(now=now)
    today = local(now).date()
    made = 0
    for trigger in ladder_facts.triggers():
        lines = ladder_facts.of_year(trigger, year, today)
        lines = lines if until is None else ladder_facts.up_to(lines, until)
        made += _make(trigger, year, wanted(trigger, year, lines, today), now)
    return made


def _hold() -> None:
    """Two at once would propose the same."""
    YearSettings.objects.select_for_update().filter(pk=1).first()


@dataclass(frozen=True)
class Used:
    """Facts that a rule has counted already."""

    of_subject: dict[str, set[tuple[str, int]]]
    of_anybody: set[tuple[str, int]]
    #: How many of its proposals were dropped because a fact had fallen: their other facts may come again.
    dropped: dict[str, int]

    def by(self, trigger: Trigger, subject: Subject) -> Collection[tuple[str, int]]:
        # Whoever leads a unit after the one who missed its day has not missed it.
        if trigger.counts == Counts.ROLLOUT and subject.cadre:
            return self.of_anybody
        return self.of_subject.get(subject.key, set())


Wanted = list[tuple[Subject, ladder.Proposal, int]]


def wanted(trigger: Trigger, year: int, found: ladder_facts.Lines, today: date) -> Wanted:
    """What a rule would propose of these facts, beside what it has proposed. Of a unit that has ended nothing new; of
    whoever led it, yes."""
    used = _used(trigger, year)
    units = {subject.unit for subject in found if not subject.cadre}
    there = set(Unit.objects.active(today).filter(pk__in=units).values_list("pk", flat=True))
    return [
        (subject, proposal, used.dropped.get(subject.key, 0))
        for subject in sorted(found)
        if subject.cadre or subject.unit in there
        for proposal in ladder.proposals(
            [line for line in found[subject] if (line.kind, line.key) not in used.by(trigger, subject)],
            trigger.times,
        )
    ]


def _used(trigger: Trigger, year: int) -> Used:
    """Whatever became of a proposal; but for one that was dropped or set aside because another of its facts fell."""
    used = Used({}, set(), {})
    rows = Sanction.objects.filter(rule=trigger.code, year=year).order_by()
    for unit, cadre, basis, anew in rows.values_list("unit", "cadre", "basis", "counts_anew"):
        key = Subject(unit, cadre or 0).key
        if anew:
            used.dropped[key] = used.dropped.get(key, 0) + 1
            continue
        facts = {(line["kind"], line["key"]) for line in basis}
        used.of_subject.setdefault(key, set()).update(facts)
        if cadre is not None:
            used.of_anybody.update(facts)
    return used


def _make(trigger: Trigger, year: int, found: Wanted, now: datetime) -> int:
    if not found:
        return 0
    units = Unit.objects.in_bulk({subject.unit for subject, _proposal, _dropped in found})
    people = {subject.cadre for subject, _proposal, _dropped in found if subject.cadre}
    cadres = Cadre.objects.select_related("unit", "user").in_bulk(people)
    for subject, proposal, dropped in found:
        cadre = cadres.get(subject.cadre)
        sanction = Sanction(
            unit=cadre.unit if cadre is not None else units[subject.unit],
            cadre=cadre,
            proposed_measure=trigger.measure,
            measure=trigger.measure,
            year=year,
            rule=trigger.code,
            source=_source(trigger, subject, year, proposal, dropped),
            basis=ladder_facts.as_basis(proposal.lines),
            times=trigger.times,
            proposed_at=now,
        )
        _save(sanction, None, now)
    return len(found)


def _source(trigger: Trigger, subject: Subject, year: int, proposal: ladder.Proposal, dropped: int) -> str:
    """`dropped`: a fact that had fallen may stand again, and the same facts be proposed a second time."""
    facts = ",".join(f"{line.kind}:{line.key}" for line in proposal.lines)
    again = f":{dropped}" if dropped else ""
    return f"{trigger.code}:{subject.key}:{year}:{sha256(facts.encode()).hexdigest()[:16]}{again}"


# --- By hand ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def sanction_propose(
    *,
    unit: Unit,
    cadre: Cadre | None,
    measure: Measure,
    reason: str,
    lines: Collection[Counted] = (),
    year: int | None = None,
    actor: User,
    now: datetime,
) -> Sanction:
    """By somebody of the Express, without a rule: with a reason, and the facts that it rests on, of this year or, as
    rules do, of the last."""
    _hold()
    today, reason = local(now).date(), reason.strip()
    unit, year = cadre.unit if cadre is not None else unit, year or today.year
    if year < today.year - 1:
        raise Refused(_("Nobody proposes anything for facts of the year before last."))
    _check_proposing(unit, cadre, measure, reason, actor, today)
    sanction = Sanction(
        unit=unit,
        cadre=cadre,
        proposed_measure=measure,
        measure=measure,
        year=year,
        source=f"hand:{get_random_string(16)}",
        basis=ladder_facts.as_basis(sorted(lines, key=lambda line: (line.day, line.kind, line.key))),
        reason=reason,
        proposed_by=actor,
        proposed_at=now,
    )
    if (before := _same(sanction)) is not None:
        return before
    if str(actor.pk) in _kept_out(sanction, today).split(","):
        raise Refused(_("You have an interest in a fact that it rests on: leave it to others."))
    _check_uncounted(sanction)
    return _save(sanction, actor, now)


def _check_proposing(
    unit: Unit, cadre: Cadre | None, measure: Measure, reason: str, actor: User, today: date
) -> None:
    if actor.pk not in inspection.express(today):
        raise Refused(_("Only a member of the Efficiency Express proposes a measure."))
    if cadre is not None and cadre.user_id == actor.pk:
        raise Refused(_("Nobody proposes anything about themselves."))
    if cadre is not None and Interest.objects.filter(cadre=cadre, user=actor).exists():
        raise Refused(_("You have declared an interest in this person: leave it to others."))
    if not reason:
        raise Refused(_("Say why."), "reason")
    if not (measure.for_units if cadre is None else measure.for_cadres):
        raise Refused(_("This rung is not for whom it is about."), "measure")


def _same(sanction: Sanction) -> Sanction | None:
    """A second tap; another one of the same person about the same rung waits for the first to be decided."""
    mine = Sanction.objects.open().filter(
        unit=sanction.unit,
        cadre=sanction.cadre,
        proposed_by=sanction.proposed_by,
        proposed_measure=sanction.proposed_measure,
    )
    before = mine.select_related("unit", "cadre", "measure", "proposed_measure").first()
    if before is not None and (before.reason, before.basis) != (sanction.reason, sanction.basis):
        raise Refused(_("You have proposed this already, and nobody has decided yet."))
    return before


def counted(unit: Unit, cadre: Cadre | None) -> set[tuple[str, int]]:
    """Facts that an open or standing measure of theirs rests on already. That something may go to the commission is
    told to nobody."""
    rows = Sanction.objects.filter(cadre=cadre, proposed_measure__refers=False)
    rows = rows if cadre is not None else rows.filter(unit=unit)
    holding = rows.filter(state__in=(SanctionState.PROPOSED, *STANDING)).order_by()
    return {
        (line["kind"], line["key"]) for basis in holding.values_list("basis", flat=True) for line in basis
    }


def _check_uncounted(sanction: Sanction) -> None:
    """One fact leads to one measure of somebody; to the commission it goes whatever has followed from it."""
    if sanction.proposed_measure.refers:
        return
    there = counted(sanction.unit, sanction.cadre)
    again = [line["words"] for line in sanction.basis if (line["kind"], line["key"]) in there]
    if again:
        raise Refused(
            _("Another measure that is open or stands counts this already: %(facts)s.")
            % {"facts": "；".join(again)},
            "facts",
        )


# --- Both -------------------------------------------------------------------------------------------------------------


def _save(sanction: Sanction, actor: User | None, now: datetime) -> Sanction:
    today = local(now).date()
    sanction.is_recommendation = is_recommended(sanction.unit, sanction.cadre)
    kept_out = _kept_out(sanction, today)
    sanction.kept_out = kept_out
    if not sanction.proposed_measure.refers and is_told_in_app(sanction, today):
        sanction.told_at, sanction.told_how = now, Told.IN_APP.value
        sanction.defence_until = last_day(today)
    sanction.save()
    changes = {"measure": sanction.measure.code, "rule": sanction.rule, "basis": len(sanction.basis)}
    if sanction.defence_until is not None:
        changes["until"] = sanction.defence_until
    audit.record(verb="sanction_proposed", subject=sanction, actor=actor, now=now, changes=changes)
    notifying_sanctions.proposed(
        sanction,
        subject=answerable(sanction, today),
        deciding=deciders(sanction, today),
        telling=servers(sanction, today),
        now=now,
    )
    return sanction


def _kept_out(sanction: Sanction, today: date) -> str:
    """Whoever may not know of a fact that it counts does not hear of it through its consequence either; and of a
    referral nobody of the Express whom it is about, who is their kin, or who answers for the unit."""
    keys: dict[str, list[int]] = {"complaint": [], "finding": [], "measure": []}
    for line in sanction.basis:
        keys.setdefault(line["kind"], []).append(line["key"])
    people: set[int] = set()
    if keys["complaint"]:
        cases = list(Complaint.objects.filter(pk__in=keys["complaint"]))
        found = conflicts(express_people(today), cases, today)
        people.update(user for users in found.values() for user in users)
    for rows in (
        Finding.objects.filter(pk__in=keys["finding"]),
        Sanction.objects.filter(pk__in=keys["measure"]),
    ):
        for kept_out in rows.exclude(kept_out="").order_by().values_list("kept_out", flat=True):
            people.update(int(pk) for pk in kept_out.split(",") if pk)
    if sanction.proposed_measure.refers:
        people.update(acting.responsible_for([sanction.unit_id], today)[sanction.unit_id])
        people.update(filter(None, [sanction.cadre.user_id if sanction.cadre is not None else None]))
        declared = Interest.objects.filter(cadre=sanction.cadre_id or 0)
        people.update(declared.values_list("user", flat=True))
    return f",{','.join(map(str, sorted(people)))}," if people else ""


# --- Rules ------------------------------------------------------------------------------------------------------------


def trigger_facts(trigger: Trigger) -> dict[str, Any]:
    """What the form of a rule shows (common/versions.py)."""
    return {"active": trigger.active, "times": trigger.times, "measure": trigger.measure_id}


@transaction.atomic
def trigger_edit(
    *,
    trigger: Trigger,
    active: bool,
    times: int,
    measure: Measure,
    seen: str | None = None,
    actor: User,
    now: datetime,
) -> Trigger:
    """Switch a rule on or off, or change what it asks for: from now on, for what nobody has counted yet."""
    Trigger.objects.select_for_update().get(pk=trigger.pk)
    trigger = Trigger.objects.select_related("item", "counted", "measure").get(pk=trigger.pk)
    before = trigger_facts(trigger)
    after = {"active": active, "times": times, "measure": measure.pk}
    if before == after:
        return trigger
    check_unchanged(before, seen)
    check_rule(trigger, times, measure)
    trigger.active, trigger.times, trigger.measure = active, times, measure
    trigger.save(update_fields=["active", "times", "measure"])
    changes = audit.differences(before, after)
    audit.record(verb="trigger_edited", subject=trigger, actor=actor, now=now, changes=changes)
    return trigger


def check_rule(trigger: Trigger, times: int, measure: Measure) -> None:
    """Raises Refused for what no rule may ask for."""
    if times < 1:
        raise Refused(_("At least once."), "times")
    if measure.refers:
        raise Refused(
            _("No rule refers anybody to the commission: a person proposes that, with a reason."), "measure"
        )
    about_both = trigger.counts == Counts.ROLLOUT
    if (about_both or trigger.about_units) and not measure.for_units:
        raise Refused(_("This rung is not for whom it is about."), "measure")
    if (about_both or not trigger.about_units) and not measure.for_cadres:
        raise Refused(_("This rung is not for whom it is about."), "measure")
    if trigger.counted is not None and measure.level <= trigger.counted.level:
        raise Refused(_("What counts a rung proposes a higher one."), "measure")
