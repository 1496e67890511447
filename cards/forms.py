from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from cards import photos
from cards.models import STATE_CHOICES, Cadre, EmploymentKind, EndReason, Office, RevokeReason
from cards.rules import MAX_DUTIES, MAX_POSTS, Half, State, UntilChoice
from cards.services import CadreDetails, OfficeDetails, facts_of
from common.forms import (
    CHOOSE,
    EditForm,
    PageForm,
    WordedForm,
    asked_for_at_times,
    checked_name,
    day_field,
    mobile_number,
    phone_number,
)
from common.problems import Refused
from common.rules import at, local
from common.text import lines
from common.versions import version_of


def _one_line(**kwargs: Any) -> forms.CharField:
    return forms.CharField(**kwargs)


class PhoneField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, required=kwargs.pop("required", False), **kwargs)
        self.widget.attrs.update({"inputmode": "tel", "autocomplete": "off"})

    def clean(self, value: Any) -> str:
        return self.number(super().clean(value))

    @staticmethod
    def number(value: str) -> str:
        return phone_number(value)


class MobileField(PhoneField):
    @staticmethod
    def number(value: str) -> str:
        return mobile_number(value)


class LinesField(forms.CharField):
    """One entry a line."""

    def __init__(self, *, most: int, longest: int, rows: int, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)
        self.most, self.longest = most, longest

    def clean(self, value: Any) -> Any:
        entries = lines(super().clean(value))
        if len(entries) > self.most:
            raise ValidationError(_("At most %(most)s lines fit on the plaque.") % {"most": self.most})
        for number, entry in enumerate(entries, start=1):
            if len(entry) > self.longest:
                raise ValidationError(
                    _("Line %(number)s is longer than %(longest)s characters.")
                    % {"number": number, "longest": self.longest}
                )
        return entries


class OfficeForm(EditForm):
    name = _one_line(label=_("Office name"), max_length=40)
    room = _one_line(label=_("Room"), max_length=30, help_text=_("As on the door, for example “306 室”."))
    location = _one_line(label=_("Building and floor"), max_length=40, required=False)
    duty_phone = PhoneField(
        label=_("Duty phone"),
        help_text=_("Shown to citizens when somebody and their stand-in are both away."),
    )

    def details(self) -> OfficeDetails:
        return OfficeDetails(**self.values())


class CadreForm(EditForm):
    name = _one_line(label=_("Name"), max_length=50)
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
    mobile = MobileField(label=_("Mobile"), help_text=_("On the web only with the cadre's consent."))
    stand_in = forms.ModelChoiceField(
        Cadre.objects.none(),
        label=_("Stand-in"),
        required=False,
        help_text=_("Who receives citizens meanwhile."),
    )
    employment_kind = forms.ChoiceField(label=_("Employment"), choices=EmploymentKind)
    serves_from = day_field(_("In service from"))
    leads_unit = forms.BooleanField(
        label=_("Member of the unit's leadership"),
        required=False,
        help_text=_("Director or secretary and their deputies: random checks draw from them separately."),
    )
    photo = forms.FileField(
        label=_("Photo"),
        required=False,
        help_text=_("JPEG, PNG or WebP; it hangs on the door. On the web only with consent."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    def __init__(self, *args: Any, unit: Unit, cadre: Cadre | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = unit.cadres.serving(timezone.localdate()).order_by("pinyin", "pk")
        self._choices("office").queryset = unit.offices.order_by("room", "name")
        self._choices("stand_in").queryset = colleagues.exclude(pk=cadre.pk) if cadre else colleagues

    def _choices(self, name: str) -> "forms.ModelChoiceField[Any]":
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        return field

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])

    def clean_photo(self) -> Any:
        """A bad photo is an error like any other, before anything is saved."""
        upload = self.cleaned_data["photo"]
        if upload:
            try:
                photos.clean(upload)
            except Refused as refused:
                raise ValidationError(refused.sentence) from refused
            upload.seek(0)
        return upload

    def ask_again_for_photo(self) -> None:
        """No browser keeps a chosen file when the form comes back."""
        if self.errors and self.files.get("photo") and "photo" not in self.errors:
            self.add_error("photo", _("Choose the photo again."))

    def details(self) -> CadreDetails:
        return CadreDetails(**{key: value for key, value in self.values().items() if key != "photo"})

    @staticmethod
    def initial_of(cadre: Cadre) -> dict[str, Any]:
        return {
            "name": cadre.name,
            "office": cadre.office_id,
            "posts": "\n".join(post.title for post in cadre.posts.all()),
            "duties": "\n".join(duty.text for duty in cadre.duties.all()),
            "office_phone": cadre.office_phone,
            "mobile": cadre.mobile,
            "stand_in": cadre.stand_in_id,
            "employment_kind": cadre.employment_kind,
            "serves_from": cadre.serves_from,
            "leads_unit": cadre.leads_unit,
            "seen": version_of(facts_of(cadre)),
        }

    def saved_words(self, name: str, saved: Any) -> str:
        if name == "employment_kind":
            return str(dict(EmploymentKind.choices)[saved])
        if name == "leads_unit":
            return str(_("applies") if saved else _("does not apply"))
        return super().saved_words(name, saved)


class EndServiceForm(PageForm):
    submit = _("End service")
    tone = "seal"
    last_day = day_field(
        _("Last day of service"), help_text=_("The card is revoked the night after this day.")
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=[("", CHOOSE), *EndReason.choices])


class CardRequestForm(PageForm):
    submit = _("Request the card")
    reason = forms.ChoiceField(label=_("Why the present card is to be replaced"))
    note = _one_line(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, replaces: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if replaces:
            reasons = [RevokeReason.REISSUED, RevokeReason.LOST, RevokeReason.MISUSED]
            self.fields["reason"].choices = [  # type: ignore[attr-defined]
                ("", CHOOSE),
                *((reason.value, reason.label) for reason in reasons),
            ]
        else:
            del self.fields["reason"]


class CardDecisionForm(PageForm):
    submit = _("Decide")
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("approve", _("Issue the card")), ("refuse", _("Refuse"))],
        widget=forms.RadioSelect,
    )
    note = asked_for_at_times(
        _one_line(
            label=_("Reason"),
            max_length=200,
            required=False,
            help_text=_("Needed when the request is refused."),
        )
    )


class CardRevokeForm(PageForm):
    submit = _("Revoke the card")
    tone = "seal"
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[
            ("", CHOOSE),
            *(choice for choice in RevokeReason.choices if choice[0] != RevokeReason.REISSUED),
        ],
    )
    note = _one_line(label=_("Note"), max_length=200, required=False)


class ConsentForm(PageForm):
    submit = _("Record the consent")
    subject = forms.CharField(widget=forms.HiddenInput)
    evidence = _one_line(
        label=_("How consent was given"),
        max_length=120,
        help_text=_("For example “signed form of 24 November 2026”."),
    )

    def __init__(self, data: Any, *, subject: str) -> None:
        super().__init__(data, initial={"subject": subject})


class WhereaboutsForm(WordedForm):
    """One state and until when; also what an officer declares for somebody without a smartphone."""

    state = forms.ChoiceField(label=_("I am now"), choices=STATE_CHOICES, widget=forms.RadioSelect)
    until_choice = forms.ChoiceField(
        label=_("Until when"),
        choices=[(choice.value, choice.value) for choice in UntilChoice],
        required=False,
    )
    until_time = forms.TimeField(
        label=_("Other time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    place = _one_line(label=_("Place"), max_length=40, required=False, help_text=_("Seen by your unit only."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A time was tapped before a state: say which of the two is missing.
        self.fields["state"].error_messages["required"] = _("Choose where you are first.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        at_time = cleaned.get("until_choice") in ("", UntilChoice.TIME)
        away = cleaned.get("state") not in ("", None, State.AT_POST)
        if away and at_time and "until_time" in cleaned and cleaned["until_time"] is None:
            self.add_error("until_time", _("Say until when."))
        return cleaned


HALVES = [(Half.MORNING.value, _("morning")), (Half.AFTERNOON.value, _("afternoon"))]


class LeaveForm(WordedForm):
    """An absence of several days, by half days, as leave is granted."""

    state = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            (value, label)
            for value, label in STATE_CHOICES
            if value in (State.LEAVE, State.BUSINESS_TRIP, State.TRAINING, State.VILLAGE_POST, State.COUNTER)
        ],
        initial=State.LEAVE.value,
        widget=forms.RadioSelect,
    )
    from_date = day_field(_("From"))
    from_half = forms.ChoiceField(
        label=_("From this half day"), choices=HALVES, initial=Half.MORNING.value, widget=forms.RadioSelect
    )
    to_date = day_field(_("Until and including"))
    to_half = forms.ChoiceField(
        label=_("Until this half day"), choices=HALVES, initial=Half.AFTERNOON.value, widget=forms.RadioSelect
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("from_date"), cleaned.get("to_date")
        if first and last and last < first:
            self.add_error("to_date", _("The last day lies before the first."))
        return cleaned


class BulkWhereaboutsForm(WordedForm):
    """Where many people of a unit are, such as 全体会议 9:00–11:30; also for those without a smartphone."""

    EVERYBODY, OFFICES, PEOPLE = "everybody", "offices", "people"

    state = forms.ChoiceField(
        label=_("Where"),
        choices=[choice for choice in STATE_CHOICES if choice[0] != State.AT_POST],
        initial=State.MEETING.value,
        widget=forms.RadioSelect,
    )
    from_date = day_field(_("From"))
    from_time = forms.TimeField(
        label=_("From what time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("Empty: from now on."),
    )
    until_date = day_field(_("Until the day"), required=False, help_text=_("Empty: the same day."))
    until_time = forms.TimeField(
        label=_("Until what time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    place = _one_line(label=_("Place"), max_length=40, required=False, help_text=_("Seen by your unit only."))
    whom = forms.ChoiceField(
        label=_("Whom"),
        choices=[
            (EVERYBODY, _("Everybody in the unit")),
            (OFFICES, _("Offices, chosen below")),
            (PEOPLE, _("People, chosen below")),
        ],
        initial=EVERYBODY,
        widget=forms.RadioSelect,
    )
    offices = forms.TypedMultipleChoiceField(
        label=_("Offices"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    people = forms.TypedMultipleChoiceField(
        label=_("People"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    #: Of those who already have another absence: whom it is declared for all the same.
    also = forms.TypedMultipleChoiceField(coerce=int, required=False, widget=forms.MultipleHiddenInput)

    def __init__(
        self, data: Any, *, offices: list[tuple[int, str]], people: list[tuple[int, str]], now: datetime
    ) -> None:
        super().__init__(data, initial={"from_date": timezone.localdate(now)})
        self.now = now
        for name, choices in (("offices", offices), ("people", people), ("also", people)):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        whom = cleaned.get("whom")
        for name, missing in (
            (self.OFFICES, _("Choose the offices.")),
            (self.PEOPLE, _("Choose the people.")),
        ):
            if whom == name and not cleaned.get(name) and name not in self.errors:
                self.add_error(name, missing)
            elif whom not in (name, None) and cleaned.get(name):
                self.add_error("whom", _("Something is ticked below that this answer leaves out."))
        day = cleaned.get("from_date")
        if day and not cleaned.get("from_time") and day != local(self.now).date():
            self.add_error("from_time", _("Say from when."))
        return cleaned

    def period(self) -> tuple[datetime | None, datetime]:
        """From when until when; None is now, also where the beginning is over and the end is not."""
        first, last = self.cleaned_data["from_date"], self.cleaned_data["until_date"]
        until = at(last or first, self.cleaned_data["until_time"])
        if not self.cleaned_data["from_time"]:
            return None, until
        since = at(first, self.cleaned_data["from_time"])
        begun_today = since < self.now < until and first == local(self.now).date()
        return (None if begun_today else since), until
