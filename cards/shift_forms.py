from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cards.models import ShiftPattern
from cards.services.shifts import pattern_facts
from common.calendar import clocks
from common.clock_forms import ClocksForm, clocks_initial
from common.forms import EditForm
from common.versions import version_of


class ShiftPatternForm(ClocksForm, EditForm):
    """A shift by name and hours; whether it is still used is asked once it is there."""

    over_midnight = True
    name = forms.CharField(
        label=_("Name of the shift"),
        max_length=10,
        help_text=_("As the roster on the wall has it: 早班, 晚班."),
    )
    retired = forms.BooleanField(label=_("No longer used: it cannot be chosen any more"), required=False)

    def __init__(self, *args: Any, new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if new:
            del self.fields["retired"]

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.check_clocks()
        return self.cleaned_data

    @classmethod
    def of(cls, pattern: ShiftPattern, data: Any = None) -> "ShiftPatternForm":
        spans = clocks_initial(clocks(pattern.spans))
        seen = version_of(pattern_facts(pattern))
        initial = {"name": pattern.name, "retired": pattern.retired, "seen": seen, **spans}
        return cls(data, new=False, initial=initial)
