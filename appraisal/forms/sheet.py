"""A sheet about people that is handed in, and the lists that show whom it was about."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from complaints.hotline_forms import HotlineForm


class SheetForm(HotlineForm):
    """A file to be looked through first."""

    def __init__(self, *args: Any, takes_csv: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["file"]
        field.label = _("File")
        field.help_text = _("An Excel workbook (.xlsx) of at most 5 MB.")
        if takes_csv:
            field.help_text = _("An Excel workbook (.xlsx) or a CSV file of at most 5 MB.")
            field.widget.attrs["accept"] += ",.csv,text/csv"


class PeopleFilterForm(forms.Form):
    """Lenient: a filter that makes no sense filters nothing."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Unit"), required=False, empty_label=_("All units")
    )
    name = forms.CharField(label=_("Name"), required=False, max_length=50)

    def __init__(self, data: Any, *, units: Any) -> None:
        super().__init__(data)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        if units.count() < 2:
            del self.fields["unit"]

    def given(self) -> dict[str, Any]:
        self.is_valid()
        return self.cleaned_data
