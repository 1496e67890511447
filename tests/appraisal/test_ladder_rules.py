"""SANC-1, COMP-2, ROLL-2: what proposes a measure, which rung may be passed over, who may decide; to the edge."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisal.rules import ladder
from appraisal.rules.ladder import Counted, Refusal

DAY = date(2026, 3, 2)


def lines(*days: date) -> list[Counted]:
    return [Counted("finding", number, day) for number, day in enumerate(days)]


@pytest.mark.parametrize(
    ("count", "times", "made", "left"),
    # Scheme 三(三): 对一年内被投诉一次经核查属实的,进行批评教育; and what the city may set for repeats.
    [(0, 1, 0, 0), (1, 1, 1, 0), (2, 1, 2, 0), (2, 3, 0, 2), (3, 3, 1, 0), (5, 3, 1, 2), (6, 3, 2, 0)],
)
def test_one_proposal_for_each_full_number_of_facts(count, times, made, left):
    found = ladder.proposals(lines(*[DAY] * count), times)
    assert (len(found), ladder.towards_next(count, times)) == (made, left)
    assert [proposal.number for proposal in found] == list(range(1, made + 1))
    counted = [line.key for proposal in found for line in proposal.lines]
    assert len(counted) == len(set(counted)) == made * times


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 50)), unique_by=lambda one: one[1]),
    st.integers(1, 4),
)
def test_the_order_in_which_facts_are_told_does_not_matter(found, times):
    facts = [Counted("finding", key, date.fromordinal(DAY.toordinal() + day)) for day, key in found]
    assert ladder.proposals(facts, times) == ladder.proposals(facts[::-1], times)


@pytest.mark.parametrize(
    ("level", "before", "passed_over"),
    [
        (1, [], []),
        (2, [], [1]),
        (2, [1], []),
        (3, [1], [2]),
        (4, [1], [2, 3]),
        (4, [3], []),
        (2, [3], []),
        (5, [], [1, 2, 3, 4]),
    ],
)
def test_rungs_that_were_never_taken_need_a_reason(level, before, passed_over):
    assert ladder.skipped([1, 2, 3, 4, 5], level, before) == passed_over


DECISION = {
    "is_open": True,
    "is_free": True,
    "defended": True,
    "defence_until": DAY,
    "today": DAY,
    "drop": False,
    "reason": "情况属实",
    "skips": [],
    "skipped_reason": "",
}


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({}, None),
        ({"is_open": False}, Refusal.WRONG_STATE),
        ({"is_free": False}, Refusal.INVOLVED),
        ({"defended": False}, Refusal.TOO_EARLY),
        ({"defended": False, "defence_until": None}, Refusal.TOO_EARLY),
        ({"defended": False, "today": date(2026, 3, 3)}, None),
        ({"defended": False, "drop": True}, None),
        ({"reason": "  "}, Refusal.REASON),
        ({"drop": True, "reason": ""}, Refusal.REASON),
        ({"skips": [2]}, Refusal.SKIP_REASON),
        ({"skips": [2], "skipped_reason": "情节严重"}, None),
        ({"skips": [2], "drop": True}, None),
    ],
)
def test_when_a_decision_is_refused(changed, refusal):
    assert ladder.refuse_decision(**{**DECISION, **changed}) == refusal


@pytest.mark.parametrize(
    ("served", "months", "last"),
    [
        (date(2026, 1, 15), 6, date(2026, 7, 14)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 3, 1), 12, date(2027, 2, 28)),
        (date(2026, 12, 1), 1, date(2026, 12, 31)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 3, 2), 0, None),
    ],
)
def test_until_when_a_measure_warns(served, months, last):
    assert ladder.warns_until(served, months) == last
