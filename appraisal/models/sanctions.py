from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.access import Access, Scope
from accounts.models import Role, Unit
from accounts.permissions import Page, Reach
from appraisal.acting import widened
from appraisal.models import apart
from attendance.models import Exemption, Item
from cards.models import Cadre


class Measure(models.Model):
    """A rung of the ladder (SANC-1, scheme 一(三) “一查一究”). Ordered by level: other cities order it differently."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    level = models.PositiveSmallIntegerField(_("level"), unique=True)
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    for_cadres = models.BooleanField(_("for cadres"), default=True)
    for_units = models.BooleanField(_("for units"), default=True)
    #: So long it warns once it is served; 0 is not at all.
    months = models.PositiveSmallIntegerField(_("months of warning"), default=0)
    #: A numbered decision has to be served (DOMAIN §4: from 效能告诫 upward).
    by_document = models.BooleanField(_("by written decision"), default=False)
    #: The file goes to the discipline inspection commission and is hidden from everybody else.
    refers = models.BooleanField(_("referral"), default=False)

    class Meta:
        ordering: ClassVar = ["level"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(for_cadres=True) | Q(for_units=True), name="measure_for_somebody"
            )
        ]

    def __str__(self) -> str:
        if self.name_en and not (get_language() or "").startswith("zh"):
            return self.name_en
        return self.name


class Counts(models.TextChoices):
    """What a trigger counts in a calendar year."""

    COMPLAINT = "complaint", _("Substantiated complaints")
    ITEM = "item", _("Problems of one kind")
    FINDING = "finding", _("Problems of any kind")
    MEASURE = "measure", _("Measures of one rung")
    ROLLOUT = "rollout", _("Deadlines of the rollout that were missed")


class Trigger(models.Model):
    """So many facts of a year propose a measure (rule code on every page). What is off proposes nothing."""

    code = models.CharField(_("rule"), max_length=20, unique=True)
    counts = models.CharField(_("counts"), max_length=12, choices=Counts)
    item = models.ForeignKey(Item, models.PROTECT, null=True, blank=True, related_name="+")
    counted = models.ForeignKey(Measure, models.PROTECT, null=True, blank=True, related_name="+")
    times = models.PositiveSmallIntegerField(_("times"), default=1)
    measure = models.ForeignKey(Measure, models.PROTECT, related_name="+")
    about_units = models.BooleanField(_("about units"), default=False)
    active = models.BooleanField(_("in use"), default=True)
    #: The clause it comes from.
    clause = models.CharField(_("clause"), max_length=120, blank=True)

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(times__gte=1), name="trigger_counts_something"),
            models.CheckConstraint(
                condition=Q(counts="item", item__isnull=False) | (~Q(counts="item") & Q(item=None)),
                name="trigger_of_an_item",
            ),
            models.CheckConstraint(
                condition=Q(counts="measure", counted__isnull=False)
                | (~Q(counts="measure") & Q(counted=None)),
                name="trigger_of_a_measure",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class SanctionState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    DROPPED = "dropped", _("Not pursued")
    DECIDED = "decided", _("Decided, to be served")
    SERVED = "served", _("Has been served")
    SET_ASIDE = "set_aside", _("Set aside")
    REFERRED = "referred", _("Referred")


class Receipt(models.TextChoices):
    """How a decision was taken."""

    SIGNED = "signed", _("Receipt signed")
    REFUSED = "refused", _("Refused to sign, with a witness")


#: Decided and not taken back: what the year counts.
STANDING = (SanctionState.DECIDED, SanctionState.SERVED)

#: Nobody is told that a referral was thought of (DOMAIN §4: it freezes and hides the file).
_NO_REFERRAL = Q(proposed_measure__refers=False)


def _kept_from(user_id: int, *, of_city: bool) -> Q:
    """Whoever has an interest: as it was found when it was proposed, and as it is today."""
    found = Q(kept_out__contains=f",{user_id},") | Q(cadre__in=apart.kin_of(user_id))
    found |= Q(apart.counts(apart.hidden_cases(user_id, of_city=of_city)))
    if of_city:
        found |= Q(proposed_measure__refers=True) & (Q(cadre__user=user_id) | apart.led_by(user_id))
    return found


class SanctionQuerySet(models.QuerySet["Sanction"]):
    def within(self, scope: Scope) -> "SanctionQuerySet":
        """A cadre’s own; the units’ for those who answer for them, with what stands against whoever has come to them
        since; all of them for the city; but for what `kept_from` them. A referred file is nobody’s but the
        commission’s (`visible_to`)."""
        rows = self.exclude(state=SanctionState.REFERRED)
        # `_kept_out` of a referral names whom it is about, and who answers for the unit.
        if scope.reach == Reach.SELF:
            return rows.filter(_NO_REFERRAL, cadre__user=scope.user_id)
        seen = rows.exclude(_kept_from(scope.user_id, of_city=scope.reach == Reach.CITY))
        if scope.unit_ids is None:
            return seen
        followed = Q(state__in=STANDING, cadre__unit__in=scope.unit_ids)
        return seen.filter(_NO_REFERRAL, Q(unit__in=scope.unit_ids) | followed)

    def visible_to(self, access: Access, page: Page) -> "SanctionQuerySet":
        """`within` the scope of the other roles, of the units that theirs follow too; and for the commission what was
        referred to it, nothing of that to whom it is about."""
        others = access.without(Role.DISCIPLINE)
        scope = widened(others.scope(page), timezone.localdate())
        seen = self.within(scope) if others.may(page) else self.none()
        if not access.has(Role.DISCIPLINE):
            return seen
        referred = self.filter(state=SanctionState.REFERRED)
        return seen | referred.exclude(_kept_from(access.user.pk, of_city=True))

    def kept_from(self, scope: Scope) -> "SanctionQuerySet":
        """What this reader hears nothing of, for an interest in it."""
        return self.filter(_kept_from(scope.user_id, of_city=scope.reach == Reach.CITY))

    def standing(self) -> "SanctionQuerySet":
        """Decided, not set aside, and not a mere recommendation."""
        return self.filter(state__in=STANDING, is_recommendation=False)

    def open(self) -> "SanctionQuerySet":
        return self.filter(state=SanctionState.PROPOSED)

    def decidable(self, day: date) -> "SanctionQuerySet":
        """Open, and answered (Sanction.own_word), or the days for it were over before `day`; of a referral nobody is
        told."""
        answered = Q(defended_at__isnull=False) & (Q(cadre=None) | Q(defended_by=F("cadre__user")))
        return self.open().filter(Q(defence_until__lt=day) | answered | Q(proposed_measure__refers=True))

    def decided_in(self, year: int) -> "SanctionQuerySet":
        return self.filter(decided_on__year=year)


class Sanction(models.Model):
    """A measure of the ladder against a cadre, or against a unit (`cadre` empty): proposed with the lines that were
    counted, answered, decided by a second person, served, and open to review. Nothing of it is automatic."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="sanctions")
    cadre = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="sanctions")
    #: What was proposed; the decision may be milder, never harsher than what could be answered.
    proposed_measure = models.ForeignKey(Measure, models.PROTECT, related_name="+")
    measure = models.ForeignKey(Measure, models.PROTECT, related_name="sanctions")
    #: Of the facts.
    year = models.PositiveSmallIntegerField(_("year"))
    #: The trigger’s code; empty where somebody proposed it without one.
    rule = models.CharField(_("rule"), max_length=20, blank=True)
    #: “COMP-2:cadre:12:2026:” and a digest of the facts: a sweep that runs twice finds what it proposed.
    source = models.CharField(max_length=80, unique=True)
    #: The facts as counted: [{"kind", "key", "day", "words"}, …], in the order of their day.
    basis = models.JSONField(_("what was counted"), default=list)
    times = models.PositiveSmallIntegerField(default=1)
    #: Dropped because a fact had fallen: what is left of its facts makes another proposal.
    counts_anew = models.BooleanField(default=False)
    reason = models.TextField(_("why it is proposed"), max_length=1000, blank=True)
    #: For vertically managed units and their staff it is a recommendation to their own superiors.
    is_recommendation = models.BooleanField(default=False)
    #: Accounts with an interest, as “,3,17,” (attendance.Finding.kept_out).
    kept_out = models.CharField(max_length=400, blank=True)
    #: Nobody where a rule proposed it.
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=SanctionState, default=SanctionState.PROPOSED)

    told_at = models.DateTimeField(null=True)
    told_how = models.CharField(max_length=80, blank=True)
    #: The last day for a statement in defence; it ends at 24:00.
    defence_until = models.DateField(null=True)
    defence = models.TextField(_("statement in defence"), max_length=2000, blank=True)
    defended_at = models.DateTimeField(null=True)
    defended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    exemption = models.CharField(_("exemption"), max_length=20, choices=Exemption, blank=True)
    decision_reason = models.TextField(_("reason for the decision"), max_length=1000, blank=True)
    #: Rungs below that were never taken this year, as “1,2”, and why they were passed over.
    skipped = models.CharField(max_length=20, blank=True)
    skipped_reason = models.CharField(_("why rungs are passed over"), max_length=300, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    #: The day of the decision, in the city: its year is the year in which it counts.
    decided_on = models.DateField(null=True)
    #: Of the written decision, gapless within a year.
    document_year = models.PositiveSmallIntegerField(null=True)
    document_serial = models.PositiveIntegerField(null=True)
    #: As decided (papers.content.Decision), with its SHA-256: what later pages and papers say of it.
    content = models.JSONField(null=True)
    content_hash = models.CharField(max_length=64, blank=True)

    served_on = models.DateField(_("served on"), null=True)
    served_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    receipt = models.CharField(_("receipt"), max_length=10, choices=Receipt, blank=True)
    witness = models.CharField(_("witness"), max_length=50, blank=True)
    #: The last day on which it warns.
    expires_on = models.DateField(null=True)

    set_aside_at = models.DateTimeField(null=True)
    set_aside_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    set_aside_reason = models.CharField(_("why it was set aside"), max_length=300, blank=True)

    objects = SanctionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-proposed_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["state", "-proposed_at"], name="sanction_state"),
            models.Index(fields=["decided_on"], name="sanction_decided"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document_year", "document_serial"], name="sanction_document_once"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(proposed_by=None) | ~Q(decided_by=F("proposed_by")),
                name="sanction_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at=None, decided_by=None, decided_on=None)
                | ~Q(state="proposed")
                & Q(decided_at__isnull=False, decided_by__isnull=False, decided_on__isnull=False)
                & ~Q(decision_reason=""),
                name="sanction_decided_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(skipped="") | ~Q(skipped_reason=""), name="sanction_skips_with_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="served")
                | Q(served_on__isnull=False, served_by__isnull=False) & ~Q(receipt=""),
                name="sanction_served_when",
            ),
            models.CheckConstraint(
                condition=~Q(receipt="refused") | ~Q(witness=""), name="sanction_refusal_has_witness"
            ),
            models.CheckConstraint(
                condition=~Q(state="set_aside") | Q(set_aside_at__isnull=False) & ~Q(set_aside_reason=""),
                name="sanction_set_aside_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(rule="") & Q(proposed_by__isnull=False) & ~Q(reason="") | ~Q(rule=""),
                name="sanction_proposed_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(document_year=None, document_serial=None)
                | Q(document_year__isnull=False, document_serial__isnull=False, decided_at__isnull=False),
                name="sanction_document_of_a_decision",
            ),
            models.CheckConstraint(
                condition=Q(content__isnull=True, content_hash="")
                | Q(content__isnull=False, decided_at__isnull=False) & ~Q(content_hash=""),
                name="sanction_kept_as_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"sanction {self.pk}"

    @property
    def subject(self) -> Cadre | Unit:
        return self.cadre if self.cadre is not None else self.unit

    @property
    def own_word(self) -> bool:
        """Whoever it is about has answered; what an officer enters from paper ends nobody’s days."""
        if self.defended_at is None:
            return False
        return self.cadre is None or self.defended_by_id == self.cadre.user_id

    @property
    def kept_out_ids(self) -> frozenset[int]:
        return frozenset(int(pk) for pk in self.kept_out.split(",") if pk)

    def is_warning(self, today: date) -> bool:
        """In force, and its period is not over."""
        return self.state == SanctionState.SERVED and self.expires_on is not None and today <= self.expires_on


class DocumentCounter(models.Model):
    """The last number of a series in a year; its row is the lock that keeps numbers without a gap."""

    series = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "year"], name="document_counter_once")
        ]

    def __str__(self) -> str:
        return f"{self.series} of {self.year}"
