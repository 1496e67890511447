from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cards.documents.contact import PLACES
from cards.models import PrintKind
from common.forms import WordedForm


class PrintForm(WordedForm):
    kind = forms.ChoiceField(label=_("Document"), widget=forms.RadioSelect)
    start = forms.TypedChoiceField(
        label=_("First free place on the sheet"),
        help_text=_("For contact cards on a sheet that was begun: the places before it stay empty."),
        coerce=int,
        choices=[(place, str(place)) for place in PLACES],
        widget=forms.RadioSelect,
        required=False,
    )
    #: So that a second click finds the first one's job.
    once = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def __init__(self, *args: Any, counted: dict[str, str], **kwargs: Any) -> None:
        """`counted` says by kind how many there would be; what there is none of cannot be chosen."""
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(kind.value, counted[kind.value]) for kind in PrintKind if kind.value in counted]
