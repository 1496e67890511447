"""A version of the standard as it is typed: points in halves, money in yuan, a row for each item and consequence."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appraisal.models import Standard
from appraisal.rules import Price
from appraisal.services.standards import facts_of, price_problem, salary_problem, values_of
from appraisal.words.standard import LABELS, YEAR, Effect, Occasion, points_words, value_words, yuan
from attendance.models import Item, Subject
from common.forms import CountedFormSet, EditForm, WordedForm, day_field
from common.versions import Overtaken, version_of

MOST_POINTS = 50
MOST_CENTS_PER_POINT = 100_000
MOST_CAP_CENTS = 10_000_000
MOST_CONSEQUENCES = 12
BLANK_CONSEQUENCES = 3
_DECIMAL = re.compile(r"[0-9]{1,7}(\.[0-9]{1,6})?")


class _Number(forms.Field):
    """A number that is typed with a point and kept whole: half-points, or cents."""

    per_one = 1
    inexact: Any = ""
    example: Any = ""

    def __init__(self, *, least: int = 0, most: int, **kwargs: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off", "size": 6}
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)
        self.least, self.most = least, most

    def to_python(self, value: Any) -> int | None:
        typed = unicodedata.normalize("NFKC", str(value or "")).strip()
        if not typed:
            return None
        if not _DECIMAL.fullmatch(self.bare(typed)):
            raise forms.ValidationError(self.example, code="number")
        exact = Decimal(self.bare(typed)) * self.per_one
        if exact != int(exact):
            raise forms.ValidationError(self.inexact % {"typed": typed}, code="inexact")
        return self._within(int(exact))

    def _within(self, kept: int) -> int:
        if not self.least <= kept <= self.most:
            words = {"least": self.words(self.least), "most": self.words(self.most)}
            raise forms.ValidationError(_("Between %(least)s and %(most)s.") % words, code="range")
        return kept

    def prepare_value(self, value: Any) -> Any:
        return self.words(value) if isinstance(value, int) else value

    def bare(self, typed: str) -> str:
        return typed

    def words(self, kept: int) -> str:
        raise NotImplementedError


class PointsField(_Number):
    per_one = 2
    inexact = gettext_lazy("Points go in halves, such as 1, 1.5 or 2; %(typed)s does not.")
    example = gettext_lazy("Enter points as a number such as 1 or 1.5.")

    def words(self, kept: int) -> str:
        return points_words(kept)


class YuanField(_Number):
    per_one = 100
    inexact = gettext_lazy("An amount has at most two decimals; %(typed)s has more.")
    example = gettext_lazy("Enter an amount in yuan such as 20 or 20.50.")

    def bare(self, typed: str) -> str:
        return typed.removeprefix("¥").removesuffix("元").replace(",", "").strip()

    def words(self, kept: int) -> str:
        return yuan(kept)


# --- An item ----------------------------------------------------------------------------------------------------------


class PriceForm(WordedForm):
    """A row of an item; without points it is not counted."""

    half_points = PointsField(most=2 * MOST_POINTS, required=False)
    free_first = forms.IntegerField(min_value=0, max_value=31, required=False)
    step_half_points = PointsField(most=2 * MOST_POINTS, required=False)
    window_days = forms.IntegerField(min_value=0, max_value=366, required=False)
    refer = forms.BooleanField(required=False)
    #: The heads of the columns.
    heads = {  # noqa: RUF012
        "half_points": gettext_lazy("Points"),
        "free_first": gettext_lazy("Free in a month"),
        "step_half_points": gettext_lazy("More on repetition"),
        "window_days": gettext_lazy("Within so many days"),
        "refer": gettext_lazy("Straight to the commission"),
    }

    def __init__(self, item: Item, price: Price | None, data: Any) -> None:
        prefix = f"item-{item.code}"
        # An item that was added since the page was shown stays as it is saved.
        was_shown = data is not None and f"{prefix}-half_points" in data
        super().__init__(data if was_shown else None, prefix=prefix, initial=_initial(price))
        self.item, self.saved = item, price
        for name, field in self.fields.items():
            field.label = _("%(item)s, %(field)s") % {"item": item, "field": self.heads[name]}
            if isinstance(field, forms.IntegerField):
                field.widget.attrs["inputmode"] = "numeric"

    @property
    def cells(self) -> list[dict[str, Any]]:
        return [{"field": self[name], "head": head} for name, head in self.heads.items()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        price = _price_of(cleaned)
        if price != Price(0) and not price.refer and cleaned.get("half_points") is None:
            self.add_error(
                "half_points", _("Fill this in, or leave the whole row empty: it is not counted then.")
            )
        elif (problem := price_problem(price)) is not None:
            self.add_error(*problem)
        return cleaned

    @property
    def price(self) -> Price | None:
        if not self.is_bound:
            return self.saved
        found = self.cleaned_data
        if found.get("half_points") is None and not found.get("refer"):
            return None
        return _price_of(found)


def _price_of(found: Mapping[str, Any]) -> Price:
    """What is left empty is nought."""
    return Price(
        half_points=found.get("half_points") or 0,
        free_first=found.get("free_first") or 0,
        step_half_points=found.get("step_half_points") or 0,
        window_days=found.get("window_days") or 0,
        refer=bool(found.get("refer")),
    )


def _initial(price: Price | None) -> dict[str, Any]:
    """What is nought stays empty, but for points: an item may be counted without costing any."""
    if price is None:
        return {}
    found = {
        "free_first": price.free_first,
        "step_half_points": price.step_half_points,
        "window_days": price.window_days,
    }
    points = {} if price.refer else {"half_points": price.half_points}
    return {**points, **{name: value for name, value in found.items() if value}, "refer": price.refer}


# --- What the year does -----------------------------------------------------------------------------------------------


class ConsequenceForm(WordedForm):
    when = forms.ChoiceField(
        label=gettext_lazy("Occasion"), choices=[("", "–"), *Occasion.choices], required=False
    )
    times = forms.IntegerField(
        label=gettext_lazy("Times in a year"), min_value=1, max_value=12, required=False
    )
    effect = forms.ChoiceField(
        label=gettext_lazy("What follows"), choices=[("", "–"), *Effect.choices], required=False
    )
    value = forms.IntegerField(
        label=gettext_lazy("Months of bonus"), min_value=1, max_value=YEAR, required=False
    )
    remove = forms.BooleanField(label=gettext_lazy("Remove"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("remove"):
            self._errors.clear()  # type: ignore[attr-defined]  # what goes away need not be right
            return cleaned
        if self.errors or not any(cleaned.get(name) for name in ("when", "times", "effect", "value")):
            return cleaned
        needed = ["when", "times", "effect"]
        of_months = cleaned.get("effect") == Effect.BONUS_MONTHS_WITHHELD
        for name in [*needed, "value"] if of_months else needed:
            if not cleaned.get(name):
                self.add_error(name, _("Fill this in."))
        if cleaned.get("value") and cleaned.get("effect") and not of_months:
            self.add_error("value", _("Months go with a bonus that is withheld; leave this empty."))
        return self.cleaned_data

    @property
    def row(self) -> dict[str, Any] | None:
        found = getattr(self, "cleaned_data", {})
        if found.get("remove") or not found.get("when"):
            return None
        return {
            "when": found["when"],
            "times": found["times"],
            "effect": found["effect"],
            "value": found.get("value") or 1,
        }


class ConsequencesFormSet(CountedFormSet):
    def clean(self) -> None:
        seen: set[tuple[str, int, str]] = set()
        for form in self.forms:
            row = None if form.errors else form.row
            if row is None:
                continue
            key = (row["when"], row["times"], row["effect"])
            if key in seen:
                form.add_error("when", _("This stands in two rows."))
            seen.add(key)

    def rows(self) -> list[dict[str, Any]]:
        return [row for form in self.forms if (row := form.row) is not None]


_Consequences = forms.formset_factory(
    ConsequenceForm,
    formset=ConsequencesFormSet,
    extra=BLANK_CONSEQUENCES,
    max_num=MOST_CONSEQUENCES,
    absolute_max=MOST_CONSEQUENCES,
)


def consequences_formset(rows: Sequence[dict[str, Any]], data: Any = None) -> ConsequencesFormSet:
    initial = [
        {**row, "value": row["value"] if row["effect"] == Effect.BONUS_MONTHS_WITHHELD else None}
        for row in rows
    ]
    # What is posted stands for itself: a row that equals a stored one must not count as left blank.
    return cast(
        ConsequencesFormSet,
        _Consequences(data, prefix="consequence", initial=initial if data is None else None),
    )


# --- The whole --------------------------------------------------------------------------------------------------------


class StandardForm(EditForm):
    """The head of a version, with its rows: one form for whoever saves it."""

    effective_from = day_field(
        LABELS["effective_from"], help_text=gettext_lazy("Tomorrow at the earliest, and within a year.")
    )
    cents_per_point = YuanField(
        label=LABELS["cents_per_point"],
        least=1,
        most=MOST_CENTS_PER_POINT,
        help_text=gettext_lazy("Of half a cent nothing is withheld."),
    )
    cap_cents = YuanField(
        label=LABELS["cap_cents"],
        least=100,
        most=MOST_CAP_CENTS,
        help_text=gettext_lazy(
            "The allowance that the month’s appraisal decides on; more is never withheld."
        ),
    )
    allowance = forms.CharField(
        label=LABELS["allowance"],
        max_length=60,
        help_text=gettext_lazy("As it is named, such as 月度考核奖. Never salary."),
    )
    legal_basis = forms.CharField(
        label=LABELS["legal_basis"], max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )
    note = forms.CharField(
        label=LABELS["note"],
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Units read this when the version is adopted."),
    )
    prices: list[PriceForm]
    consequences: ConsequencesFormSet

    @classmethod
    def following(cls, base: Standard, items: Iterable[Item], day: date, data: Any = None) -> "StandardForm":
        """The next version: a copy of the one before it, in force from this day unless another is typed."""
        head = {**values_of(base), "effective_from": day, "note": ""}
        return cls._whole(base, items, data, head)

    @classmethod
    def of(cls, draft: Standard, items: Iterable[Item], data: Any = None) -> "StandardForm":
        return cls._whole(draft, items, data, {**values_of(draft), "seen": version_of(facts_of(draft))})

    @classmethod
    def _whole(
        cls, base: Standard, items: Iterable[Item], data: Any, initial: dict[str, Any]
    ) -> "StandardForm":
        form, prices = cls(data, initial=initial), initial["prices"]
        form.prices = [PriceForm(item, prices.get(item.code), data) for item in items]
        form.consequences = consequences_formset(base.consequences, data)
        return form

    def clean_allowance(self) -> str:
        allowance = str(self.cleaned_data["allowance"])
        if problem := salary_problem(allowance):
            raise forms.ValidationError(problem, code="salary")
        return allowance

    def is_valid(self) -> bool:
        parts = [super().is_valid(), self.consequences.is_valid()]
        parts += [not row.is_bound or row.is_valid() for row in self.prices]
        return all(parts)

    def values(self) -> dict[str, Any]:
        prices = {row.item.code: row.price for row in self.prices}
        return {
            **super().values(),
            "prices": {code: price for code, price in prices.items() if price is not None},
            "consequences": self.consequences.rows(),
        }

    def show_saved(self, overtaken: Overtaken) -> None:
        super().show_saved(overtaken)
        for row in filter(lambda row: row.is_bound, self.prices):
            name, price = f"item:{row.item.code}", row.price
            saved = overtaken.facts.get(name)
            if saved != (None if price is None else list(astuple(price))):
                words = {"value": value_words(name, saved)}
                row.add_error("half_points", _("Saved now: %(value)s") % words)
        saved = overtaken.facts["consequences"]
        if saved != [list(row.values()) for row in self.consequences.rows()]:
            words = {"label": LABELS["consequences"], "value": value_words("consequences", saved)}
            self.add_error(None, _("%(label)s, saved now: %(value)s") % words)

    def saved_words(self, name: str, saved: Any) -> str:
        return value_words(name, saved)

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Rows about cadres, and about the unit."""
        return [
            {"heading": subject.label, "rows": [row for row in self.prices if row.item.subject == subject]}
            for subject in Subject
        ]
