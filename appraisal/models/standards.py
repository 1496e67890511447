from datetime import date
from typing import ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from attendance.models import Item

#: Before any fact that the product can know (seeds).
BEGINNING = date(2000, 1, 1)


class StandardQuerySet(models.QuerySet["Standard"]):
    def adopted(self) -> "StandardQuerySet":
        return self.filter(adopted_at__isnull=False)


class Standard(models.Model):
    """One version of what points and money follow from (MONTH-1). Once adopted it is never changed: a fact is judged by
    the version in force on its day, however late that is done."""

    version = models.PositiveIntegerField(_("version"), unique=True)
    effective_from = models.DateField(_("in force from"))
    cents_per_point = models.PositiveIntegerField(_("money per point"), validators=[MinValueValidator(1)])
    #: The month's assessed allowance of a cadre; more is never withheld (DOMAIN §5).
    cap_cents = models.PositiveIntegerField(_("at most per month"))
    #: Never salary (DOMAIN §2).
    allowance = models.CharField(_("kind of allowance"), max_length=60)
    legal_basis = models.CharField(_("legal basis"), max_length=300)
    #: [{"when": "efficiency_admonishment", "times": 1, "effect": "bonus_months", "value": 3}, …]: read by the year.
    consequences = models.JSONField(_("consequences"), default=list)
    note = models.CharField(_("what changes and why"), max_length=300, blank=True)
    #: Nobody of what the product brought along.
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    adopted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    adopted_at = models.DateTimeField(null=True)

    objects = StandardQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(adopted_by=None) | Q(adopted_at__isnull=False), name="standard_adopted_when"
            ),
            models.CheckConstraint(
                condition=Q(adopted_by=None) | ~Q(adopted_by=F("proposed_by")), name="standard_two_people"
            ),
            models.CheckConstraint(condition=~Q(allowance=""), name="standard_names_an_allowance"),
            models.CheckConstraint(condition=Q(cap_cents__gt=0), name="standard_cap_is_something"),
        ]

    def __str__(self) -> str:
        return f"v{self.version}"

    @property
    def is_from_the_beginning(self) -> bool:
        """The starting standard: its day says no more than that it was there before any fact."""
        return self.effective_from <= BEGINNING

    @property
    def is_adopted(self) -> bool:
        return self.adopted_at is not None


class StandardItem(models.Model):
    """What one version says of an item; of an item without a row, nothing is counted."""

    standard = models.ForeignKey(Standard, models.CASCADE, related_name="items")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    half_points = models.PositiveSmallIntegerField(_("points"))
    free_first = models.PositiveSmallIntegerField(_("free in a month"), default=0)
    step_half_points = models.PositiveSmallIntegerField(_("more on repetition"), default=0)
    window_days = models.PositiveSmallIntegerField(_("days in which it counts as repeated"), default=0)
    refer = models.BooleanField(_("straight to the commission"), default=False)

    class Meta:
        ordering: ClassVar = ["item__position", "item__code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["standard", "item"], name="standard_item_once"),
            models.CheckConstraint(
                condition=Q(refer=False) | Q(half_points=0, step_half_points=0),
                name="standard_item_referred_without_points",
            ),
            models.CheckConstraint(
                condition=Q(step_half_points=0) | Q(window_days__gt=0), name="standard_item_step_has_window"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.standard_id} {self.item_id}"


class AppraisalSettings(models.Model):
    """The one row of what the city sets for the month."""

    #: The first month that is counted; empty until the city begins.
    begins = models.DateField(_("first month counted"), null=True, blank=True)
    #: Working days, each counted from the day on which the step before was taken.
    confirm_days = models.PositiveSmallIntegerField(_("working days to confirm"), default=3)
    publish_days = models.PositiveSmallIntegerField(_("working days to publish once confirmed"), default=2)
    publication_days = models.PositiveSmallIntegerField(_("working days of publication"), default=5)
    report_days = models.PositiveSmallIntegerField(
        _("working days to report once the publication is over"), default=2
    )
    answer_days = models.PositiveSmallIntegerField(_("working days to answer an objection"), default=3)
    review_days = models.PositiveSmallIntegerField(_("working days for the city to review"), default=3)
    bulletin_day = models.PositiveSmallIntegerField(_("day on which the bulletin is drafted"), default=20)
    issuer = models.CharField(_("issuer"), max_length=30, default="龙泉市效能办")
    number_prefix = models.CharField(_("code of its documents"), max_length=12, default="龙效能办")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="appraisal_settings_one_row"),
            models.CheckConstraint(
                condition=Q(bulletin_day__gte=1, bulletin_day__lte=28), name="appraisal_bulletin_day"
            ),
            models.CheckConstraint(
                condition=Q(
                    publication_days__gte=1, confirm_days__gte=1, publish_days__gte=1, report_days__gte=1
                ),
                name="appraisal_days_at_least_one",
            ),
        ]

    def __str__(self) -> str:
        return "appraisal settings"

    @property
    def until_report_days(self) -> int:
        """Working days from the end of the publication to the last one for reporting: an objection of its last day can
        still be answered in time."""
        return max(self.report_days, self.answer_days)

    @classmethod
    def current(cls) -> "AppraisalSettings":
        return cls.objects.filter(pk=1).first() or cls(pk=1)
