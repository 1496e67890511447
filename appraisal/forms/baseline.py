from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from appraisal.forms.setting import MonthField
from appraisal.models import Baseline, Indicator
from appraisal.services.baselines import Value
from cards.roster.tables import LIMITS, MEGABYTE
from common.forms import CHOOSE, PageForm


class BaselineForm(PageForm):
    indicator = forms.ChoiceField(label=_("Indicator"), choices=[("", CHOOSE), *Indicator.choices])
    month = MonthField(label=_("Month"), help_text=_("The average of a year stands at its January."))
    value = forms.DecimalField(
        label=_("Value"),
        max_digits=12,
        decimal_places=2,
        localize=False,
        help_text=_("A number; a share in percent, such as 98.5."),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=Baseline._meta.get_field("source").max_length,
        help_text=_("Whose statistics these are. It stands beside the value."),
    )

    def entered(self) -> Value:
        return Value(**{**self.cleaned_data, "indicator": Indicator(self.cleaned_data["indicator"])})


class BaselineFileForm(PageForm):
    submit = _("Import")
    file = forms.FileField(
        label=_("File with the baseline"),
        help_text=_("An Excel workbook (.xlsx) or a CSV file of at most 5 MB and 500 values."),
        widget=forms.FileInput(
            attrs={
                "accept": ".xlsx,.csv,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            }
        ),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        messages = self.fields["file"].error_messages
        messages["required"] = _("Choose the file.")
        messages["empty"] = _("The file is empty.")
        messages["invalid"] = messages["missing"] = _("No file arrived. Choose it again.")

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > LIMITS.file_bytes:
            sentence = _("The file is larger than %(most)s MB. Hand it in in parts.")
            raise ValidationError(sentence % {"most": LIMITS.file_bytes // MEGABYTE})
        data: bytes = file.read()
        return data
