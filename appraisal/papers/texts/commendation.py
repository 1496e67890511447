"""What the city-wide commendation says (scheme.txt 三(三): “在全市通报表彰”): units by class, people by unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from appraisal.bulletins import outline
from appraisal.bulletins.content import date_text
from appraisal.bulletins.letter import Letter
from appraisal.bulletins.outline import Imprint, Paragraph, Span, clean
from appraisal.papers.content import Commendation, CommendedPerson, CommendedUnit
from appraisal.papers.texts.common import NUMBERS, day_or_open, heading, marks, plain, sections

DRAFT_MARK: Final = "草稿　未签发，不作为表彰依据"


def title(content: Commendation) -> str:
    return f"关于表彰{content.year}年度落实“干部身份证”制度{_whom(content.units, content.people)}的通报"


def _whom(units: Sequence[object], people: Sequence[object]) -> str:
    there = ["先进单位"] * bool(units) + ["先进个人"] * bool(people)
    return "和".join(there) or "先进单位和先进个人"


def drafted_opening(year: int, *, units: int, people: int) -> tuple[str, ...]:
    """Nothing is said that the figures do not say; an office adds what it knows."""
    opening = (
        f"{year}年，各乡镇、街道和市直单位按照“一日一表”“一月一计”“一年一考”的要求，落实“干部身份证”制度，方便群众办事，"
        "自觉接受群众监督。",
    )
    if not (units or people):
        return opening
    line = _lines(units, people)
    counts = [f"{units}个单位为先进单位"] * bool(units) + [f"{people}名干部为先进个人"] * bool(people)
    chosen = f"根据年度考核结果，从全年扣分最少的{line}中，经研究，确定{'、'.join(counts)}，现予以通报表彰。"
    return *opening, chosen


def _lines(units: int, people: int) -> str:
    return "和".join(["单位"] * bool(units) + ["个人"] * bool(people))


def drafted_closing(*, units: int, people: int) -> tuple[str, ...]:
    whom = _lines(units, people) or "单位和个人"
    return (
        f"希望受表彰的{whom}珍惜荣誉，再接再厉，继续发挥示范带头作用。各单位要以先进为榜样，严格落实“干部身份证”制度，"
        "进一步转变作风、提高效能，让群众找得到人、办得成事。",
    )


def letter(content: Commendation) -> Letter:
    return Letter(
        heading=f"{clean(content.issuer)}文件",
        number=clean(content.number_text) if content.number_text else outline.DRAFT_NUMBER,
        title=title(content),
        body=tuple(body(content)),
        signer=clean(content.issuer),
        date_line=day_or_open(content.signed_on),
        dated=content.signed_on or date(content.year, 12, 31),
        imprint=_imprint(content),
        marks=marks(draft=False, demo=content.demo, also=[DRAFT_MARK] * content.draft),
    )


def body(content: Commendation) -> list[Paragraph]:
    parts = [(f"先进单位（{len(content.units)}个）", _units(content.units))] * bool(content.units)
    parts += [(f"先进个人（{len(content.people)}名）", _people(content.people))] * bool(content.people)
    # One part alone has no number.
    named = (
        sections(parts)
        if len(parts) > 1
        else [each for name, said in parts for each in (heading(name), *said)]
    )
    return [
        Paragraph((Span(clean(content.addressees), "fangsong"),), indented=False),
        *plain(*content.opening),
        *named,
        *plain(*content.closing),
    ]


def _units(units: Iterable[CommendedUnit]) -> list[Paragraph]:
    """By class, where there are several."""
    classes = grouped((clean(unit.kind), clean(unit.name)) for unit in units)
    if len(classes) == 1:
        return plain(*(f"{'、'.join(names)}。" for names in classes.values()))
    found: list[Paragraph] = []
    for number, (kind, names) in enumerate(classes.items()):
        head = Span(f"（{NUMBERS[number]}）{kind or '其他'}（{len(names)}个）", "kai")
        found += [Paragraph((head,), heading=True), *plain(f"{'、'.join(names)}。")]
    return found


def _people(people: Iterable[CommendedPerson]) -> list[Paragraph]:
    units = grouped((clean(one.unit), _person(one)) for one in people)
    return plain(*(f"{unit}：{'、'.join(names)}。" for unit, names in units.items()))


def _person(one: CommendedPerson) -> str:
    return clean(f"{one.name}（{one.post}）" if one.post else one.name)


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """In the order in which each group first appears."""
    found: dict[str, list[str]] = {}
    for group, name in pairs:
        found.setdefault(group, []).append(name)
    return found


def _imprint(content: Commendation) -> Imprint:
    day = content.printed_on or content.signed_on
    copies = clean(content.copies_to).strip().removeprefix("抄送：").rstrip("。")
    return Imprint(
        copies=f"{copies}。" if copies else "",
        printed_by=clean(content.printed_by or content.issuer),
        printed_on=f"{date_text(day)}印发" if day else outline.DRAFT,
        check="" if content.draft else f"核验码：{content.code}",
    )
