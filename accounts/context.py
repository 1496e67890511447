from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.access import Access
from accounts.http import city_of
from accounts.permissions import TABLE


@dataclass(frozen=True)
class NavItem:
    url: str
    label: str
    current: bool
    badge: str = ""


def navigation(access: Access, current_name: str) -> list[NavItem]:
    """The pages of the permission table that this person may open, in the table's order."""
    return [
        NavItem(reverse(name), str(page.nav), name == current_name)
        for name, page in TABLE.items()
        if page.nav and access.may(page)
    ]


def page(request: HttpRequest) -> dict[str, Any]:
    """What every template may use."""
    access = getattr(request, "access", None)
    # Before a mandatory second factor is set up every entry would lead back to setting it up.
    held_back = getattr(request, "lacks_second_factor", False)
    name = request.resolver_match.view_name if request.resolver_match else ""
    return {
        "city": city_of(request),
        "text_size": getattr(request, "text_size", "normal"),
        "access": access,
        "nav_items": navigation(access, name) if access and not held_back else [],
    }
