"""What is said about a measure of the ladder: proposed, told, answered, decided, served, set aside; and its rules."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from appraisal.models import Measure, Receipt, Sanction, SanctionState, Trigger
from appraisal.services.proposing import trigger_facts
from appraisal.services.sanctions import defence_facts
from appraisal.words.sanction import rungs
from attendance.finding_forms import DefenceForm, Elsewhere, PaperDefenceForm
from attendance.models import Exemption
from cards.models import Cadre
from common.forms import CHOOSE, EditForm, PageForm, WordedForm, asked_for_at_times, day_field
from common.versions import version_of

#: Of a decision: not pursued.
DROP = "drop"
#: Of the list: what the reader may do something about now.
WAITS = "waits"
#: Proposed without a rule.
BY_HAND = "hand"
#: Of the unit itself, and of nobody in it.
THE_UNIT = "unit"


def statement_form(sanction: Sanction, data: Any = None, *, on_paper: bool = False) -> DefenceForm:
    kind = PaperDefenceForm if on_paper else DefenceForm
    facts = defence_facts(sanction)
    form = kind(data, prefix="defence", initial={**facts, "seen": version_of(facts)})
    if not on_paper:
        form.fields["text"].help_text = _(
            "As long as nobody has decided it may be written again, until the last day. "
            "Whoever decides reads all of it."
        )
    return form


class MeasureForm(Elsewhere):
    """The decision: one of the rungs up to what was proposed, each with what it passes over; or none."""

    submit = _("Decide")
    tone = "seal"
    #: Of what was on the page (services.sanctions.decided_over).
    seen = forms.CharField(widget=forms.HiddenInput, max_length=32, required=False)
    measure = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    reason = asked_for_at_times(
        forms.CharField(
            label=_("Why it is decided so"),
            max_length=1000,
            required=False,
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text=_(
                "It stands on the paper; whom it is about reads it. An exemption is a reason by itself."
            ),
        )
    )
    skipped_reason = asked_for_at_times(
        forms.CharField(
            label=_("Why rungs are passed over"),
            max_length=300,
            required=False,
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text=_("Only where the rung chosen passes over one that was never taken this year."),
        )
    )
    exemption = forms.ChoiceField(
        label=_("Why nobody is answerable"),
        required=False,
        choices=[("", _("No exemption")), *Exemption.choices],
        help_text=_("Only where it is not pursued for one of these."),
    )

    def __init__(
        self,
        *args: Any,
        measures: Sequence[Measure],
        skips: dict[int, list[int]],
        may_decide: bool,
        **kwargs: Any,
    ) -> None:
        """`measures` of the ladder; `skips`: by the key of each that may be chosen, the levels it passes over."""
        super().__init__(*args, **kwargs)
        chosen = [measure for measure in measures if measure.pk in skips] if may_decide else []
        choices: Any = [(str(one.pk), _choice(one, skips[one.pk], measures)) for one in reversed(chosen)]
        self.fields["measure"].choices = [*choices, (DROP, _("Not pursued"))]  # type: ignore[attr-defined]
        if not any(skips.values()) or not chosen:
            del self.fields["skipped_reason"]

    def clean_seen(self) -> str | None:
        return self.cleaned_data["seen"] or None

    def show_version(self, version: str) -> None:
        """After it came back: deciding is then a decision on what stands there now."""
        data: Any = self.data
        self.data = data.copy()
        self.data[self.add_prefix("seen")] = version  # type: ignore[index]


def _choice(measure: Measure, skipped: list[int], measures: Sequence[Measure]) -> str:
    if not skipped:
        return str(measure)
    words = {"measure": measure, "rungs": rungs(skipped, measures)}
    return str(_("%(measure)s (passes over %(rungs)s: a reason is needed)") % words)


class ServeForm(Elsewhere):
    submit = _("Enter that it was served")
    served_on = day_field(
        _("Served on"), help_text=_("From this day on it warns, and the days for a review count.")
    )
    receipt = forms.ChoiceField(label=_("Receipt"), choices=Receipt.choices, widget=forms.RadioSelect)
    witness = asked_for_at_times(
        forms.CharField(
            label=_("Witness"),
            max_length=50,
            required=False,
            help_text=_("Who was there when the receipt was refused."),
        )
    )


class SetAsideForm(WordedForm):
    reason = forms.CharField(
        label=_("Why it is set aside"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


class SanctionFilterForm(forms.Form):
    """Lenient: a filter that makes no sense filters nothing."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Unit"), required=False, empty_label=_("All units")
    )
    state = forms.ChoiceField(label=_("State"), required=False)
    rule = forms.ChoiceField(label=_("Rule applied"), required=False)

    def __init__(
        self, data: Any, *, units: Any, rules: Iterable[tuple[str, str]], is_commission: bool
    ) -> None:
        """`rules`: each by its code and its name."""
        super().__init__(data)
        states: Any = [("", _("All")), (WAITS, _("Waits for me"))]
        # What was referred nobody else finds.
        shown = [one for one in SanctionState.values if one != SanctionState.REFERRED or is_commission]
        states += [(state, SanctionState(state).label) for state in shown]
        named: Any = [("", _("All rules")), *rules, (BY_HAND, _("Without a rule"))]
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["state"].choices = states  # type: ignore[attr-defined]
        self.fields["rule"].choices = named  # type: ignore[attr-defined]
        if units.count() < 2:
            del self.fields["unit"]


# --- Proposing --------------------------------------------------------------------------------------------------------


class AboutForm(forms.Form):
    """First the unit, then who of it; lenient, since it only asks for the next page."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"), required=False, empty_label=CHOOSE)
    about = forms.ChoiceField(label=_("About whom"), required=False)
    year = forms.ChoiceField(label=_("Facts of the year"), required=False)

    def __init__(self, data: Any, *, units: Any, people: Iterable[Cadre], years: Sequence[int]) -> None:
        super().__init__(data, initial={"year": years[0]})
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        named: Any = [("", CHOOSE), (THE_UNIT, _("The unit itself"))]
        named += [(str(cadre.pk), cadre.name) for cadre in people]
        self.fields["about"].choices = named  # type: ignore[attr-defined]
        self.fields["year"].choices = [(str(year), str(year)) for year in years]  # type: ignore[attr-defined]
        if len(named) == 2 and not self.data.get("unit"):
            del self.fields["about"]


class ProposeForm(PageForm):
    submit = _("Propose it")
    measure = forms.ModelChoiceField(
        Measure.objects.none(), label=_("Measure"), widget=forms.RadioSelect, empty_label=None
    )
    facts = forms.MultipleChoiceField(
        label=_("Facts that it rests on"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "As far as you may see them. Whom it is about reads those chosen. What falls later blocks the decision."
        ),
    )
    reason = forms.CharField(
        label=_("Why it is proposed"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "Whom it is about reads it, and answers before anybody decides. Of a referral nobody hears."
        ),
    )

    def __init__(self, *args: Any, measures: Any, facts: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["measure"].queryset = measures  # type: ignore[attr-defined]
        self.fields["facts"].choices = facts  # type: ignore[attr-defined]
        if not facts:
            del self.fields["facts"]


# --- Rules ------------------------------------------------------------------------------------------------------------


class TriggerForm(EditForm):
    """Looked at once more before it is saved: `confirmed` comes from the second page."""

    submit = _("Go on")
    active = forms.BooleanField(
        label=_("This rule is in use"), required=False, help_text=_("What is off proposes nothing.")
    )
    times = forms.IntegerField(label=_("Times in a year"), min_value=1, max_value=50)
    measure = forms.ModelChoiceField(Measure.objects.none(), label=_("Proposes"), empty_label=None)
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, trigger: Trigger, data: Any = None) -> "TriggerForm":
        facts = trigger_facts(trigger)
        form = cls(data, initial={**facts, "seen": version_of(facts)})
        form.fields["measure"].queryset = Measure.objects.filter(refers=False)  # type: ignore[attr-defined]
        return form

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values().items() if name != "confirmed"}

    def saved_words(self, name: str, saved: Any) -> str:
        if name == "measure":
            return str(Measure.objects.get(pk=saved))
        if name == "active":
            return str(_("in use") if saved else _("not in use"))
        return super().saved_words(name, saved)

    def not_confirmed(self) -> None:
        """It is looked at once more after an error, too."""
        data: Any = self.data
        self.data = data.copy()
        self.data["confirmed"] = ""  # type: ignore[index]

    def ask_again(self) -> "TriggerForm":
        """The same with every field out of sight, to be sent once more."""
        data = {name: value for name, value in self.data.items() if name != "csrfmiddlewaretoken"}
        again = type(self)({**data, "confirmed": "on"})
        again.fields["measure"].queryset = Measure.objects.filter(refers=False)  # type: ignore[attr-defined]
        for field in again.fields.values():
            field.widget = forms.HiddenInput()
        return again
