from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.access import Scope
from accounts.models import SupervisionGroup, Unit, User
from accounts.permissions import Reach
from cards.models import Cadre, Office
from common.tokens import new_token


class DrawQuerySet(models.QuerySet["Draw"]):
    def without_value(self) -> "DrawQuerySet":
        """Neither drawn, nor called off, nor replaced: such a one waits until its check was to begin."""
        return self.filter(revealed_at=None, called_off_at=None, redrawn_by=None)


class Draw(models.Model):
    """双随机: who is checked, drawn so that anybody can recompute it (INSP-2, RFC 3797).

    First the pool is frozen and a secret committed; then a value nobody controls is written down; then both are shown.
    A redraw keeps the draw before it. Nothing of a row changes but from empty to filled.
    """

    #: 1, 2, 3 … in the order of freezing, without a gap: a draw that was kept from the public leaves one.
    number = models.PositiveIntegerField(unique=True)
    #: In the address of its public page.
    token = models.CharField(max_length=16, unique=True, default=new_token, editable=False)
    #: How many are drawn of what (draw.Plan as facts).
    plan = models.JSONField()
    #: The candidates, one line each, exactly as hashed.
    pool = models.TextField()
    pool_hash = models.CharField(max_length=64)
    frozen_at = models.DateTimeField()
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    #: Encrypted (common.crypto) until the spot check begins, and shown then.
    secret = models.CharField(max_length=300)
    #: SHA-256 of the secret, shown from the first moment on.
    commitment = models.CharField(max_length=64)
    #: Said before it is known: “the sum of three dice, cast before witnesses on 11月30日 9:00”.
    public_source = models.CharField(_("public value, where from"), max_length=200)
    public_value = models.CharField(_("public value"), max_length=80, blank=True)
    witnesses = models.CharField(_("witnesses"), max_length=120, blank=True)
    revealed_at = models.DateTimeField(null=True)
    revealed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    #: What was picked, stratum by stratum (draw.Picks as facts).
    picks = models.JSONField(null=True)
    redraw_of = models.OneToOneField("self", models.PROTECT, null=True, related_name="redrawn_by")
    redraw_reason = models.CharField(_("reason"), max_length=200, blank=True)
    #: Before any value was known, so that nothing was chosen by it.
    called_off_at = models.DateTimeField(null=True)
    called_off_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    call_off_reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = DrawQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(revealed_at=None, public_value="", picks=None)
                | Q(revealed_at__isnull=False, picks__isnull=False) & ~Q(public_value=""),
                name="draw_revealed_with_value",
            ),
            models.CheckConstraint(
                condition=Q(redraw_of=None, redraw_reason="")
                | Q(redraw_of__isnull=False) & ~Q(redraw_reason=""),
                name="draw_again_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(called_off_at=None, call_off_reason="")
                | Q(called_off_at__isnull=False, revealed_at=None) & ~Q(call_off_reason=""),
                name="draw_called_off_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"draw {self.number}"

    @property
    def begins_at(self) -> datetime:
        return datetime.fromisoformat(self.plan["begins_at"])

    @property
    def published_at(self) -> datetime:
        """When secret, pool and picks are shown: as it begins, or later where the pool would betray another check."""
        return datetime.fromisoformat(self.plan["published_at"])

    def is_published(self, now: datetime) -> bool:
        return now >= self.published_at

    @property
    def is_revealed(self) -> bool:
        return self.revealed_at is not None

    def is_waiting(self, now: datetime) -> bool:
        """For its public value; read with what it was redrawn by."""
        ended = self.is_revealed or self.called_off_at is not None or hasattr(self, "redrawn_by")
        return not ended and now < self.begins_at


class SpotKind(models.TextChoices):
    RANDOM = "random", _("Random")
    TARGETED = "targeted", _("Targeted")


class Purpose(models.TextChoices):
    ROUTINE = "routine", _("Routine")
    OPEN = "open", _("Announced check")
    UNANNOUNCED = "unannounced", _("Unannounced visit")
    LOOK_BACK = "look_back", _("Look back at what was found")
    COMPLAINT = "complaint", _("After a complaint")
    VISIT = "visit", _("Visit of a supervision group")


class SpotCheckQuerySet(models.QuerySet["SpotCheck"]):
    def within(self, scope: Scope) -> "SpotCheckQuerySet":
        """The city sees all, a supervision group its own, inspectors theirs."""
        if scope.reach == Reach.CITY:
            return self
        own = self.model.inspectors.through.objects.filter(user=scope.user_id).values("spotcheck")
        return self.filter(Q(group__in=scope.group_ids) | Q(pk__in=own))

    def told_to(self, user_id: int, now: datetime) -> "SpotCheckQuerySet":
        """Those of which this person may know where they go: begun, or planned or to be done by themselves."""
        own = self.model.inspectors.through.objects.filter(user=user_id).values("spotcheck")
        return self.filter(Q(begins_at__lte=now) | Q(planned_by=user_id) | Q(pk__in=own))

    def standing(self) -> "SpotCheckQuerySet":
        return self.filter(cancelled_at=None)

    def under_way(self, now: datetime) -> "SpotCheckQuerySet":
        return self.filter(begins_at__lte=now, closed_at=None, cancelled_at=None)


class SpotCheck(models.Model):
    """随机抽查 and the checks with a reason: planned, sealed until it begins, done on site, closed (INSP-2)."""

    kind = models.CharField(_("kind"), max_length=10, choices=SpotKind)
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose, default=Purpose.ROUTINE)
    #: Why these and no others; a random check needs none.
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    draw = models.OneToOneField(Draw, models.PROTECT, null=True, related_name="spot_check")
    #: The supervision group whose visit it is; empty for the city's.
    group = models.ForeignKey(SupervisionGroup, models.PROTECT, null=True, related_name="spot_checks")
    #: Sealed until then: only the inspectors and who planned it know where it goes.
    begins_at = models.DateTimeField(_("begins at"))
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    inspectors = models.ManyToManyField(User, related_name="spot_checks")
    units = models.ManyToManyField(Unit, related_name="spot_checks")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closing_note = models.CharField(_("note"), max_length=300, blank=True)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = SpotCheckQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-begins_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="random", draw__isnull=False)
                | Q(kind="targeted", draw=None) & ~Q(reason=""),
                name="spot_check_drawn_or_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancel_reason="")
                | Q(cancelled_at__isnull=False, closed_at=None) & ~Q(cancel_reason=""),
                name="spot_check_cancelled_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"spot check {self.pk}"

    def is_sealed(self, now: datetime) -> bool:
        return now < self.begins_at

    def is_told_to(self, user_id: int, now: datetime) -> bool:
        """Whether this person may know where it goes; the inspectors should have been prefetched."""
        inspectors = (inspector.pk for inspector in self.inspectors.all())
        return not self.is_sealed(now) or user_id == self.planned_by_id or user_id in inspectors

    def is_under_way(self, now: datetime) -> bool:
        return not self.is_sealed(now) and self.closed_at is None and self.cancelled_at is None


class Outcome(models.TextChoices):
    AGREES = "agrees", _("Agrees")
    PROBLEM = "problem", _("Problem")


class Signature(models.TextChoices):
    """A refusal to sign is a state that can be recorded, with a witness (DOMAIN §4)."""

    SIGNED = "signed", _("Signed")
    REFUSED = "refused", _("Refused to sign")
    ABSENT = "absent", _("Not there to sign")


class SpotLine(models.Model):
    """One person of a spot check: drawn or met on site; empty until somebody has looked."""

    spot_check = models.ForeignKey(SpotCheck, models.PROTECT, related_name="lines")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="+")
    #: Where they work that day: the place checks.
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    drawn = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    taken_at = models.DateTimeField(null=True)
    said = models.JSONField(null=True)
    note = models.CharField(_("facts"), max_length=300, blank=True)
    #: What the person said to it.
    word = models.CharField(_("the person's word"), max_length=300, blank=True)
    signature = models.CharField(_("signature"), max_length=10, choices=Signature, blank=True)
    witness = models.CharField(_("witness"), max_length=50, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["unit", "office", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["spot_check", "cadre"], name="spot_line_once"),
            models.CheckConstraint(
                condition=Q(outcome="", taken_at=None)
                | ~Q(outcome="") & Q(taken_at__isnull=False, recorded_by__isnull=False),
                name="spot_line_taken_when",
            ),
            models.CheckConstraint(
                condition=~Q(signature="refused") | ~Q(witness=""), name="spot_line_refusal_witnessed"
            ),
        ]

    def __str__(self) -> str:
        return f"spot line {self.pk}"
