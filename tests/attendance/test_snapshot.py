"""The compact record of a round: whatever a plaque can say comes back, and nothing damaged passes for a record."""

import random
import zlib
from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance import snapshot
from attendance.rules import Verified
from attendance.snapshot import KINDS, STATES, VERIFIED, Damaged, Line, as_facts, decode, encode, from_facts
from cards.rules import Declaration, Kind, State, Status
from common.rules import SHANGHAI

AT = datetime(2026, 11, 24, 10, 0, 7, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)


def said(state: State, **changes) -> Declaration:
    facts = {"since": AT - HOUR, "until": AT + HOUR, "recorded_at": AT - HOUR, "by_self": True, "place": ""}
    return Declaration(state, **{**facts, **changes})


def absence(kind: Kind, state: State, declared: Declaration) -> Status:
    return Status(kind, state, declared.since, declared.until, declared.until, declared=declared)


PLAIN = Status(Kind.AT_POST, State.AT_POST)
EVERY = [
    Line(number, verified, Status(kind, state))
    for number, (kind, state, verified) in enumerate(product(KINDS, STATES, VERIFIED), start=1)
]
ABSENT = [
    Line(number, verified, absence(kind, state, said(state, by_self=by_self, place=place)))
    for number, (kind, state, verified, by_self, place) in enumerate(
        product((Kind.AWAY, Kind.OVERDUE), STATES, VERIFIED, (True, False), ("", "市民政局 𬱖 三楼")), start=1
    )
]


def test_every_kind_and_state_and_way_comes_back() -> None:
    assert decode(encode(EVERY, AT), AT) == EVERY
    assert decode(encode(ABSENT, AT), AT) == ABSENT


def test_every_word_of_the_rules_has_its_place() -> None:
    """Positions are what is stored: a new kind or state is added at the end, or old rounds would change their words."""
    assert set(KINDS) == set(Kind)
    assert set(STATES) == set(State)
    assert set(VERIFIED) == set(Verified)
    assert [state.value for state in STATES[:4]] == ["at_post", "away_briefly", "meeting", "errand"]
    assert [kind.value for kind in KINDS] == ["at_post", "away", "overdue", "outside_hours"]


@pytest.mark.parametrize(
    "status",
    [
        PLAIN,
        Status(Kind.AT_POST, State.AT_POST, AT - HOUR, declared=said(State.AT_POST, until=None)),
        Status(Kind.AT_POST, State.ON_DUTY, AT - HOUR, AT + HOUR, declared=said(State.ON_DUTY)),
        Status(Kind.OUTSIDE_HOURS, State.AT_POST, opens_at=AT + 5 * HOUR),
        absence(Kind.AWAY, State.LEAVE, said(State.LEAVE, recorded_at=AT - timedelta(days=400))),
        absence(Kind.AWAY, State.LEAVE, said(State.LEAVE, until=AT + timedelta(days=366))),
        # Entered after it began, and before.
        absence(Kind.AWAY, State.ERRAND, said(State.ERRAND, recorded_at=AT - timedelta(seconds=1))),
        # The plaque dates from another second than the word does.
        Status(Kind.AWAY, State.ERRAND, AT, AT + HOUR, None, declared=said(State.ERRAND)),
        Status(Kind.AWAY, State.ERRAND, AT - HOUR, AT + HOUR, AT + 3 * HOUR, declared=said(State.ERRAND)),
        Status(Kind.AWAY, State.ERRAND, None, AT + HOUR, None, declared=said(State.ERRAND)),
    ],
)
def test_what_a_plaque_says_comes_back_to_the_second(status: Status) -> None:
    line = Line(7, Verified.PHONE, status)
    assert decode(encode([line], AT), AT) == [line]
    assert from_facts(as_facts(status)) == status


@pytest.mark.parametrize("number", [0, 1, 200, 5000])
def test_any_number_of_people_in_any_order(number: int) -> None:
    """Six bytes each, and fewer where nobody has said anything."""
    lines = [
        Line(pk * 3, Verified.SEEN, PLAIN if pk % 7 else absence(Kind.AWAY, State.ERRAND, said(State.ERRAND)))
        for pk in range(1, number + 1)
    ]
    mixed = random.Random(number).sample(lines, len(lines))
    data = encode(mixed, AT)
    assert decode(data, AT) == lines
    assert len(data) <= 20 + 6 * number


def test_the_same_people_give_the_same_bytes() -> None:
    assert encode(EVERY, AT) == encode(EVERY[::-1], AT)


instants = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=SHANGHAI)
)
places = st.text(max_size=40)


@st.composite
def statuses(draw) -> Status:
    state, since = draw(st.sampled_from(STATES)), draw(instants)
    until = draw(st.none() | instants)
    declared = None
    if draw(st.booleans()):
        declared = Declaration(
            state, draw(st.just(since) | instants), until, draw(instants), draw(st.booleans()), draw(places)
        )
    kind = draw(st.sampled_from(KINDS))
    return Status(kind, state, since, until, draw(st.none() | instants), draw(st.none() | instants), declared)


people = st.dictionaries(st.integers(1, 2**40), st.tuples(st.sampled_from(VERIFIED), statuses()), max_size=12)


@settings(max_examples=60, deadline=None)
@given(people, instants)
def test_anything_that_can_be_said_comes_back(given: dict, taken_at: datetime) -> None:
    lines = [Line(pk, *rest) for pk, rest in sorted(given.items())]
    assert decode(encode(lines, taken_at), taken_at) == lines


# --- Damage ------------------------------------------------------------------------------------------------------

DATA = encode(ABSENT, AT)


def test_an_unknown_version_is_no_record() -> None:
    for other in (0, 2, 255):
        with pytest.raises(Damaged):
            decode(bytes([other]) + DATA[1:], AT)
    with pytest.raises(Damaged):
        decode(b"", AT)


@pytest.mark.parametrize("kept", [1, 2, 10, len(DATA) // 2, len(DATA) - 1])
def test_a_record_that_is_cut_off_is_damaged(kept: int) -> None:
    with pytest.raises(Damaged):
        decode(DATA[:kept], AT)


def test_what_goes_on_behind_its_end_is_damaged() -> None:
    with pytest.raises(Damaged):
        decode(DATA + b"\x00", AT)


def packed(plain: bytes) -> bytes:
    return bytes([snapshot.VERSION]) + zlib.compress(plain)


@pytest.mark.parametrize(
    "plain",
    [
        b"",  # no number of people
        b"\x02\x01\x00\x00",  # two are said to come, one does
        b"\x01\x01\x00\x00\x00",  # one is said to come, more does
        b"\x01\x01\xff\x00",  # a state that there is not
        b"\x01\x01\x00\x10\x00",  # a declaration without a beginning
        b"\x01" + b"\xff" * 12,  # a number without an end
        b"\xff\xff\xff\xff\x0f",  # a city of half a million millions
        b"\x01\x01\x00\x01" + b"\xff" * 8 + b"\x7f",  # a second beyond every calendar
        b"\x01\x01\x00\x01\xff\xff\xff\xff\xff\x3f",  # the year 60,000
        b"\x01\x01\x00\x51\x00\x00\x02\xff\xff",  # a place that is no text
    ],
)
def test_contents_that_make_no_sense_are_damaged(plain: bytes) -> None:
    with pytest.raises(Damaged):
        decode(packed(plain), AT)


def test_a_bomb_is_damaged_and_never_unfolded() -> None:
    with pytest.raises(Damaged):
        decode(packed(bytes(snapshot.MOST_BYTES + 1)), AT)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(DATA) * 8 - 1))
def test_a_bit_that_flips_never_gives_another_record(bit: int) -> None:
    flipped = bytearray(DATA)
    flipped[bit // 8] ^= 1 << bit % 8
    try:
        lines = decode(bytes(flipped), AT)
    except Damaged:
        return
    # Of a zlib stream some bits of the head mean nothing; what is read is then what was written.
    assert lines == ABSENT


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_a_record_or_damaged(plain: bytes) -> None:
    for data in (plain, bytes([snapshot.VERSION]) + plain, packed(plain)):
        try:
            decode(data, AT)
        except Damaged:
            continue
