"""What an inspector enters on site: one person, and the end of the check."""

from collections.abc import Iterable
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from attendance import selectors
from attendance.models import Finding, Item, Offered, Outcome, Signature, SpotLine
from attendance.rules import may_be_said
from attendance.services.on_site import Record
from attendance.services.rounds import Problem
from cards import photos
from cards.rules import Status
from common.forms import EditForm, PageForm, asked_for_at_times, checked_name
from common.problems import Refused


class OnSiteForm(EditForm):
    outcome = forms.ChoiceField(label=_("Outcome"), choices=Outcome, widget=forms.RadioSelect)
    items = forms.MultipleChoiceField(label=_("What is wrong"), widget=forms.CheckboxSelectMultiple)
    minutes = forms.IntegerField(
        label=_("Minutes"), required=False, min_value=1, max_value=600, help_text=_("Late or early by.")
    )
    note = forms.CharField(
        label=_("Facts"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    photo = forms.FileField(
        label=_("Photo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    word = forms.CharField(
        label=_("What the person says"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    signature = forms.ChoiceField(label=_("Signature"), choices=Signature, widget=forms.RadioSelect)
    witness = asked_for_at_times(
        forms.CharField(
            label=_("Witness"), max_length=50, required=False, help_text=_("Of a refusal to sign.")
        )
    )
    reason = asked_for_at_times(
        forms.CharField(
            label=_("Why a recorded problem is taken back"),
            max_length=200,
            required=False,
            help_text=_("Needed when a recorded problem is no longer ticked."),
        )
    )

    def __init__(self, *args: Any, status: Status, standing: Iterable[Finding] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {finding.item.code: finding.item for finding in standing}
        self.offered = {item.code: item for item in _offered(status)} | known
        self.fields["items"].choices = [(code, str(item)) for code, item in self.offered.items()]  # type: ignore[attr-defined]
        if not known:
            del self.fields["reason"]
        if self.is_bound and self.data.get("outcome") == Outcome.AGREES:
            for name in ("items", "signature"):
                self.fields[name].required = False

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.attrs = {"novalidate": True, "class": "on-site"}
        helper.layout = Layout(
            "seen",
            Field("outcome", wrapper_class="chips"),
            Div(Field("items", wrapper_class="chips"), "minutes", css_class="only-problem"),
            "note",
            Div("photo", css_class="only-problem"),
            "word",
            Div(Field("signature", wrapper_class="chips"), "witness", css_class="only-problem"),
            *(["reason"] if "reason" in self.fields else []),
        )
        return helper

    def clean_photo(self) -> Any:
        """A bad photo is an error like any other, before anything is saved."""
        upload = self.cleaned_data["photo"]
        if upload:
            try:
                photos.check(upload)
            except Refused as refused:
                raise forms.ValidationError(refused.sentence) from refused
            upload.seek(0)
        return upload or None

    def clean_witness(self) -> str:
        typed = self.cleaned_data["witness"].strip()
        return checked_name(typed) if typed else ""

    def record(self) -> Record:
        """What was hidden below “agrees” does not count."""
        data = self.cleaned_data
        outcome = Outcome(data["outcome"])
        found = outcome == Outcome.PROBLEM
        return Record(
            outcome=outcome,
            problems=[
                Problem(self.offered[code], data["minutes"], data["note"], data["photo"])
                for code in (data["items"] if found else ())
            ],
            note=data["note"],
            word=data["word"],
            signature=data["signature"] if found else "",
            witness=data["witness"] if found and data["signature"] == Signature.REFUSED else "",
            reason=data.get("reason", ""),
        )

    def saved_words(self, name: str, saved: Any) -> str:
        if name == "items":
            return "、".join(str(self.offered.get(code, code)) for code in saved)
        if name in ("outcome", "signature") and saved:
            return str({"outcome": Outcome, "signature": Signature}[name](saved).label)
        return super().saved_words(name, saved)

    def ask_again_for_photo(self) -> None:
        """No browser keeps a chosen file when the form comes back."""
        if self.errors and self.files.get("photo") and "photo" not in self.errors:
            self.add_error("photo", _("Choose the photo again."))


def _offered(status: Status) -> list[Item]:
    """What can be seen on site and fits the plaque; what is offered beside every status comes first."""
    order = {Offered.PRESENT: 0, Offered.ANY: 0, Offered.MORE: 1}
    items = [item for item in selectors.items() if item.offered in order]
    fitting = [item for item in items if may_be_said(item.code, status)]
    return sorted(fitting, key=lambda item: order[Offered(item.offered)])


class SpotCloseForm(PageForm):
    submit = _("Close the spot check")
    tone = "seal"
    note = forms.CharField(
        label=_("Note"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What was said to the units on the spot."),
    )

    def __init__(self, *args: Any, undone: Iterable[SpotLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.undone = list(undone)
        for line in self.undone:
            self.fields[f"reason_{line.pk}"] = forms.CharField(
                label=_("Why %(name)s was not met") % {"name": f"{line.cadre.name} · {line.unit.name}"},
                max_length=200,
                required=False,
            )

    def reasons(self) -> dict[int, str]:
        return {line.pk: self.cleaned_data[f"reason_{line.pk}"] for line in self.undone}


class SpotCancelForm(PageForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class PublicReasonForm(SpotCancelForm):
    """Of a draw, and of the spot check that came of one."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("It stands on the public page at once: name neither units nor people."),
    )
