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

#: The ladder in the scheme's order (DOMAIN §4): code, name, English, months of warning, by document, referral.
MEASURES = (
    ("criticism", "批评教育", "Criticism and education", 0, False, False),
    ("admonishment", "效能诫勉", "Efficiency admonishment", 6, False, False),
    ("caution", "效能告诫", "Efficiency caution", 12, True, False),
    ("circular", "全市通报批评", "City-wide criticism by circular", 12, True, False),
    ("referral", "移送市纪委", "Referral to the discipline inspection commission", 0, True, True),
)
#: What proposes which rung: rule, counts, item, rung counted, times, rung, about units, in use, clause. The scheme is
#: silent on repetitions: those are off until the city says so (DESIGN §4).
TRIGGERS = (
    ("COMP-2", "complaint", "", "", 1, "criticism", False, True, "三（三）被投诉一次经核查属实的，进行批评教育"),
    ("SANC-1-REPEAT", "finding", "", "", 3, "criticism", False, False, "一（三）对违反制度规定的个人，给予批评教育"),
    ("SANC-1-AGAIN", "measure", "", "criticism", 2, "admonishment", False, False, "一（三）批评教育后再犯"),
    ("SANC-1-RISE", "measure", "", "admonishment", 2, "caution", False, False, "一（三）效能诫勉后再犯"),
    ("SANC-1-LATE", "item", "report_late", "", 2, "criticism", True, True, "一（三）对违反制度规定的单位"),
    ("SANC-1-SHEET", "item", "sheet_missing", "", 3, "criticism", True, False, "一（三）对违反制度规定的单位"),
    ("ROLL-2", "rollout", "", "", 1, "criticism", True, True, "二（三）对不按规定及时建立制度的单位、干部追效问责"),
)  # fmt: skip


def load(**kwargs: Any) -> None:
    """Add what is missing and change nothing that is there."""
    _load_standard()
    _load_ladder()


def _load_ladder() -> None:
    measure, trigger, settings = (
        installed.get_model("appraisal", name) for name in ("Measure", "Trigger", "YearSettings")
    )
    settings.objects.get_or_create(pk=1)
    if measure.objects.exists():
        return
    rungs = {
        code: measure.objects.create(
            code=code,
            level=level,
            name=name,
            name_en=english,
            months=months,
            by_document=by_document,
            refers=refers,
            for_units=code != "referral",
        )
        for level, (code, name, english, months, by_document, refers) in enumerate(MEASURES, start=1)
    }
    items = {item.code: item for item in installed.get_model("attendance", "Item").objects.all()}
    trigger.objects.bulk_create(
        trigger(
            code=code,
            counts=counts,
            item=items.get(item),
            counted=rungs.get(counted),
            times=times,
            measure=rungs[rung],
            about_units=about_units,
            active=active,
            clause=clause,
        )
        for code, counts, item, counted, times, rung, about_units, active, clause in TRIGGERS
        if not item or item in items
    )


def _load_standard() -> None:
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
