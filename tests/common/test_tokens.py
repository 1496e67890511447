import pytest

from common.tokens import ALPHABET, grouped, new_token, normalise


def test_new_tokens_are_sixteen_characters_that_can_be_read_aloud():
    tokens = {new_token() for _ in range(500)}
    assert len(tokens) == 500
    assert {len(token) for token in tokens} == {16}
    assert set("".join(tokens)) == set(ALPHABET)
    assert len(set(ALPHABET)) == 32
    assert not set("ILOU") & set(ALPHABET)


def test_every_new_token_is_read_as_itself_however_it_is_written():
    for _ in range(50):
        token = new_token()
        for written in (
            token,
            token.lower(),
            grouped(token),
            grouped(token).replace(" ", "-"),
            f" {token}\n",
        ):
            assert normalise(written) == token


@pytest.mark.parametrize(
    ("typed", "token"),
    [
        ("o0Il1L0000000000", "0011110000000000"),
        ("０１２３ＡＢＣＤ１ＥＦＧＨ０ＪＫ", "0123ABCD1EFGH0JK"),
        ("0123–ABCD—1EFG‐H0JK", "0123ABCD1EFGH0JK"),
        ("0123 ABCD　1EFG\tH0JK", "0123ABCD1EFGH0JK"),
    ],
)
def test_what_people_type_is_read_as_they_mean_it(typed, token):
    assert normalise(typed) == token


@pytest.mark.parametrize(
    "typed", ["", "0" * 15, "0" * 17, "U" * 16, "0123ABCD1EFGH0J!", "零" * 16, "0" * 5000, "\0" * 16]
)
def test_what_cannot_be_a_token_is_none(typed):
    assert normalise(typed) is None


def test_a_token_is_printed_in_groups_of_four():
    assert grouped("0123ABCD1EFGH0JK") == "0123 ABCD 1EFG H0JK"
