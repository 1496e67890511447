"""What the tests in the browser share."""

import json
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import BrowserContext, Locator, Page, Response
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.cast import signed_in

#: WCAG 2.2 AA is all of 2.0, 2.1 and 2.2, levels A and AA; best-practice adds heading order and landmarks.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE = Axe().axe_script
#: Of what axe tells only what is wrong: the rest is most of it, and takes as long as the looking.
_RUN = "options => axe.run(options).then(found => found.violations)"


def sign_in(context: BrowserContext, live_server: LiveServer, user: User) -> None:
    """The session of a person, without the sign-in page: that has its own tests."""
    session = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    context.clear_cookies()
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])


def open_page(page: Page, url: str) -> Response:
    response = page.goto(url)
    assert response is not None
    return response


def follow(target: Locator) -> None:
    """Click what leads to a page, and be there: a click alone returns before the browser has gone anywhere, and what
    the old page, or the database, says then depends on who is faster."""
    with target.page.expect_navigation():
        target.click()


def violations(page: Page) -> str:
    """What axe finds, one line each; empty when nothing."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    found = page.evaluate(_RUN, {"runOnly": WCAG, "resultTypes": ["violations"]})
    return "\n".join(f"{page.url} {one['id']}: {_nodes(one)}" for one in found)


def _nodes(violation: Any) -> str:
    return json.dumps([node["html"][:160] for node in violation["nodes"]], ensure_ascii=False)


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
