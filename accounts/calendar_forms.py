"""What an administrator enters of working days and office hours."""

from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import dates
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import hours, workdays
from common.clock_forms import ClocksForm, clocks_initial
from common.forms import CountedFormSet, EditForm, WordedForm, day_field, person_name
from common.models import CalendarYear
from common.services import calendar_year_facts
from common.templatetags.components import zh_date
from common.versions import version_of

#: Rows that wait to be filled in; “more rows” adds as many again.
BLANK_ROWS = 4
#: What a year's notice usually takes.
USUAL_ROWS = 14
MOST_ROWS = 80
#: The longest holiday has nine days; a row of months is a slip of the pen.
LONGEST_ROW = 31
REST, WORK = "rest", "work"


class YearForm(EditForm):
    source = forms.CharField(
        label=gettext_lazy("Source notice"),
        max_length=200,
        help_text=gettext_lazy("Title and number of the notice on which this version rests."),
    )

    @classmethod
    def of(cls, newest: CalendarYear | None, data: Any = None, source: str = "") -> "YearForm":
        return cls(data, initial={"source": source, "seen": version_of(calendar_year_facts(newest))})


class RowForm(WordedForm):
    """Some days in a row; a row in which nothing stands is no row."""

    first = day_field(gettext_lazy("First day"), required=False)
    last = day_field(gettext_lazy("Last day"), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[(REST, gettext_lazy("Day off")), (WORK, gettext_lazy("Working day"))],
        initial=REST,
        required=False,
    )
    name = forms.CharField(label=gettext_lazy("Holiday"), max_length=workdays.LONGEST_NAME, required=False)
    remove = forms.BooleanField(label=gettext_lazy("Remove"), required=False)

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.year = year
        for name in ("first", "last"):
            self.fields[name].widget.attrs |= {"min": f"{year}-01-01", "max": f"{year}-12-31"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("remove"):
            self._errors.clear()  # type: ignore[attr-defined]  # what goes away need not be right
        elif cleaned.get("first") is None:
            if ("first" not in self.errors) and (cleaned.get("last") or cleaned.get("name")):
                self.add_error("first", _("Fill this in."))
        elif "last" not in self.errors:
            self._check_days(cleaned["first"], cleaned.get("last") or cleaned["first"])
        return cleaned

    def _check_days(self, first: date, last: date) -> None:
        if first.year != self.year or last.year != self.year:
            name = "first" if first.year != self.year else "last"
            self.add_error(name, _("The day does not lie in %(year)s.") % {"year": self.year})
        elif last < first:
            self.add_error("last", _("The last day lies before the first."))
        elif (last - first).days >= LONGEST_ROW:
            self.add_error("last", _("A row has at most %(most)s days.") % {"most": LONGEST_ROW})
        else:
            self._check_meaning(first, last)

    def _check_meaning(self, first: date, last: date) -> None:
        """A row that changes nothing is a mistyped date."""
        working = self.cleaned_data.get("kind") == WORK
        row = workdays.Row(first, last, working, "")
        usual = [day for day in row.days if workdays.by_default(day) == working]
        if working and usual:
            self.add_error("first", _("%(day)s is a working day anyway.") % {"day": zh_date(usual[0])})
        elif len(usual) == len(row.days):
            self.add_error("first", _("%(day)s is a day off anyway.") % {"day": zh_date(first)})

    @property
    def row(self) -> workdays.Row | None:
        found = getattr(self, "cleaned_data", {})
        if not found.get("first") or found.get("remove"):
            return None
        name = person_name(found.get("name", ""))
        return workdays.Row(found["first"], found.get("last") or found["first"], found["kind"] == WORK, name)


class RowsFormSet(CountedFormSet):
    def clean(self) -> None:
        """A day is one thing."""
        taken: dict[date, bool] = {}
        for form in self.forms:
            row = form.row if not form.errors else None
            for day in row.days if row else []:
                if day in taken:
                    sentence = _("%(day)s stands in two rows.") % {"day": zh_date(day)}
                    form.add_error("first", ValidationError(sentence))
                    break
                taken[day] = True

    def days(self) -> dict[date, workdays.Exceptional]:
        return workdays.days_of(row for form in self.forms if (row := form.row) is not None)


_Rows = forms.formset_factory(
    RowForm, formset=RowsFormSet, extra=BLANK_ROWS, max_num=MOST_ROWS, absolute_max=MOST_ROWS
)


def rows_formset(
    year: int, data: Any = None, exceptions: dict[str, dict[str, Any]] | None = None
) -> RowsFormSet:
    initial = [
        {
            "first": row.first,
            "last": row.last if row.last != row.first else None,
            "kind": WORK if row.working else REST,
            "name": row.name,
        }
        for row in workdays.rows_of(exceptions or {})
    ]
    # What is posted stands for itself: a row that happens to equal a stored one must not count as left blank.
    formset = _Rows(data, prefix="row", initial=initial if data is None else None, form_kwargs={"year": year})
    if data is None and not initial:
        formset.extra = USUAL_ROWS
    return cast(RowsFormSet, formset)


class YearFileForm(WordedForm):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        required=False,
        help_text=gettext_lazy(
            "A line for each day: date, rest or work (休 or 班), name of the holiday. UTF-8 or GB18030."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not file:
            raise ValidationError(_("Choose a file first."))
        if file.size > workdays.MOST_BYTES:
            raise ValidationError(_("This is no CSV file of a year's working days."))
        return file


# --- Office hours ---------------------------------------------------------------------------------------------------


class SeasonForm(ClocksForm):
    """From a day of the year on these hours; a season in which nothing stands is none."""

    month = forms.TypedChoiceField(
        label=gettext_lazy("Month"),
        choices=[("", "–"), *((number, dates.MONTHS[number]) for number in range(1, 13))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    day = forms.IntegerField(label=gettext_lazy("Day"), min_value=1, max_value=31, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors or not self.has_changed():
            return cleaned
        month, day = cleaned.get("month"), cleaned.get("day")
        if not month:
            self.add_error("month", _("Choose one."))
        if not day:
            self.add_error("day", _("Fill this in."))
        if month and day and not hours.is_day(month, day):
            self.add_error("day", _("There is no such day in the year."))
        self.check_clocks()
        return self.cleaned_data

    @property
    def start(self) -> hours.SeasonStart | None:
        found = getattr(self, "cleaned_data", {})
        return hours.SeasonStart(found["month"], found["day"], self.given()) if found.get("month") else None


class SeasonsFormSet(CountedFormSet):
    def clean(self) -> None:
        if any(form.errors for form in self.forms):
            return
        keys: set[str] = set()
        for form in self.forms:
            if form.start and form.start.key in keys:
                form.add_error("month", _("Two seasons begin on the same day."))
            keys |= {form.start.key} if form.start else set()
        if not keys:
            raise ValidationError(_("Enter at least one season."))

    def starts(self) -> list[hours.SeasonStart]:
        return [start for form in self.forms if (start := form.start) is not None]


_Seasons = forms.formset_factory(
    SeasonForm, formset=SeasonsFormSet, extra=hours.MOST_SEASONS, max_num=hours.MOST_SEASONS, absolute_max=10
)


def seasons_formset(data: Any = None, known: Any = ()) -> SeasonsFormSet:
    initial = [
        {"month": start.month, "day": start.day, **clocks_initial(start.spans)}
        for start in hours.starts(known)
    ]
    return cast(SeasonsFormSet, _Seasons(data, prefix="season", initial=initial if data is None else None))


class HoursChangeForm(EditForm):
    effective_from = day_field(
        gettext_lazy("In force from"),
        help_text=gettext_lazy("Today at the earliest: what plaques said before stays as it was."),
    )


class HoursNewForm(WordedForm):
    name = forms.CharField(label=gettext_lazy("Name of the office hours"), max_length=50)
    code = forms.SlugField(
        label=gettext_lazy("Short code"),
        max_length=50,
        help_text=gettext_lazy("Letters and digits, for files and commands; it can never be changed."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
