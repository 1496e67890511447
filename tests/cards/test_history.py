"""The history of a person in words: rows are never rewritten, so words that were once in use stay readable."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from cards import history
from cards.models import Cadre
from common import audit
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def newest(cadre: Cadre) -> tuple[str, list[str]]:
    line = history.entries(cadre, private=True)[0]
    return line.label, line.details


@pytest.mark.parametrize(
    ("verb", "changes", "words"),
    [
        ("document_printed", {"serial": "LQ-D901-0001"}, ("Document printed", ["Card no.: LQ-D901-0001"])),
        (
            "document_printed",
            {"serial": "LQ-D901-0001", "kind": "combined"},
            ("Combined plaque printed", ["Card no.: LQ-D901-0001"]),
        ),
        ("plaque_printed", {"serial": "LQ-D901-0001"}, ("Plaque printed", ["Card no.: LQ-D901-0001"])),
        (
            "card_request_withdrawn",
            {"reason": "left"},
            ("Card request withdrawn", ["Reason: No longer in service"]),
        ),
        (
            "transfer_redirected",
            {"to_unit": ["青窑局", "剑潭镇"]},
            ("Transfer goes on with another unit", ["Handed over to: 青窑局 → 剑潭镇"]),
        ),
    ],
)
def test_what_was_recorded_then_and_now_has_words(chen, verb, changes, words):
    audit.record(verb=verb, subject=chen, actor=None, now=NOW, changes=changes)
    assert newest(chen) == words
