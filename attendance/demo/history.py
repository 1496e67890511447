"""Sheets, rounds and findings of the months behind, one working day after the other; on later runs of the days since.

What a snapshot says is what the plaques said, so every page that opens an old day shows people where their diaries had
them. Everything hangs on the unit and the day alone: a day is the same whenever it is built.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from accounts import demo as accounts
from accounts.models import Unit, User
from attendance import snapshot
from attendance.demo import words
from attendance.demo.fate import Fates
from attendance.demo.ground import Ground, Somebody
from attendance.demo.hands import Hands
from attendance.demo.spots import Spots, working_day_before
from attendance.demo.telling import tell
from attendance.models import (
    Correction,
    DailySheet,
    Finding,
    FindingState,
    InspectionSettings,
    Item,
    Round,
    RoundKind,
)
from attendance.rules import (
    NOT_UPDATED,
    SHEET_MISSING,
    Verified,
    corrected_way,
    may_be_said,
    says_absent,
    usually_verified,
    whereabouts_item,
)
from attendance.services.findings import missing_sheet_source
from cards.demo import whereabouts
from cards.rules import Kind, Status
from common import demo
from common.models import AuditEntry
from common.rules import Span, at

STEP = "sheets"
#: Of everybody checked in a unit's first round of a day, and in a later one.
PROBLEMS = (0.021, 0.009)
#: This unit of the order never finds anything; spot checks do (attendance/demo/spots.py).
SILENT_UNIT = 5
#: These units of the order are left to the showcase's officer and deputy today.
LEFT_FOR_TODAY = (0, 1)
#: What goes wrong beside a plaque that says at post, and how often.
AT_POST = (
    ("off_post", 30),
    ("late", 24),
    (NOT_UPDATED, 22),
    ("card_not_displayed", 12),
    ("games", 5),
    ("counter_unattended", 4),
    ("meeting_missed", 2),
    ("noon_drinking", 1),
)
#: A correction is asked for after so many of a unit's findings.
CORRECTED = 0.03


@dataclass(frozen=True)
class Scene:
    """A finding that is there for somebody of the showcase to do something with, whatever the dice say."""

    #: In the order of units, and how many working days ago.
    unit: int
    days_ago: int
    #: A user name, or a place in the order of entry.
    who: str | int
    pleads: bool
    is_open: bool = True


SCENES = (
    Scene(0, 1, accounts.CADRE, pleads=False),
    Scene(0, 2, 2, pleads=True),
    Scene(0, 1, 3, pleads=False),
    Scene(0, 13, accounts.CADRE, pleads=True, is_open=False),
    Scene(1, 2, 1, pleads=True),
    Scene(1, 9, accounts.TOWN_CADRE, pleads=False, is_open=False),
)

#: In every month that is over, on its seventh working day: it stands when the month is counted.
MONTHLY_DAY = 7
MONTHLY = (
    Scene(0, 0, accounts.CADRE, pleads=False, is_open=False),
    Scene(1, 0, accounts.TOWN_CADRE, pleads=False, is_open=False),
)


@dataclass(frozen=True)
class Manner:
    """How a unit goes about it: the same all year."""

    afternoons: float
    usual: Verified
    phones: float
    problems: float
    gaps: float
    by_parts: bool

    @classmethod
    def of(cls, unit: Unit, number: int) -> "Manner":
        chance = random.Random(f"manner {unit.code}")
        silent = number == SILENT_UNIT
        return cls(
            afternoons=chance.choice((0.1, 0.2, 0.35, 0.6)),
            usual=Verified.DECLARED if silent or chance.random() < 0.06 else Verified.SEEN,
            phones=chance.choice((0.02, 0.05, 0.12)),
            problems=0 if silent else chance.choice((0.5, 0.8, 1, 1, 1.3, 1.7)),
            gaps=0.07 if number > max(LEFT_FOR_TODAY) and not silent and chance.random() < 0.12 else 0,
            by_parts=number > max(LEFT_FOR_TODAY) and chance.random() < 0.08,
        )


@dataclass
class Written:
    """The rows of one run, in the order in which the database needs them."""

    sheets: list[DailySheet] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)

    def save(self, fates: Fates) -> None:
        DailySheet.objects.bulk_create(self.sheets, batch_size=2000)
        plain = [row for row in self.rounds if row.corrects is None]
        _save_rounds(plain)
        _save_rounds([row for row in self.rounds if row.corrects is not None])
        for finding in self.findings:
            finding.round = finding.round  # its key is known now
        Finding.objects.bulk_create(self.findings, batch_size=1000)
        for correction in self.corrections:
            correction.round, correction.finding = correction.round, correction.finding
        Correction.objects.bulk_create(self.corrections)
        AuditEntry.objects.bulk_create(fates.trail(), batch_size=2000)


def _save_rounds(rounds: list[Round]) -> None:
    for row in rounds:
        row.sheet, row.corrects = row.sheet, row.corrects
    Round.objects.bulk_create(rounds, batch_size=1000)


def build(build: demo.Build) -> str:
    """Write the working days that are missing, and of today what has happened by now."""
    before = build.marked(STEP)
    settings = _begin(build) if before is None else InspectionSettings.current()
    if before is None:
        first, kept_from = settings.sheets_from or build.today, whereabouts.first_day(build)
    else:
        first = date.fromisoformat(before["through"]) + timedelta(days=1)
        kept_from = date.fromisoformat(before["kept_from"])
    writer = Writer.read(build, settings, first)
    if before is None:
        writer.begin(first)
    for number, day in enumerate(writer.ground.days(build, first, build.today, kept_from), start=1):
        writer.write(day)
        build.progress(number, (build.today - first).days + 2)
    writer.save()
    through = build.today - timedelta(days=1)
    if first <= through:
        build.mark(STEP, through=through.isoformat(), kept_from=kept_from.isoformat())
    return _("%(sheets)s sheets, %(rounds)s rounds, %(findings)s findings") % {
        "sheets": f"{DailySheet.objects.count():,}",
        "rounds": f"{Round.objects.count():,}",
        "findings": f"{Finding.objects.count():,}",
    }


def _begin(build: demo.Build) -> InspectionSettings:
    """The city's first day with sheets: so many months that are over can be counted whole."""
    settings, _made = InspectionSettings.objects.get_or_create(pk=1)
    if settings.sheets_from is None:
        settings.sheets_from = _months_before(build.today, build.size.months)
        settings.save(update_fields=["sheets_from"])
    return settings


def _months_before(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, 1)


@dataclass
class Writer:
    """Writes one day of all units."""

    build: demo.Build
    ground: Ground
    hands: Hands
    items: dict[str, Item]
    city: User
    fates: Fates
    manners: list[Manner]
    #: (unit, day) of sheets that somebody has submitted, and sources of findings that stand.
    submitted: set[tuple[int, date]]
    sources: set[str]
    spots: Spots
    rows: Written = field(default_factory=Written)
    #: By unit and day.
    scenes: dict[tuple[int, date], list[Scene]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, build: demo.Build, settings: InspectionSettings, first: date) -> "Writer":
        ground, hands = Ground.read(first, build.today), Hands.read()
        items = {item.code: item for item in Item.objects.all()}
        fates = Fates(build.now, ground.working, settings.defence_days)
        silent = ground.units[SILENT_UNIT] if len(ground.units) > SILENT_UNIT else None
        sheets = DailySheet.objects.filter(day__gte=first)
        missing = Finding.objects.filter(day__gte=first, item__code=SHEET_MISSING)
        return cls(
            build=build,
            ground=ground,
            hands=hands,
            items=items,
            city=User.objects.get(username=accounts.SECOND_EXPRESS),
            fates=fates,
            manners=[Manner.of(unit, number) for number, unit in enumerate(ground.units)],
            submitted=set(sheets.values_list("unit_id", "day")),
            sources=set(missing.values_list("source", flat=True)),
            spots=Spots(ground, hands, items, fates, silent),
        )

    def begin(self, first: date) -> None:
        """What is built once: the scenes of the showcase, and the spot checks."""
        self.spots.plan(first, self.build.today)
        for scene in SCENES:
            day = self.build.today
            for _number in range(scene.days_ago):
                day = working_day_before(self.ground.working, day)
            self._stage(scene, day)
        month = first.replace(day=1)
        while month < self.build.today.replace(day=1):
            day = self.ground.working.add_working_days(month - timedelta(days=1), MONTHLY_DAY)
            for scene in MONTHLY:
                self._stage(scene, day)
            month = (month + timedelta(days=31)).replace(day=1)

    def _stage(self, scene: Scene, day: date) -> None:
        if scene.unit < len(self.ground.units):
            self.scenes[self.ground.units[scene.unit].pk, day].append(scene)

    def save(self) -> None:
        self.rows.findings += self.spots.findings
        self.rows.save(self.fates)
        self.spots.save()
        tell(self.rows.findings, self.hands, self.build.now)

    def write(self, day: date) -> None:
        self.spots.write(day)
        there = self.ground.people(day)
        for number, unit in enumerate(self.ground.units):
            spans = self.ground.spans(unit, day)
            people = there.get(unit.pk, [])
            if not spans or not people or (unit.pk, day) in self.submitted:
                continue
            if missing_sheet_source(unit, day) in self.sources:
                continue
            if day == self.build.today and number in LEFT_FOR_TODAY:
                continue
            UnitDay(self, unit, self.manners[number], day, people).write(spans)


@dataclass
class UnitDay:
    """One sheet on the way."""

    writer: Writer
    unit: Unit
    manner: Manner
    day: date
    people: list[Somebody]
    chance: random.Random = field(init=False)
    wrong: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"sheet {self.unit.code} {self.day}")

    def write(self, spans: tuple[Span, ...]) -> None:
        officer = self.writer.hands.officer(self.unit.pk, self.day, self.chance)
        if officer is None:
            return
        missing = self.chance.random() < self.manner.gaps and self.day < self.writer.build.today
        entered = self._missing(officer) if missing else None
        if missing and entered is None:
            return
        sheet = DailySheet(unit=self.unit, day=self.day)
        done = [
            row
            for place, taken_at in enumerate(self._times(spans) if not missing else [spans[0].end])
            for row in self._walk(sheet, officer, place, taken_at, entered)
        ]
        if done:
            self.writer.rows.sheets.append(sheet)
            self.writer.rows.rounds += done

    def _times(self, spans: tuple[Span, ...]) -> Iterator[datetime]:
        for place, span in enumerate(spans[:2]):
            minutes = self.chance.randint(25, 125) if not place else self.chance.randint(15, 120)
            moment = span.start + timedelta(minutes=minutes, seconds=self.chance.randint(0, 59))
            wanted = not place or self.chance.random() < self.manner.afternoons
            if wanted and moment < min(span.end, self.writer.build.now):
                yield moment

    def _missing(self, officer: User) -> datetime | None:
        """The finding about the unit that the sweep of the next morning records; when the sheet was kept on paper, the
        time at which it was entered."""
        writer = self.writer
        found_at = at(self.day + timedelta(days=1), time(0, 20))
        finding = Finding(
            unit=self.unit,
            item=writer.items[SHEET_MISSING],
            day=self.day,
            at=found_at,
            place=self.unit,
            recorded_at=found_at,
            source=missing_sheet_source(self.unit, self.day),
        )
        writer.rows.findings.append(finding)
        entered = writer.fates.later(self.day, self.chance.randint(1, 2), self.chance)
        on_paper = self.chance.random() < 0.3 and entered < writer.build.now
        decider = None if on_paper else writer.city
        pleads = False if on_paper else None
        writer.fates.settle(finding, self.chance, officer=officer, decider=decider, pleads=pleads)
        if not on_paper:
            return None
        finding.state, finding.decision_reason = FindingState.WITHDRAWN, _ON_PAPER
        writer.fates.decided(finding, officer, entered)
        return entered

    def _walk(
        self, sheet: DailySheet, officer: User, place: int, taken_at: datetime, entered: datetime | None
    ) -> Iterator[Round]:
        parts = [""]
        if self.manner.by_parts and not entered:
            parts = list(dict.fromkeys(one.office.location for one in self.people))
        for number, part in enumerate(parts):
            moment = taken_at + timedelta(minutes=4 * number)
            people = [one for one in self.people if not part or one.office.location == part]
            due = self.writer.ground.due(people, self.unit, moment)
            due = [(one, said) for one, said in due if one.cadre.user_id != officer.pk]
            if due and moment < self.writer.build.now:
                yield from self._round(sheet, officer, part, place + 1, moment, due, entered)

    def _round(
        self,
        sheet: DailySheet,
        officer: User,
        part: str,
        number: int,
        taken_at: datetime,
        due: list[tuple[Somebody, Status]],
        entered: datetime | None,
    ) -> Iterator[Round]:
        lines = [snapshot.Line(one.cadre.pk, self._verified(said), said) for one, said in due]
        kind = RoundKind.PAPER if entered else RoundKind.REGULAR
        row = round_row(sheet, kind, part, number, officer, taken_at, entered or taken_at, lines)
        scenes = self._scenes(due) if number == 1 else {}
        found = [
            self._finding(row, one, said, officer)
            for one, said in due
            if (self.chance.random() < self._likely(said, number) or one.cadre.pk in scenes)
            and one.cadre.pk not in self.wrong
        ]
        lines = with_findings(row, lines, found)
        yield row
        for finding in found:
            self.wrong.add(finding.cadre_id or 0)
            self.writer.rows.findings.append(finding)
            yield from self._settle(row, finding, lines, scenes.get(finding.cadre_id or 0))

    def _scenes(self, due: list[tuple[Somebody, Status]]) -> dict[int, Scene]:
        people = [one.cadre for one, _said in due]
        found = {}
        for scene in self.writer.scenes.get((self.unit.pk, self.day), ()):
            others = [cadre for cadre in people if cadre.user_id is None]
            if isinstance(scene.who, int):
                chosen = others[scene.who % len(others)] if others else None
            else:
                named = (cadre for cadre in people if cadre.user and cadre.user.username == scene.who)
                chosen = next(named, None)
            if chosen is not None:
                found[chosen.pk] = scene
        return found

    def _likely(self, said: Status, number: int) -> float:
        """Those who said where they are, seldom lie; those on leave are not asked."""
        if said.declared is not None and said.declared.lasts_days:
            return 0
        share = 0.5 if said.kind == Kind.AWAY else 1
        return share * PROBLEMS[min(number, 2) - 1] * self.manner.problems

    def _verified(self, said: Status) -> Verified:
        way = usually_verified(said, self.manner.usual)
        if way == Verified.DECLARED and self.chance.random() < self.manner.phones * 2:
            return Verified.PHONE
        return Verified.PHONE if self.chance.random() < self.manner.phones else way

    def _finding(self, row: Round, one: Somebody, said: Status, officer: User) -> Finding:
        item = self.writer.items[problem(said, row, one, self.chance)]
        return Finding(
            unit=one.cadre.unit,
            cadre=one.cadre,
            item=item,
            day=self.day,
            at=row.taken_at,
            place=self.unit,
            room=f"{one.office.location} {one.office.room}".strip(),
            minutes=self.chance.choice((6, 8, 11, 14, 17, 22, 25, 35)) if item.with_minutes else None,
            note=words.note(self.chance, item.code, said.state.value),
            said=snapshot.as_facts(said),
            recorder=officer,
            recorded_at=row.submitted_at,
            round=row,
        )

    def _settle(
        self, row: Round, finding: Finding, lines: list[snapshot.Line], scene: Scene | None
    ) -> Iterator[Round]:
        writer = self.writer
        head = writer.hands.head(self.unit.pk, self.day)
        if head is not None and finding.cadre is not None and finding.cadre.user_id == head.pk:
            head = writer.city
        if scene is not None:
            decider = None if scene.is_open else head
            writer.fates.settle(
                finding, self.chance, officer=row.checker, decider=decider, pleads=scene.pleads, certain=True
            )
            return
        asked_at = row.submitted_at + timedelta(minutes=self.chance.randint(9, 50))
        decided_at = writer.fates.later(self.day, 1, self.chance)
        corrected = head is not None and head != row.checker and self.chance.random() < CORRECTED
        if not corrected or decided_at > writer.build.now:
            writer.fates.settle(finding, self.chance, officer=row.checker, decider=head)
            return
        assert head is not None
        correction = Correction(
            round=row,
            cadre=finding.cadre,
            finding=finding,
            reason=self.chance.choice(words.CORRECTIONS),
            asked_by=row.checker,
            asked_at=asked_at,
            decision=Correction.Decision.CONFIRMED,
            decision_note=words.CONFIRMED,
            decided_by=head,
            decided_at=decided_at,
        )
        finding.state, finding.decision_reason = FindingState.WITHDRAWN, correction.reason
        writer.fates.settle(finding, self.chance, officer=row.checker, decider=None, pleads=False)
        writer.fates.decided(finding, head, decided_at)
        writer.rows.corrections.append(correction)
        line = [
            replace(line, verified=corrected_way(line.verified, ()))
            for line in lines
            if line.cadre_id == finding.cadre_id
        ]
        yield round_row(
            row.sheet,
            RoundKind.CORRECTION,
            row.scope,
            sum(
                one.finding is not None and one.round.sheet is row.sheet and one.round.scope == row.scope
                for one in writer.rows.corrections
            ),
            row.checker,
            row.taken_at,
            decided_at,
            line,
            corrects=row,
            reason=correction.reason,
            second=head,
        )


_ON_PAPER = "检查情况记在纸质表上，已补录。"


def problem(said: Status, row: Round, one: Somebody, chance: random.Random) -> str:
    """The code of an item that fits what the plaque said and the hour."""
    if said.kind != Kind.AT_POST:
        return whereabouts_item(said)
    codes, weights = zip(*AT_POST, strict=True)
    code = str(chance.choices(codes, weights)[0])
    morning = row.taken_at.hour < 12
    fits = may_be_said(code, said) and not (
        (code == "late" and not morning)
        or (code == "noon_drinking" and morning)
        or (code == "counter_unattended" and "1 层" not in one.office.location)
    )
    return code if fits else "off_post"


def round_row(
    sheet: DailySheet,
    kind: RoundKind,
    scope: str,
    number: int,
    checker: User,
    taken_at: datetime,
    submitted_at: datetime,
    lines: Iterable[snapshot.Line],
    **more: object,
) -> Round:
    """An unsaved round of these lines, as services.round_submit makes one."""
    return Round(
        sheet=sheet,
        kind=kind,
        scope=scope,
        number=number,
        checker=checker,
        taken_at=taken_at,
        submitted_at=submitted_at,
        problems=0,
        **_kept(list(lines), taken_at),
        **more,
    )


def with_findings(
    row: Round, lines: Iterable[snapshot.Line], found: Sequence[Finding]
) -> list[snapshot.Line]:
    """The lines of an unsaved round in which this was found, put into it: some were not there."""
    missed = {finding.cadre_id for finding in found if says_absent([finding.item.code])}
    lines = [replace(line, verified=Verified.ABSENT) if line.cadre_id in missed else line for line in lines]
    for name, value in _kept(lines, row.taken_at).items():
        setattr(row, name, value)
    row.problems = len(found)
    return lines


def _kept(lines: Sequence[snapshot.Line], taken_at: datetime) -> dict[str, Any]:
    """The snapshot of a round and its figures."""
    ways = Counter(line.verified for line in lines)
    figures = {way.value: ways[way] for way in Verified}
    return {"snapshot": snapshot.encode(lines, taken_at), "people": len(lines), **figures}
