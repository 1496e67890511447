import uuid
from datetime import date, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import Scope
from accounts.models import Unit
from accounts.permissions import Reach
from cards.rules import Declaration, State
from common import append_only
from common.models import Job, JobItem
from common.tokens import new_token

STATE_LABELS = {
    State.AT_POST: _("At post"),
    State.AWAY_BRIEFLY: _("Away briefly"),
    State.MEETING: _("In a meeting"),
    State.ERRAND: _("Out on business"),
    State.COUNTRYSIDE: _("In the countryside"),
    State.VILLAGE_POST: _("At a village post"),
    State.COUNTER: _("At the service counter"),
    State.BUSINESS_TRIP: _("On a business trip"),
    State.TRAINING: _("In training"),
    State.ON_DUTY: _("On duty"),
    State.LEAVE: _("On leave"),
    State.OTHER: _("Elsewhere"),
}
STATE_CHOICES = [(state.value, label) for state, label in STATE_LABELS.items()]


def photo_path(instance: "Cadre", filename: str) -> str:
    """A random name: neither the person nor the original file can be read from it."""
    return f"photos/{uuid.uuid4().hex}.jpg"


class OfficeQuerySet(models.QuerySet["Office"]):
    def within(self, scope: Scope) -> "OfficeQuerySet":
        return self if scope.unit_ids is None else self.filter(unit__in=scope.unit_ids)


class Office(models.Model):
    """A department's room. The door belongs to everybody who sits behind it."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="offices", verbose_name=_("unit"))
    name = models.CharField(_("office name"), max_length=40)
    room = models.CharField(_("room"), max_length=30)
    location = models.CharField(_("building and floor"), max_length=40, blank=True)
    duty_phone = models.CharField(_("duty phone"), max_length=30, blank=True)
    door_token = models.CharField(max_length=16, unique=True, default=new_token, editable=False)

    objects = OfficeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["unit", "room", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "name", "room"], name="office_once_per_unit")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.room}"


class EmploymentKind(models.TextChoices):
    """Decides which grades of the annual appraisal apply (DESIGN §4)."""

    CIVIL_SERVANT = "civil_servant", _("Civil servant")
    PUBLIC_INSTITUTION = "public_institution", _("Public institution staff")
    ENTERPRISE = "enterprise", _("Enterprise or vertically managed staff")


class CadreQuerySet(models.QuerySet["Cadre"]):
    def within(self, scope: Scope) -> "CadreQuerySet":
        """Those whom the page may show this person; the guard of every view about a cadre."""
        if scope.reach == Reach.SELF:
            return self.filter(user=scope.user_id)
        return self if scope.unit_ids is None else self.filter(unit__in=scope.unit_ids)

    def serving(self, day: date) -> "CadreQuerySet":
        return self.filter(Q(serves_to=None) | Q(serves_to__gte=day), serves_from__lte=day)


class Cadre(models.Model):
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="cadres", verbose_name=_("unit"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="cadres", verbose_name=_("office"))
    name = models.CharField(_("name"), max_length=50)
    #: Full pinyin and initials, by the surname table: zhang and zs both find 张三.
    pinyin = models.CharField(max_length=200, blank=True, editable=False)
    pinyin_initials = models.CharField(max_length=60, blank=True, editable=False)
    employment_kind = models.CharField(
        _("employment"), max_length=20, choices=EmploymentKind, default=EmploymentKind.CIVIL_SERVANT
    )
    office_phone = models.CharField(_("office phone"), max_length=30, blank=True)
    mobile = models.CharField(_("mobile"), max_length=30, blank=True)
    stand_in = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="stands_in_for",
        verbose_name=_("stand-in"),
    )
    #: 班子成员: a stratum of its own in random checks (DOMAIN §8).
    leads_unit = models.BooleanField(_("member of the unit's leadership"), default=False)
    photo = models.ImageField(_("photo"), upload_to=photo_path, blank=True)
    #: SHA-256 of the file that was handed in, of which nothing else is kept: the same file again changes nothing.
    photo_digest = models.CharField(max_length=64, blank=True, editable=False)
    serves_from = models.DateField(_("in service from"))
    serves_to = models.DateField(_("in service until"), null=True, blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cadre",
        verbose_name=_("account"),
    )

    objects = CadreQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["unit", "office", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(serves_to=None) | Q(serves_to__gte=F("serves_from")), name="cadre_dates_in_order"
            ),
            models.CheckConstraint(
                condition=Q(stand_in=None) | ~Q(stand_in=F("id")),
                name="cadre_does_not_stand_in_for_themselves",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["unit", "name"], name="cadre_unit_name")]

    def __str__(self) -> str:
        return self.name

    def is_serving(self, day: date) -> bool:
        return self.serves_from <= day and not self.has_left(day)

    def has_left(self, day: date) -> bool:
        return self.serves_to is not None and self.serves_to < day


class EndReason(models.TextChoices):
    """Why somebody's service ends; kept in the audit trail."""

    RETIRED = "retired", _("Retired")
    RESIGNED = "resigned", _("Resigned")
    DISMISSED = "dismissed", _("Dismissed")
    DIED = "died", _("Died")
    OTHER = "other_reason", _("Another reason")


class Post(models.Model):
    """岗位职务: what stands below the name; exactly one is primary."""

    cadre = models.ForeignKey(Cadre, models.CASCADE, related_name="posts")
    title = models.CharField(_("post"), max_length=60)
    is_primary = models.BooleanField(_("primary"), default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-is_primary", "position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cadre"], condition=Q(is_primary=True), name="post_one_primary_per_cadre"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Duty(models.Model):
    cadre = models.ForeignKey(Cadre, models.CASCADE, related_name="duties")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(_("duty"), max_length=120)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cadre", "position"], name="duty_position_once")
        ]

    def __str__(self) -> str:
        return self.text


class PlacementKind(models.TextChoices):
    SECONDMENT = "secondment", _("Secondment")
    VILLAGE_POST = "village_post", _("Village post")
    SERVICE_HALL = "service_hall", _("Service-hall window")


class Placement(models.Model):
    """Where somebody works for a time: the place checks, the home unit counts (DESIGN §3)."""

    cadre = models.ForeignKey(Cadre, models.CASCADE, related_name="placements")
    kind = models.CharField(_("kind"), max_length=20, choices=PlacementKind)
    office = models.ForeignKey(Office, models.PROTECT, related_name="placements")
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("to"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-valid_from", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="placement_dates_in_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cadre_id} {self.kind}"


class CardQuerySet(models.QuerySet["Card"]):
    def valid(self) -> "CardQuerySet":
        return self.filter(revoked_at=None)

    def within(self, scope: Scope) -> "CardQuerySet":
        return self if scope.unit_ids is None else self.filter(cadre__unit__in=scope.unit_ids)


class RevokeReason(models.TextChoices):
    REISSUED = "reissued", _("Replaced by a new card")
    LOST = "lost", _("Card or plaque lost")
    LEFT = "left", _("No longer in service")
    TRANSFERRED = "transferred", _("Moved to another unit")
    MISUSED = "misused", _("Misused or copied")
    MISTAKE = "mistake", _("Issued by mistake")


class Card(models.Model):
    """干部身份证: its token opens the public page. A database constraint keeps one valid card per cadre (CARD-1)."""

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="cards")
    serial = models.CharField(_("card number"), max_length=20, unique=True)
    token = models.CharField(max_length=16, unique=True, default=new_token, editable=False)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(_("issued at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoke_reason = models.CharField(_("reason"), max_length=20, choices=RevokeReason, blank=True)
    revoke_note = models.CharField(_("note"), max_length=200, blank=True)

    objects = CardQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-issued_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cadre"], condition=Q(revoked_at=None), name="card_one_valid_per_cadre"
            ),
            models.CheckConstraint(condition=~Q(issued_by=F("approved_by")), name="card_approved_by_another"),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoke_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revoke_reason="")),
                name="card_revoked_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    def has_ended(self, day: date) -> bool:
        return self.revoked_at is not None or self.cadre.has_left(day)

    def is_valid_on(self, day: date) -> bool:
        """Not revoked, and its cadre in service: a card doesn't outlive the last day while the sweep is late."""
        return self.revoked_at is None and self.cadre.is_serving(day)


class PrintKind(models.TextChoices):
    PLAQUE = "plaque", _("Door plaque")
    COMBINED = "combined", _("Combined plaque of a room")
    CONTACT = "contact", _("Contact card")


@append_only.register
class Printing(models.Model):
    """The print log: what was printed of which card, when and by whom. The newest row of a kind is what hangs there."""

    card = models.ForeignKey(Card, models.PROTECT, related_name="printings")
    kind = models.CharField(_("document"), max_length=10, choices=PrintKind)
    #: Everything that the document shows, field by field: says why a plaque is outdated.
    shown = models.JSONField()
    #: Of `shown`; another one now means that what hangs there is outdated.
    fingerprint = models.CharField(max_length=64)
    printed_at = models.DateTimeField(_("printed at"))
    printed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    job = models.ForeignKey(Job, models.PROTECT, null=True, related_name="+")
    #: The step of the job whose file holds it: a file with a card that was revoked since is not handed out.
    item = models.ForeignKey(JobItem, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-printed_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["card", "kind", "-id"], name="printing_newest")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "card", "kind"], name="printing_once_per_job"),
            models.CheckConstraint(
                condition=Q(job=None, item=None) | Q(job__isnull=False, item__isnull=False),
                name="printing_of_a_step_of_its_job",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.card_id}"


class Transfer(models.Model):
    """Somebody moves to another unit: handed over by the old one, taken in by the new one, into an office there."""

    class Decision(models.TextChoices):
        ACCEPTED = "accepted", _("Taken in")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="transfers")
    from_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("new unit"))
    #: The first day in the new unit.
    first_day = models.DateField(_("first day there"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decision_note = models.CharField(_("reason"), max_length=200, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["proposed_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cadre"], condition=Q(decision=""), name="transfer_one_open_per_cadre"
            ),
            models.CheckConstraint(condition=~Q(from_unit=F("to_unit")), name="transfer_to_another_unit"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None) | (~Q(decision="") & Q(decided_at__isnull=False)),
                name="transfer_decided_when",
            ),
        ]

    def __str__(self) -> str:
        return f"transfer {self.pk}"


class RosterUpload(models.Model):
    """A roster that was handed in and looked through; what is confirmed later is exactly this file."""

    #: The only unit whose people it may name; empty where the city hands in.
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(max_length=120)
    #: SHA-256 of the roster and of the photos, as they lie in the upload's folder.
    digest = models.CharField(max_length=64)
    photos_digest = models.CharField(max_length=64, blank=True)
    #: Of the plan that the preview showed: when the directory has changed since, the preview is shown again.
    plan_digest = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    #: Its files are removed then.
    expires_at = models.DateTimeField()
    job = models.OneToOneField(Job, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.file_name


class CardRequest(models.Model):
    """A unit asks for a first card or a new one; the efficiency office decides (CARD-1: 市效能办监制)."""

    class Decision(models.TextChoices):
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="card_requests")
    #: Empty for a first card; otherwise why the present card is to be replaced.
    reason = models.CharField(_("reason"), max_length=20, choices=RevokeReason, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("requested at"))
    decision = models.CharField(_("decision"), max_length=10, choices=Decision, blank=True)
    decision_note = models.CharField(_("reason for the decision"), max_length=200, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["requested_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cadre"], condition=Q(decision=""), name="card_request_one_open_per_cadre"
            ),
            models.CheckConstraint(
                condition=~Q(decision="approved") | ~Q(decided_by=F("requested_by")),
                name="card_request_two_people",
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None) | (~Q(decision="") & Q(decided_at__isnull=False)),
                name="card_request_decided_when",
            ),
        ]

    def __str__(self) -> str:
        return f"card request {self.pk}"


class SerialCounter(models.Model):
    """The last card number used in a unit; locked while the next one is taken, so numbers are never used twice."""

    unit = models.OneToOneField(Unit, models.PROTECT, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.last}"


class WhereaboutsQuerySet(models.QuerySet["Whereabouts"]):
    def standing(self) -> "WhereaboutsQuerySet":
        """What was said and not taken back; taking back itself says nothing of where anybody is."""
        return self.filter(cancels=None, cancelled_by=None)

    def begun(self, now: datetime) -> "WhereaboutsQuerySet":
        """Newest beginning first: the first row is what the person last said of this moment."""
        return self.standing().filter(since__lte=now).order_by("-since", "-pk")


@append_only.register
class Whereabouts(models.Model):
    """What somebody declared, append-only. A plan is a row that begins later; a row that cancels it takes it back."""

    class Source(models.TextChoices):
        SELF = "self", _("Own declaration")
        OFFICER = "officer", _("Declared by the unit's officer")
        BULK = "bulk", _("Declared for many at once")

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="whereabouts")
    state = models.CharField(_("whereabouts"), max_length=20, choices=STATE_CHOICES)
    place = models.CharField(_("place"), max_length=40, blank=True)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    source = models.CharField(max_length=10, choices=Source, default=Source.SELF)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    cancels = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="cancelled_by")

    objects = WhereaboutsQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["cadre", "-since", "-id"], name="whereabouts_current"),
            models.Index(fields=["cadre", "until"], name="whereabouts_running"),
            #: What touches today, of the whole city: a handful of rows of years.
            models.Index(fields=["until"], name="whereabouts_ending"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("since")), name="whereabouts_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(state=State.AT_POST, until=None)
                | (~Q(state=State.AT_POST) & Q(until__isnull=False)),
                name="whereabouts_absence_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(cancels=None) | Q(state=State.AT_POST), name="whereabouts_cancels_at_post"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cadre_id} {self.state}"

    def as_declaration(self) -> Declaration:
        return Declaration(
            State(self.state),
            self.since,
            self.until,
            self.recorded_at,
            self.source == self.Source.SELF,
            self.place,
        )


class ShiftPattern(models.Model):
    """The hours of a shift that a unit has a name for: 早班, 晚班."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="shift_patterns")
    name = models.CharField(_("name of the shift"), max_length=10)
    #: As of a season; a part that ends no later than it begins ends on the next day.
    spans = models.JSONField(_("spans"))
    retired = models.BooleanField(_("no longer used"), default=False)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "name"], name="shift_pattern_name_in_unit")
        ]

    def __str__(self) -> str:
        return self.name


class ShiftDayQuerySet(models.QuerySet["ShiftDay"]):
    def standing(self) -> "ShiftDayQuerySet":
        return self.filter(replaced_at=None)


class ShiftDay(models.Model):
    """One day of somebody who works outside the office hours: a shift, or rest (轮休). Days without one follow the
    office hours. What was replaced stays, so that what a plaque said can be explained."""

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="shift_days")
    day = models.DateField(_("day"))
    #: Empty: they rest.
    pattern = models.ForeignKey(ShiftPattern, models.PROTECT, null=True, related_name="days")
    #: The pattern's hours as they were when this day was entered.
    spans = models.JSONField(default=list)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    objects = ShiftDayQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cadre", "day"], condition=Q(replaced_at=None), name="shift_day_one_standing"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["day"], condition=Q(replaced_at=None), name="shift_day_standing")
        ]

    def __str__(self) -> str:
        return f"{self.cadre_id} {self.day}"


class Consent(models.Model):
    """A cadre's recorded consent to one thing being public on the web; withdrawn when they say so (DOMAIN §7)."""

    class Subject(models.TextChoices):
        PHOTO = "photo", _("Photo on the web page")
        MOBILE = "mobile", _("Mobile number on the web page")

    cadre = models.ForeignKey(Cadre, models.CASCADE, related_name="consents")
    subject = models.CharField(max_length=10, choices=Subject)
    given_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    #: How it was given, when an officer recorded it: "signed form of 24 November 2026".
    evidence = models.CharField(_("how consent was given"), max_length=120, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-given_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cadre", "subject"], condition=Q(withdrawn_at=None), name="consent_one_standing"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cadre_id} {self.subject}"


class LookupKind(models.TextChoices):
    """What a citizen who opened a card was told."""

    PRESENT = "present"
    #: Away, and the stand-in shown beside them was at post.
    COVERED = "covered"
    #: Away, and nobody was there instead.
    UNCOVERED = "uncovered"
    #: The office was closed: nobody is expected there.
    CLOSED = "closed"


class LookupCount(models.Model):
    """How often cards of a unit were opened by the public on a day. Nothing of who opened them, nor of whose card it
    was (DOMAIN §7)."""

    day = models.DateField()
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=LookupKind)
    number = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "unit", "kind"], name="lookup_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.unit_id} {self.kind}"
