from django.db import models
from django.utils.translation import gettext_lazy as _


class ComplaintSettings(models.Model):
    """The one row of what the city sets for complaints."""

    class Mode(models.TextChoices):
        CALENDAR_ROLLED = "calendar_rolled", _("Calendar days; a last day on a rest day moves on")
        WORKDAY = "workday", _("Working days")
        CALENDAR_STRICT = "calendar_strict", _("Calendar days without exception")

    #: Of cases that come in from now on; each keeps its own.
    mode = models.CharField(
        _("how days are counted"), max_length=20, choices=Mode, default=Mode.CALENDAR_ROLLED
    )
    #: Days by which a case may be extended, once.
    extension_days = models.PositiveSmallIntegerField(_("days of an extension"), default=3)
    #: Doors for what does not belong here (DOMAIN §6).
    hotline = models.CharField(_("number of the citizens’ hotline"), max_length=30, default="12345")
    discipline_line = models.CharField(
        _("number for reports about discipline"), max_length=30, default="12388"
    )
    #: Months after the answer until contact, text and evidence are removed.
    contact_months = models.PositiveSmallIntegerField(_("months until contacts are removed"), default=6)
    text_months = models.PositiveSmallIntegerField(
        _("months until texts and evidence are removed"), default=36
    )

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(pk=1), name="complaint_settings_one_row"),)

    def __str__(self) -> str:
        return "complaint settings"

    @classmethod
    def current(cls) -> "ComplaintSettings":
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class CaseCounter(models.Model):
    """The last case number of a year; its row is the lock that keeps numbers without a gap."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"cases of {self.year}"
