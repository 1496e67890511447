"""What nobody sends by mistake: invisible characters, NUL, endless bodies, a HEAD that is answered too well."""

import logging
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel

from accounts.forms import UserForm
from cards.forms import CadreForm, LinesField, OfficeForm, WhereaboutsForm
from common import serving
from common.forms import PageForm, checked_name
from common.text import file_name, has_letter, hidden_character
from common.uploads import UnnamedFileHandler
from common.web import Channel, HeadWithoutBody, Parser
from longquan_cadre.logs import SendersMistakes
from tests.cast import NOW, issue_card
from tests.support.processes import PATIENCE, ROOT, Server

HIDDEN = {
    "\x07": "U+0007",
    "\x7f": "U+007F",
    "\u0085": "U+0085",
    "\u00ad": "U+00AD",
    "\u061c": "U+061C",
    "\u115f": "U+115F",
    "\u200b": "U+200B",
    "\u200f": "U+200F",
    "\u2028": "U+2028",
    "\u202e": "U+202E",
    "\u2066": "U+2066",
    "\u2800": "U+2800",
    "\u3164": "U+3164",
    "\ud800": "U+D800",
    "\ue000": "U+E000",
    "\ufeff": "U+FEFF",
    "\uffff": "U+FFFF",
    "\U000e0041": "U+E0041",
    "\U000f0000": "U+F0000",
    "\U0010fffd": "U+10FFFD",
}


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


# --- What people type --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("character", "code"), HIDDEN.items())
def test_what_cannot_be_seen_is_named_by_its_code(character, code):
    assert hidden_character(f"陈{character}砚") == code


@pytest.mark.parametrize(
    "value",
    [
        "陈砚",
        "买买提·吐尔逊",
        "韦诉𬱖",
        "鿎石",
        "\U00031350",  # newer than Python 3.11's tables, as the next two
        "\U0002ebf0",
        "\U000323b0",
        "葛\U000e0100城",  # a variation selector
        "办公室（306 室）",
        "陈　砚",
        "Ärztin",
        "科长 №3 ①②③ ～—…",
    ],
)
def test_every_han_and_every_visible_sign_passes(value):
    assert hidden_character(value) == ""
    assert has_letter(value)


class Form(PageForm):
    line = forms.CharField(required=False)
    text = forms.CharField(required=False, widget=forms.Textarea)
    password = forms.CharField(required=False, widget=forms.PasswordInput)
    lines = LinesField(most=3, longest=20, rows=3, required=False)


@pytest.mark.parametrize("field", ["line", "text", "lines"])
@pytest.mark.parametrize("character", ["\x07", "\u200b", "\ufeff", "\u202e"])
def test_every_text_field_of_every_form_refuses_it(field, character):
    form = Form({field: f"陈{character}砚"})
    sentence = f"The character {HIDDEN[character]} stands in it, which cannot be seen or printed. Remove it."
    assert dict(form.errors) == {field: [sentence]}


def test_lines_break_only_where_there_are_several():
    form = Form({"text": "一\r\n\t二", "lines": "一\r\n二", "line": "一\n二"})
    assert form.errors == {
        "line": ["The character U+000A stands in it, which cannot be seen or printed. Remove it."]
    }
    assert form.cleaned_data["lines"] == ("一", "二")


def test_a_password_may_hold_anything():
    assert Form({"password": "sec\u200bret"}).is_valid()


@pytest.mark.parametrize("name", [".", "/", "·", "- -", "306", "…", "\ufe0f"])
def test_a_name_without_a_letter_is_refused(name):
    with pytest.raises(forms.ValidationError, match="A name has at least one character or letter"):
        checked_name(name)


@pytest.mark.parametrize("name", ["一", "〇", "O", "ئا", "\U000323b0"])
def test_one_letter_is_a_name(name):
    assert checked_name(name) == name


def test_the_forms_of_people_places_and_accounts_refuse_both(unit):
    today = NOW.date()
    assert "name" in CadreForm({"name": "."}, unit=unit).errors
    assert "U+202E" in str(CadreForm({"name": "陈\u202e砚"}, unit=unit).errors["name"])
    assert "U+200B" in str(CadreForm({"duties": "登记\u200b"}, unit=unit).errors["duties"])
    assert "U+FEFF" in str(OfficeForm({"room": "\ufeff306"}).errors["room"])
    assert "U+0007" in str(WhereaboutsForm({"state": "out", "place": "区\x07政府"}).errors["place"])
    assert "name" in UserForm({"name": "/"}, today=today).errors


# --- NUL ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "/desk/cadres/?q=%00",
        "/desk/cadres/?q=a%00b",
        "/desk/cadres/?unit=%00",
        "/desk/cadres/?%00=1",
        "/?code=%00",
        "/c/%00",
        "/%00",
    ],
)
def test_a_nul_in_an_address_gets_the_page_for_damaged_requests(officer, address):
    client = Client(raise_request_exception=True)
    client.force_login(officer)
    response = client.get(address)
    assert response.status_code == 400
    assert "请求无法识别" in response.text
    assert response.headers["Content-Language"] == "zh-hans"


def test_the_page_speaks_the_visitors_language(client):
    assert "This request cannot be read" in client.get("/?lang=en&q=%00").text


@pytest.mark.django_db
def test_a_nul_in_what_is_sent_gets_the_same_page(client):
    for data in ({"login": "a\x00b", "password": "x"}, {"a\x00": "x"}):
        response = client.post(reverse("account_login"), data)
        assert response.status_code == 400


@pytest.mark.parametrize(
    "key", ['"\\000"', '"abcdefgh\\000ijklmnop"', "short", "A" * 32, "x" * 5000, "é" * 32]
)
def test_a_session_that_can_be_none_is_none(db, client, key):
    response = client.get(reverse("desk"), headers={"cookie": f"sessionid={key}"})
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("account_login"))


def test_a_real_session_is_one(client, officer):
    client.force_login(officer)
    assert client.get(reverse("desk")).status_code == 200


# --- Logs --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_too_many_fields_are_one_line_in_the_log(client, caplog):
    response = client.post(reverse("account_login"), {f"field{number}": "x" for number in range(1001)})
    assert response.status_code == 400
    (record,) = [record for record in caplog.records if record.name.startswith("django.security")]
    assert len(_console().format(record).splitlines()) == 1


def test_other_tracebacks_are_kept():
    try:
        raise ValueError("seen")
    except ValueError:
        record = logging.LogRecord("django.request", logging.ERROR, "", 1, "", None, sys.exc_info())
    assert SendersMistakes().filter(record)
    assert "ValueError: seen" in _console().format(record)


@pytest.mark.parametrize("header", ["HTTP_ORIGIN", "HTTP_REFERER"])
def test_a_form_of_another_site_is_logged_without_its_address(db, caplog, header):
    client = Client(enforce_csrf_checks=True)
    client.post(reverse("complain"), secure=True, **{header: "https://from.example/page"})
    (record,) = [record for record in caplog.records if record.name == "django.security.csrf"]
    line = _console().format(record)
    assert "checking failed - another site does not match any trusted origins" in line
    assert "from.example" not in line


def test_a_broken_connection_is_logged_without_its_address():
    channel = object.__new__(Channel)
    channel.addr, channel.connected = ("203.0.113.7", 49152), True
    assert "203.0.113.7" in HTTPChannel.__repr__(channel)
    assert "203.0.113.7" not in f"{channel} {channel!r}"


def _console() -> logging.Handler:
    (handler,) = [
        handler
        for handler in logging.getLogger().handlers
        if any(isinstance(one, SendersMistakes) for one in handler.filters)
    ]
    return handler


# --- The website as it is served ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a real `serve --no-worker` on a database of its own."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "static").symlink_to(Path(django_settings.STATIC_ROOT).resolve())
    environment = {"DATABASE_URL": "", "REDIS_URL": "", "DATA_DIR": str(folder)}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
    )
    server = Server(
        [sys.executable, "manage.py", "serve", "--no-worker", "--port", "0"], environment=environment
    )
    found = re.search(r":(\d+)/", server.await_line("http://127.0.0.1:"))
    assert found
    yield int(found[1])
    server.kill()


def exchange(port: int, sent: bytes) -> bytes:
    """All that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(sent)
        received = b""
        while more := connection.recv(65536):
            received += more
    return received


def request(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


@pytest.mark.parametrize("path", ["/", "/nowhere/", "/healthz", "/static/favicon.svg", "/desk/"])
def test_head_is_answered_like_get_without_the_body(served, path):
    """On one connection: what followed the header would be read as the next answer."""
    received = exchange(served, request("HEAD", path) + request("GET", path, "Connection: close"))
    head, _, rest = received.partition(b"\r\n\r\n")
    assert rest.startswith(b"HTTP/1.1 ")
    header, _, body = rest.partition(b"\r\n\r\n")
    assert head.splitlines()[0] == header.splitlines()[0]
    length = re.search(rb"Content-Length: (\d+)", head)
    assert length
    assert int(length[1]) == len(body)
    assert b"chunked" not in head


def test_a_head_without_a_length_is_given_one():
    """What a middleware answers outside Django's own that counts; waitress would end it as a chunked body."""
    begun = []
    closed = []

    class Body(list):
        def close(self):
            closed.append(True)

    def application(environ, start_response):
        start_response("301 Moved Permanently", [("Location", "https://x/")])
        return Body([b"abc", b"de"])

    body = HeadWithoutBody(application)({"REQUEST_METHOD": "HEAD"}, lambda *begin: begun.append(begin))
    assert list(body) == []
    assert begun == [("301 Moved Permanently", [("Location", "https://x/"), ("Content-Length", "5")])]
    assert closed


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(served):
    most = django_settings.MAX_REQUEST_BYTES
    received = exchange(
        served, request("POST", "/accounts/login/", f"Content-Length: {most + 1}", "Connection: close")
    )
    assert received.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("path", "more", "refused"),
    [
        ("/desk/roster/", "ordinary", False),
        ("/desk/roster/?x", "ordinary", False),
        ("/desk/roster/", "largest", True),
        ("/desk/roster/1/confirm/", "ordinary", True),
        ("/desk/roster", "ordinary", True),
    ],
)
def test_a_roster_with_its_photos_may_be_larger_and_nothing_else(path, more, refused):
    most = {
        "ordinary": django_settings.MAX_REQUEST_BYTES,
        "largest": django_settings.LARGER_REQUEST_BYTES["/desk/roster/"],
    }
    parser = Parser(Adjustments(max_request_body_size=django_settings.MAX_REQUEST_BYTES))
    parser.received(request("POST", path, f"Content-Length: {most[more] + 1}"))
    assert (parser.error is not None) is refused
    assert parser.completed is refused


def test_a_body_that_is_too_large_is_refused_in_words(served):
    most = django_settings.MAX_REQUEST_BYTES
    received = exchange(served, request("POST", "/", f"Content-Length: {most + 1}", "Connection: close"))
    assert "上传的内容太大".encode() in received
    assert b"too large and nothing was saved" in received


def test_nginx_takes_as_much_as_the_website():
    found = re.findall(
        r"(?:location = (\S+) \{\s+)?client_max_body_size (\d+)m;", (ROOT / "deploy/nginx.conf").read_text()
    )
    taken = {address: int(most) * 1024 * 1024 for address, most in found}
    assert taken == {"": django_settings.MAX_REQUEST_BYTES, **django_settings.LARGER_REQUEST_BYTES}


CITIZENS = ["complain", "praise", "receipt", "receipt_image", "receipt_rate", "receipt_redo", "home"]
SIGNING_IN = ["account_login", "activate", "account_security", "my_whereabouts", "desk", "complaints"]


@pytest.fixture(scope="module")
def nginx() -> str:
    return re.sub(r"#.*", "", (ROOT / "deploy/nginx.conf").read_text())


def test_every_site_of_nginx_logs_in_our_words_or_not_at_all(nginx):
    for site in nginx.split("\nserver {")[1:]:
        logs = re.findall(r"access_log ([^;]+);", site)
        assert logs
        assert all(log == "off" or log.endswith(" without_queries") for log in logs)
        # Its lines have an address and the page before, whatever we say.
        assert re.findall(r"error_log ([^;]+);", site) == ["/dev/null"]
    [words] = re.findall(r"log_format without_queries '([^;]+)';", nginx)
    kept = {"asking", "time_local", "request_method", "uri", "status", "body_bytes_sent", "request_time"}
    assert set(re.findall(r"\$(\w+)", words)) == kept


@pytest.mark.parametrize(
    ("path", "logged"),
    [(reverse(name), "-") for name in CITIZENS]
    + [(reverse("complain_image", args=["A" * 16]), "-"), (reverse("card", args=["A" * 16]), "-")]
    + [(reverse(name), "$remote_addr") for name in SIGNING_IN],
)
def test_nginx_logs_the_address_of_whoever_signs_in_and_of_nobody_else(nginx, path, logged):
    [rules] = re.findall(r"map \$uri \$asking \{(.*?)\n\}", nginx, re.DOTALL)
    lines = re.findall(r"^\s*(\S+) (\S+);$", rules, re.MULTILINE)
    assert lines[-1][0] == "default"
    matching = [name for rule, name in lines[:-1] if re.search(rule.removeprefix("~"), path)]
    assert [*matching, lines[-1][1]][0] == logged


def test_a_large_file_has_no_name_on_the_disk(settings, tmp_path, rf):
    settings.FILE_UPLOAD_TEMP_DIR, settings.FILE_UPLOAD_MAX_MEMORY_SIZE = str(tmp_path), 100_000
    upload = rf.post("/", {"photo": SimpleUploadedFile("from a phone.jpg", b"x" * 200_000)}).FILES["photo"]
    assert os.fstat(upload.fileno()).st_size > 0
    assert list(tmp_path.iterdir()) == []
    assert (upload.name, upload.size, upload.read()) == ("from a phone.jpg", 200_000, b"x" * 200_000)
    upload.close()


def test_a_large_file_that_breaks_off_is_closed():
    handler = UnnamedFileHandler()
    handler.upload_interrupted()
    handler.new_file("photo", "from a phone.jpg", "image/jpeg", 200_000)
    handler.receive_data_chunk(b"x", 0)
    handler.upload_interrupted()
    assert handler.file.closed


# --- serve -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("port", [-1, 65536, 99_999_999])
def test_a_port_that_there_is_not_is_refused(port):
    with pytest.raises(serving.Refused, match=f"A port is a number from 0 to 65535, not {port}"):
        serving.listening_socket("127.0.0.1", port)


@pytest.mark.parametrize("host", ["a..b", "a" * 70, "256.0.0.1"])
def test_a_host_that_there_is_not_is_refused(host):
    with pytest.raises(serving.Refused, match="Cannot listen on"):
        serving.listening_socket(host, 0)


def test_a_database_that_is_none_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "db.sqlite3").write_bytes(b"no database at all" * 1000)
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--port", "0"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "", "REDIS_URL": "", "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "file is not a database" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


# --- Downloads ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("陈砚.vcf", "陈砚.vcf"),
        ("买买提·吐尔逊.pdf", "买买提·吐尔逊.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a/b\\c<d>e:f"g|h?i*j.pdf', "a_b_c_d_e_f_g_h_i_j.pdf"),
        ("陈\x00\r\n砚\u202efdp.exe", "陈___砚_fdp.exe"),
        (" .hidden. ", "hidden"),
        ("...", "_"),
    ],
)
def test_a_download_is_named_so_that_every_system_takes_it(name, safe):
    assert file_name(name) == safe


def test_the_contact_of_a_card_is_named_safely(client, chen):
    type(chen).objects.filter(pk=chen.pk).update(name='陈/<砚>"')
    response = client.get(reverse("card_vcard", args=[issue_card(chen).token]))
    assert "%E9%99%88__%E7%A0%9A__.vcf" in response.headers["Content-Disposition"]
