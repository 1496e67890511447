from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.forms import PageForm
from complaints.hotline.sheet import LIMITS, MEGABYTE


class HotlineForm(PageForm):
    submit = _("Look through it")
    file = forms.FileField(
        label=_("Sheet of work orders"),
        help_text=_("An Excel workbook (.xlsx) of at most 5 MB and 1,000 work orders."),
        widget=forms.FileInput(
            attrs={"accept": ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
        ),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        messages = self.fields["file"].error_messages
        messages["required"] = _("Choose the sheet.")
        messages["empty"] = _("The file is empty.")
        messages["invalid"] = messages["missing"] = _("No file arrived. Choose it again.")

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > LIMITS.file_bytes:
            sentence = _("The file is larger than %(most)s MB. Hand it in in parts.")
            raise ValidationError(sentence % {"most": LIMITS.file_bytes // MEGABYTE})
        data: bytes = file.read()
        return data
