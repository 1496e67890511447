"""A finding: told at once, answered within the days for it, decided by the right other person."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from attendance import cases, services, snapshot
from attendance.models import Finding, Item, SpotCheck, SpotLine
from attendance.services import findings
from cards import selectors as cards
from cards.models import Cadre
from cards.rules import State
from common.models import AuditEntry, Notice
from common.problems import Refused
from common.rules import local
from tests.attendance.records import LAST_DAY, OVER, recorded, unit_finding
from tests.cast import NOW, TODAY, declare, give, make_cadre, make_user, portrait, signed_in

pytestmark = pytest.mark.django_db
NEXT_DAY = NOW + timedelta(days=1)


def defended(
    finding: Finding, text: str = "当时在二楼送材料。", *, by: User | None = None, now=NEXT_DAY
) -> Finding:
    actor = by or finding.cadre.user
    return services.finding_defend(finding=finding, text=text, actor=actor, now=now)


def decided(
    finding: Finding, by: User, *, withdraw: bool = False, now: datetime = OVER, **more: Any
) -> Finding:
    given = {"reason": "", "exemption": "", **more}
    return services.finding_decide(finding=finding, withdraw=withdraw, actor=by, now=now, **given)


# --- Told ----------------------------------------------------------------------------------------------------------


def test_the_person_is_told_in_the_second_it_is_recorded(lin, officer):
    finding = recorded(lin, officer)
    notice = Notice.objects.get(user=lin.user)
    assert (notice.kind, notice.params["finding"]) == ("finding_recorded", finding.pk)
    assert (finding.told_at, finding.defence_until) == (NOW, LAST_DAY)


def test_whoever_has_no_account_is_told_by_an_officer_and_has_the_days_from_there(office, officer):
    finding = recorded(make_cadre(office, "钱一"), officer)
    assert (finding.told_at, finding.defence_until) == (None, None)
    told = services.finding_tell(
        finding=finding, how="in_person", day=TODAY + timedelta(days=1), actor=officer, now=NEXT_DAY
    )
    assert (told.told_how, told.defence_until) == ("in_person", date(2026, 11, 30))
    assert AuditEntry.objects.get(verb="finding_told").changes["until"] == "2026-11-30"


@pytest.mark.parametrize(
    ("day", "now"),
    [
        (TODAY + timedelta(days=1), NOW),  # to come
        (TODAY - timedelta(days=1), NOW),  # before it was recorded
        (TODAY, NOW + timedelta(days=8)),  # the days would be over already
    ],
)
def test_a_day_that_takes_the_persons_days_away_is_refused(day, now, office, officer):
    finding = recorded(make_cadre(office, "钱一"), officer)
    with pytest.raises(Refused):
        services.finding_tell(finding=finding, how="phone", day=day, actor=officer, now=now)


def test_until_somebody_was_told_it_can_only_be_withdrawn(office, officer, head):
    finding = recorded(make_cadre(office, "钱一"), officer)
    with pytest.raises(Refused):
        decided(finding, head, now=NOW + timedelta(days=30))
    assert decided(finding, head, withdraw=True, reason="记错了人").state == "withdrawn"


# --- The statement in defence ----------------------------------------------------------------------------------------


def test_a_statement_may_be_written_again_until_the_end_of_the_last_day(lin, officer, head):
    finding = recorded(lin, officer)
    defended(finding)
    # 23:59 in Longquan.
    last_minute = datetime.fromisoformat("2026-11-27T23:59:00+08:00")
    assert defended(finding, "当时在二楼送材料，同事可以证明。", now=last_minute).defence.endswith("证明。")
    with pytest.raises(Refused):
        defended(finding, "太晚了", now=last_minute + timedelta(minutes=1))
    before, after = AuditEntry.objects.filter(verb="finding_defended").latest("pk").changes["text"]
    assert (before, after) == ("当时在二楼送材料。", "当时在二楼送材料，同事可以证明。")
    assert set(Notice.objects.filter(kind="finding_defended").values_list("user", flat=True)) == {head.pk}


def test_an_officer_enters_what_was_handed_in_on_paper_but_never_over_the_persons_own_words(
    lin, unit, officer, other_officer
):
    deputy = make_user("deputy", "副手")
    give(deputy, Role.UNIT_OFFICER, unit=unit)
    finding = recorded(lin, officer)
    with pytest.raises(Refused):  # nobody answers for somebody with an account what they recorded themselves
        defended(finding, "代为认错", by=officer)
    assert defended(finding, "书面陈述", by=deputy).defended_by == deputy
    with pytest.raises(Refused):
        defended(finding, "另一单位", by=other_officer)
    defended(finding, "本人陈述", by=lin.user)
    with pytest.raises(Refused):
        defended(finding, "书面陈述二", by=deputy)
    finding.refresh_from_db()
    assert finding.defence == "本人陈述"


def test_a_statement_entered_for_somebody_does_not_shorten_their_days(lin, unit, officer, head):
    deputy = make_user("deputy", "副手")
    give(deputy, Role.UNIT_OFFICER, unit=unit)
    finding = recorded(lin, officer)
    defended(finding, "书面陈述", by=deputy)
    with pytest.raises(Refused):
        decided(finding, head, reason="属实", now=NOW + timedelta(minutes=1))
    assert finding not in cases.waiting_for(head.pk, TODAY)
    assert finding in cases.waiting_for(head.pk, local(OVER).date())
    assert decided(finding, head, reason="属实", now=OVER).state == "standing"


def test_the_page_keeps_what_was_typed_when_somebody_else_was_faster(lin, officer, head):
    finding = recorded(lin, head, now=timezone.now())
    client, address = signed_in(lin.user), reverse("my_finding", args=[finding.pk])
    seen = client.get(address).context["form"].initial["seen"]
    defended(finding, "书面陈述", by=officer, now=timezone.now())
    answer = client.post(address, {"defence-text": "本人陈述", "defence-seen": seen})
    assert answer.status_code == 422
    assert "本人陈述" in answer.content.decode()
    finding.refresh_from_db()
    assert finding.defence == "书面陈述"


def test_what_is_typed_too_late_stays_on_the_page_that_refuses_it(lin, officer):
    finding = recorded(lin, officer, now=timezone.now() - timedelta(days=20))
    answer = signed_in(lin.user).post(
        reverse("my_finding", args=[finding.pk]), {"defence-text": "来晚的陈述", "defence-seen": ""}
    )
    assert answer.status_code == 422
    assert "来晚的陈述" in answer.content.decode()


# --- Who decides -----------------------------------------------------------------------------------------------------

#: Who recorded it, whom it is about, whether it comes from a spot check; and who alone may decide then.
WHO_DECIDES = [
    ("officer", "lin", False, {"head"}),
    ("head", "lin", False, {"express", "express_head"}),
    ("officer", "head", False, {"express", "express_head"}),
    ("express", "lin", False, {"head"}),
    ("express", "lin", True, {"express_head"}),
    ("express_head", "lin", True, {"express"}),
    ("", "", False, {"express", "express_head"}),
]


@pytest.mark.parametrize(("recorder", "subject", "on_spot", "allowed"), WHO_DECIDES)
def test_the_right_other_person_decides_and_nobody_else(recorder, subject, on_spot, allowed, request):
    people = {
        name: request.getfixturevalue(name)
        for name in ("officer", "head", "express", "express_head", "supervisor", "other_officer")
    }
    request.getfixturevalue("chen")
    finding = _finding_of(request, people, recorder, subject, on_spot)
    named = {user.pk: name for name, user in people.items()}
    assert {named[pk] for pk in findings.deciders(finding, TODAY)} == allowed
    later = local(OVER).date()
    waits = {name for name, user in people.items() if cases.waiting_for(user.pk, later).exists()}
    assert waits == allowed
    for name, user in people.items():
        if name not in allowed:
            with pytest.raises(Refused):
                decided(finding, user, withdraw=True, reason="无权")
    by = people[min(allowed)]
    assert decided(finding, by, withdraw=True, reason="查明无责").decided_by == by


def _finding_of(request, people: dict[str, User], recorder: str, subject: str, on_spot: bool) -> Finding:
    if not subject:
        return unit_finding(request.getfixturevalue("unit"))
    if subject == "head":
        office = request.getfixturevalue("office")
        cadre = make_cadre(office, "何正", user=people["head"])
    else:
        cadre = request.getfixturevalue(subject)
    line = _spot_line(cadre, people[recorder]) if on_spot else None
    return recorded(cadre, people[recorder], spot_line=line)


def _spot_line(cadre: Cadre, inspector: User) -> SpotLine:
    check = SpotCheck.objects.create(
        kind="targeted", reason="回头看", begins_at=NOW, planned_by=inspector, planned_at=NOW
    )
    check.inspectors.add(inspector)
    return SpotLine.objects.create(
        spot_check=check,
        cadre=cadre,
        unit=cadre.unit,
        office=cadre.office,
        outcome="problem",
        taken_at=NOW,
        recorded_by=inspector,
    )


def test_a_decision_is_not_asked_for_before_there_is_something_to_decide(lin, officer, head):
    finding = recorded(lin, officer)
    assert not cases.waiting_for(head.pk, LAST_DAY).exists()
    assert cases.waiting_for(head.pk, LAST_DAY + timedelta(days=1)).exists()
    defended(finding)
    assert cases.waiting_for(head.pk, TODAY).exists()


def test_the_express_decides_where_the_only_head_has_left(lin, officer, unit, express):
    user = make_user("gone")
    give(user, Role.LEADING_GROUP_HEAD, unit=unit, last=TODAY - timedelta(days=1))
    finding = recorded(lin, officer)
    assert findings.deciders(finding, TODAY) == [express.pk]
    assert cases.waiting_for(express.pk, local(OVER).date()).exists()


def test_it_can_stand_only_after_the_persons_word_or_the_days_for_it(lin, chen, officer, head):
    silent, answered = recorded(lin, officer), recorded(chen, officer)
    with pytest.raises(Refused):
        decided(silent, head, now=NEXT_DAY)
    assert decided(silent, head).state == "standing"
    defended(answered)
    with pytest.raises(Refused) as refused:
        decided(answered, head, now=NEXT_DAY)
    assert refused.value.field == "reason"
    assert decided(answered, head, now=NEXT_DAY, reason="陈述与登记不符").state == "standing"


def test_an_exemption_is_a_reason_and_belongs_to_a_withdrawal(lin, chen, officer, head):
    freed = decided(recorded(lin, officer), head, withdraw=True, exemption="force_majeure", now=NEXT_DAY)
    assert (freed.exemption, freed.decision_reason) == ("force_majeure", "不可抗力")
    stands = decided(recorded(chen, officer), head, exemption="no_rule")
    assert (stands.state, stands.exemption) == ("standing", "")


def test_the_person_hears_of_the_decision_and_a_unit_through_its_officer_and_head(
    lin, officer, head, express, unit
):
    finding = decided(recorded(lin, officer), head)
    assert Notice.objects.filter(user=lin.user, kind="finding_decided").count() == 1
    about_unit = decided(unit_finding(unit), express, withdraw=True, reason="当日停电")
    told = Notice.objects.filter(kind="unit_finding_decided").values_list("user", flat=True)
    assert set(told) == {officer.pk, head.pk}
    with pytest.raises(Refused):
        decided(finding, head)
    assert about_unit.state == "withdrawn"


def test_a_unit_answers_through_its_officers_and_heads(unit, officer, head, other_officer):
    finding = unit_finding(unit)
    assert defended(finding, "纸质表已存档", by=officer, now=NOW).defended_by == officer
    assert defended(finding, "纸质表已存档，附后", by=head, now=NOW).defended_by == head
    with pytest.raises(Refused):
        defended(finding, "不是本单位", by=other_officer, now=NOW)


# --- The pages -------------------------------------------------------------------------------------------------------


def page(user: User, name: str, *args: Any) -> str:
    answer = signed_in(user).get(reverse(name, args=args), {"lang": "en"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_the_plaque_said_and_what_was_changed_around_the_check_stand_side_by_side(lin, officer, head):
    said = snapshot.as_facts(cards.statuses(_placed(lin), NOW)[lin.pk])
    declare(lin, State.ERRAND, now=NOW + timedelta(minutes=2), until=NOW + timedelta(hours=2), place="茶园")
    declare(lin, State.MEETING, now=NOW + timedelta(minutes=16), until=NOW + timedelta(hours=2))
    finding = recorded(lin, officer, said=said)
    for user, name in ((lin.user, "my_finding"), (head, "finding")):
        shown = page(user, name, finding.pk)
        assert "2 minutes after the check" in shown
        assert "Out on business until" in shown
        # Sixteen minutes are more than the fifteen that count as near; and places are the unit's own business.
        assert "16 minutes" not in shown
        assert "茶园" not in shown


def _placed(cadre: Cadre) -> Any:
    return cards.with_place(Cadre.objects.filter(pk=cadre.pk), TODAY)


@pytest.mark.parametrize("who", ["officer", "head", "express", "supervisor"])
def test_only_whoever_may_decide_gets_the_form_for_it(who, lin, officer, head, request):
    finding = recorded(lin, officer, now=timezone.now() - timedelta(days=30))
    answer = signed_in(request.getfixturevalue(who)).get(reverse("finding", args=[finding.pk]))
    assert (answer.context["decision_form"] is not None) == (who == "head")


def test_the_decision_page_decides(lin, officer, head):
    finding = recorded(lin, officer, now=timezone.now())
    client, address = signed_in(head), reverse("finding_decide", args=[finding.pk])
    assert client.post(address, {"decide-decision": "stand"}).status_code == 422
    answer = client.post(address, {"decide-decision": "withdraw", "decide-exemption": "cheated"})
    assert answer.status_code == 302
    finding.refresh_from_db()
    assert (finding.state, finding.decided_by) == ("withdrawn", head)


def test_an_officer_may_not_decide_by_typing_the_address(lin, officer, express):
    """No free head: the city decides; and the Express's page says why a decision is refused."""
    finding = recorded(lin, express, now=timezone.now())
    refused = signed_in(express).post(
        reverse("finding_decide", args=[finding.pk]),
        {"decide-decision": "withdraw", "decide-reason": "自己记的"},
    )
    assert refused.status_code == 422
    finding.refresh_from_db()
    assert finding.state == "provisional"


def test_the_photo_is_for_those_who_may_see_the_finding(
    lin, chen, officer, other_officer, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    finding = recorded(lin, officer)
    finding.photo.save("scene.jpg", ContentFile(portrait(300, 300).read()))
    address = reverse("finding_photo", args=[finding.pk])
    answers = {user: signed_in(user).get(address) for user in (lin.user, officer, chen.user, other_officer)}
    assert [answer.status_code for answer in answers.values()] == [200, 200, 404, 404]
    assert answers[lin.user]["Cache-Control"] == "private, no-store"


def test_a_cadre_who_is_officer_elsewhere_still_sees_their_own_photo(
    lin, officer, other_unit, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    give(lin.user, Role.UNIT_OFFICER, unit=other_unit)
    finding = recorded(lin, officer)
    finding.photo.save("scene.jpg", ContentFile(b"JFIF"))
    assert signed_in(lin.user).get(reverse("finding_photo", args=[finding.pk])).status_code == 200


def test_the_list_is_filtered_by_state_month_item_and_what_waits(lin, chen, officer, head):
    late = recorded(lin, officer, code="late", now=timezone.now() - timedelta(days=20))
    off = recorded(chen, officer, now=timezone.now())
    client = signed_in(head)

    def listed(query: str) -> set[int]:
        return {row.finding.pk for row in client.get(f"{reverse('findings')}?{query}").context["rows"]}

    item = Item.objects.get(code="late")
    month = f"{local(late.recorded_at):%Y-%m}"
    assert listed("") == {late.pk, off.pk}
    assert listed("state=waits") == {late.pk}
    assert listed(f"item={item.pk}") == {late.pk}
    assert late.pk in listed(f"month={month}")
    assert listed("state=standing") == set()
    # A filter that makes no sense filters nothing.
    assert listed("state=x&month=y&item=z") == {late.pk, off.pk}


@pytest.mark.parametrize("name", ["findings", "my_findings", "my_whereabouts"])
def test_a_list_asks_the_same_for_one_and_for_many(name, lin, officer, head):
    client = signed_in(head if name == "findings" else lin.user)
    counts = []
    for number in (1, 3, 60):
        for _each in range(number):
            recorded(lin, officer, now=timezone.now())
        client.get(reverse(name))
        counts.append(_queries(client, reverse(name)))
    assert counts[0] == counts[1] == counts[2] <= 30


def _queries(client: Any, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_the_landing_page_says_how_many_wait(lin, officer, head, express):
    recorded(lin, officer, now=timezone.now() - timedelta(days=20))
    assert f"{reverse('findings')}?state=waits" in page(head, "desk")
    assert "state=waits" not in page(express, "desk")
