"""Strict readers of the environment: a value that makes no sense stops the start with a sentence.

Every name may also be given as NAME_FILE, the path of a file that holds the value, so that secrets need not
stand in a process listing.
"""

import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import dj_database_url
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
SITE = re.compile(r"([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:[0-9]{1,5})?", re.IGNORECASE)
SENDER = re.compile(r"[^\x00-\x1f\x7f]*[^\x00-\x1f\x7f\s@]@[^\x00-\x1f\x7f\s@]+")
SCHEME = re.compile(r"[a-z][a-z0-9+]*")
HOST = re.compile(r"\*|\.?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\]", re.IGNORECASE)


def text(name: str, default: str = "") -> str:
    """The value of NAME, or the content of the file NAME_FILE; naming both is refused."""
    path = os.environ.get(f"{name}_FILE", "")
    if not path:
        return _readable(name, os.environ.get(name, default).strip())
    if os.environ.get(name):
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: keep one of them.")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"{name}_FILE: cannot read {path} ({error}).") from error


def _readable(name: str, value: str) -> str:
    """Bytes of the environment that are no UTF-8 arrive as half characters, which fail wherever they are written."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ImproperlyConfigured(f"{name} is not in UTF-8.") from None
    return value


def _split(name: str, url: str, like: str) -> SplitResult:
    """Without repeating the address, which may hold a password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be like {like}.") from None
    try:
        _ = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} has an impossible port.") from error
    return parts


def flag(name: str, default: bool = False) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value in TRUE | FALSE:
        return value in TRUE
    raise ImproperlyConfigured(f"{name} must be one of 1, 0, true, false, yes, no, on, off; it is “{value}”.")


def words(name: str) -> list[str]:
    return [word.strip() for word in text(name).split(",") if word.strip()]


def schemes(name: str) -> list[str]:
    given = [word.lower() for word in words(name)]
    for scheme in given:
        if not SCHEME.fullmatch(scheme):
            raise ImproperlyConfigured(
                f"{name} must list schemes like mattermost, with commas; “{scheme}” is none."
            )
    return given


def hosts(name: str) -> list[str]:
    """Names that a request may be for, without scheme or port: any other form would match no request."""
    given = words(name)
    for host in given:
        if not HOST.fullmatch(host):
            raise ImproperlyConfigured(
                f"{name} must list host names like id.example.gov.cn, with commas; “{host}” is none."
            )
    return given


def database(name: str, default_path: Path) -> dict[str, Any]:
    """A Django database of a sqlite:// or postgresql:// URL; SQLite in the data folder when there is none."""
    url = text(name) or f"sqlite:///{default_path}"
    scheme = url.partition("://")[0]
    if scheme in {"sqlite", "sqlite3"}:
        path = unquote(url.partition("://")[2].removeprefix("/"))
        if not path or path == ":memory:":
            raise ImproperlyConfigured(f"{name} must name a file: sqlite:////var/lib/longquan/db.sqlite3.")
        return sqlite(Path(path))
    if scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"{name} must begin with sqlite:// or postgresql://; it begins with “{scheme}”."
        )
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not a database address: {error}.") from error
    if not config.get("NAME"):
        raise ImproperlyConfigured(
            f"{name} names no database: postgresql://user:password@host:5432/longquan."
        )
    return config


def sqlite(path: Path) -> dict[str, Any]:
    """SQLite as a database that is evidence: writers queue instead of failing, and a commit is on the disk."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }


def site_url(name: str, default: str) -> str:
    url = (text(name) or default).rstrip("/")
    parts = _split(name, url, "https://id.example.gov.cn")
    if parts.scheme not in {"http", "https"} or not SITE.fullmatch(parts.netloc) or any(parts[2:]):
        raise ImproperlyConfigured(
            f"{name} must be like https://id.example.gov.cn, without a path; it is “{url}”."
        )
    return f"{parts.scheme}://{parts.netloc}"


def sender(name: str, default: str) -> str:
    """The From of our mail: a line break in it would begin another header."""
    value = text(name) or default
    if not SENDER.fullmatch(value.removesuffix(">")):
        raise ImproperlyConfigured(f"{name} must be an address like noreply@id.example.gov.cn, on one line.")
    return value


def email(name: str) -> dict[str, Any]:
    """Django's e-mail settings of EMAIL_URL: console:, smtp://, smtp+tls:// or smtps://user:password@host:port."""
    url = text(name) or "console:"
    if url in {"console:", "console://"}:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = _split(name, url, "smtp://user:password@host:port")
    if parts.scheme not in {"smtp", "smtp+tls", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name} must begin with smtp://, smtp+tls:// or smtps:// and name a host."
        )
    port = parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme]
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }


def redis(name: str) -> str:
    url = text(name)
    parts = _split(name, url, "redis://host:6379/0")
    if url and parts.scheme not in {"redis", "rediss"}:
        raise ImproperlyConfigured(f"{name} must begin with redis:// or rediss://.")
    return url


def data_dir(name: str, default: Path) -> Path:
    path = Path(text(name) or default).expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: the folder {path} cannot be made ({error}).") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"{name}: the folder {path} cannot be written to.")
    return path


def secret_key(name: str, folder: Path, kept_as: str = "secret-key") -> str:
    """A secret of the deployment; the embedded mode makes its own once, readable by its owner only."""
    key = text(name) or _kept(folder / kept_as, lambda: secrets.token_urlsafe(64))
    if len(key) < 32:
        raise ImproperlyConfigured(f"{name} must have at least 32 characters.")
    return key


def field_keys(name: str, folder: Path) -> list[str]:
    """Fernet keys, newest first: the first encrypts, all decrypt, so a key can be retired without losing rows."""
    keys = words(name) or [_kept(folder / "field-key", lambda: Fernet.generate_key().decode())]
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: key {position} is not 32 url-safe base64 bytes.") from error
    return keys


def _kept(path: Path, make: Any) -> str:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_kept(path)
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be made ({error}).") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(make())
        file.flush()
        os.fsync(file.fileno())
    return _read_kept(path)


def _read_kept(path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{path} cannot be read ({error}): put the key back that stood in it."
        ) from None
    if not value:
        raise ImproperlyConfigured(f"{path} is empty: remove it, or put the key back that stood in it.")
    return value
