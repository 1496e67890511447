"""A roster is in as a whole or not at all, wherever the power goes."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from cards import photos
from cards.models import Cadre
from tests.cast import portrait
from tests.support.killed_import import KILLS
from tests.support.processes import PATIENCE, ROOT
from tests.support.sheets import person, roster, zipped


@pytest.mark.usefixtures("unit", "chen")
@pytest.mark.parametrize("seed", [str(random.randrange(10**6))])
def test_killed_ten_times_it_is_all_or_nothing(seed, transactional_db, request, tmp_path):
    environment = {"DATABASE_URL": request.getfixturevalue("database_url")}
    rows = [person(f"众{n}", room=str(n % 7), stand_in="陈砚", photo=f"{n}.jpg") for n in range(40)]
    rows.append(person("陈砚", mobile="13000000002"))
    file = roster(tmp_path / "roster.xlsx", rows)
    album = zipped(tmp_path / "photos.zip", {f"{n}.jpg": portrait(300, 420).read() for n in range(3)})
    run = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_import", str(file), str(album), seed],
        cwd=ROOT,
        env=environ_with(environment),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert run.returncode == 0, run.stderr
    first, *killed, last = run.stdout.splitlines()
    before = first.removeprefix("before ")
    assert killed == [f"killed -9 {before}"] * KILLS
    offices, people, *_others = (int(number) for number in last.removeprefix("whole 0 ")[1:-1].split(","))
    assert (offices, people) == (9, 41)
    sweep_what_was_left_behind()


def environ_with(more: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **more}


def sweep_what_was_left_behind() -> None:
    """The killed run had stored photos; a day later they go, and those of the whole run stay."""
    used = frozenset(Cadre.objects.exclude(photo="").values_list("photo", flat=True))
    assert len(used) == 3
    assert photos.sweep_orphans(used, timezone.now()) == 0
    assert photos.sweep_orphans(used, timezone.now() + 2 * photos.ORPHANS_KEPT) > 0
    assert set(default_storage.listdir("photos")[1]) == {
        Path(name).name for photo in used for name in (photo, photos.web_name(photo))
    }
