"""The page of a decision that is signed: 送达回证, or 谈话记录 of a talk. What is not known is left to a pen."""

from __future__ import annotations

from typing import Final

from appraisal.bulletins.content import date_text
from appraisal.bulletins.outline import clean
from appraisal.papers.content import DECISION, RECORD, REFUSED, Decision
from appraisal.papers.forms import Form, Row
from appraisal.papers.texts import decision
from appraisal.papers.texts.common import PENNED_DAY, penned, post_of

#: Characters in a line of a wide cell.
PEN: Final = 24
RECEIPT_NOTE: Final = (
    "注：受送达人拒绝签收的，送达人应当邀请见证人到场，记明拒收事由和日期，由送达人、见证人签名，视为送达。"
    "本回证由送达人带回存档。"
)
TALK_NOTE: Final = "注：拒绝签名的，由谈话人、见证人签名并记明情况。本记录存入考评档案。"
NONE: Final = "—"


def form(content: Decision) -> Form:
    return talk(content) if content.kind == RECORD else receipt(content)


def receipt(content: Decision) -> Form:
    service = content.service
    rows = [
        Row("送达文书", f"《{decision.name(content)}》"),
        Row("文　　号", decision.number(content) or NONE),
        Row("受送达人", clean(content.superior) if content.goes_above else _whom(content)),
        Row("送达人", _served_by(content), "送达地点", ""),
        Row("送达日期", date_text(service.day) if service else penned("", PEN)),
        Row("受送达人\n签　　收", _signed(content, "签收"), high=30),
    ]
    if not content.goes_above:
        rows.append(Row("拒绝签收\n情　　况", _refused(content, "签收", "送达人"), high=46))
    if content.months and content.kind == DECISION:
        rows.append(Row(decision.period_name(content), _dates(content)))
    rows.append(Row("备　　注", "", high=20))
    return Form("送　达　回　证", tuple(rows), note="" if content.goes_above else RECEIPT_NOTE)


def talk(content: Decision) -> Form:
    """Of a criticism or an admonishment, which is told and not served."""
    service = content.service
    day = date_text(service.day) if service else PENNED_DAY[2:]
    rows = (
        Row("谈话时间", day, "谈话地点", ""),
        Row("谈话对象", _whom(content)),
        Row("谈话人", _served_by(content), "记录人", ""),
        Row("谈话事由", f"{clean(content.measure)}（见《{decision.name(content)}》）"),
        Row("谈话内容", "", high=42),
        Row("谈话对象\n意　　见", "", high=26),
        Row("谈话对象\n签　　名", _signed(content, "签名"), high=20),
        Row("拒绝签名\n情　　况", _refused(content, "签名", "谈话人"), high=40),
    )
    return Form("谈　话　记　录", rows, note=TALK_NOTE)


def _served_by(content: Decision) -> str:
    return clean(content.service.served_by) if content.service else ""


def _whom(content: Decision) -> str:
    return (
        clean(content.to.name) if content.to.is_unit else f"{clean(content.to.name)}（{post_of(content.to)}）"
    )


def _signed(content: Decision, what: str) -> str:
    service = content.service
    if service is None:
        seal = "（单位盖章）" if content.to.is_unit or content.goes_above else ""
        return penned(f"签名{seal}：", PEN)
    if service.receipt == REFUSED:
        return NONE
    return f"已于{date_text(service.day)}{what}，原件存档。"


def _refused(content: Decision, what: str, by: str) -> str:
    service = content.service
    if service is None:
        return "\n\n".join((f"拒绝{what}的事由：", f"见证人签名：　　　　　　　{by}签名：", penned("", PEN)))
    if service.receipt != REFUSED:
        return NONE
    deemed = "，视为送达" if what == "签收" else ""
    return f"于{date_text(service.day)}拒绝{what}，见证人{clean(service.witness)}在场见证{deemed}。"


def _dates(content: Decision) -> str:
    service = content.service
    if service is None or service.expires_on is None:
        return f"自{PENNED_DAY}至{PENNED_DAY}"
    return f"自{date_text(service.day)}至{date_text(service.expires_on)}"
