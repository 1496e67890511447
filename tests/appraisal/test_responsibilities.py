"""Post responsibilities of a year: written as a whole list, imported, and fixed once the year is decided."""

import io
from datetime import date, time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from appraisal.services import responsibilities as services
from appraisal.services.responsibilities import MOST_LINES, Line, facts
from common.models import AuditEntry
from common.problems import Refused
from common.rules import at
from common.versions import Overtaken, version_of
from tests.appraisal.test_bonus import decided_year
from tests.cast import make_cadre, signed_in

pytestmark = pytest.mark.django_db

NOW = at(date(2026, 12, 20), time(10))
LINES = [Line("受理林木采伐许可", "按期办结率98%以上"), Line("政策咨询")]


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def put(cadre, actor, lines=LINES, year=2026, seen=None) -> list[Line]:
    return services.responsibilities_set(cadre=cadre, year=year, lines=lines, seen=seen, actor=actor, now=NOW)


def kept(cadre, year=2026) -> list[Line]:
    return services.lines_of([cadre.pk], year)[cadre.pk]


def typed(*lines: Line, total: int | None = None, **more: str) -> dict[str, str]:
    rows = {"line-TOTAL_FORMS": str(total or len(lines)), "line-INITIAL_FORMS": "0"}
    for place, line in enumerate(lines):
        rows |= {f"line-{place}-{name}": getattr(line, name) for name in ("task", "target", "result")}
    return rows | more


# --- The verbs --------------------------------------------------------------------------------------------------------


def test_the_list_of_a_year_is_written_as_a_whole_and_once(chen, officer):
    assert put(chen, officer) == LINES
    put(chen, officer)
    assert AuditEntry.objects.filter(verb="responsibilities_set").count() == 1
    put(chen, officer, [Line("政策咨询", result="接待410人次")])
    assert kept(chen) == [Line("政策咨询", result="接待410人次")]
    changes = AuditEntry.objects.filter(verb="responsibilities_set").latest("pk").changes
    assert changes["lines"] == [[list(vars_of(line)) for line in LINES], [["政策咨询", "", "接待410人次"]]]


def vars_of(line: Line) -> tuple[str, str, str]:
    return line.task, line.target, line.result


def test_whoever_saves_second_does_not_undo_what_the_first_has_saved(chen, officer):
    seen = version_of(facts([]))
    put(chen, officer, seen=seen)
    with pytest.raises(Overtaken):
        put(chen, officer, LINES[:1], seen=seen)
    # The same again is no change, whatever was seen.
    assert put(chen, officer, seen=seen) == LINES


@pytest.mark.parametrize(
    ("year", "lines"),
    [
        (2024, LINES),
        (2028, LINES),
        (2027, [Line("政策咨询", result="提前写好")]),
        (2026, [Line("政策咨询")] * (MOST_LINES + 1)),
        (2026, [Line(" ", "没有责任的目标")]),
    ],
)
def test_what_cannot_be_is_refused(chen, officer, year, lines):
    with pytest.raises(Refused):
        put(chen, officer, lines, year)
    assert kept(chen, year) == []


def test_a_decided_year_keeps_its_list(chen, officer):
    put(chen, officer)
    decided_year(chen)
    with pytest.raises(Refused):
        put(chen, officer, LINES[:1])
    assert put(chen, officer, year=2027) == LINES


def test_an_import_replaces_whole_lists_and_keeps_results_it_does_not_name(chen, lin, officer):
    put(chen, officer, [Line("政策咨询", result="接待410人次"), Line("旧的责任", result="完成")])
    done = services.responsibilities_import(
        lists={chen: LINES, lin: LINES[:1]}, year=2026, keep_results=True, actor=officer, now=NOW
    )
    assert (done.people, done.changed) == (2, 2)
    assert kept(chen) == [LINES[0], Line("政策咨询", result="接待410人次")]
    again = services.responsibilities_import(
        lists={chen: LINES, lin: LINES[:1]}, year=2026, keep_results=True, actor=officer, now=NOW
    )
    assert again.changed == 0


def test_an_import_is_all_or_nothing(chen, lin, officer):
    decided_year(lin)
    with pytest.raises(Refused):
        services.responsibilities_import(
            lists={chen: LINES, lin: LINES}, year=2026, keep_results=False, actor=officer, now=NOW
        )
    assert kept(chen) == []


# --- The pages --------------------------------------------------------------------------------------------------------


def test_who_reads_and_who_writes(chen, officer, head, express, supervisor, other_officer):
    put(chen, officer)
    read = reverse("responsibility", args=[chen.pk, 2026])
    write = reverse("responsibility_edit", args=[chen.pk, 2026])
    people = (officer, head, express, supervisor, other_officer, chen.user)
    assert [signed_in(user).get(read).status_code for user in people] == [200, 200, 200, 403, 404, 403]
    assert [signed_in(user).get(write).status_code for user in people] == [200, 403, 403, 403, 404, 403]
    assert write in signed_in(officer).get(read).content.decode()
    assert write not in signed_in(head).get(read).content.decode()


def test_the_cadre_reads_their_own(chen, lin, officer):
    put(chen, officer)
    url = reverse("my_responsibilities")
    assert "受理林木采伐许可" in signed_in(chen.user).get(url).content.decode()
    assert "受理林木采伐许可" not in signed_in(lin.user).get(url).content.decode()


def test_the_list_is_typed_row_by_row(chen, officer):
    client, url = signed_in(officer), reverse("responsibility_edit", args=[chen.pk, 2026])
    seen = client.get(url).context["form"]["seen"].value()
    sent = typed(LINES[0], Line(""), LINES[1], seen=seen)
    assert client.post(url, sent).status_code == 302
    assert kept(chen) == LINES


def test_what_is_wrong_stands_at_its_row_with_what_was_typed(chen, officer):
    client, url = signed_in(officer), reverse("responsibility_edit", args=[chen.pk, 2026])
    response = client.post(url, typed(Line("", "没有责任的目标"), Line("长" * 201)))
    assert response.status_code == 422
    assert [sorted(form.errors) for form in response.context["rows"]] == [["task"], ["task"]]
    assert "没有责任的目标" in response.content.decode()
    assert kept(chen) == []


def test_more_rows_are_added_without_losing_any(chen, officer):
    client, url = signed_in(officer), reverse("responsibility_edit", args=[chen.pk, 2026])
    response = client.post(url, typed(LINES[0], more="1"))
    assert response.status_code == 200
    assert len(response.context["rows"].forms) == 4
    assert LINES[0].task in response.content.decode()
    assert kept(chen) == []


def test_what_somebody_else_saved_meanwhile_stands_beside_what_was_typed(chen, officer):
    client, url = signed_in(officer), reverse("responsibility_edit", args=[chen.pk, 2026])
    seen = client.get(url).context["form"]["seen"].value()
    put(chen, officer, [Line("别人先保存的")])
    response = client.post(url, typed(LINES[0], seen=seen))
    assert response.status_code == 422
    assert "别人先保存的" in response.content.decode()
    assert LINES[0].task in response.content.decode()
    renewed = response.context["form"]["seen"].value()
    assert client.post(url, typed(LINES[0], seen=renewed)).status_code == 302
    assert kept(chen) == LINES[:1]


def test_a_year_out_of_reach_is_no_page_and_a_decided_one_only_read(chen, officer):
    client = signed_in(officer)
    assert client.get(reverse("responsibility_edit", args=[chen.pk, 2029])).status_code == 404
    assert client.get(reverse("responsibility", args=[chen.pk, 2029])).status_code == 404
    put(chen, officer)
    decided_year(chen)
    read = reverse("responsibility", args=[chen.pk, 2026])
    assert client.get(reverse("responsibility_edit", args=[chen.pk, 2026])).url == read
    assert client.get(read).context["may_edit"] is False


# --- The sheet --------------------------------------------------------------------------------------------------------


def book(*rows, header=("姓名/证号*", "岗位目标责任*", "目标要求", "完成情况")) -> SimpleUploadedFile:
    workbook, out = Workbook(), io.BytesIO()
    for row in (header, *rows):
        workbook.active.append(row)
    workbook.save(out)
    return SimpleUploadedFile("lists.xlsx", out.getvalue())


def hand_in(user, file, year=2026):
    return signed_in(user).post(reverse("responsibilities_import"), {"file": file, "year": year})


def test_a_sheet_is_looked_through_then_entered(chen, lin, officer):
    response = hand_in(
        officer, book((chen.name, "甲", "", "完成"), (lin.name, "乙"), (chen.name, "丙\n丁", "目标"))
    )
    assert response.status_code == 200
    assert kept(chen) == []
    carried = {"carried": response.context["carried"]}
    for _press in range(2):
        assert signed_in(officer).post(reverse("responsibilities_import"), carried).status_code == 302
    assert kept(chen) == [Line("甲", result="完成"), Line("丙 丁", "目标")]
    assert kept(lin) == [Line("乙")]
    assert AuditEntry.objects.filter(verb="responsibilities_set").count() == 2


def test_mistakes_are_named_by_row_and_column_and_nothing_is_entered(chen, zhou, officer):
    response = hand_in(
        officer,
        book((zhou.name, "甲"), (chen.name, ""), (chen.name, "=A1"), (chen.name, "乙", "", "提前写好")),
        year=2027,
    )
    assert response.status_code == 422
    found = [(problem.row, problem.column) for problem in response.context["problems"]]
    assert found == [(2, "A 姓名/证号"), (3, "B 岗位目标责任"), (4, "B 岗位目标责任"), (5, "D 完成情况")]
    assert kept(chen, 2027) == []


def test_a_sheet_of_a_decided_year_is_refused_at_the_person(chen, officer):
    decided_year(chen)
    response = hand_in(officer, book((chen.name, "甲"), (chen.name, "乙")))
    assert [(problem.row, problem.column) for problem in response.context["problems"]] == [(2, "A 姓名/证号")]


def test_the_template_has_the_columns(officer):
    response = signed_in(officer).get(reverse("responsibilities_template"))
    sheet = load_workbook(io.BytesIO(response.content)).active
    assert [cell.value for cell in sheet[1]] == [
        "姓名/证号*",
        "单位",
        "岗位目标责任*",
        "目标要求",
        "完成情况",
    ]


@pytest.mark.parametrize("number", [1, 3, 30])
def test_the_list_costs_the_same_for_any_number(officer, office, number, django_assert_num_queries):
    for position in range(number):
        put(make_cadre(office, f"众{position}"), officer)
    client = signed_in(officer)
    client.get(reverse("responsibilities"))
    with django_assert_num_queries(QUERIES):
        client.get(reverse("responsibilities"))


QUERIES = 10
