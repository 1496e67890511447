"""The demonstration city: what it consists of, that it can be built again and again, and where it must not be built."""

import re
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth.password_validation import validate_password
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts import demo as accounts_demo
from accounts.demo import SHOWCASE, password
from accounts.models import City, Membership, Role, Unit, User
from cards import photos, selectors, services
from cards.demo import issuing, people, whereabouts, work
from cards.documents.plaque import check
from cards.models import (
    Cadre,
    Card,
    CardRequest,
    EmploymentKind,
    Office,
    Placement,
    PlacementKind,
    Printing,
    PrintKind,
    SerialCounter,
    Transfer,
    Whereabouts,
)
from cards.printing.gathering import documents, holders
from cards.printing.reasons import reasons
from cards.printing.reprints import reprints
from cards.rules import State
from common import audit, calendar
from common.management.commands.demo import Line, table, width
from common.models import Job, OfficeHoursSet
from common.rules import at, local
from tests.accounts.factories import make_unit, make_user
from tests.support.processes import Server

#: A Tuesday at ten in the morning, office hours.
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
SMALL = ("--units", "3", "--cadres", "12")

#: PostgreSQL holds the same city: the years and months of the demonstration are computed there too (tests/appraisal).
pytestmark = pytest.mark.one_database


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def cheap_passwords(settings: Any) -> None:
    """What is hashed is no business of these tests; a dozen Argon2 hashes take seconds."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def build(db: None, clock: Any, cheap_passwords: None) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        out = StringIO()
        with translation.override("en"):
            call_command("demo", "--no-serve", *arguments, stdout=out)
        return out.getvalue()

    return run


def everything() -> dict[str, list[Any]]:
    """Every row of our own tables."""
    labels = ("common", "accounts", "cards", "attendance")
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


# --- What it consists of -------------------------------------------------------------------------------------------


def test_the_whole_city(build):
    said = build()
    assert City.current().is_demo
    assert (Unit.objects.count(), Cadre.objects.count()) == (107, 1070)
    assert said.splitlines()[-1].endswith(": 107 units, 1,070 cadres.")
    assert not Unit.objects.filter(cadres=None).exists()
    valid = Card.objects.valid()
    assert valid.count() == valid.values("cadre").distinct().count() == 1066
    assert CardRequest.objects.filter(decision="").count() == 4
    assert Card.objects.exclude(revoked_at=None).count() == 2
    assert not Card.objects.filter(issued_by=F("approved_by")).exists()
    assert Cadre.objects.filter(name="韦诉𬱖").exists()
    printed = documents(PrintKind.PLAQUE, holders(valid, local(NOW).date()), City.current())
    assert [problem for sheet in printed for problem in check(sheet.content)] == []


def test_some_units_are_managed_from_above_by_civil_servants(build):
    build("--units", "8", "--cadres", "40")
    (tax,) = Unit.objects.filter(vertically_managed=True)
    assert tax.name == "市税务局"
    kinds = set(Cadre.objects.filter(unit=tax).values_list("employment_kind", flat=True))
    assert EmploymentKind.CIVIL_SERVANT in kinds
    assert EmploymentKind.ENTERPRISE not in kinds


def test_card_numbers_go_on_where_the_demonstration_stopped(build):
    build(*SMALL)
    for unit in Unit.objects.all():
        serials = Card.objects.filter(cadre__unit=unit).values_list("serial", flat=True)
        numbers = sorted(int(serial[-4:]) for serial in serials)
        assert numbers == list(range(1, len(numbers) + 1))
        assert SerialCounter.objects.get(unit=unit).last == len(numbers)
    request = CardRequest.objects.filter(decision="", reason="").first()
    assert request is not None
    approver = User.objects.get(username="express2")
    card = services.card_decide(request=request, approve=True, note="", actor=approver, now=NOW)
    assert card is not None
    assert Card.objects.filter(serial=card.serial).count() == 1


def test_the_city_lives_at_any_hour(build):
    build("--units", "12", "--cadres", "240")
    cadres = list(selectors.with_place(Cadre.objects.all(), local(NOW).date()))
    for day in range(-3, 4):
        instant = NOW + timedelta(days=day)
        said = selectors.statuses(cadres, instant)
        present = sum(status.is_present for status in said.values()) / len(cadres)
        if local(instant).weekday() < 5:
            assert 0.55 < present < 0.92, f"{instant}: {present}"
            assert len({status.state for status in said.values()}) >= 5, instant
        else:
            assert {status.state for status in said.values() if status.is_present} == {State.ON_DUTY}
    afternoon = at(local(NOW).date(), time(17, 10))
    kinds = Counter(status.kind for status in selectors.statuses(cadres, afternoon).values())
    assert kinds["overdue"] > 0


def test_stand_ins_are_of_the_same_unit_and_nobody_stands_in_for_themselves(build):
    build(*SMALL)
    assert Cadre.objects.exclude(stand_in=None).count() >= 9
    assert not Cadre.objects.exclude(stand_in=None).exclude(stand_in__unit=F("unit")).exists()
    assert not Office.objects.filter(duty_phone="").exists()


def test_some_plaques_are_outdated_some_never_printed_and_most_are_true(build):
    build("--units", "12", "--cadres", "240")
    found = reprints(None, city=City.current(), today=local(NOW).date())
    outdated = found.outdated["plaque"]
    logs = Printing.objects.in_bulk([row.last.pk for row in outdated])
    said = [
        sentence
        for row in outdated
        for sentence in reasons(logs[row.last.pk].shown, row.document.facts, row.holder.serial)
    ]
    assert len({sentence.split(":")[0] for sentence in said}) >= 7
    assert 8 <= len(outdated) <= 12
    assert 10 <= len(found.never) < 60
    own = accounts_demo.units()[0]
    job = Job.objects.filter(kind="print", unit_id=own.pk, state=Job.State.DONE).first()
    assert Printing.objects.filter(job=job).exclude(card__cadre__unit=own).count() == 0
    assert Printing.objects.filter(job=job).count() > 10


def test_people_work_elsewhere_and_change_units(build):
    build("--units", "40", "--cadres", "600")
    own = accounts_demo.units()[0]
    kinds = set(Placement.objects.filter(cadre__unit=own).values_list("kind", flat=True))
    assert kinds == set(PlacementKind)
    coming = Transfer.objects.get(to_unit=own, decision="")
    assert coming.first_day == local(NOW).date()
    going = Transfer.objects.get(from_unit=own, decision="")
    assert going.first_day > local(NOW).date()


def test_the_addresses_lead_somewhere(build):
    said = build(*SMALL)
    addresses = re.findall(r"http://\S+?(/(?:c|door)/\w+)", said)
    assert len(addresses) >= 2
    assert any(address.startswith("/door/") for address in addresses)
    for address in addresses:
        assert Client().get(address).status_code == 200


def test_the_same_people_every_time():
    unit = Unit(pk=1, code="D042", name="市人力资源和社会保障局", kind="department")

    def facts() -> list[Any]:
        drafts = people._unit(9, unit, 14, local(NOW).date(), first_number=1000)
        return [
            (draft.cadre.name, draft.cadre.office.room, draft.cadre.photo.name, draft.posts, draft.duties)
            for draft in drafts
        ]

    first = facts()
    assert len({name for name, *_rest in first}) == 14
    assert facts() == first


@pytest.mark.django_db
def test_the_same_day_whenever_it_is_built():
    hours = calendar.office_hours(OfficeHoursSet.objects.get(code="city").pk, local(NOW).date())
    somebody = [whereabouts.Person(number, "T100", f"T100 {number}", True, 1) for number in range(40)]

    def rows() -> list[Any]:
        diary = whereabouts.Diary({}, [])
        for person in somebody:
            whereabouts._working_day(diary, person, local(NOW).date(), hours, new=False)
        return [(row.cadre_id, row.state, row.place, row.since, row.until) for row in diary.rows]

    first = rows()
    assert len(first) > 10
    assert rows() == first


def test_every_unit_has_work_of_its_own():
    poor = []
    for row in accounts_demo.rows():
        offices = work.bureaus(row["name"])
        names, duties = {office.name for office in offices}, [office.duties for office in offices]
        if len(offices) < 3 or len(names) < len(offices) or min(map(len, duties)) < 2:
            poor.append(row["name"])
    assert poor == []


# --- Accounts ------------------------------------------------------------------------------------------------------


def test_every_account_of_the_table_signs_in(build):
    said = build(*SMALL)
    for row in SHOWCASE:
        line = next(line for line in said.splitlines() if re.search(rf"\b{row.username}  ", line))
        client = Client()
        answer = client.post(
            reverse("account_login"), {"login": row.username, "password": password(row.username)}
        )
        assert password(row.username) in line
        assert answer.status_code == 302, row.username
        assert client.get(reverse("desk"), follow=True).status_code == 200, row.username


def test_passwords_pass_the_rules_and_differ(build):
    build(*SMALL)
    users = User.objects.in_bulk(field_name="username")
    for row in SHOWCASE:
        validate_password(password(row.username), users[row.username])
    assert len({password(row.username) for row in SHOWCASE}) == len(SHOWCASE)


def test_every_role_is_shown_and_the_deputy_serves_for_a_time(build):
    build(*SMALL)
    assert set(Membership.objects.values_list("role", flat=True)) == set(Role.values)
    deputies = Membership.objects.filter(user__username="deputy")
    assert deputies.count() == 2
    assert not deputies.filter(valid_to=None).exists()
    assert Membership.objects.filter(user__username="head").count() == 2


# --- Again ---------------------------------------------------------------------------------------------------------


def test_a_second_run_changes_nothing(build):
    first = build(*SMALL)
    before = everything()
    second = build(*SMALL)
    assert everything() == before
    assert table_of(second) == table_of(first)
    assert "Nothing was rebuilt" in second.splitlines()[-1]


def test_a_second_run_keeps_what_people_did(build):
    build(*SMALL)
    officer, cadre = User.objects.get(username="officer"), Cadre.objects.order_by("pk")[1]
    services.cadre_end_service(cadre=cadre, last_day=local(NOW).date(), actor=officer, now=NOW)
    user = User.objects.get(username="cadre")
    user.set_password("chosen-by-myself-1")
    user.save()
    audit.record(verb="password_changed", subject=user, actor=user, now=NOW)
    before = everything()
    said = build(*SMALL)
    assert everything() == before
    assert password("cadre") not in said
    assert "(changed)" in said


def test_another_size_keeps_the_city_that_stands(build):
    build(*SMALL)
    said = build("--units", "5", "--cadres", "50")
    assert Cadre.objects.count() == 12
    assert "keeps the size" in said
    assert said.splitlines()[-1].startswith("The demonstration city stands: 3 units, 12 cadres.")


def test_a_run_on_a_later_day_only_adds_days(build, clock):
    build("--units", "3", "--cadres", "60")
    before = Whereabouts.objects.order_by("pk")
    known = list(before.values())
    away = Cadre.objects.filter(user=None).order_by("-pk").first()
    officer = User.objects.get(username="officer")
    services.whereabouts_declare(
        cadre=away,
        state=State.LEAVE,
        until=NOW + timedelta(days=40),
        actor=officer,
        now=NOW,
    )
    fifth_working_day = date(2026, 12, 1)
    clock.move_to(NOW + timedelta(days=7))
    build("--units", "3", "--cadres", "60")
    rows = Whereabouts.objects.order_by("pk")
    added = rows.filter(pk__gt=rows[len(known)].pk)
    assert list(rows.values()[: len(known)]) == known
    assert added.count() > 20
    assert all(local(row.since).date() > fifth_working_day for row in added)
    assert not added.filter(cadre=away).exists()
    assert not added.exclude(cadre__user=None).exists()


def test_a_build_that_was_stopped_goes_on(build, monkeypatch):
    def stop(*_arguments: Any) -> None:
        raise RuntimeError("the power failed")

    with monkeypatch.context() as patch:
        patch.setattr(issuing.Desk, "write", stop)
        with pytest.raises(RuntimeError):
            build(*SMALL)
    made = list(Cadre.objects.order_by("pk").values())
    assert len(made) == 12
    assert not Card.objects.exists()
    build(*SMALL)
    assert list(Cadre.objects.order_by("pk").values()) == made
    assert Card.objects.valid().count() >= 8


def test_a_missing_portrait_is_drawn_again(build):
    build(*SMALL)
    name = Cadre.objects.exclude(photo="").first().photo.name
    photos.delete(name)
    build(*SMALL)
    assert default_storage.exists(name)
    assert default_storage.exists(photos.web_name(name))


# --- Where and how it may not be built -----------------------------------------------------------------------------


@pytest.mark.parametrize("real", [lambda: make_unit(), lambda: make_user("su")])
def test_a_database_with_real_data_is_refused(build, real):
    real()
    before = everything()
    with pytest.raises(CommandError, match="real data"):
        build(*SMALL)
    assert everything() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--units", "0"), "--units must be a whole number from 1 on; it is “0”."),
        (("--units", "108"), "--units may be at most 107"),
        (("--cadres", "-1"), "--cadres must be a whole number"),
        (("--cadres", "many"), "it is “many”."),
        (("--cadres", "20001"), "--cadres may be at most 20,000"),
        (("--months", "0"), "--months must be a whole number"),
        (("--port", "65536"), "--port must be a number from 0 to 65535"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(build, arguments, words):
    with pytest.raises(CommandError) as refusal:
        build(*arguments)
    assert words in str(refusal.value)
    assert not User.objects.exists()


@pytest.mark.parametrize("size", [("1", "1"), ("1", "4"), ("5", "3"), ("3", "12")])
def test_small_cities(build, size):
    units, cadres = size
    said = build("--units", units, "--cadres", cadres)
    assert (Unit.objects.count(), Cadre.objects.count()) == (int(units), int(cadres))
    assert Card.objects.valid().exists()
    assert said.splitlines()[-1].endswith(f": {units} units, {cadres} cadres.")


# --- The command itself --------------------------------------------------------------------------------------------


def test_columns_stand_below_each_other_in_chinese():
    lines = table([("角色", "账号"), ("市纪委市监委", "a"), ("admin", "乙")])
    assert lines[1] == "─" * 18
    assert [width(line[: line.rindex(" ")]) for line in (lines[0], lines[2], lines[3])] == [13, 13, 13]


def test_percentages_only_on_a_terminal():
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    for out, shown in ((Terminal(), True), (StringIO(), False)):
        line = Line(OutputWrapper(out), "People")
        line.progress(1, 2)
        line.end("2 people")
        assert ("50 %" in out.getvalue()) is shown
        assert out.getvalue().endswith("2 people\n")


def test_it_serves_what_it_built(tmp_path):
    """The program as people start it: from nothing to a page of the card that it names, under the address it names."""
    environment = {"DATA_DIR": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": "", "SITE_URL": ""}
    arguments = [sys.executable, "manage.py", "demo", "--port", "0", "--units", "1", "--cadres", "3"]
    server = Server(arguments, environment=environment)
    try:
        announced = server.await_line("Ctrl-C", timeout=120)
        address = re.findall(r"http://\S+/c/\w+", server.output)[0]
        with urllib.request.urlopen(address, timeout=20) as answer:
            page = answer.read().decode()
        assert "季知秋" in page
        assert address.split("/c/")[0] in announced
    finally:
        assert server.stop() == 0


def table_of(said: str) -> list[str]:
    lines = said.splitlines()
    rule = next(number for number, line in enumerate(lines) if line.startswith("──"))
    return lines[rule - 1 : rule + 1 + len(SHOWCASE)]
