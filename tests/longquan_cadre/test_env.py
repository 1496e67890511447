"""Every setting: what is understood, and what stops the start with a sentence."""

import stat
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from longquan_cadre import env
from tests.longquan_cadre.program import manage

KEY, OTHER_KEY = (urlsafe_b64encode(bytes([number]) * 32).decode() for number in (7, 8))


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch):
    """Sets NAME; removes it and its file first."""

    def give(value: str | None) -> None:
        monkeypatch.delenv("NAME_FILE", raising=False)
        if value is None:
            monkeypatch.delenv("NAME", raising=False)
        else:
            monkeypatch.setenv("NAME", value)

    give(None)
    return give


# --- Each kind of value ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("1", True),
        ("true", True),
        ("Yes", True),
        (" ON ", True),
        ("0", False),
        ("FALSE", False),
        ("no", False),
        ("off", False),
        ("", True),
        (None, True),
    ],
)
def test_a_flag_is_read(given, value, meant):
    given(value)
    assert env.flag("NAME", default=True) is meant


@pytest.mark.parametrize("value", ["2", "ja", "y", "True!", "是"])
def test_a_flag_that_is_no_flag_is_refused(given, value):
    given(value)
    with pytest.raises(ImproperlyConfigured, match=f"NAME must be one of .*“{value.lower()}”"):
        env.flag("NAME")


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (None, []),
        (" ", []),
        ("id.example.cn", ["id.example.cn"]),
        ("a.cn, .b.cn ,", ["a.cn", ".b.cn"]),
        ("*", ["*"]),
        ("10.0.0.8,[::1],localhost", ["10.0.0.8", "[::1]", "localhost"]),
    ],
)
def test_hosts_are_read(given, value, meant):
    given(value)
    assert env.hosts("NAME") == meant


@pytest.mark.parametrize(
    "value", ["https://id.example.cn", "id.example.cn:443", "a.cn b.cn", "id.example.cn/", "a..cn", "::1"]
)
def test_hosts_that_match_no_request_are_refused(given, value):
    given(value)
    with pytest.raises(ImproperlyConfigured, match="NAME must list host names"):
        env.hosts("NAME")


@pytest.mark.parametrize(
    ("value", "meant"), [(None, []), ("Mattermost, ntfy", ["mattermost", "ntfy"]), ("json", ["json"])]
)
def test_schemes_are_read(given, value, meant):
    given(value)
    assert env.schemes("NAME") == meant


@pytest.mark.parametrize("value", ["json://", "ntfy gotify", "https://hook.example.cn", "1json"])
def test_what_is_no_scheme_is_refused(given, value):
    given(value)
    with pytest.raises(ImproperlyConfigured, match="NAME must list schemes"):
        env.schemes("NAME")


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (None, "http://localhost:8000"),
        ("https://id.example.cn", "https://id.example.cn"),
        ("https://id.example.cn/", "https://id.example.cn"),
        ("http://192.0.2.7:8000", "http://192.0.2.7:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("HTTPS://id.example.cn", "https://id.example.cn"),
    ],
)
def test_a_site_address_is_read(given, value, meant):
    given(value)
    assert env.site_url("NAME", "http://localhost:8000") == meant


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("id.example.cn", "must be like https://"),
        ("ftp://id.example.cn", "must be like https://"),
        ("https://", "must be like https://"),
        ("https://id.example.cn/cards", "without a path"),
        ("https://id.example.cn?x=1", "without a path"),
        ("https://somebody@id.example.cn", "must be like https://"),
        ("https://id.example.cn:port", "impossible port"),
        ("https://id.example.cn:99999", "impossible port"),
        ("http://[::1", "must be like https://"),
        ("http://a b", "must be like https://"),
        ("http://a\u3000b", "must be like https://"),
        ("http://a..b", "must be like https://"),
        ("http://a#cards", "without a path"),
        ("http://a:", "must be like https://"),
    ],
)
def test_a_site_address_that_is_none_is_refused(given, value, why):
    given(value)
    with pytest.raises(ImproperlyConfigured, match=f"NAME .*{why}"):
        env.site_url("NAME", "http://localhost:8000")


def test_no_database_means_sqlite_in_the_data_folder(given):
    config = env.database("NAME", Path("/data/db.sqlite3"))
    assert (config["ENGINE"], config["NAME"]) == ("django.db.backends.sqlite3", "/data/db.sqlite3")
    assert "journal_mode=WAL" in config["OPTIONS"]["init_command"]


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("sqlite:////var/lib/longquan/db.sqlite3", {"NAME": "/var/lib/longquan/db.sqlite3"}),
        ("sqlite:////data/%E9%BE%99.sqlite3", {"NAME": "/data/龙.sqlite3"}),
        (
            "postgresql://longquan:s%40fe@db.example.cn:5433/city",
            {"USER": "longquan", "PASSWORD": "s@fe", "HOST": "db.example.cn", "PORT": 5433, "NAME": "city"},
        ),
        ("postgres://longquan@%2Frun%2Fpostgresql/city", {"HOST": "/run/postgresql", "NAME": "city"}),
    ],
)
def test_a_database_address_is_read(given, value, meant):
    given(value)
    assert meant.items() <= env.database("NAME", Path("unused")).items()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("mysql://root@db/city", "begins with “mysql”"),
        ("db.sqlite3", "must begin with sqlite:// or postgresql://"),
        ("sqlite://", "must name a file"),
        ("sqlite://:memory:", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("postgresql://db.example.cn", "names no database"),
        ("postgresql://db.example.cn:port/city", "is not a database address"),
    ],
)
def test_a_database_address_that_is_none_is_refused(given, value, why):
    given(value)
    with pytest.raises(ImproperlyConfigured, match=f"NAME .*{why}"):
        env.database("NAME", Path("unused"))


@pytest.mark.parametrize("value", ["", "redis://localhost:6379/0", "rediss://:secret@redis.example.cn/1"])
def test_a_redis_address_is_read(given, value):
    given(value)
    assert env.redis("NAME") == value


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("localhost:6379", "must begin with"),
        ("http://:secret@h", "must begin with"),
        ("redis://h:p", "port"),
        ("redis://:secret@[::1", "must be like redis://"),
        ("redis://:secret@a\u2100b", "must be like redis://"),
    ],
)
def test_a_redis_address_that_is_none_is_refused_without_its_password(given, value, why):
    given(value)
    with pytest.raises(ImproperlyConfigured, match=f"NAME .*{why}") as refused:
        env.redis("NAME")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (None, {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}),
        ("console:", {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}),
        (
            "smtp://mail.example.cn",
            {"EMAIL_HOST": "mail.example.cn", "EMAIL_PORT": 25, "EMAIL_USE_TLS": False},
        ),
        ("smtp+tls://mail.example.cn", {"EMAIL_PORT": 587, "EMAIL_USE_TLS": True, "EMAIL_USE_SSL": False}),
        (
            "smtps://post%40example.cn:p%2Fw@mail.example.cn:4650",
            {
                "EMAIL_HOST_USER": "post@example.cn",
                "EMAIL_HOST_PASSWORD": "p/w",
                "EMAIL_PORT": 4650,
                "EMAIL_USE_SSL": True,
            },
        ),
    ],
)
def test_a_mail_address_is_read(given, value, meant):
    given(value)
    assert meant.items() <= env.email("NAME").items()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("mail.example.cn", "must begin with smtp"),
        ("smtp://", "name a host"),
        ("imap://h", "smtp"),
        ("smtp://h:x", "port"),
        ("smtp://[x", "must be like smtp://"),
    ],
)
def test_a_mail_address_that_is_none_is_refused(given, value, why):
    given(value)
    with pytest.raises(ImproperlyConfigured, match=f"NAME .*{why}"):
        env.email("NAME")


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (None, "noreply@example.cn"),
        ("id@example.cn", "id@example.cn"),
        ("效能办 <id@example.cn>", "效能办 <id@example.cn>"),
    ],
)
def test_a_sender_is_read(given, value, meant):
    given(value)
    assert env.sender("NAME", "noreply@example.cn") == meant


@pytest.mark.parametrize(
    "value",
    ["id", "@example.cn", "id@", "id@example.cn\nBcc: x@example.cn", "a\rb <id@example.cn>", "id@a b"],
)
def test_a_sender_that_is_none_is_refused(given, value):
    given(value)
    with pytest.raises(ImproperlyConfigured, match=r"NAME must be an address like .*, on one line"):
        env.sender("NAME", "noreply@example.cn")


# --- Secrets -----------------------------------------------------------------------------------------------------


def test_the_embedded_mode_keeps_the_secrets_it_made(given, tmp_path):
    first = env.secret_key("NAME", tmp_path), env.field_keys("NAME", tmp_path)
    assert (env.secret_key("NAME", tmp_path), env.field_keys("NAME", tmp_path)) == first
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_two_data_folders_have_two_secrets(given, tmp_path):
    (tmp_path / "other").mkdir()
    assert env.secret_key("NAME", tmp_path) != env.secret_key("NAME", tmp_path / "other")


def test_a_short_secret_is_refused_without_being_told(given, tmp_path):
    given("too-short-to-keep")
    with pytest.raises(ImproperlyConfigured, match="NAME must have at least 32 characters") as refused:
        env.secret_key("NAME", tmp_path)
    assert "too-short" not in str(refused.value)


def test_an_emptied_secret_file_is_not_replaced(given, tmp_path):
    """A new key would make every encrypted row unreadable."""
    (tmp_path / "field-key").write_text("")
    with pytest.raises(ImproperlyConfigured, match="field-key is empty"):
        env.field_keys("NAME", tmp_path)


@pytest.mark.parametrize("read", [env.secret_key, env.field_keys])
@pytest.mark.parametrize("spoil", ["folder", "bytes"])
def test_a_secret_file_that_cannot_be_read_is_not_replaced(given, tmp_path, read, spoil):
    path = tmp_path / {env.secret_key: "secret-key", env.field_keys: "field-key"}[read]
    if spoil == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"\xff\xfe" * 40)
    with pytest.raises(ImproperlyConfigured, match=f"{path} cannot be read"):
        read("NAME", tmp_path)
    assert path.is_dir() or path.read_bytes() == b"\xff\xfe" * 40


@pytest.mark.parametrize("read", [lambda: env.secret_key("NAME", Path("unused")), lambda: env.text("NAME")])
def test_bytes_that_are_no_utf_8_are_refused_without_being_told(given, read):
    given("secret\udcff" * 10)
    with pytest.raises(ImproperlyConfigured, match=r"^NAME is not in UTF-8\.$"):
        read()


def test_field_keys_are_read_newest_first(given, tmp_path):
    given(f"{KEY}, {OTHER_KEY}")
    assert env.field_keys("NAME", tmp_path) == [KEY, OTHER_KEY]


@pytest.mark.parametrize("bad", ["short", KEY[:-4], "=" * 44])
def test_a_field_key_that_is_none_is_named_by_its_position_only(given, tmp_path, bad):
    given(f"{KEY},{bad}")
    with pytest.raises(ImproperlyConfigured, match="NAME: key 2 is not 32 url-safe base64 bytes") as refused:
        env.field_keys("NAME", tmp_path)
    assert bad not in str(refused.value)


# --- NAME_FILE ---------------------------------------------------------------------------------------------------


def test_a_value_may_stand_in_a_file(given, tmp_path, monkeypatch):
    (tmp_path / "value").write_text(" from the file\n", encoding="utf-8")
    monkeypatch.setenv("NAME_FILE", str(tmp_path / "value"))
    assert env.text("NAME", "default") == "from the file"


def test_the_value_and_its_file_together_are_refused(given, tmp_path, monkeypatch):
    given("one")
    (tmp_path / "value").write_text("another")
    monkeypatch.setenv("NAME_FILE", str(tmp_path / "value"))
    with pytest.raises(ImproperlyConfigured, match="NAME and NAME_FILE are both set"):
        env.text("NAME")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_refused(given, tmp_path, monkeypatch, content):
    path = tmp_path / "value"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("NAME_FILE", str(path))
    with pytest.raises(ImproperlyConfigured, match=f"NAME_FILE: cannot read {path}"):
        env.text("NAME")


# --- The whole program -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DEBUG", "maybe", "DEBUG must be one of"),
        ("SECRET_KEY", "short", "SECRET_KEY must have at least 32 characters"),
        ("FIELD_KEYS", "short", "FIELD_KEYS: key 1"),
        ("SITE_URL", "id.example.cn", "SITE_URL must be like"),
        ("ALLOWED_HOSTS", "https://id.example.cn", "ALLOWED_HOSTS must list host names"),
        ("DATABASE_URL", "oracle://db/city", "DATABASE_URL must begin with"),
        ("REDIS_URL", "localhost", "REDIS_URL must begin with"),
        ("EMAIL_URL", "mail", "EMAIL_URL must begin with"),
        ("EMAIL_FROM", "id@example.cn\nBcc: x@example.cn", "EMAIL_FROM must be an address"),
        ("BEHIND_PROXY", "nginx", "BEHIND_PROXY must be one of"),
        ("DATA_DIR", "/dev/null/data", "DATA_DIR: the folder /dev/null/data cannot be made"),
        ("SECRET_KEY_FILE", "/nonexistent", "SECRET_KEY_FILE: cannot read /nonexistent"),
    ],
)
def test_a_bad_setting_stops_the_program_with_a_sentence(tmp_path, name, value, words):
    done = manage("check", settings={"DATA_DIR": str(tmp_path), name: value})
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
