"""Spot checks on site: who may record whom and when, what becomes a finding at once, and how a check ends."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import Role, Unit, User
from attendance import doors
from attendance.models import Draw, Finding, FindingState, Item, Outcome, Signature, SpotCheck, SpotLine
from attendance.services import on_site as services
from attendance.services.on_site import Record
from attendance.services.rounds import Problem
from cards.models import Cadre, Office
from cards.rules import State
from common.models import AuditEntry, Notice
from common.problems import Refused
from common.versions import Overtaken, version_of
from tests.cast import NOW, crowd, declare, give, make_cadre, make_office, make_user, portrait, signed_in
from tests.support.races import at_once

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=7)


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def check(unit: Unit, express: User, express_head: User, lin: Cadre) -> SpotCheck:
    """Under way in the Kiln Bureau; Lin is to be met."""
    return make_check([unit], [express, express_head], (lin,))


def make_check(
    units: list[Unit], inspectors: list[User], people: tuple[Cadre, ...] = (), **fields: Any
) -> SpotCheck:
    check = SpotCheck.objects.create(
        **{
            "kind": "targeted",
            "reason": "群众反映上班时间找不到人",
            "begins_at": NOW - timedelta(hours=1),
            "planned_by": inspectors[0],
            "planned_at": NOW - timedelta(days=1),
            **fields,
        }
    )
    check.units.set(units)
    check.inspectors.set(inspectors)
    for cadre in people:
        SpotLine.objects.create(
            spot_check=check, cadre=cadre, unit=cadre.unit, office=cadre.office, drawn=True
        )
    return check


def problem(*codes: str, **more: Any) -> Record:
    items = [
        Problem(Item.objects.get(code=code), more.get("minutes"), photo=more.get("photo")) for code in codes
    ]
    given = {key: value for key, value in more.items() if key not in ("minutes", "photo")}
    return Record(Outcome.PROBLEM, items, **{"signature": Signature.SIGNED.value, **given})


def record(check: SpotCheck, cadre: Cadre, actor: User, what: Record, **more: Any) -> SpotLine:
    return services.line_record(check=check, cadre=cadre, record=what, actor=actor, **{"now": NOW, **more})


def agree(check: SpotCheck, cadre: Cadre, actor: User, **more: Any) -> SpotLine:
    return services.line_agree(check=check, cadre=cadre, actor=actor, **{"now": NOW, **more})


# --- One person -----------------------------------------------------------------------------------------------------


def test_one_tap_keeps_the_second_and_what_the_plaque_said(check, lin, express):
    declare(lin, State.MEETING, until=NOW + timedelta(hours=1))
    line = agree(check, lin, express)
    declare(lin, State.LEAVE, now=LATER, until=NOW + timedelta(hours=3))
    again = agree(check, lin, express, now=LATER)
    assert (line.outcome, line.taken_at, line.recorded_by, line.drawn) == ("agrees", NOW, express, True)
    assert (again.pk, again.taken_at, again.said["state"]) == (line.pk, NOW, "meeting")
    assert AuditEntry.objects.filter(verb="spot_line_recorded").count() == 1


def test_whoever_works_there_and_was_not_drawn_becomes_a_line(check, chen, express, office):
    line = agree(check, chen, express)
    assert (line.drawn, line.unit, line.office) == (False, office.unit, office)


def test_a_problem_is_a_finding_at_once_and_the_person_is_told(check, lin, express, unit):
    line = record(check, lin, express, problem("off_post", note="敲门无人应答", word="去了档案室"))
    finding = Finding.objects.get()
    assert (finding.cadre, finding.unit, finding.place, finding.spot_line) == (lin, unit, unit, line)
    assert (finding.at, finding.recorder, finding.note) == (NOW, express, "敲门无人应答")
    assert (finding.state, finding.told_at, finding.room) == ("provisional", NOW, "主楼三楼 301")
    assert finding.said == line.said == {"kind": "at_post", "state": "at_post"}
    assert Notice.objects.filter(user=lin.user, kind="finding_recorded").count() == 1
    assert (line.outcome, line.word, line.signature) == ("problem", "去了档案室", "signed")


def test_the_place_checks_and_the_home_unit_counts(check, unit, zhou, other_unit, office, express):
    zhou.placements.create(kind="secondment", office=office, valid_from=NOW.date())
    record(check, zhou, express, problem("off_post"))
    finding = Finding.objects.get()
    assert (finding.unit, finding.place) == (other_unit, unit)


def test_a_second_press_changes_nothing(check, lin, express):
    seen = version_of(services.line_facts(check.lines.get()))
    for now in (NOW, LATER):
        line = record(check, lin, express, problem("late", minutes=12), seen=seen, now=now)
    assert Finding.objects.count() == 1
    assert line.taken_at == NOW
    assert AuditEntry.objects.filter(verb="spot_line_recorded").count() == 1


def test_the_second_inspector_sees_what_the_first_one_recorded(check, lin, express, express_head):
    seen = version_of(services.line_facts(check.lines.get()))
    record(check, lin, express, problem("off_post"), seen=seen)
    with pytest.raises(Overtaken) as overtaken:
        record(check, lin, express_head, problem("games"), seen=seen)
    assert overtaken.value.facts["items"] == ["off_post"]
    with pytest.raises(Refused, match=str(express)):
        agree(check, lin, express_head)
    assert Finding.objects.count() == 1


def test_a_problem_taken_back_is_withdrawn_with_its_reason_and_kept(check, lin, express):
    record(check, lin, express, problem("off_post"))
    with pytest.raises(Refused) as refused:
        record(check, lin, express, Record(Outcome.AGREES), now=LATER)
    assert refused.value.field == "reason"
    line = record(check, lin, express, Record(Outcome.AGREES, reason="人在隔壁会议室"), now=LATER)
    finding = Finding.objects.get()
    assert (line.outcome, line.taken_at) == ("agrees", LATER)
    assert (finding.state, finding.decision_reason, finding.decided_by) == (
        "withdrawn",
        "人在隔壁会议室",
        None,
    )
    assert AuditEntry.objects.get(verb="finding_taken_back").actor == express
    assert Notice.objects.filter(user=lin.user, kind="finding_decided").count() == 1
    record(check, lin, express, problem("off_post"), now=LATER + timedelta(minutes=1))
    assert Finding.objects.filter(state=FindingState.PROVISIONAL).count() == 1


@pytest.mark.parametrize("code", ["rude", "games"])
def test_what_no_check_may_record_is_refused(check, lin, express, code):
    Item.objects.filter(code="games").update(active=False)
    with pytest.raises(Refused):
        record(check, lin, express, problem(code))
    assert not Finding.objects.exists()


def test_a_second_problem_stands_beside_the_first(check, lin, express):
    record(check, lin, express, problem("late", minutes=9, note="九点零九分到岗"))
    record(check, lin, express, problem("late", "card_not_displayed", note="桌上无牌"), now=LATER)
    facts = list(Finding.objects.order_by("pk").values_list("item__code", "minutes", "note", "at"))
    assert facts == [("late", 9, "九点零九分到岗", NOW), ("card_not_displayed", None, "桌上无牌", LATER)]


def test_the_facts_of_a_recorded_problem_do_not_change(check, lin, express):
    record(check, lin, express, problem("off_post", note="敲门无人"))
    with pytest.raises(Refused) as refused:
        record(check, lin, express, problem("off_post", note="只是迟开门"))
    assert refused.value.field == "note"
    line = record(check, lin, express, problem("off_post", note="敲门无人", word="去接水"))
    assert (line.word, line.taken_at) == ("去接水", NOW)


def test_what_was_decided_meanwhile_is_not_taken_back(check, lin, express):
    record(check, lin, express, problem("off_post"))
    Finding.objects.update(state="standing", decided_at=LATER)
    with pytest.raises(Refused):
        record(check, lin, express, Record(Outcome.AGREES, reason="误记"), now=LATER)
    assert check.lines.get().outcome == "problem"


@pytest.mark.parametrize(
    ("what", "field"),
    [
        (lambda: Record(Outcome.PROBLEM, signature="signed"), "items"),
        (lambda: problem("off_post", signature=""), "signature"),
        (lambda: problem("off_post", signature="refused"), "witness"),
        (lambda: problem("off_post", signature="refused", witness="林一帆"), "witness"),
        (lambda: problem("off_post", signature="refused", witness="舒直"), "witness"),
        (lambda: Record(Outcome.AGREES, [Problem(Item.objects.get(code="late"))]), "outcome"),
        (lambda: problem("untrue"), None),
    ],
    ids=[
        "nothing wrong",
        "unsigned",
        "no witness",
        "witness is the person",
        "witness inspects",
        "both",
        "unfit",
    ],
)
def test_an_incomplete_record_is_refused(check, lin, express, what: Callable[[], Record], field):
    with pytest.raises(Refused) as refused:
        record(check, lin, express, what())
    assert refused.value.field == field
    assert not Finding.objects.exists()
    assert check.lines.get().outcome == ""


def test_a_refusal_to_sign_names_its_witness(check, lin, express):
    line = record(check, lin, express, problem("off_post", signature="refused", witness="江明"))
    assert (line.signature, line.witness) == ("refused", "江明")


def test_one_photo_of_two_problems_is_kept_once(check, lin, express, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    record(check, lin, express, problem("off_post", "card_not_displayed", photo=portrait()))
    assert len(set(Finding.objects.values_list("photo", flat=True))) == 1
    assert len(list(tmp_path.rglob("*.jpg"))) == 1


# --- Who may, and when ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state",
    [
        {"begins_at": NOW + timedelta(minutes=1)},
        {"closed_at": NOW},
        {"cancelled_at": NOW, "cancel_reason": "改期"},
    ],
    ids=["sealed", "closed", "cancelled"],
)
def test_nothing_is_recorded_outside_of_the_check(check, lin, express, state):
    SpotCheck.objects.filter(pk=check.pk).update(**state)
    for attempt in (lambda: agree(check, lin, express), lambda: record(check, lin, express, problem("late"))):
        with pytest.raises(Refused):
            attempt()
    assert check.lines.get().outcome == ""


def test_only_inspectors_record_and_nobody_their_own_line(check, lin, unit, officer):
    with pytest.raises(Refused):
        agree(check, lin, officer)
    check.inspectors.add(lin.user)
    with pytest.raises(Refused):
        agree(check, lin, lin.user)
    assert check.lines.get().outcome == ""


def test_whoever_has_moved_is_met_at_the_new_door_and_elsewhere_not_at_all(check, lin, zhou, unit, express):
    new = make_office(unit, "审批科", "302")
    Cadre.objects.filter(pk=lin.pk).update(office=new)
    assert agree(check, lin, express).office == new
    with pytest.raises(Refused):
        agree(check, zhou, express)


# --- The end --------------------------------------------------------------------------------------------------------


def test_closing_lists_who_was_not_met_and_is_done_once(check, lin, chen, express, express_head):
    agree(check, chen, express)
    undone = check.lines.get(cadre=lin)
    services.spot_close(
        check=check, note="已当场反馈", reasons={undone.pk: "当天请假"}, actor=express, now=NOW
    )
    again = services.spot_close(
        check=check, note="已当场反馈", reasons={undone.pk: "当天请假"}, actor=express, now=LATER
    )
    undone.refresh_from_db()
    assert (again.closed_at, again.closed_by, again.closing_note) == (NOW, express, "已当场反馈")
    assert (undone.outcome, undone.note) == ("", "当天请假")
    assert AuditEntry.objects.get(verb="spot_check_closed").changes == {"not_met": 1}


def test_who_closes_it_second_hears_who_was_first_and_keeps_the_words(
    check, lin, chen, express, express_head
):
    agree(check, chen, express)
    undone = check.lines.get(cadre=lin)
    services.spot_close(check=check, note="已反馈", reasons={}, actor=express, now=NOW)
    with pytest.raises(Refused, match=f"{express.name}已于"):
        services.spot_close(check=check, note="已反馈", reasons={undone.pk: "请假"}, actor=express, now=LATER)
    typed = {"note": "群众在场", f"reason_{undone.pk}": "外出培训"}
    address = reverse("spot_close", args=[check.pk])
    answer = signed_in(express_head).post(f"{address}?lang=en", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"{express.name} has closed this spot check" in page
    assert "群众在场" in page
    assert "外出培训" in page
    check.refresh_from_db()
    assert (check.closed_by, check.closing_note) == (express, "已反馈")


@pytest.mark.parametrize(
    "changed", [{"defended_at": NOW, "defence": "已请假"}, {"recorded_at": NOW - timedelta(days=1)}]
)
def test_a_problem_is_taken_back_the_same_day_before_a_defence_only(check, lin, express, changed):
    record(check, lin, express, problem("late"))
    Finding.objects.update(**changed)
    with pytest.raises(Refused, match="撤回"):
        services.line_record(
            check=check,
            cadre=lin,
            record=Record(Outcome.AGREES, reason="看错"),
            actor=express,
            now=NOW,
        )
    assert Finding.objects.get().state == FindingState.PROVISIONAL


def test_a_check_that_was_drawn_is_cancelled_by_a_head_who_has_not_planned_it(check, express, express_head):
    drawn = Draw(
        number=1,
        plan={},
        pool="",
        pool_hash="",
        frozen_at=NOW,
        frozen_by=express,
        secret="",
        commitment="",
        public_source="骰子",
    )
    drawn.save()
    SpotCheck.objects.filter(pk=check.pk).update(draw=drawn, kind="random", planned_by=express_head)
    for actor in (express, express_head):
        with pytest.raises(Refused, match="抽取产生的抽查"):
            services.spot_cancel(check=check, reason="改期", actor=actor, now=NOW)
    second = make_user("head2", "舒二")
    give(second, Role.EXPRESS_HEAD)
    assert services.spot_cancel(check=check, reason="改期", actor=second, now=NOW).cancelled_at == NOW


def test_a_check_that_met_nobody_says_why(check, express):
    with pytest.raises(Refused) as refused:
        services.spot_close(check=check, note=" ", reasons={}, actor=express, now=NOW)
    assert refused.value.field == "note"


def test_cancelling_needs_a_reason_the_right_person_and_nothing_recorded(check, lin, express, express_head):
    def cancel(actor: User, reason: str = "改期") -> SpotCheck:
        return services.spot_cancel(check=check, reason=reason, actor=actor, now=NOW)

    staff = make_user("staff", "另一人")
    give(staff, Role.EXPRESS_STAFF)
    with pytest.raises(Refused):
        cancel(staff)
    with pytest.raises(Refused) as refused:
        cancel(express, " ")
    assert refused.value.field == "reason"
    agree(check, lin, express)
    with pytest.raises(Refused):
        cancel(express)
    SpotLine.objects.update(outcome="", taken_at=None)
    assert cancel(express_head).cancel_reason == "改期"
    assert cancel(express, "别的").cancel_reason == "改期"


# --- The pages ------------------------------------------------------------------------------------------------------


def door(check: SpotCheck, office: Office) -> str:
    return reverse("spot_door", args=[check.pk, office.pk])


def person(check: SpotCheck, cadre: Cadre) -> str:
    return reverse("spot_person", args=[check.pk, cadre.pk])


def test_the_door_shows_everybody_behind_it_whoever_was_drawn_first(check, chen, lin, office, express):
    beside = make_office(office.unit, "文印室", "301室")
    wei = make_cadre(beside, "韦诉")
    make_cadre(make_office(office.unit, "审批科", "302"), "别处")
    response = signed_in(express).get(door(check, office))
    rows = response.context["rows"]
    assert rows[0].person.cadre == lin
    assert {row.person.cadre for row in rows} == {lin, chen, wei}
    assert [row.is_listed for row in rows] == [True, False, False]


def test_a_door_says_where_whoever_was_drawn_is_met_today(
    check, lin, chen, unit, office, other_office, express
):
    new = make_office(unit, "审批科", "302")
    Cadre.objects.filter(pk=lin.pk).update(office=new)
    found = signed_in(express).get(door(check, office))
    assert [(item.line.cadre, item.office) for item in found.context["gone"]] == [(lin, new)]
    assert (
        "today at 青窑局, 302" in signed_in(express).get(door(check, office), {"lang": "en"}).content.decode()
    )
    lin.placements.create(kind="secondment", office=other_office, valid_from=NOW.date())
    assert signed_in(express).get(door(check, office)).context["gone"][0].office is None


def test_a_tap_answers_with_the_row_alone_or_the_page_again(check, lin, chen, office, express):
    client = signed_in(express)
    answer = client.post(door(check, office), {"agree": lin.pk}, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'id="person-{lin.pk}"' in page
    assert 'hx-swap-oob="true"' in page
    assert "<html" not in page
    assert f'id="act-{lin.pk}"' in page  # the focus stays on this person
    answer = client.post(door(check, office), {"agree": chen.pk})
    assert (answer.status_code, answer["Location"]) == (302, f"{door(check, office)}#person-{chen.pk}")
    assert check.lines.filter(outcome="agrees").count() == 2


@pytest.mark.parametrize("typed", ["", "x", "9" * 30, "999999"])
def test_a_tap_on_nobody_changes_nothing(check, office, express, typed):
    assert signed_in(express).post(door(check, office), {"agree": typed}).status_code in (302, 404)
    assert check.lines.get().outcome == ""


def test_a_tap_over_a_problem_says_who_recorded_it(check, lin, office, express, express_head):
    record(check, lin, express, problem("off_post"))
    client = signed_in(express_head)
    page = client.post(
        door(check, office), {"agree": lin.pk}, headers={"HX-Request": "true"}
    ).content.decode()
    assert 'role="alert"' in page
    assert "舒直" in page
    assert check.lines.get().outcome == "problem"


def test_the_form_records_a_problem_with_a_photo(check, lin, office, express, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    photo = SimpleUploadedFile("a.jpg", portrait().read(), "image/jpeg")
    given = {
        "outcome": "problem",
        "items": ["off_post"],
        "note": "无人",
        "photo": photo,
        "signature": "absent",
    }
    answer = signed_in(express).post(person(check, lin), given)
    assert answer["Location"] == f"{door(check, office)}#person-{lin.pk}"
    finding = Finding.objects.get()
    assert (finding.note, bool(finding.photo), check.lines.get().signature) == ("无人", True, "absent")


def test_the_form_comes_back_with_its_errors_and_what_was_typed(check, lin, express):
    given = {"outcome": "problem", "word": "在开会", "signature": "refused"}
    answer = signed_in(express).post(
        person(check, lin), {**given, "photo": SimpleUploadedFile("a.jpg", b"no")}
    )
    assert answer.status_code == 422
    assert "在开会" in answer.content.decode()
    assert {"photo", "items"} == set(answer.context["form"].errors)


def test_what_another_inspector_recorded_stands_beside_what_was_typed(check, lin, express, express_head):
    client = signed_in(express_head)
    seen = client.get(person(check, lin)).context["form"]["seen"].value()
    record(check, lin, express, problem("off_post", note="敲门无人"))
    given = {"outcome": "problem", "items": ["games"], "signature": "signed", "seen": seen}
    answer = client.post(person(check, lin), given)
    assert answer.status_code == 422
    assert {"items", "note"} <= set(answer.context["form"].errors)


def test_only_items_that_fit_the_plaque_are_offered(check, lin, chen, express):
    declare(lin, State.ERRAND, until=NOW + timedelta(hours=1))
    client = signed_in(express)

    def offered(cadre: Cadre) -> set[str]:
        return {
            code for code, _label in client.get(person(check, cadre)).context["form"].fields["items"].choices
        }

    assert "untrue" in offered(lin)
    assert "not_updated" not in offered(lin)
    assert "not_updated" in offered(chen)
    assert "untrue" not in offered(chen)
    assert not {"rude", "sheet_missing"} & offered(lin)


def test_closing_shows_each_unit_and_asks_why_somebody_was_not_met(check, lin, chen, express):
    record(check, chen, express, problem("off_post", word="去送文件"))
    client, address = signed_in(express), reverse("spot_close", args=[check.pk])
    page = client.get(address)
    assert "去送文件" in page.content.decode()
    undone = check.lines.get(cadre=lin)
    answer = client.post(address, {f"reason_{undone.pk}": "外出培训"})
    assert answer["Location"] == reverse("spot_check", args=[check.pk])
    undone.refresh_from_db()
    assert undone.note == "外出培训"
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "state", [{"begins_at": NOW + timedelta(minutes=1)}, {"closed_at": NOW}], ids=["sealed", "closed"]
)
def test_no_door_is_found_before_the_check_begins_or_after_it_is_closed(check, lin, office, express, state):
    SpotCheck.objects.filter(pk=check.pk).update(**state)
    client = signed_in(express)
    for address in (door(check, office), person(check, lin), reverse("spot_close", args=[check.pk])):
        assert client.get(address).status_code == 404
        # Whoever was writing while another closed it is told, and keeps the words.
        late = 422 if address.endswith("/close/") and "closed_at" in state else 404
        assert client.post(address, {"agree": lin.pk}).status_code == late


def test_others_find_nothing(check, lin, zhou, office, other_office, express, supervisor):
    other = make_user("staff", "另一人")
    give(other, Role.EXPRESS_STAFF)
    for address in (door(check, office), person(check, lin)):
        assert signed_in(other).get(address).status_code == 404
        assert signed_in(supervisor).get(address).status_code == 404
    assert signed_in(express).get(door(check, other_office)).status_code == 404
    assert signed_in(express).get(person(check, zhou)).status_code == 404


def test_a_supervision_group_visits_with_the_same_pages(unit, lin, office, supervisor):
    visit = make_check(
        [unit], [supervisor], (lin,), purpose="visit", group=unit.supervision_group, reason="督查走访"
    )
    client = signed_in(supervisor)
    assert client.get(door(visit, office)).status_code == 200
    client.post(door(visit, office), {"agree": lin.pk})
    assert visit.lines.get().outcome == "agrees"


@pytest.mark.parametrize("people", [1, 40])
def test_a_door_costs_the_same_whatever_its_people(
    check, office, express, people, django_assert_max_num_queries
):
    crowd(office, people, cards=False)
    client = signed_in(express)
    client.get(door(check, office))
    with django_assert_max_num_queries(27):
        client.get(door(check, office))


def test_the_next_door_is_the_next_in_walking_order(unit, office, express, express_head):
    rooms = [make_office(unit, "科室", number, location="主楼二楼") for number in ("9", "10")]
    people = [make_cadre(room, f"人{room.room}") for room in rooms]
    check = make_check([unit], [express, express_head], tuple(people))
    assert doors.next_door(check, rooms[0]) == rooms[1]
    assert doors.next_door(check, rooms[1]) == rooms[0]
    agree(check, people[0], express)
    assert doors.next_door(check, rooms[1]) is None


# --- Two inspectors at once -----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False], ids=["locks", "no locks"])
def test_of_two_inspectors_at_once_the_second_sees_the_first(
    check, lin, express, express_head, monkeypatch, locked
):
    """They meet between check and write; without the lock PostgreSQL lets both of them write."""
    if not locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    right = locked or connection.vendor == "sqlite"
    barrier, write = threading.Barrier(2), services._write

    def wait_and_write(*args: Any) -> SpotLine:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(0.5 if right else 30)
        return write(*args)

    monkeypatch.setattr(services, "_write", wait_and_write)
    seen = version_of(services.line_facts(check.lines.get()))
    outcomes = at_once(
        lambda: agree(check, lin, express),
        lambda: record(check, lin, express_head, problem("off_post"), seen=seen),
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert (len(refused) == 1) is right, outcomes
    if right:
        assert (check.lines.get().outcome == "problem") is Finding.objects.exists()
