"""The verbs of the calendar and of office hours. Nothing that was ever in force is changed: what is new is added."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from common import audit, calendar, hours, workdays
from common.models import CalendarYear, OfficeHoursSeason, OfficeHoursSet
from common.problems import Refused
from common.rules import local
from common.seeds import ALWAYS
from common.versions import Overtaken, check_unchanged


@transaction.atomic
def calendar_year_adopt(
    *,
    year: int,
    days: Mapping[date, workdays.Exceptional],
    source: str,
    seen: str | None = None,
    actor: models.Model,
    now: datetime,
) -> CalendarYear:
    """Add a version of a year's working days. The same days from the same notice again are no new version.

    Raises Overtaken when another version has come in since the form showed `seen`.
    """
    if wrong := [day for day in days if day.year != year]:
        raise Refused(_("%(day)s belongs to another year.") % {"day": min(wrong)})
    newest = CalendarYear.objects.select_for_update().filter(year=year).order_by("-version").first()
    exceptions = workdays.stored(days)
    if newest is not None and (newest.exceptions, newest.source) == (exceptions, source):
        return newest
    facts = calendar_year_facts(newest)
    check_unchanged(facts, seen)
    added = CalendarYear(
        year=year,
        version=newest.version + 1 if newest else 1,
        source=source,
        adopted_at=now,
        adopted_by_id=actor.pk,
        exceptions=exceptions,
    )
    try:
        with transaction.atomic():
            added.save(force_insert=True)
    except IntegrityError as error:  # the first version of a year: there was no row to lock
        raise Overtaken(facts) from error
    changes = workdays.differences(newest.exceptions if newest else {}, exceptions)
    audit.record(
        verb="calendar_year_adopted",
        subject=added,
        actor=actor,
        now=now,
        changes={"year": year, "version": added.version, "source": source, "days": len(changes)},
    )
    return added


def calendar_year_facts(newest: CalendarYear | None) -> dict[str, Any]:
    """What a form of the year has shown: version 0 is a year that nobody has entered."""
    return {"version": newest.version if newest else 0}


@transaction.atomic
def office_hours_create(
    *, code: str, name: str, seasons: Sequence[hours.SeasonStart], actor: models.Model, now: datetime
) -> OfficeHoursSet:
    """A new set, in force for every day: no unit has followed it yet."""
    hours.check(seasons)
    if OfficeHoursSet.objects.filter(code=code).exists():
        raise Refused(_("Another set of office hours has this code."), "code")
    try:
        with transaction.atomic():
            made = OfficeHoursSet.objects.create(code=code, name=name)
    except IntegrityError as error:
        raise Refused(_("Another set of office hours has this code."), "code") from error
    _add_seasons(made, ALWAYS, 1, seasons)
    audit.record(
        verb="office_hours_created",
        subject=made,
        actor=actor,
        now=now,
        changes={"code": code, "name": name, "seasons": hours.words(hours.seasons(seasons))},
    )
    return made


@transaction.atomic
def office_hours_change(
    *,
    hours_set: OfficeHoursSet,
    effective_from: date,
    seasons: Sequence[hours.SeasonStart],
    seen: str | None = None,
    actor: models.Model,
    now: datetime,
) -> None:
    """Let other seasons count from a day on, today at the earliest: an earlier one would rewrite what plaques said.

    What is already planned for that very day is replaced; what is planned for later days stays.
    """
    hours.check(seasons)
    hours_set = OfficeHoursSet.objects.select_for_update().get(pk=hours_set.pk)
    if effective_from < local(now).date():
        raise Refused(
            _("Choose today or a later day: what plaques said before cannot change."), "effective_from"
        )
    known = calendar.versions(hours_set.pk)
    planned = next((version for version in known if version.effective_from == effective_from), None)
    wanted = hours.seasons(seasons)
    if planned is not None and hours.same(planned.seasons, wanted):
        return
    check_unchanged(office_hours_facts(known), seen)
    _add_seasons(hours_set, effective_from, planned.version + 1 if planned else 1, seasons)
    audit.record(
        verb="office_hours_changed",
        subject=hours_set,
        actor=actor,
        now=now,
        changes={"from": effective_from, "seasons": hours.words(wanted)},
    )


def office_hours_facts(known: Sequence[calendar.HoursVersion]) -> dict[str, Any]:
    return {"versions": [f"{version.effective_from} {version.version}" for version in known]}


def _add_seasons(
    hours_set: OfficeHoursSet, effective_from: date, version: int, seasons: Sequence[hours.SeasonStart]
) -> None:
    OfficeHoursSeason.objects.bulk_create(
        OfficeHoursSeason(
            hours=hours_set,
            effective_from=effective_from,
            version=version,
            first_day=season.first,
            last_day=season.last,
            spans=[[f"{start:%H:%M}", f"{end:%H:%M}"] for start, end in season.spans],
        )
        for season in hours.seasons(seasons)
    )
