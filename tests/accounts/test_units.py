"""The administrator's pages of units, their verbs, and `manage.py load_units`."""

import threading
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import services
from accounts.models import SupervisionGroup, Unit, User
from accounts.seeds import UNITS
from common.models import AuditEntry, OfficeHoursSet
from common.problems import Refused
from common.versions import Overtaken
from tests.accounts.factories import NOW, TODAY, make_unit, signed_in

pytestmark = pytest.mark.django_db


def typed(**changes):
    """What an administrator enters for a new unit."""
    data = {"code": "D950", "name": "青瓷局", "alias": "", "kind": "department", "hotline": "0578-7120950"}
    data |= {"office_hours": OfficeHoursSet.objects.get().pk, "supervision_group": "", "successor": ""}
    return data | {"valid_from": "2026-11-24", "valid_to": ""} | changes


def shown(client: Client, unit: Unit, **changes):
    """The form of a unit as a browser would send it back."""
    form = client.get(reverse("unit", args=[unit.pk])).context["form"]
    return {name: form[name].value() or "" for name in form.fields} | changes


def details(unit: Unit, **changes) -> services.UnitDetails:
    return services.UnitDetails(**{name: getattr(unit, name) for name in services.UNIT_FIELDS} | changes)


def entries(verb: str):
    return [entry.changes for entry in AuditEntry.objects.filter(verb=verb).order_by("pk")]


# --- A new unit ---------------------------------------------------------------------------------------------------


def test_a_unit_is_created_with_an_audit_row(su):
    group = SupervisionGroup.objects.get(number=4)
    response = signed_in(su).post(
        reverse("unit_new"),
        typed(code=" ｄ950 ", hotline="０５７８—７１２０９５０", supervision_group=group.pk),
    )
    unit = Unit.objects.get()
    assert response["Location"] == reverse("unit", args=[unit.pk])
    assert (unit.code, unit.name, unit.hotline, unit.supervision_group) == (
        "D950",
        "青瓷局",
        "0578-7120950",
        group,
    )
    assert entries("unit_created") == [
        {
            "code": "D950",
            "name": "青瓷局",
            "kind": "department",
            "hotline": "0578-7120950",
            "office_hours": "全市统一作息",
            "supervision_group": "第四督导组",
            "valid_from": "2026-11-24",
        }
    ]
    assert AuditEntry.objects.get(verb="unit_created").actor == su


def test_the_form_of_a_new_unit_proposes_the_citys_hours_and_today(su):
    form = signed_in(su).get(reverse("unit_new")).context["form"]
    assert (form["office_hours"].value(), form["valid_from"].value()) == (
        OfficeHoursSet.objects.get(code="city").pk,
        TODAY,
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "d901"}, "code"),
        ({"code": "青瓷"}, "code"),
        ({"code": ""}, "code"),
        ({"code": "D" * 13}, "code"),
        ({"name": " "}, "name"),
        ({"name": "局" * 61}, "name"),
        ({"kind": "village"}, "kind"),
        ({"hotline": "打电话"}, "hotline"),
        ({"office_hours": "999"}, "office_hours"),
        ({"supervision_group": "999"}, "supervision_group"),
        ({"valid_from": "someday"}, "valid_from"),
        ({"valid_to": "2026-11-23"}, "valid_to"),
        ({"successor": "999"}, "successor"),
    ],
)
def test_a_new_unit_that_does_not_fit_says_where_and_changes_nothing(su, unit_a, changes, field):
    response = signed_in(su).post(reverse("unit_new"), typed(**changes))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert Unit.objects.count() == 1
    assert entries("unit_created") == []


@pytest.mark.parametrize("code", ["d950", "", "D 950", "青瓷"])
def test_the_verb_itself_refuses_a_code_that_could_not_stand_in_a_card_number(su, unit_a, code):
    with pytest.raises(Refused) as refused:
        services.unit_create(code=code, details=details(unit_a), actor=su, now=NOW)
    assert refused.value.field == "code"


@pytest.mark.django_db(transaction=True)
def test_of_two_units_made_at_once_with_one_code_one_stays(su, unit_a):
    barrier, outcomes = threading.Barrier(2, timeout=30), []
    given = details(unit_a)

    def run() -> None:
        barrier.wait()
        try:
            services.unit_create(code="D950", details=given, actor=su, now=NOW)
            outcomes.append("made")
        except Refused as refused:
            outcomes.append(refused.field)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["code", "made"]
    assert len(entries("unit_created")) == 1


# --- Changing one -------------------------------------------------------------------------------------------------


def test_a_unit_is_edited_with_old_and_new_and_its_page_says_so(su, unit_a):
    client, group = signed_in(su), SupervisionGroup.objects.get(number=2)
    changes = {"name": "青瓷局", "kind": "town", "hotline": "0578-7120950", "supervision_group": group.pk}
    page = reverse("unit", args=[unit_a.pk])
    assert client.post(page, shown(client, unit_a, **changes))["Location"] == page
    unit_a.refresh_from_db()
    assert (unit_a.name, unit_a.kind, unit_a.hotline) == ("青瓷局", "town", "0578-7120950")
    assert entries("unit_edited") == [
        {
            "name": ["示例局甲", "青瓷局"],
            "kind": ["department", "town"],
            "supervision_group": [None, "第二督导组"],
            "hotline": ["", "0578-7120950"],
        }
    ]
    text = client.get(page).content.decode()
    for words in ("示例局甲 → 青瓷局", "市直单位 → 镇", "无 → 0578-7120950", "苏青瓷"):
        assert words in text


def test_saving_what_is_there_leaves_no_trace(su, unit_a):
    client = signed_in(su)
    assert client.post(reverse("unit", args=[unit_a.pk]), shown(client, unit_a)).status_code == 302
    assert entries("unit_edited") == []


def test_the_code_stays_whatever_is_sent(su, unit_a):
    client = signed_in(su)
    client.post(reverse("unit", args=[unit_a.pk]), shown(client, unit_a, code="D999", name="青瓷局"))
    unit_a.refresh_from_db()
    assert (unit_a.code, unit_a.name) == ("D901", "青瓷局")


def test_a_unit_does_not_follow_itself_not_even_by_way_of_others(su, unit_a, unit_b):
    def follow(unit: Unit, successor: Unit) -> None:
        services.unit_edit(unit=unit, details=details(unit, successor=successor), actor=su, now=NOW)

    third = make_unit("D903", "示例局丙")
    with pytest.raises(Refused):
        follow(unit_a, unit_a)
    follow(unit_a, unit_b)
    follow(unit_b, third)
    with pytest.raises(Refused) as refused:
        follow(third, unit_a)
    assert refused.value.field == "successor"
    assert Unit.objects.get(pk=third.pk).successor is None


def test_the_form_does_not_offer_a_unit_as_its_own_successor(su, unit_a, unit_b):
    client = signed_in(su)
    response = client.post(
        reverse("unit", args=[unit_a.pk]), shown(client, unit_a, successor=unit_a.pk, valid_to="2026-12-31")
    )
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["successor"])


def test_the_database_itself_refuses_a_unit_that_follows_itself(unit_a):
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.filter(pk=unit_a.pk).update(successor=unit_a)


def test_an_edit_that_somebody_else_overtook_is_shown_beside_what_is_saved(su, ji, unit_a):
    first, second, page = signed_in(su), signed_in(ji), reverse("unit", args=[unit_a.pk])
    mine, theirs = (
        shown(first, unit_a, name="青瓷局"),
        shown(second, unit_a, hotline="0578-7120950", kind="town"),
    )
    assert second.post(page, theirs).status_code == 302
    late = first.post(page, mine)
    text = late.content.decode()
    assert late.status_code == 422
    assert 'value="青瓷局"' in text
    for words in ("其他人", "目前已保存：0578-7120950", "目前已保存：镇", "目前已保存：示例局甲"):
        assert words in text
    assert set(late.context["form"].errors) == {"__all__", "name", "kind", "hotline"}
    unit_a.refresh_from_db()
    assert (unit_a.name, unit_a.kind) == ("示例局甲", "town")
    # Having read it, saving again is a decision.
    again = mine | {"seen": late.context["form"]["seen"].value(), "kind": "town", "hotline": "0578-7120950"}
    assert first.post(page, again).status_code == 302
    unit_a.refresh_from_db()
    assert (unit_a.name, unit_a.kind, unit_a.hotline) == ("青瓷局", "town", "0578-7120950")


def test_a_second_press_of_the_button_finds_its_own_change(su, unit_a):
    client, page = signed_in(su), reverse("unit", args=[unit_a.pk])
    data = shown(client, unit_a, name="青瓷局")
    assert [client.post(page, data).status_code for _ in range(2)] == [302, 302]
    assert len(entries("unit_edited")) == 1


def test_a_form_that_does_not_say_what_it_showed_is_overtaken(su, unit_a):
    with pytest.raises(Overtaken):
        services.unit_edit(unit=unit_a, details=details(unit_a, name="青瓷局"), seen="", actor=su, now=NOW)
    services.unit_edit(unit=unit_a, details=details(unit_a, name="青瓷局"), actor=su, now=NOW)


# --- The list -----------------------------------------------------------------------------------------------------


def found(client: Client, query: str) -> set[str]:
    return {unit.code for unit in client.get(reverse("units") + query).context["page"]}


def test_the_list_finds_by_name_alias_code_kind_group_and_what_is_missing(su, ye, unit_a, unit_b):
    group = SupervisionGroup.objects.get(number=3)
    Unit.objects.filter(pk=unit_b.pk).update(
        kind="town", alias="鿎石", supervision_group=group, hotline="0578-7120950"
    )
    make_unit("D903", "旧局", valid_to=date(2026, 11, 23))
    client = signed_in(su)
    for query in ("?q=局乙", "?q=鿎", "?q=d902", "?kind=town", f"?group={group.pk}", "?state=no_officer"):
        assert found(client, query) == {"D902"}, query
    # A unit that is gone needs neither hotline nor officer.
    assert found(client, "?state=no_hotline") == {"D901"}
    assert found(client, "?state=closed") == {"D903"}
    assert found(client, "?state=no_hotline&kind=town") == set()
    assert found(client, "?kind=village&group=x&state=y&page=99") == {"D901", "D902", "D903"}


def test_an_empty_list_says_how_units_come_in(su):
    assert "load_units" in signed_in(su).get(reverse("units")).content.decode()


def test_the_list_takes_the_same_queries_for_1_3_and_300_units(su):
    client, hours, counts = signed_in(su), OfficeHoursSet.objects.get(), []
    group = SupervisionGroup.objects.get(number=3)
    for size in (1, 3, 300):
        Unit.objects.bulk_create(
            Unit(code=f"X{n}", name=f"局{n}", kind="town", office_hours=hours, supervision_group=group)
            for n in range(Unit.objects.count(), size)
        )
        with CaptureQueriesContext(connection) as captured:
            assert len(client.get(reverse("units")).context["page"]) == min(size, 50)
        counts.append(len(captured))
    assert len(set(counts)) == 1, counts


def test_the_desk_counts_units_without_a_hotline_and_leads_to_them(su, unit_a, unit_b):
    Unit.objects.filter(pk=unit_b.pk).update(hotline="0578-7120950")
    text = signed_in(su).get("/desk/").content.decode()
    assert "/desk/units/?state=no_hotline" in text
    assert "无监督电话的单位" in text


# --- From a file --------------------------------------------------------------------------------------------------

HEADING = "code,name,kind,alias,supervision_group\n"


def write(folder: Path, text: str, encoding: str = "utf-8") -> str:
    path = folder / "units.csv"
    path.write_bytes((HEADING + text).encode(encoding))
    return str(path)


def last_line(capsys) -> str:
    return capsys.readouterr().out.strip().splitlines()[-1]


def test_the_citys_own_list_is_loaded_once(capsys):
    call_command("load_units")
    assert last_line(capsys) == "单位：新录入 107 个，已有 0 个。"
    assert Unit.objects.count() == len(UNITS.read_text("utf-8").splitlines()) - 1
    unit = Unit.objects.select_related("supervision_group", "office_hours").get(code="T004")
    assert (unit.name, unit.alias, unit.kind) == ("塔石街道", "鿎石街道", "subdistrict")
    assert (unit.supervision_group.number, unit.office_hours.code, unit.hotline) == (4, "city", "")
    recorded = AuditEntry.objects.count()
    call_command("load_units", str(UNITS))
    assert last_line(capsys) == "单位：新录入 0 个，已有 107 个。"
    assert (Unit.objects.count(), AuditEntry.objects.count()) == (107, recorded)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_may_have_a_byte_order_mark_and_empty_rows(tmp_path, capsys, encoding):
    call_command("load_units", write(tmp_path, " d950 ,青瓷局,department,,\r\n,,,,\n", encoding))
    unit = Unit.objects.get()
    assert (unit.code, unit.name, unit.supervision_group) == ("D950", "青瓷局", None)


def test_what_an_administrator_has_changed_stays_and_is_named(tmp_path, capsys, unit_a):
    call_command("load_units", write(tmp_path, "D901,改名局,town,,1\nD950,青瓷局,department,,\n"))
    out = capsys.readouterr().out
    assert "D901" in out
    assert out.strip().endswith("单位：新录入 1 个，已有 1 个。")
    unit_a.refresh_from_db()
    assert (unit_a.name, unit_a.kind) == ("示例局甲", "department")


def test_everything_that_is_wrong_is_said_by_row_and_column_and_nothing_is_entered(tmp_path):
    text = "D950,青瓷局,department,,1\nD 951,,village,,10\nd950,宝剑局,town,,\nD952,石局,town,,1,多\n"
    with pytest.raises(CommandError) as error:
        call_command("load_units", write(tmp_path, text))
    lines = str(error.value).splitlines()
    assert [line.split("：")[0] for line in lines[:-1]] == [
        "第 3 行 code 列",
        "第 3 行 name 列",
        "第 3 行 kind 列",
        "第 3 行 supervision_group 列",
        "第 4 行 code 列",
        "第 5 行 6 列",
    ]
    assert lines[-1] == "未录入任何单位。"
    assert not Unit.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "第 1 行"),
        (b"name,code\n", "第 1 行"),
        (HEADING.encode(), "没有单位"),
        ((HEADING + "D950,青瓷局,department,,\n").encode("gbk"), "UTF-8"),
        (HEADING.encode() + b'D950,"x', "CSV"),
        (HEADING.encode() + b"D950,x\x00,town,,\n", "CSV"),
    ],
)
def test_a_file_that_is_no_list_of_units_is_refused_in_one_sentence(tmp_path, content, words):
    path = tmp_path / "units.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        call_command("load_units", str(path))
    assert not Unit.objects.exists()


def test_a_file_that_is_not_there_is_refused_in_one_sentence(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(CommandError, match="无法读取"):
            call_command("load_units", str(path))


# --- User names, which the same migration holds -------------------------------------------------------------------


def test_the_database_itself_refuses_user_names_that_differ_by_case(su):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="SU", name="苏二", created_at=NOW)
