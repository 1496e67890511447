"""docs/scheme.md names every clause of the scheme, says where it lives, and leads nowhere that does not exist."""

import re
from pathlib import Path

import pytest
from django.urls import resolve

DOCS = Path(__file__).resolve().parent.parent / "docs"
SCHEME = (DOCS / "scheme.md").read_text("utf-8")
CODES = (
    *("CARD-1", "CARD-2", "INSP-1", "INSP-2", "MONTH-1", "MONTH-2", "COMP-1", "COMP-2", "SANC-1"),
    *("YEAR-1", "YEAR-2", "YEAR-3", "YEAR-4", "ROLL-1", "ROLL-2"),
)
#: What the product does otherwise than the scheme says, and on purpose.
DEPARTURES = (
    "extended",
    "Defence before consequence",
    "Four eyes",
    "Proposals instead of payroll",
    "consent",
    "Ceilings, never automatic grades",
    "recommendations",
    "in the year of its decision",
    "public notice",
    "Everything that counts can be looked at again",
)


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_clause_and_a_place(code):
    rows = re.findall(rf"^\| {code} \| (.+?) \| (.+?) \|$", SCHEME, re.MULTILINE)
    assert rows
    for clause, where in rows:
        assert re.search(r"[\u4e00-\u9fff]", clause), "the clause in the scheme's own words"
        assert "`" in where, "a page or a verb"


@pytest.mark.parametrize("departure", DEPARTURES)
def test_every_departure_is_said(departure):
    assert departure in SCHEME.partition("## Departures, and why")[2]


def test_nothing_is_left_to_be_built():
    assert "not built" not in SCHEME


def test_every_departure_says_what_it_departs_from():
    for line in re.findall(r"^- .+?(?=\n- |\n\n|\Z)", SCHEME, re.MULTILINE | re.DOTALL):
        assert line.startswith("- **"), line
        assert len(line) > 60, line


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((\S+?)\)", SCHEME))))
def test_every_link_leads_somewhere(link):
    assert (DOCS / link).is_file()


@pytest.mark.parametrize("page", sorted(set(re.findall(r"`(/[a-z/-]+/)`", SCHEME))))
def test_every_page_is_there(page):
    assert resolve(page)
