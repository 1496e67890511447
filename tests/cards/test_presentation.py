"""Statuses in words: English msgids here, and that every one of them is said in Chinese."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import translation

from cards.presentation import below_the_name, day_words, moment_words, state_label, status_view
from cards.rules import Declaration, State, status_at
from common.rules import SHANGHAI, OfficeHours, Season, WorkingCalendar

SPANS = ((time(8, 30), time(12)), (time(14), time(17, 30)))
HOURS = OfficeHours(WorkingCalendar({}, frozenset({2026})), (Season("01-01", "12-31", SPANS),))


def on(day: int, clock: str, month: int = 11, year: int = 2026) -> datetime:
    return datetime.fromisoformat(f"{year}-{month:02}-{day:02} {clock}").replace(tzinfo=SHANGHAI)


def said(
    state: State, since: datetime, until: datetime | None = None, *, by_self: bool = True
) -> Declaration:
    return Declaration(state, since, until, since, by_self)


ERRAND = said(State.ERRAND, on(24, "09:12"), on(24, "15:30"))
TO_NOON = said(State.MEETING, on(24, "09:12"), on(24, "12:00"))
LEAVE = said(State.LEAVE, on(24, "09:12"), on(27, "17:30"))
TRIP = said(State.BUSINESS_TRIP, on(24, "09:12"), on(25, "17:30"), by_self=False)
DUTY = said(State.ON_DUTY, on(24, "18:00"), on(25, "08:30"))
BACK = said(State.AT_POST, on(24, "10:40"))
PLANNED = Declaration(State.TRAINING, on(24, "08:30"), on(24, "16:00"), on(20, "09:00"), True)


def words(now: datetime, latest: Declaration | None, language: str = "en") -> tuple[str, ...]:
    with translation.override(language):
        view = status_view(status_at(now, HOURS, [latest] if latest else []), HOURS, now)
        return view.tone, view.presence_label, view.headline, *view.details


@pytest.mark.parametrize(
    ("now", "latest", "view"),
    [
        (on(24, "10:00"), None, ("on", "At post", "At post", "No absence has been declared.")),
        (on(24, "11:00"), BACK, ("on", "At post", "At post", "confirmed in person, 10:40")),
        (
            on(24, "10:00"),
            ERRAND,
            ("out", "Not at post", "Out on business", "expected back 15:30", "confirmed in person, 09:12"),
        ),
        # Noon is no time to come: the office opens again at two.
        (
            on(24, "10:00"),
            TO_NOON,
            ("info", "Not at post", "In a meeting", "expected back 14:00", "confirmed in person, 09:12"),
        ),
        (
            on(24, "14:10"),
            TO_NOON,
            (
                "bad",
                "Not confirmed",
                "Due back at 14:00, not confirmed",
                "In a meeting",
                "confirmed in person, 09:12",
            ),
        ),
        (
            on(24, "16:00"),
            ERRAND,
            (
                "bad",
                "Not confirmed",
                "Due back at 15:30, not confirmed",
                "Out on business",
                "confirmed in person, 09:12",
            ),
        ),
        # Until Friday's closing: a citizen finds them on Monday.
        (
            on(24, "10:00"),
            LEAVE,
            (
                "out",
                "Not at post",
                "On leave",
                "expected back November 30 (Monday) 08:30",
                "confirmed in person, 09:12",
            ),
        ),
        (
            on(25, "10:00"),
            TRIP,
            (
                "out",
                "Not at post",
                "On a business trip",
                "expected back tomorrow 08:30",
                "declared by the unit, November 24 (Tuesday) 09:12",
            ),
        ),
        (
            on(24, "20:00"),
            DUTY,
            ("on", "At post", "On duty", "until tomorrow 08:30", "confirmed in person, 18:00"),
        ),
        (
            on(24, "10:00"),
            PLANNED,
            ("out", "Not at post", "In training", "expected back 16:00", "confirmed in person, 08:30"),
        ),
        (on(24, "12:30"), None, ("idle", "Closed", "Outside office hours", "opens today at 14:00")),
        (on(24, "18:00"), None, ("idle", "Closed", "Outside office hours", "opens tomorrow at 08:30")),
        (
            on(27, "18:00"),
            None,
            ("idle", "Closed", "Outside office hours", "opens November 30 (Monday) at 08:30"),
        ),
        (
            on(31, "18:00", month=12),
            None,
            (
                "idle",
                "Closed",
                "Outside office hours",
                "opens tomorrow at 08:30",
                "The holidays of that year are not entered yet; the day may change.",
            ),
        ),
    ],
)
def test_what_the_page_says(now, latest, view):
    assert words(now, latest) == view


def test_without_office_hours_nothing_is_promised():
    closed = OfficeHours(WorkingCalendar(), ())
    now = on(24, "10:00")
    with translation.override("en"):
        view = status_view(status_at(now, closed, []), closed, now)
    assert (view.headline, view.details) == ("Outside office hours", [])


@pytest.mark.parametrize(
    ("until", "back"),
    [
        (on(24, "15:30"), on(24, "15:30")),
        (on(24, "12:00"), on(24, "14:00")),
        (on(24, "13:00"), on(24, "14:00")),
        (on(24, "17:30"), on(25, "08:30")),
        (on(27, "20:00"), on(30, "08:30")),
        (on(28, "12:00"), on(30, "08:30")),
        (on(30, "08:30"), on(30, "08:30")),
    ],
)
def test_when_a_citizen_finds_the_person_again(until, back):
    status = status_at(on(24, "10:00"), HOURS, [said(State.ERRAND, on(24, "09:00"), until)])
    assert status.back_at == back


@pytest.mark.parametrize(
    ("moment", "english"),
    [
        (on(24, "15:30"), "15:30"),
        (on(25, "08:30"), "tomorrow 08:30"),
        (on(30, "08:30"), "November 30 (Monday) 08:30"),
        (on(23, "09:00"), "November 23 (Monday) 09:00"),
        (on(4, "08:30", month=1, year=2027), "January 4, 2027 (Monday) 08:30"),
        # 23:30 in Greenwich is tomorrow in Longquan.
        (datetime.fromisoformat("2026-11-24T23:30+00:00"), "tomorrow 07:30"),
    ],
)
def test_a_moment_is_named_as_near_as_it_is(moment, english):
    with translation.override("en"):
        assert moment_words(moment, on(24, "10:00")) == english


def test_chinese_names_days_without_spaces():
    with translation.override("zh-hans"):
        assert day_words(date(2026, 11, 24), date(2026, 11, 24)) == "今天"
        assert day_words(date(2026, 11, 25), date(2026, 11, 24)) == "明天"
        assert day_words(date(2026, 11, 30), date(2026, 11, 24)) == "11月30日（星期一）"
        assert day_words(date(2027, 1, 4), date(2026, 11, 24)) == "2027年1月4日（星期一）"


@pytest.mark.parametrize("latest", [None, BACK, ERRAND, TO_NOON, LEAVE, TRIP, DUTY, PLANNED])
@pytest.mark.parametrize("hour", range(0, 24, 2))
def test_every_word_is_said_in_chinese(hour, latest):
    now = on(24, "00:00") + timedelta(hours=hour)
    for part in words(now, latest, "zh-hans")[1:]:
        assert not any("a" <= character.lower() <= "z" for character in part), part


def test_the_states_in_the_order_and_words_of_the_scheme():
    with translation.override("zh-hans"):
        found = [state_label(state) for state in State]
    assert found == [
        "在岗",
        "暂离",
        "开会",
        "外出办事",
        "下乡",
        "驻村",
        "窗口",
        "出差",
        "培训",
        "值班",
        "请休假",
        "其他",
    ]


def test_the_chinese_of_the_mockup():
    assert words(on(24, "10:00"), ERRAND, "zh-hans") == (
        "out",
        "不在岗",
        "外出办事",
        "预计 15:30 返回",
        "09:12 本人确认",
    )
    assert words(on(24, "16:00"), ERRAND, "zh-hans")[2] == "应于\u00a015:30\u00a0返回，尚未确认"
    assert words(on(27, "18:00"), None, "zh-hans")[2:] == ("非工作时间", "11月30日（星期一） 08:30 开始办公")


# --- Posts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("titles", "more", "expected"),
    [
        (["科长", "二级主任科员"], {}, ("审批科 · 科长", "二级主任科员")),
        (["审批科科长"], {}, ("审批科科长",)),
        (
            ["科长", "二级主任科员"],
            {"elsewhere": "借调：民政局"},
            ("审批科 · 科长", "借调：民政局", "二级主任科员"),
        ),
        (["科长"], {"unit": "青窑局"}, ("青窑局 审批科 · 科长",)),
        (["审批科科长"], {"unit": "青窑局"}, ("青窑局 审批科科长",)),
        ([], {"unit": "青窑局", "elsewhere": "借调：民政局"}, ()),
    ],
)
def test_posts_are_those_of_the_home_office(titles, more, expected):
    assert below_the_name(titles, "审批科", **more) == expected
