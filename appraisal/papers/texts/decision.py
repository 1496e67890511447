"""What a decision of the ladder says (scheme.txt 一(三) “一查一究”): 决定书, 建议书 to superiors, 通知书 of a talk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from appraisal.bulletins.content import date_text
from appraisal.bulletins.letter import Letter
from appraisal.bulletins.outline import Paragraph, clean, lines_of
from appraisal.papers.content import DECISION, RECOMMENDATION, RECORD, REFERRAL, Decision, Rule
from appraisal.papers.texts.common import (
    about,
    addressed,
    day_or_open,
    ended,
    marks,
    numbered_lines,
    plain,
    post_of,
    salutation,
    sections,
)

NAMES: Final = {DECISION: "决定书", RECOMMENDATION: "建议书", RECORD: "通知书", REFERRAL: "移送书"}
REFERRAL_NAME: Final = "问题线索移送书"
DRAFT_NUMBER: Final = "（草稿，未编号）"
#: “三（三）被投诉一次……”: where the scheme says it, and what.
_CLAUSE: Final = re.compile(r"([一二三四五六七八九十]+[（(][一二三四五六七八九十]+[)）])\s*(.*)", re.DOTALL)
REFERRED: Final = "按照“干部身份证”制度一（三）“一查一究”的规定，构成违纪的，移送市纪委追究纪律责任。"
GENERAL: Final = (
    "按照“干部身份证”制度一（三）“一查一究”的规定，对违反制度规定的单位和个人，给予批评教育、效能诫勉和效能告诫等处理，"
    "情节严重的，在全市进行通报批评。"
)


def name(content: Decision) -> str:
    """效能告诫决定书"""
    if content.kind == REFERRAL:
        return REFERRAL_NAME
    return clean(f"{content.measure}{NAMES[content.kind]}")


def letter(content: Decision) -> Letter:
    numbered = content.kind != RECORD
    return Letter(
        heading=clean(content.issuer) if numbered else "",
        number=number(content),
        title=name(content),
        body=tuple(body(content)),
        signer=clean(content.issuer),
        date_line=day_or_open(content.decided_on),
        dated=content.decided_on or _last_day(content),
        copies=_copies(content) if numbered else "",
        one_sided=True,
        marks=marks(draft=content.draft, demo=content.demo, also=_set_aside(content)),
    )


def number(content: Decision) -> str:
    if content.kind == DECISION and content.number_text is None:
        return DRAFT_NUMBER
    return clean(content.number_text or "")


def _last_day(content: Decision) -> date:
    return max((fact.day for fact in content.facts), default=date(content.year, 12, 31))


def _copies(content: Decision) -> str:
    copies = clean(content.copies_to).strip().removeprefix("抄送：").rstrip("。")
    if not content.goes_above:
        copies = copies or clean(content.to.unit)
    return f"{copies}。" if copies else ""


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
    paper = NAMES[content.kind]
    if content.goes_above:
        return _Words(clean(content.to.name), paper, "建议")
    return _Words("你单位" if content.to.is_unit else "你", paper, "决定")


def body(content: Decision) -> list[Paragraph]:
    words = _words(content)
    parts = _referral(content, words) if content.kind == REFERRAL else _parts(content, words)
    return [_addressed(content), *plain(_opening(content, words)), *sections(parts)]


def _parts(content: Decision, words: _Words) -> list[tuple[str, list[Paragraph]]]:
    return [
        ("认定的事实", _facts(content)),
        ("处理依据", _basis(content)),
        ("陈述申辩情况", _defence(content, words)),
        ("未先行适用较轻处理的理由", _skipped(content, words)),
        (_outcome(content), _decision(content, words)),
        ("权利告知", _rights(content, words)),
    ]


def _referral(content: Decision, words: _Words) -> list[tuple[str, list[Paragraph]]]:
    """The commission hears what was found and what was said to it; the rest is its own affair."""
    heard = content.defence.told_on or content.defence.was_made
    asked = f"现将上述问题线索移送你单位，请依规依纪依法处理，并将处理结果函告{clean(content.issuer)}。"
    materials = "有关材料随本移送书移交。"
    return [
        ("问题线索", _facts(content)),
        ("移送依据", plain(REFERRED)),
        ("陈述申辩情况", _defence(content, words) if heard else []),
        (_outcome(content), plain(content.reason, asked + materials)),
    ]


def _addressed(content: Decision) -> Paragraph:
    if content.goes_above:
        return addressed(content.superior)
    return salutation(content.to)


def _opening(content: Decision, words: _Words) -> str:
    told = f"现将认定的事实、处理依据和处理{words.act}告知如下："
    checked = "落实“干部身份证”制度的情况进行调查核实"
    if content.kind == REFERRAL:
        whom = words.you if content.to.is_unit else f"{post_of(content.to)}{words.you}"
        return f"经对{whom}{checked}，发现有关问题需要移送你单位处理，现将有关情况函告如下："
    if content.kind == RECOMMENDATION:
        managed = "" if content.to.unit == content.superior else "，由你单位管理"
        return f"{about(content.to, content.superior)}{managed}。经对其{checked}，{told}"
    if content.to.is_unit:
        return f"经对你单位{checked}，{told}"
    return f"你系{post_of(content.to)}。经对你{checked}，{told}"


def _facts(content: Decision) -> list[Paragraph]:
    if not content.facts:
        return plain(content.proposed_reason)
    said = f"{content.year}年度计入本次处理的事实共{len(content.facts)}项："
    if content.kind == REFERRAL:
        said = f"移送的问题线索共{len(content.facts)}条："
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
    code = f"（规则{clean(rule.code)}）" if rule.code else ""
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
    if not defence.was_made and content.decided_on is None:
        return plain("".join(found) + f"尚未收到{words.you}的陈述申辩。")
    if not defence.was_made:
        ended_on = "期限届满，" if defence.told_on and defence.until else ""
        return plain("".join(found) + f"{ended_on}{words.you}未提出陈述申辩。")
    made_on = f"于{date_text(defence.made_on)}" if defence.made_on else ""
    first, *more = lines_of(defence.text) or [""]
    found.append(f"{words.you}{made_on}提出陈述申辩：{first}")
    if content.draft:
        # Nobody has weighed it yet.
        return plain("".join(found), *more)
    answer = f"对陈述申辩的采纳情况：{ended(defence.answer)}"
    if not lines_of(defence.answer):
        answer = f"陈述申辩已经审查，是否采纳及其理由见本{words.paper}“{_outcome(content)}”部分。"
    return plain("".join(found), *more, answer)


def _outcome(content: Decision) -> str:
    """The heading of what is decided."""
    return "移送意见" if content.kind == REFERRAL else f"处理{_words(content).act}"


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
    year = content.decided_on.year if content.decided_on else content.year
    archived = f"本处理记入考评档案，作为{year}年度考核的依据。"
    # A draft decides nothing yet.
    decided = "经研究，决定" if content.decided_on else "拟"
    return found + plain(
        f"{milder}{decided}对{words.you}给予{measure}处理。{_period(content, words)}{archived}"
    )


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
