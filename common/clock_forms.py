"""Hours from when until when, in up to three parts of a day."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common import hours
from common.forms import WordedForm
from common.rules import Clocks

PARTS = range(1, hours.MOST_SPANS + 1)


class ClocksForm(WordedForm):
    """The fields of a day's parts, added to whatever else a form asks for."""

    #: A shift may end on the next day.
    over_midnight = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in PARTS:
            self.fields[f"start{part}"] = _clock(_("from"))
            self.fields[f"end{part}"] = _clock(_("until"))

    def spans(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"start{part}"], self[f"end{part}"]) for part in PARTS]

    def others(self) -> list[forms.BoundField]:
        """What else is asked for."""
        return [field for field in self if not field.name.startswith(("start", "end"))]

    def given(self) -> Clocks:
        pairs = (
            (self.cleaned_data.get(f"start{part}"), self.cleaned_data.get(f"end{part}")) for part in PARTS
        )
        return tuple((start, end) for start, end in pairs if start is not None and end is not None)

    def check_clocks(self) -> None:
        for part in PARTS:
            names = (f"start{part}", f"end{part}")
            missing = [
                name for name in names if self.cleaned_data.get(name) is None and name not in self.errors
            ]
            if len(missing) == 1:
                self.add_error(missing[0], _("Fill this in."))
        if any(name.startswith(("start", "end")) for name in self.errors):
            return
        if sentence := hours.span_fault(self.given(), over_midnight=self.over_midnight):
            self.add_error("start1", sentence)


def _clock(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget)


def clocks_initial(spans: Clocks) -> dict[str, Any]:
    return {
        f"{name}{part}": clock
        for part, span in zip(PARTS, spans, strict=False)
        for name, clock in zip(("start", "end"), span, strict=True)
    }
