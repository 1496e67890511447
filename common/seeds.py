"""What a new database starts with. Loaded after migrate, because a flush empties what a migration loaded."""

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from django.apps import apps as installed
from django.utils import timezone

WORKING_DAYS = Path(__file__).parent / "data" / "working-days.csv"
#: Zhejiang's usual hours; each city sets its own (C).
DEFAULT_SEASONS = (
    ("06-01", "09-30", [["08:30", "12:00"], ["14:30", "17:30"]]),
    ("10-01", "05-31", [["08:30", "12:00"], ["14:00", "17:30"]]),
)
DEFAULT_HOURS = "city"
#: Before anything the product has to tell.
ALWAYS = date(2000, 1, 1)


def load(**kwargs: Any) -> None:
    """Add what is missing and change nothing that is there: an administrator's edits stay."""
    years, hours, seasons = (
        installed.get_model("common", name)
        for name in ("CalendarYear", "OfficeHoursSet", "OfficeHoursSeason")
    )
    existing = set(years.objects.values_list("year", flat=True))
    years.objects.bulk_create(
        years(
            year=year,
            version=1,
            source="国务院办公厅节假日安排通知",
            adopted_at=timezone.now(),
            exceptions=days,
        )
        for year, days in working_days().items()
        if year not in existing
    )
    city, created = hours.objects.get_or_create(code=DEFAULT_HOURS, defaults={"name": "全市统一作息"})
    if created:
        seasons.objects.bulk_create(
            seasons(hours=city, effective_from=ALWAYS, first_day=first, last_day=last, spans=spans)
            for first, last, spans in DEFAULT_SEASONS
        )


def working_days() -> dict[int, dict[str, dict[str, Any]]]:
    years: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    with WORKING_DAYS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            years[int(row["date"][:4])][row["date"]] = {
                "working": row["kind"] == "work",
                "name": row["name"],
            }
    return years
