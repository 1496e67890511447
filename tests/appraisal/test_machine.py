"""Whatever people do, in whatever order: the ledger stays whole and every figure is what an independent judge makes of
what they did."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import Unit
from appraisal import services
from appraisal.models import Kind, LedgerEntry, MonthlyReport, Objection
from appraisal.rules import Price
from appraisal.services import aftermath, closing, objections, standards
from attendance import services as attendance
from attendance.models import Finding, Item
from attendance.services import findings
from cards import services as cards
from cards.models import Cadre
from common.problems import Refused
from common.rules import at, local
from tests.appraisal import facts, oracle
from tests.appraisal.awkward import add_standard
from tests.appraisal.ledgers import begins
from tests.cast import make_cadre, make_office, make_unit, make_user

pytestmark = pytest.mark.django_db

BEGINS, FIRST_DAY = date(2026, 10, 1), date(2026, 10, 6)
ITEMS = ("late", "late", "late", "off_post", "off_post", "off_post", "soliciting", "noon_drinking")
EXAMPLES, STEPS = 10, 30

picks = st.integers(0, 60)
prices = st.builds(
    lambda half_points, free, step, window: Price(
        half_points, free, step if window else 0, window if step else 0
    ),
    st.integers(0, 9),
    st.integers(0, 2),
    st.integers(0, 3),
    st.sampled_from([0, 5, 40]),
)


class Months(RuleBasedStateMachine):
    """What happened is kept as the oracle takes it; the product is asked for nothing that it has computed."""

    people: ClassVar[dict[str, Any]] = {}
    #: How often each thing was done in all examples, refusals apart.
    done: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.now = at(FIRST_DAY, time(9))
        self.facts = facts.exported()
        #: By finding: until when the person may answer, and what they did about it.
        self.until: dict[int, date] = {}
        self.answered: set[int] = set()
        self.objected: dict[int, int] = {}
        self.sealed: dict[tuple[str, str], str] = {}
        self.books = oracle.books(self.facts)

    def teardown(self) -> None:
        self.done.update(LedgerEntry.objects.values_list("kind", flat=True))
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    # --- The model ------------------------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        return local(self.now).date()

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def unit(self, code: str) -> dict[str, Any]:
        return next(row for row in self.facts["units"] if row["code"] == code)

    def has_ended(self, code: str) -> bool:
        return self.unit(code)["to"] is not None and self.unit(code)["to"] < str(self.today)

    def pick(self, number: int) -> dict[str, Any]:
        row: dict[str, Any] = self.facts["findings"][number % len(self.facts["findings"])]
        return row

    def state(self, row: dict[str, Any]) -> str:
        return oracle.state_at(row, self.now)

    def happened(self, what: str, code: str, subject: Any) -> None:
        self.facts["events"].append([facts.moment(self.now), what, code, subject])
        self.books = oracle.books(self.facts)

    def decided(self, row: dict[str, Any], state: str) -> None:
        row["decisions"].append([facts.moment(self.now), state])

    def standing(self, code: str) -> list[dict[str, Any]]:
        return sorted(
            (charge for charge in self.books[code].charges if charge["stands"]), key=lambda one: one["line"]
        )

    def stands(self, row: dict[str, Any]) -> bool:
        return any(charge["finding"]["id"] == row["id"] for charge in self.standing(row["unit"]))

    def take_back_withdrawn(self, code: str) -> int:
        count = 0
        while wrong := [one for one in self.standing(code) if self.state(one["finding"]) == "withdrawn"]:
            self.happened("reverse", code, wrong[0]["finding"]["id"])
            count += 1
        return count

    def is_due(self, code: str, month: str) -> bool:
        row, book = self.unit(code), self.books[code]
        if book.last_drafted is not None and book.last_drafted >= month:
            return False
        if row["from"][:7] <= month and (row["to"] is None or row["to"][:7] >= month):
            return True
        if any(correction[0] == month for correction in book.corrections):
            return True
        ends = at(date.fromisoformat(oracle.last_day(month)) + timedelta(days=1), time())
        return any(
            one["unit"] == code
            and self.facts["begins"] <= one["day"] <= oracle.last_day(month)
            and not book.is_charged(one)
            and self.state(one) == "standing"
            and datetime.fromisoformat(one["decisions"][-1][0]) < ends
            for one in self.facts["findings"]
        )

    @contextmanager
    def attempt(self, what: str, allowed: bool) -> Iterator[None]:
        """The product does it if, and only if, the model has no objection."""
        if allowed:
            yield
            self.done[what] += 1
        else:
            with pytest.raises(Refused), transaction.atomic():
                yield

    # --- What people do -------------------------------------------------------------------------------------------

    @rule(days=st.integers(1, 9))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @initialize(
        months=st.tuples(*2 * [st.lists(st.tuples(picks, st.sampled_from(ITEMS)), min_size=4, max_size=8)])
    )
    def have_two_months(self, months: list[list[tuple[int, str]]]) -> None:
        """So that there is something to be charged, free, repeated, capped and taken back."""
        for found in months:
            for who, item in found:
                self.wait(2)
                self.find(who, item, 0, fate="standing")
            self.draft(wait=True)

    @rule(
        who=picks,
        item=st.sampled_from(ITEMS),
        back=st.integers(0, 7),
        fate=st.sampled_from(["standing", "standing", "open"]),
    )
    def find(self, who: int, item: str, back: int, fate: str) -> None:
        cadre = self.cadre(who)
        if self.has_ended(cadre.unit.code):
            return
        self.record(cadre, item, back)
        if fate == "standing":
            self.defend(-1)
            self.decide(-1, withdraw=False)

    def record(self, cadre: Cadre, item: str, back: int) -> None:
        happened = self.tick() - timedelta(days=back)
        row = Finding(
            unit=cadre.unit,
            place=cadre.unit,
            cadre=cadre,
            item=Item.objects.get(code=item),
            day=local(happened).date(),
            at=happened,
            recorder=self.people["officer"],
            recorded_at=self.now,
            said={"kind": "at_post"},
        )
        self.found(findings.record([row], self.now)[0])

    @rule(which=picks)
    def find_about_a_unit(self, which: int) -> None:
        unit = self.people["units"][which % 2]
        source = f"sheet_missing:{unit.code}:{len(self.facts['findings'])}"
        finding, _new = attendance.unit_finding_record(
            unit=unit, item_code="sheet_missing", day=self.today, source=source, note="", now=self.tick()
        )
        self.found(finding)

    def found(self, finding: Finding) -> None:
        assert finding.defence_until is not None
        self.until[finding.pk] = finding.defence_until
        self.facts["findings"].append(
            {
                "id": finding.pk,
                "unit": finding.unit.code,
                "cadre": finding.cadre_id,
                "item": finding.item.code,
                "day": str(finding.day),
                "at": facts.moment(finding.at),
                "decisions": [],
            }
        )

    def cadre(self, number: int) -> Cadre:
        cadres = self.people["cadres"]
        return Cadre.objects.select_related("unit", "user").get(pk=cadres[number % len(cadres)])

    @precondition(lambda self: self.facts["findings"])
    @rule(which=picks)
    def defend(self, which: int) -> None:
        row = self.pick(which)
        if row["cadre"] is None:
            return
        finding = Finding.objects.select_related("cadre__user").get(pk=row["id"])
        in_time = self.state(row) == "provisional" and self.today <= self.until[row["id"]]
        with self.attempt("defended", in_time):
            attendance.finding_defend(
                finding=finding, text=f"说明{self.now}", actor=finding.cadre.user, now=self.tick()
            )
            self.answered.add(row["id"])

    @precondition(lambda self: self.facts["findings"])
    @rule(which=picks, withdraw=st.sampled_from([False, False, False, True]))
    def decide(self, which: int, withdraw: bool) -> None:
        row = self.pick(which)
        heard = row["id"] in self.answered or self.today > self.until[row["id"]]
        with self.attempt("decided", self.state(row) == "provisional" and (withdraw or heard)):
            attendance.finding_decide(
                finding=Finding.objects.get(pk=row["id"]),
                withdraw=withdraw,
                reason="核实",
                exemption="",
                actor=self.people["express"],
                now=self.tick(),
            )
            self.decided(row, "withdrawn" if withdraw else "standing")

    @precondition(lambda self: self.facts["findings"])
    @rule(which=picks)
    def withdraw_after_all(self, which: int) -> None:
        """By a correction: what a month has charged stands there until somebody looks."""
        row = self.pick(which)
        if self.state(row) == "standing":
            findings.withdraw_corrected(
                finding=Finding.objects.get(pk=row["id"]),
                reason="记录有误",
                actor=self.people["express"],
                now=self.tick(),
            )
            self.decided(row, "withdrawn")
            self.done["corrected"] += 1

    @rule()
    def look_for_what_was_withdrawn(self) -> None:
        self.tick()
        expected = sum(self.take_back_withdrawn(code) for code in sorted(self.books))
        assert aftermath.withdrawn_reverse(now=self.now) == expected

    @precondition(lambda self: any(book.charges for book in self.books.values()))
    @rule(which=picks)
    def take_back(self, which: int) -> None:
        row = self.charged(which)
        entry = LedgerEntry.objects.charges().filter(finding=row["id"]).latest("sequence")
        with self.attempt("reversed", self.stands(row)):
            services.entry_reverse(
                entry=entry, reason="核实有误", actor=self.people["express_head"], now=self.tick()
            )
            self.happened("reverse", row["unit"], row["id"])

    def charged(self, number: int) -> dict[str, Any]:
        rows = [charge["finding"] for book in self.books.values() for charge in book.charges]
        row: dict[str, Any] = rows[number % len(rows)]
        return row

    @precondition(lambda self: any(book.charges for book in self.books.values()))
    @rule(which=picks)
    def object(self, which: int) -> None:
        row = self.charged(which)
        if row["cadre"] is None:
            return
        entry = LedgerEntry.objects.charges().filter(finding=row["id"]).latest("sequence")
        allowed = row["id"] not in self.objected and self.stands(row)
        with self.attempt("objected", allowed):
            actor = Cadre.objects.get(pk=row["cadre"]).user
            made = objections.objection_make(
                entry=entry, text=f"不服{self.now}", actor=actor, now=self.tick()
            )
            self.objected[row["id"]] = made.pk

    @precondition(lambda self: self.objected)
    @rule(which=picks, sustain=st.booleans())
    def answer_an_objection(self, which: int, sustain: bool) -> None:
        keys = sorted(self.objected)
        row = next(one for one in self.facts["findings"] if one["id"] == keys[which % len(keys)])
        objection = Objection.objects.get(pk=self.objected[row["id"]])
        with self.attempt("sustained" if sustain else "rejected", objection.state == "open"):
            answer(objection, sustain, self.people["express_head"], self.tick())
            if sustain and self.stands(row):
                self.happened("reverse", row["unit"], row["id"])

    @rule(
        item=st.sampled_from(["late", "off_post"]),
        price=prices,
        cents=st.sampled_from([1501, 2000]),
        cap=st.integers(0, 90),
    )
    def change_the_standard(self, item: str, price: Price, cents: int, cap: int) -> None:
        newest = standards.newest_adopted()
        assert newest is not None
        values = standards.values_of(newest)
        first = max(standards.first_possible_day(self.today), newest.effective_from + timedelta(days=1))
        values |= {"effective_from": first, "cents_per_point": cents, "cap_cents": 100 * cap + 1}
        values["prices"] = {**values["prices"], item: price}
        proposed = standards.standard_propose(values=values, actor=self.people["express"], now=self.tick())
        standards.standard_adopt(standard=proposed, actor=self.people["express_head"], now=self.now)
        self.facts["standards"].append(self.standard(proposed.version, values))
        self.done["standard"] += 1

    def standard(self, version: int, values: dict[str, Any]) -> dict[str, Any]:
        names = {"half_points": "half_points", "free_first": "free_first", "refer": "refer"}
        names |= {"step_half_points": "step", "window_days": "window"}
        items = {
            code: {name: getattr(price, own) for own, name in names.items()}
            for code, price in values["prices"].items()
        }
        money = {name: values[name] for name in ("cents_per_point", "cap_cents")}
        return {"version": version, "from": str(values["effective_from"]), **money, "items": items}

    @rule(who=picks, where=picks)
    def transfer(self, who: int, where: int) -> None:
        cadre, unit = self.cadre(who), self.people["units"][where % 2]
        if cadre.unit_id == unit.pk:
            return
        express = self.people["express"]
        transfer = cards.transfer_propose(
            cadre=cadre, to_unit=unit, first_day=self.today, note="", actor=express, now=self.tick()
        )
        arrival = cards.Arrival(
            office=self.people["offices"][unit.pk],
            posts=("科员",),
            duties=("综合",),
            office_phone="0578-7120222",
        )
        cards.transfer_accept(
            transfer=transfer, arrival=arrival, actor=self.people["express_head"], now=self.tick()
        )
        self.done["transferred"] += 1

    @rule()
    def end_a_unit(self) -> None:
        ending = self.people["units"][2]
        if self.unit(ending.code)["to"] is None:
            Unit.objects.filter(pk=ending.pk).update(valid_to=self.today)
            self.unit(ending.code)["to"] = str(self.today)
            self.done["ended"] += 1

    @rule(wait=st.booleans())
    def draft(self, wait: bool) -> None:
        """The clock does, also in the middle of a month, when there is nothing to do; mostly on the first."""
        if wait:
            first = date.fromisoformat(oracle.next_month(f"{self.today:%Y-%m}") + "-01")
            self.now = max(self.now, at(first, time(6)))
        self.tick()
        expected = 0
        month = self.facts["begins"][:7]
        while month < f"{self.today:%Y-%m}":
            for code in sorted(self.books):
                if self.is_due(code, month):
                    self.take_back_withdrawn(code)
                    self.happened("draft", code, month)
                    expected += 1
            month = oracle.next_month(month)
        assert services.drafts_make(now=self.now) == expected
        self.done["drafted"] += expected

    @rule(which=picks)
    def draft_too_early(self, which: int) -> None:
        unit = self.people["units"][which % 3]
        with self.attempt("early", False):
            services.month_draft(unit=unit, month=self.today.replace(day=1), now=self.now)

    # --- What always holds ----------------------------------------------------------------------------------------

    @invariant()
    def every_figure_is_right(self) -> None:
        assert oracle.differences(oracle.figures(self.books), facts.stored()) == []

    @invariant()
    def every_chain_is_whole(self) -> None:
        facts.check_chains()

    @invariant()
    def nothing_is_in_two_months(self) -> None:
        counted = LedgerEntry.objects.counted().values_list("finding", flat=True)
        assert len(counted) == len(set(counted))

    @invariant()
    def what_is_sealed_stays(self) -> None:
        for report in MonthlyReport.objects.select_related("unit"):
            key = (report.unit.code, f"{report.month:%Y-%m}")
            content = closing.content_hash(report.unit, report.month)
            assert self.sealed.setdefault(key, report.content_hash) == report.content_hash == content


def answer(objection: Objection, sustain: bool, actor: Any, now: datetime) -> None:
    objections.objection_decide(
        objection=objection, sustain=sustain, reason=f"复核{now}", actor=actor, now=now
    )


@pytest.fixture
def cast(
    unit, other_unit, office, other_office, chen, lin, zhou, officer, express, express_head
) -> dict[str, Any]:
    ending = make_unit("D903", "竹编局")
    wu = make_cadre(make_office(ending), "吴竹", user=make_user("wu", "吴竹"))
    begins(BEGINS)
    # The first of a month is free, and whoever is found again pays more: so reversals have something to judge anew.
    prices = {
        "late": (3, 1, 1, 40),
        "off_post": (4, 0, 2, 20),
        "noon_drinking": (12,),
        "sheet_missing": (2, 1),
    }
    add_standard(2, BEGINS, 1501, 9_000, prices)
    return {
        "units": [unit, other_unit, ending],
        "offices": {unit.pk: office, other_unit.pk: other_office},
        "cadres": [chen.pk, zhou.pk, wu.pk],
        "officer": officer,
        "express": express,
        "express_head": express_head,
    }


def story() -> None:
    """Each thing once, as what is left to chance is now and then not done at all."""
    machine = Months()
    steps: list[Callable[[], None]] = [
        lambda: machine.have_two_months([[(0, "late"), (0, "off_post")] * 4] * 2),
        lambda: machine.withdraw_after_all(0),
        machine.look_for_what_was_withdrawn,
        lambda: machine.take_back(1),
        lambda: machine.object(2),
        lambda: machine.answer_an_objection(0, sustain=True),
        lambda: machine.change_the_standard("late", Price(5, 1), 2000, 40),
        lambda: machine.transfer(0, 1),
        machine.end_a_unit,
        lambda: machine.draft(wait=True),
    ]
    try:
        for step in steps:
            step()
            machine.every_figure_is_right()
            machine.every_chain_is_whole()
            machine.nothing_is_in_two_months()
            machine.what_is_sealed_stays()
    finally:
        machine.teardown()


def test_every_figure_is_right_whatever_people_do(cast, monkeypatch):
    monkeypatch.setattr(Months, "people", cast)
    monkeypatch.setattr(Months, "done", Counter())
    story()
    wanted = {"drafted", "decided", "corrected", "standard", "transferred", "ended", *Kind.values}
    assert wanted <= set(Months.done), Months.done
    run: Callable[..., None] = run_state_machine_as_test
    run(
        Months,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
