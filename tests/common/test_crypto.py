import pytest
from cryptography.fernet import Fernet

from common.crypto import decrypt, encrypt

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_what_is_kept_is_not_what_was_said_and_is_read_again():
    token = encrypt("13900000000 陈砚")
    assert "139" not in token
    assert encrypt("13900000000 陈砚") != token
    assert decrypt(token) == "13900000000 陈砚"


def test_an_old_key_still_reads_and_the_newest_writes(settings):
    settings.FIELD_KEYS = [OLD]
    old = encrypt("old")
    settings.FIELD_KEYS = [NEW, OLD]
    assert decrypt(old) == "old"
    new = encrypt("new")
    settings.FIELD_KEYS = [NEW]
    assert decrypt(new) == "new"
    with pytest.raises(ValueError, match="cannot be read with any of FIELD_KEYS"):
        decrypt(old)


def test_what_was_altered_is_refused():
    token = encrypt("text")
    with pytest.raises(ValueError, match="cannot be read"):
        decrypt(token[:-4] + "AAAA")
