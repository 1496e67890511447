"""Entering a sheet kept on paper: first whose and when, then what was wrong."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attendance.models import Item
from attendance.models.sheets import VERIFIED_CHOICES
from attendance.rules import Verified
from attendance.selectors import Person
from attendance.services import Problem
from attendance.services.paper import NumberTaken
from cards.models import Cadre
from common.crispy import ClockInput
from common.forms import CHOOSE, CountedFormSet, WordedForm
from common.rules import at
from common.templatetags.components import zh_date

Choices = Sequence[tuple[int, str]]
ROWS = "row"
#: Blank rows at first, and with each press of “more rows”.
BLANK_ROWS = 5
MOST_ROWS = 60


class PaperMomentForm(WordedForm):
    day = forms.TypedChoiceField(label=gettext_lazy("Day"), coerce=date.fromisoformat)
    time = forms.TimeField(label=gettext_lazy("Time of the round"), widget=ClockInput())
    part = forms.ChoiceField(label=gettext_lazy("Part"), required=False)

    def __init__(self, *args: Any, days: Sequence[date], parts: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["day"]
        field.choices = [(day.isoformat(), f"{zh_date(day)} {date_format(day, 'D')}") for day in days]
        field = self.fields["part"]
        field.choices = [("", _("The whole unit")), *((part, part) for part in parts)]
        if not parts:
            del self.fields["part"]

    @property
    def taken_at(self) -> datetime:
        return at(self.cleaned_data["day"], self.cleaned_data["time"])

    @property
    def scope(self) -> str:
        return str(self.cleaned_data.get("part", ""))


class PaperForm(WordedForm):
    usual = forms.TypedChoiceField(
        label=gettext_lazy("How those at post were verified"),
        choices=VERIFIED_CHOICES,
        coerce=Verified,
        initial=Verified.SEEN.value,
        widget=forms.RadioSelect,
    )
    #: The sheet's number within its part, so that a second press finds the first one's round.
    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    #: Why the number was not to be had; the page offers the next one.
    taken: NumberTaken | None = None

    def offer_next(self, taken: NumberTaken) -> None:
        self.taken = taken
        self.add_error(None, taken.sentence)
        data: Any = self.data
        self.data = data.copy()
        self.data[self.add_prefix("number")] = str(taken.free)  # type: ignore[index]


class PaperRowForm(WordedForm):
    person = forms.TypedChoiceField(label=gettext_lazy("Name"), coerce=int, required=False, empty_value=None)
    item = forms.TypedChoiceField(
        label=gettext_lazy("Problem found"), coerce=int, required=False, empty_value=None
    )
    minutes = forms.IntegerField(label=gettext_lazy("Minutes"), min_value=1, max_value=600, required=False)
    note = forms.CharField(label=gettext_lazy("Facts"), max_length=200, required=False)

    def __init__(self, *args: Any, people: Choices, items: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("person", people), ("item", items)):
            field: Any = self.fields[name]
            field.choices = [("", CHOOSE), *choices]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = [name for name in ("person", "item", "minutes", "note") if cleaned.get(name)]
        for name in ("person", "item"):
            if given and name not in given and name not in self.errors:
                self.add_error(name, ValidationError(_("Choose one."), code="required"))
        return cleaned


class PaperRowsFormSet(CountedFormSet):
    def problems(self, people: dict[int, Cadre], items: dict[int, Item]) -> list[tuple[Cadre, Problem]]:
        rows = (form.cleaned_data for form in self.forms if form.cleaned_data.get("person"))
        return [
            (people[row["person"]], Problem(items[row["item"]], row["minutes"], row["note"])) for row in rows
        ]


_Rows = forms.formset_factory(
    PaperRowForm, formset=PaperRowsFormSet, extra=BLANK_ROWS, max_num=MOST_ROWS, absolute_max=MOST_ROWS
)


def rows_formset(data: Any, people: Iterable[Person], items: Iterable[Item]) -> PaperRowsFormSet:
    choices = {
        "people": [(person.cadre.pk, _name(person)) for person in people],
        "items": [(item.pk, str(item)) for item in items],
    }
    return cast(PaperRowsFormSet, _Rows(data, prefix=ROWS, form_kwargs=choices))


def _name(person: Person) -> str:
    return f"{person.office.room} {person.cadre.name}"
