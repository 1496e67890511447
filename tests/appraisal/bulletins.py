"""Contents of bulletins: all units, hostile names, a correction. Every name is invented."""

import hashlib
import random
from datetime import date

from appraisal.bulletins.content import (
    PART_HEADINGS,
    Bulletin,
    CaughtUp,
    ChainHead,
    Correction,
    ItemColumn,
    ItemCount,
    Part,
    Superseded,
    UnitRow,
)
from attendance.seeds import ITEMS

LONG = "青窑镇人民政府综合行政执法队暨生态环境与自然资源保护协调管理工作领导小组办公室（挂便民服务中心牌子）"
HOSTILE = (
    "鿎石街道",
    "=1+1",
    "+SUM(A1)",
    "-2+3",
    "@cmd",
    "青\u200b窑局",
    "𬭎昇局",
    "<b>&\"'",
    LONG,
    "甲\U0001f600乙",
)
OVERALL = (
    "11月份，市效能办会同市纪委、市作风办，通过一日一表、随机抽查和群众投诉核查等方式，对全市107个单位执行“干部身份证”制度情况进行了检查。"
    "全月应查2247个单位日，已查2239个单位日，检查覆盖率99.6%。",
    "检查发现问题212个，扣分318.5分，提出扣发建议6370.00元；受理投诉36件，按期办结34件，逾期2件，经核查属实9件。",
)
PROBLEMS = (
    "（一）去向不实问题仍然存在。个别单位工作人员外出未按规定登记去向，检查时去向牌显示“在岗”而本人不在岗位的有12人次，占全部问题的5.7%，"
    "比上月增加3人次，反映出少数单位对制度执行情况的日常检查不够细、不够严，一日一表流于形式。",
    "（二）窗口空岗问题反复发生",
    "1.部分窗口单位没有落实B岗制度，工作人员临时离开后无人顶岗，群众长时间等候。",
    "2.个别乡镇便民服务中心午间值班安排不到位，存在提前关门、推迟开门现象。",
    "（三）月报迟报。有3个单位未按规定时间报送月度考核结果，影响了全市通报的及时性。",
)
MEASURES = (
    "（一）对检查发现的问题，由各单位按照月度考核标准扣分，并提出扣发月度考核奖建议，结果在本单位公布。",
    "（二）对投诉查实的9件，责成所在单位对责任人进行批评教育；情节较重的，按照“一查一究”规定处理。",
)
DEMANDS = (
    "各单位要对照通报逐项整改，举一反三，于12月10日前将整改情况书面报市“效能直通车”。领导小组组长要认真履行责任，对本单位每日检查情况定期抽查，坚决防止以表格代替检查。",
    "市效能办将对问题较多的单位开展回头看，对整改不力的单位和责任人，按照《追效问责制度》追究责任。",
)
TEXTS = (OVERALL, PROBLEMS, MEASURES, DEMANDS)
ITEM_COLUMNS = tuple(ItemColumn(code=item[0], name=item[1]) for item in ITEMS)


def head_of(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def unit(number: int, name: str = "", kind: str = "市直单位", chance: random.Random | None = None) -> UnitRow:
    chance = chance or random.Random(number)
    counts = [
        ItemCount(code=item.code, number=chance.randint(1, 9))
        for item in ITEM_COLUMNS
        if chance.random() < 0.12
    ]
    found = sum(count.number for count in counts)
    late = chance.random() < 0.05
    return UnitRow(
        code=f"D{number:03}",
        name=name or f"青窑第{number}局",
        kind=kind,
        days_checked=21,
        days_due=21,
        findings=found,
        by_item=tuple(counts),
        person_half_points=found * 3,
        unit_half_points=chance.randint(0, 2),
        withheld_cents=found * 3000,
        complaints_on_time=chance.randint(0, 3),
        complaints_late=chance.randint(0, 1),
        complaints_substantiated=chance.randint(0, 1),
        nil_report=not found,
        late=late,
        days_late=3 if late else 0,
    )


def uncounted(number: int, standing: str) -> UnitRow:
    name = f"青窑第{number}局"
    return UnitRow(
        code=f"D{number:03}",
        name=name,
        kind="市直单位",
        days_due=21,
        days_checked=9,
        standing=standing,
        late=True,
    )


def city(departments: int = 88, towns: int = 19) -> tuple[UnitRow, ...]:
    return (
        *(unit(number) for number in range(1, departments - 1)),
        uncounted(departments - 1, "waiting"),
        uncounted(departments, "missing"),
        *(unit(900 + number, f"青窑{number}镇", "乡镇街道") for number in range(1, towns + 1)),
    )


CAUGHT_UP = (
    CaughtUp(
        unit_code="D005",
        unit_name="青窑第5局",
        month=date(2026, 10, 1),
        findings=3,
        person_half_points=8,
        unit_half_points=2,
        withheld_cents=8000,
        days_late=12,
    ),
)
CORRECTIONS = (
    Correction(
        unit_code="D003",
        unit_name="青窑第3局",
        month=date(2026, 10, 1),
        half_points=-4,
        cents=-4000,
        reason="当日在上级机关开会，有会议通知和签到为证，异议成立，撤销原扣分",
        source="异议",
    ),
    Correction(
        unit_code="D010",
        unit_name="青窑第10局",
        month=date(2026, 9, 1),
        half_points=3,
        cents=3000,
        source="复核",
    ),
)


def bulletin(units: tuple[UnitRow, ...] | None = None, **changed) -> Bulletin:
    units = city() if units is None else units
    facts = {
        "city": "龙泉市",
        "issuer_heading": "龙泉市效能办文件",
        "signer": "龙泉市效能建设领导小组办公室",
        "month": date(2026, 11, 1),
        "title": "关于2026年11月全市机关效能检查扣分情况的通报",
        "parts": tuple(
            Part(heading=heading, paragraphs=texts)
            for heading, texts in zip(PART_HEADINGS, TEXTS, strict=True)
        ),
        "units": units,
        "items": ITEM_COLUMNS,
        "corrections": CORRECTIONS,
        "caught_up": CAUGHT_UP,
        "chain_heads": tuple(
            ChainHead(unit_code=row.code, unit_name=row.name, sequence=number * 7 + 3, head=head_of(row.code))
            for number, row in enumerate(units)
        ),
        "number_text": "龙效能办〔2026〕3号",
        "signed_on": date(2026, 12, 4),
        "signed_by": "顾明川",
        "copies_to": "市委办公室、市人大常委会办公室、市政府办公室、市政协办公室、市纪委市监委，"
        "市委组织部、市委宣传部，市作风办",
        "printed_by": "龙泉市效能建设领导小组办公室",
        **changed,
    }
    return Bulletin(**facts)


def draft(**changed) -> Bulletin:
    return bulletin(number_text=None, signed_on=None, signed_by="", **changed)


def correcting(**changed) -> Bulletin:
    earlier = Superseded(
        number_text="龙效能办〔2026〕3号", signed_on=date(2026, 12, 4), reason="青窑第3局扣分误记"
    )
    return bulletin(
        number_text="龙效能办〔2026〕4号", signed_on=date(2026, 12, 9), corrects=earlier, **changed
    )


def hostile() -> Bulletin:
    units = tuple(unit(number, name) for number, name in enumerate(HOSTILE, start=1))
    return bulletin(units, title="关于" + LONG + "等单位2026年11月全市机关效能检查扣分情况的通报")
