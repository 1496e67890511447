"""The pages on which a citizen writes. What was typed travels on in hidden fields and is stored nowhere until it is
sent."""

import re
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from common.forms import WordedForm, person_name, phone_number
from common.text import without_hidden
from complaints import receipts
from complaints.models import Grade

LONGEST_TEXT = 5000
MOBILE_DIGITS = 11
_COUNTRY = re.compile(r"^(\+|00) ?86")


class WordsField(forms.CharField):
    """What citizens write or paste. Characters that nobody sees come along with it and could be found by nobody: they
    are left out; and a line break is one sign, as the browser counts it."""

    def to_python(self, value: Any) -> str:
        lines = (super().to_python(value) or "").expandtabs(1).splitlines()
        return without_hidden("\n".join(lines), "\n")


class UnitField(forms.ModelChoiceField):
    """Chosen by its code, which is what links carry."""

    def __init__(self, **more: Any) -> None:
        super().__init__(Unit.objects.none(), to_field_name="code", label=_("Unit"), **more)


class AboutForm(WordedForm):
    """Who it is about: a person whose card was scanned, or a unit. With a person a unit may be chosen instead."""

    unit = UnitField()

    def __init__(self, *args: Any, units: Any, about_person: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["unit"]
        assert isinstance(field, UnitField)
        field.queryset = units
        if about_person:
            field.required = False
            field.label = _("The unit instead")


class StoryForm(AboutForm):
    text = WordsField(
        label=_("What happened"),
        help_text=_(
            "Just what happened; your name is not needed. The person complained about learns neither who you are "
            "nor what you wrote."
        ),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    occasion = WordsField(
        label=_("Time and place"),
        help_text=_("Roughly is enough, such as “last Wednesday morning, room 306”."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    field_order = ("unit", "text", "occasion")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["text"].error_messages["required"] = _("Write what happened.")
        self.fields["occasion"].error_messages["required"] = _("Say roughly when and where.")


class Photos(forms.FileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Looked at one by one by complaints.evidence, which knows better than a header what a file is."""

    widget = Photos

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        return list(data or [])


class EvidenceForm(WordedForm):
    photos = PhotosField(
        label=_("Photos"),
        help_text=_("Up to 5, each up to 10 MB. Where and with what they were taken is removed at once."),
        required=False,
        widget=Photos(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )


def contact_number(value: str) -> str:
    """A telephone number at which somebody can be reached: what begins like a mobile number has all its digits, for a
    lost receipt is found again by it. Raises ValidationError."""
    number = phone_number(value)
    digits = re.sub("[^0-9]", "", _COUNTRY.sub("", number).partition("转")[0])
    if digits.startswith("1") and not number.startswith("+1") and len(digits) != MOBILE_DIGITS:
        raise forms.ValidationError(
            _("A mobile number has %(right)s digits; this one has %(typed)s. Please check it."),
            code="digits",
            params={"right": MOBILE_DIGITS, "typed": len(digits)},
        )
    return number


class ContactForm(WordedForm):
    contact_name = forms.CharField(
        label=_("How to address you"),
        required=False,
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    contact_phone = forms.CharField(
        label=_("Phone"),
        help_text=_("For a question, and to find your case again if you lose the receipt."),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def clean_contact_name(self) -> str:
        return person_name(self.cleaned_data["contact_name"])

    def clean_contact_phone(self) -> str:
        return contact_number(self.cleaned_data["contact_phone"])


class PraiseForm(AboutForm):
    text = WordsField(
        label=_("What was done well"),
        help_text=_("Your name is not needed."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    field_order = ("unit", "text")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["text"].error_messages["required"] = _("Write what was done well.")


class NumberForm(WordedForm):
    number = forms.CharField(
        label=_("Receipt number"),
        help_text=_("16 digits, with or without spaces."),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "code-input"}),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["number"].error_messages["required"] = _("Enter the number of your receipt.")

    def clean_number(self) -> str:
        number = receipts.normalise(self.cleaned_data["number"])
        if number is None:
            raise forms.ValidationError(_("The number has 16 digits."), code="number")
        return number


class GradeForm(WordedForm):
    grade = forms.TypedChoiceField(
        label=_("Are you satisfied with the answer?"),
        choices=Grade.choices,
        coerce=int,
        widget=forms.RadioSelect,
    )


class RedoForm(WordedForm):
    reason = WordsField(
        label=_("What should be looked at again"),
        help_text=_("Somebody else handles it, with a new period."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["reason"].error_messages["required"] = _("Say what should be looked at again.")
