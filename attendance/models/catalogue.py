from datetime import time
from typing import ClassVar

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from attendance.rules import may_be_said
from cards.rules import Status


class Subject(models.TextChoices):
    """Whom an item is about."""

    CADRE = "cadre", _("Cadre")
    UNIT = "unit", _("Unit")


class Offered(models.TextChoices):
    """Beside which plaques a round offers an item in one tap."""

    PRESENT = "present", _("Beside “at post”")
    ANY = "any", _("Beside every status")
    MORE = "more", _("Under “other”")
    NEVER = "never", _("Not in a round")


class Item(models.Model):
    """What can go wrong, for a cadre or a unit. Points stand in appraisal's standard and never here."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=40)
    #: For pages in English; the sheet and the bulletin are Chinese.
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    subject = models.CharField(_("about"), max_length=10, choices=Subject, default=Subject.CADRE)
    offered = models.CharField(_("offered"), max_length=10, choices=Offered, default=Offered.MORE)
    #: “Late by 22 minutes”.
    with_minutes = models.BooleanField(_("with minutes"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering: ClassVar = ["position", "code"]

    def __str__(self) -> str:
        english = (get_language() or "").startswith("en")
        return self.name_en if english and self.name_en else self.name

    @property
    def is_recordable(self) -> bool:
        """Whether somebody who checks people may record it, on whichever way."""
        return self.active and self.subject == Subject.CADRE and self.offered != Offered.NEVER

    def may_be_recorded(self, status: Status) -> bool:
        """Beside this plaque."""
        return self.is_recordable and may_be_said(self.code, status)


class InspectionSettings(models.Model):
    """The one row of what the city sets for inspections."""

    #: Empty until the city begins: before this day no sheet is missing.
    sheets_from = models.DateField(_("daily sheets are due from"), null=True, blank=True)
    reminder_at = models.TimeField(_("reminder at"), default=time(15, 0))
    #: Working days, the day on which the person was told not counted (C).
    defence_days = models.PositiveSmallIntegerField(_("working days for a statement in defence"), default=3)
    paper_days = models.PositiveSmallIntegerField(
        _("working days for entering a sheet kept on paper"), default=2
    )
    #: A change of whereabouts so close to a check stands beside the finding.
    near_minutes = models.PositiveSmallIntegerField(
        _("minutes around a check in which a change is shown"), default=15
    )
    spot_cap = models.PositiveSmallIntegerField(_("random spot checks of a unit a month, at most"), default=2)

    #: The last day whose missing sheets have been looked for.
    swept_until = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="inspection_settings_one_row")
        ]

    def __str__(self) -> str:
        return "inspection settings"

    @classmethod
    def current(cls) -> "InspectionSettings":
        return cls.objects.filter(pk=1).first() or cls(pk=1)
