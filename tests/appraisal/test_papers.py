"""The papers of the ladder and of the year: what they say, where it stands, and the same every time."""

import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from appraisal.bulletins import outline
from appraisal.papers import printing
from appraisal.papers.content import (
    DECISION,
    RECOMMENDATION,
    RECORD,
    REFERRAL,
    Addressee,
    AnnualNotice,
    Commendation,
    CommendedPerson,
    CommendedUnit,
    Decision,
    Defence,
    Fact,
    Phone,
    ProposedGrade,
    PublicNotice,
    Rule,
    Service,
    YearFigures,
)
from appraisal.papers.texts import annual, commendation, decision
from appraisal.papers.texts.common import DRAFT_MARK, grade_text
from tests.appraisal import papers
from tests.appraisal.geometry import Sheet, sheets

RED = (0.85, 0.0, 0.06)
#: GB/T 9704-2012, DOMAIN §9.
TOP, BOTTOM, LEFT, RIGHT = 37, 297 - 35, 28, 210 - 26
PT = 25.4 / 72
PITCH = (225 - 16 * PT) / 21
EM_TOP, EM_FOOT = 0.88, 0.12
LONG = "青窑镇人民政府综合行政执法队暨生态环境与自然资源保护协调管理工作领导小组办公室（挂便民服务中心牌子）"


def measured(content) -> list[Sheet]:
    return sheets(printing.pdf(content))


def said(content) -> str:
    """All that its body says, as it runs."""
    return "".join(outline_of(part) for part in printing.letter_of(content).body)


def outline_of(part) -> str:
    return (
        part.text if isinstance(part, outline.Paragraph) else "".join("".join(row.cells) for row in part.rows)
    )


def printed(content) -> str:
    """What a reader copies from the pages, without where lines end."""
    reader = PdfReader(io.BytesIO(printing.pdf(content)))
    return re.sub(r"\s|— \d+ —", "", "".join(page.extract_text() for page in reader.pages))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.fixture(scope="module")
def pages() -> list[Sheet]:
    return measured(papers.decision())


# --- The content ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", papers.EVERY)
def test_what_is_frozen_comes_back_equal_and_with_the_same_hash(build):
    content = build()
    again = type(content).from_json(content.to_json())
    assert again == content
    assert again.digest == content.digest
    assert replace(content, demo=True).digest != content.digest


@pytest.mark.parametrize("build", papers.EVERY)
def test_the_same_content_is_the_same_file(build):
    assert printing.pdf(build()) == printing.pdf(build())


_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
_DAY = st.dates(date(2000, 1, 1), date(2100, 1, 1))
_WHO = st.builds(Addressee, name=_TEXT, unit=_TEXT, post=_TEXT)
_DECISIONS = st.builds(
    Decision,
    issuer=_TEXT,
    measure=_TEXT,
    to=_WHO,
    year=st.integers(2000, 2100),
    facts=st.lists(st.builds(Fact, day=_DAY, words=_TEXT), max_size=3).map(tuple),
    reason=_TEXT,
    rule=st.none() | st.builds(Rule, code=_TEXT, clause=_TEXT, words=_TEXT),
    proposed_reason=_TEXT,
    proposed_measure=_TEXT,
    defence=st.builds(Defence, told_on=st.none() | _DAY, text=_TEXT, answer=_TEXT),
    kind=st.sampled_from((RECOMMENDATION, REFERRAL)),
    superior=st.just("甲"),
    number_text=_TEXT,
    decided_on=_DAY,
    copies_to=_TEXT,
    service=st.none() | st.builds(Service, day=_DAY, served_by=_TEXT),
)
_NOTICES = st.builds(
    AnnualNotice,
    issuer=_TEXT,
    to=_WHO,
    year=st.integers(2000, 2100),
    grade=st.sampled_from(("excellent", "competent", "basic", "incompetent")),
    reason=_TEXT,
    codes=st.lists(_TEXT, max_size=3).map(tuple),
    bonus_months=st.integers(0, 12),
    bonus_cents=st.none() | st.integers(0, 10**9),
    review_to=_TEXT,
    appeal_to=_TEXT,
)
_CIRCULARS = st.builds(
    Commendation,
    issuer=_TEXT,
    year=st.integers(2000, 2100),
    opening=st.lists(_TEXT, max_size=2).map(tuple),
    closing=st.lists(_TEXT, max_size=2).map(tuple),
    units=st.lists(st.builds(CommendedUnit, name=_TEXT, kind=_TEXT), max_size=3).map(tuple),
    people=st.lists(st.builds(CommendedPerson, name=_TEXT, unit=_TEXT, post=_TEXT), max_size=3).map(tuple),
    addressees=_TEXT,
    copies_to=_TEXT,
)
_PUBLIC = st.builds(
    PublicNotice,
    unit=_TEXT,
    year=st.integers(2000, 2100),
    grades=st.lists(st.builds(ProposedGrade, name=_TEXT, post=_TEXT, grade=st.just("basic")), max_size=3).map(
        tuple
    ),
    first_day=st.just(date(2027, 1, 8)),
    last_day=st.just(date(2027, 1, 14)),
    working_days=st.just(5),
    phones=st.lists(st.builds(Phone, whose=_TEXT, number=_TEXT), max_size=2).map(tuple),
)


@settings(max_examples=30, deadline=None)
@given(st.one_of(_DECISIONS, _NOTICES, _CIRCULARS, _PUBLIC))
def test_any_content_can_be_printed_and_read_again(content):
    assert printing.pdf(content).startswith(b"%PDF")
    assert printing.file_name(content)
    assert type(content).from_json(content.to_json()) == content
    if isinstance(content, Commendation):
        Document(io.BytesIO(printing.docx(content)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "circular"},
        {"number_text": None},
        {"decided_on": None},
        {"kind": RECORD},
        {"kind": RECOMMENDATION},
        {"skipped": ("批评教育",)},
    ],
)
def test_a_decision_that_contradicts_itself_is_none(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        papers.decision(**wrong)


def test_other_papers_that_contradict_themselves_are_none():
    for build in (
        lambda: papers.annual(grade="ungraded"),
        lambda: papers.annual(ungraded="leave"),
        lambda: papers.annual(grade=""),
        lambda: papers.annual(superior="丽水市青窑局"),
        lambda: papers.annual(bonus_of=(date(2026, 11, 2),)),
        lambda: papers.commendation(number_text=None),
        lambda: papers.public_notice(last_day=date(2027, 1, 7)),
        lambda: papers.refused(witness=" "),
        lambda: papers.refused(receipt="lost"),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            build()


# --- On every paper ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", papers.EVERY)
def test_every_page_is_a4_and_has_its_number_outside(build):
    for number, page in enumerate(measured(build()), start=1):
        assert (round(page.width), round(page.height)) == (210, 297)
        word = page.saying(f"— {number} —")
        assert word.size == 14
        assert word.baseline - 0.355 * 14 * PT - BOTTOM == pytest.approx(7, abs=0.1)
        if number % 2:
            assert RIGHT - word.right == pytest.approx(14 * PT, abs=0.5)
        else:
            assert word.left - LEFT == pytest.approx(14 * PT, abs=0.5)


def everything_long():
    """Names, posts and texts as long as the forms allow, and of rare characters."""
    who = Addressee(name="龭" * 25 + "·" + "鿎" * 24, unit=LONG, post="副主任兼综合服务中心负责人" * 3)
    facts = tuple(Fact(day=date(2026, 3, day), words="去向不实" * 40) for day in range(1, 31))
    service = papers.refused(witness="鿎" * 50, served_by="龭" * 50, expires_on=date(2027, 11, 5))
    yield papers.decision(
        to=who,
        facts=facts,
        reason="事实清楚。" * 200,
        defence=Defence(made_on=date(2026, 10, 1), text="属实。\n" * 60),
        copies_to=(LONG + "、") * 4,
        service=service,
    )
    yield papers.decision(to=Addressee(name=LONG), service=service)
    yield papers.criticism(to=who, service=service)
    yield papers.recommendation(to=who, superior=LONG)
    yield papers.referral(to=who, superior=LONG)
    yield papers.annual(to=who, reason="完成任务" * 75, service=service)
    yield papers.worst_year(to=who)
    yield papers.commendation(units=106, people=400)
    yield papers.public_notice(people=120, unit=LONG)


@pytest.mark.parametrize("content", [*everything_long(), *(build() for build in papers.EVERY)])
def test_nothing_leaves_the_type_area_but_page_numbers(content):
    for page in measured(content):
        for word in page.words:
            if word.text.startswith("— "):
                continue
            assert word.left >= LEFT - 0.1, word
            # A closing mark is blank in its right half.
            assert word.right <= RIGHT + 16 * PT / 2 + 0.1, word
            assert word.baseline - EM_TOP * word.size * PT >= TOP - 1, word
            assert word.baseline + EM_FOOT * word.size * PT <= BOTTOM + 0.1, word


@pytest.mark.parametrize("content", [*everything_long()])
def test_long_texts_go_on_over_pages_and_nothing_is_lost(content):
    text = printed(content)
    assert "…" not in text
    for part in printing.letter_of(content).body:
        if isinstance(part, outline.Paragraph):
            # A page number may stand between its lines.
            for piece in re.split("。", squeezed(part.text))[:3]:
                assert piece[:20] in text


@pytest.mark.parametrize("build", papers.EVERY)
def test_rare_characters_are_printed(build):
    text = printed(build())
    assert "鿎" in text
    assert "〓" not in text


@pytest.mark.parametrize("build", papers.EVERY)
def test_the_demonstration_says_so_on_every_page(build):
    for page in measured(build(demo=True)):
        assert page.saying(outline.DEMO_MARK).baseline < TOP
    assert not any(word.text == outline.DEMO_MARK for page in measured(build()) for word in page.words)


@pytest.mark.parametrize(
    ("build", "day"),
    [
        (papers.decision, "2026年11月4日"),
        (papers.criticism, "2026年11月4日"),
        (papers.annual, "2027年1月22日"),
        (papers.commendation, "2027年2月4日"),
        (papers.public_notice, "2027年1月8日"),
    ],
)
def test_the_date_ends_four_characters_before_the_margin_below_who_signs(build, day):
    content = build()
    signer = printing.letter_of(content).signer
    (page,) = [page for page in measured(content) if any(word.text == day for word in page.words)]
    date_word = page.saying(day)
    assert RIGHT - date_word.right == pytest.approx(4 * 156 / 28, abs=0.5)
    above = max(
        (word for word in page.words if word.text == signer and word.baseline < date_word.baseline),
        key=lambda word: word.baseline,
    )
    assert (above.left + above.right) / 2 == pytest.approx((date_word.left + date_word.right) / 2, abs=0.5)


@pytest.mark.parametrize("build", papers.EVERY)
def test_names_of_files_are_safe_and_say_what_they_are(build):
    name = printing.file_name(build())
    assert not set(name) & set('\\/:*?"<>|\n')
    assert re.search("书|通报|公示", name)


# --- Decisions --------------------------------------------------------------------------------------------------------


def test_the_heading_stands_35_mm_below_and_is_red(pages):
    (heading,) = [word for word in pages[0].words if word.size > 30]
    assert heading.text == "龙泉市效能办"
    assert heading.baseline - 0.85 * heading.size * PT == pytest.approx(TOP + 35, abs=1)
    assert (heading.left + heading.right) / 2 == pytest.approx((LEFT + RIGHT) / 2, abs=1)


def test_number_rule_and_title_stand_where_the_standard_has_them(pages):
    page = pages[0]
    (heading,) = [word for word in page.words if word.size > 30]
    number = page.saying("龙效能告〔2026〕3号")
    assert number.baseline - EM_TOP * 16 * PT - heading.baseline == pytest.approx(2 * PITCH, abs=1)
    (rule,) = [stroke for stroke in page.strokes if stroke.colour == RED]
    assert rule.top - (number.baseline + EM_FOOT * 16 * PT) == pytest.approx(4, abs=0.1)
    assert (rule.left, rule.right) == (pytest.approx(LEFT, abs=0.1), pytest.approx(RIGHT, abs=0.1))
    title = page.saying("效能告诫决定书")
    assert title.size == 22
    assert (title.left + title.right) / 2 == pytest.approx((LEFT + RIGHT) / 2, abs=1)
    assert title.baseline - EM_TOP * 22 * PT - rule.top == pytest.approx(2 * PITCH, abs=1)


def test_the_body_stands_on_the_lines_of_all_pages(pages):
    for page in pages[:-1]:
        for word in page.sized(16):
            if word.text != "龙效能告〔2026〕3号":
                place = (word.baseline - EM_TOP * 16 * PT - TOP) / PITCH
                assert place == pytest.approx(round(place), abs=0.01), word
    first = pages[0].saying("青窑局鿎明·龭阳同志：")
    assert first.left == pytest.approx(LEFT, abs=0.05)
    heading = pages[0].saying("一、认定的事实")
    assert heading.left == pytest.approx(LEFT + 2 * 156 / 28, abs=0.1)


def test_a_decision_says_all_that_it_must():
    text = said(papers.decision())
    for words in (
        "你系青窑局办公室副主任",
        "2026年度计入本次处理的事实共3项：",
        "1．2026年5月12日，效能诫勉：工作时间脱岗，窗口无人顶岗。",
        "3．2026年10月21日，去向不实",
        "制度一（三）关于“效能诫勉后再犯”的规定（规则SANC-1-RISE）。",
        "2026年10月26日，已将拟作处理的事实、依据和陈述申辩的权利告知你，陈述申辩期限至2026年10月29日。",
        "你于2026年10月28日提出陈述申辩：10月21日上午到上级机关送材料",
        "投诉一事已向群众当面道歉。",
        "对陈述申辩的采纳情况：送材料有回执为证",
        papers.REASON,
        "决定对你给予效能告诫处理。告诫期12个月，自本决定书送达之日起计算。",
        "可以自收到本决定书之日起30日内，向龙泉市效能办书面申请复核",
        "自收到申请之日起30日内作出复核决定",
        "复核期间不停止执行；不因申请复核而加重处理。",
    ):
        assert words in text, words
    assert "未先行" not in text


def test_what_is_printed_is_what_it_says(pages):
    text = printed(papers.decision())
    for words in ("龙效能告〔2026〕3号", "效能告诫决定书", "五、权利告知", "抄送：青窑局。", "送达回证"):
        assert words in text
    assert len(pages) == 4


def test_a_unit_is_spoken_to_as_one_and_rungs_are_passed_over_for_a_reason():
    content = papers.circular_criticism()
    text = said(content)
    assert decision.name(content) == "全市通报批评决定书"
    assert text.startswith("鿎石街道：经对你单位落实")
    assert "期限届满，你单位未提出陈述申辩。" in text
    assert "本年度未先行对你单位给予批评教育、效能诫勉。理由：情节严重，影响较大。" in text
    assert "一（三）“一查一究”" in text
    assert "提出处理的理由：连续三个月未报送一日一表" in text
    assert "影响期12个月" in text


def test_without_counted_lines_the_reason_is_the_fact():
    text = said(papers.circular_criticism(facts=()))
    assert "一、认定的事实连续三个月未报送一日一表" in text
    assert text.count("连续三个月") == 1


def test_a_milder_decision_names_what_had_been_proposed():
    assert "原拟给予全市通报批评，经研究，决定对你给予效能告诫处理" in said(
        papers.decision(proposed_measure="全市通报批评")
    )
    assert "原拟" not in said(papers.decision(proposed_measure="效能告诫"))


def test_a_defence_without_an_answer_is_answered_by_the_decision():
    text = said(papers.decision(defence=replace(papers.DEFENCE, answer="")))
    assert "陈述申辩已经审查，是否采纳及其理由见本决定书“处理决定”部分。" in text
    assert "采纳情况" not in text


def test_nobody_was_told_and_nothing_was_said():
    assert "三、陈述申辩情况你未提出陈述申辩。" in said(papers.decision(defence=Defence()))


def test_a_draft_says_nothing_that_has_not_happened():
    told = Defence(told_on=date(2026, 11, 27), until=date(2026, 12, 2))
    text = said(papers.decision(defence=told, decided_on=None, number_text=None))
    assert "尚未收到你的陈述申辩。" in text
    assert "期限届满" not in text
    assert "拟对你给予效能告诫处理" in text
    answered = said(papers.decision(decided_on=None, number_text=None, reason=""))
    assert "提出陈述申辩" in answered
    assert not [word for word in ("已经审查", "采纳情况") if word in answered]


def test_typed_text_is_no_heading_however_it_begins():
    body = printing.letter_of(papers.decision(reason="一、总体情况\n（一）窗口空岗")).body
    (typed,) = [part for part in body if part.text == "一、总体情况"]
    assert [span.face for span in typed.spans] == ["fangsong"]


def test_a_recommendation_goes_to_the_superiors_and_decides_nothing():
    content = papers.recommendation()
    text = said(content)
    assert decision.name(content) == "效能告诫建议书"
    assert text.startswith("丽水市青窑局：鿎明·龭阳系青窑局办公室副主任，由你单位管理。")
    own = said(papers.recommendation(superior="青窑局"))
    assert own.startswith("青窑局：鿎明·龭阳系你单位办公室副主任。")
    unit = said(papers.recommendation(to=papers.UNIT))
    assert unit.startswith("丽水市青窑局：鿎石街道，由你单位管理。经对其")
    assert "建议你单位按照管理权限，对鿎明·龭阳给予效能告诫处理，并将处理结果函告龙泉市效能办。" in text
    assert "本建议书不是处理决定" in text
    assert "告诫期" not in printed(content)
    assert "受送达人丽水市青窑局" in printed(content)


def test_a_talk_has_no_number_and_a_form_to_record_it():
    pages = measured(papers.criticism())
    assert pages[0].saying("批评教育通知书").baseline < TOP + 30
    assert not [stroke for page in pages for stroke in page.strokes if stroke.colour == RED]
    text = printed(papers.criticism())
    assert "号" not in text
    for label in (
        "谈话记录",
        "谈话时间",
        "谈话对象鿎明·龭阳（青窑局办公室副主任）",
        "谈话地点",
        "谈话人",
        "记录人",
        "谈话内容",
        "见证人签名",
    ):
        assert label in text
    assert "自收到本通知书之日起30日内" in said(papers.criticism())


def test_a_referral_lists_its_clues_and_tells_nobody_of_rights():
    text = said(papers.referral())
    assert text.startswith("市纪委市监委：经对青窑局办公室副主任鿎明·龭阳落实")
    assert "移送的问题线索共3条：" in text
    assert "构成违纪的，移送市纪委追究纪律责任" in text
    assert "复核" not in text
    assert "抄送" not in printed(papers.referral())


def test_the_receipt_is_a_page_of_its_own_and_printed_on_one_side(pages):
    last = pages[-1]
    title = last.saying("送　达　回　证")
    assert title.size == 22
    assert "《效能告诫决定书》" in {word.text for word in last.words}
    assert not any(word.size == 16 for word in last.words)
    root = PdfReader(io.BytesIO(printing.pdf(papers.decision()))).trailer["/Root"]
    assert root["/ViewerPreferences"]["/Duplex"] == "/Simplex"


def test_the_receipt_is_blank_until_it_is_served():
    text = printed(papers.decision())
    assert "告诫期自年月日至年月日" in text
    assert "见证人签名：送达人签名：" in text


def test_a_receipt_and_a_refusal_with_its_witness():
    signed = papers.decision(
        service=Service(day=date(2026, 11, 6), served_by="顾明川", expires_on=date(2027, 11, 5))
    )
    text = printed(signed)
    assert "已于2026年11月6日签收，原件存档。" in text
    assert "自2026年11月6日至2027年11月5日" in text
    refused = printed(papers.decision(service=papers.refused()))
    assert "于2026年11月6日拒绝签收，见证人沈青禾在场见证，视为送达。" in refused
    assert "原件存档" not in refused
    talk = printed(papers.criticism(service=papers.refused()))
    assert "于2026年11月6日拒绝签名，见证人沈青禾在场见证。" in talk
    assert "送达" not in talk


def test_serving_changes_the_receipt_alone():
    before = measured(papers.decision())
    after = measured(papers.decision(service=papers.refused()))
    assert [page.words for page in before[:-1]] == [page.words for page in after[:-1]]
    assert before[-1].words != after[-1].words


def test_a_draft_and_what_was_set_aside_say_so():
    draft = papers.decision(number_text=None, decided_on=None)
    for page in measured(draft):
        page.saying(DRAFT_MARK)
    text = printed(draft)
    assert "（草稿，未编号）" in text
    for page in measured(papers.decision(set_aside_on=date(2026, 12, 1), demo=True)):
        mark, demo = page.saying("已于2026年12月1日撤销"), page.saying(outline.DEMO_MARK)
        assert mark.right < demo.left
        assert demo.right <= RIGHT


# --- The year's notice ------------------------------------------------------------------------------------------------


def test_a_notice_says_grade_reason_figures_and_consequences():
    text = said(papers.annual())
    for words in (
        "你2026年度考核确定为称职等次。",
        "理由：年度内受到效能诫勉一次",
        "在职12个月",
        "累计扣4.5分；月度扣发建议合计90.00元；经核查属实的投诉1件、批评教育1次、效能诫勉1次。",
        "（YEAR-1）一年内被效能诫勉教育一次的，扣除三个月奖金。",
        "提出扣发三个月奖金（2026年11月、12月，2027年1月）的建议，由所在单位",
        "自收到本通知书之日起30日内，向龙泉市效能办书面申请复核",
        "自接到复核决定之日起15日内，向市委组织部提出申诉",
        "60日内作出处理决定",
        "不停止执行；不因申请复核、提出申诉而加重处理",
    ):
        assert words in text, words
    for words in ("合计3600", "评先评优。", "不得提拔"):
        assert words not in text, words


def test_money_that_another_year_counted_is_said_beside_the_sum():
    figures = YearFigures(half_points=9, withheld_cents=9000, earlier_cents=2000, later_cents=6000)
    text = said(papers.annual(figures=figures))
    assert (
        "合计90.00元（按计入月份统计，含上年发生的20.00元，本年发生、计入次年月份的60.00元不在此列）" in text
    )


def test_a_sum_where_every_month_has_its_base():
    text = said(papers.annual(bonus_cents=90_000))
    assert "提出扣发三个月奖金（2026年11月、12月，2027年1月）的建议，合计900.00元，" in text


def test_everything_that_can_follow_from_a_year():
    text = said(papers.worst_year())
    for words in (
        "确定为不称职等次",
        "1．提出扣发全年奖金的建议，合计3600.00元",
        "2．2026年度不得参与评先评优。",
        "3．2027年12月31日以前（含当日）不得提拔使用。",
    ):
        assert words in text, words


def test_without_a_grade_its_reason_is_given_and_nothing_follows():
    text = said(papers.ungraded())
    assert "不确定等次。原因：处于试用期。" in text
    assert "无扣发奖金、不得参与评先评优或者不得提拔使用的情形。" in text
    assert "未受批评教育以上处理" in text


def test_whom_others_grade_is_recommended_to_them():
    content = papers.year_recommendation()
    text = said(content)
    assert annual.title(content) == "2026年度考核建议书"
    assert text.startswith("青窑局：鿎明·龭阳系你单位办公室副主任，由你单位负责考核。")
    for words in (
        "建议你单位在年度考核中运用以下情况：1．年度考核等次确定为不称职。2．提出扣发全年奖金的建议",
        "本建议书不是考核结果，",
        "请将考核结果函告龙泉市效能办。",
    ):
        assert words in text, words
    assert "申诉" not in text
    assert "1．年度考核等次不高于称职。" in said(replace(content, ceiling="competent"))
    assert "收件单位：青窑局" in printed(content)
    nothing = replace(
        papers.ungraded(grade="", ungraded="", superior="丽水市青窑局"), figures=YearFigures(months=12)
    )
    assert "没有需要提出限制性建议的情形。" in said(nothing)


def test_a_changed_result_takes_the_place_of_the_first():
    text = said(papers.annual(corrects=date(2027, 1, 22), decided_on=date(2027, 3, 1)))
    assert "本通知更正并取代2027年1月22日作出的2026年度考核结果。" in text


@pytest.mark.parametrize(
    ("grade", "kind", "text"),
    [
        ("excellent", "civil_servant", "优秀"),
        ("competent", "civil_servant", "称职"),
        ("competent", "public_institution", "合格"),
        ("incompetent", "public_institution", "不合格"),
        ("excellent", "public_institution", "优秀"),
        ("ungraded", "public_institution", "不确定等次"),
    ],
)
def test_grades_by_employment_kind(grade, kind, text):
    assert grade_text(grade, kind) == text


def test_months_are_named_by_year():
    assert annual.months_text([date(2027, 1, 1), date(2026, 12, 1)]) == "2026年12月，2027年1月"


@pytest.mark.parametrize("lines", range(0, 40, 3))
def test_the_strip_ends_the_last_page_or_has_one_of_its_own(lines):
    pages = measured(papers.annual(reason="完成任务" * (1 + lines * 5)))
    last = pages[-1]
    title = last.saying("回　　执")
    others = [word for word in last.words if word.size == 16 and word.text != title.text]
    if not others:
        assert title.baseline < TOP + 20
        return
    assert all(word.baseline < title.baseline for word in others)
    cut = [stroke for stroke in last.strokes if stroke.across]
    assert len(cut) > 20
    assert {round(stroke.top, 2) for stroke in cut} == {round(cut[0].top, 2)}
    assert all(word.baseline < cut[0].top for word in others)


def test_the_strip_tells_how_it_was_taken():
    assert "签名：" in printed(papers.annual())
    taken = printed(papers.annual(service=Service(day=date(2027, 1, 25))))
    assert "已于2027年1月25日签收" in taken
    refused = printed(papers.annual(service=papers.refused(day=date(2027, 1, 25))))
    assert "收件人于2027年1月25日拒绝签收《2026年度考核结果通知书》，见证人沈青禾在场见证" in refused
    assert "本人已收到" not in refused


# --- The commendation -------------------------------------------------------------------------------------------------


def test_the_circular_lists_units_by_class_and_people_by_unit():
    content = papers.commendation(units=2, people=4)
    text = said(content)
    for words in (
        "各乡镇、街道，市直各单位：",
        "确定3个单位为先进单位、5名干部为先进个人，现予以通报表彰。",
        "一、先进单位（3个）（一）市直单位（2个）青窑第1局、青窑第2局。（二）乡镇街道（1个）鿎石街道。",
        "二、先进个人（5名）青窑局：鿎明·龭阳（办公室副主任）。",
        "青窑第1局：顾明0、顾明1、顾明2。青窑第2局：顾明3。",
        "珍惜荣誉",
    ):
        assert words in text, words
    assert commendation.title(content) == "关于表彰2026年度落实“干部身份证”制度先进单位和先进个人的通报"


def test_only_units_or_only_people():
    units = papers.commendation(people=0, units=1)
    only_units = replace(units, people=())
    assert commendation.title(only_units).endswith("先进单位的通报")
    assert "先进个人" not in said(only_units).replace(units.opening[1], "")
    assert commendation.title(replace(units, units=())).endswith("制度先进个人的通报")
    assert "确定2个单位为先进单位，现" in commendation.drafted_opening(2026, units=2, people=0)[1]
    assert "受表彰的单位珍惜" in commendation.drafted_closing(units=2, people=0)[0]
    assert "受表彰的个人珍惜" in commendation.drafted_closing(units=0, people=2)[0]


def test_the_circular_has_its_number_imprint_and_code():
    content = papers.commendation()
    pages = measured(content)
    pages[0].saying("龙泉市效能办文件")
    pages[0].saying("龙效能办〔2027〕5号")
    assert len(pages) % 2 == 0
    last = {word.text for word in pages[-1].words}
    assert {"2027年2月4日印发", f"核验码：{content.code}", "抄送："} <= last


def test_a_draft_of_the_circular_says_so_and_has_no_code():
    content = papers.commendation(number_text=None, signed_on=None, signed_by="")
    text = printed(content)
    assert "（草稿，未编号）" in text
    assert "核验码" not in text
    for page in measured(content):
        page.saying(commendation.DRAFT_MARK)


# --- The commendation as DOCX -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def word() -> bytes:
    return printing.docx(papers.commendation())


def test_the_docx_says_what_the_pdf_says(word):
    content = papers.commendation()
    document = Document(io.BytesIO(word))
    text = "".join(document.element.body.itertext())
    for part in printing.letter_of(content).body:
        assert outline_of(part) in text
    for words in ("龙泉市效能办文件", "龙效能办〔2027〕5号", "2027年2月4日", content.code):
        assert words in text
    (section,) = document.sections
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    for found, wanted in zip(margins, (37, 35, 28, 26), strict=True):
        assert found == pytest.approx(Mm(wanted), abs=Mm(0.1))


def test_the_docx_is_the_same_each_time_and_names_no_tool(word):
    assert printing.docx(papers.commendation()) == word
    with zipfile.ZipFile(io.BytesIO(word)) as archive:
        assert b"python" not in b"".join(archive.read(name) for name in archive.namelist())
    assert Document(io.BytesIO(word)).core_properties.author == papers.ISSUER


def test_the_docx_of_the_demonstration_and_of_a_draft(word):
    draft = papers.commendation(number_text=None, signed_on=None, demo=True)
    (section,) = Document(io.BytesIO(printing.docx(draft))).sections
    mark = section.header.paragraphs[0].text
    assert outline.DEMO_MARK in mark
    assert commendation.DRAFT_MARK in mark
    (section,) = Document(io.BytesIO(word)).sections
    assert not section.header.paragraphs[0].text


def test_headings_of_the_docx_have_their_faces(word):
    faces = {}
    for paragraph in Document(io.BytesIO(word)).paragraphs:
        for run in paragraph.runs:
            if run.text:
                face = run._r.rPr.rFonts.get(qn("w:eastAsia"))
                faces.setdefault(face, []).append((run.text, run.font.size.pt))
    assert ("一、先进单位（13个）", 16) in faces["黑体"]
    assert ("（一）市直单位（12个）", 16) in faces["楷体_GB2312"]
    assert ("龙泉市效能办文件", 42) not in faces["仿宋_GB2312"]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_the_docx_and_sees_its_pages(word, tmp_path):
    path = tmp_path / "circular.docx"
    path.write_bytes(word)
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, path]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    reader = PdfReader(tmp_path / "circular.pdf")
    assert 3 <= len(reader.pages) <= 5
    assert "龙泉市效能办文件" in reader.pages[0].extract_text()


# --- The public notice ------------------------------------------------------------------------------------------------


def test_the_notice_lists_names_with_their_grades_in_the_order_given():
    content = papers.public_notice()
    text = said(content)
    assert "现将本单位2026年度考核拟定等次予以公示" in text
    assert "参加考核21人，优秀等次名额4名，拟确定1名。" in text
    assert "1鿎明·龭阳办公室副主任优秀2顾明0工作人员称职" in text
    assert "7沈青禾综合服务中心工作人员合格" in text
    assert "公示时间：2027年1月8日至2027年1月14日（5个工作日），至最后一日24时止。" in text
    assert "本单位受理电话：0578-7210000市“效能直通车”受理电话：0578-7120000" in text
    assert "予以保密" in text


def test_only_the_excellent_ones_where_the_unit_wants_no_more():
    content = papers.public_notice(only_excellent=True)
    assert [one.name for one in content.shown] == [papers.CADRE.name]
    text = printed(content)
    assert "拟确定为优秀等次人员公示" in text
    assert "顾明" not in text
    nobody = papers.public_notice(grades=content.grades[1:], only_excellent=True)
    assert "（按姓名音序排列）。参加考核21人，优秀等次名额4名，拟确定0名。无。" in said(nobody)


def test_a_long_list_has_its_heads_on_each_page_and_is_read_from_a_wall():
    pages = measured(papers.public_notice(people=60))
    with_rows = [page for page in pages if any(word.text.startswith("顾明") for word in page.words)]
    assert len(with_rows) >= 3
    for page in with_rows:
        assert page.saying("姓名")
        name = next(word for word in page.words if word.text.startswith("顾明"))
        assert name.size == pytest.approx(14, abs=0.01)


def test_the_rest_of_the_notice_stands_below_its_table():
    for people in range(1, 40, 3):
        pages = measured(papers.public_notice(people=people))
        place = {}
        for number, page in enumerate(pages):
            for one in page.words:
                place[one.text] = (number, one.baseline)
        period = next(where for text, where in place.items() if text.startswith("公示时间"))
        assert place["沈青禾"] < period
        assert place["2027年1月8日"] > period


def test_types_of_the_contents():
    """What others import."""
    assert {Decision, AnnualNotice, Commendation, PublicNotice} == {type(build()) for build in papers.EVERY}
    assert (papers.decision().kind, papers.criticism().draft) == (DECISION, False)
    assert YearFigures().months == 12
