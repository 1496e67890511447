"""Two people with the same form open: nobody undoes what the other saved without having seen it."""

from typing import Any

import pytest
from django import forms
from django.http import QueryDict

from common.forms import EditForm, PageForm, accepted
from common.versions import Overtaken, check_unchanged, version_of

SAVED = {"name": "林业局", "phone": "", "duties": ["许可", "咨询"]}


class UnitForm(EditForm):
    name = forms.CharField()
    phone = forms.CharField(required=False)
    duties = forms.MultipleChoiceField(choices=[(word, word) for word in ("许可", "咨询", "执法")])


def bound(seen: str, **changes: Any) -> UnitForm:
    data = QueryDict(mutable=True)
    for name, value in ({"name": "林业局", "phone": "", "seen": seen} | changes).items():
        data[name] = value
    data.setlist("duties", ["许可", "咨询"])
    form = UnitForm(data)
    assert form.is_valid()
    return form


def save(form: UnitForm) -> bool:
    return accepted(form, lambda: check_unchanged(SAVED, form.cleaned_data["seen"]))


def test_a_form_that_shows_what_is_saved_is_accepted():
    assert save(bound(version_of(SAVED)))


def test_the_order_of_facts_makes_no_other_version():
    assert version_of(dict(reversed(SAVED.items()))) == version_of(SAVED)
    assert version_of(SAVED | {"phone": "0578"}) != version_of(SAVED)


@pytest.mark.parametrize("seen", ["", version_of({**SAVED, "name": "林业站"})])
def test_an_overtaken_form_keeps_what_was_typed_and_says_what_is_saved(seen):
    form = bound(seen, name="林业站", phone="0578-7120110")
    assert not save(form)
    assert set(form.errors) == {"__all__", "name", "phone"}
    assert "林业局" in form.errors["name"][0]
    assert form["name"].value() == "林业站"
    assert form["duties"].value() == ["许可", "咨询"]
    # Sent again as it stands now, it is accepted.
    again = UnitForm(form.data)
    assert again.is_valid()
    assert save(again)


def test_who_showed_nobody_a_form_is_not_asked():
    check_unchanged(SAVED, None)


def test_a_form_without_a_version_says_it_at_its_top():
    form = PageForm({})
    assert form.is_valid()

    def verb() -> None:
        raise Overtaken(SAVED)

    assert not accepted(form, verb)
    assert set(form.errors) == {"__all__"}
