"""What is written on a month's path, and how its list is narrowed down."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from common.forms import EditForm


class StepForm(EditForm):
    """One of several forms of the page; each is sent to an address of its own. `seen` is the version of the month that
    was read (services.months)."""

    action = ""

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.form_action = self.action
        return helper


class SendBackForm(StepForm):
    submit = _("Send it back")
    tone = "ghost"
    reason = forms.CharField(
        label=_("Why it goes back"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The unit reads it, and answers it when it reports again."),
    )


class AnswerForm(StepForm):
    submit = _("Report it again")
    answer = forms.CharField(
        label=_("The unit’s answer"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What was put right, or why it stands as it is. The city reads it."),
    )


class UnitForm(forms.Form):
    """Lenient: a unit that is nobody's chooses nothing."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Unit"), required=False, empty_label=_("All units"), to_field_name="code"
    )

    def __init__(self, data: Any, *, units: Any) -> None:
        super().__init__(data)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
