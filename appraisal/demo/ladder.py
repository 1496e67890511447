"""The demonstration's ladder: what the rules propose of each month, and some that people propose; answered, decided,
served, one refused before a witness, one set aside, one not pursued, one under review. By the verbs, at instants at
which it would have happened."""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count

from django.db.models import Q

from accounts import demo as accounts
from accounts.models import User
from appraisal import rules
from appraisal.demo import words
from appraisal.facts import ladder as ladder_facts
from appraisal.facts.ladder import Subject
from appraisal.models import AppraisalSettings, Measure, Receipt, Sanction, SanctionState
from appraisal.rules.ladder import Counted
from appraisal.services import proposing, reviews, sanctions
from attendance.demo.hands import Hands
from attendance.models import Exemption, Finding, Told
from cards.demo.people import working_moment
from cards.models import Cadre
from common import calendar
from common.problems import Refused
from common.rules import at, local

#: The rules look at a month once its complaints are answered.
LOOKING, LOOKS_AT = 5, time(6, 30)
#: So many days later a complaint has been answered.
SETTLED = 4
#: Of those whom the rules name, and who answer in writing.
ANSWERS = 0.5
#: Days before today on which somebody of the Express proposes: rung, days, who, what becomes of it.
BY_HAND = (
    ("admonishment", 26, accounts.EXPRESS, "signed"),
    ("caution", 25, accounts.SECOND_EXPRESS, "refused"),
    ("criticism", 24, accounts.SECOND_EXPRESS, "set aside"),
    ("admonishment", 23, accounts.EXPRESS, "reviewed"),
    ("criticism", 1, accounts.SECOND_EXPRESS, "open"),
)

Deed = Callable[[datetime], None]


@dataclass
class Story:
    now: datetime
    hands: Hands = field(default_factory=Hands.read)
    _events: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)
    #: The first that a rule proposed is not pursued.
    dropped: bool = False

    def __post_init__(self) -> None:
        self.today = local(self.now).date()
        self.working = calendar.load({self.today.year - 2, self.today.year - 1, self.today.year})
        names = (accounts.EXPRESS, accounts.SECOND_EXPRESS, accounts.EXPRESS_HEAD)
        self.express = {user.username: user for user in User.objects.filter(username__in=names)}
        self.rungs = {rung.code: rung for rung in Measure.objects.all()}

    def tell(self) -> None:
        for month in self._months():
            self.plan(self._looked_at(month), partial(self._look, rules.last_day_of(month)))
        # What the rules have found since waits for people.
        last = working_moment(self.now, 1, LOOKS_AT)
        self.plan(last, partial(self._look, local(last).date() - timedelta(days=SETTLED)))
        subjects = self._repeated()
        for (code, days, username, fate), cadre in zip(BY_HAND, subjects, strict=False):
            moment = working_moment(self.now, days, time(10, 40))
            self.plan(moment, partial(self._propose, cadre, self.rungs[code], self.express[username], fate))
        while self._events:
            moment, _number, deed = heapq.heappop(self._events)
            deed(moment)
        self._look_now()

    def plan(self, moment: datetime, deed: Deed) -> None:
        if moment <= self.now:
            heapq.heappush(self._events, (moment, next(self._order), deed))

    def later(self, day: date, days: int, clock: time) -> datetime:
        return at(self.working.add_working_days(day, days), clock)

    # --- By a rule ----------------------------------------------------------------------------------------------------

    def _months(self) -> list[date]:
        begins = AppraisalSettings.current().begins
        return (
            []
            if begins is None
            else rules.months_between(begins, rules.preceding(rules.first_of(self.today)))
        )

    def _looked_at(self, month: date) -> datetime:
        return at(rules.following(month).replace(day=LOOKING), LOOKS_AT)

    def _look(self, until: date, moment: datetime) -> None:
        proposing.sanctions_propose(year=until.year, until=until, now=moment)
        made = sanctions.whole(Sanction.objects.open().filter(proposed_at=moment)).order_by("pk")
        for sanction in made:
            fate = "signed"
            if sanction.cadre is not None and not self.dropped:
                self.dropped, fate = True, "dropped"
            self._go_on(sanction, fate, moment)

    def _look_now(self) -> None:
        """As the clock does every hour: nothing comes up on its own in the first hour after the start."""
        for year in (self.today.year - 1, self.today.year):
            proposing.sanctions_propose(year=year, now=self.now)

    # --- By hand ------------------------------------------------------------------------------------------------------

    def _repeated(self) -> list[Cadre]:
        """Whoever has most often been found, one of a unit; the last is of the showcase, who can answer."""
        latest = local(working_moment(self.now, BY_HAND[0][1], time(10))).date()
        facts = self._facts(latest.year)
        counted = {
            subject.cadre: sum(line.day < latest for line in lines)
            for subject, lines in facts.items()
            if subject.cadre
        }
        often = sorted((pk for pk, number in counted.items() if number), key=lambda pk: (-counted[pk], pk))
        people = Cadre.objects.filter(user=None).select_related("unit", "user").in_bulk(often[:200])
        found: dict[int, Cadre] = {}
        for pk in often:
            if pk in people and not sanctions.is_recommended(people[pk].unit, people[pk]):
                found.setdefault(people[pk].unit_id, people[pk])
        chosen = list(found.values())[: len(BY_HAND) - 1]
        own = self._of_showcase(facts)
        return [*chosen, own] if own is not None and len(chosen) == len(BY_HAND) - 1 else chosen

    def _of_showcase(self, facts: ladder_facts.Lines) -> Cadre | None:
        rows = Cadre.objects.filter(user__username__in=(accounts.CADRE, accounts.TOWN_CADRE))
        known = {subject.cadre for subject in facts}
        return next(
            (row for row in rows.select_related("unit", "user").order_by("pk") if row.pk in known), None
        )

    def _facts(self, year: int) -> ladder_facts.Lines:
        """Without what somebody of the Express has recorded or decided, who would then have a hand in it."""
        people = self.express.values()
        hands = Q(recorder__in=people) | Q(decided_by__in=people)
        theirs = set(Finding.objects.filter(hands).values_list("pk", flat=True))
        found = ladder_facts.findings(year)
        return {
            subject: kept
            for subject, lines in found.items()
            if (kept := [line for line in lines if line.key not in theirs])
        }

    def _lines(self, cadre: Cadre, day: date) -> list[Counted]:
        found = self._facts(day.year).get(Subject(cadre.unit_id, cadre.pk), [])
        counted = proposing.counted(cadre.unit, cadre)
        return [line for line in found if line.day < day and (line.kind, line.key) not in counted][-3:]

    def _propose(self, cadre: Cadre, measure: Measure, actor: User, fate: str, moment: datetime) -> None:
        lines = self._lines(cadre, local(moment).date())
        if not lines:
            return
        made = proposing.sanction_propose(
            unit=cadre.unit,
            cadre=cadre,
            measure=measure,
            reason=words.PROPOSED[measure.code].format(_said(lines)),
            lines=lines,
            actor=actor,
            now=moment,
        )
        if fate != "open":
            self._go_on(made, fate, moment)

    # --- What becomes of it -------------------------------------------------------------------------------------------

    def _go_on(self, sanction: Sanction, fate: str, moment: datetime) -> None:
        chance = random.Random(f"ladder {sanction.source if sanction.rule else sanction.measure.code}")
        if sanction.told_at is None:
            sanction = sanctions.sanction_tell(
                sanction=sanction,
                how=Told.IN_PERSON,
                day=local(moment).date(),
                actor=self._officer(sanction, moment),
                now=moment,
            )
        assert sanction.defence_until is not None
        if chance.random() < ANSWERS:
            self.plan(self.later(local(moment).date(), 1, time(15, 10)), partial(self._defend, sanction.pk))
        decided_on = self.later(sanction.defence_until, 1, time(9, chance.randint(10, 50)))
        self.plan(decided_on, partial(self._decide, sanction.pk, fate))

    def _officer(self, sanction: Sanction, moment: datetime) -> User:
        """Of the unit, or of the Express where it is about the unit itself."""
        day = local(moment).date()
        able = sanctions.servers(sanction, day)
        own = self.hands.officer(sanction.unit_id, day, random.Random(f"serves {sanction.pk}"))
        if own is not None and own.pk in able:
            return own
        return next(user for user in self.express.values() if user.pk in able)

    def _defend(self, pk: int, moment: datetime) -> None:
        sanction, day = self._read(pk), local(moment).date()
        user = sanction.cadre.user if sanction.cadre is not None else None
        officer = self.hands.officer(sanction.unit_id, day, random.Random(f"defends {pk}"))
        for actor in (user, officer):
            if actor is not None and sanctions.may_defend(sanction, actor, day):
                text = words.DEFENCE if sanction.cadre is not None else words.DEFENCE_OF_UNIT
                sanctions.sanction_defend(sanction=sanction, text=text, actor=actor, now=moment)
                return

    def _decide(self, pk: int, fate: str, moment: datetime) -> None:
        """By the head, or whoever of the Express is free; what has fallen meanwhile waits for people."""
        sanction, day = self._read(pk), local(moment).date()
        drop, able = fate == "dropped", sanctions.deciders(sanction, day)
        actor = next((user for user in self._heads() if user.pk in able), None)
        if actor is None or sanction.state != SanctionState.PROPOSED:
            return
        try:
            sanctions.sanction_decide(
                sanction=sanction,
                measure=None if drop else sanction.proposed_measure,
                reason=_reason(sanction, is_dropped=drop),
                exemption=Exemption.FORCE_MAJEURE if drop else "",
                skipped_reason=words.SKIPPED,
                actor=actor,
                now=moment,
            )
        except Refused:
            return
        if not drop:
            self.plan(self.later(day, 1, time(10, 5)), partial(self._serve, pk, fate))

    def _heads(self) -> Iterator[User]:
        yield self.express[accounts.EXPRESS_HEAD]
        yield from self.express.values()

    def _serve(self, pk: int, fate: str, moment: datetime) -> None:
        sanction, day = self._read(pk), local(moment).date()
        refused = fate == "refused"
        sanctions.sanction_serve(
            sanction=sanction,
            served_on=day,
            receipt=Receipt.REFUSED if refused else Receipt.SIGNED,
            witness=words.WITNESS if refused else "",
            actor=self._officer(sanction, moment),
            now=moment,
        )
        if fate == "set aside":
            self.plan(self.later(day, 4, time(16)), partial(self._set_aside, pk))
        if fate == "reviewed":
            self.plan(self.later(day, 3, time(16)), partial(self._ask_for_review, pk))

    def _set_aside(self, pk: int, moment: datetime) -> None:
        sanction = self._read(pk)
        able = sanctions.reviewers(sanction, local(moment).date())
        actor = next((user for user in self.express.values() if user.pk in able), None)
        if actor is not None:
            sanctions.sanction_set_aside(sanction=sanction, reason=words.SET_ASIDE, actor=actor, now=moment)

    def _ask_for_review(self, pk: int, moment: datetime) -> None:
        """On paper, entered by an officer of the unit."""
        sanction, day = self._read(pk), local(moment).date()
        actor = self._officer(sanction, moment)
        reviews.review_ask(about=sanction, text=words.REVIEW, paper_on=day, actor=actor, now=moment)

    def _read(self, pk: int) -> Sanction:
        found: Sanction = sanctions.whole(Sanction.objects.filter(pk=pk)).get()
        return found


def _reason(sanction: Sanction, *, is_dropped: bool) -> str:
    """A statement that was made is answered."""
    if is_dropped:
        return words.NOT_PURSUED
    if sanction.defended_at is None:
        return words.DECIDED
    return words.ANSWERED if sanction.cadre_id is not None else words.ANSWERED_OF_UNIT


def _said(lines: Iterable[Counted]) -> str:
    """脱岗2次、迟到1次"""
    return "、".join(f"{words}{number}次" for words, number in Counter(line.words for line in lines).items())
