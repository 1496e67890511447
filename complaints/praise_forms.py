from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit


class PraiseFilterForm(forms.Form):
    """Lenient: a filter that makes no sense filters nothing."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Unit"), required=False, empty_label=_("All units")
    )
    month = forms.CharField(
        label=_("Month"), required=False, max_length=7, widget=forms.TextInput(attrs={"type": "month"})
    )

    def __init__(self, data: Any, *, units: Any) -> None:
        super().__init__(data)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        if units.count() < 2:
            del self.fields["unit"]
