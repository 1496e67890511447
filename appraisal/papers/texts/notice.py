"""What the public notice of a unit's grades says (DOMAIN §3): it hangs in the unit for five working days and more."""

from __future__ import annotations

from typing import Final

from appraisal.bulletins.content import date_text
from appraisal.bulletins.letter import Letter
from appraisal.bulletins.outline import Paragraph, clean
from appraisal.bulletins.tables import Column, Row, Table
from appraisal.papers.content import PublicNotice
from appraisal.papers.texts.common import grade_text, marks, plain

#: Read from a wall.
SCALE: Final = 14 / 9
COLUMNS: Final = (
    Column("序号", 16, "centre"),
    Column("姓名", 48, "centre", grows=True),
    Column("职务", 58, "centre", grows=True),
    Column("拟定等次", 34, "centre"),
)


def title(content: PublicNotice) -> str:
    what = "拟确定为优秀等次人员" if content.only_excellent else "拟定等次"
    return f"{clean(content.unit)}\n{content.year}年度考核{what}公示"


def letter(content: PublicNotice) -> Letter:
    return Letter(
        title=title(content),
        body=(*plain(_opening(content)), *_listed(content), *plain(*_closing(content))),
        signer=clean(content.unit),
        date_line=date_text(content.published_on or content.first_day),
        dated=content.published_on or content.first_day,
        marks=marks(draft=False, demo=content.demo),
    )


def _opening(content: PublicNotice) -> str:
    quota = ""
    if content.participants:
        number = sum(one.grade == "excellent" for one in content.grades)
        quota = (
            f"参加考核{content.participants}人，优秀等次名额{content.most_excellent}名，拟确定{number}名。"
        )
    what = "拟确定为优秀等次的人员" if content.only_excellent else "拟定等次"
    return (
        f"根据年度考核有关规定和“干部身份证”制度“一年一考”的要求，现将本单位{content.year}年度考核{what}予以公示"
        f"（按姓名音序排列）。{quota}"
    )


def _listed(content: PublicNotice) -> list[Paragraph | Table]:
    rows = tuple(
        Row((str(number), clean(one.name), clean(one.post), grade_text(one.grade, one.employment_kind)))
        for number, one in enumerate(content.shown, start=1)
    )
    return [Table("", COLUMNS, rows, scale=SCALE, face="fangsong")] if rows else [*plain("无。")]


def _closing(content: PublicNotice) -> list[str]:
    found = [
        f"公示时间：{date_text(content.first_day)}至{date_text(content.last_day)}"
        f"（{content.working_days}个工作日），至最后一日24时止。",
        "公示期间，对公示内容有异议的，可以书面或者电话反映。对反映人的情况予以保密。",
    ]
    return found + [f"{clean(phone.whose)}受理电话：{clean(phone.number)}" for phone in content.phones]
