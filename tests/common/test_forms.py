"""What people type into forms, as it is kept."""

import importlib
import pkgutil

import pytest
from django import forms
from django.http import QueryDict
from django.test import RequestFactory
from django.utils import translation

from common.forms import (
    CountedFormSet,
    WordedForm,
    accepted,
    mobile_number,
    person_name,
    phone_number,
    posted,
    with_more_rows,
)
from common.problems import Refused
from common.text import lines


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("陈砚", "陈砚"),
        ("  陈　砚 ", "陈 砚"),
        ("买买提•吐尔逊", "买买提·吐尔逊"),
        ("买买提・吐尔逊", "买买提·吐尔逊"),
        ("买买提‧吐尔逊", "买买提·吐尔逊"),
        ("买买提·吐尔逊", "买买提·吐尔逊"),
        ("韦诉𬱖", "韦诉𬱖"),
        ("鿎石", "鿎石"),
    ],
)
def test_names_keep_every_character_and_one_interpunct(typed, kept):
    assert person_name(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("0578-7212345", "0578-7212345"),
        ("０５７８－７２１２３４５", "0578-7212345"),
        ("0578—7212345", "0578-7212345"),
        ("(0578) 721 2345", "(0578) 721 2345"),
        ("（0578）7212345", "(0578)7212345"),
        ("+86 139 0000 0000", "+86 139 0000 0000"),
        ("0578-7212345转802", "0578-7212345转802"),
        ("0578-7212345 转 802", "0578-7212345 转 802"),
        ("110", "110"),
    ],
)
def test_telephone_numbers_as_they_are_printed(typed, kept):
    assert phone_number(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "call me",
        "12",
        "-1+2",
        "---",
        "0578-7212345; rm",
        "0578-7212345转",
        "1" * 31,
        "0578\n7212345",
        "〇五七八",
    ],
)
def test_what_is_no_telephone_number_is_refused(typed):
    with pytest.raises(forms.ValidationError):
        phone_number(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("13900000000", "13900000000"),
        ("139 0000 0000", "13900000000"),
        ("139-0000-0000", "13900000000"),
        ("１３９　００００—００００", "13900000000"),
        ("+86 139 0000 0000", "13900000000"),
        ("8613900000000", "13900000000"),
    ],
)
def test_a_mobile_number_is_kept_in_one_form(typed, kept):
    assert mobile_number(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "12",
        "1390000",
        "139000000001",
        "0578-7212345",
        "23900000000",
        "无",
        "+85 13900000000",
        "139\n00000000",
    ],
)
def test_what_is_no_mobile_number_is_refused(typed):
    with translation.override("en"), pytest.raises(forms.ValidationError, match="11 digits"):
        mobile_number(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("科长\n副科长", ("科长", "副科长")),
        ("1. 科长\n2、副科长\n3．科员\n4）办事员", ("科长", "副科长", "科员", "办事员")),
        ("（1）科长\r\n(2) 副科长", ("科长", "副科长")),
        ("\n  科长  \n\n", ("科长",)),
        ("1.\n2.", ()),
        ("2026 年度考核", ("2026 年度考核",)),
        ("110 联动", ("110 联动",)),
        ("", ()),
    ],
)
def test_lines_lose_numbering_and_nothing_else(typed, kept):
    assert lines(typed) == kept


def test_a_refusal_stands_at_the_field_it_is_about_or_above_the_form():
    class Form(forms.Form):
        name = forms.CharField()

    def refuse(field):
        def verb():
            raise Refused("No.", field)

        return verb

    for field, place in (("name", "name"), ("other", "__all__"), (None, "__all__")):
        form = Form({"name": "x"})
        assert form.is_valid()
        assert not accepted(form, refuse(field))
        assert dict(form.errors) == {place: ["No."]}
    form = Form({"name": "x"})
    assert form.is_valid()
    assert accepted(form, lambda: None)
    assert not form.errors


def test_an_empty_post_is_bound_and_a_first_visit_is_not():
    assert posted(RequestFactory().get("/")) is None
    assert posted(RequestFactory().post("/")) == QueryDict()


# --- Rows of a formset -------------------------------------------------------------------------------------------


class CellForm(forms.Form):
    word = forms.CharField(required=False)


Cells = forms.formset_factory(CellForm, formset=CountedFormSet, extra=2, max_num=9, absolute_max=9)


def cells(total: str | None, initial: str | None = "0", *words: str) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update({f"row-{at}-word": word for at, word in enumerate(words)})
    counts = {"TOTAL": total, "INITIAL": initial}
    data.update({f"row-{name}_FORMS": value for name, value in counts.items() if value is not None})
    return data


@pytest.mark.parametrize(
    ("total", "initial"),
    [
        ("-5", "0"),
        ("0", "0"),
        ("1", "0"),
        ("2", "7"),
        ("2", "-1"),
        ("x", "0"),
        ("9" * 5000, "0"),
        (None, None),
    ],
)
def test_rows_that_are_counted_wrongly_are_refused_and_all_come_back(total, initial):
    rows = Cells(cells(total, initial, "一", "二"), prefix="row")
    assert not rows.is_valid()
    assert [error.code for error in rows.non_form_errors().as_data()] == ["miscounted"]
    assert [form["word"].value() for form in rows] == ["一", "二"]
    # What the page shows now can be sent as it is.
    assert Cells(rows.data, prefix="row").is_valid()


@pytest.mark.parametrize(("total", "initial"), [("2", "0"), ("2", "2"), ("5", "0")])
def test_rows_that_are_counted_rightly_are_taken(total, initial):
    rows = Cells(cells(total, initial, "一", "二"), prefix="row")
    assert rows.is_valid()
    assert [form.cleaned_data.get("word") for form in rows][:2] == ["一", "二"]


@pytest.mark.parametrize(("total", "shown"), [("2", 5), ("-5", 5), ("8", 9)])
def test_more_rows_lose_none(total, shown):
    data = with_more_rows(cells(total, "0", "一", "二"), prefix="row", more=3, most=9)
    rows = Cells(data, prefix="row")
    assert [form["word"].value() for form in rows][:2] == ["一", "二"]
    assert (len(rows.forms), rows.is_valid()) == (shown, True)


def all_forms(kind=forms.BaseForm):
    for app in ("accounts", "common", "cards", "attendance", "complaints", "appraisal"):
        for module in pkgutil.iter_modules(importlib.import_module(app).__path__, f"{app}."):
            if module.name.endswith("forms"):
                importlib.import_module(module.name)
    for found in kind.__subclasses__():
        yield found
        yield from all_forms(found)


def test_no_list_to_choose_from_begins_with_a_line_of_dashes():
    dashes = forms.ModelChoiceField(None).empty_label
    bare = [
        (form.__name__, name)
        for form in all_forms()
        # Whatever is worded says it in the words of its field.
        if not issubclass(form, WordedForm) and form.__module__.partition(".")[0] not in ("django", "tests")
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field, forms.ModelChoiceField) and field.empty_label == dashes
    ]
    assert bare == []
