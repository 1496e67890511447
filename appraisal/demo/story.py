"""The events of the demonstration's months in the order of time: each by the verbs, by somebody who may, at an instant
at which it would have happened. What comes next follows from where a month stands, so a later start goes on with it."""

import heapq
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count
from typing import TypeVar

from accounts import demo as accounts
from accounts.models import Unit, User
from appraisal import rules, services
from appraisal.demo import money, objecting, words
from appraisal.demo.plain import Plain
from appraisal.models import AppraisalSettings, Bulletin, MonthlyReport, ReportState
from appraisal.services import bulletins, closing, sweeps
from appraisal.turns import months as turns
from attendance.demo.hands import Hands
from attendance.models import Finding, FindingState
from attendance.services import finding_decide
from attendance.services import findings as cases
from common import calendar
from common.problems import Refused
from common.rules import WorkingCalendar, at, local

#: The clock drafts in the night of the first, records late reports in every night, and drafts bulletins in the morning.
DRAFTING, SWEEPING, BULLETIN = time(0, 30), time(0, 20), time(8)
HEAD = "expresshead"
WORKING_HOURS = (9, 10, 11, 15, 16)
SENT_BACK = 0.03
#: Units that take their time: every month, or now and then. Those of the showcase do not.
SLOW, NOW_AND_THEN = 0.02, 0.04
#: In the order of units: where the newest month waits as long as it is the newest.
HELD = {
    0: ReportState.SENT_BACK,
    1: ReportState.PUBLISHED,
    3: ReportState.REPORTED,
    4: ReportState.DRAFTED,
    6: ReportState.REPORTED,
    9: ReportState.CONFIRMED,
}
#: The step from there is taken on the last working day before this one, so that it is fresh.
LATELY = {0: ReportState.REPORTED, 3: ReportState.PUBLISHED, 6: ReportState.PUBLISHED}
#: This unit hangs its newest month out so many working days ago: there is time to object.
HANGS, HANGS_SINCE = 1, 3
#: Sent back by the city: of the newest month, and of the one before it.
COMES_BACK, CAME_BACK = 0, 7

Deed = Callable[[datetime], None]
Done = TypeVar("Done")


@dataclass
class Story:
    now: datetime
    #: The last start. What lies before was told then, or people have made something else of it.
    since: datetime
    progress: Callable[[int, int], None] = lambda done, total: None
    units: list[Unit] = field(default_factory=accounts.units)
    hands: Hands = field(default_factory=Hands.read)
    #: Steps of months in which nothing happens are written many at once.
    fast: bool = True
    months: list[date] = field(init=False)
    plain: Plain = field(init=False)
    _events: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        today = local(self.now).date()
        self.settings = AppraisalSettings.current()
        self.months = [month for month in closing.months_due(today) if drafting_of(month) <= self.now]
        self.places = {unit.pk: number for number, unit in enumerate(self.units)}
        self.working: WorkingCalendar = calendar.load(
            range((self.months[0] if self.months else today).year, today.year + 2)
        )
        self.plain = Plain(self)
        names = (accounts.EXPRESS, accounts.SECOND_EXPRESS)
        #: Who reviews and answers for the city; its head signs.
        self.express = list(User.objects.filter(username__in=names).order_by("pk"))

    # --- Telling ------------------------------------------------------------------------------------------------------

    def tell(self) -> None:
        """Everything that has happened by now."""
        for month in self.months:
            self.plan(drafting_of(month), partial(self.draft, month))
        done, expected = 0, max(1, 7 * len(self.months) * len(self.units))
        while self._events:
            moment, _number, deed = heapq.heappop(self._events)
            deed(moment)
            done += 1
            self.progress(min(done, expected), expected)
        self.plain.save()

    def plan(self, moment: datetime, deed: Deed) -> None:
        moment = max(moment, self.since)
        if moment <= self.now:
            heapq.heappush(self._events, (moment, next(self._order), deed))

    def later(self, day: date, days: int, chance: random.Random) -> datetime:
        """At work, so many working days on; counted from the last start where that is later."""
        clock = time(chance.choice(WORKING_HOURS), chance.randint(0, 59))
        return at(self.working.add_working_days(max(day, local(self.since).date()), days), clock)

    def ago(self, days: int, chance: random.Random) -> datetime:
        """At work, so many working days before today."""
        day = local(self.now).date()
        while days:
            day -= timedelta(days=1)
            days -= self.working.is_working_day(day)
        return at(day, time(chance.choice(WORKING_HOURS), chance.randint(0, 59)))

    def place(self, report: MonthlyReport) -> int:
        return self.places.get(report.unit_id, len(self.units))

    def is_newest(self, report: MonthlyReport) -> bool:
        return report.month == self.months[-1]

    def dice(self, report: MonthlyReport, about: str) -> random.Random:
        return random.Random(f"{about} {report.unit.code} {report.month}")

    def actors(self, report: MonthlyReport, moment: datetime) -> list[User]:
        """The unit's head, or else the city."""
        head = self.hands.head(report.unit_id, local(moment).date())
        return [*([head] if head is not None else []), *self.express]

    def officer(self, report: MonthlyReport, moment: datetime) -> User | None:
        return self.hands.officer(report.unit_id, local(moment).date(), self.dice(report, "officer"))

    # --- What the clock does ------------------------------------------------------------------------------------------

    def draft(self, month: date, moment: datetime) -> None:
        """All units at once; of what was drafted before, where it stands now is gone on with."""
        self.plain.save()
        closing.months_draft(units=list(closing.undrafted(month)), month=month, now=moment)
        reports = list(MonthlyReport.objects.filter(month=month).select_related("unit"))
        self.plain.begin(reports if self.fast else [])
        for report in reports:
            self.go_on(report)
            self.money(report)
        objecting.go_on(self, month)
        for day in sorted({report.report_by for report in reports}):
            self.plan(at(day + timedelta(days=1), SWEEPING), self.sweep)
        if month != self.months[-1]:
            money.put_right_later(self, month)
        bulletin_on = rules.following(month).replace(day=self.settings.bulletin_day)
        self.plan(at(bulletin_on, BULLETIN), partial(self.bulletin, month))

    def money(self, report: MonthlyReport) -> None:
        if self.plain.holds(report):
            self.plain.go_on_with_money(report)
        else:
            money.go_on(self, report)

    def sweep(self, moment: datetime) -> None:
        """Late reports become findings about the units, on which the city decides."""
        self.plain.save()
        sweeps.late_record(now=moment)
        waiting = Finding.objects.filter(item__code=rules.REPORT_LATE, state=FindingState.PROVISIONAL)
        for finding in waiting.exclude(defence_until=None):
            chance = random.Random(f"late {finding.source}")
            day = finding.defence_until or finding.day
            self.plan(self.later(day, chance.randint(1, 2), chance), partial(self.uphold, finding.pk))

    def uphold(self, pk: int, moment: datetime) -> None:
        finding = cases.Finding.objects.select_related("unit", "item", "place").get(pk=pk)
        allowed = cases.deciders(finding, local(moment).date())
        actor = next((user for user in self.express if user.pk in allowed), None)
        if finding.state == FindingState.PROVISIONAL and actor is not None:
            finding_decide(
                finding=finding,
                withdraw=False,
                reason=words.LATE_UPHELD,
                exemption="",
                actor=actor,
                now=moment,
            )

    def bulletin(self, month: date, moment: datetime) -> None:
        """The newest waits for the head of the showcase."""
        self.plain.save()
        bulletin, _made = bulletins.bulletin_draft(month=month, now=moment)
        if month != self.months[-1] and not bulletin.is_signed:
            chance = random.Random(f"bulletin {month}")
            day = local(moment).date()
            self.plan(self.later(day, chance.randint(2, 4), chance), partial(self.sign, bulletin.pk))

    def sign(self, pk: int, moment: datetime) -> None:
        self.plain.save()
        bulletin = Bulletin.objects.select_related("corrects").get(pk=pk)
        self.attempt(bulletins.bulletin_sign, User.objects.filter(username=HEAD), moment, bulletin=bulletin)

    # --- The path of a month ------------------------------------------------------------------------------------------

    def go_on(self, report: MonthlyReport) -> None:
        """The next step of a unit's month, when its time has come."""
        state, place, newest = ReportState(report.state), self.place(report), self.is_newest(report)
        if state == ReportState.ACCEPTED or (newest and HELD.get(place) == state):
            return
        moment = self._when(report, state)
        if newest and LATELY.get(place) == state:
            moment = max(moment, self.ago(1, self.dice(report, "lately")))
        if newest and place == HANGS and state == ReportState.CONFIRMED:
            moment = max(moment, self.ago(HANGS_SINCE, self.dice(report, "hangs")))
        self.plan(moment, partial(self.plain.step if self.plain.holds(report) else self.step, report.pk))

    def is_plain(self, report: MonthlyReport) -> bool:
        """Nobody objects, nothing comes back, and there is somebody of the unit for every step."""
        special = (
            self.place(report) <= max(HELD) or self.comes_back(report) or objecting.objects(self, report)
        )
        hands = self.actors(report, report.drafted_at), self.officer(report, report.drafted_at)
        return not special and hands[0] != self.express and hands[1] is not None

    def comes_back(self, report: MonthlyReport) -> bool:
        """Whether the city sends it back the first time."""
        place, before = self.place(report), len(self.months) > 1 and report.month == self.months[-2]
        if (place == COMES_BACK and self.is_newest(report)) or (place == CAME_BACK and before):
            return True
        return place > max(HELD) and self.dice(report, "comes back").random() < SENT_BACK

    def reviewers(self, report: MonthlyReport) -> list[User]:
        return self.dice(report, "review").sample(self.express, len(self.express))

    def _when(self, report: MonthlyReport, state: ReportState) -> datetime:
        chance = self.dice(report, state)
        base, most = {
            ReportState.DRAFTED: (report.drafted_at, 3),
            ReportState.CONFIRMED: (report.confirmed_at, 2),
            ReportState.PUBLISHED: (report.published_until, 2),
            ReportState.REPORTED: (report.reported_at, 3),
            ReportState.SENT_BACK: (report.sent_back_at, 2),
        }[state]
        assert base is not None
        day = local(base).date() if isinstance(base, datetime) else base
        days = chance.randint(1, most) + (self._dawdles(report) if state == ReportState.DRAFTED else 0)
        return self.later(day, days, chance)

    def _dawdles(self, report: MonthlyReport) -> int:
        """Working days more than others."""
        if self.place(report) <= max(HELD):
            return 0
        chance = self.dice(report, "dawdles")
        if random.Random(f"slow {report.unit.code}").random() < SLOW or chance.random() < NOW_AND_THEN:
            return chance.randint(4, 8)
        return 0

    def step(self, pk: int, moment: datetime) -> None:
        report = MonthlyReport.objects.select_related("unit").get(pk=pk)
        taken = self._take(report, moment)
        if taken is not None:
            self.go_on(taken)
            money.go_on(self, taken)
            objecting.begin(self, taken)
        elif report.state == ReportState.PUBLISHED:  # an objection is open
            chance = self.dice(report, f"again {moment}")
            self.plan(self.later(local(moment).date(), 1, chance), partial(self.step, pk))

    def _take(self, report: MonthlyReport, moment: datetime) -> MonthlyReport | None:
        actors = self.actors(report, moment)
        match ReportState(report.state):
            case ReportState.DRAFTED if turns.is_nil(report):
                return self.attempt(services.month_nil, actors, moment, report=report)
            case ReportState.DRAFTED:
                return self.attempt(services.month_confirm, actors, moment, report=report)
            case ReportState.CONFIRMED:
                return self.attempt(services.month_publish, actors, moment, report=report)
            case ReportState.PUBLISHED:
                return self.attempt(services.month_report, actors, moment, report=report)
            case ReportState.SENT_BACK:
                answer = words.ANSWERS[words.SENT_BACK.index(report.send_back_reason)]
                return self.attempt(services.month_report, actors, moment, report=report, answer=answer)
            case ReportState.REPORTED:
                return self._review(report, moment)
        return None

    def _review(self, report: MonthlyReport, moment: datetime) -> MonthlyReport | None:
        reviewers = self.reviewers(report)
        if report.sent_back_at is None and self.comes_back(report):
            reason = self.dice(report, "reason").choice(words.SENT_BACK)
            return self.attempt(services.month_send_back, reviewers, moment, report=report, reason=reason)
        return self.attempt(services.month_accept, reviewers, moment, report=report)

    def attempt(
        self, verb: Callable[..., Done], actors: Iterable[User], moment: datetime, **facts: object
    ) -> Done | None:
        """By the first of these who may; None when nobody may now."""
        for actor in actors:
            try:
                return verb(**facts, actor=actor, now=moment)
            except Refused:
                continue
        return None


def drafting_of(month: date) -> datetime:
    return at(rules.following(month), DRAFTING)
