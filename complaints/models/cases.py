from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import Access
from accounts.models import Role, Unit
from cards.models import Cadre
from common.append_only import register
from common.tokens import new_token
from complaints import rules
from complaints.models.fields import EncryptedBinaryField, EncryptedTextField

#: Who answers for a unit and so has an interest in what is said of it and its people.
SUPERIORS = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)


class Channel(models.TextChoices):
    """How it came in."""

    CARD = "card", _("Door plaque")
    SITE = "site", _("Website")
    PHONE = "phone", _("Phone")
    VISIT = "visit", _("Visit")
    LETTER = "letter", _("Letter")
    HOTLINE = "hotline", _("12345 hotline")


class CaseState(models.TextChoices):
    RECEIVED = rules.State.RECEIVED.value, _("Received")
    ACCEPTED = rules.State.ACCEPTED.value, _("Being handled")
    REVIEW = rules.State.REVIEW.value, _("Answer being checked")
    CLOSED = rules.State.CLOSED.value, _("Closed, to be answered")
    ANSWERED = rules.State.ANSWERED.value, _("Answered")
    NOT_ACCEPTED = rules.State.NOT_ACCEPTED.value, _("Not accepted")
    LINKED = rules.State.LINKED.value, _("Handled with another case")
    REFERRED = rules.State.REFERRED.value, _("Referred")


class Outcome(models.TextChoices):
    """DOMAIN §6."""

    SUBSTANTIATED = "substantiated", _("Substantiated")
    PARTLY = "partly", _("Partly substantiated")
    UNSUBSTANTIATED = "unsubstantiated", _("Unsubstantiated")
    UNVERIFIABLE = "unverifiable", _("Cannot be verified")
    CLEARED = "cleared", _("Cleared")


class Feedback(models.TextChoices):
    """How the answer reached the complainant."""

    RECEIPT = "receipt", _("On the receipt’s page")
    PHONE = "phone", _("By telephone")
    PERSON = "person", _("In person")
    LETTER = "letter", _("By letter")
    HOTLINE = "hotline", _("Through 12345")


class Grade(models.IntegerChoices):
    """好差评 (DOMAIN §6)."""

    VERY_SATISFIED = 5, _("Very satisfied")
    SATISFIED = 4, _("Satisfied")
    FAIRLY_SATISFIED = 3, _("Fairly satisfied")
    UNSATISFIED = 2, _("Unsatisfied")
    VERY_UNSATISFIED = 1, _("Very unsatisfied")


#: What a list does not need is not even deciphered.
ENCRYPTED = ("text", "occasion", "contact_name", "contact_phone", "redo_reason", "return_reason")


class ComplaintQuerySet(models.QuerySet["Complaint"]):
    def running(self) -> "ComplaintQuerySet":
        return self.filter(state__in=rules.RUNNING)

    def visible_to(self, access: Access) -> "ComplaintQuerySet":
        """What somebody may know the existence of: the Express whatever it has no interest in, the commission what
        was referred to it, nobody else anything. Every page, file, count and search begins here."""
        seen = Q(pk__in=[])
        referred = Q(matter__in=Complaint.objects.referred_matters())
        if access.has(Role.EXPRESS_STAFF) or access.has(Role.EXPRESS_HEAD):
            seen |= ~referred
        if access.has(Role.DISCIPLINE):
            seen |= referred
        user = access.user
        answers_for = [member.unit_id for member in access.memberships if member.role in SUPERIORS]
        interests = Interest.objects.filter(user=user)
        return (
            self.filter(seen)
            .exclude(cadre__user=user)
            .exclude(unit__in=answers_for)
            .exclude(unit__in=Cadre.objects.filter(user=user, leads_unit=True).values("unit"))
            .exclude(cadre__in=interests.filter(cadre__isnull=False).values("cadre"))
            .exclude(matter__in=interests.filter(complaint__isnull=False).values("complaint__matter"))
        )

    def referred_matters(self) -> models.QuerySet[Any, str]:
        """Frozen with the commission, and hidden from everybody else in all its cases."""
        return self.filter(state=rules.State.REFERRED).order_by().values_list("matter", flat=True)


class Complaint(models.Model):
    """What a citizen says of a cadre or a unit, from the receipt to the answer (COMP-1).

    Kept of the complainant: the words, and a contact if they gave one, both encrypted. A case that is done again is a
    row of its own with its own clock and handler (`redo_of`), and the words stay with the first.
    """

    #: For staff: “2026-0042”, gapless in a year (services.cases.next_number). Tells the complainant nothing.
    number = models.CharField(_("case number"), max_length=12, unique=True)
    #: HMAC-SHA256 of the sixteen digits that were shown once; empty where somebody else keeps the number.
    receipt = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001 -- unique, and empty means none
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    #: Of 12345, with its own time of receipt in `received_at`.
    original_number = models.CharField(_("original number"), max_length=40, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="complaints")
    cadre = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="complaints")
    #: The same for a case, what is linked to it and what is done again: an interest in one is an interest in all, and
    #: a referral of one hides all.
    matter = models.CharField(max_length=16, default=new_token, editable=False, db_index=True)

    text = EncryptedTextField(_("what happened"), blank=True)
    #: When and where, in the complainant's words.
    occasion = EncryptedTextField(_("time and place"), blank=True)
    contact_name = EncryptedTextField(_("name"), blank=True)
    contact_phone = EncryptedTextField(_("phone"), blank=True)
    #: HMAC-SHA256 of the phone (complaints.receipts): whoever lost the receipt calls, and the case is found.
    contact_key = models.CharField(max_length=64, blank=True, editable=False)

    received_at = models.DateTimeField(_("received at"))
    entered_at = models.DateTimeField(_("entered at"))
    #: Nobody where the citizen wrote it.
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    # The clock (complaints.clock)
    mode = models.CharField(max_length=20)
    days = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField(_("due"))
    #: Day by day: [["2026-11-28", "receipt", 0], …].
    derivation = models.JSONField()
    #: {"2026": 1}: a newer version recounts what is open.
    calendar_versions = models.JSONField()
    #: When the sweep looks next; empty once the case is answered or all stages are behind.
    next_stage_at = models.DateTimeField(null=True)
    #: Before the extension; an extended case never counts as answered within 3 days.
    first_due_at = models.DateTimeField(null=True)
    extended_at = models.DateTimeField(null=True)
    extension_reason = models.CharField(_("reason of the extension"), max_length=300, blank=True)
    extended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    state = models.CharField(_("state"), max_length=14, choices=CaseState, default=CaseState.RECEIVED)
    #: Counts up with each move: two who move at once, and one wins.
    revision = models.PositiveIntegerField(default=0)
    accepted_at = models.DateTimeField(null=True)
    handler = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    #: The unit that verifies; it sees points, never the case.
    dispatched_to = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    dispatched_at = models.DateTimeField(null=True)
    #: Why the unit gave it back, the last time; not in the record, which nothing can be removed from.
    return_reason = EncryptedTextField(_("why the unit returned it"), blank=True)
    #: Why it is not accepted, and the right door.
    refusal_reason = models.CharField(_("reason"), max_length=300, blank=True)
    right_door = models.CharField(_("the right door"), max_length=200, blank=True)
    master = models.ForeignKey("self", models.PROTECT, null=True, related_name="duplicates")
    redo_of = models.OneToOneField("self", models.PROTECT, null=True, related_name="redone_by")
    redo_reason = EncryptedTextField(_("why it should be done again"), blank=True)

    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome, blank=True)
    #: The only words that reach the accused, and what later consequences refer to; quotes nobody.
    statement = models.TextField(_("statement of fact"), max_length=1000, blank=True)
    measures = models.TextField(_("measures"), max_length=1000, blank=True)
    answer = models.TextField(_("answer"), max_length=2000, blank=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    feedback = models.CharField(_("told"), max_length=10, choices=Feedback, blank=True)
    #: COMP-1: within the days when this is before `due_at` and nothing was extended.
    answered_at = models.DateTimeField(null=True)
    grade = models.PositiveSmallIntegerField(_("rating"), choices=Grade, null=True)
    graded_at = models.DateTimeField(null=True)
    referred_at = models.DateTimeField(null=True)
    referred_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    referral_reason = models.CharField(_("reason of the referral"), max_length=300, blank=True)
    #: What the purge has taken away.
    contact_removed_at = models.DateTimeField(null=True)
    text_removed_at = models.DateTimeField(null=True)

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["due_at", "pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["next_stage_at"],
                condition=Q(next_stage_at__isnull=False),
                name="complaint_next_stage",
            ),
            models.Index(fields=["contact_key"], condition=~Q(contact_key=""), name="complaint_of_caller"),
            models.Index(fields=["unit", "received_at"], name="complaint_of_unit"),
            models.Index(fields=["state", "due_at"], name="complaint_by_time_left"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["original_number"], condition=~Q(original_number=""), name="complaint_once_from_12345"
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None) | ~Q(closed_by=F("submitted_by")),
                name="complaint_closed_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="answered") | Q(answered_at__isnull=False), name="complaint_answered_when"
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["substantiated", "partly"]) | ~Q(statement=""),
                name="complaint_substantiated_with_statement",
            ),
            models.CheckConstraint(
                condition=~Q(state="not_accepted") | ~Q(refusal_reason=""),
                name="complaint_refused_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(extended_at=None) | ~Q(extension_reason="") & Q(first_due_at__isnull=False),
                name="complaint_extended_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="linked") | Q(master__isnull=False), name="complaint_linked_to_master"
            ),
            models.CheckConstraint(
                condition=~Q(state="referred") | ~Q(referral_reason=""), name="complaint_referred_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"complaint {self.number}"

    @property
    def source(self) -> "Complaint":
        """The row with the complainant's words."""
        return self.redo_of or self

    @property
    def is_running(self) -> bool:
        return self.state in rules.RUNNING


class Attachment(models.Model):
    """Evidence as a re-encoded picture; nothing of the file it came in."""

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="attachments")
    token = models.CharField(max_length=16, unique=True, default=new_token, editable=False)
    data = EncryptedBinaryField()

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"attachment {self.pk}"


@register
class ComplaintEvent(models.Model):
    """What happened to a case, in its order; never in the complainant's words."""

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="events")
    at = models.DateTimeField()
    #: rules.Move, or what else is worth a line: entered, unmasked, called_back, recounted, cleared, purged …
    kind = models.CharField(max_length=24)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    facts = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} of complaint {self.complaint_id}"


class StageReached(models.Model):
    """A stage of the clock in effect, once for each due instant: whatever runs twice finds it there."""

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="stages")
    stage = models.CharField(max_length=12)
    due_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["complaint", "stage", "due_at"], name="stage_once")
        ]

    def __str__(self) -> str:
        return f"{self.stage} of complaint {self.complaint_id}"


class PointQuerySet(models.QuerySet["VerificationPoint"]):
    def asked(self) -> "PointQuerySet":
        return self.filter(asked_at__isnull=False)


class VerificationPoint(models.Model):
    """A reworded question to the accused or to the unit: never the text, its source or the evidence."""

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="points")
    #: In the address of its page, which must not tell how many cases there are.
    token = models.CharField(max_length=16, unique=True, default=new_token, editable=False)
    text = EncryptedTextField(_("point"))
    #: The accused, or empty: the unit that verifies.
    cadre = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    #: Asking would tell who complained: the Express head decides how, and until then nobody is asked.
    would_identify = models.BooleanField(default=False)
    decision = EncryptedTextField(_("how to ask"), blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    #: The end of the next working day.
    due_at = models.DateTimeField(null=True)
    answer = EncryptedTextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = PointQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(cadre__isnull=False, unit=None) | Q(cadre=None, unit__isnull=False),
                name="point_to_one",
            ),
        ]

    def __str__(self) -> str:
        return f"point {self.pk}"


class Interest(models.Model):
    """Why somebody must not know of a case: declared kin of a cadre, or stepped back from one case."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    cadre = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+")
    complaint = models.ForeignKey(Complaint, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=200)
    declared_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(cadre__isnull=False, complaint=None) | Q(cadre=None, complaint__isnull=False),
                name="interest_in_one",
            ),
            models.UniqueConstraint(fields=["user", "cadre"], name="interest_in_cadre_once"),
            models.UniqueConstraint(fields=["user", "complaint"], name="interest_in_case_once"),
        ]

    def __str__(self) -> str:
        return f"interest {self.pk}"


class Praise(models.Model):
    """One step, no clock, no receipt."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="praises")
    cadre = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="praises")
    text = EncryptedTextField(_("what was done well"))
    received_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-received_at", "-pk"]

    def __str__(self) -> str:
        return f"praise {self.pk}"
