"""Why what hangs there is outdated, in words: what the log says it shows against what would be printed now."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from cards.documents.content import labels

#: Of the card itself: another serial is another card, and its plaque another plaque.
_CARD = frozenset({"serial", "code_text"})
#: The people of a combined plaque, each with facts of their own.
PEOPLE = "people"


def reasons(shown: Mapping[str, Any], now: Mapping[str, Any], serial: str) -> list[str]:
    """Sentences for the person whose card has this number; never none, as this is asked of what is outdated."""
    if not shown:
        return [_("Printed before the log kept what a plaque shows")]
    found = list(_changes(shown, now))
    if PEOPLE in now:
        people = shown.get(PEOPLE) or [], now[PEOPLE], serial
        found += _own(*people) if _is_another_room(shown, now) else _people(*people)
    return found or [_("The form of the document has changed")]


def _is_another_room(shown: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Somebody moved: of course other people work there."""
    return any(shown.get(field) != now.get(field) for field in ("unit_name", "room"))


def _changes(shown: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    names = labels()
    for field, value in now.items():
        before, after = _plain(shown.get(field)), _plain(value)
        if before == after or field in _CARD or field == PEOPLE:
            continue
        if field == "photo":
            yield _photo(before, after)
        elif field == "url":
            yield _("The address in the code has changed")
        elif field == "demo":
            yield _("The mark of a demonstration has changed")
        elif field == "office_name" and _plain(shown.get("posts")) != _plain(now.get("posts")):
            continue  # the first post names it
        elif field == "duties":
            yield _("The duties have changed")
        else:
            words = {"field": names.get(field, field), "old": before or _("none"), "new": after or _("none")}
            yield _("%(field)s: %(old)s → %(new)s") % words


def _photo(before: str, after: str) -> str:
    if before and after:
        return _("Another photo")
    return _("A photo was added") if after else _("The photo was removed")


def _own(shown: list[Any], now: list[Any], serial: str) -> Iterator[str]:
    """What has changed of the person whose card has this number."""
    before, after = (
        next((person for person in people if person["serial"] == serial), None) for people in (shown, now)
    )
    if before and after:
        yield from _changes(before, after)


def _people(shown: list[Any], now: list[Any], serial: str) -> Iterator[str]:
    before, after = ({person["serial"]: person for person in people} for people in (shown, now))
    names_before, names_after = ({person["name"] for person in people} for people in (shown, now))
    for number, person in after.items():
        if number in before:
            changes = _changes(before[number], person)
            yield from changes if number == serial else (f"{person['name']}：{line}" for line in changes)
        elif person["name"] in names_before:
            yield _("%(name)s has a new card") % {"name": person["name"]}
        else:
            yield _("%(name)s joined the room") % {"name": person["name"]}
    for number, person in before.items():
        if number not in after and person["name"] not in names_after:
            yield _("%(name)s is no longer in the room") % {"name": person["name"]}


def _plain(value: Any) -> str:
    """As people read it; a list that came back from the log is one like that of now."""
    if isinstance(value, (list, tuple)):
        return "、".join(map(str, value))
    return "" if value is None or value is False else str(value)
