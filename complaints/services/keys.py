"""Which key of FIELD_KEYS wrote what: before an old one goes, everything is written anew under the newest.

Rows are taken from the newest to the oldest, so that the oldest tell whether it came to its end (longquan.E010).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import models, transaction
from django.db.models import ExpressionWrapper, F, Value

from accounts.selectors import SECRETS
from attendance.models import Draw
from common import append_only, crypto
from common.models import Channel
from complaints.models.fields import EncryptedBinaryField, EncryptedTextField

#: Held until their transaction ends.
BATCH = 100
#: Of every column, when the program starts.
SAMPLE = 3


@dataclass(frozen=True)
class Columns:
    """Encrypted columns of a model, by the field that reads and writes what stands in them."""

    model: type[models.Model]
    fields: "Mapping[str, models.Field[Any, Any]]"

    @property
    def rows(self) -> Any:
        return self.model._base_manager.all()

    def read(self, pk: int) -> dict[str, bytes]:
        row = self.rows.values_list(*(_stored(name, field) for name, field in self.fields.items())).get(pk=pk)
        return {name: _bytes(token) for name, token in zip(self.fields, row, strict=True) if token}

    def write(self, pk: int, tokens: Mapping[str, bytes]) -> None:
        self.rows.filter(pk=pk).update(**{name: self._value(name, token) for name, token in tokens.items()})

    def _value(self, name: str, token: bytes) -> Value:
        field = self.fields[name]
        return Value(token if isinstance(field, models.BinaryField) else token.decode(), field)

    def oldest(self) -> Iterator[bytes]:
        for name, field in self.fields.items():
            nothing = b"" if isinstance(field, models.BinaryField) else ""
            filled = self.rows.annotate(stored=_stored(name, field)).exclude(stored=nothing)
            for token in filled.order_by("pk").values_list("stored", flat=True)[:SAMPLE]:
                yield _bytes(token)


class SecondFactors:
    """Of the sign-in library, which keeps a key or the seed of the recovery codes among other facts."""

    model = Authenticator

    @property
    def rows(self) -> Any:
        return Authenticator.objects.all()

    def read(self, pk: int) -> dict[str, bytes]:
        data = self.rows.values_list("data", flat=True).get(pk=pk)
        return {name: data[name].encode() for name in SECRETS if data.get(name)}

    def write(self, pk: int, tokens: Mapping[str, bytes]) -> None:
        data = self.rows.values_list("data", flat=True).get(pk=pk)
        changed = {name: token.decode() for name, token in tokens.items()}
        self.rows.filter(pk=pk).update(data={**data, **changed})


Store = Columns | SecondFactors


def _stored(name: str, field: "models.Field[Any, Any]") -> ExpressionWrapper:
    return ExpressionWrapper(F(name), field)


def _bytes(token: Any) -> bytes:
    return token.encode() if isinstance(token, str) else bytes(token)


def of_complaints() -> list[Columns]:
    """Found by the class of their fields. A table that only grows keeps its keys."""
    found = []
    for model in apps.get_app_config("complaints").get_models():
        fields = {
            field.name: plain
            for field in model._meta.concrete_fields
            if (plain := _plain(field)) is not None and model._meta.db_table not in append_only.tables()
        }
        if fields:
            found.append(Columns(model, fields))
    return found


def _plain(field: Any) -> "models.Field[Any, Any] | None":
    if isinstance(field, EncryptedTextField):
        return models.TextField()
    return models.BinaryField() if isinstance(field, EncryptedBinaryField) else None


def everything() -> list[Store]:
    """And what the apps below keep under the same keys."""
    text = models.TextField()
    below: list[Store] = [
        Columns(Channel, {"address": text}),
        Columns(Draw, {"secret": text}),
        SecondFactors(),
    ]
    return [*of_complaints(), *below]


# --- Writing anew -------------------------------------------------------------------------------------------------


@dataclass
class Done:
    rows: int = 0
    #: With none of the keys.
    unreadable: int = 0


def reencrypt() -> Done:
    """Killed at any moment, it has lost nothing; run again, it goes on. What no key reads is counted and left alone."""
    done = Done()
    for store in everything():
        last: int | None = None
        while (last := _batch(store, last, done)) is not None:
            pass
    return done


@transaction.atomic
def _batch(store: Store, before: int | None, done: Done) -> int | None:
    """One row at a time is in memory; the last one that was looked at, or None after all of them."""
    rows = store.rows if before is None else store.rows.filter(pk__lt=before)
    claimed = rows.select_for_update(of=("self",)).order_by("-pk").values_list("pk", flat=True)
    pks = list(claimed[:BATCH])
    for pk in pks:
        _row(store, pk, done)
    return pks[-1] if pks else None


def _row(store: Store, pk: int, done: Done) -> None:
    fresh, failed = {}, False
    for name, token in store.read(pk).items():
        try:
            renewed = crypto.renewed(token)
        except crypto.Unreadable:
            failed = True
            continue
        if renewed is not None:
            fresh[name] = renewed
    if fresh:
        store.write(pk, fresh)
    done.rows += bool(fresh)
    done.unreadable += failed


# --- Before the start ---------------------------------------------------------------------------------------------


def unreadable_tables() -> list[str]:
    """Those of complaints whose oldest rows no key reads."""
    return [
        store.model._meta.db_table
        for store in of_complaints()
        if not all(crypto.is_readable(token.decode()) for token in store.oldest())
    ]
