"""How long does finding people take? A dozen queries on the database of DATABASE_URL, best and middle of several runs.

    manage.py demo --no-serve --cadres 10000 && python bench/search.py [runs]

The first page and the number of hits are what is measured; the bar is 50 ms with 10,000 people and 30,000 duties.
"""

# ruff: noqa: E402 (run as a script, it finds the project first)

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longquan_cadre.settings")

import django

django.setup()

from django.db import connection
from django.utils import timezone

from cards import search, selectors
from cards.models import Cadre, Duty
from cards.views.public import MOST_SHOWN

QUERIES = (
    "张",
    "zhang",
    "zs",
    "季知秋",
    "谁负责食品经营许可？",
    "who handles 食品经营许可?",
    "办食品许可",
    "不动产登记怎么办理",
    "市市场监督管理局",
    "发改局",
    "D003",
    "306 室",
    "副科长",
    "张 咨询",
    "办理",
    "办公室",
    "科员",
    "管理",
    "教育局",
    "LED",
    "我想办理食品经营许可证和营业执照需要找哪个部门的哪位同志办理呢",
)


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    day = timezone.localdate()
    people = selectors.with_card(Cadre.objects.serving(day))
    print(f"{connection.vendor}: {people.count():,} people, {Duty.objects.count():,} duties")
    worst = 0.0
    for typed in QUERIES:
        taken = []
        for _run in range(runs):
            began = time.perf_counter()
            total = search.answer(people, typed, day, most=MOST_SHOWN).total
            taken.append(1000 * (time.perf_counter() - began))
        worst = max(worst, min(taken))
        print(f"{min(taken):7.1f} ms {statistics.median(taken):7.1f} ms {total:6,} hits  {typed}")
    print(f"slowest at its best: {worst:.1f} ms")


if __name__ == "__main__":
    main()
