"""What the written notice of a year's result says (scheme.txt 三(三) “一年一考”; DOMAIN §3): the grade or why there is
none, figures, consequences, and the rights against it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Final

from appraisal.bulletins.content import date_text, money_text, points_text
from appraisal.bulletins.letter import Letter
from appraisal.bulletins.outline import Paragraph, clean
from appraisal.papers.content import REFUSED, AnnualNotice, YearFigures
from appraisal.papers.forms import Strip
from appraisal.papers.texts.common import (
    about,
    addressed,
    day_or_open,
    ended,
    grade_text,
    marks,
    numbered_lines,
    penned,
    plain,
    post_of,
    salutation,
    sections,
)

UNGRADED: Final = {
    "probation": "处于试用期",
    "leave": "病假、事假累计超过考核年度半年",
    "investigation": "涉嫌违纪违法被立案调查尚未结案，待结案后按规定补定等次",
    "sanction": "受记过以上处分",
    "short": "在职时间不足考核年度半年",
}
#: By rules.years.Code. Whoever reads the notice finds the clause behind each of them.
CODES: Final = {
    "COMP-2": "（COMP-2）一年内被投诉并经核查属实的，进行批评教育",
    "YEAR-1": "（YEAR-1）一年内被效能诫勉教育一次的，扣除三个月奖金",
    "YEAR-2": "（YEAR-2）一年内被效能告诫两次的，扣除全年奖金，当年年度考核确定为不称职",
    "YEAR-3": "（YEAR-3）一年扣分最少的，年终评先评优优先考虑",
    "YEAR-4": "（YEAR-4）一年扣分最多的，当年不得参与评先评优，个人考评不得评为称职以上，次年不得提拔使用",
    "LAW": "按照年度考核有关规定，年度内受到效能诫勉、效能告诫或者通报批评的，当年年度考核不确定为优秀等次",
}
#: Characters in a line of the strip.
PEN: Final = 26
_COUNTS: Final = {3: "三个月", 12: "全年"}


def title(content: AnnualNotice) -> str:
    return f"{content.year}年度考核{'建议书' if content.superior else '结果通知书'}"


def letter(content: AnnualNotice) -> Letter:
    return Letter(
        title=title(content),
        body=tuple(_recommendation(content) if content.superior else _notice(content)),
        signer=clean(content.issuer),
        date_line=day_or_open(content.decided_on),
        dated=content.decided_on or date(content.year, 12, 31),
        one_sided=True,
        marks=marks(draft=content.draft, demo=content.demo),
    )


def _notice(content: AnnualNotice) -> list[Paragraph]:
    parts = (
        ("考核等次", _grade(content)),
        ("考核情况", _figures(content)),
        ("考核结果的运用", consequences(content)),
        ("权利告知", _rights(content)),
    )
    return [salutation(content.to), *plain(_opening(content)), *sections(parts), *plain("特此通知。")]


def _recommendation(content: AnnualNotice) -> list[Paragraph]:
    """Their own superiors grade them (DESIGN §4): they hear what was counted, and what is recommended."""
    opening = (
        f"{about(content.to, content.superior)}，由你单位负责考核。按照“干部身份证”制度“一年一考”的要求，"
        f"现将其{content.year}年度落实制度情况和考核建议告知如下："
    )
    parts = (
        ("考核情况", _figures(content)),
        ("考核建议", _recommended(content)),
        ("权利告知", _rights_of_others(content)),
    )
    asked = f"请将考核结果函告{clean(content.issuer)}。"
    return [addressed(content.superior), *plain(opening), *sections(parts), *plain(asked)]


def _opening(content: AnnualNotice) -> str:
    return (
        f"你系{post_of(content.to)}。根据年度考核有关规定和“干部身份证”制度“一年一考”的要求，"
        f"现将你{content.year}年度考核结果通知如下："
    )


def _grade(content: AnnualNotice) -> list[Paragraph]:
    corrected = []
    if content.corrects:
        corrected.append(f"本通知更正并取代{date_text(content.corrects)}作出的{content.year}年度考核结果。")
    if content.ungraded:
        said = f"你{content.year}年度考核不确定等次。原因：{UNGRADED[content.ungraded]}。"
    else:
        said = f"你{content.year}年度考核确定为{grade_text(content.grade, content.employment_kind)}等次。"
    reason = [f"理由：{ended(content.reason)}"] if content.reason.strip() else []
    return plain(*corrected, said, *reason)


# --- Figures ----------------------------------------------------------------------------------------------------------


def _figures(content: AnnualNotice) -> list[Paragraph]:
    applied = [ended(CODES[code]) for code in content.codes if code in CODES]
    found = plain(_counted(content.year, content.figures))
    if applied:
        found += plain("适用以下规定（括号内为规则编号）：") + numbered_lines(applied)
    return found


def _counted(year: int, figures: YearFigures) -> str:
    points = points_text(figures.half_points).removesuffix(".0")
    said = [f"{year}年度在职{figures.months}个月（不满一个月的按一个月计），累计扣{points}分"]
    said += filter(None, [_withheld(figures)])
    measures = _measures(figures)
    said.append(measures or "无经核查属实的投诉，未受批评教育以上处理")
    return "；".join(said) + "。以上为扣除更正、复核冲减后的数。"


def _withheld(figures: YearFigures) -> str:
    notes = []
    if figures.earlier_cents:
        notes.append(f"，含上年发生的{money_text(figures.earlier_cents)}元")
    if figures.later_cents:
        notes.append(f"，本年发生、计入次年月份的{money_text(figures.later_cents)}元不在此列")
    if not figures.withheld_cents and not notes:
        return ""
    by_month = f"（按计入月份统计{''.join(notes)}）" if notes else ""
    return f"月度扣发建议合计{money_text(figures.withheld_cents)}元{by_month}"


def _measures(figures: YearFigures) -> str:
    counts = (
        ("经核查属实的投诉", figures.complaints, "件"),
        ("批评教育", figures.criticisms, "次"),
        ("效能诫勉", figures.admonishments, "次"),
        ("效能告诫", figures.cautions, "次"),
        ("全市通报批评", figures.circulars, "次"),
    )
    return "、".join(f"{name}{number}{counted}" for name, number, counted in counts if number)


# --- Consequences -----------------------------------------------------------------------------------------------------


def consequences(content: AnnualNotice) -> list[Paragraph]:
    said = _said(content)
    if not said:
        return plain("无扣发奖金、不得参与评先评优或者不得提拔使用的情形。")
    return numbered_lines(said) if len(said) > 1 else plain(*said)


def _recommended(content: AnnualNotice) -> list[Paragraph]:
    said = _said(content)
    if content.ceiling and content.ceiling != "excellent":
        bound = "确定为" if content.ceiling == "incompetent" else "不高于"
        said.insert(0, f"年度考核等次{bound}{grade_text(content.ceiling, content.employment_kind)}。")
    if not said:
        return plain("没有需要提出限制性建议的情形。")
    return plain("建议你单位在年度考核中运用以下情况：") + numbered_lines(said)


def _said(content: AnnualNotice) -> list[str]:
    said = []
    if content.bonus_months:
        said.append(_bonus(content))
    if content.barred_from_merit:
        said.append(f"{content.year}年度不得参与评先评优。")
    if content.barred_until:
        said.append(f"{date_text(content.barred_until)}以前（含当日）不得提拔使用。")
    return said


def _bonus(content: AnnualNotice) -> str:
    count = _COUNTS.get(content.bonus_months, f"{content.bonus_months}个月")
    months = (
        "" if content.bonus_months >= 12 or not content.bonus_of else f"（{months_text(content.bonus_of)}）"
    )
    total = f"，合计{money_text(content.bonus_cents)}元" if content.bonus_cents is not None else ""
    return f"提出扣发{count}奖金{months}的建议{total}，由所在单位按照规定程序办理；工资不在扣发范围。"


def months_text(months: Iterable[date]) -> str:
    """2026年11月、12月，2027年1月"""
    years = groupby(sorted(months), key=lambda month: month.year)
    return "，".join(
        f"{year}年{'、'.join(f'{month.month}月' for month in several)}" for year, several in years
    )


def _rights(content: AnnualNotice) -> list[Paragraph]:
    review_to = clean(content.review_to or content.issuer)
    appeal_to = clean(content.appeal_to) or "上一级机关或者同级主管部门"
    return plain(
        f"你对本考核结果不服的，可以自收到本通知书之日起{content.review_days}日内，向{review_to}书面申请复核，"
        f"复核由未参与作出本结果的人员办理，自收到申请之日起{content.review_answer_days}日内作出复核决定；"
        f"对复核决定不服的，可以自接到复核决定之日起{content.appeal_days}日内，向{appeal_to}提出申诉，"
        f"受理机关自受理之日起{content.appeal_answer_days}日内作出处理决定。"
        "复核、申诉期间不停止执行；不因申请复核、提出申诉而加重处理。"
    )


def _rights_of_others(content: AnnualNotice) -> list[Paragraph]:
    return plain(
        "本建议书不是考核结果，考核等次由你单位按照管理权限确定，当事人对考核结果不服的，按照你单位告知的途径提出。"
        "当事人对所列扣分、处理有异议的，可以按照月度异议、处理复核的规定向"
        f"{clean(content.review_to or content.issuer)}提出；所列情况更正的，另行函告。"
    )


# --- The strip --------------------------------------------------------------------------------------------------------


def strip(content: AnnualNotice) -> Strip:
    whom = f"收件人：{clean(content.to.name)}（{post_of(content.to)}）"
    if content.superior:
        whom = f"收件单位：{clean(content.superior)}"
    return Strip("回　　执", (whom, *_taken(content)))


def _taken(content: AnnualNotice) -> tuple[str, ...]:
    service = content.service
    received = f"{'' if content.superior else '本人'}已收到《{title(content)}》。"
    if service is None and content.superior:
        return received, penned("签收人（单位盖章）：", PEN)
    if service is None:
        return received, penned("签名：", PEN), "拒绝签收的，见证人签名：　　　　　　　送达人签名："
    if service.receipt == REFUSED:
        day, witness = date_text(service.day), clean(service.witness)
        return (f"收件人于{day}拒绝签收《{title(content)}》，见证人{witness}在场见证，视为送达。",)
    return received, f"已于{date_text(service.day)}签收，原件存档。"
