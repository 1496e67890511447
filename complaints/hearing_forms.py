"""What is written about a question: the question itself, how it may be asked, its answer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import PageForm
from complaints.services.handling import REASON_LENGTH
from complaints.services.hearing import LIMITS, To, Way


class PointForm(PageForm):
    submit = _("Put the question")
    to = forms.ChoiceField(label=_("Who is asked"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("The question"),
        max_length=LIMITS["text"],
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_(
            "In your own words: what is to be verified, without the complaint’s text, its source or its photos."
        ),
    )
    would_identify = forms.BooleanField(
        label=_("Asking this could tell who complained"),
        required=False,
        help_text=_("Then nobody is asked before the head of the Efficiency Express has decided how."),
    )

    def __init__(self, *args: Any, accused: str, unit: str, **kwargs: Any) -> None:
        """The names of those who can be asked; empty for who cannot."""
        super().__init__(*args, **kwargs)
        offered: Any = [
            (choice.value, label) for choice, label in ((To.ACCUSED, accused), (To.UNIT, unit)) if label
        ]
        self.fields["to"].choices = offered  # type: ignore[attr-defined]
        if len(offered) == 1:
            self.fields["to"].initial = offered[0][0]


class DecideForm(PageForm):
    submit = _("Decide")
    way = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("The question as it is asked"),
        max_length=LIMITS["text"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Leave out what only the complainant can know."),
    )
    words = forms.CharField(
        label=_("Why"),
        max_length=LIMITS["decision"],
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stays in the record of the case."),
    )

    def __init__(self, *args: Any, unit: str, to_unit: bool, **kwargs: Any) -> None:
        """`unit` is empty where it must not hear of it; `to_unit`: the question goes there anyway."""
        super().__init__(*args, **kwargs)
        generally = [(Way.UNIT.value, _("Ask the unit in general terms"))] if unit and not to_unit else []
        choices: Any = [
            (Way.REWORDED.value, _("Ask it as worded below")),
            *generally,
            (Way.DROP.value, _("Do not ask it")),
        ]
        self.fields["way"].choices = choices  # type: ignore[attr-defined]


class AnswerForm(PageForm):
    submit = _("Hand in the answer")
    text = forms.CharField(
        label=_("Your answer"),
        max_length=LIMITS["answer"],
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("It can be handed in once. Whoever handles the case reads it."),
    )


class AnswerForAnotherForm(AnswerForm):
    submit = _("Enter the answer")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("The answer, word for word")
        self.fields["text"].help_text = _("It can be entered once. The case says who has entered it.")


class UnitAnswerForm(AnswerForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("The unit’s answer")


class ReturnForm(PageForm):
    submit = _("Return it")
    reason = forms.CharField(
        label=_("Why your unit cannot verify it"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The Efficiency Express then verifies by itself. The time for the answer keeps running."),
    )
