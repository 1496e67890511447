"""What is entered when people move: to another unit, to a place of work for a time, with their whole unit."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit, UnitQuerySet
from cards.forms import LinesField, PhoneField
from cards.models import Cadre, Office, Placement, PlacementKind
from cards.rules import MAX_DUTIES, MAX_POSTS
from cards.services import Arrival, placement_facts
from common.forms import EditForm, PageForm, WordedForm, day_field
from common.versions import version_of


def open_units() -> UnitQuerySet:
    """Those that people can be entered in."""
    return Unit.objects.filter(valid_to=None)


class TransferForm(PageForm):
    submit = _("Hand over")
    to_unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Receiving unit"))
    first_day = day_field(
        _("First day there"), help_text=_("From this day on the new unit can take the person in.")
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=200,
        required=False,
        help_text=_("For the new unit, for example the number of the notice."),
    )

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_unit"].queryset = open_units().exclude(pk=cadre.unit_id)  # type: ignore[attr-defined]


class TransferAcceptForm(PageForm):
    submit = _("Take in")
    office = forms.ModelChoiceField(Office.objects.none(), label=_("Office"))
    posts = LinesField(
        label=_("Posts"),
        most=MAX_POSTS,
        longest=60,
        rows=2,
        help_text=_("One a line; the first is the primary post."),
    )
    duties = LinesField(
        label=_("Duties"),
        most=MAX_DUTIES,
        longest=120,
        rows=5,
        help_text=_("One a line, in words that citizens use."),
    )
    office_phone = PhoneField(label=_("Office phone"), required=True)

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = unit.offices.order_by("room", "name")  # type: ignore[attr-defined]

    def arrival(self) -> Arrival:
        return Arrival(**self.cleaned_data)


class TransferDeclineForm(PageForm):
    reason = forms.CharField(label=_("Why the person is not taken in"), max_length=200)

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.attrs = {"novalidate": True}
        helper.add_input(Submit("decline", _("Decline"), css_class="ghost"))
        return helper


class PlacementForm(EditForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=PlacementKind, widget=forms.RadioSelect)
    office = forms.ModelChoiceField(Office.objects.none(), label=_("Office"))
    valid_from = day_field(_("From"))
    valid_to = day_field(
        _("Until and including"), required=False, help_text=_("Empty when the end is not known yet.")
    )

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = unit.offices.order_by("room", "name")  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(placement: Placement) -> dict[str, Any]:
        return {
            "kind": placement.kind,
            "office": placement.office_id,
            "valid_from": placement.valid_from,
            "valid_to": placement.valid_to,
            "seen": version_of(placement_facts(placement)),
        }

    def saved_words(self, name: str, saved: Any) -> str:
        return str(PlacementKind(saved).label) if name == "kind" else super().saved_words(name, saved)


class PlacementEndForm(PageForm):
    submit = _("End it")
    last_day = day_field(
        _("Last day there"), help_text=_("A day before it begins removes it: it never came about.")
    )


class MergeForm(WordedForm):
    """First shown by GET, to see what would follow; the same values are then confirmed by POST."""

    successor = forms.ModelChoiceField(Unit.objects.none(), label=_("Successor"))
    last_day = day_field(_("Last day of this unit"))
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["successor"].queryset = open_units().exclude(pk=unit.pk)  # type: ignore[attr-defined]
