"""A complaint whose sender, files and words are marked, on the product as it runs: no mark is found again in anything
that it has written, but what was sent can be read with the key."""

import base64
import hashlib
import hmac
import html
import io
import json
import re
import smtplib
import socket
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone, translation
from PIL import Image, PngImagePlugin

from common.crypto import decrypt, decrypt_bytes, encrypt
from common.models import Channel
from complaints import limits, notifying, receipts, tickets
from complaints.rules import Stage
from complaints.tasks import reach_stages
from longquan_cadre.celery import app
from tests.cast import issue_card, portrait, signed_in
from tests.complaints.cases import ANSWER, received
from tests.support.mailboxes import Mailbox, mail_server
from tests.support.markers import Place, hits, spellings
from tests.support.processes import PATIENCE
from tests.support.stacks import Deployed, Stack, stack

#: In every word that is marked; another in what is written on purpose, so that a search that finds nothing is seen.
MARK, CONTROL = "zq7x3vkm", "jw5y9hbt"
WORD = "霁霭窗口无人值守"
TEXT = f"{WORD}，等到十一点。{MARK}"
OCCASION = f"上周三上午，{MARK}号窗口"
NAME, PHONE, AS_TYPED = "霁霭氏", "13977301842", "139 7730 1842"
PEER, FORGED, NETWORK = "127.83.91.77", "198.51.83.91", "2001:db8:83a1:91c7"
ADDRESS = f"{NETWORK}::4d"
LATITUDE = ((28, 1), (4, 1), (4_773_129, 100_003))
REFERRER = f"https://{MARK}.example/story?{MARK}"
WORDS: dict[str, str | bytes] = {
    "mark": MARK,
    "word": WORD,
    "name": NAME,
    "phone": PHONE,
    "phone as typed": AS_TYPED,
    "address of the connection": PEER,
    "forged address": FORGED,
    "address from the proxy": NETWORK,
    "address in bytes": socket.inet_pton(socket.AF_INET6, ADDRESS)[:8],
    "place in the photo": struct.pack("<II", *LATITUDE[2]),
    "place in the photo, the other way": struct.pack(">II", *LATITUDE[2]),
}
SENDER = {
    "User-Agent": f"Mozilla/5.0 ({MARK}) {WORD.encode().decode('latin-1')}",
    "Referer": REFERRER,
    "X-Forwarded-For": f"{FORGED}, {ADDRESS}",
    "X-Forwarded-Proto": "https",
    "X-Real-IP": ADDRESS,
    "Forwarded": f'for="[{ADDRESS}]"',
    "True-Client-IP": ADDRESS,
    "Accept-Language": f"zh, {MARK}",
}


class Visitor:
    """A browser without a memory but its cookies, from an address of its own."""

    def __init__(self, place: Stack, headers: Mapping[str, str], address: str = "127.0.0.1") -> None:
        self.place, self.headers, self.address = place, headers, address
        self.cookies: dict[str, str] = {}
        self.status, self.page, self.body = 0, "", b""

    def ask(self, path: str, sent: Mapping[str, Any] | None = None, **headers: str) -> str:
        """The page; what is sent also carries the token against forgeries of the page before."""
        body = None
        if sent is not None:
            body = encode_multipart(
                BOUNDARY, {"csrfmiddlewaretoken": self.field("csrfmiddlewaretoken"), **sent}
            )
        given = {"Host": "localhost", "Origin": self.place.site, **self.headers, **headers}
        given |= {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        given |= {"Content-Type": MULTIPART_CONTENT} if body is not None else {}
        given = {name: value for name, value in given.items() if value}
        server = HTTPConnection("127.0.0.1", self.place.port, PATIENCE, (self.address, 0))
        server.request("GET" if body is None else "POST", path, body, given)
        answer = server.getresponse()
        self.status, self.body = answer.status, answer.read()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(cookie).items()}
        server.close()
        self.page = self.body.decode(errors="replace") if answer.status != 302 else ""
        return self.page

    def field(self, name: str) -> str:
        return self.hidden().get(name, "")

    def hidden(self) -> dict[str, str]:
        found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', self.page)
        return {name: html.unescape(value) for name, value in found}

    def send(self, path: str, **fields: Any) -> int:
        """What stands on the page and goes along unseen, and these."""
        self.ask(path, {**self.hidden(), **fields})
        return self.status

    def act(self, path: str, **fields: Any) -> int:
        """A page with a form, and what is filled into it."""
        self.ask(path)
        assert self.status == 200, (path, self.status)
        return self.send(path, **fields)


class Letters(Mailbox):
    """Somebody waits for some of them."""

    def __init__(self) -> None:
        super().__init__()
        self.more = threading.Condition()

    def offer(self, key: str, identity: str, raw: Any) -> bool:
        with self.more:
            self.more.notify_all()
            return super().offer(key, identity, raw)

    def wait_for(self, *titles: str) -> None:
        with self.more:
            assert self.more.wait_for(lambda: self.lacks(titles) == [], PATIENCE), self.lacks(titles)

    def lacks(self, titles: Sequence[str]) -> list[str]:
        there = "".join(letter.get_payload(decode=True).decode() for letter in self.raw)
        return [title for title in titles if title not in there]

    def places(self) -> Iterator[Place]:
        for letter in self.raw:
            yield "mail", letter.as_bytes() + letter.get_payload(decode=True)


# --- What is sent ------------------------------------------------------------------------------------------------


def photo() -> io.BytesIO:
    """A large one, of which a server keeps a part on its disk while it reads; with all that a camera says of it."""
    picture, exif = Image.open(portrait(1800, 2400)), Image.Exif()
    for tag in (0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x8298):
        exif[tag] = MARK
    exif.get_ifd(0x8769).update({0x9286: b"ASCII\0\0\0" + MARK.encode(), 0xA420: MARK, 0xA430: MARK})
    exif.get_ifd(0x8825).update(
        {1: "N", 2: [n / d for n, d in LATITUDE], 3: "E", 4: (119.0, 8.0, 1.0), 28: MARK}
    )
    out = NamedFile(f"{WORD}-{MARK}.{MARK}.jpg")
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{MARK}</x:xmpmeta>'.encode()
    picture.save(out, "JPEG", quality=95, exif=exif, xmp=xmp, comment=MARK.encode())
    out.write(f"behind the end {MARK}".encode())
    out.seek(0)
    return out


def screenshot() -> io.BytesIO:
    text, exif, out = PngImagePlugin.PngInfo(), Image.Exif(), NamedFile(f"C:\\Users\\{MARK}\\{NAME}.png")
    text.add_text("Comment", MARK)
    text.add_itxt("Author", f"{NAME} {MARK}", zip=False)
    exif[0x013B] = MARK
    Image.open(portrait(200, 300)).save(out, "PNG", pnginfo=text, exif=exif)
    out.seek(0)
    return out


class NamedFile(io.BytesIO):
    def __init__(self, name: str, data: bytes = b"") -> None:
        super().__init__(data)
        self.name = name


def complain(citizen: Visitor, place: Stack, token: str) -> str:
    """Four steps with two photos, and what goes wrong on the way; the number of the receipt."""
    path = "/complain"
    citizen.ask(f"{path}?card={token}&{MARK}={PHONE}")
    first = {"step": "1", "go": "next", "text": TEXT, "occasion": OCCASION}
    assert citizen.send(path, **{**first, "text": TEXT * 400}) == 422
    assert citizen.send(path, **first) == 200
    photos = {"step": "2", "go": "next"}
    assert citizen.send(path, **photos, photos=NamedFile(f"{MARK}.jpg", f"no photo {MARK}".encode())) == 422
    assert citizen.send(path, **photos, photos=[photo(), screenshot()]) == 200, citizen.page
    assert citizen.send(path, step="3", go="next", contact_name=NAME, contact_phone=AS_TYPED) == 200
    assert TEXT in citizen.page
    for image in re.findall(r"/complain/images/\w+", citizen.page):
        Visitor(place, SENDER, citizen.address).ask(image)
    # Sent as by a program, then while the database fails, then once more.
    assert citizen.send(path, step="4", go="send", homepage=MARK) == 422
    written = {**citizen.hidden(), "ticket": str(tickets.issue(timezone.now() - timedelta(minutes=1)))}
    place.sql("ALTER TABLE complaints_attachment RENAME TO away")
    citizen.ask(path, {**written, "go": "send"})
    assert citizen.status == 500
    place.sql("ALTER TABLE away RENAME TO complaints_attachment")
    citizen.ask(path)
    citizen.ask(path, {**written, "csrfmiddlewaretoken": citizen.field("csrfmiddlewaretoken"), "go": "send"})
    assert citizen.status == 200
    return citizen.field("number")


def praise(citizen: Visitor, token: str) -> None:
    citizen.ask(f"/praise?card={token}")
    ticket = str(tickets.issue(timezone.now() - timedelta(minutes=1)))
    assert citizen.send("/praise", ticket=ticket, text=f"{WORD}，态度很好。{MARK}") == 200


def follow(citizen: Visitor, number: str) -> None:
    assert citizen.act("/receipt", number=number) == 200
    assert citizen.act("/receipt", number=f"{MARK} {number}") == 422
    citizen.ask("/receipt")
    assert citizen.send("/receipt/image", number=number) == 200
    assert citizen.body.startswith(b"\x89PNG")


def go_wrong(citizen: Visitor, place: Stack) -> None:
    """Requests that are refused, broken or cut off before any page of ours sees them."""
    for path in (f"/complain/{MARK}/{PHONE}", f"/receipt/nothing?number={MARK}", f"/complain/images/{MARK}"):
        citizen.ask(path)
        assert citizen.status == 404
    citizen.ask("/complain")
    form = citizen.hidden()
    citizen.ask("/complain", {**form, "text": MARK}, Origin=f"https://{MARK}.example")
    assert citizen.status == 403
    citizen.ask("/complain", {**form, "csrfmiddlewaretoken": MARK})
    assert citizen.status == 403
    # Over TLS a form without an origin is judged by the page that led to it, and behind a proxy addresses are read.
    citizen.ask("/complain", form, Origin="")
    assert citizen.status == (403 if isinstance(place, Deployed) else 422)
    citizen.ask("/complain", **{"X-Forwarded-For": f'"{ADDRESS}'})
    assert citizen.status == (400 if isinstance(place, Deployed) else 200)
    citizen.ask("/complain")
    citizen.ask("/complain", {**citizen.hidden(), "text": MARK * 200_000})
    assert citizen.status == 400
    citizen.ask("/complain")
    citizen.ask("/complain", {**citizen.hidden(), "photos": [NamedFile(f"{MARK}.jpg", b"x")] * 101})
    assert citizen.status == 400
    cut_off(place)


def cut_off(place: Stack) -> None:
    """Half of a form, and the line is dead."""
    lines = ["POST /complain HTTP/1.1", "Host: localhost", f"X-{MARK}: {MARK}", f"X-Forwarded-For: {ADDRESS}"]
    lines += [f"Content-Type: {MULTIPART_CONTENT}", "Content-Length: 3000000", "", MARK * 100_000]
    with socket.create_connection(("127.0.0.1", place.port), PATIENCE, (PEER, 0)) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.sendall("\r\n".join(lines).encode())


# --- What the office does with it --------------------------------------------------------------------------------


def handle(case: str, handler: Visitor, head: Visitor, citizen: Visitor) -> str:
    """Accepted, read, answered, found wanting; the number that replaces a lost receipt."""
    desk = f"/desk/complaints/{case}"
    assert handler.act(f"{desk}/accept/") == 302
    assert TEXT in handler.ask(f"{desk}/")
    handler.ask(re.search(rf"{desk}/images/\w+/", handler.page)[0])
    assert handler.body.startswith(b"\xff\xd8")
    assert handler.act(f"{desk}/contact/", reason="核实窗口情况") == 200
    assert PHONE[-4:] in handler.page
    quoting = {**ANSWER, "answer": f"您反映的“{WORD}，等到十一点”已核实。"}
    assert handler.act(f"{desk}/submit/", **quoting) == 422
    assert handler.act("/desk/complaints/caller/", phone=PHONE) == 200
    assert case in handler.page
    assert handler.act(f"{desk}/receipt-renew/", phone=PHONE, reason="来电人遗失回执") == 200
    renewed = "".join(re.search(r"\d{4} \d{4} \d{4} \d{4}", handler.page)[0].split())
    assert handler.act(f"{desk}/submit/", **ANSWER) == 302
    assert head.act(f"{desk}/close/", feedback="receipt") == 302
    assert citizen.act("/receipt", number=renewed) == 200
    assert ANSWER["answer"] in citizen.page
    assert citizen.send("/receipt/rate", number=renewed, grade="1") == 200
    assert citizen.send("/receipt/redo", number=renewed, reason=f"{WORD}没有变化。{MARK}") == 200
    return renewed


def staff(place: Stack, session: str) -> Visitor:
    visitor = Visitor(place, {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"})
    visitor.cookies[settings.SESSION_COOKIE_NAME] = session
    return visitor


# --- What is looked for ------------------------------------------------------------------------------------------


def write_on_purpose(place: Stack, mail_port: int) -> None:
    """The other mark, once into every kind of place."""
    place.sql(f"CREATE TABLE control AS SELECT '{CONTROL}' AS word")
    (place.data / "media").mkdir(exist_ok=True)
    (place.data / "media" / f"{CONTROL}.jpg").write_bytes(b"")
    (place.spool / "left").write_text(CONTROL)
    # A website names the host that it is not; a worker names the task that it does not know.
    Visitor(place, {"Host": f"{CONTROL}.example"}).ask("/complain")
    place.ask_worker(app, "control", CONTROL)
    letter = EmailMessage()
    letter["Subject"], letter["Message-ID"] = CONTROL, "<control@localhost>"
    letter.set_content(f"{CONTROL}霁", cte="base64")
    with smtplib.SMTP("127.0.0.1", mail_port) as server:
        server.send_message(letter, "control@localhost", ["control@localhost"])


def looks_everywhere(places: Sequence[Place], is_deployed: bool) -> None:
    """The other mark is found in every kind of place, and what only lives while it runs was dumped."""
    kinds = {"output: web", "files", "spool", "dumps", "mail"}
    if is_deployed:
        kinds |= {"output: worker", "output: postgres", "output: monitor", "database files"}
    there = {hit.place for hit in hits(places, {"control": CONTROL})}
    assert kinds <= {name if name.startswith("output") else name.partition(":")[0] for name in there}
    for dump, word in (("database", CONTROL), ("queue", CONTROL), ("cache", "limit:complaints")):
        assert any(word.encode() in data for name, data in places if name.startswith(f"dumps: {dump}")), dump


def was_counted(places: Sequence[Place], address: str, now: datetime) -> None:
    """The product did see the address, and the cache can tell it only to whoever guesses it."""
    cache = b"".join(data for name, data in places if name.startswith("dumps: cache"))
    clients = [
        hmac.digest(key, address.encode(), hashlib.sha256).hex()
        for key in re.findall(rb"[0-9a-f]{64}", cache)
    ]
    counts = [limits.SENDING._cache_key(client, now).rpartition(":")[0] for client in clients]
    assert any(count.encode() in cache for count in counts)


def is_stored(place: Stack, case: str, words: Mapping[str, str]) -> None:
    """All that was sent, under the key; of the photos the pictures."""
    [row] = place.sql(f"SELECT {', '.join(words)} FROM complaints_complaint WHERE number = '{case}'")
    assert list(map(decrypt, row)) == list(words.values())
    [(reason,)] = place.sql("SELECT redo_reason FROM complaints_complaint WHERE redo_of_id IS NOT NULL")
    [(praised,)] = place.sql("SELECT text FROM complaints_praise")
    assert all(MARK in decrypt(kept) for kept in (reason, praised))
    pictures = [decrypt_bytes(bytes(data)) for (data,) in place.sql("SELECT data FROM complaints_attachment")]
    assert [Image.open(io.BytesIO(data)).size for data in pictures] == [(900, 1200), (200, 300)]
    assert hits([("a picture", data) for data in pictures], WORDS) == []


# --- Tests -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["", "窗", "窗口", "窗口无", "a", "ab"])
@pytest.mark.parametrize("way", ["utf-8", "utf-16-le", "gbk"])
def test_a_mark_is_found_however_it_is_written(before, way):
    text = f"{before}{WORD}{MARK} 之后"
    written = text.encode(way)
    there = [written]
    if way == "utf-8":
        there += [json.dumps({"a": text}).encode(), quote(text).encode(), base64.b64encode(written)]
        there += [base64.urlsafe_b64encode(written), written.hex().encode(), repr(written).encode()]
        there += [base64.b64encode(json.dumps([text]).encode())]
    for data in there:
        for word in (MARK, WORD):
            assert hits([("there", data)], {"mark": word}), (data, spellings(word))
    assert hits([("there", "窗口有人".encode())], {"mark": MARK, "word": WORD}) == []


def test_nothing_of_whoever_complains_is_found_again(transactional_db, tmp_path, lin, express, express_head):
    now, letters, token = timezone.now(), Letters(), issue_card(lin).token
    given = {"created_by": express, "created_at": now, "confirmed_at": now}
    Channel.objects.create(user=express, kind="email", address=encrypt("express@example.cn"), **given)
    # By telephone, and overdue.
    words = {"text": TEXT, "occasion": OCCASION, "contact_name": NAME, "contact_phone": AS_TYPED}
    before = now - timedelta(days=8)
    received(lin.unit, lin, channel="phone", received_at=before, now=before, with_receipt=False, **words)
    sessions = [
        signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value for user in (express, express_head)
    ]
    with translation.override(settings.LANGUAGE_CODE):
        titles = [str(kind.title) for kind in (notifying.RECEIVED, notifying.STAGES[Stage.OVERDUE])]

    with mail_server(letters) as mail_port:
        place = stack(tmp_path, mail_port)
        is_deployed = isinstance(place, Deployed)
        try:
            place.start()
            place.hold_worker()
            citizen = Visitor(place, SENDER, "127.0.0.1" if is_deployed else PEER)
            number = complain(citizen, place, token)
            praise(citizen, token)
            follow(citizen, number)
            go_wrong(citizen, place)
            place.ask_worker(app, reach_stages.name)
            write_on_purpose(place, mail_port)
            place.release_worker()
            [(case,)] = place.sql("SELECT number FROM complaints_complaint WHERE channel = 'card'")
            renewed = handle(case, *(staff(place, session) for session in sessions), citizen)
            letters.wait_for(CONTROL, *titles)
            is_stored(place, case, words)
            place.end()
            places = [*place.places(), *letters.places()]
        finally:
            place.kill()

    looks_everywhere(places, is_deployed)
    was_counted(places, f"{NETWORK}::" if is_deployed else PEER, now)
    numbers = {"receipt": number, "renewed receipt": renewed}
    numbers |= {f"{name} as shown": receipts.grouped(value) for name, value in numbers.items()}
    found = hits(places, WORDS | numbers)
    assert found == [], "\n".join(map(str, found))
