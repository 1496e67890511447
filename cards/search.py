"""Finding people: by name, pinyin, unit, office, room, post and duty.

What is typed is cut into words; a hit answers every word, each in the field where it fits best (`Place`, best first):

    DUTY_PHRASE   a duty holds the word as it stands
    DUTY_PIECES   a duty holds it in pieces of two characters or more: 食品许可 in 食品经营许可
    NAME          the name, whole
    NAME_START    the beginning of the name: the surname 张
    PINYIN        the whole name in pinyin: zhangsan
    INITIALS      the first letters: zs
    PINYIN_START  its first syllables: zhang; the next letter begins another one, so shan is 单 before 尚
    NAME_PART     a part of the name, the beginning of its pinyin or initials, its given name in pinyin, or Han and
                  pinyin mixed for a rare character
    POST          a post
    UNIT          the unit's name, alias or code, also as people say it (cards/naming)
    UNIT_PART     a part of the unit's name, or a short form of it: 发改局 of 发展和改革局
    UNIT_AWAY     the unit where somebody works for a time
    OFFICE        the office, its room or its floor, at home or where somebody works for a time
    DUTY_SOME     a duty holds at least half of the word's characters, in pairs

Whoever was found by a duty stands first: phrase before pieces before some, then the more words in that one duty, the
more characters of them, the higher the duty on the plaque. Then the people by their worst word, then by the sum.
A word that names a unit asks for the unit: pieces of it in a duty, 教育 of 教育局, come last.
Among equals the unit's code, pinyin, name and number decide, compared here: each database sorts text in its own way.

The databases only collect candidates (LIKE and position, whose answers are the same on both); what counts as a match
is decided here. FTS differs between SQLite and PostgreSQL, and an index of our own would be stale when a unit is
renamed.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import cached_property
from heapq import nsmallest
from itertools import chain, starmap
from typing import NamedTuple

from django.db.models import F, Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from accounts.models import Unit
from cards import naming
from cards.models import CadreQuerySet, Duty, Office, Placement, Post
from cards.naming import Named, Names, shortens

LONGEST = 50
#: More words than anybody types; each is a condition more for the database.
MOST_WORDS = 6
#: Of one word, when it is a whole sentence: each is a condition more for the database.
MOST_PARTS = 8
#: A list of more numbers is slower than reading everybody. SQLite takes no more than 32,766 in one statement anyway.
MANY = 4000
#: Letters of a given name in pinyin; shorter endings would find hang in every zhang.
GIVEN_NAME = 4


class Place(IntEnum):
    DUTY_PHRASE = 0
    DUTY_PIECES = 1
    NAME = 2
    NAME_START = 3
    PINYIN = 4
    INITIALS = 5
    PINYIN_START = 6
    NAME_PART = 7
    POST = 8
    UNIT = 9
    UNIT_PART = 10
    UNIT_AWAY = 11
    OFFICE = 12
    DUTY_SOME = 13


# --- Characters --------------------------------------------------------------------------------------------------

_PLAIN = re.compile("[\u4e00-\u9fa50-9a-z]*")
_WIDE_OR_CAPITAL = re.compile("[A-ZＡ-Ｚａ-ｚ０-９]")
#: Of its own length, so that what is found can be marked in the text as it is written.
_NARROW_AND_SMALL = {
    **{code: code + 32 for code in range(ord("A"), ord("Z") + 1)},
    **{ord("Ａ") + n: ord("a") + n for n in range(26)},
    **{ord("ａ") + n: ord("a") + n for n in range(26)},
    **{ord("０") + n: ord("0") + n for n in range(10)},
}


def fold(text: str) -> str:
    """Latin letters and digits of any width and case in one form; nothing else, and no character more or less."""
    return text.translate(_NARROW_AND_SMALL) if _WIDE_OR_CAPITAL.search(text) else text


def squeeze(text: str) -> str:
    """Folded, and without blanks and interpuncts: 306 室 is 306室, 买买提·吐尔逊 is 买买提吐尔逊."""
    if _PLAIN.fullmatch(text) or _PLAIN.fullmatch(text := fold(text).replace(" ", "")):
        return text
    return "".join(filter(_is_letter, text))


def _is_letter(character: str) -> bool:
    """The newest Han of rare names are newer than Python's tables."""
    return (
        character.isalnum()
        or 0x20000 <= ord(character) <= 0x3FFFF
        or "\u9fa6" <= character <= "\u9fff"
        or unicodedata.combining(character) > 0
    )


def _latin(text: str) -> str:
    """Pinyin as the keyboard writes it: zhāng is zhang, lü is lv."""
    plain = unicodedata.normalize("NFD", text.replace("ü", "v").replace("Ü", "v"))
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return plain if plain.isascii() else text


# --- What is typed -----------------------------------------------------------------------------------------------

#: Asked around the thing that is meant; cut off while two characters remain.
_ASKED_BEFORE = re.compile(
    "^(?:请问|您好|你好|我们|我|想要|想|需要|要|怎么|怎样|如何|到哪里|去哪里|去哪儿|去哪|在哪里|在哪儿|在哪|哪里|哪儿"
    "|(?:是|由|归|找)?(?:哪个|哪些|什么)(?:部门|单位|科室|地方|窗口|人)?|(?:是|由|归|找)?(?:哪位|谁)(?:来|能|可以|在)?"
    "|负责(?!人)|主管|分管|办理|办(?![公事法案税])|咨询|申请|申办|管(?![理委线道护控网制辖])|找)"
)
_ASKED_AFTER = re.compile(
    "(?:(?:是|由|归|该|应该)?(?:找|问)?(?:谁|哪位|(?:哪个|什么)(?:部门|单位|科室|地方|窗口|人)|哪里|哪儿|哪)"
    "(?:来)?(?:负责|主管|管|办理|办|受理)?(?:的)?|(?:在|去|到)(?:哪里|哪儿|哪)(?:办理|办|申请)?|(?:怎么|怎样|如何)(?:办理|办|申请)?"
    "|的?(?:负责人|工作人员|同志|人)?是谁|的(?:人|同志|工作人员|业务|事|事情)?|[吗呢呀啊吧])$"
)
_QUESTION = re.compile("[谁哪怎如何吗呢我您你]")
_BEFORE_COUNTER = re.compile(r"(?<=[0-9])\s+(?=[室号楼层](?:\s|$))")
_ASKED_IN_ENGLISH = re.compile(
    r"^(?:who|whom|which|where|how)\b(?:\s+(?:is|are|can|do|does|to|i|we|handles?|responsible|in|charge|of|deals?|with"
    r"|about|for|get|apply|works?|at|the|a|my|person|office))*\s+(?=\S)"
)


@dataclass(frozen=True)
class Word:
    text: str

    @cached_property
    def is_latin(self) -> bool:
        return self.text.isascii()

    @cached_property
    def runs(self) -> tuple[str, ...]:
        """Han and others apart: led, 屏."""
        return tuple(re.findall(r"[0-9a-z]+|[^0-9a-z]+", self.text))

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """Pairs of Han, and runs of digits or of three letters whole: what a text must hold some of."""
        found = []
        for run in self.runs:
            if run.isascii():
                found += [run] if len(run) > (2 if run.isalpha() else 1) else []
            else:
                found += [run[at : at + 2] for at in range(len(run) - 1)]
        return tuple(dict.fromkeys(found))[:MOST_PARTS]

    @cached_property
    def least(self) -> int:
        """How many characters a duty must hold: half."""
        return (len(self.text) + 1) // 2

    @cached_property
    def sought(self) -> tuple[str, ...]:
        """So many parts that every duty with half of the characters holds one of them."""
        if any(run.isascii() for run in self.runs) or len(self.parts) == MOST_PARTS:
            return self.parts
        needed = (self.least + 1) // 2
        return self.parts[: len(self.parts) - needed + 1]


Reading = tuple[Word, ...]


def readings(typed: str) -> tuple[Reading, ...]:
    """What may be meant, each a row of words: without the question around it, and as it stands when it may be a name.

    zhang san is also zhangsan.
    """
    text = unicodedata.normalize("NFKC", typed[:LONGEST]).lower()[:LONGEST]
    whole = _words(text)
    asked = _words(_ASKED_IN_ENGLISH.sub("", text))
    found = [tuple(word for text in asked for word in _without_question(text))]
    if len(whole) == 1 and len(whole[0]) <= 4 and not _QUESTION.search(whole[0]):
        found.append(tuple(whole))
    if len(asked) > 1 and all(word.isascii() for word in asked):
        found.append(("".join(asked),))
    made = (tuple(Word(text) for text in dict.fromkeys(words))[:MOST_WORDS] for words in found if words)
    return tuple(dict.fromkeys(made))


def _words(text: str) -> list[str]:
    cleaned = "".join(
        character if _is_letter(character) or character in "·•・'’" else " " for character in text
    )
    cleaned = _BEFORE_COUNTER.sub("", cleaned)
    words = (squeeze(_latin(word)) for word in cleaned.split())
    return [word for word in words if word]


def _without_question(word: str) -> Iterator[str]:
    """Nothing for a word that is all question: 谁负责. A verb alone asks nothing: 咨询."""
    least = 0 if _QUESTION.search(word) else 2
    rest = word
    while rest:
        shorter = _ASKED_AFTER.sub("", _ASKED_BEFORE.sub("", rest))
        if shorter == rest or len(shorter) == 1 or len(shorter) < least:
            break
        rest = shorter
    if rest:
        yield rest


# --- What matches ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class InDuty:
    place: Place
    #: How many of the word's characters stand there.
    covered: int


def in_duty(word: Word, text: str) -> InDuty | None:
    """How a folded duty answers a word of two characters or more."""
    if not word.parts:
        return None
    if word.text in text:
        return InDuty(Place.DUTY_PHRASE, len(word.text))
    held = [part for part in word.parts if part in text]
    if not held or len(word.parts) == 1:
        return None
    covered = {
        at for part in held for start in _starts(part, word.text) for at in range(start, start + len(part))
    }
    if len(covered) == len(word.text) and _in_pieces(word, text):
        return InDuty(Place.DUTY_PIECES, len(covered))
    return InDuty(Place.DUTY_SOME, len(covered)) if len(covered) >= word.least else None


def _starts(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _in_pieces(word: Word, text: str) -> bool:
    """Whether it can be cut so that the text holds each piece: Han by twos and threes, letters and digits whole."""
    return all(run in text if run.isascii() else _cut(run, text) for run in word.runs)


def _cut(run: str, text: str) -> bool:
    reached = {0}
    for end in range(2, len(run) + 1):
        if any(end - size in reached and run[end - size : end] in text for size in (2, 3)):
            reached.add(end)
    return len(run) in reached


def in_name(word: Word, name: str, pinyin: str, initials: str) -> Place | None:
    """`name` squeezed; the keys as stored."""
    text = word.text
    if text == name:
        return Place.NAME
    if name.startswith(text):
        return Place.NAME_START
    if word.is_latin:
        return _in_pinyin(text, pinyin, initials)
    if text in name or (len(word.runs) > 1 and _mixed(word, name, pinyin, initials)):
        return Place.NAME_PART
    return None


def _in_pinyin(text: str, pinyin: str, initials: str) -> Place | None:
    if text == pinyin:
        return Place.PINYIN
    if text == initials:
        return Place.INITIALS
    if pinyin.startswith(text) and pinyin[len(text)] in initials[1:]:
        return Place.PINYIN_START
    if (
        pinyin.startswith(text)
        or initials.startswith(text)
        or (len(text) >= GIVEN_NAME and pinyin.endswith(text))
    ):
        return Place.NAME_PART
    return None


def _mixed(word: Word, name: str, pinyin: str, initials: str) -> bool:
    """韦sudi and 韦sd for 韦诉𬱖: Han as written, the others by their sound."""
    if not re.match(
        "".join(run.replace(run, ".+") if run.isascii() else re.escape(run) for run in word.runs), name
    ):
        return False
    sound = "".join(run if run.isascii() else "[a-z]{1,6}" * len(run) for run in word.runs)
    first = "".join(run if run.isascii() else "." * len(run) for run in word.runs)
    return bool(re.match(sound, pinyin) or re.match(first, initials))


def in_unit(word: Word, code: str, names: Iterable[str]) -> Place | None:
    """What the word says of the unit besides naming it."""
    text = word.text
    if text == code:
        return Place.UNIT
    if len(text) < 2 or text.isdigit():
        return None
    # People say 人社局 and 住建局: three characters or more, in the unit's own order.
    if any(text in name or (len(text) > 2 and shortens(text, name)) for name in names):
        return Place.UNIT_PART
    return None


def marks(words: Iterable[Word], text: str) -> tuple[tuple[str, bool], ...]:
    """The text in pieces, each with whether it answers the question."""
    folded = fold(text)
    marked: set[int] = set()
    for word in words:
        for part in (word.text,) if word.text in folded else word.parts:
            marked.update(at for start in _starts(part, folded) for at in range(start, start + len(part)))
    pieces: list[tuple[str, bool]] = []
    for at, character in enumerate(text):
        if pieces and pieces[-1][1] == (at in marked):
            pieces[-1] = (pieces[-1][0] + character, pieces[-1][1])
        else:
            pieces.append((character, at in marked))
    return tuple(pieces)


# --- Candidates --------------------------------------------------------------------------------------------------


def _holds(column: str, part: str) -> Q:
    """A position costs less than LIKE; letters need LIKE, in any case, and may have been entered wide: ＬＥＤ."""
    if part.isascii():
        wide = "".join(chr(ord(character) + 0xFEE0) for character in part.upper())
        return _holds(column, wide) | (
            Q(**{f"{column}__icontains": part}) if not part.isdigit() else _at(column, part)
        )
    return _at(column, part)


def _at(column: str, part: str) -> Q:
    return Q(GreaterThan(StrIndex(F(column), Value(part)), 0))


def _any(conditions: Iterable[Q]) -> Q:
    """An empty OR would be everybody."""
    found = Q(pk__in=[])
    for condition in conditions:
        found |= condition
    return found


def _name_like(word: Word) -> Q:
    if word.is_latin:
        found = Q(pinyin__startswith=word.text) | Q(pinyin_initials__startswith=word.text)
        return found | Q(pinyin__endswith=word.text) if len(word.text) >= GIVEN_NAME else found
    found = Q()
    for character in dict.fromkeys("".join(run for run in word.runs if not run.isascii())):
        found &= Q(name__contains=character)
    return found


#: Of somebody: number, unit, office, name, pinyin, initials. Plain tuples: there may be ten thousand.
Person = tuple[int, int, int, str, str, str]


class Held(NamedTuple):
    """One duty and the words that it answers."""

    position: int
    text: str
    found: dict[Word, InDuty]


class Hit(NamedTuple):
    cadre_id: int
    place: Place
    #: The duty that answers; empty when somebody was found otherwise.
    duty: str = ""
    words: Reading = ()

    @property
    def pieces(self) -> tuple[tuple[str, bool], ...]:
        """The duty in pieces, each with whether it is marked."""
        return marks(self.words, self.duty)


class Found(NamedTuple):
    """The best answers, how many there are, and the units that were named."""

    hits: list[Hit]
    total: int
    units: list[Named]


class _Directory:
    """The candidates of all readings, read in six queries."""

    def __init__(self, among: CadreQuerySet, wanted: Iterable[Reading], day: date) -> None:
        units = starmap(naming.Row, Unit.objects.order_by().values_list(*naming.Row._fields))
        names = Names(units, day, squeeze)
        self.codes = names.codes
        split = (one for reading in wanted for one in _split(reading, names))
        self.readings = tuple(dict.fromkeys([*wanted, *split]))
        self.words = tuple(dict.fromkeys(word for reading in self.readings for word in reading))
        named = {word: names.named(word.text) for word in self.words}
        self.named = list(dict.fromkeys(chain.from_iterable(named.values())))
        #: Words that ask for a unit, alone or with something else: 教育局, 教育局人事科.
        self.asking = {word for word in self.words if named[word] or names.inside(word.text)}
        self.units = {
            word: {
                pk: place
                for pk, known in names.written.items()
                if (place := in_unit(word, fold(names.codes[pk]), known)) is not None
            }
            | {one.unit_id: Place.UNIT for one in named[word]}
            for word in self.words
        }
        self._read_offices(day)
        self._read_duties()
        self._read_people(among)

    def _read_offices(self, day: date) -> None:
        columns = ("name", "room", "location")
        firsts = {word.parts[0] for word in self.words if word.parts}
        like = _any(_holds(column, part) for part in sorted(firsts) for column in columns)
        offices = Office.objects.order_by().filter(like)
        rows = [
            (pk, squeeze(name + room), squeeze(location + room))
            for pk, name, room, location in offices.values_list("pk", *columns)
        ]
        self.offices = {
            word: {pk for pk, *texts in rows if word.parts and any(word.text in text for text in texts)}
            for word in self.words
        }
        self.places = Q(office__in=offices.values("pk"))
        found = {pk for units in self.units.values() for pk in units}
        placed = Placement.objects.filter(
            self.places | Q(office__unit__in=found),
            Q(valid_to=None) | Q(valid_to__gte=day),
            valid_from__lte=day,
        )
        self.placed = list(placed.order_by().values_list("cadre_id", "office_id", "office__unit_id"))
        self.places |= Q(unit__in=found)

    def _read_duties(self) -> None:
        sought = dict.fromkeys(chain.from_iterable(map(self._sought, self.words)))
        duties = Duty.objects.order_by().filter(_any(_holds("text", part) for part in sought))
        self.duties: dict[int, list[Held]] = defaultdict(list)
        self.by_duty: dict[Word, set[int]] = {word: set() for word in self.words}
        known: dict[str, tuple[dict[Word, InDuty], list[set[int]]]] = {}
        for cadre, position, text in duties.values_list("cadre_id", "position", "text"):
            if text not in known:
                folded = fold(text)
                found = {word: one for word in self.words if (one := in_duty(word, folded))}
                known[text] = found, [self.by_duty[word] for word in found]
            found, holders = known[text]
            if found:
                self.duties[cadre].append(Held(position, text, found))
                for holder in holders:
                    holder.add(cadre)
        self._read_posts()

    def _read_posts(self) -> None:
        longer = [word for word in self.words if word.parts]
        posts = Post.objects.order_by().filter(_any(_holds("title", word.parts[0]) for word in longer))
        self.posts: dict[Word, set[int]] = {word: set() for word in self.words}
        holders: dict[str, list[int]] = defaultdict(list)
        for cadre, title in posts.values_list("cadre_id", "title"):
            holders[title].append(cadre)
        for title, cadres in holders.items():
            folded = fold(title)
            for word in longer:
                if word.text in folded:
                    self.posts[word].update(cadres)

    def _sought(self, word: Word) -> tuple[str, ...]:
        """A unit's whole name is meant as it stands: half of its characters say 管理局."""
        return word.parts[:1] if Place.UNIT in self.units[word].values() else word.sought

    def _read_people(self, among: CadreQuerySet) -> None:
        also = {*self.duties, *(cadre for cadre, *_where in self.placed)}.union(*self.posts.values())
        like = _any(_name_like(word) for word in self.words) | self.places | Q(pk__in=also)
        people = among.order_by().filter(like if len(also) <= MANY else Q())
        columns = ("pk", "unit_id", "office_id", "name", "pinyin", "pinyin_initials")
        self.people: dict[int, Person] = {row[0]: row for row in people.values_list(*columns)}
        self.elsewhere = {word: self._elsewhere(word) for word in self.words}

    def _elsewhere(self, word: Word) -> dict[int, Place]:
        """Where people answer a word besides their duties; the best place of each."""
        units, offices, people = self.units[word], self.offices[word], self.people
        found: dict[int, Place] = {}
        if offices:
            found = {pk: Place.OFFICE for pk, _unit, office, *_name in people.values() if office in offices}
        for cadre, office, unit in self.placed:
            place = Place.UNIT_AWAY if unit in units else Place.OFFICE if office in offices else None
            if place is not None and cadre in people:
                found[cadre] = min(place, found.get(cadre, place))
        if units:
            found |= {pk: units[unit] for pk, unit, *_rest in people.values() if unit in units}
        found |= dict.fromkeys(self.posts[word] & people.keys(), Place.POST)
        return found | self._by_name(word)

    def candidates(self, reading: Reading) -> set[int]:
        """Who answers every word somehow."""
        found = (self.elsewhere[word].keys() | self.by_duty[word] for word in reading)
        return set.intersection(*map(set, found)) & self.people.keys()

    def _by_name(self, word: Word) -> dict[int, Place]:
        """Only a name with the word's first character can answer it; of pinyin and of mixed words, too many can."""
        first, rows = word.text[0], self.people.values()
        likely: Iterable[Person] = rows
        if word.is_latin:
            likely = (row for row in rows if row[4][:1] == first or row[4].endswith(word.text))
        elif not first.isascii():
            likely = (row for row in rows if first in row[3])
        places = ((row[0], in_name(word, squeeze(row[3]), row[4], row[5])) for row in likely)
        return {pk: place for pk, place in places if place is not None}


def _split(reading: Reading, names: Names) -> Iterator[Reading]:
    """市场监督管理局张三: a unit's name and somebody's, without a blank between them."""
    if len(reading) == 1:
        text = reading[0].text
        for name in names.inside(text):
            yield tuple(Word(part) for part in (name, *text.split(name)) if part)


# --- Ranking -----------------------------------------------------------------------------------------------------

#: Whether a duty answers, then how well; smaller is better.
Rank = tuple[int, int, int, int, int]


def _ranks(reading: Reading, directory: _Directory) -> Iterator[tuple[int, Rank]]:
    """Of thousands whom one word finds by their unit or post, few are ranked one by one."""
    candidates = directory.candidates(reading)
    if len(reading) == 1:
        by_duty, elsewhere = directory.by_duty[reading[0]], directory.elsewhere[reading[0]]
        plain: dict[Place, Rank] = {place: (1, place, place, 0, 0) for place in Place}
        yield from ((pk, plain[elsewhere[pk]]) for pk in candidates - by_duty)
        candidates &= by_duty
    for pk in candidates:
        if (rank := _rank(reading, pk, directory)) is not None:
            yield pk, rank


def _rank(reading: Reading, pk: int, directory: _Directory) -> Rank | None:
    duties, asked, rest, last = directory.duties.get(pk, ()), [], [], False
    for word in reading:
        other = directory.elsewhere[word].get(pk)
        place = min((held.found[word].place for held in duties if word in held.found), default=None)
        if place is not None and place != Place.DUTY_PHRASE and word in directory.asking:
            last, place = last or other is None, Place.DUTY_SOME
        if place is not None and (place < Place.DUTY_SOME or other is None):
            asked.append(place)
        elif other is None:
            return None
        if other is not None:
            rest.append(other)
    if not asked:
        return 1, max(rest), sum(rest), 0, 0
    words, covered, position, _text = max(_answer(reading, held) for held in duties)
    return 2 if last else 0, max(asked), -words, -covered, -position


def _answer(reading: Reading, held: Held) -> tuple[int, int, int, str]:
    """How well one duty answers, to choose the one that is shown."""
    if len(reading) == 1:
        found = held.found.get(reading[0])
        return (1, found.covered, -held.position, held.text) if found else (0, 0, -held.position, held.text)
    all_found = [held.found[word] for word in reading if word in held.found]
    return len(all_found), sum(one.covered for one in all_found), -held.position, held.text


def _hit(pk: int, rank: Rank, reading: Reading, directory: _Directory) -> Hit:
    if rank[0] == 1:
        return Hit(pk, Place(rank[1]))
    duty = max(_answer(reading, held) for held in directory.duties[pk])[-1]
    return Hit(pk, Place(rank[1]), duty, reading)


def find(people: CadreQuerySet, typed: str, day: date) -> list[Hit]:
    """Those of `people` who answer what was typed, best first."""
    return answer(people, typed, day).hits


def answer(people: CadreQuerySet, typed: str, day: date, *, most: int | None = None) -> Found:
    """The same, counted, but only the best `most` of them; six queries whatever is found."""
    wanted = readings(typed)
    if not wanted:
        return Found([], 0, [])
    directory = _Directory(people, wanted, day)
    best: dict[int, tuple[Rank, Reading]] = {}
    for reading in directory.readings:
        for pk, rank in _ranks(reading, directory):
            if pk not in best or rank < best[pk][0]:
                best[pk] = rank, reading
    codes, rows = directory.codes, directory.people

    def key(pk: int) -> tuple[Rank, str, str, str, int]:
        _pk, unit, _office, name, pinyin, _initials = rows[pk]
        return best[pk][0], codes[unit], pinyin, name, pk

    chosen = sorted(best, key=key) if most is None else nsmallest(most, best, key=key)
    return Found([_hit(pk, *best[pk], directory) for pk in chosen], len(best), directory.named)
