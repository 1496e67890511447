"""Words that must not be found again, looked for in every way in which a program may have written them."""

import base64
import json
import quopri
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

#: A place and what lies in it.
Place = tuple[str, bytes]


def spellings(word: str | bytes) -> set[bytes]:
    """UTF-8, UTF-16, GBK, and what JSON, addresses, mails, logs and dumps make of them."""
    if isinstance(word, bytes):
        return {word, *_of_bytes(word)}
    plain = word.encode()
    found = {plain, word.encode("utf-16-le"), word.encode("utf-16-be"), word.encode("gbk")}
    escaped = json.dumps(word)[1:-1]
    found |= {escaped.encode(), escaped.upper().replace("\\U", "\\u").encode(), quote(word).encode()}
    found |= {quote(word).lower().encode(), quopri.encodestring(plain)}
    return found | set(_of_bytes(plain)) | set(_of_bytes(escaped.encode()))


def _of_bytes(plain: bytes) -> Iterator[bytes]:
    digits = plain.hex()
    yield from (digits.encode(), digits.upper().encode())
    yield repr(plain)[2:-1].encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # What stands before and after it in a longer text changes the signs at both ends.
            first, end = (shift * 8 + 5) // 6, (shift + len(plain)) * 8 // 6
            yield encode(b"\0" * shift + plain)[first:end]


class Hit(NamedTuple):
    word: str
    place: str
    around: bytes


def hits(places: Iterable[Place], words: Mapping[str, str | bytes]) -> list[Hit]:
    looked_for = {name: spellings(word) for name, word in words.items()}
    return [
        Hit(name, place, data[max(0, at - 60) : at + 80])
        for place, data in places
        for name, ways in looked_for.items()
        for way in ways
        if (at := data.find(way)) >= 0
    ]


def files(kind: str, folder: Path) -> Iterator[Place]:
    """Every file of a folder and its name; folders that are links lie elsewhere."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not path.is_symlink():
            yield f"{kind}: {name}", name.encode() + b"\n" + path.read_bytes()
