"""Every named URL × every role × own and other unit × method, against the permission table.

A new page needs a row in accounts/permissions.py and, when its address names an object, one line in OBJECTS.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts import services, totp
from accounts.models import (
    GROUP_ROLES,
    UNIT_ROLES,
    Membership,
    Role,
    SecondFactorReset,
    SupervisionGroup,
    Unit,
    User,
)
from accounts.permissions import TABLE, Page, Reach
from appraisal.facts.year import Person, Whole
from appraisal.models import (
    AnnualResult,
    AppraisalSettings,
    Baseline,
    BonusBase,
    Bulletin,
    Circular,
    CountedOutcome,
    LedgerEntry,
    Measure,
    MonthlyReport,
    Objection,
    RectificationOrder,
    Review,
    Rollout,
    Sanction,
    Standard,
    UnitResult,
    Wave,
)
from appraisal.services import bulletins, circulars, month_draft, standards
from attendance import services as inspection
from attendance.draw import Plan
from attendance.models import Correction, Draw, Finding, Item, Mark, OpenRound, SpotCheck
from cards import uploads
from cards.models import (
    Cadre,
    Card,
    CardRequest,
    Office,
    Placement,
    RosterUpload,
    ShiftPattern,
    Transfer,
    Whereabouts,
)
from common import jobs, notices
from common.crypto import encrypt
from common.models import Channel, Delivery, Job, JobItem, Notice
from complaints import hotline, points
from complaints.models import (
    Attachment,
    Complaint,
    Draft,
    DraftImage,
    HotlineSheet,
    Interest,
    VerificationPoint,
)
from complaints.services.cases import complaint_receive
from tests.accounts.factories import NOW, give, give_second_factor, make_unit, make_user
from tests.cast import make_cadre, make_office, photograph

METHODS = ("GET", "POST", "PUT", "DELETE")
ANONYMOUS = ""
WHO = (ANONYMOUS, *Role.values)
OWN = {200, 302, 422}
NOBODY = 10**9
#: Later than any day on which this runs.
FAR = date(2099, 12, 31)


# --- The world ----------------------------------------------------------------------------------------------------


@dataclass
class Place:
    """A unit with one of everything in it."""

    unit: Unit
    office: Office
    cadre: Cadre
    card: Card
    asked: CardRequest
    placement: Placement
    plan: Whereabouts
    job: Job
    roster: RosterUpload
    finding: Finding
    #: Under way in the unit.
    spot: SpotCheck


@dataclass
class World:
    here: Place
    there: Place
    account: User
    membership: Membership
    reset: SecondFactorReset
    #: Somebody from there is to come here, and somebody from here is to go there.
    coming: Transfer
    going: Transfer
    channel: Channel
    delivery: Delivery
    people: dict[str, User] = field(default_factory=dict)
    #: Everybody's own, and one of somebody else.
    notices: dict[str, Notice] = field(default_factory=dict)
    #: Who opens pages now: of some, everybody has an object of their own.
    asking: str = ANONYMOUS


def place(code: str, name: str, group: SupervisionGroup, officer: User, decider: User) -> Place:
    unit = make_unit(code, name, supervision_group=group)
    # Every page about a person is about one who has all that pages can show.
    office = make_office(unit)
    cadre = photograph(make_cadre(office, "钱一"))
    card = Card.objects.create(
        cadre=cadre, serial=f"{code}-0001", issued_by=officer, approved_by=decider, issued_at=NOW
    )
    asked = CardRequest.objects.create(cadre=cadre, reason="lost", requested_by=officer, requested_at=NOW)
    plan = Whereabouts.objects.create(
        cadre=cadre,
        state="leave",
        since=NOW + timedelta(days=2),
        until=NOW + timedelta(days=3),
        recorded_at=NOW,
    )
    placement = Placement.objects.create(
        cadre=cadre,
        kind="village_post",
        office=make_office(unit, "驻村点", "1"),
        valid_from=NOW.date() + timedelta(days=9),
    )
    ShiftPattern.objects.create(unit=unit, name="晚班", spans=[["20:00", "08:00"]])
    return Place(
        unit,
        office,
        cadre,
        card,
        asked,
        placement,
        plan,
        ended_job(unit, officer),
        handed_in(unit, officer),
        found(cadre, officer),
        looked_at(unit, officer),
    )


def looked_at(unit: Unit, planner: User) -> SpotCheck:
    check = SpotCheck.objects.create(
        kind="targeted", reason="回头看", begins_at=NOW, planned_by=planner, planned_at=NOW
    )
    check.units.add(unit)
    return check


def corrected(where: Place) -> Correction:
    """A round that somebody asks to put right, made when a page about one is asked for."""
    if (there := Correction.objects.filter(round__sheet__unit=where.unit).first()) is not None:
        return there
    officer = User.objects.get(username="first")
    round_ = inspection.round_submit(unit=where.unit, scope="", number=1, checker=officer, now=NOW).round
    return inspection.correction_ask(
        round_=round_,
        cadre=where.cadre,
        finding=None,
        # The round may already hold what `tapped` has marked.
        item=Item.objects.get(code="card_not_displayed"),
        minutes=None,
        note="",
        reason="漏记",
        actor=officer,
        now=NOW,
    )


def tapped(where: Place) -> Mark:
    """A problem with a photo in a round on its way, made when its photo is asked for."""
    if (there := Mark.objects.filter(open_round__unit=where.unit).first()) is not None:
        return there
    officer, item = User.objects.get(username="first"), Item.objects.get(code="off_post")
    opened = OpenRound.objects.create(unit=where.unit, day=NOW.date(), checker=officer, begun_at=NOW)
    mark = Mark(
        open_round=opened,
        cadre=where.cadre,
        item=item,
        marked_at=NOW,
        said={"kind": "at_post", "state": "at_post"},
    )
    mark.photo.save("scene.jpg", ContentFile(b"JFIF"), save=False)
    mark.save()
    return mark


def drafted(where: Place) -> MonthlyReport:
    """The month before this one with a finding in it, drafted when a page about it is asked for."""
    if (there := MonthlyReport.objects.filter(unit=where.unit).first()) is not None:
        return there
    AppraisalSettings.objects.update_or_create(pk=1, defaults={"begins": date(2026, 10, 1)})
    stood = {"state": "standing", "decided_at": NOW, "day": date(2026, 10, 20)}
    for person in (where.cadre, None):
        Finding.objects.create(
            unit=where.unit,
            place=where.unit,
            cadre=person,
            item=Item.objects.get(code="off_post" if person else "sheet_missing"),
            at=NOW - timedelta(days=35),
            recorded_at=NOW,
            **stood,
        )
    return month_draft(unit=where.unit, month=date(2026, 10, 1), now=NOW)[0]


def hanging(where: Place) -> MonthlyReport:
    """The same once it is published."""
    report = drafted(where)
    report.state, report.published_at, report.published_until = "published", NOW, NOW.date()
    report.confirmed_at = NOW
    report.confirmed_by = report.published_by = User.objects.get(username="first")
    report.save()
    return report


def objected(where: Place, made_by: User | None = None) -> Objection:
    """An objection to the entry about the person, made when a page about one is asked for."""
    entry = LedgerEntry.objects.get(unit=drafted(where).unit, cadre=where.cadre)
    maker = made_by or User.objects.get(username="first")
    moments = {"made_at": NOW, "due_on": FAR, "text": "当时在开会"}
    objection, _new = Objection.objects.update_or_create(
        finding=entry.finding, defaults={"entry": entry, "made_by": maker, **moments}
    )
    return objection


def issued() -> Bulletin:
    """A bulletin that is signed, made when a page about one is asked for."""
    if (there := Bulletin.objects.signed().first()) is not None:
        return there
    bulletin = Bulletin.objects.create(month=date(2026, 8, 1), drafted_at=NOW)
    content = replace(
        bulletins.read_draft(bulletin, NOW).content, number_text="龙效能办〔2026〕1号", signed_on=NOW.date()
    )
    bulletin.year, bulletin.serial = 2026, 1
    bulletin.signed_by, bulletin.signed_at = User.objects.get(username="express-head"), NOW
    bulletin.content, bulletin.content_hash = json.loads(content.to_json()), content.digest
    bulletin.save()
    return bulletin


def in_wave(where: Place) -> Rollout:
    """A unit in a wave, made when a page about it is asked for."""
    days = {"name": "首批", "begins_on": date(2026, 9, 1), "deadline": date(2026, 9, 30)}
    wave, _new = Wave.objects.get_or_create(number=1, defaults=days)
    return Rollout.objects.get_or_create(unit=where.unit, defaults={"wave": wave})[0]


def ordered(where: Place) -> RectificationOrder:
    """Something to be put right in the unit."""
    first = User.objects.get(username="first")
    given = {"text": "补印门牌", "due_on": date(2026, 9, 30), "ordered_by": first, "ordered_at": NOW}
    return RectificationOrder.objects.get_or_create(unit=where.unit, defaults=given)[0]


def begun() -> Bulletin:
    """The draft of its correction."""
    there = Bulletin.objects.filter(corrects=issued()).first()
    return there or Bulletin.objects.create(
        month=issued().month, corrects=issued(), reason="文字更正", drafted_at=NOW
    )


def measured(where: Place, world: "World", state: str = "proposed") -> Sanction:
    """A measure in this state; for the commission one that was referred."""
    referred = world.asking == Role.DISCIPLINE
    rung = Measure.objects.get(code="referral" if referred else "caution")
    made, _new = Sanction.objects.get_or_create(
        source=f"{rung.code}:{where.unit.code}:{state}",
        defaults={
            "unit": where.unit,
            "cadre": where.cadre,
            "proposed_measure": rung,
            "measure": rung,
            "year": 2026,
            "reason": "多次脱岗",
            "proposed_by": User.objects.get(username="first"),
            "proposed_at": NOW,
            "told_at": None if referred else NOW,
            "defence_until": None if referred else FAR,
        },
    )
    if referred or state == "decided":
        made.state, made.decision_reason, made.decided_on = (
            "referred" if referred else "decided",
            "情况属实",
            NOW.date(),
        )
        made.decided_by, made.decided_at = User.objects.get(username="second"), NOW
        made.document_year, made.document_serial = 2026, made.pk
        made.save()
    return made


def appraised_result(where: Place) -> AnnualResult:
    """The person’s year, decided; made when a page about one is asked for."""
    found = {"content_hash": "0" * 64, "computed_at": NOW, "state": "decided"}
    found |= {
        "figures": Whole(where.unit, "department", False).figures,
        "published_at": NOW,
        "published_until": NOW.date(),
        "decided_at": NOW,
        "decided_by": User.objects.get(username="first"),
    }
    whole, _new = UnitResult.objects.get_or_create(unit=where.unit, year=2026, defaults=found)
    mine = {"unit": where.unit, "unit_result": whole, "content_hash": "0" * 64, "computed_at": NOW}
    mine |= {"employment_kind": "civil_servant", "grade": "competent"}
    mine["figures"] = Person(where.cadre, where.unit, 12, "civil_servant").figures
    return AnnualResult.objects.get_or_create(cadre=where.cadre, year=2026, defaults=mine)[0]


def of_year(where: Place) -> dict[str, Any]:
    return {"year": 2026, "code": appraised_result(where).unit.code}


def on_notice(where: Place) -> dict[str, int]:
    """The year while its public notice hangs."""
    UnitResult.objects.filter(pk=appraised_result(where).unit_result_id).update(state="public")
    return {"year": 2026}


def commendation(where: Place, *, signed: bool = False) -> dict[str, int]:
    appraised_result(where)
    clerk = User.objects.get(username="first")
    circular, _new = Circular.objects.get_or_create(year=2026, defaults={"drafted_at": NOW})
    if signed and not circular.is_signed:
        content = replace(
            circulars.content_of(circular),
            number_text="龙效能办〔2026〕9号",
            signed_on=NOW.date(),
            signed_by="舒衡",
        )
        Circular.objects.update(
            document_year=2026,
            serial=9,
            signed_by=clerk,
            signed_at=NOW,
            content=json.loads(content.to_json()),
            content_hash=content.digest,
        )
    return {"year": 2026}


def reviewed(where: Place, world: "World", stage: str = "review", made_by: User | None = None) -> Review:
    """A review of a measure, or an appeal, made when a page about one is asked for."""
    maker = made_by or User.objects.get(username="first")
    moments = {"made_at": NOW, "due_on": FAR, "text": "当日参加会议"}
    sanction = measured(where, world, "decided")
    return Review.objects.update_or_create(
        sanction=sanction, stage=stage, defaults={"made_by": maker, **moments}
    )[0]


def of_month(report: MonthlyReport) -> dict[str, Any]:
    return {"code": report.unit.code, "month": f"{report.month:%Y-%m}"}


def complained(where: Place, about: str = "open") -> Complaint:
    """A complaint being handled, or one that was closed, made when a page about one is asked for."""
    number = {"open": f"2026-{where.unit.pk:04}", "closed": f"2026-9{where.unit.pk:03}"}[about]
    if (there := Complaint.objects.filter(number=number).first()) is not None:
        return there
    case, _receipt = complaint_receive(
        channel="card",
        unit=where.unit,
        cadre=where.cadre,
        text="无人在岗",
        received_at=NOW,
        actor=None,
        now=NOW,
    )
    case.number, case.state, case.accepted_at = number, "accepted", NOW
    case.handler = User.objects.get(username="express-staff")
    if about == "closed":
        told = {"outcome": "partly", "statement": "窗口空岗。", "closed_at": NOW, "answered_at": NOW}
        for name, value in {**told, "state": "answered"}.items():
            setattr(case, name, value)
    case.save()
    return case


def declared(user: User, cadre: Cadre) -> Interest:
    interest, _new = Interest.objects.get_or_create(
        user=user, cadre=cadre, defaults={"reason": "表亲", "declared_at": NOW}
    )
    return interest


def sketched() -> DraftImage:
    """A photo of somebody who is writing."""
    return DraftImage.objects.create(draft=Draft.objects.create(created_at=NOW), data=b"JFIF")


def orders_of(user: User) -> HotlineSheet:
    """Work orders of 12345 that somebody is looking through."""
    found = HotlineSheet.objects.filter(uploaded_by=user).first()
    return found or HotlineSheet.objects.create(
        data=hotline.template(), uploaded_by=user, created_at=timezone.now()
    )


def at_desk(world: "World") -> Complaint:
    """A case with a picture; for the commission one that was referred to it."""
    case = complained(world.here)
    if not case.attachments.exists():
        Attachment.objects.create(complaint=case, data=b"JFIF")
    if world.asking == Role.DISCIPLINE:
        case.state, case.referral_reason = "referred", "涉嫌违纪"
        case.save()
    return case


def substantiated(world: "World") -> Complaint:
    """A case about a person that came to something, and counts as nothing yet."""
    case = complained(world.here)
    case.state, case.outcome, case.statement, case.cadre = "closed", "substantiated", "属实", world.here.cadre
    case.closed_at = NOW
    case.save()
    return case


def counted_outcome(world: "World") -> Complaint:
    """The same once it counts."""
    case = substantiated(world)
    made = {"reason": "情节轻微", "counted_by": world.people[Role.EXPRESS_HEAD], "counted_at": NOW}
    CountedOutcome.objects.get_or_create(complaint=case, defaults=made)
    return case


def proposed(world: "World") -> Standard:
    """A version of the standard that waits for a head, made when a page about one is asked for."""
    if (there := Standard.objects.filter(adopted_at=None).first()) is not None:
        return there
    base = standards.newest_adopted()
    assert base is not None
    values = {**standards.values_of(base), "effective_from": timezone.localdate() + timedelta(days=9)}
    return standards.standard_propose(
        values={**values, "cents_per_point": 3000, "note": "提高标准"},
        actor=world.people[Role.EXPRESS_STAFF],
        now=timezone.now(),
    )


def asked(where: Place, to: str) -> VerificationPoint:
    """A question to the person, to the unit, or one that the head decides on."""
    case = complained(where)
    whom = {"unit": where.unit} if to == "unit" else {"cadre": where.cadre}
    moments = {} if to == "held" else {"asked_at": NOW, "due_at": NOW + timedelta(days=1)}
    point, _new = VerificationPoint.objects.get_or_create(
        complaint=case,
        would_identify=to == "held",
        **whom,
        defaults={"text": "当时是否在岗", "written_by": case.handler, "written_at": NOW, **moments},
    )
    return point


def drawn(world: "World") -> Draw:
    """A draw that is over, made when a page about one is asked for."""
    if (there := Draw.objects.first()) is not None:
        return there
    frozen, express = datetime(2026, 1, 2, 1, tzinfo=UTC), world.people[Role.EXPRESS_STAFF]
    draw = inspection.draw_freeze(
        plan=Plan(departments=1, towns=0, people=1, leaders=0, begins_at=frozen + timedelta(hours=2)),
        inspectors=[express, world.people[Role.EXPRESS_HEAD]],
        public_source="三枚骰子",
        actor=express,
        now=frozen,
    )
    revealed = frozen + timedelta(hours=1)
    inspection.draw_reveal(draw=draw, value="3 5 6", witnesses="公证处", actor=express, now=revealed)
    return Draw.objects.get()


def handed_in(unit: Unit, officer: User) -> RosterUpload:
    """A roster with everything that its preview can show."""
    upload = RosterUpload.objects.create(
        unit=unit,
        file_name="名册.xlsx",
        digest="0" * 64,
        plan_digest="0" * 64,
        uploaded_by=officer,
        uploaded_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )
    person = {"row": 5, "name": "钱一", "unit": unit.name}
    shown = {
        "rows": 4,
        "unchanged": 1,
        "photos": 1,
        "offices": ["新科 309"],
        "problems": [{"row": 4, "column": "E 姓名", "sentence": "不能为空。"}],
        "notes": [{"row": 6, "sentence": "没有照片。"}, {"row": 0, "sentence": "没有人提到：a.jpg。"}],
        "changed": [{**person, "changes": [{"label": "办公电话", "old": "1", "new": "2"}]}],
        "created": [{**person, "office": "新科 309", "post": "科员", "photo": True}],
    }
    uploads.folder(upload).mkdir(parents=True)
    (uploads.folder(upload) / uploads.SHEET).write_bytes(b"PK")
    (uploads.folder(upload) / uploads.PREVIEW).write_text(json.dumps(shown))
    return upload


def found(cadre: Cadre, officer: User) -> Finding:
    """A problem with a photo, which the person was told of."""
    finding = Finding(
        unit=cadre.unit,
        place=cadre.unit,
        cadre=cadre,
        item=Item.objects.get(code="off_post"),
        day=NOW.date(),
        at=NOW,
        recorder=officer,
        recorded_at=NOW,
        told_at=NOW,
        told_how="in_app",
        defence_until=FAR,
    )
    finding.photo.save("scene.jpg", ContentFile(b"JFIF"), save=False)
    finding.save()
    return finding


def transfer(from_place: Place, to_place: Place, officer: User) -> Transfer:
    return Transfer.objects.create(
        cadre=from_place.cadre,
        from_unit=from_place.unit,
        to_unit=to_place.unit,
        first_day=NOW.date(),
        proposed_by=officer,
        proposed_at=NOW,
    )


def given_up(channel: Channel, officer: User) -> Delivery:
    notice = Notice.objects.create(kind="channel_test", key="given up", created_at=NOW)
    ended = {"state": "given_up", "ended_at": NOW, "last_error": "refused", "attempts": 9}
    return Delivery.objects.create(notice=notice, channel=channel, due_at=NOW, give_up_at=NOW, **ended)


def ended_job(unit: Unit, officer: User) -> Job:
    """A file to fetch, all of them together, and something that has failed."""
    job = Job.objects.create(
        kind="test",
        title="打印",
        unit_id=unit.pk,
        language="en",
        state=Job.State.DONE,
        once=unit.code,
        created_by=officer,
        created_at=NOW,
        finished_at=NOW,
        archive="all.zip",
        files_until=NOW + timedelta(days=1),
    )
    JobItem.objects.create(job=job, position=1, key="1", label="一", state=JobItem.State.DONE, file="1.pdf")
    JobItem.objects.create(
        job=job, position=2, key="2", label="二", state=JobItem.State.FAILED, note="缺照片"
    )
    for name in ("1.pdf", "all.zip"):
        with jobs.draft(job, name) as path:
            path.write_bytes(b"%PDF-1.7")
    return job


@pytest.fixture
def world(db: None, settings, tmp_path) -> World:
    """One person for each role, at home `here`; `there` is another unit, of another supervision group."""
    settings.MEDIA_ROOT = settings.DATA_DIR = tmp_path
    groups = list(SupervisionGroup.objects.order_by("number")[:2])
    officer, decider = make_user("first"), make_user("second")
    here = place("D901", "示例局甲", groups[0], officer, decider)
    there = place("D902", "示例局乙", groups[1], officer, decider)
    account = make_user("account", "韦诉")
    give_second_factor(account)
    membership = give(account, Role.CADRE, unit=there.unit)
    reset = services.second_factor_reset_request(user=account, reason="手机遗失", actor=officer, now=NOW)
    coming, going = transfer(there, here, officer), transfer(here, there, officer)
    group = Channel.objects.create(
        kind="apprise",
        address=encrypt("feishu://abc"),
        label="工作群",
        confirmed_at=NOW,
        created_by=officer,
        created_at=NOW,
    )
    built = World(here, there, account, membership, reset, coming, going, group, given_up(group, officer))
    for role in Role.values:
        user = built.people[role] = make_user(role.replace("_", "-"))
        give(
            user,
            role,
            unit=here.unit if role in UNIT_ROLES else None,
            group=groups[0] if role in GROUP_ROLES else None,
        )
    inspectors = (Role.EXPRESS_STAFF, Role.EXPRESS_HEAD, Role.SUPERVISOR)
    here.spot.inspectors.set(built.people[role] for role in inspectors)
    give_second_factor(built.people[Role.CADRE])
    Cadre.objects.filter(pk=here.cadre.pk).update(user=built.people[Role.CADRE])
    # Nobody signs in without a password; that nobody knows this one is enough here.
    User.objects.update(password="argon2$nobody's")
    for role, user in built.people.items():
        built.people[role] = User.objects.get(pk=user.pk)
    told = {**built.people, "account": account}
    for role, user in told.items():
        notices.send(kind="channel_test", key="told", to=[user.pk], params={}, now=NOW)
        built.notices[role] = Notice.objects.get(user=user)
    return built


# --- Objects: one line for each page whose address names one -----------------------------------------------------

Kwargs = dict[str, Any]


def of_place(**attributes: str) -> Callable[[World], tuple[Kwargs, Kwargs]]:
    """Keyword -> dotted attribute of a Place; one's own `here`, the other `there`."""

    def build(world: World) -> tuple[Kwargs, Kwargs]:
        return tuple(  # type: ignore[return-value]
            {name: _dotted(where, path) for name, path in attributes.items()}
            for where in (world.here, world.there)
        )

    return build


def baseline() -> Baseline:
    """There whenever somebody asks for it: whoever may has removed the one before."""
    author = User.objects.get(username="express-head")
    facts = {"value": 80, "source": "2025年统计", "entered_by": author, "entered_at": NOW}
    return Baseline.objects.get_or_create(indicator="rating", month=date(2025, 1, 1), defaults=facts)[0]


def based(there: Place) -> BonusBase:
    facts = {"cents": 120_000, "entered_by": User.objects.get(username="first"), "entered_at": NOW}
    return BonusBase.objects.get_or_create(cadre=there.cadre, since=date(2026, 1, 1), defaults=facts)[0]


def of_city(**attributes: str) -> Callable[[World], tuple[Kwargs, Kwargs]]:
    """Keyword -> dotted attribute of the world; whoever reaches the whole city finds no other's, only nothing."""

    def build(world: World) -> tuple[Kwargs, Kwargs]:
        return {name: _dotted(world, path) for name, path in attributes.items()}, dict.fromkeys(
            attributes, NOBODY
        )

    return build


def _dotted(thing: Any, path: str) -> Any:
    for name in path.split("."):
        thing = getattr(thing, name)
    return thing


WAVES = ("wave_edit", "wave_units")
ROLLING_OUT = ("rollout_unit", "rollout_edit", "rollout_deadline", "rollout_hotlines", "rollout_complete")
ROLLING_OUT += ("rollout_report", "rollout_reopen", "visit_new", "order_new")

STEPS_OF_YEARS = ("grades", "propose", "publish", "decide", "send_back", "quota", "commend", "commend_undo")
STEPS_OF_RESULTS = ("result", "hand_over", "look_again", "result_commend", "result_commend_undo")
STEPS_OF_RESULTS += ("result_notice", "result_file")


OBJECTS: dict[str, Callable[[World], tuple[Kwargs, Kwargs]]] = {
    # Public: the other one is a code that no card has
    "card": lambda world: ({"token": world.here.card.token}, {"token": "0" * 16}),
    "card_vcard": lambda world: ({"token": world.here.card.token}, {"token": "0" * 16}),
    "card_photo": lambda world: ({"token": world.here.card.token}, {"token": "0" * 16}),
    "door": lambda world: ({"token": world.here.office.door_token}, {"token": "0" * 16}),
    "door_png": lambda world: ({"token": world.here.office.door_token}, {"token": "0" * 16}),
    # People and cards
    "my_plan_cancel": of_place(pk="plan.pk"),
    "board_unit": of_place(code="unit.code"),
    "cadre": of_place(pk="cadre.pk"),
    "cadre_edit": of_place(pk="cadre.pk"),
    "cadre_photo": of_place(pk="cadre.pk"),
    "cadre_whereabouts": of_place(pk="cadre.pk"),
    "cadre_plan_cancel": of_place(pk="cadre.pk", plan_pk="plan.pk"),
    "cadre_consent": of_place(pk="cadre.pk"),
    "cadre_end_service": of_place(pk="cadre.pk"),
    "cadre_account": of_place(pk="cadre.pk"),
    "roster_preview": of_place(pk="roster.pk"),
    "roster_confirm": of_place(pk="roster.pk"),
    "placement_new": of_place(pk="cadre.pk"),
    "placement_edit": of_place(pk="cadre.pk", placement_pk="placement.pk"),
    "placement_end": of_place(pk="cadre.pk", placement_pk="placement.pk"),
    "transfer_new": of_place(pk="cadre.pk"),
    "transfer_decide": lambda world: ({"pk": world.coming.pk}, {"pk": world.going.pk}),
    "transfer_withdraw": lambda world: ({"pk": world.going.pk}, {"pk": world.coming.pk}),
    "card_request": of_place(pk="cadre.pk"),
    "card_revoke": of_place(pk="cadre.pk"),
    "card_plaque": of_place(pk="cadre.pk"),
    "card_contact": of_place(pk="cadre.pk"),
    "card_decide": of_place(pk="asked.pk"),
    "office_edit": of_place(pk="office.pk"),
    "shift_pattern": lambda world: tuple(
        {"pk": place.unit.shift_patterns.get().pk} for place in (world.here, world.there)
    ),
    # Long work
    "job": of_place(pk="job.pk"),
    "job_file": lambda world: tuple(
        {"pk": place.job.pk, "position": 1} for place in (world.here, world.there)
    ),
    "job_archive": of_place(pk="job.pk"),
    "job_retry": of_place(pk="job.pk"),
    # Notices
    "notice": lambda world: (
        {"pk": world.notices[world.asking or "account"].pk},
        {"pk": world.notices["account"].pk if world.asking else NOBODY},
    ),
    "channel_switch": of_city(pk="channel.pk"),
    "channel_test": of_city(pk="channel.pk"),
    "delivery_retry": of_city(pk="delivery.pk"),
    # Working days and office hours
    "calendar_year": lambda world: ({"year": 2026}, {"year": NOBODY}),
    "calendar_year_edit": lambda world: ({"year": 2026}, {"year": NOBODY}),
    "office_hours_set": of_city(pk="here.unit.office_hours_id"),
    "office_hours_edit": of_city(pk="here.unit.office_hours_id"),
    # The daily sheet
    "sheet": of_place(code="unit.code"),
    "sheet_mark": of_place(code="unit.code"),
    "sheet_person": of_place(code="unit.code", pk="cadre.pk"),
    "sheet_verified": of_place(code="unit.code"),
    "sheet_submit": of_place(code="unit.code"),
    "sheet_discard": of_place(code="unit.code"),
    "mark_photo": lambda world: tuple({"pk": tapped(p).pk} for p in (world.here, world.there)),
    # What remains of the daily sheets
    "round": lambda world: tuple({"pk": corrected(p).round_id} for p in (world.here, world.there)),
    "sheet_paper": of_place(code="unit.code"),
    "sheet_blank": of_place(code="unit.code"),
    "correction_new": lambda world: tuple(
        {"pk": corrected(p).round_id, "cadre_pk": p.cadre.pk} for p in (world.here, world.there)
    ),
    "correction": lambda world: tuple({"pk": corrected(p).pk} for p in (world.here, world.there)),
    # Findings
    "my_finding": of_place(pk="finding.pk"),
    "finding": of_place(pk="finding.pk"),
    "finding_tell": of_place(pk="finding.pk"),
    "finding_defend": of_place(pk="finding.pk"),
    "finding_decide": of_place(pk="finding.pk"),
    "finding_photo": of_place(pk="finding.pk"),
    # The month
    "month": lambda world: tuple(of_month(drafted(p)) for p in (world.here, world.there)),
    **{
        f"month_{step}": lambda world: tuple(of_month(drafted(p)) for p in (world.here, world.there))
        for step in ("confirm", "publish", "report", "nil", "accept", "send_back")
    },
    "month_sheet": lambda world: tuple(of_month(hanging(p)) for p in (world.here, world.there)),
    "entry": lambda world: tuple(of_month(drafted(p)) | {"sequence": 1} for p in (world.here, world.there)),
    "entry_print": lambda world: tuple(
        of_month(drafted(p)) | {"sequence": 1} for p in (world.here, world.there)
    ),
    "my_month": lambda world: ({"month": f"{drafted(world.here).month:%Y-%m}"}, {"month": "2026-09"}),
    "unit_month": lambda world: ({"month": f"{hanging(world.here).month:%Y-%m}"}, {"month": "2026-09"}),
    "my_entry": lambda world: tuple(
        {"code": drafted(p).unit.code, "sequence": 1} for p in (world.here, world.there)
    ),
    # Objections, and what is proposed to be withheld
    **{
        name: lambda world: tuple(
            {"code": drafted(p).unit.code, "sequence": 1} for p in (world.here, world.there)
        )
        for name in ("objection_new", "objection_enter")
    },
    **{
        name: lambda world: tuple({"pk": objected(p).pk} for p in (world.here, world.there))
        for name in ("my_objection", "objection", "objection_decide")
    },
    "objection_withdraw": lambda world: (
        {"pk": objected(world.here, world.people.get(world.asking)).pk},
        {"pk": objected(world.there).pk},
    ),
    **{
        name: lambda world: tuple(of_month(drafted(p)) for p in (world.here, world.there))
        for name in (
            "withholdings",
            "withholdings_xlsx",
            "withholdings_send",
            "withholdings_execute",
            "withholdings_not_execute",
        )
    },
    **{
        name: lambda world: tuple({"pk": drafted(p).proposals.get().pk} for p in (world.here, world.there))
        for name in (
            "my_withholding",
            "withholding_execute",
            "withholding_not_execute",
            "withholding_paid_back",
        )
    },
    # Measures of the ladder
    **{
        name: lambda world: tuple({"pk": measured(p, world).pk} for p in (world.here, world.there))
        for name in ("sanction", "sanction_tell", "sanction_defend", "sanction_decide", "sanction_serve")
    },
    **{
        name: lambda world: tuple({"pk": measured(p, world).pk} for p in (world.here, world.there))
        for name in ("sanction_pdf", "sanction_clues", "my_sanction")
    },
    **{
        name: lambda world: tuple({"pk": measured(p, world, "decided").pk} for p in (world.here, world.there))
        for name in ("sanction_set_aside", "my_sanction_pdf")
    },
    "trigger": lambda world: ({"code": "COMP-2"}, {"code": "0" * 9}),
    # Reviews and appeals
    **{
        name: lambda world: tuple({"pk": measured(p, world).pk} for p in (world.here, world.there))
        for name in ("my_sanction_review", "sanction_review")
    },
    "my_year_review": lambda world: ({"year": appraised_result(world.here).year}, {"year": 1999}),
    "result_review": lambda world: tuple({"pk": appraised_result(p).pk} for p in (world.here, world.there)),
    **{
        name: lambda world: tuple({"pk": reviewed(p, world).pk} for p in (world.here, world.there))
        for name in ("my_review", "review", "review_decide")
    },
    "appeal_enter": lambda world: tuple(
        {"pk": reviewed(p, world, "appeal").pk} for p in (world.here, world.there)
    ),
    "review_withdraw": lambda world: (
        {"pk": reviewed(world.here, world, made_by=world.people.get(world.asking)).pk},
        {"pk": reviewed(world.there, world).pk},
    ),
    # Records, and what is asked of posts
    "record": of_place(pk="cadre.pk"),
    "record_pdf": of_place(pk="cadre.pk"),
    **{
        name: lambda world: tuple({"pk": p.cadre.pk, "year": 2026} for p in (world.here, world.there))
        for name in ("responsibility", "responsibility_edit")
    },
    # Bonus bases
    "bonus_person": of_place(pk="cadre.pk"),
    "bonus_set": of_place(pk="cadre.pk"),
    "bonus_remove": lambda world: tuple({"pk": based(p).pk} for p in (world.here, world.there)),
    "baseline_remove": lambda world: ({"pk": baseline().pk}, {"pk": NOBODY}),
    # The year, and its commendation
    **{
        name: lambda world: ({"year": appraised_result(world.here).year}, {"year": NOBODY})
        for name in ("year", "year_eligible", "my_year", "my_year_notice", "my_year_file", "circular_draft")
    },
    **{
        f"unit_year{step}": lambda world: tuple(of_year(p) for p in (world.here, world.there))
        for step in ("", *(f"_{name}" for name in STEPS_OF_YEARS), "_notice", "_file")
    },
    **{
        f"unit_year_{step}": lambda world: tuple(
            of_year(p) | {"pk": appraised_result(p).pk} for p in (world.here, world.there)
        )
        for step in STEPS_OF_RESULTS
    },
    "my_unit_year": lambda world: (on_notice(world.here), {"year": NOBODY}),
    **{
        name: lambda world: (commendation(world.here), {"year": NOBODY})
        for name in ("circular", "circular_edit", "circular_sign", "circular_pdf", "circular_docx")
    },
    "public_circular": lambda world: (commendation(world.here, signed=True), {"year": NOBODY}),
    # Bulletins
    **{
        name: lambda world: ({"pk": issued().pk}, {"pk": NOBODY})
        for name in ("bulletin", "bulletin_pdf", "bulletin_docx", "bulletin_xlsx")
    },
    **{
        name: lambda world: ({"pk": issued().pk}, {"pk": NOBODY})
        for name in ("bulletin_complaints", "bulletin_correct")
    },
    **{
        name: lambda world: ({"pk": begun().pk}, {"pk": NOBODY})
        for name in ("bulletin_edit", "bulletin_sign", "bulletin_discard")
    },
    **{
        name: lambda world: ({"year": 2026, "serial": issued().serial}, {"year": 2026, "serial": NOBODY})
        for name in ("public_bulletin", "public_bulletin_pdf")
    },
    # The rollout
    **{
        name: lambda world: ({"number": in_wave(world.here).wave.number}, {"number": NOBODY})
        for name in WAVES
    },
    **{
        name: lambda world: tuple({"code": in_wave(p).unit.code} for p in (world.here, world.there))
        for name in ROLLING_OUT
    },
    **{
        name: lambda world: tuple({"pk": ordered(p).pk} for p in (world.here, world.there))
        for name in ("order", "order_answer", "order_check")
    },
    # Complaints: questions, and what the accused is shown
    "my_point": lambda world: tuple({"token": asked(p, "cadre").token} for p in (world.here, world.there)),
    "unit_point": lambda world: tuple({"token": asked(p, "unit").token} for p in (world.here, world.there)),
    "unit_point_return": lambda world: tuple(
        {"token": asked(p, "unit").token} for p in (world.here, world.there)
    ),
    "my_statement": lambda world: tuple(
        {"token": points.statement_token(complained(p, "closed"))} for p in (world.here, world.there)
    ),
    "complaint_point_new": lambda world: ({"number": complained(world.here).number}, {"number": "0" * 9}),
    "complaint_point_decide": lambda world: (
        {"number": complained(world.here).number, "token": asked(world.here, "held").token},
        {"number": complained(world.here).number, "token": "0" * 16},
    ),
    "complaint_point_answer": lambda world: (
        {"number": complained(world.here).number, "token": asked(world.here, "cadre").token},
        {"number": complained(world.here).number, "token": "0" * 16},
    ),
    # Complaints at the desk
    "interest_withdraw": lambda world: (
        {"pk": declared(world.people.get(world.asking, world.account), world.there.cadre).pk},
        {"pk": declared(world.people[Role.CADRE], world.there.cadre).pk},
    ),
    "hotline_sheet": lambda world: (
        {"token": orders_of(world.people.get(world.asking, world.account)).token},
        {"token": orders_of(world.people[Role.CADRE]).token},
    ),
    "complain_image": lambda world: ({"token": sketched().token}, {"token": "0" * 16}),
    "complaint": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_image": lambda world: (
        {"number": at_desk(world).number, "token": at_desk(world).attachments.get().token},
        {"number": at_desk(world).number, "token": "0" * 16},
    ),
    "complaint_unmask": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_receipt_renew": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_accept": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_refuse": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_dispatch": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_assign": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_link": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_extend": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_submit": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_send_back": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_close": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_feed_back": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_refer": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_call_back": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "complaint_recuse": lambda world: ({"number": at_desk(world).number}, {"number": "0" * 9}),
    "outcome": lambda world: ({"number": substantiated(world).number}, {"number": "0" * 9}),
    "outcome_undo": lambda world: ({"number": counted_outcome(world).number}, {"number": "0" * 9}),
    "draw": lambda world: ({"token": drawn(world).token}, {"token": "0" * 16}),
    "draw_data": lambda world: ({"token": drawn(world).token}, {"token": "0" * 16}),
    "draw_pool": lambda world: ({"token": drawn(world).token}, {"token": "0" * 16}),
    "draw_reveal": lambda world: ({"pk": drawn(world).pk}, {"pk": NOBODY}),
    "draw_again": lambda world: ({"pk": drawn(world).pk}, {"pk": NOBODY}),
    "draw_call_off": lambda world: ({"pk": drawn(world).pk}, {"pk": NOBODY}),
    "spot_check": of_place(pk="spot.pk"),
    "spot_door": of_place(pk="spot.pk", office_pk="office.pk"),
    "spot_person": of_place(pk="spot.pk", cadre_pk="cadre.pk"),
    "spot_close": of_place(pk="spot.pk"),
    "spot_cancel": of_place(pk="spot.pk"),
    "standard": lambda world: ({"version": 1}, {"version": NOBODY}),
    "standard_edit": lambda world: ({"version": proposed(world).version}, {"version": NOBODY}),
    "standard_preview": lambda world: ({"version": proposed(world).version}, {"version": NOBODY}),
    "standard_adopt": lambda world: ({"version": proposed(world).version}, {"version": NOBODY}),
    "standard_withdraw": lambda world: ({"version": proposed(world).version}, {"version": NOBODY}),
    "item_edit": lambda world: ({"pk": Item.objects.get(code="late").pk}, {"pk": NOBODY}),
    "item_move": lambda world: ({"pk": Item.objects.get(code="late").pk}, {"pk": NOBODY}),
    # Accounts
    "user": of_city(pk="account.pk"),
    "unit": of_city(pk="here.unit.pk"),
    "unit_merge": of_city(pk="here.unit.pk"),
    "user_membership_new": of_city(pk="account.pk"),
    "user_membership_end": of_city(pk="account.pk", membership_pk="membership.pk"),
    "user_slip": of_city(pk="account.pk"),
    "user_active": of_city(pk="account.pk"),
    "user_reset_second_factor": of_city(pk="account.pk"),
    "second_factor_reset_decide": of_city(pk="reset.pk"),
}


# --- The expectation, derived from the row ------------------------------------------------------------------------


def expected(page: Page, who: str, method: str, own: bool) -> set[int]:
    if not page.public:
        if who == ANONYMOUS:
            return {302}
        if page.roles and who not in page.roles:
            return {403}
    if method not in page.methods:
        return {405}
    return OWN if own else {404}


def addresses(name: str, page: Page, who: str, world: World) -> Iterator[tuple[str, bool]]:
    """The page's addresses with the object that is one's own, and with one that is not."""
    if name not in OBJECTS:
        yield reverse(name), True
        return
    own, other = OBJECTS[name](world)
    if page.roles.get(who) == Reach.CITY:
        other = {key: NOBODY if isinstance(value, int) else "0" * 16 for key, value in other.items()}
    yield reverse(name, kwargs=own), True
    yield reverse(name, kwargs=other), False


def client_for(who: str, world: World) -> Client:
    client, world.asking = Client(), who
    if who != ANONYMOUS:
        client.force_login(world.people[who])
        # The picture of the secret is there while one is being set up.
        session = client.session
        totp.pending_or_new(session, NOW)
        session.save()
    return client


def status(client: Client, method: str, address: str) -> tuple[int, str]:
    """What the page answers, and where it leads; nothing of it stays, signing out neither."""
    cookies = client.cookies.output(header="", sep=";")
    with transaction.atomic():
        response = client.generic(method, address)
        client.cookies = SimpleCookie(cookies)
        if response.streaming:
            b"".join(response)
        transaction.set_rollback(True)
    return response.status_code, response.headers.get("Location", "")


# --- The tests ----------------------------------------------------------------------------------------------------


def named(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from named(pattern.url_patterns)
        else:
            yield pattern


def unlisted() -> set[str]:
    """Addresses without a row; one without a name could have none."""
    return {pattern.name or str(pattern.pattern) for pattern in named(get_resolver().url_patterns)} - set(
        TABLE
    )


def test_every_address_has_a_row():
    assert unlisted() == set()


def test_every_row_has_an_address():
    assert set(TABLE) - {pattern.name for pattern in named(get_resolver().url_patterns)} == set()


def test_an_address_names_an_object_where_the_row_says_so():
    with_object = {p.name for p in named(get_resolver().url_patterns) if p.pattern.regex.groups}
    assert with_object == {name for name, page in TABLE.items() if page.detail}
    assert with_object == set(OBJECTS)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_the_page_answers_each_role_as_its_row_says(world, name):
    page, wrong = TABLE[name], []
    for who in WHO:
        client = client_for(who, world)
        for address, own in addresses(name, page, who, world):
            for method in METHODS:
                answer, location = status(client, method, address)
                wanted = expected(page, who, method, own)
                to_sign_in = location.startswith("/sign-in/?next=") or location == "/sign-in/"
                shut_out = not page.public and who == ANONYMOUS
                if answer not in wanted or (shut_out and not to_sign_in):
                    wrong.append(
                        f"{who or 'anonymous'} {method} {address}: {answer} {location}, not {wanted}"
                    )
    assert wrong == []


def test_without_its_row_an_address_fails_the_test_and_answers_nobody(world, monkeypatch):
    monkeypatch.delitem(TABLE, "users")
    assert unlisted() == {"users"}
    with pytest.raises(AssertionError):
        test_every_address_has_a_row()
    assert client_for(Role.ADMINISTRATOR, world).get("/desk/accounts/").status_code == 403


def test_a_row_that_opens_an_office_to_cadres_is_noticed(world, monkeypatch):
    """The view finds an office by the units of the row, so a role of another reach is refused what it was promised."""
    row = TABLE["office_edit"]
    monkeypatch.setitem(TABLE, "office_edit", Page(row.methods, {Role.CADRE: Reach.SELF}, detail=True))
    with pytest.raises(AssertionError):
        test_the_page_answers_each_role_as_its_row_says(world, "office_edit")


# --- What no row may ever say -------------------------------------------------------------------------------------

MONTHS = {"months", "months_trend", "months_xlsx", "month"}
HEADS_OF_MONTHS = {"month_confirm", "month_publish", "month_report"}
REVIEWING = {"month_accept", "month_send_back"}
STEPS_OF_MONTHS = HEADS_OF_MONTHS | REVIEWING | {"month_nil"}
MONTHS |= {"standards", "standard", "month_sheet", "entry"} | STEPS_OF_MONTHS
ACCOUNTS = {
    "users",
    "user_new",
    "user",
    "user_membership_new",
    "user_membership_end",
    "user_slip",
    "user_active",
}
ACCOUNTS |= {"user_reset_second_factor", "second_factor_resets", "second_factor_reset_decide"}
SETTINGS = {"units", "unit_new", "unit", "unit_merge", "city"}
SETTINGS |= {"calendar_year_edit", "office_hours_new", "office_hours_edit"}
CALENDAR = {"calendar", "calendar_year", "office_hours", "office_hours_set"}
SETTINGS |= {"channels", "channel_new", "channel_switch", "channel_test"}
SETTINGS |= {"outbox", "outbox_retry", "delivery_retry"}
SEEING_PEOPLE = {"shifts", "cadres", "cadre", "cadre_photo", "offices", "board", "board_unit", "reprints"}
CHANGING_PEOPLE = {"cadre_new", "cadre_edit", "cadre_whereabouts", "cadre_consent", "cadre_end_service"}
CHANGING_PEOPLE |= {"cadre_account", "cadre_plan_cancel", "office_new", "office_edit", "card_request"}
CHANGING_PEOPLE |= {"whereabouts_bulk", "whereabouts_bulk_undo", "cadres_bulk"}
CHANGING_PEOPLE |= {"shifts_save", "shift_pattern_new", "shift_pattern"}
CHANGING_PEOPLE |= {"placement_new", "placement_edit", "placement_end"}
CHANGING_PEOPLE |= {"transfers", "transfer_new", "transfer_decide", "transfer_withdraw"}
CARDS = {"card_requests", "card_requests_bulk", "card_decide", "card_revoke", "card_plaque"}
CARDS |= {"card_contact", "print", "reprints_print"}
ROSTERS = {"roster", "roster_template", "roster_export", "roster_preview", "roster_confirm"}
OWN_PAGE = {"my_whereabouts", "my_leave", "my_plan_cancel", "my_consent", "my_findings", "my_finding"}
OWN_PAGE |= {"my_standard", "my_months", "my_month", "my_entry", "unit_month"}
OWN_PAGE |= {"my_points", "my_point", "my_statement", "my_praises"}
ANSWERING_FOR_UNITS = {"unit_points", "unit_point", "unit_point_return", "unit_praises"}
ASKING = {"complaint_point_new", "complaint_point_decide", "complaint_point_answer"}
POINTS = ANSWERING_FOR_UNITS | ASKING
SEEING_CASES = {"complaints", "complaint", "complaint_image", "complaint_unmask"}
HEADS_OF_CASES = {"complaint_extend", "complaint_refer"}
HANDLING = {
    "interests",
    "interest_withdraw",
    "complaint_numbers",
    "praises",
    "complaint_enter",
    "complaint_hotline",
    "hotline_template",
    "hotline_sheet",
    "complaint_caller",
    "complaint_receipt_renew",
    "complaint_accept",
    "complaint_refuse",
    "complaint_dispatch",
    "complaint_assign",
}
HANDLING |= {"complaint_link", "complaint_submit", "complaint_send_back", "complaint_close"}
HANDLING |= {"outcomes", "outcome", "outcome_undo"}
HANDLING |= {"complaint_feed_back", "complaint_call_back", "complaint_recuse"} | HEADS_OF_CASES
CASES = SEEING_CASES | HANDLING
SEEING_FINDINGS = {"findings", "finding"}
TELLING = {"finding_tell"}
DECIDING = {"finding_decide"}
FINDINGS = SEEING_FINDINGS | TELLING | DECIDING | {"finding_defend"}
SEEING_ROUNDS = {"sheets", "round", "corrections"}
ENTERING_SHEETS = {"sheet_paper", "correction_new"}
ENTERING_SHEETS |= {"sheet_today", "sheet", "sheet_mark", "sheet_person", "sheet_verified"}
ENTERING_SHEETS |= {"sheet_submit", "sheet_discard", "mark_photo"}
ROUNDS = SEEING_ROUNDS | ENTERING_SHEETS | {"sheet_blank", "correction"}
ON_SITE = {"spot_door", "spot_person", "spot_close", "spot_cancel"}
COMPARING = {"comparison", "coverage", "coverage_csv"}
PLANNING = {"spot_checks", "spot_new", "spot_check"}
DRAWING = {"draws", "draw_new", "draw_reveal", "draw_again", "draw_call_off"}
CITY_CHECKS = ON_SITE | COMPARING | PLANNING | DRAWING
PROPOSING = {"standard_new", "standard_edit", "standard_preview", "standard_withdraw"}
ADOPTING = {"standard_adopt"}
STANDARDS = PROPOSING | ADOPTING
INSPECTION = {"appraisal_settings"}
INSPECTION |= {"inspection_settings", "complaint_settings", "items", "item_new", "item_edit", "item_move"}
JOBS = {"jobs", "job", "job_file", "job_archive", "job_retry"}
OFFICE_WORK = SEEING_PEOPLE | CHANGING_PEOPLE | CARDS | JOBS | ROSTERS

SEEING_OBJECTIONS = {"objections", "objection"}
ANSWERING_OBJECTIONS = {"objection_decide"}
OBJECTING = {"objection_enter"}
OBJECTIONS = SEEING_OBJECTIONS | ANSWERING_OBJECTIONS | OBJECTING
SEEING_MONEY = {"withholding_months", "withholdings", "bonus", "bonus_person"}
SENDING_MONEY = {"withholdings_send", "bonus_set", "bonus_remove", "bonus_import", "bonus_template"}
ENTERING_MONEY = {"withholdings_execute", "withholdings_not_execute", "withholding_execute"}
ENTERING_MONEY |= {"withholding_not_execute", "withholding_paid_back", "withholdings_xlsx"}
MONEY = SEEING_MONEY | SENDING_MONEY | ENTERING_MONEY
OWN_PAGE |= {"objection_new", "my_objection", "my_withholding"}
OWN_PAGE |= {"my_record", "my_record_pdf", "my_responsibilities"}
SEEING_RECORDS = {"record", "record_pdf", "responsibilities", "responsibility"}
ASKING_OF_POSTS = {"responsibility_edit", "responsibilities_import", "responsibilities_template"}

#: Written by hand, from DESIGN §1: a wrong row in the table would make the test above expect what is wrong.
NEVER: dict[str, set[str]] = {
    Role.CADRE: POINTS
    | STANDARDS
    | MONTHS
    | CASES
    | ROUNDS
    | CITY_CHECKS
    | FINDINGS
    | INSPECTION
    | ACCOUNTS
    | SETTINGS
    | CALENDAR
    | OFFICE_WORK,
    Role.UNIT_OFFICER: CITY_CHECKS
    | HEADS_OF_MONTHS
    | REVIEWING
    | STANDARDS
    | CASES
    | ASKING
    | ACCOUNTS
    | DECIDING
    | INSPECTION
    | SETTINGS
    | OWN_PAGE
    | {"card_requests", "card_requests_bulk", "card_decide"},
    Role.LEADING_GROUP_HEAD: CITY_CHECKS
    | REVIEWING
    | STANDARDS
    | CASES
    | ASKING
    | ENTERING_SHEETS
    | TELLING
    | INSPECTION
    | ACCOUNTS
    | SETTINGS
    | OWN_PAGE
    | CHANGING_PEOPLE
    | CARDS
    | JOBS
    | ROSTERS,
    Role.EXPRESS_STAFF: ENTERING_SHEETS
    | ADOPTING
    | ANSWERING_FOR_UNITS
    | {"complaint_point_decide"}
    | HEADS_OF_CASES
    | {"sheet_blank"}
    | TELLING
    | INSPECTION
    | ACCOUNTS
    | SETTINGS
    | OWN_PAGE
    | CHANGING_PEOPLE,
    Role.EXPRESS_HEAD: ENTERING_SHEETS
    | ANSWERING_FOR_UNITS
    | {"sheet_blank"}
    | TELLING
    | ACCOUNTS
    | SETTINGS
    | OWN_PAGE
    | CHANGING_PEOPLE,
    Role.SUPERVISOR: TELLING
    | STEPS_OF_MONTHS
    | STANDARDS
    | CASES
    | POINTS
    | ENTERING_SHEETS
    | {"sheet_blank", "correction"}
    | DRAWING
    | DECIDING
    | INSPECTION
    | ACCOUNTS
    | SETTINGS
    | OWN_PAGE
    | CHANGING_PEOPLE
    | CARDS
    | JOBS
    | ROSTERS
    | {"reprints"},
    Role.DISCIPLINE: CITY_CHECKS
    | STANDARDS
    | {"entry_print"}
    | MONTHS
    | HANDLING
    | POINTS
    | ROUNDS
    | FINDINGS
    | INSPECTION
    | ACCOUNTS
    | SETTINGS
    | CALENDAR
    | OWN_PAGE
    | OFFICE_WORK,
    Role.ADMINISTRATOR: STANDARDS
    | CASES
    | POINTS
    | ROUNDS
    | CITY_CHECKS
    | FINDINGS
    | OWN_PAGE
    | OFFICE_WORK
    | MONTHS
    | {"entry_print"},
}
#: Objections are answered by who had no hand in it, at the unit or the city; money is entered by the unit, by the
#: Express where it has nobody for it (services.withholding), and is no concern of supervision groups.
NEVER[Role.CADRE] |= OBJECTIONS | MONEY
NEVER[Role.UNIT_OFFICER] |= ANSWERING_OBJECTIONS
NEVER[Role.LEADING_GROUP_HEAD] |= SENDING_MONEY
NEVER[Role.SUPERVISOR] |= OBJECTING | ANSWERING_OBJECTIONS | {"objection_withdraw"} | MONEY
for _role in (Role.DISCIPLINE, Role.ADMINISTRATOR):
    NEVER[_role] |= OBJECTIONS | {"objection_withdraw"} | MONEY
for _role in (Role.CADRE, Role.SUPERVISOR, Role.DISCIPLINE, Role.ADMINISTRATOR):
    NEVER[_role] |= SEEING_RECORDS
for _role in set(Role.values) - {Role.UNIT_OFFICER}:
    NEVER[_role] |= ASKING_OF_POSTS


#: The city's figures; what was before is the word of the head of the Express.
SEEING_EFFECT = {"effect", "effect_xlsx", "baseline"}
ENTERING_BASELINE = {"baseline_new", "baseline_import", "baseline_template", "baseline_remove"}
for never in set(Role.values) - {Role.EXPRESS_STAFF, Role.EXPRESS_HEAD}:
    NEVER[never] = NEVER[never] | SEEING_EFFECT | ENTERING_BASELINE
NEVER[Role.EXPRESS_STAFF] = NEVER[Role.EXPRESS_STAFF] | ENTERING_BASELINE

#: Grades are the unit's and the city's business, and one's own year one's own.
SEEING_YEARS = {"years", "unit_year", "unit_year_notice", "unit_year_file", "unit_year_result"}
SEEING_YEARS |= {"unit_year_result_notice", "unit_year_result_file", "unit_year_hand_over"}
SEEING_YEARS |= {"unit_year_grades", "unit_year_propose"}
PUBLISHING_YEARS = {"unit_year_publish"}
DECIDING_YEARS = {"year", "year_eligible", "year_compute", "unit_year_decide", "unit_year_look_again"}
DECIDING_YEARS |= {f"unit_year_{step}" for step in ("send_back", "quota", "commend", "commend_undo")}
DECIDING_YEARS |= {"unit_year_result_commend", "unit_year_result_commend_undo"}
DECIDING_YEARS |= {"circular", "circular_draft", "circular_edit", "circular_sign", "circular_pdf"}
OWN_YEARS = {"my_years", "my_year", "my_unit_year", "my_year_notice", "my_year_file"}
for never in Role.values:
    NEVER[never] = NEVER[never] | ({"year_settings"} if never != Role.EXPRESS_HEAD else set())
    if never != Role.CADRE:
        NEVER[never] = NEVER[never] | OWN_YEARS
    if never not in (Role.EXPRESS_STAFF, Role.EXPRESS_HEAD):
        NEVER[never] = NEVER[never] | DECIDING_YEARS
for never in (Role.CADRE, Role.SUPERVISOR, Role.DISCIPLINE, Role.ADMINISTRATOR):
    NEVER[never] = NEVER[never] | SEEING_YEARS | PUBLISHING_YEARS
NEVER[Role.UNIT_OFFICER] = NEVER[Role.UNIT_OFFICER] | PUBLISHING_YEARS

SEEING_ROLLOUT = {"rollout", "rollout_unit", "orders", "order"}
LEADING_ROLLOUT = {"wave_new", *WAVES, "rollout_deadline", "rollout_complete", "rollout_reopen"}
SUPERVISING = {"visit_new", "order_new", "order_check", "rollout_hotlines"}
ANSWERING_ORDERS = {"rollout_edit", "rollout_report", "order_answer"}
for never in (Role.CADRE, Role.DISCIPLINE, Role.ADMINISTRATOR):
    NEVER[never] = NEVER[never] | SEEING_ROLLOUT | LEADING_ROLLOUT | SUPERVISING | ANSWERING_ORDERS
for never in (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD):
    NEVER[never] = NEVER[never] | LEADING_ROLLOUT | SUPERVISING
NEVER[Role.SUPERVISOR] = NEVER[Role.SUPERVISOR] | LEADING_ROLLOUT | ANSWERING_ORDERS


#: The ladder is read by the units and the city, decided by the Express, and its rules are its head's.
SEEING_MEASURES = {"sanctions", "sanction", "sanction_pdf"}
SERVING_MEASURES = {"sanction_tell", "sanction_defend", "sanction_serve"}
DECIDING_MEASURES = {"sanction_new", "sanction_decide", "sanction_set_aside"}
OWN_MEASURES = {"my_sanctions", "my_sanction", "my_sanction_pdf"}
for never in Role.values:
    NEVER[never] = NEVER[never] | ({"trigger"} if never != Role.EXPRESS_HEAD else set())
    if never != Role.DISCIPLINE:
        NEVER[never] = NEVER[never] | {"sanction_clues"}
    if never != Role.CADRE:
        NEVER[never] = NEVER[never] | OWN_MEASURES
    if never not in (Role.EXPRESS_STAFF, Role.EXPRESS_HEAD):
        NEVER[never] = NEVER[never] | DECIDING_MEASURES
for never in (Role.CADRE, Role.SUPERVISOR, Role.DISCIPLINE, Role.ADMINISTRATOR):
    NEVER[never] = NEVER[never] | SERVING_MEASURES
for never in (Role.CADRE, Role.SUPERVISOR, Role.ADMINISTRATOR):
    NEVER[never] = NEVER[never] | SEEING_MEASURES
for never in (Role.CADRE, Role.ADMINISTRATOR):
    NEVER[never] = NEVER[never] | {"ladder"}

#: Reviews are asked for by whom they are about and by the units, and decided by the Express.
SEEING_REVIEWS = {"reviews", "review", "sanction_review", "result_review"}
DECIDING_REVIEWS = {"review_decide", "appeal_enter"}
OWN_REVIEWS = {"my_rights", "my_reviews", "my_review", "my_sanction_review", "my_year_review"}
for never in Role.values:
    if never != Role.CADRE:
        NEVER[never] = NEVER[never] | OWN_REVIEWS
    if never not in (Role.EXPRESS_STAFF, Role.EXPRESS_HEAD):
        NEVER[never] = NEVER[never] | DECIDING_REVIEWS
for never in (Role.CADRE, Role.SUPERVISOR, Role.DISCIPLINE, Role.ADMINISTRATOR):
    NEVER[never] = NEVER[never] | SEEING_REVIEWS

READING_BULLETINS = {"bulletins", "bulletin", "bulletin_pdf", "bulletin_docx", "bulletin_xlsx"}
DRAFTING_BULLETINS = {"bulletin_draft", "bulletin_edit", "bulletin_correct", "bulletin_discard"}
DRAFTING_BULLETINS |= {"bulletin_complaints"}
SIGNING_BULLETINS = {"bulletin_sign"}
BULLETINS = READING_BULLETINS | DRAFTING_BULLETINS | SIGNING_BULLETINS
for never in (Role.CADRE, Role.DISCIPLINE, Role.ADMINISTRATOR):
    NEVER[never] = NEVER[never] | BULLETINS
for never in (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD, Role.SUPERVISOR):
    NEVER[never] = NEVER[never] | DRAFTING_BULLETINS | SIGNING_BULLETINS
NEVER[Role.EXPRESS_STAFF] = NEVER[Role.EXPRESS_STAFF] | SIGNING_BULLETINS


@pytest.mark.one_database
@pytest.mark.parametrize("role", Role.values)
def test_what_a_role_must_never_reach_is_refused_whatever_the_table_says(world, role):
    client, opened = client_for(role, world), []
    for name in sorted(NEVER[role]):
        address = reverse(name, kwargs=OBJECTS[name](world)[0]) if name in OBJECTS else reverse(name)
        opened += [f"{m} {address}" for m in METHODS if status(client, m, address)[0] != 403]
    assert opened == []


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.DISCIPLINE, Role.LEADING_GROUP_HEAD])
def test_who_only_looks_at_people_and_cards_changes_nothing_of_them(world, role):
    client, changed = client_for(role, world), []
    for name in sorted(OFFICE_WORK):
        address = reverse(name, kwargs=OBJECTS[name](world)[0]) if name in OBJECTS else reverse(name)
        if status(client, "POST", address)[0] not in (403, 405):
            changed.append(address)
    assert changed == []


def test_a_row_that_shows_people_to_administrators_is_noticed(world, monkeypatch):
    row = TABLE["cadres"]
    monkeypatch.setitem(TABLE, "cadres", Page(row.methods, {**row.roles, Role.ADMINISTRATOR: Reach.CITY}))
    with pytest.raises(AssertionError):
        test_what_a_role_must_never_reach_is_refused_whatever_the_table_says(world, Role.ADMINISTRATOR)


# --- Two roles ----------------------------------------------------------------------------------------------------


def test_a_cadre_who_is_officer_of_another_unit_is_officer_there_only(world):
    user = world.people[Role.CADRE]
    give(user, Role.UNIT_OFFICER, unit=world.there.unit)
    client, here, there = client_for(Role.CADRE, world), world.here, world.there

    def get(name: str, **kwargs: int) -> int:
        return status(client, "GET", reverse(name, kwargs=kwargs))[0]

    assert get("my_whereabouts") == 200
    for name in ("cadre", "cadre_edit", "cadre_photo", "cadre_account", "card_request"):
        assert (get(name, pk=there.cadre.pk), get(name, pk=here.cadre.pk)) == (200, 404), name
    assert (get("office_edit", pk=there.office.pk), get("office_edit", pk=here.office.pk)) == (200, 404)
    assert {get(name) for name in ("users", "units", "city", "card_requests")} == {403}
    assert get("card_decide", pk=there.asked.pk) == 403
    # Being an officer there makes nobody else's own page theirs.
    own, other = (reverse("my_plan_cancel", kwargs={"pk": place.plan.pk}) for place in (here, there))
    assert (status(client, "POST", own)[0], status(client, "POST", other)[0]) == (302, 404)


@pytest.mark.parametrize("role", Role.values)
def test_the_navigation_leads_only_to_pages_that_open(world, role):
    client = client_for(role, world)
    items = client.get("/account/").context["nav_items"]
    assert items
    assert {client.get(item.url).status_code for item in items} <= {200, 302}
