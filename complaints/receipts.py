"""The number of a receipt: shown once, and kept only as a digest under RECEIPT_KEY."""

import hashlib
import hmac
import secrets
import unicodedata

from django.conf import settings

DIGITS = 16


def new_number() -> str:
    """Sixteen decimal digits, 53 bits: with the limits on asking nobody finds one by trying."""
    return "".join(secrets.choice("0123456789") for _digit in range(DIGITS))


def normalise(typed: str) -> str | None:
    """The digits, whatever stands between them and in whatever width they were typed; None if it is no number."""
    digits = "".join(sign for sign in unicodedata.normalize("NFKC", typed) if sign not in " -\u3000.")
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else None


def digest(number: str) -> str:
    return hmac.new(settings.RECEIPT_KEY.encode(), number.encode(), hashlib.sha256).hexdigest()


def grouped(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, DIGITS, 4))
