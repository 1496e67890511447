"""Findings as the verbs record them."""

from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import Unit, User
from attendance.models import Finding, Item
from attendance.services import findings
from cards.models import Cadre
from common.rules import local
from tests.cast import NOW

#: Three working days after the Tuesday of the cast.
LAST_DAY = date(2026, 11, 27)
OVER = NOW + timedelta(days=6)


def recorded(
    cadre: Cadre, recorder: User | None, *, code: str = "off_post", now: datetime = NOW, **fields: Any
) -> Finding:
    row = Finding(
        unit=cadre.unit,
        place=cadre.unit,
        cadre=cadre,
        item=Item.objects.get(code=code),
        day=local(now).date(),
        at=now,
        room="301",
        recorder=recorder,
        recorded_at=now,
        **fields,
    )
    return findings.record([row], now)[0]


def unit_finding(unit: Unit, *, day: date = date(2026, 11, 23), now: datetime = NOW) -> Finding:
    finding, _new = findings.unit_finding_record(
        unit=unit,
        item_code="sheet_missing",
        day=day,
        source=findings.missing_sheet_source(unit, day),
        note="",
        now=now,
    )
    return finding
