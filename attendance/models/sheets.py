import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import Scope
from accounts.models import Unit
from attendance.models.catalogue import Item
from attendance.rules import Verified
from cards.models import Cadre
from common import append_only

VERIFIED_CHOICES = [
    (Verified.SEEN.value, _("Seen in person")),
    (Verified.PHONE.value, _("By phone")),
    (Verified.DECLARED.value, _("By declaration only")),
]
#: Also what nobody chooses.
VERIFIED_WORDS = {**dict(VERIFIED_CHOICES), Verified.ABSENT.value: _("Not at the post")}


#: Where photos of problems lie.
EVIDENCE = "evidence"


def evidence_path(instance: models.Model, filename: str) -> str:
    """A random name: neither the person nor the original file can be read from it."""
    return f"{EVIDENCE}/{uuid.uuid4().hex}.jpg"


class DailySheetQuerySet(models.QuerySet["DailySheet"]):
    def within(self, scope: Scope) -> "DailySheetQuerySet":
        return self if scope.unit_ids is None else self.filter(unit__in=scope.unit_ids)


class DailySheet(models.Model):
    """一日一表: a unit's day (INSP-1). It stands as soon as its first round is submitted, and is what rounds lock."""

    # Found by the constraint below.
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="daily_sheets", verbose_name=_("unit"), db_index=False
    )
    day = models.DateField(_("day"))

    objects = DailySheetQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-day", "unit"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["unit", "day"], name="daily_sheet_once")]
        indexes: ClassVar = [models.Index(fields=["day"], name="daily_sheet_day")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.day}"


class RoundKind(models.TextChoices):
    REGULAR = "regular", _("Round")
    PAPER = "paper", _("Entered from paper")
    CORRECTION = "correction", _("Correction")


ROUND_LABELS = {
    RoundKind.REGULAR: _("Round %(number)s"),
    RoundKind.PAPER: _("Sheet on paper %(number)s"),
    RoundKind.CORRECTION: _("Correction %(number)s"),
}


class RoundQuerySet(models.QuerySet["Round"]):
    def within(self, scope: Scope) -> "RoundQuerySet":
        return self if scope.unit_ids is None else self.filter(sheet__unit__in=scope.unit_ids)

    def checks(self) -> "RoundQuerySet":
        """What was found on the way, without what was put right afterwards."""
        return self.exclude(kind=RoundKind.CORRECTION)


@append_only.register
class Round(models.Model):
    """One walk through a unit, or a part of it: who was checked, what their plaque said at that second, and how they
    were verified, as one compact snapshot (attendance/snapshot.py). Only problems become rows of their own."""

    # Found by the constraint below; nobody looks for the rounds of a person.
    sheet = models.ForeignKey(DailySheet, models.PROTECT, related_name="rounds", db_index=False)
    kind = models.CharField(max_length=10, choices=RoundKind, default=RoundKind.REGULAR)
    #: The building and floor that was walked; empty for the whole unit.
    scope = models.CharField(_("part"), max_length=40, blank=True)
    #: Counted within the part. The page that submits says which one it means, so a second tap finds the first's round.
    number = models.PositiveSmallIntegerField(_("round"))
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    #: When the people were checked; a sheet kept on paper is entered later.
    taken_at = models.DateTimeField(_("checked at"))
    submitted_at = models.DateTimeField(_("submitted at"))
    snapshot = models.BinaryField()
    people = models.PositiveSmallIntegerField()
    seen = models.PositiveSmallIntegerField()
    phone = models.PositiveSmallIntegerField()
    declared = models.PositiveSmallIntegerField()
    #: Not there, as a problem says. Rounds from before it was counted keep 0: whoever was missing stands among the
    #: others there.
    absent = models.PositiveSmallIntegerField(default=0)
    problems = models.PositiveSmallIntegerField()
    #: Of a correction: the round that it puts right, why, and the second person who agreed.
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="corrections", db_index=False
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    second = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = RoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["submitted_at", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["corrects"], condition=Q(corrects__isnull=False), name="round_corrected")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sheet", "kind", "scope", "number"], name="round_once_per_part_and_number"
            ),
            models.CheckConstraint(
                condition=Q(people=F("seen") + F("phone") + F("declared") + F("absent")),
                name="round_everybody_verified",
            ),
            models.CheckConstraint(
                condition=Q(kind="correction", corrects__isnull=False, second__isnull=False) & ~Q(reason="")
                | ~Q(kind="correction") & Q(corrects=None, second=None),
                name="round_correction_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(second=None) | ~Q(second=F("checker")), name="round_correction_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"round {self.pk}"

    @property
    def label(self) -> str:
        """第 2 轮 · 主楼三楼."""
        label = str(ROUND_LABELS[RoundKind(self.kind)]) % {"number": self.number}
        return f"{label} · {self.scope}" if self.scope else label


class OpenRound(models.Model):
    """A round on the way: every tap is kept here until the round is submitted, then it is gone."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    day = models.DateField()
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    scope = models.CharField(max_length=40, blank=True)
    begun_at = models.DateTimeField()
    #: How those at post were verified, unless `verified` says otherwise.
    usual = models.CharField(max_length=10, choices=VERIFIED_CHOICES, default=Verified.SEEN)
    #: Primary key of a cadre (as text) -> Verified.
    verified = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "day", "checker", "scope"], name="open_round_once")
        ]

    def __str__(self) -> str:
        return f"open round {self.pk}"


class Mark(models.Model):
    """A problem tapped in an open round: what was seen at that second, before anybody could change their plaque."""

    open_round = models.ForeignKey(OpenRound, models.CASCADE, related_name="marks")
    cadre = models.ForeignKey(Cadre, models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    marked_at = models.DateTimeField()
    #: What the plaque said (snapshot.as_facts).
    said = models.JSONField()
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    photo = models.ImageField(_("photo"), upload_to=evidence_path, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["open_round", "cadre", "item"], name="mark_once")
        ]

    def __str__(self) -> str:
        return f"mark {self.pk}"


class Correction(models.Model):
    """Somebody asks to put a line of a round right; a second person of the unit, or the city, decides.

    Both stay: the round as it was, and a correction round after it.
    """

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        REFUSED = "refused", _("Refused")

    round = models.ForeignKey(Round, models.PROTECT, related_name="correction_requests")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="+")
    #: What was recorded by mistake, and is withdrawn.
    finding = models.ForeignKey("attendance.Finding", models.PROTECT, null=True, related_name="corrections")
    #: What should have been recorded.
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="+", verbose_name=_("problem"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decision_note = models.CharField(_("reason for the decision"), max_length=200, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["asked_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["round", "cadre"], condition=Q(decision=""), name="correction_one_open_per_line"
            ),
            models.CheckConstraint(
                condition=Q(finding__isnull=False) | Q(item__isnull=False),
                name="correction_changes_something",
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None, decided_by=None)
                | ~Q(decision="") & Q(decided_at__isnull=False, decided_by__isnull=False),
                name="correction_decided_when",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")), name="correction_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"correction {self.pk}"
