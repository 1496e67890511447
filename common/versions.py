"""Two people with the same form open: whoever saves second must not undo what the first one saved."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.problems import Refused


def version_of(facts: Mapping[str, Any]) -> str:
    """A fingerprint of the values that a form showed, by field name."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]


class Overtaken(Refused):
    """Somebody else has saved since the form was shown. `facts` are what is saved now."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        super().__init__(
            _(
                "Somebody else has changed this meanwhile, and nothing of yours is saved yet. Compare, then save again."
            )
        )
        self.facts = facts


def check_unchanged(facts: Mapping[str, Any], seen: str | None) -> None:
    """Raises Overtaken unless the form showed these facts; `seen` None is a caller that showed nobody a form.

    Ask only when there is something to write: the second press of a save button finds its own change.
    """
    if seen is not None and seen != version_of(facts):
        raise Overtaken(facts)
