from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import Scope
from accounts.models import Unit
from accounts.permissions import Reach
from appraisal.chain import GENESIS
from appraisal.models.standards import Standard, StandardItem
from attendance.models import Finding, Item
from cards.models import Cadre
from common import append_only


class UnitLedger(models.Model):
    """The end of a unit's chain; its row is the lock under which entries are written and months drafted."""

    unit = models.OneToOneField(Unit, models.PROTECT, primary_key=True, related_name="ledger")
    sequence = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=64, default=GENESIS)
    #: The last month that was drafted: nothing is written into it any more.
    closed_until = models.DateField(null=True)

    def __str__(self) -> str:
        return f"ledger of {self.unit_id}"


class Kind(models.TextChoices):
    FINDING = "finding", _("Finding")
    REVERSAL = "reversal", _("Reversal")
    #: Judged anew because one that came before it was reversed.
    REJUDGED = "rejudged", _("Judged anew")


class EntryQuerySet(models.QuerySet["LedgerEntry"]):
    def within(self, scope: Scope) -> "EntryQuerySet":
        if scope.reach == Reach.SELF:
            return self.filter(cadre__user=scope.user_id)
        seen = self.told_to(scope.user_id)
        return seen if scope.unit_ids is None else seen.filter(unit__in=scope.unit_ids)

    def told_to(self, user_id: int) -> "EntryQuerySet":
        """Without findings that came of a case in which this reader has an interest."""
        return self.exclude(finding__kept_out__contains=f",{user_id},")

    def counted(self) -> "EntryQuerySet":
        """What a month charges for the first time."""
        return self.filter(kind=Kind.FINDING)

    def corrections(self) -> "EntryQuerySet":
        """What a month puts right of earlier ones: taken back, and judged anew for less."""
        return self.exclude(kind=Kind.FINDING)

    def charges(self) -> "EntryQuerySet":
        return self.exclude(kind=Kind.REVERSAL)

    def standing(self) -> "EntryQuerySet":
        """Charges that no reversal has taken back."""
        return self.charges().filter(reversed_by=None)

    def referred(self) -> "EntryQuerySet":
        """What went straight to the commission, without points."""
        return self.filter(_referred())

    def public(self) -> "EntryQuerySet":
        """But for that: a line of noughts that hangs in the unit, or a figure, must not tell that there is a case."""
        return self.filter(~_referred())


def _referred() -> Exists:
    prices = StandardItem.objects.filter(standard=OuterRef("standard"), item=OuterRef("item"), refer=True)
    return Exists(prices)


@append_only.register
class LedgerEntry(models.Model):
    """One line of a unit's ledger. Nothing is ever changed: what was wrong is reversed by another line (DESIGN §3).

    Every figure of points or money is a sum over these rows.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="ledger_entries", db_index=False)
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    #: Empty for an entry about the unit itself.
    cadre = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="ledger_entries", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    #: The month that counts it, and the day on which the fact happened.
    month = models.DateField(_("month"))
    day = models.DateField(_("day"))
    half_points = models.IntegerField(_("points"))
    cents = models.IntegerField(_("money"))
    #: By which the fact was judged: the version of its day.
    standard = models.ForeignKey(Standard, models.PROTECT, related_name="+", db_index=False)
    #: How many of its month, and within the window, came before it: why it was free, or cost more.
    before_in_month = models.PositiveSmallIntegerField(default=0)
    before_in_window = models.PositiveSmallIntegerField(default=0)
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="ledger_entries")
    #: SHA-256 of what the finding said when it was entered (services.ledger.fact_digest).
    fact = models.CharField(max_length=64)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    #: What it came from, once: “finding:12”, “reversal:88”, “finding:12:after:90”.
    source = models.CharField(max_length=60, unique=True)
    #: Nobody where a month was drafted by the clock.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["unit", "sequence"]
        indexes: ClassVar = [
            models.Index(fields=["month", "unit", "cadre"], name="entry_of_month"),
            models.Index(fields=["cadre", "-day"], name="entry_of_cadre"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "sequence"], name="entry_sequence"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="entry_sequence_from_one"),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False, half_points__lte=0, cents__lte=0)
                | (~Q(kind="reversal") & Q(reverses=None, half_points__gte=0, cents__gte=0)),
                name="entry_reversal_takes_back",
            ),
            models.CheckConstraint(
                condition=~Q(kind="reversal") | ~Q(reason=""), name="entry_reversal_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(cadre__isnull=False) | Q(cents=0), name="entry_of_a_unit_without_money"
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.unit_id}/{self.sequence}"
