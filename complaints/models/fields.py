"""A column that only its reader can read."""

from typing import Any

from django.db import models

from common import crypto


class EncryptedTextField(models.TextField):
    """Text under FIELD_KEYS (common/crypto.py); empty stays empty. Nothing can be looked for in it."""

    def get_prep_value(self, value: Any) -> Any:
        return crypto.encrypt(value) if value else ""

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> Any:
        return crypto.decrypt(value) if value else ""


class EncryptedBinaryField(models.BinaryField):
    """A file under FIELD_KEYS, in the database: its folder could be read by others than the row's readers."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(crypto.encrypt_bytes(bytes(value)), connection, prepared)

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> Any:
        return None if value is None else crypto.decrypt_bytes(bytes(value))
