"""Python side of the form pack in templates/longquan/: native date and time inputs, and the usual helper."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.utils.functional import Promise


class DayInput(forms.DateInput):
    """The browser's own date picker, which only understands ISO dates."""

    input_type = "date"

    def __init__(self, attrs: dict[str, object] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, attrs: dict[str, object] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


def form_helper(submit: str | Promise, *, kind: str = "", action: str = "", method: str = "post") -> FormHelper:
    """A whole form with one button; the server's own error summary speaks instead of the browser's bubbles."""
    helper = FormHelper()
    helper.attrs = {"novalidate": True}
    helper.form_action = action
    helper.form_method = method
    helper.add_input(Submit("submit", str(submit), css_class=kind or None))
    return helper
