import re
import unicodedata
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appraisal.models import AppraisalSettings
from appraisal.services.setting import settings_facts
from common.forms import EditForm, asked_for_at_times
from common.versions import version_of

_MONTH = re.compile(r"([0-9]{4})[-./年]([0-9]{1,2})月?")
#: A step of more than a month of working days is a slip of the pen.
MOST_DAYS = 30


class MonthField(forms.Field):
    """The first day of a month, by the browser's own picker or typed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"type": "month", "placeholder": "2026-01"}), **kwargs)

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, date):
            return value
        typed = unicodedata.normalize("NFKC", str(value or "")).strip()
        if not typed:
            return None
        found = _MONTH.fullmatch(typed)
        try:
            return date(int(found[1]), int(found[2]), 1) if found else self._refuse()
        except ValueError:
            return self._refuse()

    def _refuse(self) -> date:
        raise forms.ValidationError(_("Enter a month such as 2026-01."), code="month")

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%Y-%m}" if isinstance(value, date) else value


def _days(label: Any, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=MOST_DAYS, **more)


class AppraisalSettingsForm(EditForm):
    begins = asked_for_at_times(
        MonthField(
            label=gettext_lazy("First month counted"),
            required=False,
            help_text=gettext_lazy(
                "Empty: nothing is counted yet. Months that are over are drafted the same night and cannot be reopened."
            ),
        )
    )
    confirm_days = _days(
        gettext_lazy("Working days to confirm"),
        help_text=gettext_lazy(
            "From the day of the draft. The day from which days are counted never counts itself."
        ),
    )
    publish_days = _days(gettext_lazy("Working days to publish once confirmed"))
    publication_days = _days(
        gettext_lazy("Working days of publication in the unit"),
        help_text=gettext_lazy("Until its last day ends, everybody concerned may object."),
    )
    report_days = _days(
        gettext_lazy("Working days to report once the publication is over"),
        help_text=gettext_lazy("Also after a report was sent back."),
    )
    answer_days = _days(gettext_lazy("Working days to answer an objection"))
    review_days = _days(gettext_lazy("Working days for the city to review"))
    bulletin_day = forms.IntegerField(
        label=gettext_lazy("Day on which the bulletin is drafted"),
        min_value=1,
        max_value=28,
        help_text=gettext_lazy("Of the month that follows."),
    )
    issuer = forms.CharField(
        label=gettext_lazy("Issuer"),
        max_length=30,
        help_text=gettext_lazy("As it stands in red above the bulletin."),
    )
    number_prefix = forms.CharField(
        label=gettext_lazy("Code of its documents"),
        max_length=12,
        help_text=gettext_lazy("Before year and number, such as 龙效能办〔2026〕3号."),
    )

    @classmethod
    def of(cls, settings: AppraisalSettings, data: Any = None, *, is_begun: bool) -> "AppraisalSettingsForm":
        facts = settings_facts(settings)
        form = cls(data, initial={**facts, "seen": version_of(facts)})
        if is_begun:
            form.fields["begins"].disabled = True
            form.fields["begins"].help_text = _("Months have been drafted: it stays as it is.")
        return form

    def saved_words(self, name: str, saved: Any) -> str:
        return value_words(name, saved)


def value_words(name: str, value: Any) -> str:
    if name == "begins" and value:
        return f"{value:%Y-%m}"
    return "" if value is None else str(value)
