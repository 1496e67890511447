from datetime import date, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.access import Scope
from accounts.models import Unit
from cards.models import Cadre


class Wave(models.Model):
    """A pilot or a wave of the rollout, and the day by which its units are done (ROLL-1, scheme 二)."""

    number = models.PositiveSmallIntegerField(_("number"), unique=True)
    name = models.CharField(_("name"), max_length=40)
    is_pilot = models.BooleanField(_("pilot"), default=False)
    begins_on = models.DateField(_("begins on"))
    deadline = models.DateField(_("deadline"))

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(deadline__gte=F("begins_on")), name="wave_days_in_order")
        ]

    def __str__(self) -> str:
        return self.name


class RolloutQuerySet(models.QuerySet["Rollout"]):
    def within(self, scope: Scope) -> "RolloutQuerySet":
        return self if scope.unit_ids is None else self.filter(unit__in=scope.unit_ids)

    def late(self, today: date) -> "RolloutQuerySet":
        """Neither reported as ready nor confirmed, and the day is over."""
        due = Coalesce("deadline", "wave__deadline")
        return self.alias(due=due).filter(completed_at=None, ready_reported_at=None, due__lt=today)


class Rollout(models.Model):
    """How far a unit has come (scheme 二): its leading group and assessment body, its own deadline, and who confirmed
    that it is done. The rest of its readiness is counted from facts (services.rollout.readiness)."""

    unit = models.OneToOneField(Unit, models.PROTECT, related_name="rollout")
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="rollouts")
    #: Instead of the wave’s, with a reason.
    deadline = models.DateField(_("own deadline"), null=True, blank=True)
    deadline_reason = models.CharField(_("why another deadline"), max_length=300, blank=True)
    #: 领导小组组长: the unit’s discipline secretary or the head of its discipline team, not its director.
    group_head = models.ForeignKey(Cadre, models.PROTECT, null=True, blank=True, related_name="+")
    group_head_post = models.CharField(_("post of the head of the leading group"), max_length=60, blank=True)
    assessment_body = models.CharField(_("assessment body"), max_length=100, blank=True)
    #: Who answers for the unit when it is late (ROLL-2).
    responsible = models.ForeignKey(Cadre, models.PROTECT, null=True, blank=True, related_name="+")
    hotline_tested_on = models.DateField(null=True)
    hotline_tested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    #: The unit’s own word that it is ready: the moment that counts against its day, whenever the city confirms it.
    ready_reported_at = models.DateTimeField(null=True)
    ready_reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    completed_at = models.DateTimeField(null=True)
    completed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = RolloutQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["unit"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(deadline=None) | ~Q(deadline_reason=""), name="rollout_deadline_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(completed_at=None, completed_by=None)
                | Q(completed_at__isnull=False, completed_by__isnull=False),
                name="rollout_completed_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(ready_reported_at=None, ready_reported_by=None)
                | Q(ready_reported_at__isnull=False, ready_reported_by__isnull=False),
                name="rollout_ready_reported_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(group_head=None) | Q(responsible=None) | ~Q(group_head=F("responsible")),
                name="rollout_head_is_not_director",
            ),
        ]

    def __str__(self) -> str:
        return f"rollout of {self.unit_id}"

    @property
    def due_on(self) -> date:
        return self.deadline or self.wave.deadline

    @property
    def done_at(self) -> datetime | None:
        return self.ready_reported_at or self.completed_at

    def is_late(self, today: date) -> bool:
        return self.done_at is None and today > self.due_on


class VisitQuerySet(models.QuerySet["Visit"]):
    def within(self, scope: Scope) -> "VisitQuerySet":
        return self if scope.unit_ids is None else self.filter(unit__in=scope.unit_ids)


class Visit(models.Model):
    """A supervision group was there (督导组): what it saw."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="visits")
    visited_on = models.DateField(_("day of the visit"))
    visited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    companions = models.CharField(_("together with"), max_length=100, blank=True)
    note = models.TextField(_("what was seen"), max_length=1000)
    entered_at = models.DateTimeField()

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-visited_on", "-pk"]

    def __str__(self) -> str:
        return f"visit {self.pk}"


class OrderState(models.TextChoices):
    OPEN = "open", _("To be put right")
    ANSWERED = "answered", _("Reported as put right")
    MET = "met", _("Put right")
    CALLED_OFF = "called_off", _("Called off")


class OrderQuerySet(models.QuerySet["RectificationOrder"]):
    def within(self, scope: Scope) -> "OrderQuerySet":
        return self if scope.unit_ids is None else self.filter(unit__in=scope.unit_ids)

    def late(self, today: date) -> "OrderQuerySet":
        return self.filter(state=OrderState.OPEN, due_on__lt=today)


class RectificationOrder(models.Model):
    """责令整改: what a unit has to put right, by when; reported by the unit and checked by whoever ordered it, or by
    another of the group or the city."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="orders")
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, related_name="orders")
    text = models.TextField(_("what is to be put right"), max_length=1000)
    due_on = models.DateField(_("by"))
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=OrderState, default=OrderState.OPEN)
    answer = models.TextField(_("what was done"), max_length=1000, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    #: The day that was missed and, as of then, the leader who answers for it beside the unit: they stay, whoever leads
    #: the unit afterwards and whatever day the order is given later.
    missed_on = models.DateField(null=True)
    answerable = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(_("note"), max_length=300, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["due_on", "pk"]
        indexes: ClassVar = [models.Index(fields=["due_on"], condition=Q(state="open"), name="order_open")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state="answered") | Q(answered_by__isnull=False, answered_at__isnull=False),
                name="order_answered_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "answered"], ended_at=None)
                | Q(state__in=["met", "called_off"], ended_at__isnull=False, ended_by__isnull=False),
                name="order_ended_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None) | Q(answered_by=None) | ~Q(ended_by=F("answered_by")),
                name="order_checked_by_another",
            ),
            models.CheckConstraint(
                condition=Q(answerable=None) | Q(missed_on__isnull=False), name="order_missed_by_whom"
            ),
        ]

    def __str__(self) -> str:
        return f"order {self.pk}"


class Indicator(models.TextChoices):
    """What the scheme’s last section claims to have become better, as a number of a month."""

    LOOKUPS = "lookups", _("Public look-ups of a card")
    STAND_IN = "stand_in", _("Look-ups of somebody absent that showed a stand-in, %")
    COMPLAINTS = "complaints", _("Complaints")
    ON_TIME = "on_time", _("Complaints answered in time, %")
    RATING = "rating", _("Answers rated satisfactory, %")
    OFF_POST = "off_post", _("Found away from the post in spot checks, %")


class Baseline(models.Model):
    """What an indicator was before the scheme, as imported with its source: trends stand beside it."""

    indicator = models.CharField(max_length=12, choices=Indicator)
    #: Of a month before the scheme, or the average of a year (its January).
    month = models.DateField(_("month"))
    value = models.DecimalField(_("value"), max_digits=12, decimal_places=2)
    source = models.CharField(_("source"), max_length=200)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["indicator", "month"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["indicator", "month"], name="baseline_once")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.month:%Y-%m}"
