"""A small city whose months are as awkward as months can be, played from its first finding to its last draft.

Three versions of the standard, with free ones, repetitions, a referred item, an item without a price, half cents and
low caps; decisions weeks late or never; people who move; a unit that ends, one that begins; charges taken back at any
time. Everything follows from a seed.
"""

import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Unit
from appraisal import services
from appraisal.models import LedgerEntry, Standard, StandardItem
from appraisal.services import aftermath
from attendance.models import Finding, FindingState, Item
from cards.models import Cadre
from common import audit
from common.rules import at
from tests.appraisal.ledgers import begins, stands
from tests.cast import crowd, make_office, make_unit

FIRST, DRAFTS = date(2026, 9, 1), 7
LAST = date(2026, 12, 20)
ENDED, BEGAN = date(2026, 10, 15), date(2026, 10, 12)
ITEMS = ("late", "late", "off_post", "off_post", "games", "noon_drinking", "soliciting", "meeting_missed")
UNIT_ITEMS = ("sheet_missing", "complaint_overdue")
#: (version, from, cents per point, cap, {item: half-points, free, step, window, refer}): each lacks some items.
VERSIONS = (
    (2, date(2026, 10, 10), 3000, 20_000, {"late": (2, 2, 0, 0), "off_post": (4, 0, 2, 20), "games": (6, 0, 1, 45)}),
    (3, date(2026, 11, 15), 1501, 9_000, {"late": (3, 1, 1, 10), "off_post": (5, 1, 3, 31), "sheet_missing": (3, 1)}),
)  # fmt: skip
Play = tuple[datetime, int, Callable[[datetime], Any]]


class City:
    def __init__(self, seed: str, *, findings: int = 240, reversals: int = 25) -> None:
        self.chance = random.Random(f"city {seed}")
        begins(FIRST)
        for version in VERSIONS:
            add_standard(*version)
        codes = ("D921", "D922", "D923", "D924")
        self.units = [make_unit(code, f"第{code[-1]}局", valid_from=date(2026, 1, 1)) for code in codes]
        self.ending, self.new = self.units[2], self.units[3]
        Unit.objects.filter(pk=self.new.pk).update(valid_from=BEGAN)
        self.people = [one for unit in self.units for one in crowd(make_office(unit), 4, cards=False)]
        # Two who move, and everybody of the unit that ends.
        self.moves = {self.people[0].pk: (date(2026, 10, 20), self.units[1])}
        self.moves[self.people[5].pk] = (date(2026, 11, 4), self.new)
        for one in self.people[8:12]:
            self.moves[one.pk] = (ENDED + timedelta(days=1), self.units[0])
        self.plays: list[Play] = []
        for _number in range(findings):
            self._plan_finding()
        for _number in range(reversals):
            self._plan(self._instant(date(2026, 10, 1), 120), self._reverse)
        for number in range(DRAFTS):
            month = date(2026 + (9 + number) // 12, (9 + number) % 12 + 1, 1)
            self._plan(at(month, time(6)), lambda now: services.drafts_make(now=now))
        self._plan(at(ENDED, time(17)), self._end)
        self._plan_the_ended_unit()

    def play(self) -> None:
        for now, _number, what in sorted(self.plays, key=lambda play: play[:2]):
            what(now)

    def _plan(self, now: datetime, what: Callable[[datetime], Any]) -> None:
        self.plays.append((now, len(self.plays), what))

    def _instant(self, day: date, within: int) -> datetime:
        clock = time(self.chance.randrange(7, 23), self.chance.randrange(60), self.chance.randrange(1, 60))
        return at(day + timedelta(days=self.chance.randrange(within)), clock)

    def _home(self, cadre: Cadre, day: date) -> Unit:
        moved = self.moves.get(cadre.pk)
        return moved[1] if moved is not None and day >= moved[0] else cadre.unit

    def _plan_finding(self) -> None:
        day = FIRST + timedelta(days=self.chance.randrange((LAST - FIRST).days))
        clock = time(9, self.chance.randrange(3))
        if self.chance.random() < 0.1:
            unit, code = self.chance.choice([self.units[0], self.units[1]]), self.chance.choice(UNIT_ITEMS)
            finding = stands(None, day, code=code, unit=unit, clock=clock, state=FindingState.PROVISIONAL)
        else:
            # A few are found again and again.
            cadre = self.people[min(self.chance.randrange(16), self.chance.randrange(16))]
            finding = self._found(cadre, day, clock)
        self._plan_decision(finding)

    def _found(self, cadre: Cadre, day: date, clock: time) -> Finding:
        code = self.chance.choice(ITEMS)
        finding = stands(cadre, day, code=code, clock=clock, state=FindingState.PROVISIONAL)
        Finding.objects.filter(pk=finding.pk).update(unit=self._home(cadre, day))
        return finding

    def _plan_decision(self, finding: Finding) -> None:
        fate, decided = self.chance.random(), self._instant(finding.day + timedelta(days=1), 25)
        if fate < 0.05:
            return
        state = FindingState.WITHDRAWN if fate < 0.2 else FindingState.STANDING
        self._plan(decided, lambda now: decide(finding, state, now))
        if fate > 0.93:
            self._plan(
                decided + timedelta(days=self.chance.randrange(1, 40)),
                lambda now: self._withdraw_after_all(finding, now),
            )

    def _plan_the_ended_unit(self) -> None:
        """Counted, taken back in a month that only that has opened, and something that came to stand after it all."""
        person = self.people[9]
        early, late = (self._found(person, date(2026, 10, day), time(10)) for day in (5, 6))
        self._plan(at(date(2026, 10, 8), time(8)), lambda now: decide(early, FindingState.STANDING, now))
        self._plan(at(date(2027, 1, 8), time(8)), lambda now: self._take_back(early, now))
        self._plan(at(date(2027, 2, 9), time(8)), lambda now: decide(late, FindingState.STANDING, now))

    def _end(self, now: datetime) -> None:
        Unit.objects.filter(pk=self.ending.pk).update(valid_to=ENDED)

    def _withdraw_after_all(self, finding: Finding, now: datetime) -> None:
        """A correction: what a month has counted already is taken back, at once or by the next that looks."""
        decide(finding, FindingState.WITHDRAWN, now)
        if self.chance.random() < 0.4:
            self._take_back(finding, now)
        elif self.chance.random() < 0.5:
            aftermath.withdrawn_reverse(now=now)

    def _take_back(self, finding: Finding, now: datetime) -> None:
        entry = LedgerEntry.objects.standing().filter(finding=finding).first()
        if entry is not None:
            services.entry_reverse(entry=entry, reason="经更正撤销", actor=None, now=now)

    def _reverse(self, now: datetime) -> None:
        standing = list(LedgerEntry.objects.standing().order_by("pk"))
        if standing:
            entry = self.chance.choice(standing)
            services.entry_reverse(entry=entry, reason="异议成立", actor=None, now=now)


def add_standard(
    version: int,
    effective_from: date,
    cents_per_point: int,
    cap_cents: int,
    prices: dict[str, tuple[int, ...]],
) -> Standard:
    standard = Standard.objects.create(
        version=version,
        effective_from=effective_from,
        cents_per_point=cents_per_point,
        cap_cents=cap_cents,
        allowance="月度考核奖",
        legal_basis="市政府常务会议纪要",
        proposed_at=timezone.now(),
        adopted_at=timezone.now(),
    )
    names = ("half_points", "free_first", "step_half_points", "window_days")
    for code, price in prices.items():
        item = Item.objects.get(code=code)
        StandardItem.objects.create(standard=standard, item=item, **dict(zip(names, price, strict=False)))
    StandardItem.objects.create(
        standard=standard, item=Item.objects.get(code="soliciting"), half_points=0, refer=True
    )
    return standard


def decide(finding: Finding, state: str, now: datetime) -> None:
    """What attendance's verb leaves behind, whoever may decide."""
    reason = {"decision_reason": "情况不实"} if state == FindingState.WITHDRAWN else {}
    Finding.objects.filter(pk=finding.pk).update(state=state, decided_at=now, **reason)
    changes = {"state": str(state), **reason}
    audit.record(verb="finding_decided", subject=finding, actor=None, now=now, changes=changes)
