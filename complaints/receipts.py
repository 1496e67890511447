"""How a case is found again by what only its complainant knows: the number of the receipt, which is shown once, or the
phone they left. Of both only digests under RECEIPT_KEY can be looked for."""

import hashlib
import hmac
import re
import secrets
import unicodedata

from django.conf import settings

DIGITS = 16
#: Before a mobile number; others are given with it by nobody.
_COUNTRY = re.compile(r"^(?:00)?86(?=1\d{10}$)")


def new_number() -> str:
    """Sixteen decimal digits, 53 bits: with the limits on asking nobody finds one by trying."""
    return "".join(secrets.choice("0123456789") for _digit in range(DIGITS))


def normalise(typed: str) -> str | None:
    """The digits, whatever stands between them and in whatever width they were typed; None if it is no number."""
    digits = "".join(sign for sign in unicodedata.normalize("NFKC", typed) if sign not in " -\u3000.")
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else None


def digest(number: str) -> str:
    return hmac.new(settings.RECEIPT_KEY.encode(), number.encode(), hashlib.sha256).hexdigest()


def contact_key(phone: str) -> str:
    """Under which a case is found by its complainant's phone, however it is written; "" without one.

    A number of a receipt has another digest even where the digits are the same.
    """
    plain = unicodedata.normalize("NFKC", phone).partition("转")[0]
    digits = "".join(sign for sign in plain if sign.isascii() and sign.isdigit())
    digits = _COUNTRY.sub("", digits)
    key = settings.RECEIPT_KEY.encode()
    return hmac.digest(key, f"contact {digits}".encode(), hashlib.sha256).hex() if digits else ""


def grouped(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, DIGITS, 4))
