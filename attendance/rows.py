"""The lines of a round's page. Two hundred of them are made in a few milliseconds: what is the same for many people is
put into words and markup once, and only their number is put in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attendance import walk as walking
from attendance.forms import WordsForm
from attendance.models import Item
from attendance.models.sheets import VERIFIED_CHOICES, VERIFIED_WORDS
from attendance.rules import Verified, usually_verified, whereabouts_item
from attendance.selectors import Person
from attendance.walk import WHEREABOUTS, Marked, Sheet
from cards.models import Office
from cards.presentation import StatusView, clock, moment_words, place_said, status_view
from cards.rules import Kind, Status
from common.rules import local
from common.templatetags.components import tag

#: Stand for what differs in a line that is made once. common.text.hidden_character lets nobody type them.
PK, SAYS, NAME, POST, PROBLEMS = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
#: Fewer file inputs than a request may have files, empty ones counted (settings.DATA_UPLOAD_MAX_NUMBER_FILES).
PHOTO_INPUTS = 8
#: So many select boxes keep a form below DATA_UPLOAD_MAX_NUMBER_FIELDS.
MOST_CHOICES = 500
#: Beside the plaque one word covers both; which one is recorded stands there as soon as it is tapped.
WHEREABOUTS_WRONG = gettext_lazy("Whereabouts wrong")
SAID = '<div class="says">{}<small>{}</small></div>'
WAYS = {Verified(value): label for value, label in VERIFIED_CHOICES}


@dataclass(frozen=True)
class Problem:
    """One that was tapped, with the form of its words."""

    mark: Marked
    item: Item
    form: WordsForm
    takes_photo: bool

    @property
    def lacks_minutes(self) -> bool:
        return self.item.with_minutes and self.mark.minutes is None


@dataclass(frozen=True)
class Room:
    office: Office
    #: A line each, as markup.
    rows: list[SafeString]


@dataclass
class Maker:
    """Makes lines of one sheet; holds what was made already."""

    sheet: Sheet
    #: Of marks whose words came back with an error.
    forms: Mapping[int, WordsForm] = field(default_factory=dict)
    #: On the page of one person: every problem, not only the usual ones.
    everything: bool = False
    query: str = ""
    _said: dict[Status, SafeString] = field(default_factory=dict)
    _lines: dict[Any, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        opened = self.sheet.opened
        self._items = {item.pk: item for item in self.sheet.items}
        self._marks, self._chosen, self._usual = self.sheet.marks, opened.chosen, opened.usual
        self._newest = {mark.pk for mark in opened.marks[-PHOTO_INPUTS:]}
        self._mark_url = reverse("sheet_mark", args=[self.sheet.walk.unit.code])
        self._choosable = self.everything or len(self.sheet.people) <= MOST_CHOICES

    def rooms(self) -> list[Room]:
        """Door by door, in the order of a walk."""
        rooms: list[Room] = []
        for person in self.sheet.listed:
            if not rooms or rooms[-1].office.pk != person.office.pk:
                rooms.append(Room(person.office, []))
            rooms[-1].rows.append(self.row(person))
        return rooms

    def row(self, person: Person, refused: str = "") -> SafeString:
        """`refused` is why the last tap was not taken."""
        cadre, marks = person.cadre, self._marks.get(person.cadre.pk, ())
        minutes = {mark.item_id: mark.minutes for mark in marks}
        chosen, own = self._chosen.get(cadre.pk, ""), self.sheet.is_own(person)
        alike = (person.status.is_present, whereabouts_item(person.status), own, chosen, *minutes.items())
        if (line := self._lines.get(alike)) is None:
            line = self._lines[alike] = self._line(person, minutes, chosen)
        # What people have typed comes last: nothing is put into it.
        line = line.replace(PK, str(cadre.pk)).replace(SAYS, self.says(person.status))
        line = line.replace(NAME, escape(cadre.name)).replace(POST, escape(person.post))
        return mark_safe(line.replace(PROBLEMS, self._problems(marks, refused)))

    def _line(self, person: Person, minutes: Mapping[int, int | None], chosen: str) -> str:
        status, own = person.status, self.sheet.is_own(person)
        choose = walking.recordable if self.everything else walking.offered
        items = choose(self.sheet.items, status, frozenset(minutes))
        context = {
            "pk": PK,
            "name": NAME,
            "post": POST,
            "says": SAYS,
            "problems": PROBLEMS,
            "own": own,
            "agrees": not minutes,
            "chips": [_chip(item, minutes, self.everything) for item in items],
            "absent": self._absent(person),
            "ways": _ways(usually_verified(status, self._usual), chosen) if self._choosable else None,
            "more": not self.everything,
            "query": self.query,
            "sheet_url": reverse("sheet", args=[self.sheet.walk.unit.code]),
            "mark_url": self._mark_url,
        }
        return render_to_string("attendance/sheet_line.html", context)

    def _absent(self, person: Person) -> Any:
        """The words for somebody who was not there: how they were verified is not to be chosen then."""
        way = self.sheet.verified_as(person)
        return VERIFIED_WORDS[way.value] if way == Verified.ABSENT else ""

    def _problems(self, marks: Sequence[Marked], refused: str) -> str:
        if not marks and not refused:
            return ""
        problems = [
            Problem(
                mark,
                self._items[mark.item_id],
                (self.forms.get(mark.pk) or WordsForm.of(mark)).send_to(self._mark_url),
                self.everything or mark.pk in self._newest,
            )
            for mark in marks
        ]
        context = {"problems": problems, "refused": refused}
        return render_to_string("attendance/sheet_problems.html", context)

    def says(self, status: Status) -> SafeString:
        """The tag and its second line."""
        if status not in self._said:
            tone, label, line = words_of(status, self.sheet)
            self._said[status] = format_html(SAID, tag(tone, label), line)
        return self._said[status]


def _chip(item: Item, minutes: Mapping[int, int | None], everything: bool) -> dict[str, Any]:
    pressed, label = item.pk in minutes, str(item)
    if pressed and minutes[item.pk]:
        label = _("%(item)s, %(minutes)s min") % {"item": item, "minutes": minutes[item.pk]}
    elif item.code in WHEREABOUTS and not pressed and not everything:
        label = str(WHEREABOUTS_WRONG)
    return {"code": item.code, "label": label, "pressed": pressed}


def _ways(usual: Verified, chosen: str) -> list[tuple[str, Any, bool]]:
    """Value, label and whether it is chosen; the word for all has no value, so that it goes on following it."""
    others = [(way.value, label, way.value == chosen) for way, label in WAYS.items() if way != usual]
    return [("", WAYS[usual], not any(taken for *_way, taken in others)), *others]


def words_of(status: Status, sheet: Sheet) -> tuple[str, str, str]:
    """The plaque in a tag, its tone first, and one line: since when, until when, where."""
    now = sheet.walk.now
    view = status_view(status, sheet.book.of(sheet.walk.unit.office_hours_id), now)
    return view.tone, view.pill, " · ".join(filter(None, [_when(status, view, now), place_said(status)]))


def _when(status: Status, view: StatusView, at: datetime) -> str:
    said = status.declared
    if status.kind == Kind.OUTSIDE_HOURS:
        return next(iter(view.details), "")
    if said is None:
        return _("no absence declared")
    if status.kind == Kind.OVERDUE:
        return " · ".join(filter(None, [view.label, view.note]))
    today = local(said.since).date() == local(at).date()
    since = _("from %(time)s") % {"time": clock(said.since)} if today else ""
    back = status.back_at or status.until
    until = _("until %(moment)s") % {"moment": moment_words(back, at)} if back else ""
    if not since or not until:
        return since or until
    return _("%(since)s, %(until)s") % {"since": since, "until": until}
