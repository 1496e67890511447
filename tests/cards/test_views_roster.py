"""A roster through the browser: handed in, looked through, confirmed once, and nobody else's."""

import io
import json
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role, Unit
from cards import upload_forms, uploads
from cards.models import Cadre, RosterUpload
from common import jobs
from common.models import Job, JobItem
from tests.cards.test_views_public import text_of
from tests.cast import NOW, give, make_cadre, portrait, signed_in
from tests.support.sheets import person, roster, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path


def english(client: Client) -> Client:
    client.cookies["language"] = "en"
    return client


@pytest.fixture
def desk(officer, office) -> Client:
    """The Kiln Bureau's officer."""
    return english(signed_in(officer))


def xlsx(folder: Path, *rows: Any, name: str = "名册.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, roster(folder / "made.xlsx", rows).read_bytes())


def album(folder: Path, files: dict[str, bytes]) -> SimpleUploadedFile:
    return SimpleUploadedFile("照片.zip", zipped(folder / "made.zip", files).read_bytes())


def hand_in(client: Client, file: SimpleUploadedFile, **more: Any):
    return client.post("/desk/roster/", {"file": file, **more})


def handed_in(client: Client, folder: Path, *rows: Any, **more: Any) -> RosterUpload:
    response = hand_in(client, xlsx(folder, *rows), **more)
    assert response.status_code == 302, text_of(response.text)
    upload = RosterUpload.objects.latest("pk")
    assert response["Location"] == f"/desk/roster/{upload.pk}/"
    return upload


def preview(client: Client, upload: RosterUpload) -> str:
    response = client.get(f"/desk/roster/{upload.pk}/")
    assert response.status_code == 200
    return text_of(response.text)


def seen(client: Client, upload: RosterUpload) -> str:
    """What the form of the page that is open confirms; nothing when it has none."""
    form = re.search(r'name="seen" value="([0-9a-f]{64})"', client.get(f"/desk/roster/{upload.pk}/").text)
    return form[1] if form else ""


def confirm(client: Client, upload: RosterUpload, follow: bool = True, form: str | None = None):
    form = seen(client, upload) if form is None else form
    return client.post(f"/desk/roster/{upload.pk}/confirm/", {"seen": form}, follow=follow)


def work(job: Job) -> JobItem:
    jobs.run(job.pk, clock=timezone.now)
    return job.items.get()


# --- The journey --------------------------------------------------------------------------------------------------


def test_from_the_template_to_people(desk, data_dir, office):
    chen = make_cadre(office, "陈砚", stand_in=None)
    rows = [
        person("陈砚", office=office.name, room=office.room, phone="0578-7120199"),
        person("钱新", photo="钱新.jpg"),
        person("林旧"),
    ]
    photos = album(data_dir, {"钱新.jpg": portrait().getvalue(), "无人.jpg": portrait().getvalue()})
    upload = handed_in(desk, data_dir, *rows, photos=photos)
    shown = preview(desk, upload)
    for words in ("New 2", "Changed 1", "Unchanged 0", "Mistakes 0", "Nothing is stored yet"):
        assert words in shown, words
    for words in (
        "钱新",
        "审批科 306",
        "0578-7120101 → 0578-7120199",
        "Files that no row names (1): 无人.jpg.",
    ):
        assert words in shown, words
    assert Cadre.objects.count() == 1
    answer = confirm(desk, upload)
    job = Job.objects.get(kind="roster")
    assert answer.redirect_chain == [(f"/desk/jobs/{job.pk}/", 302)]
    assert work(job).note == "2 created, 1 changed, 0 unchanged"
    assert set(Cadre.objects.values_list("name", flat=True)) == {"陈砚", "钱新", "林旧"}
    assert Cadre.objects.get(name="钱新").photo
    chen.refresh_from_db()
    assert chen.office_phone == "0578-7120199"


def test_what_comes_next_is_for_the_new_people_of_this_roster(desk, data_dir, office):
    make_cadre(office, "陈砚")
    upload = handed_in(desk, data_dir, person("钱新"))
    confirm(desk, upload)
    job = Job.objects.get(kind="roster")
    work(job)
    for page in (f"/desk/jobs/{job.pk}/", f"/desk/roster/{upload.pk}/"):
        html = desk.get(page).text
        assert "1 created, 0 changed, 0 unchanged" in text_of(html)
        addresses = re.findall(r'href="(/desk/cadres/[^"]*[?][^"]*)"', html)
        assert len(addresses) == 3
        for address in addresses:
            shown = text_of(desk.get(address.replace("&amp;", "&")).text)
            assert ("钱新" in shown, "陈砚" in shown) == (True, False), address
        assert "Request the cards of the new people" in html
        assert "Print their activation slips" in html


def test_a_roster_without_new_people_asks_for_no_cards(desk, data_dir, office):
    make_cadre(office, "陈砚")
    confirm(desk, handed_in(desk, data_dir, person("陈砚", office="", room="", phone="0578-7120199")))
    job = Job.objects.get(kind="roster")
    assert work(job).note == "0 created, 1 changed, 0 unchanged"
    html = desk.get(f"/desk/jobs/{job.pk}/").text
    assert "The roster is stored" in html
    assert "Request the cards" not in html


def test_the_list_of_a_rosters_people_keeps_to_them(desk, data_dir, office):
    make_cadre(office, "陈砚")
    confirm(desk, handed_in(desk, data_dir, person("钱新")))
    job = Job.objects.get(kind="roster")
    work(job)
    page = desk.get("/desk/cadres/", {"roster": job.pk}).text
    assert "Only those whom one roster has entered are listed." in text_of(page)
    assert page.count(f'<input type="hidden" name="roster" value="{job.pk}">') == 2
    for nothing in ("0", "x", "9" * 20, str(job.pk + 1)):
        assert "Nobody matches" in desk.get("/desk/cadres/", {"roster": nothing}).text


def test_the_same_file_again_has_nothing_to_confirm(desk, data_dir):
    rows = [person("钱新"), person("林旧")]
    upload = handed_in(desk, data_dir, *rows)
    confirm(desk, upload)
    work(Job.objects.get())
    again = handed_in(desk, data_dir, *rows)
    shown = preview(desk, again)
    assert "There is nothing to store" in shown
    assert "Confirm and store" not in shown
    form = RosterUpload.objects.latest("pk").plan_digest
    assert "there is nothing to store" in text_of(confirm(desk, again, form=form).text)
    assert Job.objects.count() == 1


def test_a_mistake_keeps_all_of_it_out(desk, data_dir):
    upload = handed_in(desk, data_dir, person("钱新"), person("林旧", phone="无"))
    shown = preview(desk, upload)
    assert "1 mistake keeps the roster out" in shown
    assert "Row 4 · 林旧 H 办公电话" in shown
    assert "Confirm and store" not in shown
    confirm(desk, upload)
    assert not Job.objects.exists()
    assert not Cadre.objects.exists()


def test_the_template_and_the_present_roster_come_in_again(desk, data_dir, office, unit):
    make_cadre(office, "陈砚")
    template = desk.get("/desk/roster/template.xlsx")
    assert unit.name in openpyxl.load_workbook(io.BytesIO(template.content)).active["A1"].value
    present = desk.get("/desk/roster/present.xlsx")
    assert present["Cache-Control"] == "private, no-store"
    response = hand_in(desk, SimpleUploadedFile("a.xlsx", present.content))
    assert "Unchanged 1" in text_of(desk.get(response["Location"]).text)


# --- What was handed in ---------------------------------------------------------------------------------------------


def test_files_are_kept_where_only_the_program_reads(desk, data_dir):
    upload = handed_in(desk, data_dir, person("钱新"))
    place = uploads.folder(upload)
    assert place == data_dir / "data/rosters" / str(upload.pk)
    assert [path.stat().st_mode & 0o777 for path in (place.parent, place)] == [0o700, 0o700]
    assert {path.name: path.stat().st_mode & 0o777 for path in place.iterdir()} == {
        "roster.xlsx": 0o600,
        "preview.json": 0o600,
    }


def encrypted_or_old() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("file", b"%PDF-1.7 not a workbook", "This is not an Excel workbook. Save the roster as .xlsx."),
        ("file", b"", "The file is empty."),
        ("file", encrypted_or_old(), "old .xls kind, or one with a password"),
        ("file", b"PK\x03\x04 broken", "The file is damaged or incomplete"),
        ("file", None, "Fill this in."),
        ("photos", b"Rar!", "This is not a ZIP file. Pack the photos as .zip."),
        ("photos", b"PK\x03\x04 broken", "The file is damaged or incomplete"),
        ("photos", b"", "The file is empty."),
    ],
)
def test_what_is_no_roster_is_refused_with_a_sentence_and_not_kept(name, data, sentence, desk, data_dir):
    sent = {"file": xlsx(data_dir, person("钱新"))}
    if data is None:
        del sent[name]
    else:
        sent[name] = SimpleUploadedFile("x", data)
    response = desk.post("/desk/roster/", sent)
    assert response.status_code == 422
    assert sentence in text_of(response.text)
    assert f'href="#id_{name}"' in response.text
    assert not RosterUpload.objects.exists()
    assert not any((data_dir / "data").rglob("*.xlsx"))


def test_whoever_hands_in_too_much_is_told_how_much_may_come(desk, data_dir, monkeypatch):
    monkeypatch.setattr(upload_forms, "MEGABYTE", 100)
    response = hand_in(desk, xlsx(data_dir, person("钱新")))
    assert response.status_code == 422
    assert "The file is larger than 10 MB." in text_of(response.text)


def test_a_roster_in_which_nobody_stands_is_refused(desk, data_dir):
    response = hand_in(desk, xlsx(data_dir))
    assert response.status_code == 422
    assert "names nobody" in text_of(response.text)


def test_after_a_mistake_the_other_file_is_asked_for_again(desk, data_dir):
    response = hand_in(desk, xlsx(data_dir, person("钱新")), photos=SimpleUploadedFile("photos.zip", b"Rar!"))
    assert "Roster: Choose the file again." in text_of(response.text)


# --- Whose it is ----------------------------------------------------------------------------------------------------


def test_people_of_another_unit_are_mistakes_of_those_rows(desk, data_dir, other_unit):
    upload = handed_in(desk, data_dir, person("钱新"), person("别人", code="T902", unit="剑潭镇"))
    shown = preview(desk, upload)
    assert "1 mistake" in shown
    assert "Row 4 · 别人 A 单位代码 “剑潭镇” is not your unit" in shown


def test_the_city_hands_in_for_any_unit(express, data_dir, unit, other_unit):
    client = english(signed_in(express))
    upload = handed_in(client, data_dir, person("钱新"), person("别人", code="T902", unit="剑潭镇"))
    assert upload.unit is None
    shown = preview(client, upload)
    assert "New 2" in shown
    assert "剑潭镇" in shown
    confirm(client, upload)
    job = Job.objects.get()
    work(job)
    assert job.unit_id is None
    assert Cadre.objects.get(name="别人").unit == other_unit
    assert "Request the cards" not in client.get(f"/desk/jobs/{job.pk}/").text


@pytest.mark.parametrize("page", ["", "confirm/"])
def test_another_units_officer_finds_nothing(page, desk, data_dir, other_officer, express):
    upload = handed_in(desk, data_dir, person("钱新"))
    theirs = handed_in(english(signed_in(express)), data_dir, person("钱新"))
    method = "post" if page else "get"
    for found in (upload, theirs):
        stranger = english(signed_in(other_officer))
        assert getattr(stranger, method)(f"/desk/roster/{found.pk}/{page}").status_code == 404
    # What the city handed in names people of other units, too.
    assert getattr(desk, method)(f"/desk/roster/{theirs.pk}/{page}").status_code == 404
    assert not Job.objects.exists()


def test_an_officer_of_two_units_says_which(desk, officer, other_unit, unit, data_dir):
    give(officer, Role.UNIT_OFFICER, unit=other_unit)
    file = xlsx(data_dir, person("别人", code="", unit="", office="农办", room="2"))
    assert hand_in(desk, file).status_code == 422
    file.seek(0)
    upload_page = hand_in(desk, file, unit=other_unit.pk)
    assert upload_page.status_code == 302
    assert RosterUpload.objects.get().unit == other_unit
    stranger = Unit.objects.exclude(pk__in=[unit.pk, other_unit.pk]).first()
    file.seek(0)
    assert hand_in(desk, file, unit=stranger.pk if stranger else 0).status_code == 422
    for code, status in (("D901", 200), ("T902", 200), ("D999", 404)):
        for name in ("template", "present"):
            assert desk.get(f"/desk/roster/{name}.xlsx?unit={code}").status_code == status


def test_a_roster_lists_only_ones_own(desk, zhou, office):
    make_cadre(office, "陈砚")
    sheet = openpyxl.load_workbook(io.BytesIO(desk.get("/desk/roster/present.xlsx").content)).active
    names = [row[5] for row in sheet.iter_rows(min_row=3, values_only=True)]
    assert "陈砚" in names
    assert "周渡" not in names


# --- Confirming what was seen ---------------------------------------------------------------------------------------


def test_a_second_confirmation_leads_to_the_same_job(desk, data_dir):
    upload = handed_in(desk, data_dir, person("钱新"))
    form = seen(desk, upload)
    first, second = (confirm(desk, upload, follow=False, form=form)["Location"] for _click in range(2))
    assert first == second
    assert Job.objects.count() == 1
    work(Job.objects.get())
    assert confirm(desk, upload, follow=False)["Location"] == first
    assert Cadre.objects.filter(name="钱新").count() == 1


def test_a_directory_that_has_changed_is_shown_again_first(desk, data_dir, office):
    chen = make_cadre(office, "陈砚")
    upload = handed_in(desk, data_dir, person("陈砚", office="", room="", phone="0578-7120199"))
    Cadre.objects.filter(pk=chen.pk).update(office_phone="0578-7120150")
    answer = confirm(desk, upload)
    assert answer.redirect_chain == [(f"/desk/roster/{upload.pk}/", 302)]
    assert "Meanwhile the directory has changed" in answer.text
    assert "0578-7120150 → 0578-7120199" in text_of(answer.text)
    assert not Job.objects.exists()
    confirm(desk, upload)
    assert work(Job.objects.get()).note == "0 created, 1 changed, 0 unchanged"


def test_a_second_click_on_an_old_preview_does_not_confirm_the_new_one(desk, data_dir, office):
    chen = make_cadre(office, "陈砚")
    upload = handed_in(desk, data_dir, person("陈砚", office="", room="", phone="0578-7120199"))
    form = seen(desk, upload)
    Cadre.objects.filter(pk=chen.pk).update(office_phone="0578-7120150")
    for _click in range(3):
        answer = confirm(desk, upload, form=form)
        assert "Meanwhile the directory has changed" in answer.text
    assert not Job.objects.exists()
    assert seen(desk, upload) != form
    confirm(desk, upload)
    assert Job.objects.count() == 1


def test_a_confirmation_that_does_not_say_what_it_saw_is_none(desk, data_dir):
    upload = handed_in(desk, data_dir, person("钱新"))
    assert "Meanwhile the directory has changed" in confirm(desk, upload, form="").text
    assert not Job.objects.exists()


def test_a_preview_made_anew_during_the_look_is_not_confirmed(desk, data_dir, monkeypatch):
    """Compared again under the lock: another window may have looked meanwhile."""
    upload = handed_in(desk, data_dir, person("钱新"))
    look = uploads._checked_plan

    def slow(*args):
        plan = look(*args)
        RosterUpload.objects.update(plan_digest="0" * 64)
        return plan

    monkeypatch.setattr(uploads, "_checked_plan", slow)
    assert "Meanwhile the directory has changed" in confirm(desk, upload).text
    assert not Job.objects.exists()


def test_one_roster_is_looked_through_at_a_time(desk, data_dir, monkeypatch):
    monkeypatch.setattr(uploads, "PATIENCE", 0.01)
    with uploads._looking:
        response = hand_in(desk, xlsx(data_dir, person("钱新")))
        assert response.status_code == 422
        assert "Another roster is just being looked through." in text_of(response.text)
    handed_in(desk, data_dir, person("钱新"))


@pytest.mark.parametrize("who", ["officer", "express"])
def test_nothing_is_stored_for_somebody_who_has_lost_the_role(who, request, data_dir, office):
    user = request.getfixturevalue(who)
    client = english(signed_in(user))
    upload = handed_in(client, data_dir, person("钱新"))
    confirm(client, upload)
    user.memberships.update(valid_to=NOW.date() - timedelta(days=1))
    item = work(Job.objects.get())
    assert item.state == JobItem.State.FAILED
    assert item.note == "Whoever started this no longer has the role for it."
    assert not Cadre.objects.filter(name="钱新").exists()


def test_a_directory_that_changes_after_the_confirmation_stores_nothing(desk, data_dir, office):
    chen = make_cadre(office, "陈砚")
    upload = handed_in(
        desk, data_dir, person("钱新"), person("陈砚", office="", room="", phone="0578-7120199")
    )
    confirm(desk, upload)
    Cadre.objects.filter(pk=chen.pk).update(office_phone="0578-7120150")
    item = work(Job.objects.get())
    assert item.state == JobItem.State.FAILED
    assert "The directory has changed" in item.note
    assert not Cadre.objects.filter(name="钱新").exists()
    assert "Nothing was stored" in preview(desk, upload)


@pytest.mark.parametrize("name", ["roster.xlsx", "photos.zip"])
def test_a_file_that_was_exchanged_on_the_disk_is_not_stored(name, desk, data_dir):
    photos = album(data_dir, {"钱新.jpg": portrait().getvalue()})
    upload = handed_in(desk, data_dir, person("钱新", photo="钱新.jpg"), photos=photos)
    path = uploads.folder(upload) / name
    path.write_bytes(path.read_bytes() + b" ")
    assert "not the one that was looked through" in confirm(desk, upload).text
    assert not Job.objects.exists()


def test_a_file_that_was_exchanged_after_the_confirmation_is_not_stored(desk, data_dir):
    upload = handed_in(desk, data_dir, person("钱新"))
    confirm(desk, upload)
    roster(uploads.folder(upload) / "roster.xlsx", [person("别人")])
    assert work(Job.objects.get()).state == JobItem.State.FAILED
    assert not Cadre.objects.exists()


def test_a_preview_is_not_confirmed_by_a_link(desk, data_dir):
    upload = handed_in(desk, data_dir, person("钱新"))
    assert desk.get(f"/desk/roster/{upload.pk}/confirm/").status_code == 405


# --- The end of a file ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("swept", [True, False])
def test_after_a_day_it_cannot_be_confirmed(swept, desk, data_dir, clock):
    upload = handed_in(desk, data_dir, person("钱新"))
    clock.shift(timedelta(hours=24))
    if swept:
        assert uploads.sweep(timezone.now()) == 1
        assert uploads.sweep(timezone.now()) == 0
        assert not uploads.folder(upload).exists()
    assert "The file is no longer kept" in preview(desk, upload)
    assert "The file is no longer kept" in confirm(desk, upload).text
    assert not Job.objects.exists()


def test_the_sweep_keeps_what_is_still_needed(desk, data_dir, clock):
    waiting = handed_in(desk, data_dir, person("钱新"))
    confirm(desk, waiting)
    clock.shift(timedelta(hours=23))
    fresh = handed_in(desk, data_dir, person("林旧"))
    (uploads.root() / "999999").mkdir()
    clock.shift(timedelta(hours=2))
    assert uploads.sweep(timezone.now()) == 1
    assert sorted(path.name for path in uploads.root().iterdir()) == sorted(
        str(upload.pk) for upload in (waiting, fresh)
    )


def test_what_is_stored_needs_no_file_any_more(desk, data_dir):
    upload = handed_in(desk, data_dir, person("钱新"))
    confirm(desk, upload)
    work(Job.objects.get())
    assert not uploads.folder(upload).exists()


def test_a_folder_without_a_name_goes_after_its_request(desk, data_dir, clock):
    (uploads.root() / ".left").mkdir(parents=True)
    clock.move_to(timezone.now() + timedelta(days=400))
    assert uploads.sweep(timezone.now()) == 1


def test_a_sweep_without_any_roster_finds_nothing(data_dir):
    assert uploads.sweep(NOW) == 0


# --- Size -----------------------------------------------------------------------------------------------------------


def test_the_preview_costs_the_same_for_any_number(desk, data_dir):
    counted = []
    for number in (1, 3, 300):
        upload = handed_in(desk, data_dir, *(person(f"众{place}") for place in range(number)))
        with CaptureQueriesContext(connection) as captured:
            shown = preview(desk, upload)
        counted.append(len(captured))
    assert "100 more are not listed." in shown
    assert len(set(counted)) == 1, counted


def test_the_form_costs_the_same_for_any_number_of_uploads(desk, data_dir):
    counted = []
    for more in (1, 3):
        for place in range(more):
            handed_in(desk, data_dir, person(f"众{more}{place}"))
        with CaptureQueriesContext(connection) as captured:
            assert desk.get("/desk/roster/").status_code == 200
        counted.append(len(captured))
    assert len(set(counted)) == 1, counted


def test_what_the_preview_keeps_holds_no_number_it_does_not_show(desk, data_dir):
    """A mobile number of somebody new is in the sheet; the preview needs none."""
    upload = handed_in(desk, data_dir, person("钱新", mobile="19900000001"))
    kept = json.loads((uploads.folder(upload) / uploads.PREVIEW).read_text())
    assert "19900000001" not in json.dumps(kept)


def test_a_formula_is_shown_nowhere(desk, data_dir):
    upload = handed_in(desk, data_dir, person('=HYPERLINK("http://example.invalid","x")'))
    assert "example.invalid" not in desk.get(f"/desk/roster/{upload.pk}/").text


def test_a_workbook_that_unpacks_to_a_bomb_is_refused(desk, data_dir):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(50_000_000))
    response = hand_in(desk, SimpleUploadedFile("a.xlsx", bomb.getvalue()))
    assert response.status_code == 422
    assert not RosterUpload.objects.exists()
