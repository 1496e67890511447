"""How long does a roster take? 5,000 people previewed, entered, and previewed again, against a directory of 5,000.

    python bench/roster.py [number of people] [number of photos]

In a database of its own, which is removed at the end. The bar: 5,000 rows previewed in at most 10 seconds.
"""

from __future__ import annotations

import os
import resource
import sys
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longquan_cadre.settings")

SURNAMES = "叶刘赵朱钟杨尉盖雷黄蓝仇胡单季王何曾徐区李吴郭周"
GIVEN = "致河川岚溪知思然墨若书禾景怀松安竹宁瓷明瑾一言晨诺青星剑"


def timed(words: str, work: Callable[[], Any]) -> Any:
    started, busy = time.perf_counter(), time.process_time()
    result = work()
    took, busy = time.perf_counter() - started, time.process_time() - busy
    print(f"{words:<44}{took:8.2f} s{busy:8.2f} s of work", flush=True)
    return result


def main(people: int, photos: int) -> None:
    with TemporaryDirectory() as folder:
        os.environ.update(DATA_DIR=folder, DATABASE_URL="")
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("load_units", verbosity=0)
        measure(Path(folder), people, photos)


def measure(folder: Path, people: int, photos: int) -> None:
    from django.utils import timezone

    from cards import roster, services

    file, album = write(folder, people, photos)
    today, now = timezone.localdate(), timezone.now()
    timed(
        f"{people:,} rows previewed, all of them new", lambda: roster.look(file, None, unit=None, today=today)
    )
    plan = timed(
        f"the same with {photos:,} photos looked at",
        lambda: roster.look(file, album, unit=None, today=today),
    )
    assert not plan.problems, plan.problems[:3]
    done = timed("entered, photos included", lambda: services.roster_import(plan=plan, actor=None, now=now))
    print(f"    {done}")
    again = timed(
        "previewed again, everybody known", lambda: roster.look(file, album, unit=None, today=today)
    )
    assert (len(again.created), len(again.changed)) == (0, 0)
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def write(folder: Path, people: int, photos: int) -> tuple[Path, Path]:
    from openpyxl import Workbook
    from PIL import Image

    from accounts.models import Unit
    from cards.roster.columns import COLUMNS

    units = list(Unit.objects.all())
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("名册")
    sheet.append(["干部名册"])
    sheet.append([column.title for column in COLUMNS])
    names = [
        SURNAMES[n % 24] + GIVEN[n // 24 % 28] + GIVEN[n // 672 % 28] + GIVEN[n % 28] for n in range(people)
    ]
    for n, name in enumerate(names):
        unit = units[n % len(units)]
        office = ("审批科", str(300 + n // len(units) % 10), "三楼")
        duties = "企业设立、变更、注销登记的受理与审核；食品经营许可的现场核查安排；办事材料的一次性告知"
        other = names[n - len(units)] if n >= len(units) else ""
        phones = (f"0578-71{n:05d}", 13_000_000_000 + n)
        photo = f"{unit.code}-{n}.jpg" if n < photos else ""
        sheet.append(
            [
                unit.code,
                unit.name,
                *office,
                name,
                "副科长",
                duties,
                *phones,
                other,
                "公务员",
                "2026-09-01",
                photo,
            ]
        )
    workbook.save(folder / "roster.xlsx")
    out = BytesIO()
    Image.effect_noise((1200, 1680), 40).convert("RGB").save(out, "JPEG", quality=85)
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive:
        for n in range(photos):
            archive.writestr(f"{units[n % len(units)].code}-{n}.jpg", out.getvalue() + str(n).encode())
    return folder / "roster.xlsx", folder / "photos.zip"


if __name__ == "__main__":
    numbers = [int(number) for number in sys.argv[1:3]]
    main(numbers[0] if numbers else 5_000, numbers[1] if len(numbers) > 1 else 200)
