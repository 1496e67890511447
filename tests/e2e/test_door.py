"""The door's screen as it hangs there: readable for everybody, nothing cut off, at any size and with any number."""

from datetime import timedelta

import pytest
from django.utils import translation
from playwright.sync_api import Page

from cards.models import Cadre, Office
from cards.rules import State
from tests.cast import NOW, crowd, declare, issue_card, make_cadre, make_office
from tests.e2e.tools import open_page, scrolls_sideways, violations

SCREENS = ((1920, 1080), (1280, 800), (800, 1280))
#: The tiles in which a word is cut off, and whether the screen itself would have to be scrolled.
CUT = """() => [...document.querySelectorAll('.door-one')]
    .filter(tile => tile.scrollHeight > tile.clientHeight + 1 || tile.scrollWidth > tile.clientWidth + 1)
    .map(tile => tile.innerText)"""
SCROLLS_DOWN = "document.documentElement.scrollHeight > innerHeight + 1"

pytestmark = pytest.mark.one_database


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine):
    time_machine.move_to(NOW)


def away(people: list[Cadre], stand_in: Cadre) -> None:
    """Every second person: with a stand-in in another room, who is away too for some."""
    Cadre.objects.filter(pk__in=[cadre.pk for cadre in people]).update(stand_in=stand_in)
    for number, cadre in enumerate(people):
        if number % 2:
            declare(cadre, State.BUSINESS_TRIP, until=NOW + timedelta(days=3))
        elif number % 3 == 0:
            declare(cadre, State.MEETING, since=NOW - timedelta(hours=1), until=NOW - timedelta(minutes=5))


@pytest.mark.parametrize(
    ("number", "language"),
    [
        (0, "zh-hans"),
        (1, "en"),
        (2, "zh-hans"),
        (4, "zh-hans"),
        (6, "en"),
        (8, "zh-hans"),
        (12, "en"),
        (13, "en"),
    ],
)
def test_nothing_is_cut_off_and_everything_is_accessible(
    number, language, page: Page, live_server, office: Office, other_office: Office
):
    stand_in = make_cadre(other_office, "欧阳若蘅")
    declare(stand_in, State.LEAVE, until=NOW + timedelta(days=2))
    people = crowd(office, number)
    away(people, stand_in)
    wrong: list[str] = []
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        address = f"{live_server.url}/door/{office.door_token}?lang={language}"
        assert open_page(page, address).status == 200
        wrong += [f"{width}: {cut!r}" for cut in page.evaluate(CUT)]
        if page.evaluate(SCROLLS_DOWN):
            wrong.append(f"{width} × {height} has to be scrolled")
    if found := violations(page):
        wrong.append(found)
    page.set_viewport_size({"width": 320, "height": 640})
    if scrolls_sideways(page):
        wrong.append("scrolls sideways at 320 px")
    if found := violations(page):
        wrong.append(f"320: {found}")
    assert wrong == []


def test_long_names_keep_to_their_tiles(page: Page, live_server, office: Office):
    for name in ("努尔兰别克·阿不都沙塔尔·吐尔逊", "阿依古丽·买买提江", "韦诉𬱖", "欧阳若蘅"):
        issue_card(make_cadre(make_office(office.unit, name[:8], office.room), name, posts=("窗口首席代表",)))
    with translation.override("zh-hans"):
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            open_page(page, f"{live_server.url}/door/{office.door_token}")
            assert page.evaluate(CUT) == []
            assert page.locator(".door-one").count() == 4


def test_a_screen_asks_again_by_itself(page: Page, live_server, office: Office, monkeypatch):
    """The browser's own doing, by the header alone."""
    from cards.views import door

    monkeypatch.setattr(door, "REFRESH_SECONDS", 1)
    cadre = make_cadre(office, "陈砚")
    issue_card(cadre)
    open_page(page, f"{live_server.url}/door/{office.door_token}?lang=en")
    declare(cadre, State.ERRAND, until=NOW + timedelta(hours=1))
    page.get_by_text("Out on business").wait_for()
