"""The columns of a roster, and the words by which units call them."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    field: str
    #: As in the template.
    title: str
    others: tuple[str, ...] = ()


COLUMNS = (
    Column("unit_code", "单位代码", ("代码", "单位编码")),
    Column("unit_name", "单位", ("单位名称", "所属单位", "工作单位")),
    Column("office", "科室", ("部门", "处室", "股室", "科室名称", "内设机构")),
    Column("room", "房间", ("房号", "房间号", "办公室房号", "办公室门牌号")),
    Column("location", "楼层", ("位置", "楼层位置", "楼栋楼层")),
    Column("name", "姓名", ("干部姓名",)),
    Column("posts", "岗位职务", ("职务", "岗位", "职务岗位", "岗位/职务", "职务/岗位")),
    Column("duties", "工作职责", ("职责", "岗位职责", "主要职责", "工作职责内容")),
    Column("office_phone", "办公电话", ("座机", "办公室电话", "固定电话")),
    Column("mobile", "手机", ("手机号", "手机号码", "移动电话")),
    Column("stand_in", "B岗", ("AB岗", "A/B岗", "代岗人", "B岗人员", "B岗姓名")),
    Column("employment_kind", "人员类别", ("编制", "编制类别", "人员性质")),
    Column("serves_from", "到岗日期", ("任职日期", "到岗时间", "任职时间")),
    Column("photo", "照片文件名", ("照片", "照片名", "照片文件")),
)
TITLES = {column.field: column.title for column in COLUMNS}
#: Without these no new person can be entered; a cell may still be empty where somebody is known already.
REQUIRED = ("name", "office", "room", "posts", "duties", "office_phone")
UNIT = ("unit_code", "unit_name")
#: A title or a remark may name one or two of them.
FEWEST_IN_HEADER = 3
_REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")


def plain(title: str) -> str:
    """“Ｂ 岗（选填）*” is “B岗”."""
    word = _REMARK.sub("", unicodedata.normalize("NFKC", title))
    return re.sub(r"[\s*:]+", "", word).upper()


_FIELDS = {plain(word): column.field for column in COLUMNS for word in (column.title, *column.others)}


def field_of(title: str) -> str:
    """The field that a heading names; empty when it is none of ours."""
    return _FIELDS.get(plain(title), "")


def is_header(titles: Iterable[str]) -> bool:
    fields = {field_of(title) for title in titles} - {""}
    return "name" in fields and len(fields) >= FEWEST_IN_HEADER


def missing(fields: Iterable[str], *, unit_known: bool) -> list[str]:
    """The titles of columns that a roster must have and this one lacks."""
    there = set(fields)
    titles = [TITLES[field] for field in REQUIRED if field not in there]
    if not unit_known and not there.intersection(UNIT):
        titles.insert(0, TITLES["unit_code"])
    return titles
