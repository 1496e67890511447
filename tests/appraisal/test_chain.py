"""The chain by itself: what a hash covers, and where a chain stops being whole."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from appraisal import chain
from appraisal.chain import GENESIS, Break, Link, first_break

FACTS = {
    "unit": "D901",
    "sequence": 1,
    "kind": "finding",
    "month": date(2026, 11, 1),
    "at": datetime(2026, 12, 1, 6, tzinfo=timezone(timedelta(hours=8))),
    "reverses": None,
    "reason": "“会议”有据 / 𬱖",
}
CANONICAL = (
    '{"at":"2026-11-30T22:00:00.000000+00:00","kind":"finding","month":"2026-11-01",'
    '"reason":"“会议”有据 / 𬱖","reverses":null,"sequence":1,"unit":"D901"}'
)


def links(number: int = 5) -> list[Link]:
    made, previous = [], GENESIS
    for sequence in range(1, number + 1):
        facts = {**FACTS, "sequence": sequence}
        made.append(Link(sequence, previous, chain.link(previous, facts), facts))
        previous = made[-1].hash
    return made


def test_the_canonical_form_is_sorted_narrow_and_in_utc():
    assert chain.canonical(FACTS).decode() == CANONICAL


def test_it_reads_back_as_json():
    assert json.loads(chain.canonical(FACTS))["sequence"] == 1


def test_the_order_in_which_facts_are_named_does_not_matter():
    assert chain.digest(FACTS) == chain.digest(dict(reversed(FACTS.items())))


def test_an_instant_is_the_same_in_every_zone():
    there = {"at": datetime(2026, 11, 30, 22, tzinfo=UTC)}
    assert chain.canonical(there) == chain.canonical({"at": FACTS["at"]})


def test_a_fraction_has_no_place_in_it():
    with pytest.raises(TypeError):
        chain.canonical({"half_points": 1.5})


def test_a_hash_is_that_of_the_one_before_a_line_feed_and_the_facts():
    by_hand = hashlib.sha256(f"{GENESIS}\n{CANONICAL}".encode()).hexdigest()
    assert chain.link(GENESIS, FACTS) == by_hand


@pytest.mark.parametrize("number", [0, 1, 5])
def test_a_whole_chain(number):
    assert first_break(links(number)) is None


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_is_covered(name):
    made = links()
    made[2] = replace(made[2], facts={**made[2].facts, name: "x"})
    assert first_break(made) == Break(3, chain.HASH)


def test_a_fact_more_or_less_is_another_entry():
    made = links()
    assert first_break([replace(made[0], facts={**FACTS, "sequence": 1, "extra": None})]) == Break(
        1, chain.HASH
    )


@pytest.mark.parametrize("gone", [0, 2])
def test_a_gap_names_what_is_missing(gone):
    made = links()
    del made[gone]
    assert first_break(made) == Break(gone + 1, chain.GAP)


def test_a_chain_cut_off_is_whole_by_itself():
    """Only what stands outside tells: the row of its end, a seal, a bulletin."""
    assert first_break(links()[:-1]) is None


def test_two_that_changed_places():
    made = links()
    made[1], made[2] = replace(made[2], sequence=2), replace(made[1], sequence=3)
    assert first_break(made) == Break(2, chain.PREVIOUS)


def test_another_hash_breaks_where_it_stands():
    made = links()
    made[3] = replace(made[3], hash="f" * 64)
    assert first_break(made) == Break(4, chain.HASH)


def test_another_previous_breaks_where_it_stands():
    made = links()
    made[3] = replace(made[3], previous="f" * 64)
    assert first_break(made) == Break(4, chain.PREVIOUS)


def test_what_is_hashed_anew_breaks_at_the_next():
    """Whoever changes one entry and its hash has to write everything after it anew."""
    made = links()
    facts = {**made[2].facts, "reason": "改"}
    made[2] = replace(made[2], facts=facts, hash=chain.link(made[2].previous, facts))
    assert first_break(made) == Break(4, chain.PREVIOUS)
