"""A citizen whose browser runs no script: what stands in the page's form goes along with what is typed."""

import html
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

TEXT = "窗口工作人员一直在看手机。\n我等了四十分钟，没有人理睬。"
OCCASION = "上周三上午，306室"
NAME, PHONE = "王小满", "139 0000 1234"
BAIT = "homepage"


class _Form(HTMLParser):
    """Fields and buttons of the page's form, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.buttons: list[str] = []
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "input" and given.get("type") not in {"file", "radio"} and name:
            self.fields[name] = given.get("value", "")
        elif tag == "textarea":
            self._area, self.fields[name] = name, ""
        elif tag == "select":
            self._select, self.fields[name] = name, ""
        elif tag == "option" and self._select and "selected" in given:
            self.fields[self._select] = given.get("value", "")
        elif tag == "button" and name == "go":
            self.buttons.append(given["value"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # The first line break behind the tag is none of the text.
            self.fields[self._area] = re.sub(r"\A\r?\n", "", self.fields[self._area])
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data


class Citizen:
    def __init__(self, path: str = "", **headers: Any) -> None:
        self.client = Client(**headers)
        self.response: Any = None
        if path:
            self.open(path)

    def open(self, path: str) -> "Citizen":
        self.response = self.client.get(path)
        return self

    def post(self, path: str, **fields: Any) -> "Citizen":
        self.response = self.client.post(path, fields)
        return self

    def press(self, go: str = "next", photos: Sequence[bytes] = (), **typed: str) -> "Citizen":
        assert go in self.form.buttons, (go, self.form.buttons)
        sent: dict[str, Any] = {**self.fields, **typed, "go": go}
        # Browsers send a line break in a form as two signs.
        sent = {name: re.sub(r"\r?\n", "\r\n", value) for name, value in sent.items()}
        files = [SimpleUploadedFile("IMG_0001.jpg", photo, "image/jpeg") for photo in photos]
        return self.post(reverse("complain"), **sent, photos=files)

    @property
    def form(self) -> _Form:
        form = _Form()
        form.feed(self.html.split("<main", 1)[1].split("</main>", 1)[0])
        return form

    @property
    def fields(self) -> dict[str, str]:
        """As a browser reads them: every line break as one sign."""
        return {name: value.replace("\r\n", "\n") for name, value in self.form.fields.items()}

    @property
    def html(self) -> str:
        return str(self.response.content.decode())

    @property
    def words(self) -> str:
        """What can be read in the page, spaces folded."""
        body = self.html.split("<main", 1)[1].split("</main>", 1)[0]
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))).strip()

    @property
    def status(self) -> int:
        return int(self.response.status_code)

    @property
    def step(self) -> int:
        return int(self.fields["step"])

    @property
    def number(self) -> str:
        """Of the receipt, where the page shows one."""
        found = re.search(r"\b(\d{4}) (\d{4}) (\d{4}) (\d{4})\b", self.words)
        return "".join(found.groups()) if found else ""

    def to_check(self, **typed: str) -> "Citizen":
        """From the first step to the last, without photos; `typed` besides."""
        self.press(**{"text": TEXT, "occasion": OCCASION, **typed})
        return self.press().press(contact_name=NAME, contact_phone=PHONE)
