from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.access import Scope
from accounts.models import Unit
from accounts.permissions import Reach
from appraisal.models import apart
from appraisal.models.sanctions import Sanction
from appraisal.models.years import AnnualResult, Grade


class Stage(models.TextChoices):
    """DOMAIN §3: 复核 by those who decided, through another person; then 申诉 to the authority above."""

    REVIEW = "review", _("Review")
    APPEAL = "appeal", _("Appeal")


class ReviewState(models.TextChoices):
    OPEN = "open", _("To be decided")
    UPHELD = "upheld", _("The decision stands")
    REVISED = "revised", _("Set aside or changed")
    WITHDRAWN = "withdrawn", _("Taken back")


class ReviewQuerySet(models.QuerySet["Review"]):
    def within(self, scope: Scope) -> "ReviewQuerySet":
        """Nothing of a measure that is kept from the reader, nor of their kin’s year."""
        if scope.reach == Reach.SELF:
            return self.filter(Q(sanction__cadre__user=scope.user_id) | Q(result__cadre__user=scope.user_id))
        kept = Sanction.objects.kept_from(scope).order_by().values("pk")
        rows = self.exclude(sanction__in=kept).exclude(result__cadre__in=apart.kin_of(scope.user_id))
        rows = rows.exclude(sanction__state="referred")
        if scope.unit_ids is None:
            return rows
        return rows.filter(Q(sanction__unit__in=scope.unit_ids) | Q(result__unit__in=scope.unit_ids))

    def of_unit(self, unit: Unit) -> "ReviewQuerySet":
        return self.filter(Q(sanction__unit=unit) | Q(result__unit=unit))

    def open(self) -> "ReviewQuerySet":
        return self.filter(state=ReviewState.OPEN)

    def open_first(self) -> "ReviewQuerySet":
        """What is to be decided, the most urgent on top; then the newest."""
        waits = Case(When(state=ReviewState.OPEN, then=F("due_on")), default=Value(None))
        return self.order_by(waits.asc(nulls_last=True), "-made_at", "-pk")


class Review(models.Model):
    """Somebody asks for a decision about them to be looked at again: of a sanction or of an annual result. What a month
    counts has its objections. Asking never suspends, and never makes anything heavier (DOMAIN §3)."""

    sanction = models.ForeignKey(Sanction, models.PROTECT, null=True, related_name="reviews")
    result = models.ForeignKey(AnnualResult, models.PROTECT, null=True, related_name="reviews")
    #: Of an annual result, which of its decisions (reviewing.decisions): each has rights of its own.
    decision = models.PositiveSmallIntegerField(default=1)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.REVIEW)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    #: Handed in on paper by somebody without an account; `made_by` entered it.
    paper_on = models.DateField(null=True)
    text = models.TextField(_("what is wrong"), max_length=2000)
    due_on = models.DateField(_("to be decided by"))
    state = models.CharField(max_length=10, choices=ReviewState, default=ReviewState.OPEN)
    #: Of an annual result that was changed.
    grade = models.CharField(max_length=12, choices=Grade, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(_("reason for the decision"), max_length=1000, blank=True)
    #: Of an appeal: the authority above that decided, and its document.
    authority = models.CharField(_("authority that decided"), max_length=100, blank=True)
    document = models.CharField(_("number of its document"), max_length=60, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-made_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["due_on"], condition=Q(state="open"), name="review_open")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(sanction__isnull=False, result=None) | Q(sanction=None, result__isnull=False),
                name="review_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["sanction", "stage"], condition=~Q(state="withdrawn"), name="review_of_sanction_once"
            ),
            models.UniqueConstraint(
                fields=["result", "decision", "stage"],
                condition=~Q(state="withdrawn"),
                name="review_of_result_once",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None)
                | Q(state="withdrawn", decided_at__isnull=False)
                | Q(state__in=["upheld", "revised"], decided_at__isnull=False, decided_by__isnull=False)
                & ~Q(decision_reason=""),
                name="review_decided_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "withdrawn"]) | ~Q(decided_by=F("made_by")),
                name="review_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(stage="appeal")
                | Q(state__in=["open", "withdrawn"])
                | ~Q(authority="") & ~Q(document=""),
                name="review_appeal_names_authority",
            ),
        ]

    def __str__(self) -> str:
        return f"review {self.pk}"
