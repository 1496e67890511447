"""The bulletin's path: drafted once, edited without loss, signed with numbers that have no gap, frozen, corrected."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from appraisal import services as verbs
from appraisal.bulletins.content import COUNTED, MISSING
from appraisal.models import (
    AppraisalSettings,
    Bulletin,
    BulletinCounter,
    BulletinHead,
    MonthlyReport,
    UnitLedger,
)
from appraisal.services import bulletins as services
from common.models import AuditEntry, Notice
from common.problems import Refused
from common.versions import Overtaken, version_of
from tests.appraisal.issuing import (
    BULLETIN_DAY,
    NEXT_DRAFTING,
    NEXT_SIGNING,
    SIGNING,
    accept_all,
    accepted,
    signed,
    signer,
)
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, OCTOBER, begins, draft, stands
from tests.support.races import at_once, meeting

pytestmark = pytest.mark.django_db
DECEMBER = date(2026, 12, 1)
LATER = SIGNING + timedelta(days=30)


@pytest.fixture
def _begun(db):
    begins()


@pytest.fixture
def month(_begun, unit, other_unit, chen, zhou):
    """November: the Kiln Bureau charged and accepted, Sword Pond drafted only."""
    stands(chen, date(2026, 11, 3))
    stands(zhou, date(2026, 11, 4), code="late")
    accepted(draft(unit))
    return draft(other_unit)


def drafted() -> Bulletin:
    return services.bulletin_draft(month=NOVEMBER, now=BULLETIN_DAY)[0]


def edit(bulletin: Bulletin, **texts: str) -> Bulletin:
    """These parts as somebody types them over what they see."""
    seen = services.edit_facts(services.read_draft(bulletin, SIGNING).texts)
    return services.bulletin_edit(
        bulletin=bulletin, texts={**seen, **texts}, seen=version_of(seen), actor=signer(), now=SIGNING
    )


# --- Drafting ---------------------------------------------------------------------------------------------------------


def test_it_is_drafted_once_and_the_express_hears_of_it(month, express, express_head):
    first, made = services.bulletin_draft(month=NOVEMBER, now=BULLETIN_DAY)
    again, made_again = services.bulletin_draft(month=NOVEMBER, now=BULLETIN_DAY)
    assert (again.pk, made, made_again) == (first.pk, True, False)
    told = Notice.objects.filter(kind="bulletin_drafted").values_list("user", flat=True)
    assert set(told) == {express.pk, express_head.pk}


def test_a_month_with_a_unit_that_is_not_drafted_is_refused(_begun, unit, other_unit):
    draft(unit)
    with pytest.raises(Refused, match="剑潭镇"):
        drafted()


def test_the_clock_drafts_it_on_its_day_and_not_before(month):
    before = BULLETIN_DAY - timedelta(days=1)
    assert services.bulletins_draft_due(now=before) == 0
    assert services.bulletins_draft_due(now=BULLETIN_DAY) == 1
    assert services.bulletins_draft_due(now=BULLETIN_DAY) == 0


def test_a_month_that_is_not_ready_keeps_no_other_one_waiting(_begun, unit, other_unit):
    begins(OCTOBER)
    early = DRAFTING - timedelta(days=30)
    draft(unit, OCTOBER, early), draft(other_unit, OCTOBER, early), draft(unit)
    assert services.bulletins_draft_due(now=BULLETIN_DAY) == 1
    assert Bulletin.objects.get().month == OCTOBER


# --- Editing ----------------------------------------------------------------------------------------------------------


def test_a_part_that_nobody_has_edited_follows_the_figures(month, other_unit):
    bulletin = edit(drafted(), handling="（一）照此办理。\n\n  由各单位落实。 ")
    before = services.read_draft(bulletin, SIGNING)
    assert before.texts.current["handling"] == ["（一）照此办理。", "由各单位落实。"]
    assert (before.texts.edited, before.texts.stale) == ({"handling"}, frozenset())
    accepted(month)
    after = services.read_draft(bulletin, SIGNING)
    assert before.texts.current["overview"] != after.texts.current["overview"]
    assert after.texts.current["handling"] == ["（一）照此办理。", "由各单位落实。"]
    assert after.texts.stale == {"handling"}


def test_an_edited_part_on_old_figures_is_not_signed_before_somebody_has_looked(month):
    bulletin = edit(drafted(), overview="照此办理。")
    accepted(month)
    with pytest.raises(Refused, match="一、总体情况"):
        services.bulletin_sign(bulletin=bulletin, actor=signer(), now=SIGNING)
    edit(bulletin)
    services.bulletin_sign(bulletin=bulletin, actor=signer(), now=SIGNING)


def test_an_empty_part_is_drafted_anew(month):
    bulletin = edit(drafted(), problems="另写。")
    bulletin = edit(bulletin, problems=" \n ")
    assert bulletin.texts == {}
    assert bulletin.revision == 2


def test_whoever_saves_second_undoes_nothing(month):
    bulletin = drafted()
    seen = services.edit_facts(services.read_draft(bulletin, SIGNING).texts)
    edit(bulletin, overview="先改。")
    with pytest.raises(Overtaken) as overtaken:
        services.bulletin_edit(
            bulletin=bulletin,
            texts={**seen, "problems": "后改。"},
            seen=version_of(seen),
            actor=signer(),
            now=SIGNING,
        )
    assert overtaken.value.facts["overview"] == "先改。"
    assert Bulletin.objects.get().texts.keys() == {"overview"}


def test_saving_what_is_saved_changes_nothing(month):
    bulletin = edit(drafted(), overview="先改。")
    edit(bulletin, overview="先改。")
    assert Bulletin.objects.get().revision == 1
    assert AuditEntry.objects.filter(verb="bulletin_edited").count() == 1


def test_a_person_whom_the_month_charges_is_not_named(month, chen):
    with pytest.raises(Refused, match="陈砚") as refused:
        edit(drafted(), problems="青窑局陈砚脱岗。")
    assert refused.value.field == "problems"


@pytest.mark.parametrize("written", ["周青窑", "周 青 窑", "周\n青窑", "周\u3000青\u200b窑"])
def test_a_person_of_a_report_that_is_not_accepted_is_not_named_either(month, zhou, written):
    zhou.name = "周青窑"
    zhou.save()
    with pytest.raises(Refused, match="周青窑"):
        edit(drafted(), problems=f"剑潭镇{written}迟到。")


def test_a_person_with_a_finding_that_is_still_open_is_not_named(month, lin):
    text = f"{lin.name}另查。"
    bulletin = edit(drafted(), problems=text)
    stands(lin, date(2026, 11, 30), state="provisional")
    with pytest.raises(Refused, match=lin.name):
        edit(bulletin, problems=f"{text}再查。")


@pytest.mark.parametrize("name", ["单位", "要求", "问题"])
def test_a_name_that_is_a_word_of_the_drafted_text_stops_nothing(month, chen, name):
    chen.name = name
    chen.save()
    bulletin = edit(drafted(), problems="各单位的问题，按要求整改。")
    services.bulletin_sign(bulletin=bulletin, actor=signer(), now=SIGNING)


# --- Signing ----------------------------------------------------------------------------------------------------------


def test_signing_numbers_freezes_and_tells(month, unit, other_unit, officer, other_officer, head):
    bulletin = signed()
    content = services.read_signed(bulletin)
    assert (bulletin.year, bulletin.serial, content.number_text) == (2026, 1, "龙效能办〔2026〕1号")
    assert (content.signed_on, content.signed_by) == (SIGNING.date(), "签发甲")
    assert content.digest == bulletin.content_hash
    assert [(one.code, one.standing) for one in content.units] == [("D901", COUNTED), ("T902", MISSING)]
    heads = {one.unit_code: (one.sequence, one.head) for one in content.chain_heads}
    ledgers = {one.unit.code: (one.sequence, one.head) for one in UnitLedger.objects.all()}
    assert heads == ledgers
    stored = BulletinHead.objects.filter(bulletin=bulletin)
    assert {one.unit.code: (one.sequence, one.head) for one in stored} == ledgers
    assert set(MonthlyReport.objects.filter(bulletin=bulletin)) == {MonthlyReport.objects.get(unit=unit)}
    told = set(Notice.objects.filter(kind="bulletin_signed").values_list("user", flat=True))
    assert {officer.pk, other_officer.pk, head.pk} <= told


def test_only_the_head_of_the_express_signs(month, express):
    with pytest.raises(Refused):
        services.bulletin_sign(bulletin=drafted(), actor=express, now=SIGNING)
    assert not BulletinCounter.objects.exists()


def test_what_was_not_read_is_not_signed(month):
    bulletin = drafted()
    seen = services.read_draft(bulletin, SIGNING).version
    accepted(month)
    with pytest.raises(Refused):
        services.bulletin_sign(bulletin=bulletin, seen=seen, actor=signer(), now=SIGNING)
    assert not BulletinCounter.objects.filter(last__gt=0).exists()
    seen = services.read_draft(bulletin, SIGNING).version
    services.bulletin_sign(bulletin=bulletin, seen=seen, actor=signer(), now=SIGNING)


def test_a_reversal_meanwhile_changes_nothing_that_was_read(month, chen, head):
    """It is of the next month: only where the chain stands moves on."""
    bulletin = drafted()
    before = services.read_draft(bulletin, SIGNING)
    (entry,) = chen.ledger_entries.all()
    verbs.entry_reverse(entry=entry, reason="会议有据", actor=head, now=SIGNING)
    after = services.read_draft(bulletin, SIGNING)
    assert before.version == after.version
    assert before.content.chain_heads != after.content.chain_heads


def test_bulletins_are_signed_in_the_order_of_their_months(month, unit, other_unit):
    draft(unit, DECEMBER, NEXT_DRAFTING), draft(other_unit, DECEMBER, NEXT_DRAFTING)
    december, _made = services.bulletin_draft(month=DECEMBER, now=NEXT_SIGNING)
    with pytest.raises(Refused, match="2026-11"):
        services.bulletin_sign(bulletin=december, actor=signer(), now=NEXT_SIGNING)
    signed(NOVEMBER, NEXT_SIGNING)
    services.bulletin_sign(bulletin=december, actor=signer(), now=NEXT_SIGNING)


def test_numbers_begin_anew_with_the_year(month, unit, other_unit):
    signed()
    draft(unit, DECEMBER, NEXT_DRAFTING), draft(other_unit, DECEMBER, NEXT_DRAFTING)
    bulletin = signed(DECEMBER, NEXT_SIGNING)
    assert (bulletin.year, bulletin.serial) == (2027, 1)


def test_a_second_press_of_whoever_has_signed_is_the_same_signature(month):
    first = signed()
    again = services.bulletin_sign(bulletin=first, seen="old", actor=signer(), now=LATER)
    assert (again.signed_at, again.serial) == (SIGNING, 1)
    assert AuditEntry.objects.filter(verb="bulletin_signed").count() == 1
    assert list(BulletinCounter.objects.filter(last__gt=0).values_list("year", "last")) == [(2026, 1)]


def test_what_is_signed_is_neither_edited_nor_signed_again(month, express_head):
    bulletin = signed()
    with pytest.raises(Refused):
        services.bulletin_edit(
            bulletin=bulletin, texts=dict.fromkeys(services.PARTS, ""), actor=signer(), now=LATER
        )
    with pytest.raises(Refused):
        services.bulletin_sign(bulletin=bulletin, actor=express_head, now=LATER)
    assert BulletinCounter.objects.get().last == 1


def test_what_was_printed_stays_whatever_changes_afterwards(month, unit, chen, head):
    bulletin = signed()
    before = services.content_of(bulletin, SIGNING).to_json()
    (entry,) = chen.ledger_entries.all()
    verbs.entry_reverse(entry=entry, reason="会议有据", actor=head, now=LATER)
    unit.name = "新青窑局"
    unit.save()
    AppraisalSettings.objects.update(issuer="新机关", number_prefix="新办")
    accepted(month)
    again = Bulletin.objects.get(pk=bulletin.pk)
    assert services.content_of(again, LATER).to_json() == before
    assert "青窑局" in before


def test_what_somebody_changed_past_the_product_is_noticed(month):
    bulletin = signed()
    content = {**bulletin.content, "title": "另一份"}
    Bulletin.objects.filter(pk=bulletin.pk).update(content=content)
    with pytest.raises(services.Changed):
        services.read_signed(Bulletin.objects.get())


# --- Correcting -------------------------------------------------------------------------------------------------------


def test_a_correction_cites_and_replaces_and_counts_what_came_in(month, other_unit):
    first = signed()
    accepted(month)
    again = services.bulletin_correct(bulletin=first, reason="补计剑潭镇", actor=signer(), now=LATER)
    services.bulletin_sign(bulletin=again, actor=signer(), now=LATER)
    content = services.read_signed(Bulletin.objects.get(pk=again.pk))
    assert content.corrects is not None
    assert (content.corrects.number_text, content.corrects.reason) == ("龙效能办〔2026〕1号", "补计剑潭镇")
    assert [one.standing for one in content.units] == [COUNTED, COUNTED]
    assert set(MonthlyReport.objects.values_list("bulletin", flat=True)) == {again.pk}
    assert services.in_force(NOVEMBER) == again
    assert Notice.objects.filter(kind="bulletin_corrected").exists()


def test_a_bulletin_is_corrected_once_and_its_correction_again(month):
    first = signed()
    second = services.bulletin_correct(bulletin=first, reason="文字", actor=signer(), now=LATER)
    with pytest.raises(Refused):
        services.bulletin_correct(bulletin=first, reason="再次", actor=signer(), now=LATER)
    with pytest.raises(Refused):
        services.bulletin_correct(bulletin=second, reason="再次", actor=signer(), now=LATER)
    services.bulletin_sign(bulletin=second, actor=signer(), now=LATER)
    services.bulletin_correct(bulletin=second, reason="再次", actor=signer(), now=LATER)


def test_a_reason_that_names_a_person_is_refused(month, chen):
    first = signed()
    with pytest.raises(Refused, match="陈砚"):
        services.bulletin_correct(bulletin=first, reason="陈砚的扣分有误", actor=signer(), now=LATER)
    assert Bulletin.objects.count() == 1


def test_a_correction_begun_by_mistake_is_discarded_and_nothing_else_is(month):
    first = signed()
    again = services.bulletin_correct(bulletin=first, reason="文字", actor=signer(), now=LATER)
    with pytest.raises(Refused):
        services.correction_discard(bulletin=first, actor=signer(), now=LATER)
    services.correction_discard(bulletin=again, actor=signer(), now=LATER)
    assert Bulletin.objects.get() == first


# --- For everybody ----------------------------------------------------------------------------------------------------


def test_the_public_version_names_no_person(month, unit, other_unit, chen, zhou, lin, head):
    (entry,) = chen.ledger_entries.all()
    verbs.entry_reverse(entry=entry, reason="陈砚当日参加会议", actor=head, now=SIGNING)
    signed()
    accept_all(but=(unit,))
    for one in (unit, other_unit):
        accepted(draft(one, DECEMBER, NEXT_DRAFTING))
    bulletin = signed(DECEMBER, NEXT_SIGNING)
    content = services.read_signed(bulletin)
    assert content.corrections
    assert signer().name in content.to_json()
    public = content.for_public().to_json()
    names = [*(one.name for one in (chen, zhou, lin)), signer().name, head.name]
    assert [name for name in names if name in public] == []
    assert content.for_public().code == content.code == bulletin.content_hash[:16]


# --- Two at once ------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_drafts(transactional_db, unit, other_unit, chen):
    """Two bulletins that may be signed at the same moment: that of November, and a correction of October's."""
    begins(OCTOBER)
    early = DRAFTING - timedelta(days=30)
    stands(chen, date(2026, 11, 3))
    for one in (unit, other_unit):
        accepted(draft(one, OCTOBER, early)), accepted(draft(one))
    october = signed(OCTOBER, early + timedelta(days=19))
    correction = services.bulletin_correct(bulletin=october, reason="文字", actor=signer(), now=SIGNING)
    return drafted(), correction


def _sign(bulletin: Bulletin):
    actor = signer()
    return lambda: services.bulletin_sign(bulletin=bulletin, actor=actor, now=SIGNING).serial


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_at_once_take_the_same_number(two_drafts, monkeypatch):
    """The negative control: no row is locked, and no transaction makes SQLite's writers wait."""
    taken, freeze = [], services._freeze

    def note(bulletin, draft, counter, actor, now):
        taken.append(counter.last)
        freeze(bulletin, draft, counter, actor, now)

    monkeypatch.setattr(services, "_freeze", note)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    monkeypatch.setattr(services, "bulletin_sign", services.bulletin_sign.__wrapped__)
    with meeting(monkeypatch, services, "_check_texts", 2, right=False):
        outcomes = at_once(*(_sign(bulletin) for bulletin in two_drafts))
    assert taken == [2, 2], outcomes
    # Only the table's own constraint keeps the second one out.
    assert [type(one) for one in outcomes if isinstance(one, Exception)] == [IntegrityError]


@pytest.mark.django_db(transaction=True)
def test_two_who_sign_at_once_get_two_numbers_without_a_gap(two_drafts, monkeypatch):
    with meeting(monkeypatch, services, "_check_texts", 2, right=True):
        outcomes = at_once(*(_sign(bulletin) for bulletin in two_drafts))
    assert sorted(outcomes) == [2, 3]
    assert BulletinCounter.objects.get(year=2026).last == 3


@pytest.mark.django_db(transaction=True)
def test_one_bulletin_is_signed_once_however_many_press(two_drafts, monkeypatch):
    november, _correction = two_drafts
    with meeting(monkeypatch, services, "_check_texts", 4, right=True):
        outcomes = at_once(*(_sign(november) for _press in range(4)))
    assert outcomes == [2, 2, 2, 2]
    assert Bulletin.objects.signed().count() == 2
    assert BulletinCounter.objects.get(year=2026).last == 2
