"""A program of its own in which a citizen complains and follows the receipt; see test_complaints_without_redis.

    python -m tests.support.without_redis UNIT

Says how long each page took.
"""

import os
import re
import sys
from datetime import timedelta
from time import monotonic
from typing import Any

import django

WORDS = {"text": "窗口一直没有人。", "occasion": "上周三上午", "contact_name": "", "contact_phone": ""}


def main(unit: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "longquan_cadre.settings"
    django.setup()
    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    from complaints import tickets

    settings.ALLOWED_HOSTS = ["testserver"]
    citizen = Client()

    def page(name: str, path: str, sent: dict[str, str] | None = None) -> str:
        began = monotonic()
        answer: Any = citizen.get(path) if sent is None else citizen.post(path, sent)
        print(name, answer.status_code, f"{monotonic() - began:.2f}", flush=True)
        return str(answer.content.decode())

    page("form", f"/complain/?unit={unit}")
    written = {"ticket": str(tickets.issue(timezone.now() - timedelta(minutes=1))), "unit": unit, "step": "4"}
    shown = page("sent", "/complain/", {**written, **WORDS})
    number = re.search(r'name="number" value="(\d{16})"', shown)
    page("followed", "/receipt/", {"number": number[1] if number else ""})


if __name__ == "__main__":
    main(*sys.argv[1:])
