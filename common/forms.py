"""The ground of every form: one look, one way to show a refusal."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from common.problems import Refused
from common.text import LINE_BREAKS, has_letter, hidden_character
from common.versions import Overtaken, version_of

#: Characters that people type for the interpunct of a name; U+00B7 is the one that is kept (DOMAIN §7).
INTERPUNCTS = dict.fromkeys(map(ord, "\u2022\u30fb\u2027\u2219\u22c5\ufe52\uff65\u00b7"), "\u00b7")
#: The first line of every list to choose from, where something must be chosen.
CHOOSE = _("Please choose")
_MOBILE = re.compile(r"(\+?86)?1[0-9]{10}")
#: At least three digits, a plus only in front, and an extension behind 转.
_PHONE = re.compile(r"(?=(?:[^0-9]*[0-9]){3})\+?[0-9()\-# ]{3,30}(转 ?[0-9]{1,6})?")


class WordedForm(forms.Form):
    """A form that asks for what is missing in our own words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_what_is_missing(self)
        refuse_hidden_characters(self)


class PageForm(WordedForm):
    """A form on a page of its own: crispy layout with one button that says what happens."""

    submit: Any = _("Save")
    #: "seal" for what cannot be undone.
    tone = ""

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.attrs = {"novalidate": True}
        helper.add_input(Submit("save", self.submit, css_class=self.tone))
        return helper


class EditForm(PageForm):
    """A form of something that others may change at the same moment (common/versions.py).

    `seen` carries the version that was shown: give `initial` `seen=version_of(facts)`, and the verb
    `seen=form.cleaned_data["seen"]`. `accepted` does the rest.
    """

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}

    def show_saved(self, overtaken: Overtaken) -> None:
        """What was typed stays, beside what is saved now; saving again is then a decision."""
        given = {name: value for name, value in self.cleaned_data.items() if name in overtaken.facts}
        self.add_error(None, overtaken.sentence)
        for name, value in given.items():
            saved = overtaken.facts[name]
            if _plain(value) != _plain(saved):
                words = self.saved_words(name, saved) or _("none")
                self.add_error(name, _("Saved now: %(value)s") % {"value": words})
        data: Any = self.data
        self.data = data.copy()
        self.data[self.add_prefix("seen")] = version_of(overtaken.facts)  # type: ignore[index]

    def saved_words(self, name: str, saved: Any) -> str:
        """A stored value as people read it; a form overrides this where choices are stored as codes."""
        return "、".join(map(str, saved)) if isinstance(saved, (list, tuple)) else str(saved or "")


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return "" if value is None else str(value)


def posted(request: HttpRequest) -> Any:
    """What a form is bound to: the POST, even an empty one, which is an error and not a first visit."""
    return request.POST if request.method == "POST" else None


class CountedFormSet(forms.BaseFormSet):
    """Rows of which none is dropped in silence. Where a POST counts its rows wrongly, all that came with it stand on
    the page again with a sentence, and can be sent as they are."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        prefix = self.prefix or self.get_default_prefix()
        posted_rows = _rows_posted(data, prefix) if self.is_bound else 0
        total, initial = (_count(data, f"{prefix}-{name}_FORMS") for name in ("TOTAL", "INITIAL"))
        self.is_miscounted = self.is_bound and not (0 <= initial <= total and posted_rows <= total)
        if self.is_miscounted:
            self.data = _counted_as(data, prefix, min(posted_rows or self.extra, self.absolute_max))

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_miscounted:
            sentence = _("The rows did not arrive as they were sent. Look at them, then send them again.")
            self.non_form_errors().append(forms.ValidationError(sentence, code="miscounted"))


def _count(data: Any, name: str) -> int:
    """-1 for what is no number of rows."""
    typed = str(data.get(name, "")) if data is not None else ""
    return int(typed) if typed.isdecimal() and len(typed) < 5 else -1


def _rows_posted(data: Any, prefix: str) -> int:
    """By their names, whatever the POST says about their number."""
    cells = (re.fullmatch(rf"{re.escape(prefix)}-([0-9]{{1,4}})-.+", name) for name in data)
    return max((int(cell[1]) + 1 for cell in cells if cell), default=0)


def _counted_as(data: Any, prefix: str, number: int) -> Any:
    changed = data.copy()
    changed[f"{prefix}-TOTAL_FORMS"], changed[f"{prefix}-INITIAL_FORMS"] = str(number), "0"
    return changed


def with_more_rows(data: Any, *, prefix: str, more: int, most: int) -> Any:
    """The same POST of a formset, with blank rows added: “more rows” without a script."""
    there = max(_count(data, f"{prefix}-TOTAL_FORMS"), _rows_posted(data, prefix))
    return _counted_as(data, prefix, min(there + more, most))


def day_field(label: Any, **more: Any) -> forms.DateField:
    """The browser's own calendar, which takes no other form of a date."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **more)


def asked_for_at_times(field: Any) -> Any:
    """A field that may be left empty only in some cases, which its help text names: its label does not call it
    optional, for whoever believes that is refused."""
    field.asked_for_at_times = True
    return field


def name_what_is_missing(form: forms.Form) -> None:
    """Django's "this field is required" reads like a machine; the summary names the field anyway."""
    for field in form.fields.values():
        choice = isinstance(field, forms.ChoiceField)
        field.error_messages["required"] = _("Choose one.") if choice else _("Fill this in.")
        if isinstance(field, forms.ModelChoiceField) and field.empty_label is not None:
            field.empty_label = CHOOSE if field.required else _("None")


def refuse_hidden_characters(form: forms.Form) -> None:
    """Two names that look the same must be the same; a password is nobody's to read."""
    for field in form.fields.values():
        if isinstance(field, forms.CharField) and not isinstance(field.widget, forms.PasswordInput):
            many_lines = isinstance(field.widget, forms.Textarea)
            field.validators.append(_visible_lines if many_lines else _visible)


def _visible(value: str, allowed: str = "") -> None:
    if code := hidden_character(value, allowed):
        sentence = _("The character %(code)s stands in it, which cannot be seen or printed. Remove it.")
        raise forms.ValidationError(sentence % {"code": code}, code="hidden")


def _visible_lines(value: str) -> None:
    _visible(value, LINE_BREAKS)


def accepted(form: forms.Form, verb: Callable[[], Any]) -> bool:
    """Run a business verb; its refusal becomes an error of the form, at the field it is about."""
    try:
        verb()
    except Overtaken as overtaken:
        if isinstance(form, EditForm):
            form.show_saved(overtaken)
        else:
            form.add_error(None, overtaken.sentence)
        return False
    except Refused as refused:
        field = refused.field if refused.field in form.fields else None
        form.add_error(field, refused.sentence)
        return False
    return True


def render_form(request: HttpRequest, template: str, form: forms.Form, **context: Any) -> HttpResponse:
    """The page of a form: 422 when it came back with errors, so that scripts and tests can tell."""
    status = 422 if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)


def person_name(value: str) -> str:
    """A name as it is kept: no doubled spaces, the right interpunct. Never validated by range of characters."""
    return re.sub(r"\s+", " ", value.translate(INTERPUNCTS)).strip()


def checked_name(value: str) -> str:
    """A person's name as it is kept. Raises ValidationError when there is nothing to read aloud in it."""
    name = person_name(value)
    if not has_letter(name):
        raise forms.ValidationError(
            _("A name has at least one character or letter; “%(name)s” has none.") % {"name": name},
            code="name",
        )
    return name


def _plain_digits(value: str) -> str:
    return unicodedata.normalize("NFKC", value).replace("—", "-").replace("–", "-").strip()


def phone_number(value: str) -> str:
    """A telephone number as it is printed: full-width digits become plain ones. Raises ValidationError."""
    plain = _plain_digits(value)
    if plain and not _PHONE.fullmatch(plain):
        raise forms.ValidationError(_("Enter a telephone number such as 0578-7212345."), code="phone")
    return plain


def mobile_number(value: str) -> str:
    """A mainland mobile number as its eleven digits, however it was spaced. Raises ValidationError."""
    digits = re.sub(r"[ \-]", "", _plain_digits(value))
    if digits and not _MOBILE.fullmatch(digits):
        raise forms.ValidationError(
            _("A mobile number has 11 digits and begins with 1, such as 139 0000 0000."), code="mobile"
        )
    return digits[-11:]
