import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common import append_only


@append_only.register
class CalendarYear(models.Model):
    """One version of one year's working days. A new notice adds a version; none is ever edited, so a date counted
    under an old one can still be explained."""

    year = models.PositiveSmallIntegerField(_("year"))
    version = models.PositiveSmallIntegerField(_("version"))
    source = models.CharField(_("source notice"), max_length=200)
    adopted_at = models.DateTimeField(_("adopted at"))
    #: Empty for what the product brought along.
    adopted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    #: ISO date -> {"working": bool, "name": str}; only days that differ from Monday to Friday.
    exceptions = models.JSONField(_("exceptions"), default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "version"], name="calendar_year_version")
        ]

    def __str__(self) -> str:
        return f"{self.year} v{self.version}"


class OfficeHoursSet(models.Model):
    """Named office hours; a unit follows one set."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=50)

    def __str__(self) -> str:
        return self.name


@append_only.register
class OfficeHoursSeason(models.Model):
    """The daily spans of one part of the year, from one MM-DD to another, both included; it may cross New Year.

    All seasons of a set with the same first day in force are one version. Another version begins on another day, or
    replaces a planned one under the next number; none is ever edited, so what a plaque said can still be explained.
    """

    hours = models.ForeignKey(OfficeHoursSet, models.PROTECT, related_name="seasons")
    effective_from = models.DateField(_("in force from"))
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    first_day = models.CharField(_("from"), max_length=5)
    last_day = models.CharField(_("to"), max_length=5)
    #: [["08:30", "12:00"], ["14:00", "17:30"]]
    spans = models.JSONField(_("spans"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["hours", "effective_from", "version", "first_day"], name="office_hours_season"
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_day}–{self.last_day}"


@append_only.register
class AuditEntry(models.Model):
    """Who changed what, when. Append-only: a trigger refuses UPDATE and DELETE on both databases."""

    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    verb = models.CharField(_("verb"), max_length=60)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    #: field -> [old, new] for an edit; plain facts (reason, serial) for an event.
    changes = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["subject_type", "subject_id", "-id"], name="audit_subject")]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_type} {self.subject_id}"


class Job(models.Model):
    """Long work as a row: its lease survives a killed worker, and its page shows how far it is (DESIGN §6)."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")

    kind = models.CharField(max_length=30)
    title = models.CharField(_("job"), max_length=160)
    #: The unit whose people may see it; empty for the city's own. No foreign key: units stand above this app.
    unit_id = models.BigIntegerField(null=True)
    params = models.JSONField(default=dict)
    #: Of the person who asked: sentences about items are written in it.
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    #: From the form that asked, so that a second click finds the first one's job.
    once = models.CharField(max_length=32, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("asked for at"))
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    #: Whoever holds the lease works on it; when it has run out, anybody may take over.
    lease = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    #: All of its files as one, in the job's folder.
    archive = models.CharField(max_length=120, blank=True)
    files_until = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["unit_id", "-created_at"], name="job_of_unit"),
            models.Index(fields=["created_at"], condition=~Q(state="done"), name="job_open"),
            models.Index(
                fields=["files_until"], condition=Q(files_until__isnull=False), name="job_with_files"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="done", finished_at__isnull=False)
                | (~Q(state="done") & Q(finished_at=None)),
                name="job_done_when",
            ),
            models.CheckConstraint(
                condition=Q(lease="", lease_until=None) | (~Q(lease="") & Q(lease_until__isnull=False)),
                name="job_lease_until_when",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class JobItem(models.Model):
    """One step of a job, done exactly once in effect: it is claimed in the transaction that records its effect."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Not done")

    job = models.ForeignKey(Job, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    #: What the work needs to find its subject: a primary key.
    key = models.CharField(max_length=60)
    label = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    #: How often it was begun; what ends its process each time is given up.
    attempts = models.PositiveSmallIntegerField(default=0)
    note = models.TextField(blank=True)
    #: Name of its file in the job's folder.
    file = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "position"], name="job_item_position"),
            models.UniqueConstraint(fields=["job", "key"], name="job_item_once"),
        ]
        #: The next one that waits, without a walk over all that are done.
        indexes: ClassVar = [
            models.Index(fields=["job", "position"], condition=Q(state="pending"), name="job_item_pending")
        ]

    def __str__(self) -> str:
        return self.label


class Notice(models.Model):
    """What somebody should know, said once. Kept as kind and params, and put into words when it is read."""

    #: None for what goes to a group channel and stands in nobody's list.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="notices")
    #: What it concerns, where a group channel hears of it. No foreign key: units stand above this app.
    unit_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=40)
    #: Subject and stage, such as finding:12:recorded.
    key = models.CharField(max_length=120)
    #: Never anything about a complainant: administrators see the outbox, and whoever reads a backup sees this.
    params = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="notice_once"),
            models.UniqueConstraint(fields=["key"], condition=Q(user=None), name="notice_once_for_groups"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at"], name="notice_of_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notice_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class ChannelQuerySet(models.QuerySet["Channel"]):
    def receiving(self) -> "ChannelQuerySet":
        return self.filter(active=True, confirmed_at__isnull=False)

    def of_groups(self) -> "ChannelQuerySet":
        return self.filter(user=None)


class Channel(models.Model):
    """A way out of the house: somebody's own e-mail address, or the group of a unit or of the city."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        APPRISE = "apprise", _("Group")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="channels")
    #: Of a group channel; None is the city's. No foreign key: units stand above this app.
    unit_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=10, choices=Kind)
    #: Encrypted (common/crypto.py): whoever has the address of a group can write into it.
    address = models.TextField()
    label = models.CharField(_("name"), max_length=60, blank=True)
    active = models.BooleanField(default=True)
    #: When the owner of an e-mail address has shown to read it; a group's is trusted at once.
    confirmed_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = ChannelQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind"], name="channel_one_of_each_kind"),
            models.CheckConstraint(
                condition=Q(user=None) | Q(unit_id=None), name="channel_of_a_person_or_a_group"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Delivery(models.Model):
    """The outbox: one notice on one channel, sent until it has arrived once (common/outbox.py)."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        GIVEN_UP = "given_up", _("Given up")

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="deliveries")
    #: The same at every attempt, so that whoever gets a message twice can tell.
    message_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    #: A failure after this one is the last.
    give_up_at = models.DateTimeField()
    #: Whoever sends it now; when the claim has run out, or its process has ended, anybody may take over.
    claim = models.CharField(max_length=32, blank=True)
    claimed_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    #: A word of outbox.ERRORS, never what a server said: that may hold an address.
    last_error = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["notice", "channel"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at=None)
                | (~Q(state="waiting") & Q(ended_at__isnull=False)),
                name="delivery_ended_when",
            ),
            models.CheckConstraint(
                condition=Q(claim="", claimed_until=None) | (~Q(claim="") & Q(claimed_until__isnull=False)),
                name="delivery_claimed_until_when",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="delivery_due"),
            models.Index(fields=["-ended_at"], condition=Q(state="given_up"), name="delivery_given_up"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} on {self.channel_id}"
