"""The draw itself: RFC 3797, the pool as text, strata; without a database."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from attendance.draw import (
    Picks,
    Plan,
    Pool,
    canonical,
    digest,
    draw,
    key_of,
    parse,
    pool_text,
    select,
)

RFC_KEY = "9319./2.5.8.10.12./9.18.26.34.41.45./"
BEGINS = datetime(2026, 12, 1, 1, tzinfo=UTC)
PLAN = Plan(departments=2, towns=1, people=2, leaders=1, begins_at=BEGINS)
POOL = Pool(
    departments=("D001", "D002", "D003"),
    towns=("T001", "T002"),
    leaders=(("D001", "LQ-D001-0001"), ("T002", "LQ-T002-0001")),
    people=tuple(
        (unit, f"LQ-{unit}-{number:04d}")
        for unit in ("D001", "D002", "D003", "T001", "T002")
        for number in range(2, 6)
    ),
)


def test_the_vector_of_the_rfc():
    assert select(RFC_KEY, 25, 10) == [17, 7, 2, 16, 25, 23, 8, 24, 19, 13]


@pytest.mark.parametrize("picks", [0, 1, 24, 25])
def test_as_many_as_asked_and_nobody_twice(picks):
    numbers = select(RFC_KEY, 25, picks)
    assert len(set(numbers)) == picks
    assert set(numbers) <= set(range(1, 26))
    assert numbers == select(RFC_KEY, 25, 25)[:picks]


@pytest.mark.parametrize(
    ("key", "pool", "picks", "said"),
    [
        ("k", 0, 0, "at least one candidate"),
        ("k", -1, 0, "at least one candidate"),
        ("k", 3, 4, "between 0 and 3"),
        ("k", 3, -1, "between 0 and 3"),
        ("", 3, 1, "not empty"),
        (None, 3, 1, "not empty"),
        ("k", 3.0, 1, "whole number"),
        ("k", 3, True, "whole number"),
        ("k", 70_000, 66_000, "At most 65536"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(key, pool, picks, said):
    with pytest.raises(ValueError, match=said):
        select(key, pool, picks)


@pytest.mark.parametrize(
    ("typed", "kept"), [("３ ５　６", "3 5 6"), ("  3  5\t6 ", "3 5 6"), ("②", "2"), ("   ", "")]
)
def test_a_public_value_is_one_text_however_it_was_typed(typed, kept):
    assert canonical(typed) == kept


def test_the_key_ends_each_part_with_a_slash():
    assert key_of("ab" * 16, "３ ５ ６") == "ab" * 16 + "/3 5 6/"


def test_the_pool_reads_back_as_it_was_written():
    text = pool_text(PLAN, POOL)
    assert parse(text) == (PLAN, POOL)
    assert text.startswith("draw 1\nbegins 2026-12-01T01:00:00Z\ntake department 2\n")
    assert text.endswith("person T002 LQ-T002-0005\n")
    assert digest(text) == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("text", ["", "draw 2\n", "draw 1\ntake department 1\n", "draw 1\nbegins x\n"])
def test_what_is_no_pool_is_refused(text):
    with pytest.raises(ValueError, match=r"pool"):
        parse(text)


def test_strata_are_drawn_each_for_itself():
    picks = draw(PLAN, POOL, "secret/value/")
    strata = {picked.stratum: picked for picked in picks.strata}
    assert list(strata)[:3] == ["departments", "towns", "leaders"]
    assert list(strata)[3:] == [f"people:{code}" for code in picks.units]
    for name, size, take in (("departments", 3, 2), ("towns", 2, 1), ("leaders", 2, 1)):
        assert list(strata[name].numbers) == select(f"secret/value/{name}/", size, take)
    for code in picks.units:
        people = strata[f"people:{code}"]
        assert list(people.numbers) == select(f"secret/value/people:{code}/", 4, 2)
        assert all(candidate.startswith(f"{code} LQ-") for candidate in people.candidates)
    assert len(picks.people) == 1 + 2 * 3
    assert picks.people[0] in POOL.leaders
    assert Picks.from_facts(picks.as_facts()) == picks


def test_a_unit_with_fewer_people_gives_all_of_them():
    plan = Plan(departments=3, towns=0, people=9, leaders=0, begins_at=BEGINS)
    picks = draw(plan, POOL, "k/v/")
    assert len(picks.people) == 3 * 4


def test_another_value_gives_another_draw():
    assert len({draw(PLAN, POOL, key_of("s", str(value))).people for value in range(20)}) > 15


def test_every_candidate_has_about_the_same_chance():
    counts = [0] * 10
    for value in range(2000):
        for number in select(f"{value}/", 10, 3):
            counts[number - 1] += 1
    assert 500 < min(counts) <= max(counts) < 700
