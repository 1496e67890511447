from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appraisal.services.outcomes import ITEMS
from attendance.models import Item
from common.forms import PageForm, asked_for_at_times, day_field
from complaints.models import Complaint

NOTHING = "nothing"


class CountForm(PageForm):
    """As which item a substantiated complaint counts in the month, or why as nothing."""

    submit = _("Save what it counts as")
    item = forms.ChoiceField(label=_("It counts as"), widget=forms.RadioSelect)
    day = asked_for_at_times(
        day_field(
            _("Day on which it happened"),
            required=False,
            help_text=_("As the verification found it; it decides which month and standard count."),
        )
    )
    note = forms.CharField(
        label=_("What was substantiated"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The person and their unit read it: quote nobody and name no complainant."),
    )
    reason = forms.CharField(
        label=_("Why no points"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Only where it counts as nothing."),
    )

    def __init__(self, data: Any, *, case: Complaint) -> None:
        super().__init__(data, initial={"note": case.statement[:300]})
        for name in ("note", "reason"):
            asked_for_at_times(self.fields[name])
        items = [(item.code, str(item)) for item in Item.objects.filter(code__in=ITEMS)]
        self.fields["item"].choices = [*items, (NOTHING, _("No points"))]  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        item = given.pop("item")
        return {**given, "item_code": "" if item == NOTHING else item}
