"""What is typed on the page of a round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import WordedForm
from common.versions import version_of

if TYPE_CHECKING:
    from attendance.walk import Marked

LONGEST_NOTE = 200
MOST_MINUTES = 600
PHOTO_TYPES = "image/jpeg,image/png,image/webp"


class WordsForm(WordedForm):
    """The words beside one problem that was tapped. `shown` tells what was typed here from what merely stood here: a
    page that has lain open on another device must not write over it."""

    minutes = forms.IntegerField(
        label=_("Minutes"),
        required=False,
        min_value=1,
        max_value=MOST_MINUTES,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    note = forms.CharField(
        label=_("Facts"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.TextInput(attrs={"autocomplete": "off", "hx-swap": "none"}),
    )
    photo = forms.FileField(
        label=_("Photo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": PHOTO_TYPES}),
    )
    shown = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    @classmethod
    def of(cls, mark: Marked, data: Any = None, files: Any = None) -> WordsForm:
        facts = {"minutes": mark.minutes, "note": mark.note}
        return cls(data, files, prefix=f"m{mark.pk}", initial={**facts, "shown": version_of(facts)})

    def send_to(self, url: str) -> WordsForm:
        """With scripts every box sends what is typed as soon as one leaves it."""
        for name in ("minutes", "note", "photo"):
            self.fields[name].widget.attrs["hx-post"] = url
        return self

    @property
    def was_typed(self) -> bool:
        """Ask when it is valid: whether anything was entered since the page was shown."""
        words = {name: self.cleaned_data[name] for name in ("minutes", "note")}
        return bool(self.cleaned_data["photo"]) or version_of(words) != self.cleaned_data["shown"]
