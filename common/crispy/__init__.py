"""Python side of the form pack in templates/longquan/: the browser's own date and time pickers."""

from django import forms


class DayInput(forms.DateInput):
    """A native date picker only understands ISO dates, whatever the language writes."""

    input_type = "date"

    def __init__(self, attrs: dict[str, object] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, attrs: dict[str, object] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")
