from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import Scope
from accounts.models import Unit
from accounts.permissions import Reach
from attendance.models.catalogue import Item
from attendance.models.sheets import Round, evidence_path
from attendance.models.spots import SpotLine
from cards.models import Cadre


class FindingState(models.TextChoices):
    PROVISIONAL = "provisional", _("Provisional")
    STANDING = "standing", _("Stands")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Exemption(models.TextChoices):
    """Why nobody is answerable (DOMAIN §4)."""

    CHEATED = "cheated", _("Cheated by the client")
    NO_RULE = "no_rule", _("No rule existed")
    FORCE_MAJEURE = "force_majeure", _("Force majeure")


class Told(models.TextChoices):
    """How the person heard of it; whoever has no account is told by an officer."""

    IN_APP = "in_app", _("Told on their page")
    IN_PERSON = "in_person", _("Told in person")
    PHONE = "phone", _("Told by phone")
    WRITTEN = "written", _("Told in writing")


class FindingQuerySet(models.QuerySet["Finding"]):
    def within(self, scope: Scope) -> "FindingQuerySet":
        """The unit where it counts and the unit that checked both see it; a cadre sees their own."""
        if scope.reach == Reach.SELF:
            return self.filter(cadre__user=scope.user_id)
        seen = self.exclude(kept_out__contains=f",{scope.user_id},")
        if scope.unit_ids is None:
            return seen
        return seen.filter(Q(unit__in=scope.unit_ids) | Q(place__in=scope.unit_ids))

    def open(self) -> "FindingQuerySet":
        return self.filter(state=FindingState.PROVISIONAL)

    def decidable(self, day: date) -> "FindingQuerySet":
        """Open, and the person has answered, or the days for it were over before `day` (Finding.own_word)."""
        answered = Q(cadre=None) | Q(defended_by=F("cadre__user"))
        return self.open().filter(Q(defence_until__lt=day) | Q(defended_at__isnull=False) & answered)

    def counting(self, first: date, last: date) -> "FindingQuerySet":
        """What a month counts: standing, by the day on which it happened."""
        return self.filter(state=FindingState.STANDING, day__range=(first, last))


class Finding(models.Model):
    """What went wrong, for a cadre or a unit: provisional, then standing or withdrawn by the right other person.

    Facts do not change: a mistake is withdrawn. Points are appraisal's. One person in fifty is found every day, so an
    index stands here only where something is looked for: most keys have none, or begin one of those below.
    """

    #: Where it counts: the home unit, wherever the check was.
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="findings", db_index=False)
    #: Empty for a finding about the unit itself.
    cadre = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="findings", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField(_("day"))
    at = models.DateTimeField(_("time"))
    #: The unit whose place was checked.
    place = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    room = models.CharField(_("place"), max_length=80, blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True)
    note = models.CharField(_("facts"), max_length=300, blank=True)
    photo = models.ImageField(_("photo"), upload_to=evidence_path, blank=True)
    #: What the plaque said at that second (snapshot.as_facts); empty for a unit.
    said = models.JSONField(null=True)
    #: Nobody where the program found it: a missing sheet.
    recorder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    recorded_at = models.DateTimeField(_("recorded at"))
    round = models.ForeignKey(Round, models.PROTECT, null=True, related_name="findings", db_index=False)
    spot_line = models.ForeignKey(
        SpotLine, models.PROTECT, null=True, related_name="findings", db_index=False
    )
    #: A task that runs twice finds what it wrote: “sheet_missing:D001:2026-11-24”.
    source = models.CharField(max_length=80, blank=True)
    #: Accounts with an interest in what it came from, as “,3,17,”: they neither see it nor decide on it, nor on an
    #: objection to it. Text, since SQLite cannot be asked what stands in a list.
    kept_out = models.CharField(max_length=400, blank=True)

    #: When and how (Told) the person was told; the days for the defence count from here.
    told_at = models.DateTimeField(null=True)
    told_how = models.CharField(max_length=80, blank=True)
    #: The last day for a statement in defence; it ends at 24:00.
    defence_until = models.DateField(null=True)
    defence = models.TextField(_("statement in defence"), max_length=2000, blank=True)
    defended_at = models.DateTimeField(null=True)
    #: Somebody without an account hands it in on paper; an officer enters it.
    defended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    state = models.CharField(max_length=12, choices=FindingState, default=FindingState.PROVISIONAL)
    exemption = models.CharField(_("exemption"), max_length=20, choices=Exemption, blank=True)
    decision_reason = models.CharField(_("reason for the decision"), max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-day", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["unit", "-day"], name="finding_of_unit"),
            models.Index(fields=["cadre", "-day"], name="finding_of_cadre", condition=Q(cadre__isnull=False)),
            models.Index(fields=["defence_until"], condition=Q(state="provisional"), name="finding_open"),
            models.Index(
                fields=["spot_line"], condition=Q(spot_line__isnull=False), name="finding_of_spot_line"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source"], condition=~Q(source=""), name="finding_once_per_source"
            ),
            models.UniqueConstraint(
                fields=["round", "cadre", "item"],
                condition=Q(round__isnull=False),
                name="finding_once_per_round",
            ),
            models.UniqueConstraint(
                fields=["spot_line", "item"],
                # Taken back and recorded again: the first one stays beside it.
                condition=Q(spot_line__isnull=False) & ~Q(state="withdrawn"),
                name="finding_once_per_spot_line",
            ),
            models.CheckConstraint(
                condition=Q(state="provisional", decided_at=None)
                | (~Q(state="provisional") & Q(decided_at__isnull=False)),
                name="finding_decided_when",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(recorder=None) | ~Q(decided_by=F("recorder")),
                name="finding_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | ~Q(decision_reason=""), name="finding_withdrawn_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"finding {self.pk}"

    @property
    def is_outcome(self) -> bool:
        """About a person, and from a source: what a complaint about them came to."""
        return self.cadre_id is not None and self.source != ""

    @property
    def kept_out_ids(self) -> frozenset[int]:
        return frozenset(map(int, filter(None, self.kept_out.split(","))))

    @property
    def own_word(self) -> bool:
        """Whether the person has answered, and not somebody for them; of a unit whoever may speak for it."""
        if self.defended_at is None:
            return False
        return self.cadre is None or self.defended_by_id == self.cadre.user_id
