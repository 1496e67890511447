"""The catalogue that a new database starts with: the items of the starting standard (DOMAIN §5), without points."""

from typing import Any

from django.apps import apps as installed

#: code, name, English name, about, offered in a round, with minutes.
ITEMS = (
    ("late", "迟到", "Late", "cadre", "present", True),
    ("early_leave", "早退", "Left early", "cadre", "more", True),
    ("card_not_displayed", "未亮证", "Card not displayed", "cadre", "more", False),
    ("not_updated", "去向未及时更新", "Whereabouts not updated", "cadre", "any", False),
    ("untrue", "去向不实", "Whereabouts untrue", "cadre", "any", False),
    ("off_post", "脱岗", "Off post", "cadre", "present", False),
    ("counter_unattended", "空岗", "Counter unattended with no stand-in", "cadre", "more", False),
    ("games", "上班玩游戏、炒股", "Games or stocks at work", "cadre", "more", False),
    ("absent_half_day", "旷工半天", "Absent half a day", "cadre", "more", False),
    ("meeting_missed", "会议无故缺席", "Missed a meeting without a reason", "cadre", "more", False),
    ("noon_drinking", "工作日午间饮酒", "Drinking at noon on a working day", "cadre", "more", False),
    ("soliciting", "吃拿卡要", "Soliciting favours", "cadre", "more", False),
    ("rude", "服务态度差（查实）", "Rude, substantiated", "cadre", "never", False),
    ("shirking", "推诿扯皮、超时办结（查实）", "Shirking or overdue, substantiated", "cadre", "never", False),
    ("sheet_missing", "一日一表缺报", "Daily sheet missing", "unit", "never", False),
    ("report_late", "月度报告迟报", "Monthly report late", "unit", "never", False),
    ("complaint_overdue", "投诉逾期未办结", "Complaint overdue", "unit", "never", False),
)


def load(**kwargs: Any) -> None:
    """Add what is missing and change nothing that is there."""
    item, settings = (installed.get_model("attendance", name) for name in ("Item", "InspectionSettings"))
    known = set(item.objects.values_list("code", flat=True))
    item.objects.bulk_create(
        item(
            code=code,
            name=name,
            name_en=english,
            subject=subject,
            offered=offered,
            with_minutes=minutes,
            position=position,
        )
        for position, (code, name, english, subject, offered, minutes) in enumerate(ITEMS, start=1)
        if code not in known
    )
    settings.objects.get_or_create(pk=1)
