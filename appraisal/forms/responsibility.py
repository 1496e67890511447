"""A year’s post responsibilities as they are typed, and the sheet of many people’s."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appraisal.forms.sheet import PeopleFilterForm, SheetForm
from appraisal.models import Responsibility
from appraisal.services.responsibilities import MOST_LINES, Line, facts
from common.forms import CountedFormSet, EditForm, WordedForm, person_name
from common.versions import version_of

PREFIX = "line"
#: Rows that wait to be filled in; “more rows” adds as many again.
BLANK_ROWS = 3
USUAL_ROWS = 6


def longest(field: str) -> int:
    return cast(Any, Responsibility._meta.get_field(field)).max_length


def _words(label: Any, field: str, *, required: bool = False) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(label=label, max_length=longest(field), required=required, widget=widget)


class LineForm(WordedForm):
    """A row in which nothing stands is no row: emptied, a responsibility goes."""

    task = _words(gettext_lazy("Responsibility"), "task")
    target = _words(gettext_lazy("Target"), "target")
    result = _words(gettext_lazy("Result"), "result")

    def __init__(self, *args: Any, with_results: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        if not with_results:
            del self.fields["result"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "task" not in self.errors and not cleaned.get("task") and any(cleaned.values()):
            self.add_error("task", _("Name the responsibility of which this is."))
        return cleaned

    @property
    def line(self) -> Line | None:
        found = {name: person_name(value) for name, value in self.cleaned_data.items()}
        return Line(**found) if found.get("task") else None


class LinesFormSet(CountedFormSet):
    def lines(self) -> list[Line]:
        return [line for form in self.forms if (line := form.line) is not None]


_Lines = forms.formset_factory(
    LineForm, formset=LinesFormSet, extra=BLANK_ROWS, max_num=MOST_LINES, absolute_max=MOST_LINES
)


def lines_formset(data: Any, lines: Sequence[Line], *, with_results: bool) -> LinesFormSet:
    initial = [{"task": line.task, "target": line.target, "result": line.result} for line in lines]
    # What is posted stands for itself: a row that equals a stored one is not one that was left blank.
    formset = _Lines(
        data,
        prefix=PREFIX,
        initial=initial if data is None else None,
        form_kwargs={"with_results": with_results},
    )
    if data is None and not initial:
        formset.extra = USUAL_ROWS
    return cast(LinesFormSet, formset)


class ListForm(EditForm):
    """The version of the list that was shown."""

    @classmethod
    def of(cls, data: Any, lines: Sequence[Line]) -> "ListForm":
        return cls(data, initial={"seen": version_of(facts(lines))})


class YearSheetForm(SheetForm):
    year = forms.TypedChoiceField(label=gettext_lazy("Year"), coerce=int)
    field_order = ("year", "file")

    def __init__(self, *args: Any, years: Sequence[int], **more: Any) -> None:
        super().__init__(*args, **more)
        cast(forms.ChoiceField, self.fields["year"]).choices = [(year, str(year)) for year in years]


class YearFilterForm(PeopleFilterForm):
    year = forms.TypedChoiceField(label=gettext_lazy("Year"), coerce=int, required=False)
    field_order = ("year", "unit", "name")

    def __init__(self, data: Any, *, years: Sequence[int], this_year: int, units: Any) -> None:
        super().__init__({"year": this_year, **data}, units=units)
        cast(forms.ChoiceField, self.fields["year"]).choices = [(year, str(year)) for year in years]
        self.this_year = this_year

    def chosen(self) -> int:
        self.is_valid()
        year: int = self.cleaned_data.get("year") or self.this_year
        return year
