"""Codes that stand on paper: 16 characters of Crockford base32, 80 bits from the system's random source."""

import re
import secrets
import unicodedata

#: No I, L, O, U, so that a code can be read aloud and typed from paper.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
_READ_AS = str.maketrans("ILO", "110")
_TOKEN = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def new_token() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def normalise(typed: str) -> str | None:
    """The token meant by what somebody typed: any case, full-width or not, spaces and dashes ignored, I L O read as
    1 1 0.

    None when it cannot be a token.
    """
    plain = unicodedata.normalize("NFKC", typed[:64])
    compact = re.sub(r"[\s\-\u2010-\u2015]+", "", plain).upper().translate(_READ_AS)
    return compact if _TOKEN.fullmatch(compact) else None


def grouped(token: str) -> str:
    return " ".join(token[start : start + 4] for start in range(0, len(token), 4))
