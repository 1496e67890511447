from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import Scope
from accounts.models import Unit
from accounts.permissions import Reach
from cards.models import Cadre, EmploymentKind
from common.append_only import register


class BonusMonths(models.TextChoices):
    """Which three months’ bonus an admonishment costs (YEAR-1); the scheme is silent."""

    FOLLOWING = "following", _("The months after the decision")
    LAST = "last", _("The last months of the year")


class YearSettings(models.Model):
    """The one row of what the city sets for the ladder and the year, where the scheme is silent."""

    #: YEAR-4 compares nobody in a unit of fewer.
    minimum_headcount = models.PositiveSmallIntegerField(_("fewest people compared in a unit"), default=5)
    #: Who served fewer months is compared with nobody.
    minimum_months = models.PositiveSmallIntegerField(_("fewest months of service compared"), default=6)
    sheets_percent = models.PositiveSmallIntegerField(_("daily sheets handed in, at least, %"), default=100)
    agreement_percent = models.PositiveSmallIntegerField(
        _("agreement with spot checks, at least, %"), default=90
    )
    bonus_months = models.CharField(
        _("months whose bonus is withheld"), max_length=10, choices=BonusMonths, default=BonusMonths.FOLLOWING
    )
    #: 优秀: of those who take part in a unit, rounded down; more only with approval (DOMAIN §3).
    excellent_percent = models.PositiveSmallIntegerField(_("graded excellent, at most, %"), default=20)
    approved_percent = models.PositiveSmallIntegerField(
        _("graded excellent with approval, at most, %"), default=25
    )
    #: Working days, never fewer than five (DOMAIN §3).
    notice_days = models.PositiveSmallIntegerField(_("working days of public notice"), default=5)
    defence_days = models.PositiveSmallIntegerField(_("working days for a statement in defence"), default=3)
    #: Days after a decision was served (DOMAIN §3).
    review_days = models.PositiveSmallIntegerField(_("days to ask for a review"), default=30)
    review_answer_days = models.PositiveSmallIntegerField(_("days to decide a review"), default=30)
    appeal_days = models.PositiveSmallIntegerField(_("days to appeal after a review"), default=15)
    appeal_answer_days = models.PositiveSmallIntegerField(_("days to decide an appeal"), default=60)
    decision_prefix = models.CharField(_("code of decisions"), max_length=12, default="龙效能告")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="year_settings_one_row"),
            models.CheckConstraint(condition=Q(notice_days__gte=5), name="year_notice_at_least_five_days"),
            models.CheckConstraint(
                condition=Q(excellent_percent__lte=20, approved_percent__lte=25), name="year_quota_of_the_law"
            ),
            models.CheckConstraint(
                condition=Q(sheets_percent__lte=100, agreement_percent__lte=100), name="year_percents"
            ),
            models.CheckConstraint(
                condition=Q(review_days__gte=30, appeal_days__gte=15), name="year_rights_of_the_law"
            ),
        ]

    def __str__(self) -> str:
        return "year settings"

    @classmethod
    def current(cls) -> "YearSettings":
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class YearTerms(models.Model):
    """A year that was computed. Once a notice of it hangs, or it is over, it keeps the settings it is judged by."""

    #: Those of YearSettings that a computation, or the quota of a grade, reads. The day from which sheets are due is
    #: kept with them (facts.year.Terms).
    FIELDS: ClassVar = (
        "minimum_headcount",
        "minimum_months",
        "sheets_percent",
        "agreement_percent",
        "bonus_months",
        "excellent_percent",
        "approved_percent",
    )

    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    terms = models.JSONField(null=True)
    fixed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(terms=None, fixed_at=None) | Q(terms__isnull=False, fixed_at__isnull=False),
                name="year_terms_fixed_when",
            )
        ]

    def __str__(self) -> str:
        return f"terms of {self.year}"


class BonusBase(models.Model):
    """A cadre’s monthly assessed bonus from a month on, as imported: without one the year names months, no sum."""

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="bonus_bases")
    since = models.DateField(_("from the month"))
    cents = models.PositiveIntegerField(_("bonus a month"))
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["cadre", "since"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cadre", "since"], name="bonus_base_once"),
            models.CheckConstraint(condition=Q(since__day=1), name="bonus_base_from_a_month"),
        ]

    def __str__(self) -> str:
        return f"bonus of {self.cadre_id} from {self.since}"


class Responsibility(models.Model):
    """机关干部岗位目标责任制: what somebody’s post asks of a year, beside the record of it (scheme 二(三))."""

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="responsibilities")
    year = models.PositiveSmallIntegerField(_("year"))
    position = models.PositiveSmallIntegerField()
    task = models.CharField(_("responsibility"), max_length=200)
    target = models.CharField(_("target"), max_length=200, blank=True)
    result = models.CharField(_("result"), max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["cadre", "year", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cadre", "year", "position"], name="responsibility_once")
        ]

    def __str__(self) -> str:
        return self.task


class YearState(models.TextChoices):
    """Where a unit’s year stands."""

    COMPUTED = "computed", _("Computed")
    PROPOSED = "proposed", _("Proposed by the unit")
    PUBLIC = "public", _("On public notice")
    DECIDED = "decided", pgettext_lazy("of a year", "Decided")


class Grade(models.TextChoices):
    EXCELLENT = "excellent", _("Excellent")
    COMPETENT = "competent", _("Competent")
    BASIC = "basic", _("Basically competent")
    INCOMPETENT = "incompetent", _("Incompetent")
    UNGRADED = "ungraded", _("Not graded")


class Ungraded(models.TextChoices):
    """Why somebody is not graded (DOMAIN §3)."""

    PROBATION = "probation", _("On probation")
    LEAVE = "leave", _("On leave for more than half of the year")
    INVESTIGATION = "investigation", _("Under investigation: graded later")
    SANCTION = "sanction", _("Disciplined with a demerit or more")
    SHORT = "short", _("In service for less than half of the year")


class UnitResultQuerySet(models.QuerySet["UnitResult"]):
    def within(self, scope: Scope) -> "UnitResultQuerySet":
        return self if scope.unit_ids is None else self.filter(unit__in=scope.unit_ids)


class UnitResult(models.Model):
    """A unit’s year (YEAR-3, YEAR-4): its own figures, and where the grading of its people stands."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="year_results")
    year = models.PositiveSmallIntegerField(_("year"))
    #: rules.years.UnitYear and more, as counted (services.years.unit_figures).
    figures = models.JSONField(default=dict)
    #: SHA-256 of figures and consequences: the same however often it is computed.
    content_hash = models.CharField(max_length=64)
    computed_at = models.DateTimeField()
    among_least = models.BooleanField(default=False)
    among_most = models.BooleanField(default=False)
    codes = models.JSONField(default=list)
    #: As the unit was when this was computed: its people are graded by their own superiors.
    vertically_managed = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=YearState, default=YearState.COMPUTED)
    #: 25 % instead of 20 %: who approved it, and why.
    more_excellent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    more_excellent_reason = models.CharField(max_length=300, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    #: The last day of the public notice; it ends at 24:00.
    published_until = models.DateField(null=True)
    #: As it hangs, or hung (papers.content.PublicNotice).
    notice = models.JSONField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    sent_back_reason = models.CharField(_("reason for sending back"), max_length=300, blank=True)
    commended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    commended_reason = models.CharField(_("why it is commended"), max_length=300, blank=True)
    #: A signed circular names it, and it is no longer first in line: both stand.
    commendation_lapsed_at = models.DateTimeField(null=True)

    objects = UnitResultQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-year", "unit"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "year"], name="unit_result_once"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(proposed_by=None) | ~Q(decided_by=models.F("proposed_by")),
                name="unit_result_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["public", "decided"]) | Q(published_until__isnull=False),
                name="unit_result_public_until",
            ),
            models.CheckConstraint(
                condition=~Q(state="decided") | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="unit_result_decided_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(commended_by=None) | ~Q(commended_reason=""), name="unit_commended_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(commended_by=None)
                | Q(among_least=True)
                | Q(commendation_lapsed_at__isnull=False),
                name="unit_commended_of_the_least",
            ),
            models.CheckConstraint(
                condition=Q(more_excellent_by=None) | ~Q(more_excellent_reason=""),
                name="unit_result_quota_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.year}"


#: Graded by their own superiors.
_ELSEWHERE = Q(employment_kind=EmploymentKind.ENTERPRISE) | Q(unit_result__vertically_managed=True)


class AnnualResultQuerySet(models.QuerySet["AnnualResult"]):
    def within(self, scope: Scope) -> "AnnualResultQuerySet":
        if scope.reach == Reach.SELF:
            return self.filter(cadre__user=scope.user_id)
        return self if scope.unit_ids is None else self.filter(unit__in=scope.unit_ids)

    def to_recommend(self, today: date) -> "AnnualResultQuerySet":
        """Whom their own superiors grade, of years that are over: each is handed over to these."""
        return self.filter(_ELSEWHERE, year__lt=today.year, notified_on=None)

    def taking_grades(self) -> "AnnualResultQuerySet":
        """As graded.takes_grade says of one."""
        return self.exclude(_ELSEWHERE)


class AnnualResult(models.Model):
    """A cadre’s year: figures, the ceilings and bars that follow from them, and the grade that people gave."""

    unit_result = models.ForeignKey(UnitResult, models.PROTECT, related_name="results")
    #: The unit in which they served last in the year.
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="annual_results")
    year = models.PositiveSmallIntegerField(_("year"))
    figures = models.JSONField(default=dict)
    content_hash = models.CharField(max_length=64)
    computed_at = models.DateTimeField()
    #: Which grades apply (EmploymentKind); of whom none do is recommended to their own superiors.
    employment_kind = models.CharField(max_length=20, choices=EmploymentKind)
    ceiling = models.CharField(_("at most"), max_length=12, choices=Grade, default=Grade.EXCELLENT)
    codes = models.JSONField(default=list)
    bonus_months = models.PositiveSmallIntegerField(default=0)
    #: ["2026-05", …]
    bonus_of = models.JSONField(default=list)
    #: None where one of these months has no base.
    bonus_cents = models.PositiveIntegerField(null=True)
    among_least = models.BooleanField(default=False)
    among_most = models.BooleanField(default=False)
    barred_from_merit = models.BooleanField(default=False)
    #: The last day on which they are not promoted (YEAR-4).
    barred_until = models.DateField(null=True)

    grade = models.CharField(_("grade"), max_length=12, choices=Grade, blank=True)
    ungraded = models.CharField(_("why not graded"), max_length=16, choices=Ungraded, blank=True)
    grade_reason = models.CharField(_("reason for the grade"), max_length=300, blank=True)
    #: Who entered or last changed it: they do not decide it.
    graded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    graded_at = models.DateTimeField(null=True)
    #: Put on record by whom: the figures have changed since the decision, and somebody has to look again.
    changed_at = models.DateTimeField(null=True)
    #: As decided, or as recommended once that is handed over (papers.content.AnnualNotice).
    notice = models.JSONField(null=True)
    notified_on = models.DateField(_("notice handed over on"), null=True)
    notified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    receipt = models.CharField(max_length=10, blank=True)
    witness = models.CharField(_("witness"), max_length=50, blank=True)
    commended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    commended_reason = models.CharField(_("why they are commended"), max_length=300, blank=True)
    #: A signed circular names them, and they could no longer be chosen: both stand.
    commendation_lapsed_at = models.DateTimeField(null=True)

    objects = AnnualResultQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-year", "unit", "cadre"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cadre", "year"], name="annual_result_once"),
            models.CheckConstraint(
                condition=~Q(grade="ungraded") | ~Q(ungraded=""), name="annual_result_ungraded_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(commended_by=None)
                | ~Q(commended_reason="")
                & (Q(barred_from_merit=False) | Q(commendation_lapsed_at__isnull=False)),
                name="annual_result_commended_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(receipt="refused") | ~Q(witness=""), name="annual_result_refusal_has_witness"
            ),
        ]

    def __str__(self) -> str:
        return f"year {self.year} of {self.cadre_id}"


@register
class YearCorrection(models.Model):
    """What was computed anew of a decided year, of a person or of the unit itself, and what it had been: the record of
    a correction."""

    result = models.ForeignKey(AnnualResult, models.PROTECT, null=True, related_name="corrections")
    unit_result = models.ForeignKey(UnitResult, models.PROTECT, null=True, related_name="corrections")
    at = models.DateTimeField()
    before = models.JSONField()
    after = models.JSONField()
    #: A decision by review, with the new grade; None where a computation found other figures.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300)

    class Meta:
        ordering: ClassVar = ["at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(result__isnull=False, unit_result=None)
                | Q(result=None, unit_result__isnull=False),
                name="year_correction_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"correction {self.pk}"


class Circular(models.Model):
    """The city-wide commendation of a year (YEAR-3): drafted, signed by the head of the Express, frozen as printed."""

    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    drafted_at = models.DateTimeField()
    #: Paragraphs before the names, and after them.
    opening = models.TextField(_("opening"), max_length=2000, blank=True)
    closing = models.TextField(_("closing"), max_length=2000, blank=True)
    document_year = models.PositiveSmallIntegerField(null=True)
    serial = models.PositiveIntegerField(null=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    content = models.JSONField(null=True)
    content_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["-year"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(signed_at=None, serial=None, content_hash="")
                | Q(signed_at__isnull=False, serial__isnull=False, signed_by__isnull=False)
                & ~Q(content_hash=""),
                name="circular_signed_with_number",
            )
        ]

    def __str__(self) -> str:
        return f"circular of {self.year}"

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None
