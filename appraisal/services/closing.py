"""Drafting is closing: what stands of a month becomes entries, entries become totals, and the month is sealed.

One transaction a unit, repeatable: drafted again it writes nothing and has the same content hash. What is provisional
joins the next month with its true date; what changes later is reversed.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Unit, User
from appraisal import chain, rules
from appraisal.models import (
    AppraisalSettings,
    Kind,
    LedgerEntry,
    MonthlyReport,
    MonthTotal,
    Standard,
    UnitLedger,
)
from appraisal.models.ledger import EntryQuerySet
from appraisal.notifying import months as notifying_months
from appraisal.notifying import stages as notifying
from appraisal.services import aftermath, withholding
from appraisal.services import ledger as chains
from attendance.models import Finding, FindingState
from common import audit, calendar
from common.problems import Refused
from common.rules import at

logger = logging.getLogger(__name__)

BATCH = 2000
#: A city in two transactions of a second or so, in which nobody else writes into these units' ledgers. One statement
#: for the totals of so many takes hardly longer than one for all of them; one for each unit takes three times as long
#: (bench/month.py).
UNITS_AT_ONCE = 64


class Altered(Exception):
    """What is drafted again has another content than when it was sealed: somebody went past the product."""


# --- Which units ------------------------------------------------------------------------------------------------------


def units_of(month: date) -> QuerySet[Unit]:
    """Whose month it is: who was a unit in it, and an ended one of which something came to stand that no month has
    counted, or was taken back. Not what lies undrafted behind a sealed month: it was nobody's when its time was."""
    last = rules.last_day_of(month)
    of_unit = {"unit": OuterRef("pk")}
    drafted = MonthlyReport.objects.filter(**of_unit, month=month)
    open_still = Q(ledger=None) | Q(ledger__closed_until=None) | Q(ledger__closed_until__lt=month)
    there = Q(valid_from__lte=last) & (Q(valid_to=None) | Q(valid_to__gte=month))
    # As with what is taken back: no month of an ended unit goes by again, so it is the one in which it was decided.
    stood = _uncounted(last).filter(**of_unit, decided_at__lt=at(rules.following(month), time()))
    written = LedgerEntry.objects.filter(**of_unit, month=month)
    theirs = Exists(drafted) | (open_still & (there | Exists(stood) | Exists(written)))
    return Unit.objects.filter(theirs).order_by("code")


def undrafted(month: date) -> QuerySet[Unit]:
    return units_of(month).exclude(monthly_reports__month=month)


def _uncounted(last: date) -> QuerySet[Finding]:
    """Findings that stand, of no month yet, up to this day."""
    begins = AppraisalSettings.current().begins or date.max
    entered = LedgerEntry.objects.filter(finding=OuterRef("pk"))
    standing = Finding.objects.filter(state=FindingState.STANDING, day__range=(begins, last))
    return standing.filter(~Exists(entered))


def months_due(today: date) -> list[date]:
    """Every month that is over, from the first that is counted."""
    begins = AppraisalSettings.current().begins
    return [] if begins is None else rules.months_between(begins, rules.preceding(rules.first_of(today)))


# --- Drafting ---------------------------------------------------------------------------------------------------------


def drafts_make(*, now: datetime) -> int:
    """Every month that is over, of every unit, in order; returns how many were drafted. Safe to run twice.

    Many units in one transaction, for the sake of the totals. A unit that fails keeps no other waiting: without it the
    others are drafted one by one, the log names it, and the next hour tries again.
    """
    return sum(
        _drafted(units, month, now)
        for month in months_due(chains.today(now))
        for units in _by_number(list(undrafted(month)), UNITS_AT_ONCE)
    )


def _by_number(units: list[Unit], number: int) -> list[list[Unit]]:
    return [units[start : start + number] for start in range(0, len(units), number)]


def _drafted(units: list[Unit], month: date, now: datetime) -> int:
    try:
        return sum(made for _report, made in months_draft(units=units, month=month, now=now))
    except (Refused, DatabaseError) as error:
        if len(units) > 1:
            return sum(_drafted([unit], month, now) for unit in units)
        logger.error("%s of %s was not drafted: %s", f"{month:%Y-%m}", units[0].code, error)
        return 0


def month_draft(
    *, unit: Unit, month: date, actor: User | None = None, now: datetime
) -> tuple[MonthlyReport, bool]:
    """The unit's month, and whether this call has drafted it.

    Raises Refused before the month is over or counted, or while an earlier one is not drafted, and Altered when what
    was sealed is not what stands now.
    """
    return months_draft(units=[unit], month=month, actor=actor, now=now)[0]


@transaction.atomic
def months_draft(
    *, units: Sequence[Unit], month: date, actor: User | None = None, now: datetime
) -> list[tuple[MonthlyReport, bool]]:
    """The same of several units, all of them or none, in their order."""
    check_month(month, chains.today(now))
    # Locked in the same order whoever drafts them: two who hold a part each would wait for each other for ever.
    ledgers = {unit.pk: chains.lock(unit) for unit in sorted(units, key=lambda unit: unit.pk)}
    sealed = [_sealed(ledgers[unit.pk], month, actor, now) for unit in units]
    drafted = [report for report, made in sealed if made]
    totals_make(*drafted)
    withholding.propose(*drafted)
    for report in drafted:
        _tell(report, actor, now)
    _tell_referred(drafted, month, now)
    return sealed


def _sealed(ledger: UnitLedger, month: date, actor: User | None, now: datetime) -> tuple[MonthlyReport, bool]:
    unit = ledger.unit
    report = MonthlyReport.objects.filter(unit=unit, month=month).first()
    if report is not None:
        if content_hash(unit, month) != report.content_hash:
            raise Altered(f"{unit.code} {month:%Y-%m}")
        return report, False
    _check_order(ledger, month)
    # Into the chain that is locked here: read its end anew afterwards.
    if aftermath.withdrawn_reverse(unit=unit, now=now):
        ledger.refresh_from_db(fields=["sequence", "head"])
    _enter(ledger, month, actor, now)
    return _seal(ledger, month, now), True


def _tell(report: MonthlyReport, actor: User | None, now: datetime) -> None:
    audit.record(
        verb="month_drafted",
        subject=report,
        actor=actor,
        now=now,
        changes={"month": report.month, "entries": report.entries, "content": report.content_hash},
    )
    notifying.drafted(report, now)


def _tell_referred(drafted: Sequence[MonthlyReport], month: date, now: datetime) -> None:
    """Of what goes straight to the commission, once for each month in which there is any."""
    entries = LedgerEntry.objects.counted().referred()
    rows = entries.filter(unit__in=[report.unit_id for report in drafted], month=month).order_by()
    about: dict[int, set[int | None]] = {}
    for unit, account in rows.values_list("unit", "cadre__user"):
        about.setdefault(unit, set()).add(account)
    for report in drafted:
        if report.unit_id in about:
            notifying_months.referred(report, about[report.unit_id], now)


def check_month(month: date, today: date) -> None:
    """Raises Refused unless the month is counted and over."""
    begins = AppraisalSettings.current().begins
    words = {"month": f"{month:%Y-%m}"}
    if begins is None:
        raise Refused(_("No month is counted yet: the first one has not been set."))
    if month < begins:
        raise Refused(
            _("%(month)s lies before %(first)s, the first month that is counted.")
            % {**words, "first": f"{begins:%Y-%m}"}
        )
    if not rules.is_over(month, today):
        raise Refused(_("%(month)s is not over yet.") % words)


def _check_order(ledger: UnitLedger, month: date) -> None:
    unit = ledger.unit
    if ledger.closed_until is not None and month <= ledger.closed_until:
        raise Refused(
            _("%(unit)s has been drafted until %(last)s; %(month)s can no longer be.")
            % {"unit": unit.name, "last": f"{ledger.closed_until:%Y-%m}", "month": f"{month:%Y-%m}"}
        )
    missing = [one for one in _before(ledger, month) if units_of(one).filter(pk=unit.pk).exists()]
    if missing:
        raise Refused(
            _("%(month)s of %(unit)s has to be drafted first.")
            % {"month": f"{missing[0]:%Y-%m}", "unit": unit.name}
        )


def _before(ledger: UnitLedger, month: date) -> list[date]:
    """Months before this one that are still to be drafted, if they are this unit's at all."""
    begins = AppraisalSettings.current().begins or month
    first = rules.following(ledger.closed_until) if ledger.closed_until is not None else begins
    return rules.months_between(first, rules.preceding(month))


def _enter(ledger: UnitLedger, month: date, actor: User | None, now: datetime) -> None:
    """Entries for what stands and no month has counted, in the order in which it happened."""
    last = rules.last_day_of(month)
    # What was decided later is of a later month, also where the instant is one that lies behind.
    found = _uncounted(last).filter(unit=ledger.unit, decided_at__lte=now)
    findings = {row.pk: row for row in found.select_related("unit", "item", "place")}
    if not findings:
        return
    facts = chains.facts_of(findings.values())
    versions = chains.versions()
    judged = rules.judge(facts, _entered_before(ledger, facts, versions), versions)
    standards = Standard.objects.in_bulk([version.pk for version in versions])
    rows = [
        LedgerEntry(
            unit=ledger.unit,
            kind=Kind.FINDING,
            cadre_id=one.fact.cadre,
            item=findings[one.fact.key].item,
            month=month,
            day=one.fact.day,
            half_points=one.half_points,
            cents=one.cents,
            standard=standards[one.version],
            before_in_month=one.before_in_month,
            before_in_window=one.before_in_window,
            finding=findings[one.fact.key],
            fact=chains.fact_digest(findings[one.fact.key]),
            source=f"finding:{one.fact.key}",
            actor=actor,
        )
        for one in judged
    ]
    chains.append(ledger, rows, now=now)


def _entered_before(
    ledger: UnitLedger, facts: Iterable[rules.Fact], versions: Sequence[rules.Version]
) -> list[rules.Fact]:
    """Standing charges of the same people that may make these free, or dearer. Of this unit's own chain: another unit's
    is not locked, and what a month comes to must not depend on which of two was drafted first."""
    items, first = {fact.item for fact in facts}, min(fact.day for fact in facts)
    # What is older is neither of their month nor within any version's window.
    windows = (price.window_days for version in versions for price in version.prices.values())
    since = min(rules.first_of(first), first - timedelta(days=max(windows, default=0)))
    rows = LedgerEntry.objects.filter(unit=ledger.unit, item__code__in=items, day__gte=since).standing()
    cadres = {fact.cadre for fact in facts}
    columns = ("finding", "cadre", "item__code", "day", "at")
    return [rules.Fact(*row) for row in rows.values_list(*columns).iterator() if row[1] in cadres]


def _seal(ledger: UnitLedger, month: date, now: datetime) -> MonthlyReport:
    entries = of_month(ledger.unit, month)
    settings, today = AppraisalSettings.current(), chains.today(now)
    working = calendar.around(today)
    until_report = (
        settings.confirm_days + settings.publish_days + settings.publication_days + settings.until_report_days
    )
    report = MonthlyReport.objects.create(
        unit=ledger.unit,
        month=month,
        drafted_at=now,
        sequence=ledger.sequence,
        head=ledger.head,
        content_hash=content_hash(ledger.unit, month),
        entries=entries.counted().count(),
        corrections=entries.corrections().count(),
        due_on=working.add_working_days(today, settings.confirm_days),
        report_by=working.add_working_days(today, until_report),
    )
    ledger.closed_until = month
    ledger.save(update_fields=["closed_until"])
    return report


def of_month(unit: Unit, month: date) -> EntryQuerySet:
    return LedgerEntry.objects.filter(unit=unit, month=month).order_by("sequence")


def content_hash(unit: Unit, month: date) -> str:
    """SHA-256 over the hashes of a month's entries in their order; each of them covers its own facts."""
    return chain.digest({"unit": unit.code, "month": month, "entries": list(_hashes(unit, month))})


def _hashes(unit: Unit, month: date) -> Iterator[str]:
    return of_month(unit, month).values_list("hash", flat=True).iterator(chunk_size=BATCH)


#: Charges and what is put right apart, in one statement, whatever the number of people and units.
TOTALS = """
INSERT INTO {totals} (report_id, cadre_id, entries, half_points, cents, corrected_half_points, corrected_cents)
SELECT theirs.column2, cadre_id, charges, charged, charged_cents, points - charged, money - charged_cents
FROM (
    SELECT unit_id, cadre_id,
           COUNT(*) FILTER (WHERE kind = 'finding') AS charges,
           COALESCE(SUM(half_points) FILTER (WHERE kind = 'finding'), 0) AS charged,
           COALESCE(SUM(cents) FILTER (WHERE kind = 'finding'), 0) AS charged_cents,
           SUM(half_points) AS points,
           SUM(cents) AS money
    FROM {ledger} WHERE month = %s AND unit_id IN ({units}) GROUP BY unit_id, cadre_id
) sums
JOIN (VALUES {theirs}) AS theirs ON theirs.column1 = sums.unit_id
"""


def totals_make(*reports: MonthlyReport) -> None:
    """Of each of one month a total for everybody of whom it has an entry, and for the unit itself."""
    if not reports:
        return
    statement = TOTALS.format(
        totals=MonthTotal._meta.db_table,
        ledger=LedgerEntry._meta.db_table,
        units=", ".join(["%s"] * len(reports)),
        # Told, not looked up: nobody has counted yet how many there are of this month, and PostgreSQL would take it for
        # one and sum the entries again for each report.
        theirs=", ".join(["(%s, %s)"] * len(reports)),
    )
    units = [report.unit_id for report in reports]
    theirs = [number for report in reports for number in (report.unit_id, report.pk)]
    with connection.cursor() as cursor:
        cursor.execute(statement, [reports[0].month, *units, *theirs])
