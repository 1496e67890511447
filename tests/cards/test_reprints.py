"""What hangs beside a door and no longer says what is true, with the reasons in words."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import City
from cards import services
from cards.models import Card, Office, Placement, PlacementKind, Post, Printing, PrintKind
from cards.printing import log
from cards.printing.gathering import batch, documents, holders
from cards.printing.reasons import reasons
from cards.printing.reprints import Reprints, of_room, reprints, with_reasons
from tests.cast import NOW, TODAY, crowd, issue_card, make_cadre, make_office, photograph


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def print_now(kind: PrintKind = PrintKind.PLAQUE) -> None:
    """Everybody's document as it would be drawn now stands in the log."""
    found = documents(kind, holders(Card.objects.valid(), TODAY), City.current())
    prints = [printed for document in found for printed in document.prints]
    services.prints_record(prints=prints, actor=None, now=NOW)


def found(units: Any = None) -> Reprints:
    return reprints(units, city=City.current(), today=TODAY)


def why(reprints: Reprints) -> list[tuple[str, list[str]]]:
    rows = with_reasons(reprints.outdated[PrintKind.PLAQUE])
    return [(found.row.holder.name, found.reasons) for found in rows]


def test_who_was_never_printed_is_a_list_of_its_own(lin, chen):
    issue_card(lin)
    assert [row.holder.name for row in found().never] == ["林一帆"]
    print_now()
    issue_card(chen)
    listed = found()
    assert [row.holder.name for row in listed.never] == ["陈砚"]
    assert listed.plaques == 0


@pytest.mark.parametrize("field", ["duties", "office_phone", "room", "post", "hotline", "city", "stand_in"])
def test_the_reasons_say_what_changed(field, lin, chen, unit, city):
    issue_card(lin)
    print_now()
    assert why(found()) == []
    if field == "duties":
        lin.duties.filter(position=0).update(text="别的事")
        expected = "The duties have changed"
    elif field == "office_phone":
        lin.office_phone = "0578-7120199"
        lin.save()
        expected = "Office phone: 0578-7120101 → 0578-7120199"
    elif field == "room":
        Office.objects.update(room="309")
        expected = "Room: 主楼三楼 301 → 主楼三楼 309"
    elif field == "post":
        Post.objects.filter(cadre=lin, is_primary=True).update(title="副科长")
        expected = "Posts: 办公室 · 科长、二级主任科员 → 办公室 · 副科长、二级主任科员"
    elif field == "hotline":
        unit.hotline = "0578-7120111"
        unit.save()
        expected = "Unit hotline: 0578-7120110 → 0578-7120111"
    elif field == "city":
        City.objects.update(express_hotline="0578-7129001")
        expected = "City hotline: 0578-7129000 → 0578-7129001"
    else:
        chen.serves_to = TODAY - timedelta(days=1)
        chen.save()
        expected = "Stand-in: 陈砚（301） → none"
    ((name, lines),) = why(found())
    assert name == "林一帆"
    assert expected in lines


def test_a_photo_is_a_reason(lin):
    issue_card(lin)
    print_now()
    photograph(lin)
    assert why(found()) == [("林一帆", ["A photo was added"])]
    print_now()
    photograph(lin)
    assert why(found()) == [("林一帆", ["Another photo"])]


def test_a_plaque_printed_anew_leaves_the_list(lin):
    issue_card(lin)
    print_now()
    Office.objects.update(room="309")
    assert found().plaques == 1
    print_now()
    assert found().plaques == 0
    assert Printing.objects.count() == 2


def test_a_card_that_was_replaced_has_never_been_printed(lin):
    issue_card(lin)
    print_now()
    new = issue_card(lin, reason="lost")
    listed = found()
    assert listed.plaques == 0
    assert [row.holder.serial for row in listed.never] == [new.serial]


def test_revoked_cards_and_people_who_left_are_not_on_it(lin, chen, officer):
    card = issue_card(lin)
    issue_card(chen)
    services.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW)
    chen.serves_to = TODAY - timedelta(days=1)
    chen.save()
    assert (found().never, found().plaques) == ([], 0)


def test_each_unit_has_its_own_list(lin, zhou, unit, other_unit):
    for cadre in (lin, zhou):
        issue_card(cadre)
    assert [row.holder.name for row in found([unit.pk]).never] == ["林一帆"]
    assert [row.holder.name for row in found([other_unit.pk]).never] == ["周渡"]
    assert len(found().never) == 2


def test_what_was_printed_before_the_log_kept_contents_is_outdated(lin):
    card = issue_card(lin)
    services.prints_record(prints=[services.Print(card.pk, "plaque", {}, "old")], actor=None, now=NOW)
    assert why(found()) == [("林一帆", ["Printed before the log kept what a plaque shows"])]


@pytest.mark.parametrize("most", [1, 3, 300])
def test_the_number_of_queries_does_not_grow(most, office):
    crowd(office, most)
    print_now()
    Office.objects.update(room="309")
    with CaptureQueriesContext(connection) as queries:
        rows = with_reasons(found().outdated[PrintKind.PLAQUE][:50])
    assert len(rows) == min(most, 50)
    assert len(queries) == 8


@pytest.mark.parametrize("others", [0, 2, 299])
def test_a_person_s_page_gathers_only_the_room(others, office, lin, chen, zhou):
    """What it says is what the list says; whoever sits elsewhere is not even read."""
    for cadre in (lin, chen, zhou):
        issue_card(cadre)
    sheet = batch(PrintKind.COMBINED, unit_id=office.unit_id, city=City.current(), today=TODAY).documents[0]
    services.prints_record(prints=sheet.prints, actor=None, now=NOW)
    beside = make_office(office.unit, "督查室", "301 室")
    issue_card(make_cadre(beside, "韦来"))
    Placement.objects.create(cadre=zhou, office=beside, kind=PlacementKind.SECONDMENT, valid_from=TODAY)
    if others:
        crowd(make_office(office.unit, "财务科", "302"), others)
    units, city = {office.unit_id}, City.current()
    with CaptureQueriesContext(connection) as queries:
        room = of_room(office, units, city=city, today=TODAY)
    assert len(queries) == 7
    everywhere = found(units)
    listed = {row.holder.name: row.document for row in everywhere.outdated[PrintKind.COMBINED]}
    assert {row.holder.name: row.document for row in room.outdated[PrintKind.COMBINED]} == listed
    assert [row.holder.name for row in room.never] == ["韦来"]
    (said,) = log.outdated(lin, office, city=city, today=TODAY)
    assert (said.kind, sorted(said.reasons)) == (
        PrintKind.COMBINED,
        ["周渡 joined the room", "韦来 joined the room"],
    )


# --- Reasons as a table ----------------------------------------------------------------------------------------------

ONE = {"serial": "LQ-1", "name": "林一帆", "posts": ["科员"], "photo": "a.jpg"}
TWO = {"serial": "LQ-2", "name": "陈砚", "posts": ["科员"], "photo": ""}


@pytest.mark.parametrize(
    ("shown", "now", "expected"),
    [
        ({"people": [ONE]}, {"people": [ONE, TWO]}, ["陈砚 joined the room"]),
        ({"people": [ONE, TWO]}, {"people": [ONE]}, ["陈砚 is no longer in the room"]),
        ({"people": [ONE, TWO]}, {"people": [ONE, {**TWO, "serial": "LQ-9"}]}, ["陈砚 has a new card"]),
        (
            {"people": [ONE, TWO]},
            {"people": [{**ONE, "posts": ["副科长"]}, TWO]},
            ["Posts: 科员 → 副科长"],
        ),
        (
            {"people": [ONE, TWO]},
            {"people": [ONE, {**TWO, "posts": ["副科长"]}]},
            ["陈砚：Posts: 科员 → 副科长"],
        ),
        ({"name": "甲", "url": "A"}, {"name": "甲", "url": "B"}, ["The address in the code has changed"]),
        ({"name": "甲", "photo": "a"}, {"name": "甲", "photo": ""}, ["The photo was removed"]),
        ({"name": "甲", "old": "x"}, {"name": "甲"}, ["The form of the document has changed"]),
        ({"posts": ("科长",)}, {"posts": ["科长"], "new": ""}, ["The form of the document has changed"]),
    ],
)
def test_reasons(shown, now, expected):
    assert reasons(shown, now, "LQ-1") == expected


def test_two_people_of_one_room_and_many_rooms_in_a_unit(unit):
    for room in ("301", "302"):
        crowd(make_office(unit, room=room), 2)
    print_now()
    Office.objects.filter(room="302").update(room="303")
    assert [row.holder.room.number for row in found().outdated[PrintKind.PLAQUE]] == ["303", "303"]
