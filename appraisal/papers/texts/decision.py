"""What a decision of the ladder says (scheme.txt 一(三) “一查一究”): 决定书, 建议书 to superiors, 通知书 of a talk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from appraisal.bulletins.content import date_text
from appraisal.bulletins.letter import Letter
from appraisal.bulletins.outline import Imprint, Paragraph, Span, clean, lines_of
from appraisal.papers.content import DECISION, RECOMMENDATION, RECORD, REFUSED, Decision, Rule
from appraisal.papers.forms import Form, Row
from appraisal.papers.texts.common import (
    OPEN_DAY,
    day_or_open,
    ended,
    marks,
    numbered_lines,
    plain,
    post_of,
    salutation,
    sections,
)

NAMES: Final = {DECISION: "决定书", RECOMMENDATION: "建议书", RECORD: "通知书"}
DRAFT_NUMBER: Final = "（草稿，未编号）"
#: “三（三）被投诉一次……”: where the scheme says it, and what.
_CLAUSE: Final = re.compile(r"([一二三四五六七八九十]+[（(][一二三四五六七八九十]+[)）])\s*(.*)", re.DOTALL)
GENERAL: Final = (
    "按照“干部身份证”制度一（三）“一查一究”的规定，对违反制度规定的单位和个人，给予批评教育、效能诫勉和效能告诫等处理，"
    "情节严重的，在全市进行通报批评。"
)


def name(content: Decision) -> str:
    """效能告诫决定书"""
    return clean(f"{content.measure}{NAMES[content.kind]}")


def letter(content: Decision) -> Letter:
    numbered = content.kind != RECORD
    return Letter(
        heading=clean(content.issuer) if numbered else "",
        number=_number(content),
        title=name(content),
        body=tuple(body(content)),
        signer=clean(content.issuer),
        date_line=day_or_open(content.decided_on),
        dated=content.decided_on or _last_day(content),
        imprint=_imprint(content) if numbered else None,
        marks=marks(draft=content.draft, demo=content.demo, also=_set_aside(content)),
    )


def _number(content: Decision) -> str:
    if content.kind == DECISION and content.number_text is None:
        return DRAFT_NUMBER
    return clean(content.number_text or "")


def _last_day(content: Decision) -> date:
    return max((fact.day for fact in content.facts), default=date(content.year, 12, 31))


def _imprint(content: Decision) -> Imprint:
    copies = clean(content.copies_to).strip().removeprefix("抄送：").rstrip("。") or clean(content.to.unit)
    if content.kind == RECOMMENDATION and not content.copies_to:
        copies = ""
    printed_on = f"{date_text(content.decided_on)}印发" if content.decided_on else "草稿"
    return Imprint(f"{copies}。" if copies else "", clean(content.issuer), printed_on, check="")


def _set_aside(content: Decision) -> list[str]:
    return [f"已于{date_text(content.set_aside_on)}撤销"] if content.set_aside_on else []


# --- The text ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Words:
    """How the paper speaks of whom it is about, and of itself."""

    you: str
    paper: str
    act: str


def _words(content: Decision) -> _Words:
    if content.kind == RECOMMENDATION:
        return _Words(clean(content.to.name), "建议书", "建议")
    return _Words("你单位" if content.to.is_unit else "你", NAMES[content.kind], "决定")


def body(content: Decision) -> list[Paragraph]:
    words = _words(content)
    return [
        _addressed(content),
        *plain(_opening(content, words)),
        *sections(
            (
                ("认定的事实", _facts(content)),
                ("处理依据", _basis(content)),
                ("陈述申辩情况", _defence(content, words)),
                ("未先行适用较轻处理的理由", _skipped(content, words)),
                (f"处理{words.act}", _decision(content, words)),
                ("权利告知", _rights(content, words)),
            )
        ),
    ]


def _addressed(content: Decision) -> Paragraph:
    if content.kind == RECOMMENDATION:
        return Paragraph((Span(clean(f"{content.superior}："), "fangsong"),), indented=False)
    return salutation(content.to)


def _opening(content: Decision, words: _Words) -> str:
    told = f"现将认定的事实、处理依据和处理{words.act}告知如下："
    if content.kind == RECOMMENDATION:
        about = words.you if content.to.is_unit else f"{words.you}系{post_of(content.to)}，所在单位"
        return f"{about}由你单位垂直管理。经对其落实“干部身份证”制度的情况进行调查核实，{told}"
    if content.to.is_unit:
        return f"经对你单位落实“干部身份证”制度的情况进行调查核实，{told}"
    return f"你系{post_of(content.to)}。经对你落实“干部身份证”制度的情况进行调查核实，{told}"


def _facts(content: Decision) -> list[Paragraph]:
    if not content.facts:
        return plain(content.proposed_reason)
    said = f"{content.year}年度计入本次处理的事实共{len(content.facts)}项："
    lines = (f"{date_text(fact.day)}，{ended(fact.words)}" for fact in content.facts)
    return [*plain(said), *numbered_lines(lines)]


def _basis(content: Decision) -> list[Paragraph]:
    found = plain(_rule(content.rule) if content.rule else GENERAL)
    # Where nothing was counted the reason is the fact, and stands above.
    if content.facts and content.proposed_reason:
        found += plain(f"提出处理的理由：{ended(content.proposed_reason)}")
    return found


def _rule(rule: Rule) -> str:
    place, said = _clause(clean(rule.clause))
    said = clean(rule.words) or said
    about = f"关于“{said.rstrip('。')}”的规定" if said else "的规定"
    code = f"（规则编号：{clean(rule.code)}）" if rule.code else ""
    return f"上述事实适用“干部身份证”制度{place}{about}{code}。"


def _clause(clause: str) -> tuple[str, str]:
    found = _CLAUSE.fullmatch(clause)
    return (found[1], found[2].strip()) if found else ("", clause)


def _defence(content: Decision, words: _Words) -> list[Paragraph]:
    defence = content.defence
    found = []
    if defence.told_on:
        until = f"，陈述申辩期限至{date_text(defence.until)}" if defence.until else ""
        found.append(
            f"{date_text(defence.told_on)}，已将拟作处理的事实、依据和陈述申辩的权利告知{words.you}{until}。"
        )
    if not defence.was_made:
        ended_on = "期限届满，" if defence.told_on and defence.until else ""
        return plain("".join(found) + f"{ended_on}{words.you}未提出陈述申辩。")
    made_on = f"于{date_text(defence.made_on)}" if defence.made_on else ""
    first, *more = lines_of(defence.text)
    found.append(f"{words.you}{made_on}提出陈述申辩：{first}")
    answer = [f"对陈述申辩的采纳情况：{ended(defence.answer)}"] if lines_of(defence.answer) else []
    return plain("".join(found), *more, *answer)


def _skipped(content: Decision, words: _Words) -> list[Paragraph]:
    if not content.skipped:
        return []
    rungs = "、".join(map(clean, content.skipped))
    return plain(f"本年度未先行对{words.you}给予{rungs}。理由：{ended(content.skipped_reason)}")


def _decision(content: Decision, words: _Words) -> list[Paragraph]:
    found = plain(content.reason)
    measure = clean(content.measure)
    milder = f"原拟给予{clean(content.proposed_measure)}，" if _is_milder(content) else ""
    if content.kind == RECOMMENDATION:
        said = f"{milder}建议你单位按照管理权限，对{words.you}给予{measure}处理"
        return found + plain(f"{said}，并将处理结果函告{clean(content.issuer)}。")
    how = f"将有关问题{measure}处理" if measure.startswith("移送") else f"对{words.you}给予{measure}处理"
    year = content.decided_on.year if content.decided_on else content.year
    archived = f"本处理记入考评档案，作为{year}年度考核的依据。"
    return found + plain(f"{milder}经研究，决定{how}。{_period(content, words)}{archived}")


def _is_milder(content: Decision) -> bool:
    return bool(content.proposed_measure) and content.proposed_measure != content.measure


def _period(content: Decision, words: _Words) -> str:
    return (
        f"{period_name(content)}{content.months}个月，自本{words.paper}送达之日起计算。"
        if content.months
        else ""
    )


def period_name(content: Decision) -> str:
    """告诫期, 诫勉期, and for every other rung 影响期."""
    return next((f"{word}期" for word in ("告诫", "诫勉") if content.measure.endswith(word)), "影响期")


def _rights(content: Decision, words: _Words) -> list[Paragraph]:
    to = clean(content.review_to or content.issuer)
    asked = f"可以自收到本{words.paper}之日起{content.review_days}日内，向{to}书面申请复核"
    answered = f"复核由未参与作出本{words.act}的人员办理，自收到申请之日起{content.review_answer_days}日内作出复核决定"
    if content.kind == RECOMMENDATION:
        return plain(
            f"本建议书不是处理决定。当事单位、人员对认定的事实有异议的，{asked}。{answered}，不因申请复核而加重。"
        )
    return plain(
        f"{words.you}对本处理不服的，{asked}。{answered}。复核期间不停止执行；不因申请复核而加重处理。"
    )


# --- The page that is signed ------------------------------------------------------------------------------------------


def form(content: Decision) -> Form:
    return talk(content) if content.kind == RECORD else receipt(content)


def receipt(content: Decision) -> Form:
    """送达回证: filled in as far as it is known, and blank for a pen where it is not."""
    service = content.service
    to_whom = clean(content.superior) if content.kind == RECOMMENDATION else _whom(content)
    rows = [
        Row("送达文书", f"《{name(content)}》"),
        Row("文　　号", _number(content) or "—"),
        Row("受送达人", to_whom),
        Row("送达人", clean(service.served_by) if service else "", "送达地点", ""),
        Row(
            "送达日期",
            date_text(service.day) if service else OPEN_DAY,
            align="right" if not service else "left",
        ),
        Row("受送达人\n签　　收", _signed(content), high=30),
        Row("拒绝签收\n情　　况", _refused(content), high=42),
    ]
    if content.months and content.kind == DECISION:
        rows.append(Row(period_name(content), _dates(content)))
    rows.append(Row("备　　注", "", high=20))
    note = (
        "注：受送达人拒绝签收的，送达人应当邀请见证人到场，记明拒收事由和日期，由送达人、见证人签名，视为送达。"
        "本回证由送达人带回存档。"
    )
    return Form("送　达　回　证", tuple(rows), note=note)


def _whom(content: Decision) -> str:
    return (
        clean(content.to.name) if content.to.is_unit else f"{clean(content.to.name)}（{post_of(content.to)}）"
    )


def _signed(content: Decision) -> str:
    service = content.service
    if service is None:
        seal = "（单位盖章）" if content.to.is_unit or content.kind == RECOMMENDATION else ""
        return f"签名{seal}：　　　　　　　　　{OPEN_DAY}"
    if service.receipt == REFUSED:
        return "—"
    return f"已于{date_text(service.day)}签收，签收原件存档。"


def _refused(content: Decision) -> str:
    service = content.service
    if service is None:
        return f"拒收事由：\n\n见证人签名：　　　　　　送达人签名：\n　　　　　　　　　　　　　　　{OPEN_DAY}"
    if service.receipt != REFUSED:
        return "—"
    return f"受送达人于{date_text(service.day)}拒绝签收，见证人{clean(service.witness)}在场见证，视为送达。"


def _dates(content: Decision) -> str:
    service = content.service
    if service is None or service.expires_on is None:
        return f"自　　　{OPEN_DAY}至　　　{OPEN_DAY}"
    return f"自{date_text(service.day)}至{date_text(service.expires_on)}"


def talk(content: Decision) -> Form:
    """谈话记录: of a criticism or an admonishment, which is told and not served."""
    service = content.service
    rows = (
        Row("谈话时间", date_text(service.day) if service else OPEN_DAY, "谈话地点", ""),
        Row(
            "谈话对象", clean(content.to.name), "单位职务", "" if content.to.is_unit else post_of(content.to)
        ),
        Row("谈话人", clean(service.served_by) if service else "", "记录人", ""),
        Row("谈话事由", f"{clean(content.measure)}（见《{name(content)}》）"),
        Row("谈话内容", "", high=62),
        Row("谈话对象\n意　　见", "", high=34),
        Row("谈话对象\n签　　名", _signed(content), high=20),
        Row(
            "拒绝签名\n情　　况",
            _refused(content).replace("拒收", "拒签").replace("送达人", "谈话人"),
            high=38,
        ),
    )
    return Form(
        "谈　话　记　录",
        rows,
        note="注：谈话对象拒绝签名的，由谈话人、见证人签名并记明情况。本记录存入考评档案。",
    )
