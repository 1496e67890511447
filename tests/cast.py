"""The cast of the tests about people and cards.

Two units of different supervision groups, the Kiln Bureau (unit) and Sword Pond town (other_unit), both with hotlines.
In the Kiln Bureau Lin stands in for Chen and Chen for Lin, and Wei's name has a character that few fonts know; Zhou
serves in Sword Pond. The officer and the head are the Kiln Bureau's, the other officer is Sword Pond's, the supervisor
has the Kiln Bureau's group; everybody else is the city's. Nobody has a card until a test issues one.
"""

import io
import itertools
from datetime import date, datetime
from functools import cache
from typing import Any

import pytest
from PIL import Image, ImageChops

from accounts.models import City, Role, SupervisionGroup, Unit, User
from cards import services
from cards.models import Cadre, Card, Consent, Duty, EmploymentKind, Office, Post, Whereabouts
from cards.rules import State
from tests.accounts.factories import NOW, TODAY, give, make_unit, make_user, signed_in

__all__ = ["NOW", "TODAY", "crowd", "declare", "give", "issue_card", "make_cadre", "make_office", "make_unit"]
__all__ += ["make_user", "photograph", "portrait", "signed_in"]

DUTIES = ("受理林木采伐许可", "解答政策咨询")
POSTS = ("科长", "二级主任科员")


# --- Builders ----------------------------------------------------------------------------------------------------


def make_office(unit: Unit, name: str = "办公室", room: str = "301", **fields: Any) -> Office:
    fields.setdefault("location", "主楼三楼")
    fields.setdefault("duty_phone", "0578-7120100")
    return Office.objects.create(unit=unit, name=name, room=room, **fields)


def make_cadre(
    office: Office,
    name: str,
    *,
    posts: tuple[str, ...] = POSTS,
    duties: tuple[str, ...] = DUTIES,
    office_phone: str = "0578-7120101",
    mobile: str = "139 0000 0000",
    stand_in: Cadre | None = None,
    serves_from: date = date(2020, 1, 1),
    user: User | None = None,
) -> Cadre:
    """A person as the unit's officer enters them; give a user to link an account."""
    details = services.CadreDetails(
        name=name,
        office=office,
        posts=posts,
        duties=duties,
        employment_kind=EmploymentKind.CIVIL_SERVANT,
        office_phone=office_phone,
        mobile=mobile,
        stand_in=stand_in,
        serves_from=serves_from,
    )
    cadre = services.cadre_create(unit=office.unit, details=details, actor=None, now=NOW)
    if user is not None:
        cadre.user = user
        cadre.save(update_fields=["user"])
    return cadre


def issue_card(cadre: Cadre, *, reason: str = "", now: datetime = NOW) -> Card:
    """Asked for by one clerk and approved by another; with a reason it replaces the present card."""
    asking, deciding = _clerk("clerk.unit"), _clerk("clerk.city")
    request = services.card_request(cadre=cadre, reason=reason, note="", actor=asking, now=now)
    card = services.card_decide(request=request, approve=True, note="", actor=deciding, now=now)
    assert card is not None
    return card


def _clerk(username: str) -> User:
    return User.objects.filter(username=username).first() or make_user(username, "经办人")


def declare(cadre: Cadre, state: State, *, now: datetime = NOW, **fields: Any) -> Whereabouts:
    """A declaration as it stands in the table, also one whose time is over; `since` is `now` unless given."""
    return Whereabouts.objects.create(
        cadre=cadre, state=state, recorded_at=now, set_by=cadre.user, **{"since": now, **fields}
    )


def portrait(width: int = 600, height: int = 840) -> io.BytesIO:
    """A JPEG that compresses about as badly as a photo of a face; no two are the same."""
    gradient = Image.radial_gradient("L").resize((width, height))
    noise = ImageChops.offset(_noise(width, height), next(_shift))
    out = io.BytesIO()
    Image.merge("RGB", (gradient, noise, Image.blend(gradient, noise, 0.5))).save(out, "JPEG", quality=90)
    out.seek(0)
    return out


_shift = itertools.count()


@cache
def _noise(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 24)


def photograph(cadre: Cadre, *, consent: bool = True, now: datetime = NOW) -> Cadre:
    """A photo for the plaque, and with the cadre's consent for the web page."""
    clerk = _clerk("clerk.unit")
    cadre = services.cadre_photo_set(cadre=cadre, upload=portrait(), actor=clerk, now=now)
    if consent:
        services.consent_give(
            cadre=cadre, subject=Consent.Subject.PHOTO, evidence="签字同意书", actor=clerk, now=now
        )
    return cadre


def crowd(office: Office, number: int, *, cards: bool = True) -> list[Cadre]:
    """Many people of one office at once, complete enough to be printed; the same handful of statements for any number.

    Serials follow those of the unit's counter only by luck: don't issue cards to the same unit afterwards.
    """
    unit, first = office.unit, Cadre.objects.filter(unit=office.unit).count() + 1
    people = Cadre.objects.bulk_create(
        Cadre(
            unit=unit,
            office=office,
            name=f"众{position}",
            office_phone="0578-7120102",
            serves_from=date(2020, 1, 1),
        )
        for position in range(first, first + number)
    )
    Post.objects.bulk_create(Post(cadre=cadre, title="科员", is_primary=True) for cadre in people)
    Duty.objects.bulk_create(Duty(cadre=cadre, position=0, text="办理日常事务") for cadre in people)
    if cards:
        asking, deciding = _clerk("clerk.unit"), _clerk("clerk.city")
        Card.objects.bulk_create(
            Card(
                cadre=cadre,
                serial=f"LQ-{unit.code}-{position:04d}",
                issued_by=asking,
                approved_by=deciding,
                issued_at=NOW,
            )
            for position, cadre in enumerate(people, start=first)
        )
    return people


# --- The city ----------------------------------------------------------------------------------------------------


@pytest.fixture
def city(db: None) -> City:
    city, _made = City.objects.update_or_create(pk=1, defaults={"express_hotline": "0578-7129000"})
    return city


@pytest.fixture
def unit(city: City) -> Unit:
    group = SupervisionGroup.objects.get(number=3)
    return make_unit("D901", "青窑局", hotline="0578-7120110", supervision_group=group)


@pytest.fixture
def other_unit(city: City) -> Unit:
    group = SupervisionGroup.objects.get(number=7)
    return make_unit("T902", "剑潭镇", hotline="0578-7120220", supervision_group=group)


@pytest.fixture
def office(unit: Unit) -> Office:
    return make_office(unit)


@pytest.fixture
def other_office(other_unit: Unit) -> Office:
    return make_office(other_unit, "党政办", "102", location="一楼")


# --- Cadres ------------------------------------------------------------------------------------------------------


@pytest.fixture
def chen(office: Office) -> Cadre:
    return make_cadre(
        office, "陈砚", posts=("副科长",), user=_user("chen", "陈砚", Role.CADRE, unit=office.unit)
    )


@pytest.fixture
def lin(office: Office, chen: Cadre) -> Cadre:
    user = _user("lin", "林一帆", Role.CADRE, unit=office.unit)
    lin = make_cadre(office, "林一帆", stand_in=chen, user=user)
    chen.stand_in = lin
    chen.save(update_fields=["stand_in"])
    return lin


@pytest.fixture
def wei(office: Office) -> Cadre:
    """𬱖 stands outside the Basic Multilingual Plane."""
    return make_cadre(office, "韦诉𬱖", user=_user("wei", "韦诉𬱖", Role.CADRE, unit=office.unit))


@pytest.fixture
def zhou(other_office: Office) -> Cadre:
    return make_cadre(other_office, "周渡", user=_user("zhou", "周渡", Role.CADRE, unit=other_office.unit))


# --- Users with roles; those of the cadres are lin.user, zhou.user… ----------------------------------------------


def _user(username: str, name: str, role: Role, **place: Any) -> User:
    user = make_user(username, name)
    give(user, role, **place)
    return user


@pytest.fixture
def officer(unit: Unit) -> User:
    return _user("officer", "纪明", Role.UNIT_OFFICER, unit=unit)


@pytest.fixture
def other_officer(other_unit: Unit) -> User:
    return _user("other_officer", "季远", Role.UNIT_OFFICER, unit=other_unit)


@pytest.fixture
def head(unit: Unit) -> User:
    return _user("head", "何正", Role.LEADING_GROUP_HEAD, unit=unit)


@pytest.fixture
def express(city: City) -> User:
    return _user("express", "舒直", Role.EXPRESS_STAFF)


@pytest.fixture
def express_head(city: City) -> User:
    return _user("express_head", "舒衡", Role.EXPRESS_HEAD)


@pytest.fixture
def supervisor(unit: Unit) -> User:
    return _user("supervisor", "杜察", Role.SUPERVISOR, group=unit.supervision_group)


@pytest.fixture
def discipline(city: City) -> User:
    return _user("discipline", "严律", Role.DISCIPLINE)


@pytest.fixture
def administrator(city: City) -> User:
    return _user("administrator", "管宁", Role.ADMINISTRATOR)
