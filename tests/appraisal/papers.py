"""Contents of the papers of the ladder and of the year. Every name is invented."""

from datetime import date

from appraisal.papers.content import (
    RECOMMENDATION,
    RECORD,
    REFERRAL,
    REFUSED,
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
from appraisal.papers.texts.commendation import drafted_closing, drafted_opening

ISSUER = "龙泉市效能办"
CADRE = Addressee(name="鿎明·龭阳", unit="青窑局", post="办公室副主任")
UNIT = Addressee(name="鿎石街道")
FACTS = (
    Fact(day=date(2026, 5, 12), words="效能诫勉：工作时间脱岗，窗口无人顶岗"),
    Fact(day=date(2026, 9, 3), words="投诉经核查属实：推诿群众，未一次性告知所需材料。"),
    Fact(day=date(2026, 10, 21), words="去向不实：去向牌显示在岗，本人不在岗位，事后未能说明去向"),
)
RULE = Rule(code="SANC-1-RISE", clause="一（三）效能诫勉后再犯")
DEFENCE = Defence(
    told_on=date(2026, 10, 26),
    until=date(2026, 10, 29),
    made_on=date(2026, 10, 28),
    text="10月21日上午到上级机关送材料，走得急，没有更新去向。\n投诉一事已向群众当面道歉。",
    answer="送材料有回执为证，对脱岗部分予以采纳；未更新去向属实，不予采纳",
)
REASON = "事实清楚，有巡查记录和核查结论为证；本年度已受效能诫勉，仍再次违反制度规定。"


def decision(**changed) -> Decision:
    facts = {
        "issuer": ISSUER,
        "measure": "效能告诫",
        "to": CADRE,
        "year": 2026,
        "facts": FACTS,
        "reason": REASON,
        "rule": RULE,
        "defence": DEFENCE,
        "months": 12,
        "number_text": "龙效能告〔2026〕3号",
        "decided_on": date(2026, 11, 4),
        **changed,
    }
    return Decision(**facts)


def circular_criticism(**changed) -> Decision:
    """Of a unit, with rungs passed over, and nothing said in defence."""
    return decision(
        **{
            "measure": "全市通报批评",
            "to": UNIT,
            "facts": FACTS[:1],
            "rule": None,
            "proposed_reason": "连续三个月未报送一日一表，经两次督促仍未改正",
            "defence": Defence(told_on=date(2026, 10, 26), until=date(2026, 10, 29)),
            "skipped": ("批评教育", "效能诫勉"),
            "skipped_reason": "情节严重，影响较大",
            "number_text": "龙效能告〔2026〕4号",
            **changed,
        }
    )


def recommendation(**changed) -> Decision:
    return decision(**{"kind": RECOMMENDATION, "superior": "丽水市青窑局", "number_text": None, **changed})


def criticism(**changed) -> Decision:
    return decision(
        **{
            "kind": RECORD,
            "measure": "批评教育",
            "facts": FACTS[1:2],
            "rule": Rule(code="COMP-2", clause="三（三）被投诉一次经核查属实的，进行批评教育"),
            "defence": Defence(),
            "months": 0,
            "number_text": None,
            **changed,
        }
    )


def referral(**changed) -> Decision:
    return decision(
        **{
            "kind": REFERRAL,
            "measure": "移送市纪委",
            "superior": "市纪委市监委",
            "rule": None,
            "months": 0,
            "number_text": "龙效能告〔2026〕5号",
            **changed,
        }
    )


def refused(**changed) -> Service:
    facts = {
        "day": date(2026, 11, 6),
        "receipt": REFUSED,
        "served_by": "顾明川",
        "witness": "沈青禾",
        **changed,
    }
    return Service(**facts)


def annual(**changed) -> AnnualNotice:
    """Competent, with three months' bonus and no sum."""
    facts = {
        "issuer": ISSUER,
        "to": CADRE,
        "year": 2026,
        "grade": "competent",
        "reason": "年度内受到效能诫勉一次，完成岗位目标责任制各项任务",
        "figures": YearFigures(
            half_points=9, withheld_cents=9000, complaints=1, criticisms=1, admonishments=1
        ),
        "codes": ("COMP-2", "YEAR-1", "LAW"),
        "bonus_months": 3,
        "bonus_of": (date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)),
        "decided_on": date(2027, 1, 22),
        "appeal_to": "市委组织部",
        **changed,
    }
    return AnnualNotice(**facts)


def worst_year(**changed) -> AnnualNotice:
    """Everything that can follow from a year."""
    return annual(
        **{
            "grade": "incompetent",
            "codes": ("COMP-2", "YEAR-1", "LAW", "YEAR-2", "YEAR-4"),
            "figures": YearFigures(
                half_points=61,
                withheld_cents=61_000,
                complaints=3,
                criticisms=2,
                admonishments=1,
                cautions=2,
                circulars=1,
            ),
            "bonus_months": 12,
            "bonus_of": tuple(date(2026, month, 1) for month in range(1, 13)),
            "bonus_cents": 360_000,
            "barred_from_merit": True,
            "barred_until": date(2027, 12, 31),
            **changed,
        }
    )


def year_recommendation(**changed) -> AnnualNotice:
    """Of an enterprise's own: the enterprise grades."""
    return worst_year(
        **{"grade": "", "superior": "青窑局", "ceiling": "incompetent", "reason": "", **changed}
    )


def ungraded(**changed) -> AnnualNotice:
    return annual(
        **{
            "grade": "ungraded",
            "ungraded": "probation",
            "reason": "",
            "figures": YearFigures(months=4),
            "codes": (),
            "bonus_months": 0,
            "bonus_of": (),
            **changed,
        }
    )


def commendation(units: int = 12, people: int = 40, **changed) -> Commendation:
    facts = {
        "issuer": ISSUER,
        "year": 2026,
        "opening": drafted_opening(2026, units=units + 1, people=people + 1),
        "closing": drafted_closing(units=units + 1, people=people + 1),
        "units": (
            *(CommendedUnit(name=f"青窑第{number}局", kind="市直单位") for number in range(1, units + 1)),
            CommendedUnit(name="鿎石街道", kind="乡镇街道"),
        ),
        "people": (
            CommendedPerson(name=CADRE.name, unit="青窑局", post="办公室副主任"),
            *(
                CommendedPerson(name=f"顾明{number}", unit=f"青窑第{number // 3 + 1}局")
                for number in range(people)
            ),
        ),
        "number_text": "龙效能办〔2027〕5号",
        "signed_on": date(2027, 2, 4),
        "signed_by": "顾明川",
        "copies_to": "市委办公室、市政府办公室，市委组织部",
        **changed,
    }
    return Commendation(**facts)


def public_notice(people: int = 6, **changed) -> PublicNotice:
    facts = {
        "unit": "鿎石街道办事处",
        "year": 2026,
        "grades": (
            ProposedGrade(name=CADRE.name, grade="excellent", post="办公室副主任"),
            *(
                ProposedGrade(name=f"顾明{number}", grade="competent", post="工作人员")
                for number in range(people - 1)
            ),
            ProposedGrade(
                name="沈青禾",
                grade="competent",
                post="综合服务中心工作人员",
                employment_kind="public_institution",
            ),
        ),
        "first_day": date(2027, 1, 8),
        "last_day": date(2027, 1, 14),
        "working_days": 5,
        "phones": (
            Phone(whose="本单位", number="0578-7210000"),
            Phone(whose="市“效能直通车”", number="0578-7120000"),
        ),
        "participants": 21,
        "most_excellent": 4,
        **changed,
    }
    return PublicNotice(**facts)


EVERY = (
    decision,
    circular_criticism,
    recommendation,
    criticism,
    referral,
    annual,
    worst_year,
    year_recommendation,
    ungraded,
    commendation,
    public_notice,
)
