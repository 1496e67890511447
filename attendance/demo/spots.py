"""Spot checks of the months behind: drawn by the real verbs, so that everybody can recompute them, or with a reason;
what was found on site follows what the plaques said."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from accounts import demo as accounts
from accounts.models import Membership, Role, SupervisionGroup, Unit, UnitKind, User
from attendance import services, snapshot
from attendance.demo import words
from attendance.demo.fate import Fates
from attendance.demo.ground import Ground, Somebody
from attendance.demo.hands import Hands
from attendance.draw import Plan
from attendance.models import Draw, Finding, Item, Outcome, Purpose, Signature, SpotCheck, SpotLine
from attendance.rules import NOT_UPDATED, whereabouts_item
from cards.models import Cadre
from cards.rules import Kind, State, Status
from common.models import AuditEntry
from common.problems import Refused
from common.rules import WorkingCalendar, at, local

#: On every fifth working day, from the fourth on.
FIRST, EVERY = 3, 5
#: Departments, towns and leaders of a draw: the first that the city has enough of.
SIZES = ((4, 2, 2), (2, 1, 1), (1, 1, 0), (0, 1, 0), (1, 0, 0))
PEOPLE = 3
#: So many are met in a unit that is checked for a reason.
MET = 6
#: How often the plaque turns out to be wrong: here, and where the unit's own sheets never find anything.
WRONG, WRONG_IN_SILENCE = 0.11, 0.55
BEGINS = time(9, 10)
CAST_BEFORE = timedelta(minutes=50)


@dataclass
class Spots:
    """Writes the checks of one day while the ground knows that day."""

    ground: Ground
    hands: Hands
    items: dict[str, Item]
    fates: Fates
    #: The unit whose sheets are always clean.
    silent: Unit | None
    findings: list[Finding] = field(default_factory=list)
    _planned: dict[date, Callable[[datetime], SpotCheck | None]] = field(default_factory=dict)
    _trail: list[AuditEntry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.users = {user.username: user for user in User.objects.filter(username__in=ACCOUNTS)}
        self.city = [self.users[accounts.EXPRESS], self.users[accounts.SECOND_EXPRESS]]

    def plan(self, first: date, last: date) -> None:
        """Which working days have a check; the last two before today have none."""
        days = [first + timedelta(days=offset) for offset in range((last - first).days)]
        working = [day for day in days if self.ground.working.is_working_day(day)][:-2]
        cycle = (self._random, self._silence, self._redrawn, self._visit, self._look_back, self._complaint)
        for number, day in enumerate(working[FIRST::EVERY]):
            self._planned[day] = cycle[number % len(cycle)]

    def write(self, day: date) -> None:
        if (kind := self._planned.get(day)) is None:
            return
        try:
            check = kind(at(day, BEGINS))
        except Refused:  # somebody has changed what the plan stands on, before this version built upon it
            return
        if check is not None:
            self._on_site(check, random.Random(f"spot check {day}"))

    def save(self) -> None:
        AuditEntry.objects.bulk_create(self._trail)

    # --- How they are planned ---

    def _before(self, begins: datetime, clock: time) -> datetime:
        return at(working_day_before(self.ground.working, begins.date()), clock)

    def _random(self, begins: datetime) -> SpotCheck | None:
        cast = begins - CAST_BEFORE
        draw = freeze(self.city, begins, self._before(begins, time(16, 5)), cast)
        return reveal(draw, self.city[1], cast) if draw else None

    def _redrawn(self, begins: datetime) -> SpotCheck | None:
        """The first one is cancelled, and both stay to be looked at."""
        cast, early = begins - CAST_BEFORE, self._before(begins, time(16, 0))
        first = freeze(self.city, begins, self._before(begins, time(15, 0)), early)
        if first is None:
            return None
        reveal(first, self.city[1], early)
        again = freeze(self.city, begins, self._before(begins, time(16, 40)), cast, instead_of=first)
        return reveal(again, self.city[1], cast) if again else None

    def _silence(self, begins: datetime) -> SpotCheck | None:
        reason = "每日检查表长期没有一处问题，与群众反映不符"
        return self._targeted(Purpose.UNANNOUNCED, reason, [self.silent or self.ground.units[-1]], begins)

    def _look_back(self, begins: datetime) -> SpotCheck | None:
        units = [self.silent or self.ground.units[-1], self.ground.units[min(3, len(self.ground.units) - 1)]]
        reason = "上次检查发现的问题是否整改到位"
        return self._targeted(Purpose.LOOK_BACK, reason, list(dict.fromkeys(units)), begins)

    def _complaint(self, begins: datetime) -> SpotCheck | None:
        unit = self.ground.units[min(8, len(self.ground.units) - 1)]
        reason = "近期群众多次反映窗口等候时间长"
        return self._targeted(Purpose.COMPLAINT, reason, [unit], begins)

    def _visit(self, begins: datetime) -> SpotCheck | None:
        """A town of the group, where it has one."""
        members = Membership.objects.filter(role=Role.SUPERVISOR).select_related("user", "group")
        inspectors = [row.user for row in members.order_by("pk")]
        group = next((row.group for row in members if row.group), None)
        own = [unit for unit in self.ground.units if group and unit.supervision_group_id == group.pk]
        own.sort(key=lambda unit: unit.kind == UnitKind.DEPARTMENT)
        if not own or group is None:
            return None
        return self._targeted(Purpose.VISIT, "督导组进村入镇例行督查", own[:1], begins, inspectors, group)

    def _targeted(
        self,
        purpose: Purpose,
        reason: str,
        units: list[Unit],
        begins: datetime,
        inspectors: Sequence[User] = (),
        group: SupervisionGroup | None = None,
    ) -> SpotCheck | None:
        chance = random.Random(f"targeted {begins:%F}")
        there = self.ground.people(begins.date())
        people = [
            one.cadre
            for unit in units
            for one in chance.sample(there[unit.pk], min(MET, len(there[unit.pk])))
            if one.cadre.user_id is None
        ]
        inspectors = inspectors or self.city
        return targeted(
            purpose, reason, units, people, inspectors, begins, self._before(begins, time(17, 0)), group
        )

    # --- What was found ---

    def _on_site(self, check: SpotCheck, chance: random.Random) -> None:
        inspectors = list(check.inspectors.order_by("pk"))
        lines = list(check.lines.select_related("cadre__unit", "cadre__user", "office", "unit"))
        for number, line in enumerate(lines):
            inspector = inspectors[number % len(inspectors)]
            moment = check.begins_at + timedelta(minutes=9 + 6 * number, seconds=chance.randint(0, 59))
            self._line(line, inspector, moment, chance)
        fields = ["outcome", "taken_at", "said", "note", "word", "signature", "witness", "recorded_by"]
        SpotLine.objects.bulk_update(lines, fields)
        check.closed_at = check.begins_at + timedelta(minutes=25 + 6 * len(lines))
        check.closed_by, check.closing_note = inspectors[0], chance.choice(words.CLOSINGS)
        check.save(update_fields=["closed_at", "closed_by", "closing_note"])
        self._trail.append(
            AuditEntry(
                at=check.closed_at,
                actor=inspectors[0],
                verb="spot_check_closed",
                subject_type=SpotCheck._meta.label_lower,
                subject_id=check.pk,
                changes={"not_met": sum(not line.outcome for line in lines)},
            )
        )

    def _line(self, line: SpotLine, inspector: User, moment: datetime, chance: random.Random) -> None:
        said = self.ground.status(Somebody(line.cadre, line.office), line.unit, moment)
        if said.state == State.LEAVE and chance.random() < 0.5:
            line.note = "请休假，未当面核查。"
            return
        line.outcome, line.taken_at, line.recorded_by = Outcome.AGREES, moment, inspector
        line.said = snapshot.as_facts(said)
        silent = self.silent is not None and line.unit_id == self.silent.pk
        if said.state != State.LEAVE and chance.random() < (WRONG_IN_SILENCE if silent else WRONG):
            self._problem(line, said, inspector, chance)

    def _problem(self, line: SpotLine, said: Status, inspector: User, chance: random.Random) -> None:
        code = "off_post" if said.kind == Kind.AT_POST else whereabouts_item(said)
        if code == "off_post" and said.declared is None and chance.random() < 0.4:
            code = NOT_UPDATED
        assert line.taken_at is not None
        officer = self.hands.officer(line.unit_id, line.taken_at.date(), chance)
        line.outcome, line.note = Outcome.PROBLEM, words.fact(chance, code, said.state.value)
        line.signature = chance.choices(
            (Signature.SIGNED, Signature.REFUSED, Signature.ABSENT), (78, 10, 12)
        )[0]
        if line.signature == Signature.REFUSED and officer is not None:
            line.witness = officer.name
        elif line.signature == Signature.REFUSED:
            line.signature = Signature.ABSENT
        if line.signature != Signature.ABSENT:
            line.word = chance.choice(words.SPOT_WORDS)
        self._finding(line, self.items[code], inspector, officer, chance)

    def _finding(
        self, line: SpotLine, item: Item, inspector: User, officer: User | None, chance: random.Random
    ) -> None:
        moment = line.taken_at
        assert moment is not None
        finding = Finding(
            unit=line.cadre.unit,
            cadre=line.cadre,
            item=item,
            day=moment.date(),
            at=moment,
            place=line.unit,
            room=f"{line.office.location} {line.office.room}".strip(),
            note=line.note,
            said=line.said,
            recorder=inspector,
            recorded_at=moment,
            spot_line=line,
        )
        # Who planned and who inspected decide on nothing of it; the head of the Express did neither.
        self.fates.settle(finding, chance, officer=officer, decider=self.users[DECIDER])
        self.findings.append(finding)


DECIDER, WITNESS = "expresshead", "discipline"
ACCOUNTS = (accounts.EXPRESS, accounts.SECOND_EXPRESS, DECIDER, WITNESS)


def working_day_before(working: WorkingCalendar, day: date) -> date:
    day -= timedelta(days=1)
    while not working.is_working_day(day):
        day -= timedelta(days=1)
    return day


def freeze(
    inspectors: Sequence[User],
    begins: datetime,
    now: datetime,
    cast: datetime,
    instead_of: Draw | None = None,
) -> Draw | None:
    """A draw of as many as the city has, with dice to be `cast` then; None where all have had their checks of the
    month."""
    day = local(cast)
    source = f"三枚骰子当众掷出的点数，{day.month}月{day.day}日在市行政中心掷出"
    for departments, towns, leaders in SIZES:
        plan = Plan(departments, towns, PEOPLE, leaders, begins)
        facts: dict[str, Any] = {"plan": plan, "inspectors": inspectors, "public_source": source}
        try:
            if instead_of is None:
                return services.draw_freeze(**facts, actor=inspectors[0], now=now)
            reason = "抽取结果误发到工作群，已不保密"
            return services.draw_again(**facts, draw=instead_of, reason=reason, actor=inspectors[0], now=now)
        except Refused:
            continue
    return None


def reveal(draw: Draw, actor: User, now: datetime) -> SpotCheck:
    dice = random.Random(f"dice {draw.begins_at} {draw.redraw_of_id is None}")
    value = " ".join(str(dice.randint(1, 6)) for _number in range(3))
    witness = User.objects.get(username=WITNESS)
    return services.draw_reveal(
        draw=draw, value=value, witnesses=f"市纪委{witness.name}、行政中心值班员", actor=actor, now=now
    )


def targeted(
    purpose: Purpose,
    reason: str,
    units: Sequence[Unit],
    people: Sequence[Cadre],
    inspectors: Sequence[User],
    begins: datetime,
    now: datetime,
    group: SupervisionGroup | None = None,
) -> SpotCheck:
    return services.spot_check_plan(
        purpose=purpose,
        reason=reason,
        units=units,
        people=people,
        inspectors=inspectors,
        begins_at=begins,
        group=group,
        actor=inspectors[0],
        now=now,
    )
