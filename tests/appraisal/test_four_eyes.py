"""Four eyes (DESIGN §1: nobody checks, decides or reviews their own line): for each verb that decides or binds, who
recorded it, whom it is about, who has an interest and a wrong role are refused, and the right second person is not.

The ladder's verbs first; other parts of the year add theirs below.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from accounts.models import Role, User
from appraisal.models import Receipt, SanctionState, Trigger
from appraisal.rules.ladder import Counted
from appraisal.services import circulars, commending, grading, proposing
from appraisal.services import sanctions as services
from attendance.models import Told
from cards.models import Cadre
from common.problems import Refused
from complaints.models import Interest
from complaints.services import handling
from tests.appraisal import grading as years
from tests.appraisal import reviewing
from tests.appraisal.ledgers import begins, draft, stands
from tests.appraisal.sanctioning import decided, ladder_clerk, morning, only_rule, proposed, rung, set_aside
from tests.cast import NOW, TODAY, give, make_cadre, make_user
from tests.complaints.cases import LATER, accepted, drafted

pytestmark = pytest.mark.django_db
LATE = morning(date(2026, 12, 15))
ROLES = {
    "unit_officer": Role.UNIT_OFFICER,
    "unit_head": Role.LEADING_GROUP_HEAD,
    "supervisor": Role.SUPERVISOR,
    "discipline": Role.DISCIPLINE,
    "administrator": Role.ADMINISTRATOR,
    "cadre": Role.CADRE,
    "express_staff": Role.EXPRESS_STAFF,
    "express_head": Role.EXPRESS_HEAD,
}


@dataclass
class Scene:
    """A measure about Chen of the Kiln Bureau, and everybody who might have a hand in it."""

    cadre: Cadre
    sanction: Any
    people: dict[str, User]


def person(name: str, role: Role, **place: Any) -> User:
    user = make_user(name, name)
    give(user, role, **place)
    return user


def people_of(cadre: Cadre) -> dict[str, User]:
    """One person for each role, the unit's own where it has a place; and a second head of the Express."""
    unit = cadre.unit
    found = {}
    for name, role in ROLES.items():
        place: dict[str, Any] = {}
        if role in (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD, Role.CADRE):
            place = {"unit": unit}
        elif role == Role.SUPERVISOR:
            place = {"group": unit.supervision_group}
        found[name] = person(name, role, **place)
    found["second_head"] = person("second_head", Role.EXPRESS_HEAD)
    return found


# --- What each hand has had in it -------------------------------------------------------------------------------------


def recorder(scene: Scene) -> User:
    """A head of the Express recorded a fact that it counts."""
    return scene.people["recorder"]


def verifier(scene: Scene) -> User:
    return scene.people["verifier"]


def closer(scene: Scene) -> User:
    """A head of the Express closed a complaint that it counts."""
    return scene.people["closer"]


def subject(scene: Scene) -> User:
    """A head of the Express whom it is about."""
    assert scene.cadre.user is not None
    give(scene.cadre.user, Role.EXPRESS_HEAD)
    return scene.cadre.user


def answering(scene: Scene) -> User:
    """Heads the Express, and the unit's leading group besides."""
    user = person("both", Role.EXPRESS_HEAD)
    give(user, Role.LEADING_GROUP_HEAD, unit=scene.cadre.unit)
    return user


def interested(scene: Scene) -> User:
    return scene.people["kin"]


INVOLVED = (recorder, verifier, closer, subject, answering, interested)


@pytest.fixture
def scene(chen) -> Scene:
    """Proposed by a rule, of a finding that one head recorded and a complaint that another verified."""
    people = people_of(chen)
    for name in ("recorder", "verifier", "closer"):
        people[name] = person(name, Role.EXPRESS_HEAD)
    people["kin"] = person("kin", Role.EXPRESS_HEAD)
    Interest.objects.create(user=people["kin"], cadre=chen, reason="亲属", declared_at=NOW)
    begins()
    finding = stands(chen, date(2026, 11, 3), recorder=people["recorder"])
    draft(chen.unit)
    case = drafted(accepted(chen.unit, people["verifier"], chen), outcome="substantiated")
    handling.close(case=case, feedback="receipt", actor=people["closer"], now=LATER)
    lines = (
        Counted("finding", finding.pk, finding.day, "脱岗"),
        Counted("complaint", case.pk, TODAY, "经核查属实的投诉"),
    )
    sanction = proposed(chen, "caution", lines=lines, actor=ladder_clerk())
    return Scene(chen, sanction, people)


def decide(sanction: Any, actor: User) -> Any:
    return services.sanction_decide(
        sanction=sanction,
        measure=sanction.proposed_measure,
        reason="情况属实",
        skipped_reason="情节较重",
        actor=actor,
        now=LATE,
    )


# --- Deciding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", INVOLVED, ids=lambda hand: hand.__name__)
def test_nobody_with_a_hand_in_it_decides(scene, who):
    actor = who(scene)
    with pytest.raises(Refused):
        decide(scene.sanction, actor)
    scene.sanction.refresh_from_db()
    assert scene.sanction.state == SanctionState.PROPOSED


@pytest.mark.parametrize("name", [name for name in ROLES if name != "express_head"])
def test_nobody_of_another_role_decides(scene, name):
    with pytest.raises(Refused):
        decide(scene.sanction, scene.people[name])


@pytest.mark.parametrize("name", ["express_head", "second_head"])
def test_a_free_head_decides(scene, name):
    assert decide(scene.sanction, scene.people[name]).state == SanctionState.DECIDED


def test_nobody_decides_on_what_they_proposed(chen, express_head):
    sanction = proposed(chen, actor=express_head)
    with pytest.raises(Refused):
        decide(sanction, express_head)


def test_where_no_head_is_free_a_free_member_decides(chen, express, express_head):
    sanction = proposed(chen, "criticism", actor=express_head)
    assert services.deciders(sanction, TODAY) == {express.pk}
    assert decide(sanction, express).state == SanctionState.DECIDED


def test_dropping_takes_the_same_people(scene):
    for actor in (recorder(scene), scene.people["express_staff"], scene.people["unit_head"]):
        with pytest.raises(Refused):
            services.sanction_decide(
                sanction=scene.sanction, measure=None, reason="不追究", actor=actor, now=LATE
            )


def test_a_referral_is_decided_by_a_second_person_too(chen, express_head):
    sanction = proposed(chen, "referral", actor=express_head)
    with pytest.raises(Refused):
        decide(sanction, express_head)
    assert decide(sanction, person("another", Role.EXPRESS_HEAD)).state == SanctionState.REFERRED


# --- Proposing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in ROLES if not name.startswith("express")])
def test_nobody_outside_the_express_proposes(chen, name):
    with pytest.raises(Refused):
        proposed(chen, actor=people_of(chen)[name])


def test_nobody_proposes_about_themselves(chen):
    give(chen.user, Role.EXPRESS_STAFF)
    with pytest.raises(Refused):
        proposed(chen, actor=chen.user)


# --- Setting aside ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", INVOLVED, ids=lambda hand: hand.__name__)
def test_nobody_with_a_hand_in_it_sets_it_aside(scene, who):
    actor = who(scene)
    sanction = decide(scene.sanction, scene.people["express_head"])
    with pytest.raises(Refused):
        set_aside(sanction, actor=actor, day=LATE.date())


@pytest.mark.parametrize("name", [name for name in ROLES if name != "express_staff"])
def test_neither_who_decided_nor_another_role_sets_it_aside(scene, name):
    sanction = decide(scene.sanction, scene.people["express_head"])
    with pytest.raises(Refused):
        set_aside(sanction, actor=scene.people[name], day=LATE.date())


@pytest.mark.parametrize("name", ["second_head", "express_staff"])
def test_a_free_member_of_the_express_sets_it_aside(scene, name):
    sanction = decide(scene.sanction, scene.people["express_head"])
    assert set_aside(sanction, actor=scene.people[name], day=LATE.date()).state == SanctionState.SET_ASIDE


# --- Telling and serving ----------------------------------------------------------------------------------------------


def tell(sanction: Any, actor: User) -> Any:
    return services.sanction_tell(sanction=sanction, how=Told.PHONE, day=TODAY, actor=actor, now=NOW)


def serve(sanction: Any, actor: User) -> Any:
    return services.sanction_serve(
        sanction=sanction, served_on=TODAY, receipt=Receipt.SIGNED, actor=actor, now=NOW
    )


SERVING = {"unit_officer", "unit_head", "express_staff", "express_head"}


@pytest.mark.parametrize("name", ROLES)
@pytest.mark.parametrize("verb", [tell, serve], ids=lambda verb: verb.__name__)
def test_who_tells_and_serves(office, verb: Callable[..., Any], name):
    cadre = make_cadre(office, "柳无号")
    actor = people_of(cadre)[name]
    sanction = proposed(cadre) if verb is tell else decided(cadre, "caution")
    if name in SERVING:
        assert verb(sanction, actor) is not None
        return
    with pytest.raises(Refused):
        verb(sanction, actor)


def test_nobody_serves_their_own(chen):
    sanction = decided(chen, "caution")
    give(chen.user, Role.UNIT_OFFICER, unit=chen.unit)
    with pytest.raises(Refused):
        serve(sanction, chen.user)


@pytest.mark.parametrize(
    ("name", "may"), [("unit_officer", False), ("unit_head", False), ("express_staff", True)]
)
def test_no_unit_serves_itself(chen, name, may):
    people = people_of(chen)
    sanction = decided(None, "criticism", unit=chen.unit)
    if may:
        assert serve(sanction, people[name]).state == SanctionState.SERVED
        return
    with pytest.raises(Refused):
        serve(sanction, people[name])


# --- Answering --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ROLES)
def test_only_the_person_answers_who_has_a_page_of_their_own(chen, name):
    sanction, actor = proposed(chen), people_of(chen)[name]
    with pytest.raises(Refused):
        services.sanction_defend(sanction=sanction, text="代写", actor=actor, now=NOW)
    assert services.sanction_defend(sanction=sanction, text="本人", actor=chen.user, now=NOW).defended_at


@pytest.mark.parametrize("name", ROLES)
def test_a_units_officers_and_heads_answer_for_it(chen, name):
    people = people_of(chen)
    sanction = proposed(None, "criticism", unit=chen.unit)
    if name in ("unit_officer", "unit_head"):
        assert services.sanction_defend(sanction=sanction, text="说明", actor=people[name], now=NOW)
        return
    with pytest.raises(Refused):
        services.sanction_defend(sanction=sanction, text="说明", actor=people[name], now=NOW)


# --- What a rule proposes ---------------------------------------------------------------------------------------------


def test_what_a_rule_proposes_nobody_with_a_hand_in_its_facts_decides(chen, express, express_head):
    only_rule("SANC-1-REPEAT", times=1)
    begins()
    stands(chen, date(2026, 11, 3), recorder=express_head)
    draft(chen.unit)
    proposing.sanctions_propose(year=2026, now=morning(date(2026, 12, 2)))
    sanction = services.whole(type(proposed(chen)).objects.filter(rule="SANC-1-REPEAT")).get()
    assert Trigger.objects.get(code=sanction.rule).measure == rung("criticism")
    assert express_head.pk not in services.deciders(sanction, LATE.date())


# --- The year ---------------------------------------------------------------------------------------------------------
# Of a unit of Chen and Lin, graded by the unit's officer: who takes each step, and nobody else.


def own_line(cadre: Cadre, people: dict[str, User]) -> User:
    """A head of the Express who stands in the unit's year."""
    assert cadre.user is not None
    give(cadre.user, Role.EXPRESS_HEAD)
    return cadre.user


def grader(cadre: Cadre, people: dict[str, User]) -> User:
    """A head of the Express who entered its grades as the unit's officer."""
    give(people["unit_officer"], Role.EXPRESS_HEAD)
    return people["unit_officer"]


def publisher(cadre: Cadre, people: dict[str, User]) -> User:
    give(people["unit_head"], Role.EXPRESS_HEAD)
    return people["unit_head"]


def kin(cadre: Cadre, people: dict[str, User]) -> User:
    user = person("kin", Role.EXPRESS_HEAD)
    Interest.objects.create(user=user, cadre=cadre, reason="亲属", declared_at=NOW)
    return user


HANDS = (own_line, grader, publisher, kin)


def year_at(step: str, cadre: Cadre, people: dict[str, User]) -> Any:
    """The unit's year brought to where this step is the next one."""
    unit, officer, head = cadre.unit, people["unit_officer"], people["unit_head"]
    years.computed()
    if step == "grade":
        return years.year_of(unit)
    years.graded(unit, officer)
    if step in ("propose", "approve"):
        return years.year_of(unit)
    row = grading.year_propose(unit_result=years.year_of(unit), actor=officer, now=years.GRADING)
    if step != "publish":
        row = grading.year_publish(unit_result=row, actor=head, now=years.GRADING)
    if step in ("hand over", "look", "commend"):
        row = grading.year_decide(unit_result=row, actor=people["second_head"], now=years.DECIDING)
    if step == "look":
        years.measured(cadre, day=date(2026, 12, 20))
        years.computed(years.LATER)
    return row


def take(step: str, row: Any, cadre: Cadre, actor: User) -> Any:
    now, of_unit = years.LATER, {"unit_result": row, "actor": actor, "now": years.LATER}
    result = years.result_of(cadre)
    match step:
        case "grade":
            return grading.grades_set(grades={result.pk: years.COMPETENT}, **of_unit)
        case "propose":
            return grading.year_propose(**of_unit)
        case "approve":
            return grading.quota_approve(reason="创建先进", **of_unit)
        case "publish":
            return grading.year_publish(**of_unit)
        case "send back":
            return grading.year_send_back(reason="有异议", **of_unit)
        case "decide":
            return grading.year_decide(**of_unit)
        case "hand over":
            day = years.DECIDING.date()
            return grading.notice_hand_over(result=result, day=day, receipt="signed", actor=actor, now=now)
        case "look":
            entered = grading.Entered("competent", reason="仍符合")
            return grading.result_look_again(result=result, entered=entered, actor=actor, now=now)
        case _:
            return commending.commend(row=result, reason="口碑好", actor=actor, now=years.LATER)


OF_UNIT = {"unit_officer", "unit_head"}
OF_CITY = {"express_staff", "express_head", "second_head"}
HEADS = {"express_head", "second_head"}
WHO_TAKES = {
    "grade": OF_UNIT,
    "propose": OF_UNIT,
    "publish": {"unit_head"},
    "approve": OF_CITY,
    "send back": OF_CITY,
    "decide": HEADS,
    "hand over": OF_UNIT | OF_CITY,
    "look": HEADS,
    "commend": OF_CITY,
}


@pytest.mark.parametrize("step", WHO_TAKES)
def test_who_takes_each_step_of_a_year(chen, lin, step):
    people = people_of(chen)
    row = year_at(step, chen, people)
    for name in [*people]:
        if name in WHO_TAKES[step]:
            continue
        with pytest.raises(Refused):
            take(step, row, chen, people[name])
    first = sorted(WHO_TAKES[step])[0]
    assert take(step, row, chen, people[first]) is not None


@pytest.mark.parametrize("step", ["approve", "send back", "decide", "look"])
@pytest.mark.parametrize("who", HANDS, ids=lambda hand: hand.__name__)
def test_nobody_with_a_hand_in_a_year_decides_about_it(chen, lin, step, who):
    people = people_of(chen)
    row = year_at(step, chen, people)
    actor = who(chen, people)
    with pytest.raises(Refused):
        take(step, row, chen, actor)
    assert take(step, row, chen, people["express_head"]) is not None


@pytest.mark.parametrize("step", ["grade", "hand over", "commend"])
def test_nobody_takes_a_step_of_a_year_for_themselves(chen, lin, step):
    people = people_of(chen)
    row = year_at(step, chen, people)
    give(chen.user, Role.UNIT_OFFICER, unit=chen.unit)
    give(chen.user, Role.EXPRESS_STAFF)
    with pytest.raises(Refused):
        take(step, row, chen, chen.user)


def test_kin_is_chosen_by_nobody(chen, lin):
    people = people_of(chen)
    row = year_at("commend", chen, people)
    with pytest.raises(Refused):
        take("commend", row, chen, kin(chen, people))


@pytest.mark.parametrize("name", [*ROLES, "chosen", "kin"])
def test_who_signs_the_circular(chen, lin, name):
    people = people_of(chen)
    row = year_at("commend", chen, people)
    take("commend", row, chen, people["second_head"])
    circular = circulars.circular_draft(year=2026, actor=people["express_staff"], now=years.LATER)
    people["chosen"], people["kin"] = own_line(chen, people), kin(chen, people)
    for actor in (people[name], people["second_head"]):
        if actor == people["express_head"]:
            continue
        with pytest.raises(Refused):
            circulars.circular_sign(circular=circular, actor=actor, now=years.LATER)
    signed = circulars.circular_sign(circular=circular, actor=people["express_head"], now=years.LATER)
    assert signed.signed_by == people["express_head"]


@pytest.mark.parametrize("role", [Role.UNIT_OFFICER, Role.CADRE])
def test_nobody_signs_a_circular_that_names_their_unit(chen, lin, role):
    people = people_of(chen)
    row = year_at("commend", chen, people)
    type(row).objects.update(among_least=True)
    row.refresh_from_db()
    commending.commend(row=row, reason="口碑好", actor=people["express_staff"], now=years.LATER)
    signer = chen.user if role == Role.CADRE else people["unit_officer"]
    give(signer, Role.EXPRESS_HEAD)
    assert signer.pk not in circulars.signers(2026, years.LATER.date())
    assert people["express_head"].pk in circulars.signers(2026, years.LATER.date())


# --- Reviews and appeals ----------------------------------------------------------------------------------------------


def asked_about(scene: Scene) -> Any:
    """Decided by one head of the Express, served, and asked about by whom it is about."""
    sanction = decide(scene.sanction, scene.people["second_head"])
    services.sanction_serve(
        sanction=sanction,
        served_on=LATE.date(),
        receipt=Receipt.SIGNED,
        actor=scene.people["express_staff"],
        now=LATE,
    )
    return reviewing.asked(sanction, now=LATE)


@pytest.mark.parametrize("who", INVOLVED, ids=lambda hand: hand.__name__)
def test_nobody_with_a_hand_in_it_reviews_it(scene, who):
    review = asked_about(scene)
    actor = who(scene)
    with pytest.raises(Refused):
        reviewing.answered(review, revise=True, actor=actor, now=LATE)
    review.refresh_from_db()
    assert review.state == "open"


@pytest.mark.parametrize("name", [*(name for name in ROLES if not name.startswith("express")), "second_head"])
def test_neither_who_decided_nor_another_role_reviews_it(scene, name):
    review = asked_about(scene)
    with pytest.raises(Refused):
        reviewing.answered(review, revise=True, actor=scene.people[name], now=LATE)


@pytest.mark.parametrize("name", ["express_staff", "express_head"])
def test_a_free_member_of_the_express_reviews_it(scene, name):
    review = reviewing.answered(asked_about(scene), revise=True, actor=scene.people[name], now=LATE)
    assert review.state == "revised"


def test_who_reviewed_it_does_not_enter_the_outcome_of_the_appeal(scene):
    review = reviewing.answered(asked_about(scene), actor=scene.people["express_staff"], now=LATE)
    appeal = reviewing.appealed(review.sanction, now=LATE)
    for name in [*(name for name in ROLES if name != "express_head"), "second_head"]:
        with pytest.raises(Refused):
            reviewing.entered(appeal, actor=scene.people[name], now=LATE)
    assert reviewing.entered(appeal, actor=scene.people["express_head"], now=LATE).state == "upheld"


def test_a_review_of_a_year_is_decided_by_nobody_with_a_hand_in_it(chen, lin):
    people = people_of(chen)
    year_at("hand over", chen, people)
    give(chen.user, Role.EXPRESS_STAFF)
    review = reviewing.asked(years.result_of(chen), now=years.LATER)
    involved = [grader(chen, people), publisher(chen, people), kin(chen, people), chen.user]
    for actor in [*involved, people["second_head"], people["discipline"], people["supervisor"]]:
        with pytest.raises(Refused):
            reviewing.answered(review, actor=actor, now=years.LATER)
    assert reviewing.answered(review, actor=people["express_head"], now=years.LATER).state == "upheld"


def test_a_year_looked_at_again_is_reviewed_anew_and_not_by_who_did(chen, lin):
    people = people_of(chen)
    row = year_at("hand over", chen, people)
    first = reviewing.asked(years.result_of(chen), now=years.LATER)
    reviewing.answered(first, actor=people["express_staff"], now=years.LATER)
    years.measured(chen, day=date(2026, 12, 20))
    years.computed(years.LATER)
    take("look", row, chen, people["express_head"])
    again = reviewing.asked(years.result_of(chen), now=years.LATER)
    assert (first.decision, again.decision) == (1, 2)
    with pytest.raises(Refused):
        reviewing.answered(again, actor=people["express_head"], now=years.LATER)
    assert reviewing.answered(again, actor=people["express_staff"], now=years.LATER).state == "upheld"


def approved(row: Any, people: dict[str, User]) -> Any:
    return grading.quota_approve(
        unit_result=row, reason="创建先进", actor=people["express_staff"], now=years.GRADING
    )


def hung_by_the_city(row: Any, people: dict[str, User]) -> Any:
    """Once the unit had no head."""
    type(row).objects.filter(pk=row.pk).update(published_by=people["express_staff"])
    return row


@pytest.mark.parametrize("hand", [approved, hung_by_the_city], ids=lambda hand: hand.__name__)
def test_who_approved_more_or_hung_it_out_does_not_review_the_year(chen, lin, hand):
    people = people_of(chen)
    row = hand(year_at("decide", chen, people), people)
    grading.year_decide(unit_result=years.year_of(chen.unit), actor=people["second_head"], now=years.DECIDING)
    assert row.pk == years.year_of(chen.unit).pk
    review = reviewing.asked(years.result_of(chen), now=years.LATER)
    with pytest.raises(Refused):
        reviewing.answered(review, actor=people["express_staff"], now=years.LATER)
    assert reviewing.answered(review, actor=people["express_head"], now=years.LATER).state == "upheld"
