from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common import append_only


@append_only.register
class CalendarYear(models.Model):
    """One version of one year's working days. A new notice adds a version; none is ever edited, so a date counted
    under an old one can still be explained."""

    year = models.PositiveSmallIntegerField(_("year"))
    version = models.PositiveSmallIntegerField(_("version"))
    source = models.CharField(_("source notice"), max_length=200)
    adopted_at = models.DateTimeField(_("adopted at"))
    #: ISO date -> {"working": bool, "name": str}; only days that differ from Monday to Friday.
    exceptions = models.JSONField(_("exceptions"), default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "version"], name="calendar_year_version")
        ]

    def __str__(self) -> str:
        return f"{self.year} v{self.version}"


class OfficeHoursSet(models.Model):
    """Named office hours; a unit follows one set."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=50)

    def __str__(self) -> str:
        return self.name


class OfficeHoursSeason(models.Model):
    """The daily spans of one part of the year, from one MM-DD to another, both included; it may cross New Year."""

    hours = models.ForeignKey(OfficeHoursSet, models.CASCADE, related_name="seasons")
    first_day = models.CharField(_("from"), max_length=5)
    last_day = models.CharField(_("to"), max_length=5)
    #: [["08:30", "12:00"], ["14:00", "17:30"]]
    spans = models.JSONField(_("spans"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["hours", "first_day"], name="office_hours_season")
        ]

    def __str__(self) -> str:
        return f"{self.first_day}–{self.last_day}"


@append_only.register
class AuditEntry(models.Model):
    """Who changed what, when. Append-only: a trigger refuses UPDATE and DELETE on both databases."""

    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    verb = models.CharField(_("verb"), max_length=60)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    #: field -> [old, new] for an edit; plain facts (reason, serial) for an event.
    changes = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["subject_type", "subject_id", "-id"], name="audit_subject")]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_type} {self.subject_id}"
