"""The demonstration's units and its dozen showcase accounts. Names, numbers and people are invented."""

import csv
import hashlib
import hmac
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import City, Membership, Role, SupervisionGroup, Unit, UnitKind, User
from accounts.seeds import UNITS
from common import demo
from common.models import AuditEntry, OfficeHoursSet
from common.problems import Refused
from common.seeds import DEFAULT_HOURS

#: Numbers with 000 behind the area code are not given to anybody.
CITY_HOTLINE = "0578-000 0003"
#: These come first, so that a small city has a counter, a town and people who differ in their work.
FIRST = ("D053", "T001", "T100", "D039", "D043", "T203", "D058", "D078", "T101", "D042", "D044", "T207")

#: Words in the names of units that are managed by their superiors in the province (垂直管理), and not by the city.
VERTICAL = ("税务", "烟草", "气象", "调查队")

CADRE, TOWN_CADRE = "cadre", "cadre2"
OFFICER, DEPUTY, HEAD = "officer", "deputy", "head"
EXPRESS, SECOND_EXPRESS, EXPRESS_HEAD = "express", "express2", "expresshead"


@dataclass(frozen=True)
class Showcase:
    username: str
    name: str
    role: Role
    #: Positions in the order of units; empty for city roles.
    units: tuple[int, ...]
    first: object
    #: A deputy serves for a time.
    days: int | None = None


SHOWCASE = (
    Showcase(
        CADRE,
        "季知秋",
        Role.CADRE,
        (0,),
        _("On a phone: a usual absence in one tap, last month with its reasons"),
    ),
    Showcase(
        TOWN_CADRE,
        "蓝溪禾",
        Role.CADRE,
        (1,),
        _("On a phone: enter a leave of several days, look at the unit’s month"),
    ),
    Showcase(
        OFFICER,
        "叶望川",
        Role.UNIT_OFFICER,
        (0,),
        _("Submit today’s round in one tap, hand a month to finance"),
    ),
    Showcase(DEPUTY, "项闻笙", Role.UNIT_OFFICER, (1, 2), _("Record a problem in one of two units"), days=60),
    Showcase(
        HEAD,
        "周砚舟",
        Role.LEADING_GROUP_HEAD,
        (0, 1),
        _("Confirm and publish a month, decide on a statement in defence"),
    ),
    Showcase(
        EXPRESS,
        "练清宁",
        Role.EXPRESS_STAFF,
        (),
        _("Review a month, go on with the spot check under way, accept a complaint"),
    ),
    Showcase(SECOND_EXPRESS, "吴嘉岑", Role.EXPRESS_STAFF, (), _("Approve a waiting card")),
    Showcase(
        EXPRESS_HEAD,
        "汤景澄",
        Role.EXPRESS_HEAD,
        (),
        _("Sign the bulletin, compare daily sheets with spot checks"),
    ),
    Showcase("supervisor", "柳松谷", Role.SUPERVISOR, (), _("Look at the group’s visits")),
    Showcase("discipline", "管怀远", Role.DISCIPLINE, (), _("Open the case that was referred")),
    Showcase("admin", "苏青岚", Role.ADMINISTRATOR, (), _("Open an account, print its slip")),
    Showcase("admin2", "鲍明澜", Role.ADMINISTRATOR, (), _("Decide on a lost second factor")),
)

WORDS = (
    "bamboo breeze candle canyon cedar celadon cherry clover copper cotton cricket dawn ember falcon fern "
    "garden ginger glacier granite harbor hazel indigo island ivory jasmine kettle lantern laurel lemon "
    "lotus magnolia maple marble meadow mirror mist moss mountain nectar olive orchid osmanthus pebble "
    "pepper plum porcelain quartz rain raven river saffron sesame silver sparrow spruce summit sunrise "
    "teapot thicket valley walnut willow"
)


# --- May it be built here? -----------------------------------------------------------------------------------------


def check(size: demo.Size) -> None:
    """Refuse more units than there are, and a database in which people already work."""
    known = len(rows())
    if size.units > known:
        raise Refused(
            _("--units may be at most %(most)s: the city has no more; it is %(units)s.")
            % {"most": known, "units": size.units}
        )
    if _has_real_data():
        raise Refused(
            _("This database holds real data: the demonstration is not built into it. Use another DATA_DIR.")
        )


def _has_real_data() -> bool:
    tables = set(connection.introspection.table_names())
    if City._meta.db_table in tables and City.objects.filter(is_demo=True).exists():
        return False
    return any(model._meta.db_table in tables and model.objects.exists() for model in (Unit, User))


# --- Units ---------------------------------------------------------------------------------------------------------


def rows() -> list[dict[str, str]]:
    """All units, the first ones of a small city first; the others so that departments and towns alternate fairly."""
    with UNITS.open(encoding="utf-8", newline="") as file:
        found = {row["code"]: row for row in csv.DictReader(file)}
    first = [found.pop(code) for code in FIRST]
    towns = [row for row in found.values() if row["kind"] != UnitKind.DEPARTMENT]
    departments = [row for row in found.values() if row["kind"] == UnitKind.DEPARTMENT]
    return first + list(_mixed(departments, towns))


def _mixed(many: list[dict[str, str]], few: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    each = max(1, len(many) // max(1, len(few)))
    for index, row in enumerate(many):
        yield row
        if (index + 1) % each == 0 and index // each < len(few):
            yield few[index // each]


def build_units(build: demo.Build) -> str:
    City.objects.update_or_create(pk=1, defaults={"is_demo": True, "express_hotline": CITY_HOTLINE})
    hours = OfficeHoursSet.objects.get(code=DEFAULT_HOURS)
    groups = {group.number: group for group in SupervisionGroup.objects.all()}
    Unit.objects.bulk_create(
        Unit(
            code=row["code"],
            name=row["name"],
            alias=row["alias"],
            kind=row["kind"],
            hotline=f"0578-000 {number:04d}",
            office_hours=hours,
            supervision_group=groups.get(int(row["supervision_group"])),
            vertically_managed=any(word in row["name"] for word in VERTICAL),
        )
        for number, row in enumerate(rows()[: build.size.units], start=101)
    )
    return gettext("%(count)s units in nine supervision groups") % {"count": build.size.units}


def units() -> list[Unit]:
    """The units of the demonstration in their order."""
    found = {unit.code: unit for unit in Unit.objects.select_related("supervision_group")}
    return [found[row["code"]] for row in rows() if row["code"] in found]


# --- Accounts ------------------------------------------------------------------------------------------------------


def build_accounts(build: demo.Build) -> str:
    """People of the showcase with their roles; their passwords are a step of their own."""
    city = units()
    users = [User(username=row.username, name=row.name, created_at=build.now) for row in SHOWCASE]
    for user in users:
        user.set_unusable_password()
    User.objects.bulk_create(users)
    for row, user in zip(SHOWCASE, users, strict=True):
        first, last = build.today - timedelta(days=max(120, 31 * (build.size.months + 1) + 20)), None
        if row.days is not None:
            first, last = build.today - timedelta(days=30), build.today + timedelta(days=row.days)
        for unit, group in _places(row, city):
            Membership.objects.create(
                user=user, role=row.role, unit=unit, group=group, valid_from=first, valid_to=last
            )
    return gettext("%(count)s accounts with a password each") % {"count": len(SHOWCASE)}


def _places(row: Showcase, city: list[Unit]) -> list[tuple[Unit | None, SupervisionGroup | None]]:
    if row.role == Role.SUPERVISOR:
        return [(None, city[0].supervision_group)]
    if not row.units:
        return [(None, None)]
    return [(unit, None) for unit in dict.fromkeys(city[min(place, len(city) - 1)] for place in row.units)]


def password(username: str) -> str:
    """The same on every run of one installation, another one on the next: it hangs on SECRET_KEY."""
    digest, words = _digest(f"demo password {username}"), WORDS.split()
    first = words[digest[0] % len(words)]
    second = words[(digest[0] + 1 + digest[1] % (len(words) - 1)) % len(words)]
    return f"{first}-{second}-{100 + int.from_bytes(digest[2:4]) % 900}"


def _digest(purpose: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), purpose.encode(), hashlib.sha256)


def build_passwords(build: demo.Build) -> str:
    """Set where they are missing, or where SECRET_KEY has changed; never over one that somebody chose."""
    name = f"passwords {_digest('demo passwords')[:4].hex()}"
    users = {
        user.username: user for user in User.objects.filter(username__in=[row.username for row in SHOWCASE])
    }
    chosen = _changed(users)
    if build.marked(name) is None:
        due = [user for username, user in users.items() if username not in chosen]
        # Argon2 lets go of the interpreter: two cores take half the time.
        with ThreadPoolExecutor(2) as pool:
            hashed = pool.map(make_password, [password(user.username) for user in due])
        for number, (user, secret) in enumerate(zip(due, hashed, strict=True), start=1):
            user.password = secret
            build.progress(number, len(due))
        User.objects.bulk_update(due, ["password"])
        build.mark(name)
    city = units()
    for row in SHOWCASE:
        if row.username in users:
            secret = str(_("(changed)")) if row.username in chosen else password(row.username)
            build.accounts.append(
                demo.Account(
                    str(row.role.label), _place_name(row, city), row.username, secret, str(row.first)
                )
            )
    return ""


def _changed(users: dict[str, User]) -> set[str]:
    """Whose password is no longer the demonstration's: changed, set with a slip, or void with a new role."""
    entries = AuditEntry.objects.filter(
        verb__in=("password_changed", "password_voided", "account_activated"),
        subject_type=User._meta.label_lower,
        subject_id__in=[user.pk for user in users.values()],
    )
    ids = set(entries.values_list("subject_id", flat=True))
    return {username for username, user in users.items() if user.pk in ids}


def _place_name(row: Showcase, city: list[Unit]) -> str:
    return "、".join(str(unit or group or "") for unit, group in _places(row, city)) or str(_("whole city"))


def register() -> None:
    demo.register_check(check)
    demo.register("units", build_units, label=_("Units"), order=10)
    demo.register("accounts", build_accounts, label=_("Accounts"), order=20)
    demo.register("passwords", build_passwords, label=_("Passwords"), order=30, once=False)
