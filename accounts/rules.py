"""What an account and a role need, as pure values."""

import re
import unicodedata
from datetime import timedelta

#: Long enough to reach somebody who is in a village, short enough that a lost slip dies by itself (C).
SLIP_LIFETIME = timedelta(days=14)
#: DESIGN §1: a cadre's phone stays signed in. Whoever sees the whole city signs in every day (DOMAIN §7).
PHONE_SESSION = timedelta(days=90)
CITY_SESSION = timedelta(hours=12)

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")


def username(typed: str) -> str:
    """A user name as it is kept: full-width from an input method, or capitalised by a phone, is the same."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def is_username(value: str) -> bool:
    """ASCII only: it is read from paper and typed on any keyboard."""
    return bool(_USERNAME.fullmatch(value))


def code(typed: str) -> str:
    """The digits of a one-time code, however they were grouped."""
    return re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", typed))
