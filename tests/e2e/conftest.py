"""Journeys of several people over weeks or months, each in a window of their own."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from accounts.models import User
from tests.e2e.tools import sign_in


@pytest.fixture
def windows(browser: Browser, live_server) -> Iterator[Callable[[User], Page]]:
    """A window of one's own for each who signs in; nothing here runs a script."""
    opened: dict[int, BrowserContext] = {}

    def window(user: User) -> Page:
        if user.pk not in opened:
            context = browser.new_context(
                locale="zh-CN", timezone_id="Asia/Shanghai", java_script_enabled=False
            )
            context.set_default_timeout(15_000)
            opened[user.pk] = context
        # Signed in anew: weeks lie between the steps of a month.
        sign_in(opened[user.pk], live_server, user)
        return opened[user.pk].new_page()

    yield window
    for context in opened.values():
        context.close()


@pytest.fixture
def clock(time_machine) -> Callable[[datetime], None]:
    return lambda instant: time_machine.move_to(instant)
