"""What is said against a decision, and what became of it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from appraisal.models import Review, ReviewState
from appraisal.words.grade import grade_words
from appraisal.words.review import state_words
from attendance.finding_forms import Elsewhere
from common.forms import PageForm, asked_for_at_times, day_field

UPHOLD, REVISE = "uphold", "revise"
#: Of the list: what the reader may decide, or enter, now.
WAITS = "waits"


class AskForm(PageForm):
    submit = _("Ask for it")
    text = forms.CharField(
        label=_("Why it should be looked at again"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("It is asked for once. Name what proves it; whoever decides reads it."),
    )


class PaperAskForm(AskForm):
    """Somebody enters what somebody without an account has handed in."""

    submit = _("Enter it")
    paper_on = day_field(
        _("Application received on paper on"),
        help_text=_("The day on which it was received says whether it was in time."),
    )
    field_order = ("paper_on", "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("What was handed in, word for word")
        self.fields["text"].help_text = _("Keep the signed paper. The page says who has entered it.")


class DecisionForm(Elsewhere):
    submit = _("Decide the review")
    tone = "seal"
    decision = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    grade = forms.ChoiceField(
        label=_("Grade after the review"),
        required=False,
        help_text=_(
            "A better one, within what the year allows and the unit’s quota. Without one the grade stays, and only "
            "figures that have changed since the decision are taken over."
        ),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Whoever asked reads it."),
    )

    def __init__(self, data: Any = None, *, review: Review, grades: list[str]) -> None:
        super().__init__(data, prefix="decision")
        result = review.result
        revise = _("It is set aside") if result is None else _("It is changed")
        if result is not None and not grades:
            revise = _(
                "It is changed: figures that are others since then are taken over; no better grade is left"
            )
        self.fields["decision"].choices = [  # type: ignore[attr-defined]
            (UPHOLD, _("The decision stands")),
            (REVISE, revise),
        ]
        if result is None:
            del self.fields["grade"]
            return
        if not grades:
            # Then only other figures can be taken over.
            del self.fields["grade"]
        else:
            kind = result.employment_kind
            given: list[tuple[str, Any]] = [("", _("As it is"))]
            given += [(grade, grade_words(grade, kind)) for grade in grades]
            self.fields["grade"].choices = given  # type: ignore[attr-defined]
            asked_for_at_times(self.fields["grade"])
        words = _("Whoever asked reads it. Of a better grade its beginning stands in the notice.")
        self.fields["reason"].help_text = words


class OutcomeForm(DecisionForm):
    """What the authority above decided."""

    submit = _("Enter the outcome")
    authority = forms.CharField(label=_("Authority that decided"), max_length=100)
    document = forms.CharField(label=_("Number of its document"), max_length=60)
    field_order = ("authority", "document", "decision", "grade", "reason")


class ReviewFilterForm(forms.Form):
    """Lenient: a filter that makes no sense filters nothing."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Unit"), required=False, empty_label=_("All units")
    )
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, data: Any, *, units: Any, decides: bool) -> None:
        super().__init__(data)
        waits = [(WAITS, _("Waits for me to decide"))] if decides else []
        states: Any = [("", _("All")), *waits]
        states += [(state, state_words(state)) for state in ReviewState.values]
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["state"].choices = states  # type: ignore[attr-defined]
        if units.count() < 2:
            del self.fields["unit"]
