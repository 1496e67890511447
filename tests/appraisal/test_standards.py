"""The versions of the standard, and what one would have meant: proposed, tried, adopted by another, never changed."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from appraisal import preview as trying
from appraisal import services as appraisal
from appraisal.models import Standard, StandardItem, UnitLedger
from appraisal.preview import Figures, preview
from appraisal.rules import Price, in_force
from appraisal.services import standards as services
from appraisal.services.ledger import version_value, versions
from common.models import AuditEntry, Notice
from common.problems import Refused
from common.versions import Overtaken, version_of
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, OCTOBER, begins, draft, entry_of, stands
from tests.appraisal.versions import DECEMBER, adopt, copied, fresh, propose
from tests.cast import NOW, TODAY, give, make_cadre, make_office, make_unit, make_user
from tests.support.races import at_once, meeting

pytestmark = pytest.mark.django_db
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def second_head(city):
    user = make_user("second_head", "舒平")
    give(user, "express_head")
    return user


def refused_field(**changed) -> str | None:
    with pytest.raises(Refused) as refused:
        services.standard_propose(values=copied(**changed), actor=None, now=NOW)
    return refused.value.field


# --- Proposing --------------------------------------------------------------------------------------------------------


def test_a_version_is_a_copy_of_the_newest_but_for_what_is_changed(express):
    first = fresh(Standard.objects.get())
    made = fresh(propose(express, prices={"late": Price(3, free_first=1)}))
    assert (made.version, made.is_adopted, made.proposed_by) == (2, False, express)
    changed = services.differences(services.facts_of(first), services.facts_of(made))
    assert changed == {
        "effective_from": [first.effective_from, DECEMBER],
        "note": ["起始标准", "提高每分金额"],
        "item:late": [[2, 0, 0, 0, False], [3, 1, 0, 0, False]],
    }
    assert AuditEntry.objects.get(verb="standard_proposed").actor == express


def test_an_item_may_be_left_out_and_another_be_added(express):
    made = fresh(propose(express, prices={"games": None, "complaint_overdue": Price(6)}))
    codes = set(version_value(made).prices)
    assert "games" not in codes
    assert version_value(made).prices["complaint_overdue"] == Price(6)


def test_the_heads_hear_of_it_and_not_whoever_proposed_it(express_head, second_head, express):
    propose(second_head)
    assert list(Notice.objects.values_list("kind", "user")) == [("standard_proposed", express_head.pk)]


def test_one_version_is_proposed_at_a_time(express):
    propose(express)
    with pytest.raises(Refused, match="2"):
        propose(express, cap_cents=50_000)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (TODAY, False),
        (TOMORROW, True),
        (TODAY + timedelta(days=366), True),
        # A slip of the pen would hold back every later version.
        (TODAY + timedelta(days=367), False),
        (date(2062, 12, 1), False),
    ],
)
def test_a_version_begins_tomorrow_at_the_earliest_and_within_a_year(express, day, works):
    if works:
        assert propose(express, cents_per_point=3000, effective_from=day).effective_from == day
    else:
        assert refused_field(cents_per_point=3000, effective_from=day) == "effective_from"


def test_no_month_of_any_unit_that_is_drafted_is_judged_otherwise(unit, other_unit, express):
    UnitLedger.objects.create(unit=unit, closed_until=OCTOBER)
    UnitLedger.objects.create(unit=other_unit, closed_until=DECEMBER)
    last_day = date(2026, 12, 31)
    assert refused_field(cents_per_point=3000, effective_from=last_day) == "effective_from"
    assert propose(express, cents_per_point=3000, effective_from=last_day + timedelta(days=1)).version == 2


def test_a_newer_version_begins_after_every_adopted_one(express, express_head):
    adopt(propose(express), express_head)
    for day in (TOMORROW, DECEMBER):
        assert refused_field(cap_cents=50_000, effective_from=day) == "effective_from"
    third = propose(express, cap_cents=50_000, effective_from=DECEMBER + timedelta(days=1))
    assert third.version == 3


@pytest.mark.parametrize("allowance", ["工资", "岗位工资", "薪级津贴", "salary", "工 资"])
def test_salary_is_refused_with_the_reason_of_the_law(allowance):
    with pytest.raises(Refused, match=r"第八十四条|Article 84") as refused:
        services.standard_propose(values=copied(allowance=allowance), actor=None, now=NOW)
    assert refused.value.field == "allowance"


def test_the_legal_basis_may_speak_of_salary(express):
    assert propose(express, legal_basis="月度考核奖不属于公务员法第八十四条所称工资（修订）").version == 2


@pytest.mark.parametrize(
    ("price", "field"),
    [
        (Price(2), None),
        (Price(0), None),
        (Price(2, free_first=3), None),
        (Price(2, step_half_points=1, window_days=30), None),
        (Price(0, refer=True), None),
        (Price(1, refer=True), "half_points"),
        (Price(0, step_half_points=1, window_days=9, refer=True), "step_half_points"),
        (Price(0, free_first=1, refer=True), "free_first"),
        (Price(2, step_half_points=1), "window_days"),
        (Price(2, window_days=30), "step_half_points"),
    ],
)
def test_what_an_item_may_cost(price, field):
    problem = services.price_problem(price)
    assert (problem and problem[0]) == field
    if field is not None:
        with pytest.raises(Refused):
            services.standard_propose(values=copied(prices={"late": price}), actor=None, now=NOW)


@pytest.mark.parametrize(
    "row",
    [
        {"when": "rain", "times": 1, "effect": "graded_incompetent", "value": 1},
        {"when": "efficiency_caution", "times": 1, "effect": "dismissed", "value": 1},
        {"when": "efficiency_caution", "times": 0, "effect": "graded_incompetent", "value": 1},
    ],
)
def test_a_consequence_is_one_that_the_year_knows(row):
    with pytest.raises(Refused):
        services.standard_propose(values=copied(consequences=[row]), actor=None, now=NOW)


def test_a_version_that_says_the_same_as_the_one_before_is_refused(express):
    with pytest.raises(Refused, match="1"):
        propose(express, note="只改说明")


# --- Changing and withdrawing -----------------------------------------------------------------------------------------


def test_what_is_proposed_may_be_changed_and_the_trail_says_how(express):
    draft_ = propose(express, prices={"late": Price(3)})
    values = copied(prices={"late": Price(4), "games": None}, cap_cents=50_000)
    services.standard_edit(standard=draft_, values=values, actor=express, now=NOW)
    made = fresh(draft_)
    assert (version_value(made).prices["late"], made.cap_cents) == (Price(4), 50_000)
    assert AuditEntry.objects.get(verb="standard_edited").changes == {
        "cap_cents": [30_000, 50_000],
        "item:games": [[6, 0, 0, 0, False], None],
        "item:late": [[3, 0, 0, 0, False], [4, 0, 0, 0, False]],
    }


def test_saving_without_a_change_writes_nothing_and_leaves_it_to_whoever_proposed_it(express, express_head):
    draft_ = propose(express)
    services.standard_edit(standard=draft_, values=copied(), actor=express_head, now=NOW)
    assert not AuditEntry.objects.filter(verb="standard_edited").exists()
    assert fresh(draft_).proposed_by == express


def test_the_second_of_two_who_save_sees_what_the_first_has_saved(express, express_head):
    draft_ = fresh(propose(express))
    seen = version_of(services.facts_of(draft_))
    for actor, cents, fails in ((express, 3500, False), (express_head, 4000, True)):
        edit = {"standard": draft_, "values": copied(cents_per_point=cents), "seen": seen}
        if fails:
            with pytest.raises(Overtaken):
                services.standard_edit(**edit, actor=actor, now=NOW)
        else:
            services.standard_edit(**edit, actor=actor, now=NOW)
    assert fresh(draft_).cents_per_point == 3500


def test_what_is_withdrawn_goes_and_the_trail_keeps_what_it_said(express):
    draft_ = propose(express)
    services.standard_withdraw(standard=draft_, actor=express, now=NOW)
    assert list(Standard.objects.values_list("version", flat=True)) == [1]
    kept = AuditEntry.objects.get(verb="standard_withdrawn")
    assert (kept.changes["version"], kept.changes["cents_per_point"]) == (2, 3000)
    with pytest.raises(Refused):
        services.standard_edit(standard=draft_, values=copied(cap_cents=1), actor=express, now=NOW)
    assert propose(express).version == 2


# --- Adopting ---------------------------------------------------------------------------------------------------------


def test_a_second_person_adopts_and_the_units_hear_of_it(
    unit, express, express_head, officer, head, supervisor, lin
):
    made = adopt(propose(express), express_head)
    assert (made.adopted_by, made.adopted_at) == (express_head, NOW)
    told = set(Notice.objects.filter(kind="standard_adopted").values_list("user", flat=True))
    assert told == {express.pk, officer.pk, head.pk, supervisor.pk}
    assert AuditEntry.objects.get(verb="standard_adopted").actor == express_head


def test_whoever_proposed_it_does_not_adopt_it(express_head):
    made = propose(express_head)
    with pytest.raises(Refused):
        adopt(made, express_head)
    assert not fresh(made).is_adopted


def test_whoever_changed_it_last_does_not_adopt_it(express, express_head, second_head):
    made = propose(express)
    services.standard_edit(standard=made, values=copied(cents_per_point=9000), actor=express_head, now=NOW)
    with pytest.raises(Refused):
        adopt(made, express_head)
    assert adopt(made, second_head).is_adopted


def test_the_database_itself_asks_for_two_people(express_head):
    made = propose(express_head)
    alone = Standard.objects.filter(pk=made.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        alone.update(adopted_by=express_head, adopted_at=NOW)


def test_what_is_adopted_is_what_was_looked_at(express, express_head):
    made = fresh(propose(express))
    seen = version_of(services.facts_of(made))
    services.standard_edit(standard=made, values=copied(cents_per_point=9000), actor=express, now=NOW)
    with pytest.raises(Overtaken):
        services.standard_adopt(standard=made, seen=seen, actor=express_head, now=NOW)
    assert not fresh(made).is_adopted


def test_a_version_whose_first_day_has_come_is_dated_anew_before_it_is_adopted(express, express_head):
    made = propose(express)
    with pytest.raises(Refused) as refused:
        services.standard_adopt(standard=made, actor=express_head, now=DRAFTING)
    assert refused.value.field == "effective_from"


def test_what_is_adopted_is_never_changed(express, express_head, second_head):
    made = adopt(propose(express), express_head)
    before = services.facts_of(fresh(made))
    for verb in (
        lambda: services.standard_edit(standard=made, values=copied(cap_cents=1), actor=express, now=NOW),
        lambda: services.standard_withdraw(standard=made, actor=express, now=NOW),
        lambda: adopt(made, second_head),
    ):
        with pytest.raises(Refused):
            verb()
    assert services.facts_of(fresh(made)) == before
    assert fresh(made).adopted_by == express_head


@pytest.mark.parametrize(("day", "version"), [(date(2026, 11, 30), 1), (DECEMBER, 2), (date(2030, 1, 1), 2)])
def test_a_version_is_in_force_from_its_first_day(express, express_head, day, version):
    adopt(propose(express), express_head)
    # What is only proposed is never in force.
    propose(express, cap_cents=1, effective_from=DECEMBER + timedelta(days=9))
    found = in_force(versions(), day)
    assert Standard.objects.get(pk=found.pk).version == version


def test_a_fact_of_its_first_day_is_judged_by_it_and_one_of_the_day_before_is_not(
    unit, chen, express, express_head
):
    begins()
    adopt(propose(express, cents_per_point=3000, effective_from=TOMORROW), express_head)
    before, after = stands(chen, TODAY), stands(chen, TOMORROW)
    draft(unit)
    assert (entry_of(before).cents, entry_of(after).cents) == (4000, 6000)


# --- At the same moment -----------------------------------------------------------------------------------------------


@pytest.fixture(params=["locks", "no locks"])
def right(request, monkeypatch) -> bool:
    if request.param == "locks":
        return True
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    return connection.vendor == "sqlite"


@pytest.mark.django_db(transaction=True)
def test_of_two_proposals_at_once_the_second_is_told_of_the_first(right, express, express_head, monkeypatch):
    values = copied(cents_per_point=3000)

    def proposing(actor):
        return lambda: services.standard_propose(values=values, actor=actor, now=NOW)

    with meeting(monkeypatch, services, "_check", 2, right):
        outcomes = at_once(proposing(express), proposing(express_head))
    kinds = {type(outcome) for outcome in outcomes}
    # The number is unique: without the lock somebody sees an error page, and nothing worse.
    assert kinds == ({Standard, Refused} if right else {Standard, IntegrityError}), outcomes
    assert Standard.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_a_change_and_an_adoption_at_once_one_counts(right, express, express_head, monkeypatch):
    made = fresh(propose(express))
    seen, values = version_of(services.facts_of(made)), copied(cents_per_point=9000)

    def edit():
        return services.standard_edit(standard=made, values=values, seen=seen, actor=express, now=NOW)

    def adopt_it():
        return services.standard_adopt(standard=made, seen=seen, actor=express_head, now=NOW)

    with meeting(monkeypatch, services, "_check", 2, right):
        outcomes = at_once(edit, adopt_it)
    succeeded = [outcome for outcome in outcomes if isinstance(outcome, Standard)]
    assert (len(succeeded) == 1) is right, outcomes
    if right:
        now = fresh(made)
        assert (now.is_adopted, now.cents_per_point) in {(True, 3000), (False, 9000)}


# --- What it would have meant -----------------------------------------------------------------------------------------


@pytest.fixture
def begun(db):
    begins(OCTOBER)


def tried(express, **changed) -> trying.Preview:
    found = preview(fresh(propose(express, **changed)))
    assert found is not None
    return found


def drafted(*units, until=NOVEMBER):
    for unit in units:
        draft(unit, OCTOBER)
        if until == NOVEMBER:
            draft(unit)


def later(express, **changed) -> trying.Preview:
    """As the verbs see it in December, when November is drafted."""
    values = copied(**changed, effective_from=date(2027, 1, 1))
    found = preview(fresh(services.standard_propose(values=values, actor=express, now=DRAFTING)))
    assert found is not None
    return found


def test_before_a_month_is_drafted_there_is_nothing_to_try(express):
    assert preview(fresh(propose(express))) is None


def test_the_last_drafted_month_is_judged_again_and_compared(begun, unit, other_unit, chen, lin, express):
    stands(chen, date(2026, 10, 9))
    stands(chen, date(2026, 11, 3))
    stands(lin, date(2026, 11, 4), code="late")
    stands(None, date(2026, 11, 5), code="sheet_missing", unit=unit)
    drafted(unit, other_unit)
    found = later(
        express, cents_per_point=3000, prices={"late": Price(2, free_first=1), "off_post": Price(6)}
    )
    (line,) = found.lines
    assert (found.month, found.units, found.quiet, line.unit) == (NOVEMBER, 2, 1, unit)
    # Off post 2 points and late 1 at 20 yuan, the sheet 1 point; then 3 points at 30 yuan, and late free.
    assert (line.was, found.was) == (Figures(8, 6000, 2), Figures(8, 6000, 2))
    assert (line.would, found.would) == (Figures(8, 9000, 1), Figures(8, 9000, 1))
    assert (found.distribution.less, found.distribution.more) == (1, 1)
    assert (found.distribution.most_cents, found.distribution.most_people) == (5000, 1)


def test_what_was_taken_back_is_left_out(begun, unit, chen, lin, head, express):
    gone = stands(chen, date(2026, 11, 3))
    stands(lin, date(2026, 11, 4))
    drafted(unit)
    appraisal.entry_reverse(entry=entry_of(gone), reason="会议有据", actor=head, now=DRAFTING)
    found = later(express, cents_per_point=4000)
    assert (found.was, found.would) == (Figures(4, 4000, 1), Figures(4, 8000, 1))


def test_the_cap_of_the_version_holds(begun, unit, chen, express):
    for day in (3, 4, 5):
        stands(chen, date(2026, 11, day), code="noon_drinking")
    drafted(unit)
    found = later(express, cap_cents=10_000)
    assert (found.was.cents, found.would.cents) == (30_000, 10_000)
    assert found.distribution.much_less == 1


def test_repetitions_look_back_into_the_months_before(begun, unit, chen, express):
    stands(chen, date(2026, 10, 20))
    stands(chen, date(2026, 11, 3))
    drafted(unit)
    assert later(express, prices={"off_post": Price(4, 0, 2, 14)}).would.half_points == 6


def test_repetitions_look_no_farther_back_than_the_window(begun, unit, chen, express):
    stands(chen, date(2026, 10, 20))
    stands(chen, date(2026, 11, 3))
    drafted(unit)
    assert later(express, prices={"off_post": Price(4, 0, 2, 13)}).would.half_points == 4


def test_a_late_one_of_the_month_before_is_the_second_of_its_own_month(begun, unit, chen, express):
    """It happened in October, and November counts it: October's own has used what is free."""
    stands(chen, date(2026, 10, 6), code="late")
    late = stands(chen, date(2026, 10, 28), code="late", state="provisional")
    draft(unit, OCTOBER, DRAFTING - timedelta(days=30))
    late.state, late.decided_at = "standing", DRAFTING - timedelta(days=20)
    late.save()
    draft(unit)
    assert later(express, prices={"late": Price(2, free_first=1)}).would.half_points == 2


def test_what_two_units_did_is_no_repetition_of_each_other(begun, unit, other_unit, express):
    for place in (unit, other_unit):
        stands(None, date(2026, 11, 5), code="sheet_missing", unit=place)
    drafted(unit, other_unit)
    found = later(express, prices={"sheet_missing": Price(2, 0, 4, 30)})
    assert [line.would.half_points for line in found.lines] == [2, 2]
    assert found.would == Figures(4, 0, 0)


def test_what_would_be_referred_is_counted(begun, unit, chen, express):
    stands(chen, date(2026, 11, 3), code="noon_drinking")
    drafted(unit)
    found = later(express, prices={"noon_drinking": Price(0, refer=True)})
    assert (found.referred, found.would) == (1, Figures())


def test_under_the_version_in_force_nothing_differs(begun, unit, chen, lin, express):
    for day in (3, 4, 5, 6):
        stands(chen, date(2026, 11, day), code="noon_drinking")
        stands(lin, date(2026, 11, day), code="late")
    drafted(unit)
    found = preview(fresh(Standard.objects.get()))
    assert found is not None
    assert found.was == found.would
    assert (found.distribution.same, found.distribution.more, found.distribution.less) == (2, 0, 0)


def test_looking_changes_nothing_and_costs_the_same_for_one_and_for_many(begun, unit, chen, express):
    def queries() -> int:
        base = fresh(Standard.objects.get(version=1))
        with CaptureQueriesContext(connection) as captured:
            preview(base)
        return len(captured)

    stands(chen, date(2026, 11, 3))
    drafted(unit)
    few = queries()
    for number in range(3):
        another = make_unit(f"D95{number}", f"示例单位{number}")
        office = make_office(another)
        people = [make_cadre(office, f"众{person}") for person in range(3)]
        for person in people:
            stands(person, date(2026, 11, 4))
            stands(person, date(2026, 11, 5))
        drafted(another)
    ledger = list(UnitLedger.objects.order_by("unit").values_list("sequence", "head"))
    assert queries() == few <= 8
    assert list(UnitLedger.objects.order_by("unit").values_list("sequence", "head")) == ledger


@pytest.mark.parametrize(
    ("change", "band"),
    [
        (-10_001, "much_less"),
        (-10_000, "less"),
        (-1, "less"),
        (0, "same"),
        (1, "more"),
        (10_000, "more"),
        (10_001, "much_more"),
    ],
)
def test_people_by_how_much_more_or_less(change, band):
    found = trying.distribution({(1, 1): 20_000, (1, None): 5}, {(1, 1): 20_000 + change})
    bands = {name: getattr(found, name) for name in ("much_less", "less", "same", "more", "much_more")}
    assert bands == {**dict.fromkeys(bands, 0), band: 1}


def test_who_is_charged_only_before_or_only_after_is_counted_too():
    found = trying.distribution({(1, 1): 4000}, {(1, 2): 4000, (2, 3): 4000})
    assert (found.less, found.more, found.most_cents, found.most_people) == (1, 2, 4000, 2)


def test_items_of_a_withdrawn_version_do_not_stay_behind(express):
    services.standard_withdraw(standard=propose(express), actor=express, now=NOW)
    assert set(StandardItem.objects.values_list("standard__version", flat=True)) == {1}
