"""What is written on the path of a year, and what the city sets for it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from appraisal.forms.month import StepForm
from appraisal.models import AnnualResult, BonusMonths, Grade, Receipt, Ungraded, YearSettings
from appraisal.rules import grading as rules
from appraisal.rules.years import GRADES
from appraisal.services import circulars, grading
from appraisal.services.grading import Entered
from appraisal.services.year_setting import settings_facts
from appraisal.words.grade import grade_words
from common.forms import EditForm, asked_for_at_times, day_field
from common.versions import Overtaken, version_of

#: Of a reason beside a grade.
LONGEST = 300


def grade_choices(result: AnnualResult) -> list[tuple[str, Any]]:
    """Nothing is chosen beforehand; grades above the ceiling are not offered."""
    kind = result.employment_kind
    grades = [(grade, grade_words(grade, kind)) for grade in rules.allowed(result.ceiling)]
    ungraded = [
        (grading.choice_of(Grade.UNGRADED, reason), Ungraded(reason).label) for reason in Ungraded.values
    ]
    return [("", gettext("Not entered yet")), *grades, (str(Grade.UNGRADED.label), ungraded)]


class GradeField(forms.ChoiceField):
    """A grade above the ceiling, as a stale page may send it, is answered with why it cannot be."""

    def __init__(self, result: AnnualResult, **kwargs: Any) -> None:
        self.result = result
        super().__init__(choices=grade_choices(result), **kwargs)

    def validate(self, value: Any) -> None:
        if value in GRADES and value not in rules.allowed(self.result.ceiling):
            raise forms.ValidationError(grading.ceiling_sentence(self.result), code="ceiling")
        super().validate(value)


def _grade_field(result: AnnualResult, **more: Any) -> forms.ChoiceField:
    return GradeField(result, label=gettext("Grade of %(name)s") % {"name": result.cadre.name}, **more)


class GradesForm(EditForm):
    """Everybody's grade with a reason where there is one to give; empty ones stay empty."""

    def __init__(self, data: Any, *, results: Sequence[AnnualResult]) -> None:
        self.results = {row.pk: row for row in results}
        facts = grading.facts_of(results)
        super().__init__(data, initial={**facts, "seen": version_of(facts)})
        for row in results:
            words = {"name": row.cadre.name}
            self.fields[f"grade_{row.pk}"] = _grade_field(row, required=False)
            reason = forms.CharField(
                label=gettext("Reason for the grade of %(name)s") % words, max_length=LONGEST, required=False
            )
            self.fields[f"reason_{row.pk}"] = reason

    def grades(self) -> dict[int, Entered]:
        data = self.cleaned_data
        return {pk: grading.entered(data[f"grade_{pk}"], data[f"reason_{pk}"] or "") for pk in self.results}

    def cells(self, pk: int) -> tuple[Any, Any]:
        return self[f"grade_{pk}"], self[f"reason_{pk}"]

    def saved_words(self, name: str, saved: Any) -> str:
        if not name.startswith("grade_") or not saved:
            return str(saved or "")
        found = grading.entered(saved, "")
        if found.ungraded:
            return str(Ungraded(found.ungraded).label)
        return grade_words(found.grade, self.results[int(name.removeprefix("grade_"))].employment_kind)


class LookAgainForm(StepForm):
    submit = _("Decide anew")
    tone = "seal"

    def __init__(self, data: Any, *, result: AnnualResult) -> None:
        super().__init__(data, prefix="look", initial={"seen": version_of(grading.look_facts(result))})
        self.fields["grade"] = _grade_field(result)
        self.fields["grade"].label = gettext("Grade")
        self.fields["reason"] = forms.CharField(
            label=gettext("Why it stays, or why it changes"),
            max_length=LONGEST,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=gettext("The person reads it; the notice is handed over anew."),
        )

    def entered(self) -> Entered:
        return grading.entered(self.cleaned_data["grade"], self.cleaned_data["reason"])

    def show_saved(self, overtaken: Overtaken) -> None:
        self.add_error(None, overtaken.sentence)


class ReasonForm(StepForm):
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}))


class SendBackForm(ReasonForm):
    submit = _("Send it back")
    tone = "ghost"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = gettext("Why it goes back")
        self.fields["reason"].help_text = gettext("The unit grades anew, and hangs the notice out anew.")


class QuotaForm(ReasonForm):
    submit = _("Approve more excellent grades")
    tone = "ghost"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = gettext(
            "At most a quarter of those who take part; it stands on the page."
        )


class CommendForm(ReasonForm):
    submit = _("Choose for commendation")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = gettext("What speaks for it beside the points. It is kept.")


class HandOverForm(StepForm):
    submit = _("Enter the handing over")
    tone = "seal"
    day = day_field(
        _("Handed over on"), help_text=_("From this day the days to ask for a review are counted.")
    )
    receipt = forms.ChoiceField(label=_("Receipt"), choices=Receipt.choices, widget=forms.RadioSelect)
    witness = asked_for_at_times(
        forms.CharField(
            label=_("Witness"), max_length=50, required=False, help_text=_("Where the receipt was refused.")
        )
    )


class CircularForm(EditForm):
    """One paragraph a line; a part that is left empty is drafted anew."""

    opening = asked_for_at_times(
        forms.CharField(
            label=_("Before the names"),
            max_length=2000,
            required=False,
            widget=forms.Textarea(attrs={"rows": 6, "lang": "zh-Hans"}),
        )
    )
    closing = asked_for_at_times(
        forms.CharField(
            label=_("After the names"),
            max_length=2000,
            required=False,
            widget=forms.Textarea(attrs={"rows": 5, "lang": "zh-Hans"}),
        )
    )

    @classmethod
    def of(cls, circular: Any, data: Any = None) -> "CircularForm":
        facts = circulars.edit_facts(circular)
        return cls(data, initial={**facts, "seen": version_of(facts)})


# --- Settings ---------------------------------------------------------------------------------------------------------


def _number(label: Any, least: int, most: int, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most, **more)


class YearSettingsForm(EditForm):
    """What the law sets is a limit here."""

    minimum_headcount = _number(
        _("Fewest people compared in a unit"),
        2,
        100,
        help_text=_("In a smaller unit nobody has “the most points”."),
    )
    minimum_months = _number(_("Fewest months of service compared"), 1, 12)
    sheets_percent = _number(
        _("Daily sheets handed in, at least, %"),
        0,
        100,
        help_text=_("For a unit to be first in line: a silent unit cannot win."),
    )
    agreement_percent = _number(_("Agreement with spot checks, at least, %"), 0, 100)
    bonus_months = forms.ChoiceField(
        label=_("Which three months’ bonus an admonishment costs"), choices=BonusMonths.choices
    )
    excellent_percent = _number(_("Graded excellent, at most, %"), 0, 20)
    approved_percent = _number(_("Graded excellent with approval, at most, %"), 0, 25)
    notice_days = _number(_("Working days of public notice"), 5, 30, help_text=_("Never fewer than five."))
    defence_days = _number(_("Working days for a statement in defence"), 1, 30)
    review_days = _number(_("Days to ask for a review"), 30, 365)
    review_answer_days = _number(_("Days to decide a review"), 1, 365)
    appeal_days = _number(_("Days to appeal after a review"), 15, 365)
    appeal_answer_days = _number(_("Days to decide an appeal"), 1, 365)
    decision_prefix = forms.CharField(
        label=_("Code of decisions"),
        max_length=12,
        help_text=_("Before year and number, such as 龙效能告〔2026〕3号."),
    )

    @classmethod
    def of(cls, settings: YearSettings, data: Any = None) -> "YearSettingsForm":
        facts = settings_facts(settings)
        return cls(data, initial={**facts, "seen": version_of(facts)})

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        usual, approved = found.get("excellent_percent"), found.get("approved_percent")
        if usual is not None and approved is not None and approved < usual:
            self.add_error("approved_percent", _("With approval it is not less than without."))
        return found

    def saved_words(self, name: str, saved: Any) -> str:
        return value_words(name, saved)


def value_words(name: str, value: Any) -> str:
    if name == "bonus_months" and value in BonusMonths.values:
        return str(BonusMonths(value).label)
    return "" if value is None else str(value)
