"""Every form of the desk carries the revision that its page showed: what was decided on an older state is refused."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Unit, User
from common.forms import CHOOSE, PageForm, day_field
from common.rules import at, local
from common.templatetags.components import zh_date
from complaints.models import CaseState, Channel, Complaint, ComplaintSettings, Feedback, Outcome

#: Of what happened, enough to tell one case from another.
BEGINNING = 20
OPEN, ALL, MINE = "open", "all", "mine"


class ActForm(PageForm):
    #: What its page says above the fields: what follows from it, and what to think of first.
    points: tuple[str, ...] = ()
    warning = ""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, case: Complaint, **more: Any) -> None:
        super().__init__(data, initial={"revision": case.revision, **self.first(case)}, **more)
        self.case = case

    def first(self, case: Complaint) -> dict[str, Any]:
        return {}

    def given(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    def show_revision(self, revision: int) -> None:
        """After somebody else's move: sending it again is then a decision on what stands there now."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("revision")] = str(revision)
        self.data = data


def _lines(label: Any, rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **more)


class AcceptForm(ActForm):
    submit = _("Accept and handle it")


class RefuseForm(ActForm):
    submit = _("Do not accept it")
    tone = "seal"
    reason = _lines(_("Why it is not accepted"), max_length=300, help_text=_("The complainant reads it."))
    right_door = forms.CharField(label=_("The right door"), max_length=200)

    def first(self, case: Complaint) -> dict[str, Any]:
        """The doors the city has set, to choose from; never the one through which it came."""
        city = ComplaintSettings.current()
        doors = _("Citizens’ hotline %(hotline)s; reports about discipline %(discipline)s")
        if case.channel == Channel.HOTLINE:
            doors = _("Reports about discipline %(discipline)s")
        return {"right_door": doors % {"hotline": city.hotline, "discipline": city.discipline_line}}


class DispatchForm(ActForm):
    submit = _("Save")
    to = forms.ChoiceField(
        label=_("Who verifies"),
        choices=[
            ("unit", _("The unit, by verification points")),
            ("keep", _("The Efficiency Express itself")),
        ],
        widget=forms.RadioSelect,
        help_text=_("The unit sees reworded points only, never the complaint or who made it."),
    )

    def given(self) -> dict[str, Any]:
        return {"revision": self.cleaned_data["revision"], "to_unit": self.cleaned_data["to"] == "unit"}


class AssignForm(ActForm):
    submit = _("Give it to this handler")
    handler = forms.ModelChoiceField(User.objects.none(), label=_("Handler"))

    def __init__(self, data: Any, *, case: Complaint, handlers: Any) -> None:
        super().__init__(data, case=case)
        self.fields["handler"].queryset = handlers  # type: ignore[attr-defined]


class CaseChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, case: Any) -> str:
        told = " ".join(case.source.text.split())
        begins = f"“{told[:BEGINNING]}{'…' if len(told) > BEGINNING else ''}”" if told else ""
        known = (
            case.number,
            zh_date(case.received_at),
            case.get_channel_display(),
            case.get_state_display(),
            begins,
        )
        return " · ".join(filter(None, known))


class LinkForm(ActForm):
    submit = _("Link it")
    master = CaseChoiceField(
        Complaint.objects.none(),
        label=_("The case about the same matter"),
        to_field_name="number",
        empty_label=CHOOSE,
        help_text=_("Its answer will be the answer to this one too."),
    )

    def __init__(self, data: Any, *, case: Complaint, masters: Any) -> None:
        super().__init__(data, case=case)
        self.fields["master"].queryset = masters  # type: ignore[attr-defined]


class ReasonForm(ActForm):
    reason = _lines(_("Reason"), max_length=300)


class ExtendForm(ReasonForm):
    submit = _("Extend it")
    reason = _lines(_("Reason"), max_length=300, help_text=_("The complainant reads it."))

    def __init__(self, data: Any, *, case: Complaint, days: int, until: date) -> None:
        super().__init__(data, case=case)
        words = ngettext(
            "By %(days)s day, until %(until)s, 24:00.", "By %(days)s days, until %(until)s, 24:00.", days
        )
        self.points = (words % {"days": days, "until": zh_date(until)},)


class SendBackForm(ReasonForm):
    submit = _("Send the answer back")
    reason = _lines(_("What is to be changed"), max_length=300)


class ReferForm(ReasonForm):
    submit = _("Refer it")
    tone = "seal"


class PlainReasonForm(PageForm):
    """Of what is not decided on a state of the case."""

    reason = _lines(_("Reason"), max_length=300)

    def __init__(self, data: Any, *, case: Complaint) -> None:
        super().__init__(data)
        self.case = case

    def given(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class UnmaskForm(PlainReasonForm):
    submit = _("Show the contact")
    reason = _lines(_("What the contact is needed for"), max_length=300)


def _caller_phone() -> forms.CharField:
    return forms.CharField(
        label=_("Phone the caller gives"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text=_("The one that was left with the complaint; ask for it, and never say it first."),
    )


class CallerForm(PageForm):
    submit = _("Find the caller’s cases")
    phone = _caller_phone()


class RenewForm(PlainReasonForm):
    submit = _("Give a new number")
    tone = "seal"
    phone = _caller_phone()
    reason = _lines(_("Reason"), 2, max_length=300)
    #: Pressed twice it gives one number.
    ticket = forms.CharField(widget=forms.HiddenInput, required=False)

    field_order = ("phone", "reason", "ticket")

    def given(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("phone", "reason")}


class RecuseForm(PlainReasonForm):
    submit = _("Step back")
    tone = "seal"
    reason = forms.CharField(label=_("Why you step back"), max_length=200)


class SubmitForm(ActForm):
    submit = _("Hand in for checking")
    outcome = forms.ChoiceField(
        label=_("Result of the verification"),
        choices=Outcome.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "“Cleared” is told to whoever was asked as well, “Unsubstantiated” to the complainant alone."
        ),
    )
    statement = _lines(
        _("Statement of fact"),
        4,
        max_length=1000,
        required=False,
        help_text=_(
            "Needed for what is substantiated or partly so. It alone reaches the accused: quote nothing."
        ),
    )
    measures = _lines(
        _("Measures"), 3, max_length=1000, required=False, help_text=_("The complainant reads it.")
    )
    answer = _lines(
        _("Answer to the complainant"),
        6,
        max_length=2000,
        help_text=_("In your own words, without the complainant’s name or phone."),
    )

    def __init__(self, data: Any, *, case: Complaint) -> None:
        super().__init__(data, case=case)
        open_ones = case.points.asked().filter(answered_at=None).count()
        words = ngettext(
            "%(number)s verification point is not answered yet. Once the draft is handed in, no answer is taken.",
            "%(number)s verification points are not answered yet. Once the draft is handed in, no answer is taken.",
            open_ones,
        )
        self.warning = words % {"number": open_ones} if open_ones else ""

    def first(self, case: Complaint) -> dict[str, Any]:
        return {name: getattr(case, name) for name in ("outcome", "statement", "measures", "answer")}


class CloseForm(ActForm):
    submit = _("Close the case")
    tone = "seal"
    feedback = forms.ChoiceField(
        label=_("How the complainant is told"), choices=Feedback.choices, widget=forms.RadioSelect
    )
    remark = _lines(_("Remark on the check"), 2, max_length=300, required=False)

    def __init__(self, data: Any, *, case: Complaint, receipt: bool) -> None:
        super().__init__(data, case=case)
        if not receipt:
            choices: Any = [choice for choice in Feedback.choices if choice[0] != Feedback.RECEIPT]
            self.fields["feedback"].choices = choices  # type: ignore[attr-defined]


class FeedBackForm(ActForm):
    submit = _("Enter that the complainant was told")
    feedback = forms.ChoiceField(label=_("How"), choices=Feedback.choices[1:], widget=forms.RadioSelect)
    day = day_field(_("Day"))
    clock = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    remark = _lines(
        _("Remark"),
        2,
        max_length=300,
        required=False,
        help_text=_("Needed where it is entered after the last day."),
    )

    def __init__(self, data: Any, *, case: Complaint, now: datetime) -> None:
        self.now = local(now)
        super().__init__(data, case=case)

    def first(self, case: Complaint) -> dict[str, Any]:
        return {"feedback": case.feedback, "day": self.now.date(), "clock": self.now.time()}

    def moment(self) -> datetime:
        """To the minute: in the minute of the closing means after it."""
        told, closed = at(self.cleaned_data["day"], self.cleaned_data["clock"]), self.case.closed_at
        return closed if closed is not None and told == closed.replace(second=0, microsecond=0) else told

    def given(self) -> dict[str, Any]:
        names = ("revision", "feedback", "remark")
        return {name: self.cleaned_data[name] for name in names} | {"at": self.moment()}


class CallBackForm(PageForm):
    submit = _("Enter the call")
    reached = forms.ChoiceField(
        label=_("Was the complainant reached?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
    )
    remark = _lines(
        _("Remark"),
        2,
        max_length=300,
        required=False,
        help_text=_("In your own words, without name or phone."),
    )

    def __init__(self, data: Any, *, case: Complaint) -> None:
        super().__init__(data)
        self.case = case

    def given(self) -> dict[str, Any]:
        return {"reached": self.cleaned_data["reached"] == "yes", "remark": self.cleaned_data["remark"]}


class InterestForm(PageForm):
    submit = _("Declare the interest")
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"))
    name = forms.CharField(label=_("Name"), max_length=50)
    reason = forms.CharField(label=_("What connects you"), max_length=200)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["unit"].queryset = Unit.objects.all()  # type: ignore[attr-defined]


class WithdrawForm(PageForm):
    submit = _("Withdraw it")
    reason = forms.CharField(
        label=_("Why it no longer holds"), max_length=200, help_text=_("It stands in the audit for good.")
    )


class QueueForm(forms.Form):
    """Lenient: a filter that makes no sense filters nothing."""

    state = forms.ChoiceField(label=_("State"), required=False)
    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Unit"), required=False, empty_label=_("All units")
    )
    handler = forms.ChoiceField(
        label=_("Handler"), required=False, choices=[("", _("Everybody")), (MINE, _("Mine"))]
    )

    def __init__(self, data: Any, *, handles: bool) -> None:
        super().__init__(data)
        first: Any = [("", _("Open cases")), (ALL, _("All"))] if handles else [("", _("All"))]
        states = [choice for choice in CaseState.choices if choice[0] != CaseState.REFERRED]
        self.fields["state"].choices = [*first, *(states if handles else [])]  # type: ignore[attr-defined]
        self.fields["unit"].queryset = Unit.objects.all()  # type: ignore[attr-defined]
        if not handles:
            del self.fields["handler"], self.fields["state"]
