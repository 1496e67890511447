from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from attendance import words
from attendance.models import Correction, Finding, Item
from common.forms import CHOOSE, PageForm, asked_for_at_times


class CorrectionForm(PageForm):
    submit = _("Ask a second person")
    finding = forms.ModelChoiceField(
        label=_("Recorded by mistake, to be withdrawn"),
        queryset=Finding.objects.none(),
        required=False,
        blank=True,
        widget=forms.RadioSelect,
    )
    item = forms.ModelChoiceField(
        label=_("What should have been recorded"),
        help_text=_("Leave it empty where nothing was wrong and the problem is only withdrawn."),
        queryset=Item.objects.none(),
        required=False,
    )
    minutes = forms.IntegerField(
        label=_("Minutes"),
        help_text=_("Of being late or leaving early."),
        min_value=1,
        max_value=600,
        required=False,
    )
    note = forms.CharField(label=_("Facts"), max_length=200, required=False)
    reason = forms.CharField(label=_("Why the round is wrong"), max_length=200)

    def __init__(self, *args: Any, recorded: Iterable[Finding], items: Iterable[Item], **kwargs: Any) -> None:
        """`recorded` are the findings of the line that count, `items` what the plaque of then allows."""
        super().__init__(*args, **kwargs)
        findings = [finding.pk for finding in recorded]
        if findings:
            field: Any = self.fields["finding"]
            field.queryset = Finding.objects.filter(pk__in=findings).select_related("item").order_by("pk")
            field.label_from_instance = words.title
            field.empty_label = _("Nothing is withdrawn")
            field.initial = findings[0] if len(findings) == 1 else None
        else:
            del self.fields["finding"]
        field = self.fields["item"]
        if not findings:
            # Nothing can be withdrawn here: what should have been recorded is all that there is to say.
            field.required, field.help_text = True, _("The line agreed, so there is nothing to withdraw.")
            field.empty_label = CHOOSE
        field.queryset = Item.objects.filter(pk__in=[item.pk for item in items])


class CorrectionDecisionForm(PageForm):
    submit = _("Decide")
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            (Correction.Decision.CONFIRMED.value, _("Confirm the correction")),
            (Correction.Decision.REFUSED.value, _("Refuse")),
        ],
        widget=forms.RadioSelect,
    )
    note = asked_for_at_times(
        forms.CharField(
            label=_("Note"),
            help_text=_("Needed when the correction is refused."),
            max_length=200,
            required=False,
        )
    )
