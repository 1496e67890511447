from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import EditForm, phone_number
from common.versions import version_of
from complaints.models import ComplaintSettings
from complaints.services.setting import settings_facts


class ComplaintSettingsForm(EditForm):
    mode = forms.ChoiceField(
        label=_("How days are counted"),
        choices=ComplaintSettings.Mode.choices,
        widget=forms.RadioSelect,
        help_text=_("For what comes in from now on: each case keeps the way in which it began."),
    )
    extension_days = forms.IntegerField(
        label=_("Days of an extension"),
        min_value=1,
        max_value=30,
        help_text=_("Once, before the end, by a head of the Express. Counted as the case is."),
    )
    hotline = forms.CharField(label=_("Number of the citizens’ hotline"), max_length=30)
    discipline_line = forms.CharField(label=_("Number for reports about discipline"), max_length=30)
    contact_months = forms.IntegerField(
        label=_("Months until contacts are removed"),
        min_value=1,
        max_value=120,
        help_text=_("After the answer. What is removed is gone for good."),
    )
    text_months = forms.IntegerField(
        label=_("Months until texts and evidence are removed"),
        min_value=1,
        max_value=240,
        help_text=_("After the answer. Number, days, outcome and answer stay."),
    )

    def clean_hotline(self) -> str:
        return phone_number(self.cleaned_data["hotline"])

    def clean_discipline_line(self) -> str:
        return phone_number(self.cleaned_data["discipline_line"])

    @classmethod
    def of(cls, settings: ComplaintSettings, data: Any = None) -> "ComplaintSettingsForm":
        facts = settings_facts(settings)
        return cls(data, initial={**facts, "seen": version_of(facts)})

    def saved_words(self, name: str, saved: Any) -> str:
        return value_words(name, saved)


def value_words(name: str, value: Any) -> str:
    return str(ComplaintSettings.Mode(value).label) if name == "mode" else str(value)
