"""Offices, people, posts, duties, stand-ins and consents of the demonstration: the same people on every fresh build."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from accounts import demo as accounts
from accounts.models import Unit, UnitKind, User
from cards.demo import names, portraits, work
from cards.models import Cadre, Consent, Duty, EmploymentKind, Office, Placement, PlacementKind, Post
from cards.pinyin import name_keys
from common import calendar, demo
from common.models import AuditEntry
from common.rules import at, local

SEED = "龙泉"
#: Units with twice as many people as the others.
LARGE = ("公安", "市场监督", "税务", "自然资源", "人民医院", "教育", "综合行政执法", "人力资源", "住房和城乡")
ENTERPRISE = ("集团", "公司", "银行")
INSTITUTION = ("中心", "医院", "中学", "党校", "档案", "党史", "管理处")
#: Which unit of the order has which of the names that printing and searching must cope with.
SPECIAL_AT = (0, 1, 0, 2, 2, 3, 3, 4)
SIDE_POSTS = (
    "机关党支部组织委员",
    "工会联络员",
    "普法联络员",
    "团支部书记",
    "驻村工作队队员",
    "河长制联络员",
)
#: 班子: ending of the unit's name, their office, the first one's post, the others'.
LEADERS = (
    ("街道", "街道领导", "党工委书记", ("办事处主任", "党工委副书记")),
    ("镇", "镇领导", "党委书记", ("镇长", "副镇长")),
    ("乡", "乡领导", "党委书记", ("乡长", "副乡长")),
    ("局", "局领导", "局长", ("副局长",)),
    ("公司", "公司领导", "总经理", ("副总经理",)),
    ("医院", "院领导", "院长", ("副院长",)),
    ("中学", "校领导", "校长", ("副校长",)),
    ("", "单位领导", "主任", ("副主任",)),
)
#: So many people does a unit have for each of its leaders; a smaller one has none in the demonstration.
PEOPLE_A_LEADER, MOST_LEADERS = 6, 3
#: Heads the leading groups with an account, and is one of the leaders of the first of them.
DISCIPLINE = next(row for row in accounts.SHOWCASE if row.username == accounts.HEAD)
ENTERED_DAYS_AGO = 45
#: Where the demonstration remembers whom it made; everybody else was entered by somebody.
RANGE = "cadre numbers"
#: Invented: a mobile number of this range is given to nobody.
MOBILE = "1990000{:04d}"


@dataclass
class Draft:
    """A person on the way into the database, with what stands on their plaque."""

    cadre: Cadre
    posts: tuple[str, ...]
    duties: tuple[str, ...]


def build(build: demo.Build) -> str:
    city = accounts.units()
    heads = headcounts(city, build.size.cadres)
    drafts: list[Draft] = []
    for index, (unit, count) in enumerate(zip(city, heads, strict=True)):
        if count:
            drafts += _unit(index, unit, count, build.today, first_number=1000 + len(drafts))
        build.progress(index + 1, len(city))
    _save(drafts)
    cadres = [draft.cadre for draft in drafts]
    _stand_ins(cadres)
    _consents(cadres, build.now)
    _placements(cadres, build.today)
    _entered(cadres, build.now)
    build.mark(RANGE, first=cadres[0].pk, last=cadres[-1].pk)
    offices = len({cadre.office_id for cadre in cadres})
    return _("%(count)s cadres in %(offices)s offices") % {"count": f"{len(cadres):,}", "offices": offices}


def headcounts(city: list[Unit], cadres: int) -> list[int]:
    """How many people each unit has: one each while they last, the others by weight, with nobody left over."""
    weights = [_weight(unit) for unit in city]
    counts = [1 if index < cadres else 0 for index in range(len(city))]
    rest, total = cadres - sum(counts), sum(weights)
    shares = [rest * weight / total for weight in weights]
    counts = [count + int(share) for count, share in zip(counts, shares, strict=True)]
    by_remainder = sorted(range(len(city)), key=lambda index: int(shares[index]) - shares[index])
    for index in by_remainder[: cadres - sum(counts)]:
        counts[index] += 1
    return counts


def _weight(unit: Unit) -> int:
    """No two units are quite alike."""
    more = random.Random(f"{SEED} size {unit.code}").randint(0, 4)
    if unit.kind != UnitKind.DEPARTMENT:
        return 13 + more
    return 20 + more if any(word in unit.name for word in LARGE) else 6 + more


def working_moment(now: datetime, days_ago: int, clock: time) -> datetime:
    """An hour at which offices are open: papers are not signed at night or on a Sunday."""
    day = local(now).date() - timedelta(days=days_ago)
    while not calendar.is_working_day(day):
        day -= timedelta(days=1)
    return at(day, clock)


# --- One unit ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seat:
    """A place behind a door: the office it is in, and how many sat down in that bureau before."""

    office: Office
    bureau: work.Bureau
    rank: int


def _unit(index: int, unit: Unit, count: int, today: date, first_number: int) -> list[Draft]:
    chance = random.Random(f"{SEED} {unit.code}")
    people = _names(index, unit, count, chance)
    leaders = min(count // PEOPLE_A_LEADER, MOST_LEADERS)
    if index == DISCIPLINE.units[0] and leaders > 1:
        people[count - leaders + 1] = (DISCIPLINE.name, False)
    drafts = [
        _draft(unit, seat, name, woman, first_number + place, today, chance)
        for place, (seat, (name, woman)) in enumerate(zip(_seats(unit, count, chance), people, strict=True))
    ]
    return [*drafts[: count - leaders], *_leading(unit, drafts[count - leaders :])]


def _leading(unit: Unit, drafts: list[Draft]) -> Iterator[Draft]:
    """These have the unit's leadership's room and posts."""
    if not drafts:
        return
    office, first, others = next(row[1:] for row in LEADERS if unit.name.endswith(row[0]))
    beside = drafts[0].cadre.office
    room = Office(
        unit=unit,
        name=office,
        room=f"{beside.room[0]}30 室",
        location=beside.location,
        duty_phone=f"0578-000 {_line(unit, 40)}",
    )
    for rank, draft in enumerate(drafts):
        draft.cadre.office, draft.cadre.leads_unit = room, True
        post = others[min(rank, len(others)) - 1] if rank else first
        duty = f"分管{beside.name}工作" if rank else "主持全面工作"
        if draft.cadre.name == DISCIPLINE.name:
            post, duty = "纪检组长", "主持纪检监察工作"
        yield Draft(draft.cadre, (post,), (duty, "接待群众来访"))


def _names(index: int, unit: Unit, count: int, chance: random.Random) -> list[tuple[str, bool]]:
    """The cadre with an account first, then the difficult names, then the others."""
    shown = [row for row in accounts.SHOWCASE if row.username in (accounts.CADRE, accounts.TOWN_CADRE)]
    people = [(row.name, True) for row in shown if row.units == (index,)]
    people += [special for special, where in zip(names.SPECIAL, SPECIAL_AT, strict=True) if where == index]
    taken = {name for name, _woman in people}
    while len(people) < count:
        people.append(names.person(chance, unit.code, taken))
    return people[:count]


def _seats(unit: Unit, count: int, chance: random.Random) -> list[Seat]:
    """Four people to a room at most; as many bureaus as make sense for this many people."""
    bureaus = work.bureaus(unit.name)
    used = bureaus[: max(1, min(len(bureaus), round(count / 2.6)))]
    sizes = [count // len(used) + (place < count % len(used)) for place in range(len(used))]
    building, floor = chance.choice(("", "东楼 ", "西楼 ", "主楼 ", "综合楼 ")), chance.randint(1, 4)
    seats, number = [], 0
    for bureau, size in zip(used, sizes, strict=True):
        storey = 1 if bureau.counter else floor + number // 12
        for rank in range(size):
            if rank % 4 == 0:
                number += 1
                office = Office(
                    unit=unit,
                    name=bureau.name,
                    room=f"{storey}{2 * number:02d} 室",
                    location=f"{building}{storey} 层",
                    duty_phone=f"0578-000 {_line(unit, number)}",
                )
            seats.append(Seat(office, bureau, rank))
    return seats


def _line(unit: Unit, number: int) -> str:
    """A duty phone's last digits, apart from those of people and hotlines."""
    return f"{9000 + (int(unit.code[1:]) * 7 + number) % 1000}"


def _draft(
    unit: Unit, seat: Seat, name: str, woman: bool, number: int, today: date, chance: random.Random
) -> Draft:
    pinyin, initials = name_keys(name)
    shown = any(row.name == name for row in accounts.SHOWCASE)
    cadre = Cadre(
        unit=unit,
        office=seat.office,
        name=name,
        pinyin=pinyin,
        pinyin_initials=initials,
        employment_kind=_employment(unit, chance),
        office_phone=f"0578-000 {1000 + (number - 1000) % 8000}",
        mobile=MOBILE.format(number % 10_000) if shown or chance.random() < 0.35 else "",
        photo=chance.choice(portraits.names(woman)) if shown or chance.random() < 0.88 else "",
        serves_from=date(today.year - chance.randint(1, 22), chance.randint(1, 12), chance.randint(1, 28)),
    )
    posts = [_post(unit, seat, chance)]
    if chance.random() < 0.18:
        posts.append(chance.choice(SIDE_POSTS))
    return Draft(cadre, tuple(posts), _duties(seat, chance))


def _employment(unit: Unit, chance: random.Random) -> str:
    if any(word in unit.name for word in ENTERPRISE):
        return EmploymentKind.ENTERPRISE
    if any(word in unit.name for word in INSTITUTION) or chance.random() < 0.25:
        return EmploymentKind.PUBLIC_INSTITUTION
    return EmploymentKind.CIVIL_SERVANT


def _post(unit: Unit, seat: Seat, chance: random.Random) -> str:
    name = seat.bureau.name
    company = any(word in unit.name for word in ("集团", "公司", "银行"))
    chief = (
        "科长" if name.endswith("科") else "台长" if name.endswith("台") else "经理" if company else "主任"
    )
    if seat.rank == 0:
        return chief
    if seat.rank == 1 and chance.random() < 0.7:
        return f"副{chief}"
    if seat.bureau.counter:
        return (
            "窗口负责人"
            if seat.rank == 1
            else chance.choice(("窗口首席代表", "综合窗口工作人员", "窗口工作人员"))
        )
    if company:
        return chance.choice(("主管", "专员"))
    return chance.choice(("一级科员", "二级主任科员", "四级主任科员", "科员", "工作人员"))


def _duties(seat: Seat, chance: random.Random) -> tuple[str, ...]:
    known = seat.bureau.duties
    if seat.rank == 0:
        return (f"主持{seat.bureau.name}全面工作", *known[:2])
    start = chance.randrange(len(known))
    return tuple(known[(start + step) % len(known)] for step in range(min(len(known), chance.randint(2, 4))))


# --- Into the database ---------------------------------------------------------------------------------------------


def _save(drafts: list[Draft]) -> None:
    """Objects that a foreign key names get their keys first; then everything at once."""
    offices = list({id(draft.cadre.office): draft.cadre.office for draft in drafts}.values())
    Office.objects.bulk_create(offices)
    for draft in drafts:
        draft.cadre.office = draft.cadre.office
    _link_accounts(drafts)
    Cadre.objects.bulk_create([draft.cadre for draft in drafts])
    Post.objects.bulk_create(
        Post(cadre=draft.cadre, title=title, is_primary=not place, position=place)
        for draft in drafts
        for place, title in enumerate(draft.posts)
    )
    Duty.objects.bulk_create(
        Duty(cadre=draft.cadre, position=place, text=text)
        for draft in drafts
        for place, text in enumerate(draft.duties)
    )


def _link_accounts(drafts: list[Draft]) -> None:
    names = (accounts.CADRE, accounts.TOWN_CADRE, accounts.HEAD)
    users = {user.name: user for user in User.objects.filter(username__in=names)}
    for draft in drafts:
        user = users.pop(draft.cadre.name, None)
        if user is not None:
            draft.cadre.user = user


def _stand_ins(cadres: list[Cadre]) -> None:
    """The neighbour in the office, so that there are pairs and chains; a few have nobody."""
    chance = random.Random(f"{SEED} stand-ins")
    units: dict[int, list[Cadre]] = {}
    for cadre in cadres:
        units.setdefault(cadre.unit_id, []).append(cadre)
    for people in units.values():
        for place, cadre in enumerate(people):
            rest = [other for other in people if other.office_id == cadre.office_id and other is not cadre]
            after = [other for other in rest if other.pk > cadre.pk] or rest
            others = after or [other for other in people if other is not cadre]
            if others and (place < 2 or chance.random() < 0.95):
                cadre.stand_in = others[0]
    Cadre.objects.bulk_update([cadre for cadre in cadres if cadre.stand_in_id], ["stand_in"], batch_size=300)


def _consents(cadres: list[Cadre], now: datetime) -> None:
    """Many agreed to their photo on the web, a few to their mobile number (DOMAIN §7)."""
    chance = random.Random(f"{SEED} consents")
    clerk = User.objects.get(username=accounts.SECOND_EXPRESS)
    given = working_moment(now, ENTERED_DAYS_AGO - 4, time(15, 20))
    evidence = f"本人签字同意书（{given.month}月{given.day}日）"
    rows = []
    for cadre in cadres:
        own = cadre.user
        likely = {
            Consent.Subject.PHOTO: 0.72 if cadre.photo else 0,
            Consent.Subject.MOBILE: 0.1 if cadre.mobile else 0,
        }
        for subject, share in likely.items():
            if chance.random() < share or (own and share):
                rows.append(
                    Consent(
                        cadre=cadre,
                        subject=subject,
                        given_at=given,
                        recorded_by=own or clerk,
                        evidence="" if own else evidence,
                    )
                )
    Consent.objects.bulk_create(rows)


def _placements(cadres: list[Cadre], today: date) -> None:
    """Some sit at a window of the service hall, some live in a village for two years."""
    chance = random.Random(f"{SEED} placements")
    halls = _offices("D", "窗口管理科")
    villages = _offices("T", "农业农村办公室")
    rows = []
    for cadre in cadres:
        if cadre.user_id or not cadre.unit.code.startswith("D") or (luck := chance.random()) > 0.03:
            continue
        kind, offices = (
            (PlacementKind.SERVICE_HALL, halls) if luck < 0.015 else (PlacementKind.VILLAGE_POST, villages)
        )
        if offices and cadre.office not in offices:
            since = today - timedelta(days=chance.randint(60, 500))
            rows.append(
                Placement(
                    cadre=cadre,
                    kind=kind,
                    office=chance.choice(offices),
                    valid_from=since,
                    valid_to=since + timedelta(days=730),
                )
            )
    Placement.objects.bulk_create(rows)


def _offices(code: str, name: str) -> list[Office]:
    return list(Office.objects.filter(unit__code__startswith=code, name=name).order_by("pk"))


def _entered(cadres: list[Cadre], now: datetime) -> None:
    clerk = User.objects.get(username=accounts.SECOND_EXPRESS)
    at_work = working_moment(now, ENTERED_DAYS_AGO, time(9, 40))
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=at_work,
            actor=clerk,
            verb="cadre_created",
            subject_type=Cadre._meta.label_lower,
            subject_id=cadre.pk,
            changes={"name": cadre.name},
        )
        for cadre in cadres
    )
