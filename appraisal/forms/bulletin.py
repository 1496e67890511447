"""Forms of the bulletin's path."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appraisal.bulletin_texts import HEADINGS, PARTS
from appraisal.services.bulletins import Texts, edit_facts
from common.forms import EditForm, PageForm, asked_for_at_times
from common.versions import version_of

#: Of one part.
LONGEST = 20_000


def _part(name: str) -> forms.CharField:
    field = forms.CharField(
        label=HEADINGS[name],
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 12, "lang": "zh-Hans"}),
    )
    asked: forms.CharField = asked_for_at_times(field)
    return asked


class TextsForm(EditForm):
    """One paragraph a line; a part that is left empty is drafted anew."""

    overview = _part("overview")
    problems = _part("problems")
    handling = _part("handling")
    requirements = _part("requirements")

    @classmethod
    def of(cls, texts: Texts, data: Any = None) -> "TextsForm":
        facts = edit_facts(texts)
        return cls(with_reset(data), initial={**facts, "seen": version_of(facts)})


def with_reset(data: Any) -> Any:
    """A press of “take the drafted text” empties that part."""
    if data is None or data.get("reset") not in PARTS:
        return data
    changed = data.copy()
    changed[data["reset"]] = ""
    return changed


class SignForm(forms.Form):
    #: Of what was on the page (services.bulletins.Draft.version).
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def show_version(self, version: str) -> None:
        """After something has changed: signing is then a decision on what stands there now."""
        data: Any = self.data
        self.data = data.copy()
        self.data["seen"] = version  # type: ignore[index]


class CorrectForm(PageForm):
    submit = _("Draft the correction")
    reason = forms.CharField(
        label=_("Why it is corrected"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It is printed, also in the public version: name no person."),
    )
