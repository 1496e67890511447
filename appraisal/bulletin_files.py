"""A bulletin as files: drawn whole before anybody gets a byte of them."""

import os
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import IO

from django.http import FileResponse

from appraisal.bulletins import outline
from appraisal.bulletins.content import Bulletin
from common.responses import PDF
from common.text import file_name as safe_name

#: Ending -> content type, and the module and function that write it. Their libraries are heavy: few pages need one.
KINDS = {
    "pdf": (PDF, "pdf", "draw"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", "write"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", "write"),
}


def write(content: Bulletin, ending: str, out: IO[bytes]) -> None:
    _type, module, name = KINDS[ending]
    writer: Callable[[Bulletin, IO[bytes]], object] = getattr(
        import_module(f"appraisal.bulletins.{module}"), name
    )
    writer(content, out)


def name_of(content: Bulletin, ending: str) -> str:
    return safe_name(f"{outline.file_name(content)}.{ending}")


def download(content: Bulletin, ending: str, *, shown: bool = False) -> FileResponse:
    """`shown` where the browser may open it instead of saving it."""
    drawn = BytesIO()
    write(content, ending, drawn)
    drawn.seek(0)
    return FileResponse(
        drawn, as_attachment=not shown, filename=name_of(content, ending), content_type=KINDS[ending][0]
    )


def write_all(content: Bulletin, folder: Path) -> list[Path]:
    """The official version in three forms and the public one as PDF: all of them, or none takes its name.

    Raises OSError when one cannot be written. Files of the same names are replaced.
    """
    wanted = [(content, ending) for ending in KINDS] + [(content.for_public(), "pdf")]
    drafts: list[tuple[Path, Path]] = []
    try:
        for version, ending in wanted:
            path = folder / name_of(version, ending)
            drafts.append((draft_of(path), path))
            with draft_of(path).open("wb") as out:
                write(version, ending, out)
                out.flush()
                os.fsync(out.fileno())
        for draft, path in drafts:
            draft.replace(path)
    finally:
        for draft, _path in drafts:
            draft.unlink(missing_ok=True)
    return [path for _draft, path in drafts]


def draft_of(path: Path) -> Path:
    """Hidden, and the same each time: what a killed run left behind is written over by the next one."""
    return path.with_name(f".{path.name}.draft")
