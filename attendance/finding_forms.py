"""What is said about a finding: that it was told, what speaks against it, what is decided."""

from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from attendance.models import Exemption, Finding, FindingState, Item, Told
from attendance.services.findings import defence_facts
from common.forms import EditForm, PageForm, asked_for_at_times, day_field
from common.versions import version_of

STAND, WITHDRAW = "stand", "withdraw"
#: Of the list: what the reader may decide on now.
WAITS = "waits"
MONTHS_SHOWN = 13


class Elsewhere(PageForm):
    """One of several forms of a page; each is sent to an address of its own."""

    action = ""

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.form_action = self.action
        return helper


class DefenceForm(EditForm, Elsewhere):
    submit = _("Hand in the statement")
    text = forms.CharField(
        label=_("What should be considered"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "It may be written again until the last day, as long as nobody has decided. Whoever decides reads it."
        ),
    )

    @classmethod
    def of(cls, finding: Finding, data: Any = None) -> "DefenceForm":
        facts = defence_facts(finding)
        return cls(data, prefix="defence", initial={**facts, "seen": version_of(facts)})


class PaperDefenceForm(DefenceForm):
    """An officer enters what somebody without an account, or without a phone, has handed in."""

    submit = _("Enter the statement")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("The statement, word for word")
        self.fields["text"].help_text = _("Keep the signed paper. The page says who has entered it.")


class TellForm(Elsewhere):
    submit = _("Enter that the person was told")
    how = forms.ChoiceField(
        label=_("How"),
        choices=[choice for choice in Told.choices if choice[0] != Told.IN_APP],
        widget=forms.RadioSelect,
    )
    day = day_field(_("Told on"), help_text=_("The days for a statement count from the working day after."))


class DecisionForm(Elsewhere):
    submit = _("Decide")
    tone = "seal"
    decision = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    exemption = forms.ChoiceField(
        label=_("Why nobody is answerable"),
        required=False,
        choices=[("", _("No exemption")), *Exemption.choices],
        help_text=_("Only where it is withdrawn for one of these."),
    )
    reason = asked_for_at_times(
        forms.CharField(
            label=_("Reason for the decision"),
            max_length=300,
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("The person reads it. Needed to withdraw, and wherever a statement was made."),
        )
    )

    def __init__(self, *args: Any, may_stand: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stand = [(STAND, _("It stands"))] if may_stand else []
        choices: Any = [*stand, (WITHDRAW, _("It is withdrawn"))]
        self.fields["decision"].choices = choices  # type: ignore[attr-defined]


class FindingFilterForm(forms.Form):
    """Lenient: a filter that makes no sense filters nothing."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Unit"), required=False, empty_label=_("All units")
    )
    state = forms.ChoiceField(label=_("State"), required=False)
    month = forms.ChoiceField(label=_("Month"), required=False)
    item = forms.ModelChoiceField(
        Item.objects.all(), label=_("Item"), required=False, empty_label=_("All items")
    )

    def __init__(self, data: Any, *, units: Any, today: date, decides: bool) -> None:
        super().__init__(data)
        waits = [(WAITS, _("Waits for my decision"))] if decides else []
        states: Any = [("", _("All")), *waits, *FindingState.choices]
        months: Any = [("", _("All months")), *_months(today)]
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["state"].choices = states  # type: ignore[attr-defined]
        self.fields["month"].choices = months  # type: ignore[attr-defined]
        if units.count() < 2:
            del self.fields["unit"]


def _months(today: date) -> list[tuple[str, str]]:
    found, year, month = [], today.year, today.month
    for _step in range(MONTHS_SHOWN):
        label = _("%(month)s/%(year)s") % {"year": year, "month": month}
        found.append((f"{year}-{month:02d}", str(label)))
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return found
