"""The demonstration's year: bonus bases of some units, this year computed as far as it has come, and last year, where
the demonstration has facts of it, decided in some units, on its way in others, with a commendation that waits for
these."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts import demo as accounts
from accounts.models import Unit, User
from appraisal import graded
from appraisal.demo import ladder, words
from appraisal.models import (
    AnnualResult,
    AppraisalSettings,
    Grade,
    Receipt,
    Sanction,
    Ungraded,
    UnitResult,
    YearState,
)
from appraisal.rules import grading as rules
from appraisal.services import bonus, circulars, commending, grading, outcomes, years
from appraisal.services.grading import Entered
from appraisal.turns import year as turns
from attendance.demo.hands import Hands
from cards.demo.people import working_moment
from cards.models import Cadre, EmploymentKind
from common import calendar, demo
from common.models import Notice
from common.problems import Refused
from common.rules import at, local
from complaints.interests import conflicted
from complaints.models import Complaint

#: In the order of units: whose bonus bases were imported, who of last year is on public notice, who has proposed it.
#: The showcase's own is graded by its officer.
WITH_BASES = range(4)
PUBLIC, PROPOSED = 1, 2
#: So many others are decided, first those with somebody first in line: spot checks are drawn by chance, and agree in
#: other units each time. Each decision computes the year anew: a start takes seconds.
DECIDED = 3
#: A month’s assessed bonus.
BASES = (60_000, 68_000, 75_000)
#: Of a unit, so many are commended.
COMMENDED = 2
READ_AFTER = timedelta(days=3)
#: Complaints that were closed before have been looked at.
LATELY = 21


def build(build: demo.Build) -> str:
    if accounts.units() and User.objects.filter(username=accounts.EXPRESS_HEAD).exists():
        story = Story(build.now)
        story.enter_bases()
        story.count_old_outcomes()
        ladder.Story(build.now).tell()
        story.last_year()
        years.year_appraise(year=build.today.year, now=build.now)
        _read_old_news(build.now)
    return _("%(sanctions)s measures, %(results)s annual results, %(decided)s units decided") % {
        "sanctions": Sanction.objects.count(),
        "results": f"{AnnualResult.objects.count():,}",
        "decided": UnitResult.objects.filter(state=YearState.DECIDED).count(),
    }


def _read_old_news(now: datetime) -> None:
    """Nobody opens the demonstration to a hundred notices of long ago."""
    old = Notice.objects.filter(read_at=None, created_at__lt=now - READ_AFTER)
    about = ("sanction", "my_sanction", "unit_sanction", "review", "my_review", "year", "my_year")
    kinds = Q()
    for kind in about:
        kinds |= Q(kind__startswith=kind)
    old.filter(kinds).update(read_at=F("created_at"))


@dataclass
class Story:
    now: datetime
    units: list[Unit] = field(default_factory=accounts.units)
    hands: Hands = field(default_factory=Hands.read)
    #: Whose last year is decided, by their places.
    decided: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.today = local(self.now).date()
        self.year = self.today.year - 1
        self.working = calendar.load({self.year, self.today.year})
        names = (accounts.EXPRESS, accounts.SECOND_EXPRESS, accounts.EXPRESS_HEAD)
        self.express = {user.username: user for user in User.objects.filter(username__in=names)}

    # --- When and who -------------------------------------------------------------------------------------------------

    def january(self, days: int, clock: time) -> datetime:
        """So many working days into the year that follows."""
        return at(self.working.add_working_days(date(self.today.year, 1, 3), days), clock)

    def officer(self, unit: Unit, moment: datetime) -> User | None:
        return self.hands.officer(unit.pk, local(moment).date(), random.Random(f"year {unit.code}"))

    def result(self, place: int) -> UnitResult | None:
        if place >= len(self.units):
            return None
        rows = UnitResult.objects.filter(year=self.year, unit=self.units[place])
        return rows.select_related("unit").first()

    # --- Bonus bases --------------------------------------------------------------------------------------------------

    def enter_bases(self) -> None:
        moment = working_moment(self.now, 30, time(14, 30))
        for unit in self.units[WITH_BASES.start : WITH_BASES.stop]:
            officer = self.officer(unit, moment)
            if officer is None:
                continue
            people = Cadre.objects.filter(unit=unit).exclude(employment_kind=EmploymentKind.ENTERPRISE)
            rows = [
                bonus.Row(cadre, date(self.year, 1, 1), random.Random(f"bonus {cadre.pk}").choice(BASES))
                for cadre in people.order_by("pk")
            ]
            bonus.bonus_import(rows=rows, actor=officer, now=moment)

    # --- Complaints ---------------------------------------------------------------------------------------------------

    def count_old_outcomes(self) -> None:
        """What was closed long ago counts as nothing beside its measure; what was closed lately waits for people."""
        old = outcomes.to_count(
            Complaint.objects.filter(closed_at__lt=working_moment(self.now, LATELY, time()))
        )
        for case in old.order_by("pk"):
            assert case.closed_at is not None
            moment = at(self.working.add_working_days(local(case.closed_at).date(), 2), time(11, 20))
            able = (user for user in self.express.values() if not conflicted([user.pk], case, self.today))
            if (actor := next(able, None)) is not None:
                outcomes.outcome_count(
                    case=case,
                    item_code="",
                    day=None,
                    note="",
                    reason=words.NO_POINTS,
                    actor=actor,
                    now=moment,
                )

    # --- Last year ----------------------------------------------------------------------------------------------------

    def last_year(self) -> None:
        begins = AppraisalSettings.current().begins
        if begins is None or begins.year > self.year:
            return
        years.year_appraise(year=self.year, now=min(self.january(1, time(6)), self.now))
        self.decided = self._chosen()
        for number, place in enumerate(self.decided, start=PROPOSED + 1):
            self._decide(number, place)
        self._hang_out(PUBLIC)
        self._propose_late(PROPOSED)
        self._commend()

    def _chosen(self) -> list[int]:
        first = AnnualResult.objects.filter(year=self.year, among_least=True).values("unit")
        there = UnitResult.objects.filter(Q(unit__in=first) | Q(among_least=True), year=self.year)
        in_line = set(there.values_list("unit", flat=True))
        others = range(PROPOSED + 1, len(self.units))
        return sorted(others, key=lambda place: self.units[place].pk not in in_line)[:DECIDED]

    def _grade(self, row: UnitResult | None, moment: datetime) -> User | None:
        """Entered and proposed by an officer of the unit; who that was."""
        officer = self.officer(row.unit, moment) if row is not None else None
        if row is None or officer is None or moment > self.now:
            return None
        results = graded.results_of(row)
        grades = self._grades(results)
        try:
            grading.grades_set(unit_result=row, grades=grades, actor=officer, now=moment)
            grading.year_propose(unit_result=row, actor=officer, now=moment + timedelta(hours=1))
        except Refused:  # managed from above, or somebody who deputises grades nobody
            return None
        return officer

    def _grades(self, results: list[AnnualResult]) -> dict[int, Entered]:
        """Below competent who has to be; excellent some of the first in line, as many as may be."""
        found = {row.pk: self._grade_of(row) for row in results if graded.takes_grade(row)}
        most = graded.quota_of(
            results[0].unit_result,
            [
                AnnualResult(pk=row.pk, unit_result=row.unit_result, employment_kind=row.employment_kind)
                for row in results
            ],
        ).most
        best = [row for row in results if row.among_least and found.get(row.pk) == Entered(Grade.COMPETENT)]
        for row in best[:most]:
            found[row.pk] = Entered(Grade.EXCELLENT, reason=words.EXCELLENT)
        return found

    def _grade_of(self, row: AnnualResult) -> Entered:
        if row.figures["months"] < 6:
            return Entered(Grade.UNGRADED, Ungraded.SHORT, words.SHORT)
        if Grade.COMPETENT in rules.allowed(row.ceiling):
            return Entered(Grade.COMPETENT)
        return Entered(row.ceiling, reason=words.BELOW)

    def _decide(self, number: int, place: int) -> None:
        row = self.result(place)
        if self._grade(row, self.january(4 + number, time(9, 20))) is None:
            return
        assert row is not None
        published = self._publish(row, self.january(6 + number, time(10, 15)))
        if published is None or published.published_until is None:
            return
        moment = at(self.working.add_working_days(published.published_until, 1), time(9, 40))
        able = turns.deciders(row, local(moment).date())
        actor = next((user for user in self._heads() if user.pk in able), None)
        if actor is None or moment > self.now:
            return
        decided = grading.year_decide(unit_result=row, actor=actor, now=moment)
        if place == self.decided[0]:
            self._hand_over(decided, at(self.working.add_working_days(local(moment).date(), 1), time(15)))

    def _heads(self) -> list[User]:
        return [self.express[accounts.EXPRESS_HEAD], *self.express.values()]

    def _publish(self, row: UnitResult, moment: datetime) -> UnitResult | None:
        head = self.hands.head(row.unit_id, local(moment).date())
        if head is None or moment > self.now:
            return None
        return grading.year_publish(unit_result=row, actor=head, now=moment)

    def _hand_over(self, row: UnitResult, moment: datetime) -> None:
        """One of them refuses to sign, before a witness."""
        officer = self.officer(row.unit, moment)
        if officer is None or moment > self.now:
            return
        for number, result in enumerate(graded.results_of(row)):
            if not result.grade or not grading.may_hand_over(result, officer, local(moment).date()):
                continue
            refused = number == 1
            grading.notice_hand_over(
                result=result,
                day=local(moment).date(),
                receipt=Receipt.REFUSED if refused else Receipt.SIGNED,
                witness=words.WITNESS if refused else "",
                actor=officer,
                now=moment,
            )

    def _hang_out(self, place: int) -> None:
        row = self.result(place)
        if self._grade(row, working_moment(self.now, 6, time(9, 10))) is not None:
            assert row is not None
            self._publish(row, working_moment(self.now, 3, time(10, 30)))

    def _propose_late(self, place: int) -> None:
        self._grade(self.result(place), working_moment(self.now, 2, time(9, 30)))

    # --- Commended ----------------------------------------------------------------------------------------------------

    def _commend(self) -> None:
        """Chosen by the Express among those who are first in line; signed once every unit is decided."""
        moment = self.january(30, time(10))
        if moment > self.now:
            return
        chooser = self.express[accounts.EXPRESS]
        first = UnitResult.objects.filter(year=self.year, state=YearState.DECIDED, among_least=True)
        units = first.order_by("unit__code")
        decided = AnnualResult.objects.filter(unit_result__state=YearState.DECIDED, year=self.year)
        chosen: list[AnnualResult | UnitResult] = list(units[:COMMENDED])
        for place in self.decided:
            people = decided.filter(unit=self.units[place].pk)
            eligible = [
                row
                for row in people.select_related("unit_result", "cadre", "unit").order_by("grade", "pk")
                if commending.is_eligible(row)
            ]
            chosen += sorted(eligible, key=lambda row: row.grade != Grade.EXCELLENT)[:COMMENDED]
        for row in chosen:
            commending.commend(row=row, reason=words.COMMENDED, actor=chooser, now=moment)
        if chosen:
            circulars.circular_draft(year=self.year, actor=chooser, now=moment + timedelta(hours=1))
