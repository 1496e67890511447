"""The product's own system checks, by id: what would go wrong later is said at the start."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import redis
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, to_locale

from accounts import selectors
from accounts.permissions import TABLE
from cards.documents.fonts import check_fonts
from cards.printing.address import has_permanent_address, no_address
from common import calendar
from common.models import CalendarYear
from complaints.services import keys

#: A Redis in the same network answers in a millisecond.
REDIS_SECONDS = 3


@register(Tags.urls)
def permission_table(**kwargs: Any) -> list[CheckMessage]:
    """One row for every named URL, one named URL for every row (DESIGN §5)."""
    names = list(url_names(get_resolver().url_patterns))
    found: list[CheckMessage] = [
        Error(
            _("The URL “%(name)s” has no row in the permission table: it answers nobody.") % {"name": name},
            id="longquan.E001",
        )
        for name in sorted(set(names) - TABLE.keys())
    ]
    found += [
        Error(
            _("The permission table names “%(name)s”, which is no URL.") % {"name": name}, id="longquan.E002"
        )
        for name in sorted(TABLE.keys() - set(names))
    ]
    return found


def url_names(patterns: Sequence[URLPattern | URLResolver], namespace: str = "") -> Iterator[str]:
    """Every URL by the name under which the middleware looks it up; by its route when it has none."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from url_names(pattern.url_patterns, inner)
        else:
            yield f"{namespace}{pattern.name or pattern.pattern}"


@register()
def fonts(**kwargs: Any) -> list[CheckMessage]:
    """A damaged font would be noticed when somebody waits for a plaque."""
    return [Error(sentence, id="longquan.E003") for sentence in check_fonts()]


@register(Tags.translation)
def language_files(**kwargs: Any) -> list[CheckMessage]:
    """Django says nothing when a catalogue is missing: it shows English."""
    return [
        Error(
            _("The language file %(file)s is missing: run “manage.py compilemessages”.") % {"file": path},
            id="longquan.E004",
        )
        for path in catalogues()
        if not path.is_file()
    ]


def catalogues() -> Iterator[Path]:
    """The msgids are English, which needs no catalogue."""
    for folder in settings.LOCALE_PATHS:
        for code, _name in settings.LANGUAGES:
            if code != "en":
                yield Path(folder) / to_locale(code) / "LC_MESSAGES" / "django.mo"


@register()
def broker(**kwargs: Any) -> list[CheckMessage]:
    if settings.REDIS_URL:
        return []
    if connection.vendor == "postgresql":
        return [
            Warning(
                _(
                    "PostgreSQL is used without Redis: jobs and rate limits are this machine's own, "
                    "so nothing may run on a second one."
                ),
                hint=_("Set REDIS_URL to let several machines share them."),
                id="longquan.W005",
            )
        ]
    return [
        Error(
            _("The job folder %(folder)s cannot be written to: no job would run.") % {"folder": folder},
            id="longquan.E006",
        )
        for folder in (settings.BROKER_DIR / "queue", settings.BROKER_DIR / "control")
        if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK))
    ]


@register(Tags.security, deploy=True)
def site_url(**kwargs: Any) -> list[CheckMessage]:
    """Only for a deployment: the demonstration prints codes for the local network, with 演示 on them."""
    return [] if has_permanent_address() else [Warning(no_address(), id="longquan.W007")]


@register(deploy=True)
def redis_answers(**kwargs: Any) -> list[CheckMessage]:
    if not settings.REDIS_URL:
        return []
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
    )
    try:
        client.ping()
    except redis.RedisError as error:
        sentence = _("Redis does not answer at REDIS_URL: %(error)s.")
        return [Error(sentence % {"error": str(error).rstrip(".")}, id="longquan.E008")]
    finally:
        client.close()
    return []


@register(Tags.database)
def calendar_years(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """An unknown year counts Monday to Friday as working days: right for most days, and wrong at every holiday."""
    asked = databases and _has_table(CalendarYear, databases)
    years = calendar.missing_years(timezone.localdate()) if asked else []
    return [
        Warning(
            _("The working days of %(year)s are not entered: Monday to Friday is assumed.") % {"year": year},
            id="longquan.W009",
        )
        for year in years
    ]


@register(Tags.database)
def second_factors(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A lost or replaced key would be noticed when nobody with a second factor can sign in any more."""
    asked = databases and _has_table(Authenticator, databases)
    count = selectors.unreadable_second_factors() if asked else 0
    if not count:
        return []
    sentence = ngettext(
        "The second factor of %(count)s account cannot be read with any key in FIELD_KEYS.",
        "The second factors of %(count)s accounts cannot be read with any key in FIELD_KEYS.",
        count,
    )
    hint = _("Put the earlier key back into FIELD_KEYS. If it is lost, docs/accounts.md says what to do.")
    return [Error(sentence % {"count": count}, hint=hint, id="longquan.E010")]


@register(Tags.database)
def complaints_are_readable(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The same for what was written by complainants; the oldest rows tell, and are few."""
    tables = keys.unreadable_tables() if databases and _is_migrated("complaints", databases) else []
    if not tables:
        return []
    sentence = _("Complaints cannot be read with any key in FIELD_KEYS (%(tables)s).")
    hint = _("Put the earlier key back into FIELD_KEYS, and run “manage.py reencrypt” before one goes.")
    return [Error(sentence % {"tables": ", ".join(tables)}, hint=hint, id="longquan.E010")]


def _is_migrated(app: str, databases: Sequence[str]) -> bool:
    """Until then its columns are others than its models say."""
    loaders = [MigrationLoader(connections[alias]) for alias in databases]
    return all(
        node in loader.applied_migrations
        for loader in loaders
        for node in loader.graph.nodes
        if node[0] == app
    )


def _has_table(model: type[Model], databases: Sequence[str]) -> bool:
    """Before the first migrate, which runs these checks too, there is no table to ask."""
    table = model._meta.db_table
    return all(table in connections[alias].introspection.table_names() for alias in databases)
