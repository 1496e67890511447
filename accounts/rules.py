"""What an account and a role need, as pure values."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import timedelta

#: Long enough to reach somebody who is in a village, short enough that a lost slip dies by itself (C).
SLIP_LIFETIME = timedelta(days=14)
#: DESIGN §1: a cadre's phone stays signed in. Whoever sees the whole city signs in every day (DOMAIN §7).
PHONE_SESSION = timedelta(days=90)
CITY_SESSION = timedelta(hours=12)

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")
_UNIT_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,11}")


def username(typed: str) -> str:
    """A user name as it is kept: full-width from an input method, or capitalised by a phone, is the same."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def is_username(value: str) -> bool:
    """ASCII only: it is read from paper and typed on any keyboard."""
    return bool(_USERNAME.fullmatch(value))


def unit_code(typed: str) -> str:
    """A unit's code as it is kept: it stands in card numbers and user names."""
    return unicodedata.normalize("NFKC", typed).strip().upper()


def is_unit_code(value: str) -> bool:
    return bool(_UNIT_CODE.fullmatch(value))


def follows_itself(unit: int, successors: Mapping[int, int | None]) -> bool:
    """Whether the line of successors leads back to where it began."""
    passed: set[int] = set()
    here = successors.get(unit)
    while here is not None and here not in passed:
        passed.add(here)
        here = successors.get(here)
    return unit in passed


def code(typed: str) -> str:
    """The digits of a one-time code, however they were grouped."""
    return re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", typed))
