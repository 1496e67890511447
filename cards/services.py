"""The verbs of cards. Keyword-only, one transaction each: lock, check, write, audit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import services as accounts
from accounts.models import Membership, Role, Unit, User
from cards import photos
from cards.models import (
    Cadre,
    Card,
    CardRequest,
    Consent,
    Duty,
    Office,
    Placement,
    PlacementKind,
    Post,
    RevokeReason,
    SerialCounter,
    Whereabouts,
    photo_path,
)
from cards.pinyin import name_keys
from cards.rules import Refusal, State, may_approve, refuse_declaration
from common import audit
from common.problems import Refused
from common.rules import local
from common.versions import check_unchanged

REFUSALS = {
    Refusal.UNTIL_MISSING: _("Say until when."),
    Refusal.UNTIL_PAST: _("This time is already over. Choose a later one."),
    Refusal.ENDS_BEFORE_IT_BEGINS: _("The end must be later than the beginning."),
    Refusal.TOO_LONG: _("An absence of more than a year cannot be declared here."),
    Refusal.BEGINS_TOO_LATE: _("An absence cannot be declared more than a year ahead."),
    Refusal.BEGINS_IN_THE_PAST: _(
        "The beginning is already over: whereabouts cannot be declared afterwards."
    ),
}
#: Refusals that are about the beginning of an absence, not its end.
BEGINNINGS = frozenset({Refusal.BEGINS_IN_THE_PAST, Refusal.BEGINS_TOO_LATE})


# --- Offices and people ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfficeDetails:
    name: str
    room: str
    location: str = ""
    duty_phone: str = ""


@transaction.atomic
def office_create(*, unit: Unit, details: OfficeDetails, actor: User, now: datetime) -> Office:
    office = Office(unit=unit, **vars(details))
    _save_office(office)
    audit.record(verb="office_created", subject=office, actor=actor, now=now, changes=vars(details))
    return office


@transaction.atomic
def office_edit(
    *, office: Office, details: OfficeDetails, seen: str | None = None, actor: User, now: datetime
) -> Office:
    office = Office.objects.select_for_update().get(pk=office.pk)
    before = {name: getattr(office, name) for name in vars(details)}
    for name, value in vars(details).items():
        setattr(office, name, value)
    changed = audit.differences(before, vars(details))
    if changed:
        check_unchanged(before, seen)
        _save_office(office)
        audit.record(verb="office_edited", subject=office, actor=actor, now=now, changes=changed)
    return office


def _save_office(office: Office) -> None:
    if (
        Office.objects.filter(unit=office.unit_id, name=office.name, room=office.room)
        .exclude(pk=office.pk)
        .exists()
    ):
        raise Refused(_("This unit already has an office of this name in this room."), "room")
    office.save()


@dataclass(frozen=True)
class CadreDetails:
    """Everything about a person that a unit's officer enters; `posts` with the primary one first."""

    name: str
    office: Office
    posts: tuple[str, ...]
    duties: tuple[str, ...]
    employment_kind: str
    office_phone: str
    mobile: str
    stand_in: Cadre | None
    serves_from: date


@transaction.atomic
def cadre_create(*, unit: Unit, details: CadreDetails, actor: User | None, now: datetime) -> Cadre:
    _check_details(unit, details, cadre_id=None)
    cadre = Cadre(unit=unit)
    _apply(cadre, details)
    cadre.save()
    _write_lines(cadre, details)
    audit.record(verb="cadre_created", subject=cadre, actor=actor, now=now, changes=_facts(details))
    return cadre


@transaction.atomic
def cadre_edit(
    *, cadre: Cadre, details: CadreDetails, seen: str | None = None, actor: User, now: datetime
) -> Cadre:
    cadre = _locked(cadre)
    _check_details(cadre.unit, details, cadre_id=cadre.pk)
    if cadre.serves_to is not None and cadre.serves_to < details.serves_from:
        raise Refused(_("The last day lies before the first day of service."), "serves_from")
    before = _details_of(cadre)
    # Compared by what they are: two namesakes are not the same stand-in, whatever their names say.
    changed = audit.differences(vars(before), vars(details))
    if changed:
        check_unchanged(_facts(before), seen)
        _apply(cadre, details)
        cadre.save()
        _write_lines(cadre, details)
        old, new = _facts(before), _facts(details)
        audit.record(
            verb="cadre_edited",
            subject=cadre,
            actor=actor,
            now=now,
            changes={name: [old[name], new[name]] for name in changed},
        )
    return cadre


def _check_details(unit: Unit, details: CadreDetails, cadre_id: int | None) -> None:
    if details.office.unit_id != unit.pk:
        raise Refused(_("The office belongs to another unit."), "office")
    stand_in = details.stand_in
    if stand_in is not None and stand_in.pk == cadre_id:
        raise Refused(_("Nobody can stand in for themselves."), "stand_in")
    if stand_in is not None and stand_in.unit_id != unit.pk:
        raise Refused(_("The stand-in belongs to another unit."), "stand_in")
    if not details.posts:
        raise Refused(_("Enter at least one post."), "posts")


def _apply(cadre: Cadre, details: CadreDetails) -> None:
    cadre.name = details.name
    cadre.pinyin, cadre.pinyin_initials = name_keys(details.name)
    for name in ("office", "employment_kind", "office_phone", "mobile", "stand_in", "serves_from"):
        setattr(cadre, name, getattr(details, name))


def _write_lines(cadre: Cadre, details: CadreDetails) -> None:
    cadre.posts.all().delete()
    cadre.duties.all().delete()
    Post.objects.bulk_create(
        Post(cadre=cadre, title=title, is_primary=not index, position=index)
        for index, title in enumerate(details.posts)
    )
    Duty.objects.bulk_create(
        Duty(cadre=cadre, position=index, text=text) for index, text in enumerate(details.duties)
    )


def _details_of(cadre: Cadre) -> CadreDetails:
    """A person's details as they stand in the database."""
    return CadreDetails(
        name=cadre.name,
        office=cadre.office,
        posts=tuple(post.title for post in cadre.posts.all()),
        duties=tuple(duty.text for duty in cadre.duties.all()),
        employment_kind=cadre.employment_kind,
        office_phone=cadre.office_phone,
        mobile=cadre.mobile,
        stand_in=cadre.stand_in,
        serves_from=cadre.serves_from,
    )


def facts_of(cadre: Cadre) -> dict[str, Any]:
    """What the form of a person shows, for `seen`."""
    return _facts(_details_of(cadre))


def _facts(details: CadreDetails) -> dict[str, Any]:
    return {
        **vars(details),
        "office": str(details.office),
        "stand_in": str(details.stand_in or ""),
        "posts": list(details.posts),
        "duties": list(details.duties),
        "serves_from": details.serves_from.isoformat(),
    }


def cadre_photo_set(*, cadre: Cadre, upload: BinaryIO, actor: User, now: datetime) -> Cadre:
    """Replace the photo. Raises Refused when the file is not a usable photo; the old files go after the commit."""
    plaque, web = photos.clean(upload)
    name = photos.store(plaque, web, photo_path(cadre, ""))
    try:
        with transaction.atomic():
            cadre = _locked(cadre)
            old = cadre.photo.name
            cadre.photo = name
            cadre.save(update_fields=["photo"])
            verb = "photo_replaced" if old else "photo_uploaded"
            audit.record(verb=verb, subject=cadre, actor=actor, now=now)
            if old:
                transaction.on_commit(lambda: _delete_unused_photo(old))
    except Exception:
        photos.delete(name)
        raise
    return cadre


def _delete_unused_photo(name: str) -> None:
    if not Cadre.objects.filter(photo=name).exists():
        photos.delete(name)


@transaction.atomic
def cadre_end_service(*, cadre: Cadre, last_day: date, actor: User, now: datetime) -> Cadre:
    """Enter the last day of service. The card is revoked the night after it (DESIGN §3)."""
    cadre = _locked(cadre)
    if last_day < cadre.serves_from:
        raise Refused(_("The last day lies before the first day of service."), "last_day")
    before, cadre.serves_to = cadre.serves_to, last_day
    cadre.save(update_fields=["serves_to"])
    audit.record(
        verb="service_ended",
        subject=cadre,
        actor=actor,
        now=now,
        changes={"serves_to": [before, last_day.isoformat()]},
    )
    if cadre.has_left(local(now).date()):
        _end_cards(cadre, now=now)
    return cadre


def revoke_ended_service(*, now: datetime) -> int:
    """Revoke the cards of everybody whose last day is over; returns how many. Safe to run twice."""
    today = local(now).date()
    holding = Exists(Card.objects.valid().filter(cadre=OuterRef("pk")))
    waiting = Exists(CardRequest.objects.filter(cadre=OuterRef("pk"), decision=""))
    revoked = 0
    for cadre in Cadre.objects.filter(holding | waiting, serves_to__lt=today):
        with transaction.atomic():
            # Read again under the lock: the last day may just have been corrected.
            locked = _locked(cadre)
            revoked += _end_cards(locked, now=now) if locked.has_left(today) else 0
    return revoked


def _end_cards(cadre: Cadre, *, now: datetime) -> int:
    CardRequest.objects.filter(cadre=cadre, decision="").update(
        decision=CardRequest.Decision.WITHDRAWN, decided_at=now, decision_note=str(RevokeReason.LEFT.value)
    )
    cards = list(Card.objects.valid().filter(cadre=cadre))
    for card in cards:
        _revoke(card, reason=RevokeReason.LEFT, note="", actor=None, now=now)
    _end_role(cadre, now=now)
    return len(cards)


def _end_role(cadre: Cadre, *, now: datetime) -> None:
    """Who has left has no own page any more; what else the account may do is the administrator's."""
    yesterday = local(now).date() - timedelta(days=1)
    held = Membership.objects.current(local(now).date()).filter(user=cadre.user_id, role=Role.CADRE)
    for member in held.filter(valid_from__lte=yesterday):
        accounts.membership_end(membership=member, last_day=yesterday, actor=None, now=now)


@transaction.atomic
def cadre_resume_service(*, cadre: Cadre, actor: User, now: datetime) -> Cadre:
    """Take back a last day entered by mistake. A card that was revoked stays so: a new one is asked for."""
    cadre = _locked(cadre)
    if cadre.serves_to is None:
        raise Refused(_("No last day of service is entered."))
    before, cadre.serves_to = cadre.serves_to, None
    cadre.save(update_fields=["serves_to"])
    audit.record(
        verb="service_resumed",
        subject=cadre,
        actor=actor,
        now=now,
        changes={"serves_to": [before.isoformat(), None]},
    )
    return cadre


@transaction.atomic
def placement_record(
    *,
    cadre: Cadre,
    kind: PlacementKind,
    office: Office,
    valid_from: date,
    valid_to: date | None,
    actor: User,
    now: datetime,
) -> Placement:
    cadre = _locked(cadre)
    if valid_to is not None and valid_to < valid_from:
        raise Refused(_("The end must be later than the beginning."), "valid_to")
    overlapping = cadre.placements.exclude(valid_to__lt=valid_from)
    if valid_to is not None:
        overlapping = overlapping.exclude(valid_from__gt=valid_to)
    if overlapping.exists():
        raise Refused(_("Another place of work is already entered for some of these days."), "valid_from")
    placement = Placement.objects.create(
        cadre=cadre, kind=kind, office=office, valid_from=valid_from, valid_to=valid_to
    )
    audit.record(
        verb="placement_recorded",
        subject=cadre,
        actor=actor,
        now=now,
        changes={"kind": kind, "office": str(office), "from": valid_from, "to": valid_to},
    )
    return placement


# --- Cards -------------------------------------------------------------------------------------------------------


@transaction.atomic
def card_request(*, cadre: Cadre, reason: str, note: str, actor: User, now: datetime) -> CardRequest:
    """Ask for a first card, or for a new one in place of the present one, which stays valid until the decision."""
    cadre = _locked(cadre)
    if cadre.has_left(local(now).date()):
        raise Refused(_("This person is no longer in service."))
    if cadre.card_requests.filter(decision="").exists():
        raise Refused(_("A card has already been requested and waits for approval."))
    has_card = Card.objects.valid().filter(cadre=cadre).exists()
    if has_card and not reason:
        raise Refused(_("Say why the present card is to be replaced."), "reason")
    request = CardRequest.objects.create(
        cadre=cadre, reason=reason if has_card else "", note=note, requested_by=actor, requested_at=now
    )
    audit.record(
        verb="card_requested",
        subject=cadre,
        actor=actor,
        now=now,
        changes={"reason": request.reason, "note": note},
    )
    return request


@transaction.atomic
def card_decide(*, request: CardRequest, approve: bool, note: str, actor: User, now: datetime) -> Card | None:
    """The efficiency office issues the card, revoking the one it replaces, or refuses with a reason."""
    cadre = _locked(request.cadre)
    request = CardRequest.objects.select_for_update().get(pk=request.pk)
    if request.decision:
        raise Refused(_("This request has already been decided."))
    if not may_approve(
        requester_id=request.requested_by_id,
        approver_id=actor.pk,
        approver_is_subject=cadre.user_id == actor.pk,
    ):
        raise Refused(_("A second person must decide: not the one who asked, and not the cadre."))
    if not approve and not note:
        raise Refused(_("Say why the request is refused."), "note")
    if approve and cadre.has_left(local(now).date()):
        raise Refused(_("This person is no longer in service."))
    request.decision = CardRequest.Decision.APPROVED if approve else CardRequest.Decision.REFUSED
    request.decision_note, request.decided_by, request.decided_at = note, actor, now
    request.save()
    if not approve:
        audit.record(verb="card_refused", subject=cadre, actor=actor, now=now, changes={"note": note})
        return None
    for old in Card.objects.select_for_update().valid().filter(cadre=cadre):
        _revoke(old, reason=request.reason or RevokeReason.REISSUED, note=request.note, actor=actor, now=now)
    return _issue(cadre, issued_by=request.requested_by, approved_by=actor, now=now)


def _issue(cadre: Cadre, *, issued_by: User, approved_by: User, now: datetime) -> Card:
    card = Card.objects.create(
        cadre=cadre,
        serial=_next_serial(cadre.unit),
        issued_by=issued_by,
        approved_by=approved_by,
        issued_at=now,
    )
    audit.record(
        verb="card_issued", subject=cadre, actor=approved_by, now=now, changes={"serial": card.serial}
    )
    return card


def _next_serial(unit: Unit) -> str:
    SerialCounter.objects.get_or_create(unit=unit)
    counter = SerialCounter.objects.select_for_update().get(unit=unit)
    counter.last += 1
    counter.save()
    return f"LQ-{unit.code}-{counter.last:04d}"


@transaction.atomic
def card_revoke(*, card: Card, reason: str, note: str, actor: User, now: datetime) -> Card:
    cadre = _locked(card.cadre)
    card = Card.objects.select_for_update().get(pk=card.pk)
    if card.revoked_at is not None:
        raise Refused(_("This card has already been revoked."))
    if cadre.user_id == actor.pk:
        raise Refused(_("Nobody revokes their own card."))
    _revoke(card, reason=reason, note=note, actor=actor, now=now)
    return card


def _revoke(card: Card, *, reason: str, note: str, actor: User | None, now: datetime) -> None:
    card.revoked_at, card.revoked_by = now, actor
    card.revoke_reason, card.revoke_note = reason, note
    card.save(update_fields=["revoked_at", "revoked_by", "revoke_reason", "revoke_note"])
    audit.record(
        verb="card_revoked",
        subject=card.cadre,
        actor=actor,
        now=now,
        changes={"serial": card.serial, "reason": reason, "note": note},
    )


@transaction.atomic
def plaques_printed(*, printed: Sequence[tuple[Card, str]], actor: User | None, now: datetime) -> None:
    """Remember what the printed plaques show: (card, fingerprint) pairs. Raises Refused when a card was revoked while
    they were drawn; hand them out after this, or within the same transaction."""
    cards = Card.objects.select_for_update().valid().filter(pk__in=[card.pk for card, _shown in printed])
    valid = set(cards.order_by("pk").values_list("pk", flat=True))
    revoked = [card.serial for card, _shown in printed if card.pk not in valid]
    if revoked:
        sentence = ngettext(
            "Card %(serials)s was revoked while its plaque was being drawn: print again.",
            "Cards %(serials)s were revoked while their plaques were being drawn: print again.",
            len(revoked),
        )
        raise Refused(sentence % {"serials": "、".join(revoked)})
    for card, fingerprint in printed:
        card.printed_version, card.printed_at = fingerprint, now
    audit.record_each(
        verb="plaque_printed",
        subjects=((card.cadre, {"serial": card.serial}) for card, _shown in printed),
        actor=actor,
        now=now,
    )
    Card.objects.bulk_update([card for card, _shown in printed], ["printed_version", "printed_at"], 200)


# --- Whereabouts -------------------------------------------------------------------------------------------------


@transaction.atomic
def whereabouts_declare(
    *,
    cadre: Cadre,
    state: State,
    until: datetime | None,
    actor: User,
    now: datetime,
    since: datetime | None = None,
    place: str = "",
) -> Whereabouts:
    """Declare where somebody is, or will be from `since` on. Declaring the same twice within a minute is once."""
    cadre = _locked(cadre)
    _check_serving(cadre, now)
    since = since if since is not None and since > now else now
    until = None if state == State.AT_POST else until
    refusal = refuse_declaration(state=state, since=since, until=until, now=now)
    if refusal is not None:
        raise Refused(REFUSALS[refusal], "until_time")
    newest = cadre.whereabouts.order_by("-pk").first()
    if newest is not None and _said_just_now(newest, state, until, place, since, actor, now):
        return newest
    return Whereabouts.objects.create(
        cadre=cadre,
        state=state,
        place=place,
        since=since,
        until=until,
        source=_source(cadre, actor),
        set_by=actor,
        recorded_at=now,
    )


def _source(cadre: Cadre, actor: User) -> Whereabouts.Source:
    """Only the cadre's own word is their own, also where the cadre is the unit's officer."""
    return Whereabouts.Source.SELF if cadre.user_id == actor.pk else Whereabouts.Source.OFFICER


def _check_serving(cadre: Cadre, now: datetime) -> None:
    if not cadre.is_serving(local(now).date()):
        raise Refused(_("This person is not in service today."))


def _said_just_now(
    row: Whereabouts,
    state: State,
    until: datetime | None,
    place: str,
    since: datetime,
    actor: User,
    now: datetime,
) -> bool:
    same = (row.state, row.place, row.set_by_id) == (state, place, actor.pk)
    # "In 30 minutes" means another second at the second tap.
    alike = _within_a_minute(row.since, since) and _within_a_minute(row.until, until)
    return same and alike and _within_a_minute(row.recorded_at, now)


def _within_a_minute(one: datetime | None, other: datetime | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs((one - other).total_seconds()) < 60


def absence_plan(
    *, cadre: Cadre, state: State, since: datetime, until: datetime, actor: User, now: datetime
) -> Whereabouts:
    """Declare an absence of several days, from now or later on. Raises Refused when its beginning is over."""
    refusal = refuse_declaration(state=state, since=since, until=until, now=now)
    if refusal is not None:
        raise Refused(REFUSALS[refusal], "from_date" if refusal in BEGINNINGS else "to_date")
    return whereabouts_declare(cadre=cadre, state=state, since=since, until=until, actor=actor, now=now)


@transaction.atomic
def plan_cancel(*, plan: Whereabouts, actor: User, now: datetime) -> Whereabouts:
    """Take back an absence that has not begun; taking it back twice is once."""
    cadre = _locked(plan.cadre)
    if plan.since <= now:
        raise Refused(_("This absence has already begun. Declare that you are back instead."))
    cancelled = Whereabouts.objects.filter(cancels=plan).first()
    if cancelled is not None or plan.cancels_id is not None:
        return cancelled or plan
    return Whereabouts.objects.create(
        cadre=cadre,
        state=State.AT_POST,
        since=plan.since,
        source=_source(cadre, actor),
        set_by=actor,
        recorded_at=now,
        cancels=plan,
    )


# --- Consent -----------------------------------------------------------------------------------------------------


@transaction.atomic
def consent_give(*, cadre: Cadre, subject: str, evidence: str, actor: User, now: datetime) -> Consent:
    """Record consent. Given by somebody else than the cadre it needs to say how it was given (DOMAIN §7)."""
    cadre = _locked(cadre)
    if cadre.user_id != actor.pk and not evidence:
        raise Refused(
            _("Say how consent was given, for example “signed form of 24 November 2026”."), "evidence"
        )
    standing = cadre.consents.filter(subject=subject, withdrawn_at=None).first()
    if standing is not None:
        return standing
    consent = Consent.objects.create(
        cadre=cadre, subject=subject, given_at=now, recorded_by=actor, evidence=evidence
    )
    audit.record(
        verb="consent_given",
        subject=cadre,
        actor=actor,
        now=now,
        changes={"subject": subject, "evidence": evidence},
    )
    return consent


@transaction.atomic
def consent_withdraw(*, cadre: Cadre, subject: str, actor: User, now: datetime) -> None:
    """Effective at once: the next look at the public page shows neither photo nor number."""
    cadre = _locked(cadre)
    if cadre.consents.filter(subject=subject, withdrawn_at=None).update(withdrawn_at=now, withdrawn_by=actor):
        audit.record(
            verb="consent_withdrawn", subject=cadre, actor=actor, now=now, changes={"subject": subject}
        )


@transaction.atomic
def account_open(*, cadre: Cadre, actor: User, now: datetime) -> tuple[User, accounts.IssuedSlip]:
    """The cadre's account, made if there is none, and a fresh activation slip for it.

    Raises Refused when the person has left, or when the account is not for the unit to activate.
    """
    cadre = _locked(cadre)
    today = local(now).date()
    if cadre.has_left(today):
        raise Refused(_("This person is no longer in service."))
    user = cadre.user
    if user is None:
        user = accounts.user_create(username=_free_username(cadre), name=cadre.name, actor=actor, now=now)
        accounts.membership_add(
            user=user,
            role=Role.CADRE,
            unit=cadre.unit,
            group=None,
            valid_from=today,
            valid_to=None,
            actor=actor,
            now=now,
        )
        account_link(cadre=cadre, user=user, actor=actor, now=now)
    return user, accounts.activation_issue(user=user, issued_by=actor, now=now)


def _free_username(cadre: Cadre) -> str:
    """d001.zhangsan, with a number behind it where namesakes have taken it."""
    # A character that the dictionary lacks stands in the pinyin as it is, and nobody can type it.
    readable = re.sub(r"[^a-z0-9]", "", cadre.pinyin) or cadre.pk
    base = f"{cadre.unit.code}.{readable}".lower()[:34]
    taken = set(User.objects.filter(username__startswith=base).values_list("username", flat=True))
    number = 1
    while (name := base if number == 1 else f"{base}{number}") in taken:
        number += 1
    return name


def account_link(*, cadre: Cadre, user: User, actor: User, now: datetime) -> Cadre:
    """Give a cadre their account. One account belongs to one cadre."""
    try:
        with transaction.atomic():
            cadre = _locked(cadre)
            if cadre.user_id is not None:
                raise Refused(_("This person already has an account."))
            cadre.user = user
            cadre.save(update_fields=["user"])
            audit.record(
                verb="account_linked",
                subject=cadre,
                actor=actor,
                now=now,
                changes={"username": user.username},
            )
    except IntegrityError as error:
        raise Refused(_("This account already belongs to another person.")) from error
    return cadre


def _locked(cadre: Cadre) -> Cadre:
    return Cadre.objects.select_for_update(of=("self",)).select_related("unit", "office").get(pk=cadre.pk)
