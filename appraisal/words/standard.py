"""The standard as people read it: points, money, what an item costs, and what the year does with the record."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appraisal.rules import Price
from common.templatetags.components import zh_date


class Occasion(TextChoices):
    """What the year counts (scheme.txt 三(三))."""

    COMPLAINT_SUBSTANTIATED = "complaint_substantiated", gettext_lazy("Complaint substantiated")
    EFFICIENCY_ADMONISHMENT = "efficiency_admonishment", gettext_lazy("Efficiency admonishment")
    EFFICIENCY_CAUTION = "efficiency_caution", gettext_lazy("Efficiency caution")


class Effect(TextChoices):
    CRITICISM_AND_EDUCATION = "criticism_and_education", gettext_lazy("Criticism and education")
    BONUS_MONTHS_WITHHELD = "bonus_months_withheld", gettext_lazy("Bonus withheld for months")
    GRADED_INCOMPETENT = "graded_incompetent", gettext_lazy("Graded incompetent in the annual appraisal")


#: A whole year's bonus.
YEAR = 12


def points_words(half_points: int) -> str:
    """1, 1.5: as an official would write them."""
    return f"{half_points // 2}{'.5' if half_points % 2 else ''}"


def yuan(cents: int) -> str:
    """20, 20.50."""
    return f"{cents // 100}" if cents % 100 == 0 else f"{cents // 100}.{cents % 100:02}"


def price_words(price: Price | None) -> str:
    if price is None:
        return _("not counted")
    if price.refer:
        return _("straight to the commission, without points")
    said = [_("deducts %(points)s") % {"points": points_words(price.half_points)}]
    if price.free_first:
        said.append(free_words(price))
    if price.step_half_points:
        said.append(step_words(price))
    return "，".join(said)


def free_words(price: Price) -> str:
    return (
        _("the first %(number)s of a month free") % {"number": price.free_first} if price.free_first else ""
    )


def step_words(price: Price) -> str:
    if not price.step_half_points:
        return ""
    words = {"points": points_words(price.step_half_points), "days": price.window_days}
    return _("%(points)s more for each in the %(days)s days before") % words


def consequence_words(row: Mapping[str, Any]) -> str:
    """效能诫勉1次：扣发3个月奖金."""
    words = {
        "occasion": _label(Occasion, row["when"]),
        "times": row["times"],
        "effect": effect_words(row["effect"], row["value"]),
    }
    return _("%(occasion)s, %(times)s in a year: %(effect)s") % words


def effect_words(effect: str, value: int) -> str:
    if effect != Effect.BONUS_MONTHS_WITHHELD:
        return _label(Effect, effect)
    if value == YEAR:
        return _("the whole year’s bonus withheld")
    return _("%(months)s months’ bonus withheld") % {"months": value}


def _label(choices: type[TextChoices], code: str) -> str:
    return str(dict(choices.choices).get(code, code))


#: As forms and the trail call what stands at the head of a version.
LABELS: Mapping[str, Any] = {
    "effective_from": gettext_lazy("First day in force"),
    "cents_per_point": gettext_lazy("Money per point (yuan)"),
    "cap_cents": gettext_lazy("At most withheld in a month (yuan)"),
    "allowance": gettext_lazy("Kind of allowance"),
    "legal_basis": gettext_lazy("Legal basis"),
    "note": gettext_lazy("What changes, and why"),
    "consequences": gettext_lazy("What the year does with it"),
}


def label(name: str, items: Mapping[str, str]) -> str:
    """Of a fact of services.standards.facts_of; `items` are names by code."""
    code = name.removeprefix("item:")
    return items.get(code, code) if name.startswith("item:") else str(LABELS[name])


def value_words(name: str, value: Any) -> str:
    """A fact as it is stored, or as the trail keeps it."""
    if name.startswith("item:"):
        return price_words(Price(*value) if value is not None else None)
    if value is None:
        return ""
    if name == "effective_from":
        return zh_date(date.fromisoformat(value) if isinstance(value, str) else value)
    if name in ("cents_per_point", "cap_cents"):
        return yuan(value)
    if name == "consequences":
        keys = ("when", "times", "effect", "value")
        return "；".join(consequence_words(dict(zip(keys, row, strict=True))) for row in value)
    return str(value)
