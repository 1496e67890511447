"""A small city whose years are as awkward as years can be: the awkward months (awkward.py), and over them measures of
every rung in every state, complaints that are redone over the turn of a year, people who move, come late, leave early
or are not graded at all, a unit that is managed from above, one of a single person, and one that keeps no sheets.

Everything follows from a seed, and is done by the verbs wherever there is one.
"""

from datetime import date, datetime, time, timedelta

from accounts.models import Role, Unit, User
from appraisal.models import BonusBase, Sanction, YearSettings
from attendance.models import InspectionSettings, SpotCheck, SpotLine
from attendance.services import round_submit
from cards import services as cards
from cards.models import Cadre, EmploymentKind
from common.problems import Refused
from common.rules import at
from complaints.models import Complaint
from complaints.services import aftercare, handling
from tests.appraisal import sanctioning
from tests.appraisal.awkward import City
from tests.appraisal.ledgers import stands
from tests.cast import crowd, give, make_office, make_unit, make_user
from tests.complaints import cases

#: The first day for which a sheet is due: few days, so that the world is built in seconds.
SHEETS_FROM, SHEETS_UNTIL = date(2026, 12, 14), date(2027, 1, 8)
#: When both years are computed.
NOW = at(date(2027, 4, 6), time(9))
RUNGS = ("criticism", "admonishment", "admonishment", "caution", "caution", "circular")
OUTCOMES = ("substantiated", "substantiated", "partly", "unsubstantiated", "cleared")


class Years(City):
    """Played to its end when it is made."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed, findings=110, reversals=12)
        self._add_units()
        self.people = list(Cadre.objects.order_by("pk"))
        self.first, self.second, self.third = (express(f"express.{number}") for number in (1, 2, 3))
        self._set()
        self._serve()
        self.play()
        self._move()
        self._keep_sheets()
        self._look_for_themselves()
        self._complain()
        self._take_measures()

    def _add_units(self) -> None:
        """A town, one that is managed from above, one of a single person, one that keeps no sheets."""
        begins = date(2026, 1, 1)
        self.town, self.other_town = (
            make_unit(code, f"第{code[-1]}镇", valid_from=begins) for code in ("T931", "T932")
        )
        Unit.objects.filter(pk__in=[self.town.pk, self.other_town.pk]).update(kind="town")
        self.above = make_unit("D933", "垂管局", valid_from=begins, vertically_managed=True)
        self.single = make_unit("D934", "独人办", valid_from=begins)
        self.silent = make_unit("D935", "不报局", valid_from=begins)
        for unit, number in (
            (self.town, 4),
            (self.other_town, 3),
            (self.above, 3),
            (self.single, 1),
            (self.silent, 4),
        ):
            for one in crowd(make_office(unit), number, cards=False):
                # Of the silent unit nothing is ever found.
                if unit != self.silent and self.chance.random() < 0.6:
                    self._plan_decision(
                        self._found(one, date(2026, 11, self.chance.randrange(2, 30)), time(9))
                    )
        self.units += [self.town, self.other_town, self.above, self.single, self.silent]

    def _set(self) -> None:
        """What the city sets, and who is paid what."""
        YearSettings.objects.update_or_create(
            pk=1,
            defaults={
                "minimum_headcount": self.chance.choice((2, 3, 4)),
                "minimum_months": self.chance.choice((2, 6)),
                "sheets_percent": self.chance.choice((70, 90)),
                "agreement_percent": self.chance.choice((50, 90)),
                "bonus_months": self.chance.choice(("following", "last")),
            },
        )
        bases = []
        for one in self.people:
            if self.chance.random() < 0.8:
                sinces = self.chance.sample((date(2025, 1, 1), date(2026, 7, 1), date(2027, 2, 1)), 2)
                bases += [(one, since, self.chance.randrange(30_000, 90_000)) for since in sinces]
        BonusBase.objects.bulk_create(
            BonusBase(cadre=cadre, since=since, cents=cents, entered_by=self.first, entered_at=NOW)
            for cadre, since, cents in bases
        )

    def _serve(self) -> None:
        """Some come late, some leave, some are of an enterprise."""
        kinds = (EmploymentKind.PUBLIC_INSTITUTION, EmploymentKind.ENTERPRISE)
        for one in self.people:
            fate = self.chance.random()
            if fate < 0.15:
                one.serves_from = date(2026, self.chance.randrange(2, 13), self.chance.randrange(1, 29))
            elif fate < 0.3:
                one.serves_to = date(
                    2026 + (fate < 0.2), self.chance.randrange(1, 13), self.chance.randrange(1, 29)
                )
            elif fate < 0.5:
                one.employment_kind = self.chance.choice(kinds)
        Cadre.objects.bulk_update(self.people, ["serves_from", "serves_to", "employment_kind"])

    def _move(self) -> None:
        """One within the year; one after it, twice."""
        there = date(2026, 12, 1)
        serving = [one for one in self.people if one.serves_to is None and one.serves_from < there]
        serving = [one for one in serving if one.unit_id != self.single.pk]
        one, other = self.chance.sample(serving, 2)
        self._transfer(one, self.town, date(2026, 12, 1))
        self._transfer(other, self.other_town, date(2027, 1, 11))
        self._transfer(other, self.silent, date(2027, 3, 1))
        self.people = list(Cadre.objects.order_by("pk"))

    def _transfer(self, cadre: Cadre, to: Unit, day: date) -> None:
        cadre = Cadre.objects.get(pk=cadre.pk)
        if cadre.unit_id == to.pk:
            return
        now = at(day, time(8))
        asked = cards.transfer_propose(
            cadre=cadre, to_unit=to, first_day=day, note="工作需要", actor=self.first, now=now
        )
        there = cards.Arrival(
            office=to.offices.get(), posts=("科员",), duties=("办理日常事务",), office_phone="0578-7120109"
        )
        cards.transfer_accept(transfer=asked, arrival=there, actor=self.second, now=now)

    # --- What others see ----------------------------------------------------------------------------------------------

    def _keep_sheets(self) -> None:
        InspectionSettings.objects.update_or_create(pk=1, defaults={"sheets_from": SHEETS_FROM})
        diligence = {unit.pk: self.chance.choice((0.6, 0.9, 1, 1)) for unit in self.units}
        day = SHEETS_FROM
        while day <= SHEETS_UNTIL:
            for unit in self.units:
                if unit != self.silent and self.chance.random() < diligence[unit.pk]:
                    self._walk(unit, at(day, time(9, 30)))
            day += timedelta(days=1)

    def _walk(self, unit: Unit, now: datetime) -> None:
        try:
            round_submit(unit=unit, scope="", number=1, checker=self.first, now=now)
        except Refused:  # nobody there to be checked
            return

    def _look_for_themselves(self) -> None:
        for number in range(24):
            cadre = self.chance.choice(self.people)
            when = at(date(2026, 12, 15) + timedelta(days=number), time(15))
            check = SpotCheck.objects.create(
                kind="targeted", reason="回头看", begins_at=when, planned_by=self.first, planned_at=when
            )
            if self.chance.random() < 0.15:
                SpotCheck.objects.filter(pk=check.pk).update(cancelled_at=when, cancel_reason="天气原因")
            line = self._line(check, cadre, when)
            if line.outcome == "problem":
                state = self.chance.choice(("standing", "provisional", "withdrawn"))
                stands(cadre, when.date(), state=state, recorder=self.first, spot_line=line)

    def _line(self, check: SpotCheck, cadre: Cadre, when: datetime) -> SpotLine:
        outcome = self.chance.choice(("agrees", "agrees", "problem", ""))
        looked = {"taken_at": when, "recorded_by": self.first} if outcome else {}
        return SpotLine.objects.create(
            spot_check=check, cadre=cadre, unit=cadre.unit, office=cadre.office, outcome=outcome, **looked
        )

    # --- What is said of them, and what is done about it --------------------------------------------------------------

    def _complain(self) -> None:
        """Around the turn of the year; some of it is said twice, redone, or goes to the commission."""
        known: list[Complaint] = []
        for number in range(12):
            cadre = self.chance.choice(self.people[:12])
            day = date(2026, 12, 5) + timedelta(days=3 * number)
            case = self._answered(cadre, at(day, time(9)), self.chance.choice(OUTCOMES))
            fate = self.chance.random()
            if fate < 0.35:
                self._redo(case, at(day + timedelta(days=self.chance.randrange(5, 20)), time(9)))
            known.append(case)
        self._say_twice()
        self._refer(known[0])

    def _received(self, cadre: Cadre, moment: datetime) -> Complaint:
        case = cases.received(cadre.unit, cadre, received_at=moment, now=moment)
        return handling.accept(case=case, actor=self.first, now=moment + timedelta(hours=1))

    def _answered(self, cadre: Cadre, moment: datetime, outcome: str) -> Complaint:
        return self._answer(self._received(cadre, moment), moment, outcome)

    def _answer(self, case: Complaint, moment: datetime, outcome: str) -> Complaint:
        assert case.handler is not None
        case = handling.submit(
            case=case,
            **{**cases.ANSWER, "outcome": outcome},
            actor=case.handler,
            now=moment + timedelta(hours=2),
        )
        # Whoever had a hand in the first answer has none in the second.
        closes = self.second if case.handler == self.first else self.third
        return handling.close(case=case, feedback="receipt", actor=closes, now=moment + timedelta(hours=3))

    def _redo(self, case: Complaint, moment: datetime) -> None:
        """Half of it stays open."""
        aftercare.complaint_rate(case=case, grade=1, now=moment)
        again = aftercare.complaint_redo(case=case, reason="答复与事实不符", now=moment)
        if self.chance.random() < 0.5:
            again = handling.accept(case=again, actor=express("express.4"), now=moment + timedelta(hours=1))
            self._answer(again, moment, self.chance.choice(OUTCOMES))

    def _say_twice(self) -> None:
        moment = at(date(2026, 12, 21), time(9))
        master = self._received(self.people[0], moment)
        again = cases.received(master.unit, master.cadre, received_at=moment, now=moment + timedelta(hours=1))
        handling.link(case=again, master=master, actor=self.first, now=moment + timedelta(hours=1))
        master.refresh_from_db()
        self._answer(master, moment, "substantiated")

    def _refer(self, case: Complaint) -> None:
        """The same matter, once more: it hides the first as well."""
        assert case.cadre is not None
        moment = case.received_at + timedelta(days=1)
        again = self._received(case.cadre, moment)
        Complaint.objects.filter(pk=again.pk).update(matter=case.matter)
        again.refresh_from_db()
        cases.referred(again, sanctioning.ladder_head(), now=moment + timedelta(hours=2))

    def _take_measures(self) -> None:
        """Of every rung; some decided twice on one day, some set aside, some never decided."""
        first = date(2026, 7, 1)
        for number in range(40):
            about: Cadre | None = self.chance.choice(self.people[:9])
            if self.chance.random() < 0.2:
                about = None
            unit = self.chance.choice(self.units) if about is None else None
            day = first + timedelta(days=7 * number)
            try:
                self._take_measure(about, unit, day)
            except Refused:  # proposed already, and open
                continue

    def _take_measure(self, cadre: Cadre | None, unit: Unit | None, day: date) -> Sanction | None:
        fate, code = self.chance.random(), self.chance.choice(RUNGS)
        if fate < 0.1:
            return sanctioning.proposed(cadre, code, unit=unit, day=day)
        if fate < 0.2:
            made = sanctioning.proposed(cadre, code, unit=unit, day=day)
            return sanctioning.decide(made, None, day=day)
        if fate < 0.5:
            return sanctioning.decided(cadre, code, unit=unit, day=day)
        made = sanctioning.served(cadre, code, unit=unit, day=day)
        return sanctioning.set_aside(made) if fate < 0.6 else made


def express(username: str) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        user = make_user(username, "舒某")
        give(user, Role.EXPRESS_STAFF, first=date(2020, 1, 1))
    return user
