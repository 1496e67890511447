"""What is typed of monthly assessed bonus bases."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appraisal.forms.standard import YuanField
from attendance.finding_forms import Elsewhere

#: A hundred thousand yuan a month is a slip of the pen.
MOST_CENTS = 10_000_000


def base_field() -> YuanField:
    """Of the form and of the sheet: both ask for what is missing in the same words."""
    return YuanField(
        label=_("Bonus a month (yuan)"), most=MOST_CENTS, error_messages={"required": _("Fill this in.")}
    )


class BonusForm(Elsewhere):
    submit = _("Enter the base")
    since = forms.DateField(
        label=_("From the month"),
        input_formats=["%Y-%m", "%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
        help_text=_("As 2026-01. It holds until another one begins; the same month again corrects it."),
    )
    cents = base_field()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["since"].error_messages["invalid"] = _("Write the month as 2026-01.")

    def clean_since(self) -> date:
        since: date = self.cleaned_data["since"]
        return since.replace(day=1)
