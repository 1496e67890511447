"""What the Express writes down while somebody is on the telephone or a letter lies on the desk: one page."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cards.models import Cadre
from cards.selectors import posts_in_words
from common.forms import day_field, person_name
from common.rules import at, local
from common.templatetags.components import zh_date
from complaints.intake_forms import LONGEST_TEXT, ContactForm, Photos, PhotosField, UnitField
from complaints.models import Channel
from complaints.services.entry import CHANNELS
from complaints.services.intake import Subject, Words

#: Of other units that have somebody of the name.
MOST_HINTS = 3
#: What one complainant has left is no suggestion for the next one.
_PLAIN = {"autocomplete": "off"}


class PersonField(forms.ModelChoiceField):
    """Which of several namesakes, told apart by post and room."""

    def label_from_instance(self, cadre: Any) -> str:
        post = next(iter(posts_in_words(cadre)), cadre.office.name)
        left = _("left on %(day)s") % {"day": zh_date(cadre.serves_to)} if cadre.serves_to else ""
        return " · ".join(filter(None, [post, cadre.office.room, str(left)]))


class EntryForm(ContactForm):
    channel = forms.ChoiceField(
        label=_("How it came in"),
        choices=[(channel.value, channel.label) for channel in CHANNELS],
        initial=Channel.PHONE.value,
        widget=forms.RadioSelect,
    )
    day = day_field(_("Day it came in"))
    clock = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    unit = UnitField()
    name = forms.CharField(
        label=_("Name of the person"),
        help_text=_("Of this unit. Without a name the complaint is about the unit."),
        required=False,
        max_length=50,
        widget=forms.TextInput(attrs=_PLAIN),
    )
    text = forms.CharField(
        label=_("What happened"),
        help_text=_("As it was told or written, without the complainant’s name or phone."),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    occasion = forms.CharField(
        label=_("Time and place"), required=False, max_length=200, widget=forms.TextInput(attrs=_PLAIN)
    )
    photos = PhotosField(
        label=_("Photos"),
        help_text=_("Of the letter or of what was shown: up to 5, each up to 10 MB."),
        required=False,
        widget=Photos(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    contact_name = forms.CharField(
        label=_("Name of the complainant"),
        required=False,
        max_length=50,
        widget=forms.TextInput(attrs=_PLAIN),
    )
    contact_phone = forms.CharField(
        label=_("Phone"),
        help_text=_("Only what they want to leave. Without a phone a lost receipt cannot be renewed."),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", **_PLAIN}),
    )
    with_receipt = forms.BooleanField(
        label=_("Give a receipt"),
        help_text=_(
            "The number is shown once, for you to pass on. With it the complainant follows the case."
        ),
        required=False,
        initial=True,
    )

    field_order = (
        "channel",
        "day",
        "clock",
        "unit",
        "name",
        "which",
        "text",
        "occasion",
        "photos",
        "contact_name",
        "contact_phone",
        "with_receipt",
    )

    def __init__(self, data: Any, *, units: Any, now: datetime) -> None:
        here = local(now)
        first = {"day": here.date(), "clock": here.time().replace(second=0, microsecond=0)}
        # Photos are looked at one by one, beside the form.
        super().__init__(data, None if data is None else {}, initial=first, label_suffix="")
        self.units, self.today = units, here.date()
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["text"].error_messages["required"] = _("Write what happened.")
        self.people: list[Cadre] = self._namesakes() if self.is_bound else []
        if len(self.people) > 1:
            self._ask_which()

    def _namesakes(self) -> list[Cadre]:
        """Those who have left as well: what they did before remains."""
        unit = self.units.filter(code=str(self.data.get("unit", ""))[:12]).first()
        name = person_name(str(self.data.get("name", ""))[:50])
        if unit is None or not name:
            return []
        found = Cadre.objects.filter(unit=unit, name=name).select_related("unit", "office")
        return list(found.prefetch_related("posts").order_by("office", "pk"))

    def _ask_which(self) -> None:
        field = PersonField(
            Cadre.objects.filter(pk__in=[cadre.pk for cadre in self.people])
            .select_related("unit", "office")
            .prefetch_related("posts")
            .order_by("office", "pk"),
            label=_("Which of them"),
            empty_label=None,
            widget=forms.RadioSelect,
        )
        sentence = _("%(number)s people of this unit are called “%(name)s”. Choose which one it is.")
        words = {"number": len(self.people), "name": self.people[0].name}
        field.error_messages["required"] = field.error_messages["invalid_choice"] = sentence % words
        self.fields["which"] = field
        self.order_fields(self.field_order)

    def clean_name(self) -> str:
        return person_name(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("unit") and given.get("name") and not self.people:
            self.add_error("name", self._nobody(given["name"], given["unit"]))
        return given

    def _nobody(self, name: str, unit: Any) -> str:
        """With where somebody of that name is: many who work here for a time belong to another unit."""
        elsewhere = Cadre.objects.serving(self.today).filter(name=name).exclude(unit=unit)
        found = elsewhere.select_related("unit", "office").order_by("unit__code", "pk")[:MOST_HINTS]
        places = "、".join(f"{cadre.unit.name} {cadre.office.name}" for cadre in found)
        words = {"unit": unit.name, "name": name, "places": places}
        if not places:
            sentence = _("Nobody in “%(unit)s” is called “%(name)s”. Check the name, or leave it empty.")
        else:
            sentence = _("Nobody in “%(unit)s” is called “%(name)s”. There is somebody in %(places)s.")
        return str(sentence % words)

    # --- For the verb ------------------------------------------------------------------------------------------------

    def given(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "channel": data["channel"],
            "subject": Subject(data["unit"], self._cadre()),
            "words": Words(data["text"], data["occasion"], data["contact_name"], data["contact_phone"]),
            "received_at": at(data["day"], data["clock"]),
            "with_receipt": data["with_receipt"],
        }

    def _cadre(self) -> Cadre | None:
        chosen: Cadre | None = self.cleaned_data.get("which")
        return chosen or next(iter(self.people), None)
