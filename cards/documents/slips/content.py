"""What is printed on an activation slip, and what prevents that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy

from cards.documents.content import empty, long_name, unprintable
from common.rules import local

GROUP: Final = 4


@dataclass(frozen=True, slots=True)
class SlipContent:
    """`url` is the activation page's, the same for everybody: it carries no secret."""

    name: str
    unit_name: str
    office: str
    username: str
    code: str
    url: str
    expires: datetime
    demo: bool = False

    @property
    def whose(self) -> str:
        return f"{self.unit_name} {self.name}".strip()

    @property
    def code_groups(self) -> list[str]:
        bare = "".join(self.code.split())
        return [bare[start : start + GROUP] for start in range(0, len(bare), GROUP)]

    @property
    def last_moment(self) -> str:
        moment = local(self.expires)
        return f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M}"


_REQUIRED: Final = ("name", "unit_name", "username", "code", "url")
_PRINTED: Final = (*_REQUIRED, "office")
DOCUMENT: Final = gettext_lazy("activation slip")


def problems_with(content: SlipContent) -> list[str]:
    return [
        *empty(content, _REQUIRED, DOCUMENT),
        *unprintable(content, _PRINTED),
        *long_name(content.name),
    ]
