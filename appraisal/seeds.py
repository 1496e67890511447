"""The starting standard (DOMAIN §5) and the one row of settings, loaded after every migrate."""

from datetime import UTC, date, datetime
from typing import Any

from django.apps import apps as installed

#: Before any fact that the product can know.
FROM = date(2000, 1, 1)
PROPOSED = datetime(2000, 1, 1, tzinfo=UTC)
#: DOMAIN §5 in half-points: 1 point is 2.
HALF_POINTS = {
    "late": 2,
    "early_leave": 2,
    "card_not_displayed": 2,
    "not_updated": 2,
    "untrue": 4,
    "off_post": 4,
    "counter_unattended": 6,
    "games": 6,
    "absent_half_day": 10,
    "meeting_missed": 4,
    "noon_drinking": 12,
    "rude": 6,
    "shirking": 6,
    "sheet_missing": 2,
    "report_late": 4,
    "complaint_overdue": 4,
}
REFERRED = ("soliciting",)
CENTS_PER_POINT = 2_000
#: A monthly assessment bonus of 300 yuan (C): the cap is data, and every city sets its own.
CAP_CENTS = 30_000
ALLOWANCE = "月度考核奖"
LEGAL_BASIS = "《龙泉市“干部身份证”制度》第三部分“一月一计”；月度考核奖不属于公务员法第八十四条所称工资"
#: Scheme 三(三): what the year does with the record.
CONSEQUENCES = [
    {"when": "complaint_substantiated", "times": 1, "effect": "criticism_and_education", "value": 1},
    {"when": "efficiency_admonishment", "times": 1, "effect": "bonus_months_withheld", "value": 3},
    {"when": "efficiency_caution", "times": 2, "effect": "bonus_months_withheld", "value": 12},
    {"when": "efficiency_caution", "times": 2, "effect": "graded_incompetent", "value": 1},
]


def load(**kwargs: Any) -> None:
    """Add what is missing and change nothing that is there."""
    settings, standard = (
        installed.get_model("appraisal", name) for name in ("AppraisalSettings", "Standard")
    )
    settings.objects.get_or_create(pk=1)
    if standard.objects.exists():
        return
    first = standard.objects.create(
        version=1,
        effective_from=FROM,
        cents_per_point=CENTS_PER_POINT,
        cap_cents=CAP_CENTS,
        allowance=ALLOWANCE,
        legal_basis=LEGAL_BASIS,
        consequences=CONSEQUENCES,
        note="起始标准",
        proposed_at=PROPOSED,
        adopted_at=PROPOSED,
    )
    row, item = installed.get_model("appraisal", "StandardItem"), installed.get_model("attendance", "Item")
    known = dict(item.objects.values_list("code", "pk"))
    row.objects.bulk_create(
        row(standard=first, item_id=known[code], half_points=half_points)
        for code, half_points in HALF_POINTS.items()
        if code in known
    )
    row.objects.bulk_create(
        row(standard=first, item_id=known[code], half_points=0, refer=True)
        for code in REFERRED
        if code in known
    )
