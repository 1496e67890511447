"""What is said for and against an entry, and what became of an amount."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from appraisal.forms.standard import YuanField
from appraisal.models import ObjectionState, WithholdingProposal
from attendance.finding_forms import Elsewhere
from common.forms import EditForm, PageForm, WordedForm, day_field, name_what_is_missing
from common.templatetags.amounts import money
from common.versions import Overtaken

SUSTAIN, REJECT = "sustain", "reject"
#: Of the list: what the reader may answer now.
WAITS = "waits"


class ObjectionForm(PageForm):
    submit = _("Object")
    text = forms.CharField(
        label=_("What is wrong, and why"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("It is made once and stays as it is. Name what proves it; whoever answers reads it."),
    )


class PaperObjectionForm(ObjectionForm):
    """An officer enters what somebody without an account has handed in."""

    submit = _("Enter the objection")
    paper_on = day_field(
        _("Handed in on paper on"),
        help_text=_("The day on which the unit received it: it counts from there."),
    )
    field_order = ("paper_on", "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("The objection, word for word")
        self.fields["text"].help_text = _("Keep the signed paper. The page says who has entered it.")


class AnswerForm(Elsewhere):
    submit = _("Answer the objection")
    tone = "seal"
    decision = forms.ChoiceField(
        label=_("Answer"),
        choices=[
            (SUSTAIN, _("It is sustained: the entry is taken back")),
            (REJECT, _("It is rejected: the entry stays")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whoever objected reads it. If it is sustained, it stands in the ledger."),
    )


class ObjectionFilterForm(forms.Form):
    """Lenient: a filter that makes no sense filters nothing."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Unit"), required=False, empty_label=_("All units")
    )
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, data: Any, *, units: Any, decides: bool) -> None:
        super().__init__(data)
        waits = [(WAITS, _("Waits for my answer"))] if decides else []
        states: Any = [("", _("All")), *waits, *ObjectionState.choices]
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["state"].choices = states  # type: ignore[attr-defined]
        if units.count() < 2:
            del self.fields["unit"]


# --- What became of an amount -----------------------------------------------------------------------------------------


class NoForm(WordedForm):
    """A question that is answered by a button."""


class ReasonForm(WordedForm):
    reason = forms.CharField(
        label=_("Why it was not withheld"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


class HandOverForm(EditForm):
    """What was read is what is handed over: another amount is asked about anew."""

    def show_saved(self, overtaken: Overtaken) -> None:
        super().show_saved(overtaken)
        self._errors.clear()  # type: ignore[attr-defined]  # nobody else has typed anything here
        self.add_error(
            None, _("The amounts have changed since, and nothing is handed over yet: read them anew.")
        )


class WithheldForm(WordedForm):
    """How much finance has withheld of what it was told; where that has fallen since, somebody has to say."""

    def __init__(self, data: Any, *, proposal: WithholdingProposal) -> None:
        fallen = proposal.sent_cents > proposal.due_cents
        super().__init__(data, initial={} if fallen else {"cents": proposal.due_cents})
        words = {"sent": money(proposal.sent_cents), "left": money(proposal.due_cents)}
        changed = _("%(sent)s were handed over, %(left)s are left. What was withheld too much is paid back.")
        self.fields["cents"] = YuanField(
            label=_("What finance has withheld (yuan)"),
            least=1,
            most=proposal.sent_cents,
            required=fallen,
            help_text=changed % words if fallen else "",
        )
        name_what_is_missing(self)


class PaidBackForm(WordedForm):
    """The amount that was shown, so that a later one is not entered with it."""

    cents = forms.IntegerField(widget=forms.HiddenInput)
