from collections import defaultdict

import pytest
from django.http import HttpRequest
from django.template import Context, Template

from common import slots


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    monkeypatch.setattr(slots, "_fillers", defaultdict(list))


def shown(subject: object = None) -> str:
    page = Template("{% load components %}[{% page_slot 'place' subject %}]")
    return page.render(Context({"request": HttpRequest(), "subject": subject, "city": None}))


def filler(reason: str):
    return lambda request, subject: (
        "components/empty.html",
        {"text": reason, "hint": "", "url": "", "action": ""},
    )


def test_an_empty_slot_shows_nothing():
    assert shown() == "[]"


def test_fillers_are_shown_in_order_whatever_order_the_apps_start_in():
    slots.fill("place", filler("third"))
    slots.fill("place", filler("first"), order=10)
    slots.fill("place", filler("second"), order=20)
    slots.fill("elsewhere", filler("never"))
    html = shown()
    assert html.index("first") < html.index("second") < html.index("third")
    assert "never" not in html


def test_a_filler_that_has_nothing_to_show_is_left_out():
    slots.fill("place", lambda request, subject: None)
    assert shown() == "[]"


def test_a_filler_knows_the_subject_and_its_words_are_escaped():
    slots.fill("place", lambda request, subject: filler(f"about {subject}")(request, subject))
    assert "about &lt;b&gt;" in shown("<b>")
