"""Fields that the database keeps but must not show to whoever reads a backup of it."""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current() -> MultiFernet:
    return _fernet(tuple(settings.FIELD_KEYS))


class Unreadable(ValueError):
    """The key that wrote this field is no longer in FIELD_KEYS."""


def encrypt(text: str) -> str:
    """With the newest key; older ones only read (docs/accounts.md says how to retire one)."""
    return encrypt_bytes(text.encode()).decode()


def decrypt(token: str) -> str:
    return decrypt_bytes(token.encode()).decode()


def encrypt_bytes(data: bytes) -> bytes:
    return _current().encrypt(data)


def decrypt_bytes(token: bytes) -> bytes:
    try:
        return _current().decrypt(token)
    except InvalidToken as error:
        raise Unreadable("An encrypted field cannot be read with any of FIELD_KEYS.") from error


def is_readable(token: str) -> bool:
    try:
        decrypt(token)
    except Unreadable:
        return False
    return True


def renewed(token: bytes) -> bytes | None:
    """The same under the newest key; None where it stands under that one already."""
    try:
        _fernet(tuple(settings.FIELD_KEYS[:1])).decrypt(token)
    except InvalidToken:
        return encrypt_bytes(decrypt_bytes(token))
    return None
