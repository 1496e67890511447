from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.access import Access
from accounts.http import city_of, shown_at
from accounts.permissions import TABLE
from common import notices


@dataclass(frozen=True)
class NavItem:
    url: str
    label: str
    current: bool
    badge: str = ""
    #: Of the badge: only what is late or wrong is cinnabar.
    tone: str = "bad"
    tucked: bool = False


def navigation(access: Access, current_name: str) -> list[NavItem]:
    """The pages of the permission table that this person may open, in the table's order."""
    badges = {"notices": (_unread(access), "info")}
    return [
        NavItem(
            reverse(name),
            str(page.nav),
            name == current_name,
            *badges.get(name, ("", "")),
            tucked=page.tucked,
        )
        for name, page in TABLE.items()
        if page.nav and access.may(page)
    ]


def _unread(access: Access) -> str:
    number = notices.unread(access.user.pk)
    return "" if not number else str(number) if number < 100 else "99+"


def page(request: HttpRequest) -> dict[str, Any]:
    """What every template may use."""
    access = getattr(request, "access", None)
    # Before a mandatory second factor is set up every entry would lead back to setting it up.
    held_back = getattr(request, "lacks_second_factor", False)
    name = request.resolver_match.view_name if request.resolver_match else ""
    # Only when a template draws it: a part of a page that refreshes itself needs none.
    items: Any = SimpleLazyObject(partial(navigation, access, name)) if access and not held_back else []
    row = TABLE.get(name)
    return {
        "city": city_of(request),
        # Before a query: empty for the page itself, and of a form's target, which answers no GET, the page above it.
        "page_path": shown_at(request.path) if row is not None and "GET" not in row.methods else "",
        "text_size": getattr(request, "text_size", "normal"),
        "access": access,
        "nav_items": items,
        "nav_tucked": SimpleLazyObject(lambda: [item for item in items if item.tucked]),
    }
