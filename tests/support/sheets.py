"""Rosters as units hand them in."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

HEADER = (
    "单位代码",
    "单位",
    "科室",
    "房间",
    "姓名",
    "岗位职务",
    "工作职责",
    "办公电话",
    "手机",
    "B岗",
    "照片文件名",
)
FIELDS = ("code", "unit", "office", "room", "name", "posts", "duties", "phone", "mobile", "stand_in", "photo")
#: Somebody of the Kiln Bureau.
USUAL = {
    "code": "D901",
    "unit": "青窑局",
    "office": "审批科",
    "room": "306",
    "posts": "科员",
    "duties": "受理林木采伐许可",
    "phone": "0578-7120130",
}


def person(name: Any, /, **cells: Any) -> list[Any]:
    """A row; whatever is not named is usual."""
    values = {**USUAL, "name": name, **cells}
    return [values.get(field) for field in FIELDS]


def roster(
    path: Path, rows: Iterable[Sequence[Any]], *, header: Sequence[Any] = HEADER, title: str = "干部名册"
) -> Path:
    """A workbook with a title in row 1, the header in row 2 and people from row 3 on."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append([title])
    sheet.append(list(header))
    for row in rows:
        sheet.append(list(row))
    workbook.save(path)
    return path


def zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def archive_of(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(data))
