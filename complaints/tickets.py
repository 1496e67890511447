"""What a public form carries instead of a session: when its first page was asked for, and that it is sent once.

A signed line in a hidden field. It says nothing of whoever asked for it.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer

from common.tokens import new_token
from complaints import receipts

#: Nobody reads the page, writes and sends in less; programs do.
LEAST = timedelta(seconds=4)
#: What a second tap on the button takes to arrive on a slow network.
SECOND_TAP = timedelta(minutes=2)
_SALT = "complaints.tickets"


@dataclass(frozen=True)
class Ticket:
    since: datetime
    token: str

    def is_hasty(self, now: datetime) -> bool:
        return now - self.since < LEAST

    def mark(self, use: str) -> str:
        """What is kept to know it again once it is used; the ticket cannot be told from it."""
        return _keyed(use, self.token).hex()[:16].upper()

    @property
    def number(self) -> str:
        """The receipt that belongs to it. A second tap gets the same one, for the answer to the first never reaches
        the screen; without the ticket and RECEIPT_KEY nobody can tell it."""
        digits = int.from_bytes(_keyed("number", self.token)) % 10**receipts.DIGITS
        return f"{digits:0{receipts.DIGITS}}"

    def __str__(self) -> str:
        return Signer(salt=_SALT).sign(f"{int(self.since.timestamp())}.{self.token}")


def issue(now: datetime) -> Ticket:
    return Ticket(now, new_token())


def read(carried: str, now: datetime) -> Ticket:
    """The ticket that a form carries; a new one where it is missing or not ours."""
    try:
        since, token = Signer(salt=_SALT).unsign(carried).split(".")
    except BadSignature:
        return issue(now)
    return Ticket(datetime.fromtimestamp(int(since), UTC), token)


def _keyed(purpose: str, token: str) -> bytes:
    key = settings.RECEIPT_KEY.encode()
    return hmac.digest(key, f"ticket {purpose} {token}".encode(), hashlib.sha256)
