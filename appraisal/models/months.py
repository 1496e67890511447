from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils.translation import gettext_lazy as _

from accounts.access import Scope
from accounts.models import Unit
from accounts.permissions import Reach
from appraisal import rules
from appraisal.models.ledger import LedgerEntry
from appraisal.models.standards import Standard
from attendance.models import Finding
from cards.models import Cadre
from common.append_only import register
from common.rules import local


class ReportState(models.TextChoices):
    DRAFTED = rules.Step.DRAFTED.value, _("Drafted")
    CONFIRMED = rules.Step.CONFIRMED.value, _("Confirmed by the unit")
    PUBLISHED = rules.Step.PUBLISHED.value, _("Published in the unit")
    REPORTED = rules.Step.REPORTED.value, _("Reported to the city")
    SENT_BACK = rules.Step.SENT_BACK.value, _("Sent back")
    ACCEPTED = rules.Step.ACCEPTED.value, _("Accepted by the city")


class ReportQuerySet(models.QuerySet["MonthlyReport"]):
    def within(self, scope: Scope) -> "ReportQuerySet":
        return self if scope.unit_ids is None else self.filter(unit__in=scope.unit_ids)

    def unreported(self) -> "ReportQuerySet":
        return self.filter(state__in=rules.UNREPORTED)

    def late(self, today: date) -> "ReportQuerySet":
        """Whose unit has not taken its step, or has not reported at all, in time."""
        over = Q(first_reported_at=None, report_by__lt=today) & ~Q(city_held=True)
        return self.unreported().filter(Q(due_on__lt=today) | over)

    def behind(self, today: date) -> "ReportQuerySet":
        """Late, or not reviewed in time: the city counts its own delays as it counts those of units."""
        slow = Q(state=ReportState.REPORTED, due_on__lt=today)
        return self.filter(Q(pk__in=self.late(today).order_by().values("pk")) | slow)


def _by_whom(step: str) -> models.CheckConstraint:
    """Who took a step stands with when."""
    both = Q(**{f"{step}_by__isnull": False, f"{step}_at__isnull": False})
    neither = Q(**{f"{step}_by": None, f"{step}_at": None})
    return models.CheckConstraint(condition=both | neither, name=f"report_{step}_by_whom")


class MonthlyReport(models.Model):
    """A unit's month, from the draft to the bulletin (MONTH-1). Its entries are sealed when the row is made."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="monthly_reports", db_index=False)
    month = models.DateField(_("month"))
    state = models.CharField(max_length=10, choices=ReportState, default=ReportState.DRAFTED)
    drafted_at = models.DateTimeField()
    #: Where the unit's chain stood once the month was sealed.
    sequence = models.PositiveIntegerField()
    head = models.CharField(max_length=64)
    #: SHA-256 over the month's entries (services.closing.content_hash): the same whenever it is drafted again.
    content_hash = models.CharField(max_length=64)
    #: Charges of the month, and reversals of earlier ones.
    entries = models.PositiveIntegerField()
    corrections = models.PositiveIntegerField()
    #: Last days of the steps, counted in working days: until when to confirm, publish, report, review.
    due_on = models.DateField(_("due"))
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    #: The last day on which it hangs, and an objection may be made; it ends at 24:00.
    published_until = models.DateField(null=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reported_at = models.DateTimeField(null=True)
    #: When it was first reported, however often it is sent back: whether it was in time.
    first_reported_at = models.DateTimeField(null=True)
    #: The last day for reporting, fixed when the month was drafted.
    report_by = models.DateField()
    #: Whether it was for the city that it waited when that day had passed, or the city took a step of the unit's too
    #: late: then it is not the unit that is late. Empty until that is judged (services.sweeps).
    city_held = models.BooleanField(null=True)
    nil = models.BooleanField(_("nil report"), default=False)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    send_back_reason = models.CharField(_("reason for sending back"), max_length=300, blank=True)
    sent_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    sent_back_at = models.DateTimeField(null=True)
    #: What the unit answered to that.
    answer = models.CharField(_("answer to the city"), max_length=300, blank=True)
    bulletin = models.ForeignKey("appraisal.Bulletin", models.PROTECT, null=True, related_name="reports")

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-month", "unit"]
        indexes: ClassVar = [
            models.Index(fields=["month", "state"], name="report_pipeline"),
            models.Index(fields=["due_on"], condition=~Q(state="accepted"), name="report_due"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "month"], name="report_once"),
            models.CheckConstraint(
                condition=Q(state="drafted") | Q(confirmed_at__isnull=False),
                name="report_confirmed_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "reported", "sent_back", "accepted"])
                | Q(published_at__isnull=False, published_until__isnull=False),
                name="report_published_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["reported", "sent_back", "accepted"])
                | Q(reported_at__isnull=False, first_reported_at__isnull=False),
                name="report_reported_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(accepted_at__isnull=False), name="report_accepted_when"
            ),
            models.CheckConstraint(
                condition=~Q(state="sent_back") | Q(sent_back_at__isnull=False) & ~Q(send_back_reason=""),
                name="report_sent_back_with_reason",
            ),
            *map(_by_whom, ("confirmed", "published", "reported", "accepted", "sent_back")),
            models.CheckConstraint(
                condition=Q(accepted_by=None) | Q(reported_by=None) | ~Q(accepted_by=F("reported_by")),
                name="report_accepted_by_another",
            ),
            models.CheckConstraint(
                condition=Q(sent_back_by=None) | Q(reported_by=None) | ~Q(sent_back_by=F("reported_by")),
                name="report_sent_back_by_another",
            ),
            models.CheckConstraint(
                condition=Q(nil=False) | Q(entries=0, corrections=0), name="report_nil_is_empty"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.month:%Y-%m}"

    @property
    def is_late(self) -> bool:
        """Reported after its last day, and not because of the city. While it is not reported, ask `is_overdue`."""
        return (
            self.first_reported_at is not None
            and local(self.first_reported_at).date() > self.report_by
            and not self.city_held
        )

    def is_overdue(self, today: date) -> bool:
        return self.first_reported_at is None and today > self.report_by and not self.city_held


class MonthTotal(models.Model):
    """What a month comes to, for a cadre of a unit, or for the unit itself (`cadre` empty): sums over its entries, made
    in one statement when the month is drafted (services.closing)."""

    report = models.ForeignKey(MonthlyReport, models.CASCADE, related_name="totals", db_index=False)
    cadre = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="month_totals")
    entries = models.PositiveIntegerField()
    half_points = models.IntegerField()
    cents = models.IntegerField()
    #: Of earlier months, taken back in this one; never more than nothing.
    corrected_half_points = models.IntegerField()
    corrected_cents = models.IntegerField()

    class Meta:
        ordering: ClassVar = ["report", "cadre"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "cadre"], name="month_total_once"),
            models.UniqueConstraint(
                fields=["report"], condition=Q(cadre=None), name="month_total_of_the_unit_once"
            ),
            models.CheckConstraint(
                condition=Q(corrected_half_points__lte=0, corrected_cents__lte=0),
                name="month_total_corrections_take_back",
            ),
        ]

    def __str__(self) -> str:
        return f"total of {self.cadre_id} in {self.report_id}"


class ObjectionState(models.TextChoices):
    OPEN = "open", _("To be answered")
    SUSTAINED = "sustained", _("Sustained")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Taken back")


#: Of a finding there is one: what its maker took back themselves is one too.
OBJECTED = Q(paper_on=None) | ~Q(state=ObjectionState.WITHDRAWN)


class ObjectionQuerySet(models.QuerySet["Objection"]):
    def within(self, scope: Scope) -> "ObjectionQuerySet":
        if scope.reach == Reach.SELF:
            return self.filter(entry__cadre__user=scope.user_id)
        return self if scope.unit_ids is None else self.filter(entry__unit__in=scope.unit_ids)

    def open(self) -> "ObjectionQuerySet":
        return self.filter(state=ObjectionState.OPEN)

    def counting(self) -> "ObjectionQuerySet":
        """But for what was entered from paper and taken back: whoever handed it in may object still."""
        return self.filter(OBJECTED)

    def open_first(self) -> "ObjectionQuerySet":
        """What waits longest on top, then what was answered last."""
        waiting = Case(When(state=ObjectionState.OPEN, then=F("due_on")))
        return self.order_by(waiting.asc(nulls_last=True), "-made_at", "-pk")


class Objection(models.Model):
    """Somebody says that an entry about them is wrong; who neither recorded nor decided it answers."""

    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="objections")
    #: The entry's: judged anew it stands as another entry, and is not objected to again.
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    text = models.TextField(_("objection"), max_length=2000)
    #: The day on which somebody without an account handed it in on paper; `made_by` is then who entered it.
    paper_on = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=ObjectionState, default=ObjectionState.OPEN)
    due_on = models.DateField(_("to be answered by"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(_("reason for the decision"), max_length=300, blank=True)

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-made_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["due_on"], condition=Q(state="open"), name="objection_open")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["finding"], condition=OBJECTED, name="objection_once_per_finding"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="objection_decided_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sustained", "rejected"])
                | (~Q(decision_reason="") & ~Q(decided_by=F("made_by"))),
                name="objection_decided_by_another_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"objection {self.pk}"

    @property
    def is_counting(self) -> bool:
        return self.paper_on is None or self.state != ObjectionState.WITHDRAWN


class ProposalState(models.TextChoices):
    """DOMAIN §2. Released is what nothing is left of."""

    DRAFT = "draft", _("Proposed")
    CONFIRMED = "confirmed", _("Confirmed by the unit")
    SENT = "sent", _("Sent to finance")
    EXECUTED = "executed", _("Executed")
    NOT_EXECUTED = "not_executed", _("Not executed")
    RELEASED = "released", _("Released")


class ProposalQuerySet(models.QuerySet["WithholdingProposal"]):
    def within(self, scope: Scope) -> "ProposalQuerySet":
        if scope.reach == Reach.SELF:
            return self.filter(cadre__user=scope.user_id)
        return self if scope.unit_ids is None else self.filter(report__unit__in=scope.unit_ids)


class WithholdingProposal(models.Model):
    """What the product proposes to withhold of somebody's allowance for a month, and what the unit did about it: never
    an act of payroll (DOMAIN §2). The sum itself is the total's; here stands what follows from it."""

    report = models.ForeignKey(MonthlyReport, models.PROTECT, related_name="proposals", db_index=False)
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="withholding_proposals")
    #: Of the month whose allowance it is: its kind, basis and cap.
    standard = models.ForeignKey(Standard, models.PROTECT, related_name="+", db_index=False)
    #: At most so much: the cap, less what other units proposed before of the same allowance (services.withholding).
    cap_cents = models.PositiveIntegerField()
    #: Before and after that.
    charged_cents = models.PositiveIntegerField()
    amount_cents = models.PositiveIntegerField(_("amount"))
    #: What reversals took off it again.
    released_cents = models.PositiveIntegerField(_("released"), default=0)
    state = models.CharField(max_length=12, choices=ProposalState, default=ProposalState.DRAFT)
    #: Why it was not executed.
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)
    #: What finance was handed over, and what it did withhold of it.
    sent_cents = models.PositiveIntegerField(default=0)
    executed_cents = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    #: Of what was released after it had been withheld, so much the unit said was paid back.
    paid_back_cents = models.PositiveIntegerField(default=0)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["report", "cadre"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "cadre"], name="proposal_once"),
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0, amount_cents__lte=F("charged_cents")),
                name="proposal_not_above_charge",
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__lte=F("cap_cents")), name="proposal_not_above_cap"
            ),
            models.CheckConstraint(
                condition=Q(released_cents__lte=F("amount_cents")), name="proposal_released_at_most_all"
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None, sent_cents=0) & ~Q(state__in=["sent", "executed", "not_executed"])
                | Q(sent_at__isnull=False, sent_cents__gt=0, sent_cents__lte=F("amount_cents"))
                & ~Q(state__in=["draft", "confirmed"]),
                name="proposal_sent_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "confirmed", "sent"], ended_at=None)
                | Q(state__in=["executed", "not_executed", "released"], ended_at__isnull=False),
                name="proposal_ended_when",
            ),
            # At most what finance knew of; paid back is only what was withheld beyond what is left.
            models.CheckConstraint(
                condition=~Q(state="executed") & Q(executed_cents=0, paid_back_cents=0)
                | Q(
                    state="executed",
                    executed_cents__gt=0,
                    executed_cents__lte=F("sent_cents"),
                )
                & (
                    Q(paid_back_cents=0)
                    | Q(executed_cents__gte=F("amount_cents") - F("released_cents") + F("paid_back_cents"))
                ),
                name="proposal_executed_sum",
            ),
            models.CheckConstraint(
                condition=~Q(state="not_executed") | ~Q(reason=""), name="proposal_not_executed_with_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="released") | Q(released_cents=F("amount_cents")),
                name="proposal_released_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"proposal {self.pk}"

    @property
    def due_cents(self) -> int:
        """What is still to be withheld, or was."""
        return self.amount_cents - self.released_cents

    @property
    def owed_back_cents(self) -> int:
        """Withheld, although it is not to be withheld any more."""
        if self.state != ProposalState.EXECUTED:
            return 0
        # Finance may have withheld less than it was told.
        return max(0, self.executed_cents - self.due_cents - self.paid_back_cents)


class BulletinCounter(models.Model):
    """The last document number of a year; its row is the lock that keeps numbers without a gap."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"bulletins of {self.year}"


class BulletinQuerySet(models.QuerySet["Bulletin"]):
    def signed(self) -> "BulletinQuerySet":
        return self.filter(signed_at__isnull=False)


class Bulletin(models.Model):
    """The city's circular of a month (MONTH-2). Signed it is frozen as it was printed; only a correction that cites it
    takes its place."""

    month = models.DateField(_("month"))
    drafted_at = models.DateTimeField()
    #: {"overview": [...], "problems": [...], "handling": [...], "requirements": [...]}: paragraphs of the four parts.
    texts = models.JSONField(_("texts"), default=dict)
    revision = models.PositiveIntegerField(default=0)
    year = models.PositiveSmallIntegerField(null=True)
    serial = models.PositiveIntegerField(null=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    #: What was printed (bulletins.content), and its SHA-256.
    content = models.JSONField(null=True)
    content_hash = models.CharField(max_length=64, blank=True)
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="corrected_by")
    reason = models.CharField(_("why it is corrected"), max_length=300, blank=True)

    objects = BulletinQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-month", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "serial"], name="bulletin_number_once"),
            models.UniqueConstraint(
                fields=["month"], condition=Q(corrects=None), name="bulletin_once_a_month"
            ),
            models.CheckConstraint(
                condition=Q(signed_at=None, serial=None, year=None, content_hash="")
                | Q(
                    signed_at__isnull=False, serial__isnull=False, year__isnull=False, signed_by__isnull=False
                )
                & ~Q(content_hash=""),
                name="bulletin_signed_with_number",
            ),
            models.CheckConstraint(
                condition=Q(corrects=None) | ~Q(reason=""), name="bulletin_correction_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"bulletin {self.month:%Y-%m}"

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None


@register
class BulletinHead(models.Model):
    """Where each unit's chain stood when a bulletin was signed: what the paper says, kept to compare."""

    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="heads", db_index=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    sequence = models.PositiveIntegerField()
    head = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["bulletin", "unit"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bulletin", "unit"], name="bulletin_head_once")
        ]

    def __str__(self) -> str:
        return f"head of {self.unit_id} in {self.bulletin_id}"
