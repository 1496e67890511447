"""The year as it is computed (scheme.txt 三(三) “一年一考”): figures, ceilings and bars for all, and nobody’s grade.

Computed again it changes exactly what depends on what has changed; of a year that is decided, each change is kept as a
correction, and where it changes what follows for somebody, the grade is looked at again.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from appraisal import chain
from appraisal.facts import year as year_facts
from appraisal.facts.year import ADMONISHMENT, CAUTION, CIRCULAR, KEPT, City, Person, Terms, Whole
from appraisal.models import (
    AnnualResult,
    Circular,
    Sanction,
    UnitResult,
    YearCorrection,
    YearSettings,
    YearState,
    YearTerms,
)
from appraisal.notifying import years as notifying_years
from appraisal.rules import grading, years
from appraisal.rules.years import Consequences
from appraisal.turns import year as year_turns
from common import audit
from common.problems import Refused
from common.rules import local

#: What a computation writes; the rest of a row is people’s.
COMPUTED = (
    "figures",
    "ceiling",
    "codes",
    "bonus_months",
    "bonus_of",
    "bonus_cents",
    "among_least",
    "among_most",
    "barred_from_merit",
    "barred_until",
    "employment_kind",
)
UNIT_COMPUTED = ("figures", "codes", "among_least", "among_most", "vertically_managed")
#: What else a computation writes of both.
KEPT_UP = ("content_hash", "computed_at", "commended_by", "commended_reason", "commendation_lapsed_at")
#: Of the notice, or the recommendation: what it says, and how it was handed over.
NOTICE = ("notice", "notified_on", "notified_by", "receipt", "witness")
#: Only where one of these is another one by now, a decision rests on what no longer holds.
CONSEQUENCES = ("ceiling", "bonus_months", "bonus_of", "barred_from_merit", "barred_until")
#: Nothing is entered of earlier years.
FIRST_YEAR = 2000


@dataclass(frozen=True)
class Appraised:
    """What a run did. The same hash as long as nothing has changed."""

    cadres: int
    units: int
    changed: int
    content_hash: str


@transaction.atomic
def year_appraise(*, year: int, actor: User | None = None, now: datetime) -> Appraised:
    """Compute a year, or compute it anew: set-based, repeatable. Raises Refused for a year that has not begun, for one
    of another century, and for one of which nothing was kept."""
    today = local(now).date()
    if year > today.year:
        raise Refused(_("%(year)s has not begun.") % {"year": year})
    if year < FIRST_YEAR:
        raise Refused(_("Years are computed from %(first)s on.") % {"first": FIRST_YEAR})
    alone()
    if not (UnitResult.objects.filter(year=year).exists() or year_facts.is_kept(year)):
        raise Refused(_("There are no sheets and no findings of %(year)s.") % {"year": year})
    of_year, _made = YearTerms.objects.get_or_create(year=year)
    if today.year > year:
        terms_fix(year, now)
    city = year_facts.gather(year, now)
    wanted_units, wanted = _units(city), _people(city, year)
    units, changed_units = _save_units(year, wanted_units, now)
    changed = _save_people(year, city, wanted, units, now)
    removed = _remove(year, wanted, wanted_units)
    content = chain.digest({"units": _hashes(wanted_units), "people": _hashes(wanted)})
    if changed or changed_units or removed:
        changes = {"year": year, "cadres": changed, "units": changed_units, "content": content}
        changes |= {"removed": removed} if removed else {}
        audit.record(verb="year_computed", subject=of_year, actor=actor, now=now, changes=changes)
    return Appraised(len(wanted), len(wanted_units), changed + changed_units + removed, content)


def terms_fix(year: int, now: datetime) -> None:
    """From the first public notice on, or once it is over, the year is judged by what is set at this moment. In the
    caller's transaction, after `alone`."""
    row, _made = YearTerms.objects.get_or_create(year=year)
    if row.terms is None:
        row.terms, row.fixed_at = asdict(Terms.of(year)), now
        row.save(update_fields=["terms", "fixed_at"])
        audit.record(verb="terms_of_year_fixed", subject=row, actor=None, now=now, changes=row.terms)


def alone() -> None:
    """Computing and everything that people do with a year happen one after the other: two at once would compute the
    same rows, or take back what somebody has just decided. In the caller's transaction."""
    YearSettings.objects.get_or_create(pk=1)
    YearSettings.objects.select_for_update().get(pk=1)


def _hashes(rows: Mapping[int, Mapping[str, Any]]) -> dict[str, str]:
    return {str(pk): chain.digest(row) for pk, row in rows.items()}


# --- What it comes to -------------------------------------------------------------------------------------------------


def _units(city: City) -> dict[int, dict[str, Any]]:
    """YEAR-3 and YEAR-4 for units: per head within their class."""
    compared = [
        whole.year for whole in city.units.values() if whole.headcount and not whole.vertically_managed
    ]
    most = years.most_of_class(compared)
    measured = {
        pk
        for pk, whole in city.units.items()
        if whole.measures[CAUTION] or whole.measures[CIRCULAR] or whole.measures[ADMONISHMENT]
    }
    least = years.least_of_class(
        compared,
        most | measured,
        sheets_percent=city.terms.sheets_percent,
        agreement_percent=city.terms.agreement_percent,
    )
    return {pk: _unit_row(whole, pk in least, pk in most) for pk, whole in city.units.items()}


def _unit_row(whole: Whole, is_least: bool, is_most: bool) -> dict[str, Any]:
    codes = [years.Code.YEAR_3.value] * is_least + [years.Code.YEAR_4.value] * is_most
    return {
        "figures": whole.figures,
        "codes": codes,
        "among_least": is_least,
        "among_most": is_most,
        "vertically_managed": whole.vertically_managed,
    }


def _people(city: City, year: int) -> dict[int, dict[str, Any]]:
    compared = [person.year for person in city.people.values() if person.is_graded]
    most = _most(city, compared)
    least = years.least_of_city(
        compared, most, minimum_months=city.terms.minimum_months, silent=_silent(city)
    )
    return {
        pk: _row(person, year, city.terms, is_least=pk in least, is_most=pk in most)
        for pk, person in city.people.items()
    }


def _silent(city: City) -> set[int]:
    limits = city.terms.sheets_percent, city.terms.agreement_percent
    return {pk for pk, whole in city.units.items() if not whole.year.is_kept(*limits)}


def _most(city: City, compared: Iterable[years.Year]) -> set[int]:
    by_unit: dict[int, list[years.Year]] = {}
    for one in compared:
        by_unit.setdefault(one.unit, []).append(one)
    limits = {
        "minimum_headcount": city.terms.minimum_headcount,
        "minimum_months": city.terms.minimum_months,
    }
    return {key for there in by_unit.values() for key in years.most_of_unit(there, **limits)}


def _row(person: Person, year: int, terms: Terms, *, is_least: bool, is_most: bool) -> dict[str, Any]:
    found = years.consequences(person.year, is_most=is_most)
    months = bonus_months(person, year, found, terms)
    codes = [code.value for code in found.codes] + [years.Code.YEAR_3.value] * is_least
    return {
        "figures": person.figures,
        "ceiling": found.ceiling,
        "codes": codes,
        "bonus_months": found.bonus_months,
        "bonus_of": [f"{month:%Y-%m}" for month in months],
        "bonus_cents": years.bonus_cents(months, person.bases) if months else None,
        "among_least": is_least,
        "among_most": is_most,
        "barred_from_merit": found.barred_from_merit,
        "barred_until": date(year + 1, 12, 31) if found.barred_from_promotion else None,
        "employment_kind": person.employment_kind,
    }


def bonus_months(person: Person, year: int, found: Consequences, terms: Terms) -> list[date]:
    if not found.bonus_months:
        return []
    return years.bonus_months_of(year, found.bonus_months, person.first_admonished, terms.bonus_months)


# --- Saving -----------------------------------------------------------------------------------------------------------


def _save_units(
    year: int, wanted: Mapping[int, Mapping[str, Any]], now: datetime
) -> tuple[dict[int, UnitResult], int]:
    there = {row.unit_id: row for row in UnitResult.objects.filter(year=year)}
    new = [
        UnitResult(unit_id=pk, year=year, content_hash=chain.digest(row), computed_at=now, **row)
        for pk, row in wanted.items()
        if pk not in there
    ]
    changed, corrections = [], []
    for pk, row in there.items():
        before = _as_json(row, UNIT_COMPUTED)
        if pk not in wanted or not _put(row, wanted[pk], now):
            continue
        commendation_follow(row, row.among_least, now)
        changed.append(row)
        if row.state == YearState.DECIDED:
            after = _as_json(row, UNIT_COMPUTED)
            corrections.append(_differing(before, after, unit_result=row, reason=_("Computed anew."), at=now))
    UnitResult.objects.bulk_create(new)
    UnitResult.objects.bulk_update(changed, [*KEPT_UP, *UNIT_COMPUTED], batch_size=200)
    # Another hash alone (of another form of the same) puts nothing right.
    YearCorrection.objects.bulk_create([one for one in corrections if one.after])
    return {row.unit_id: row for row in UnitResult.objects.filter(year=year)}, len(new) + len(changed)


def _put(row: Any, wanted: Mapping[str, Any], now: datetime) -> bool:
    """Take over what was computed; whether that changed anything."""
    content = chain.digest(wanted)
    if row.content_hash == content:
        return False
    for name, value in wanted.items():
        setattr(row, name, value)
    row.content_hash, row.computed_at = content, now
    return True


def _save_people(
    year: int,
    city: City,
    wanted: Mapping[int, Mapping[str, Any]],
    units: Mapping[int, UnitResult],
    now: datetime,
) -> int:
    rows = AnnualResult.objects.filter(year=year).select_related("unit_result__unit")
    there = {row.cadre_id: row for row in rows}
    new = [
        AnnualResult(
            cadre_id=pk,
            year=year,
            unit=city.people[pk].unit,
            unit_result=units[city.people[pk].unit.pk],
            content_hash=chain.digest(row),
            computed_at=now,
            **row,
        )
        for pk, row in wanted.items()
        if pk not in there
    ]
    changed, corrections = _changed(there, wanted, city, units, now)
    AnnualResult.objects.bulk_create(new, batch_size=500)
    fields = [*KEPT_UP, "changed_at", "unit", "unit_result", *NOTICE, *COMPUTED]
    AnnualResult.objects.bulk_update(changed, fields, batch_size=200)
    YearCorrection.objects.bulk_create(corrections)
    _tell([row for row in changed if row.changed_at == now], now)
    return len(new) + len(changed)


def _remove(year: int, wanted: Collection[int], wanted_units: Collection[int]) -> int:
    """Who turns out not to have served in the year, and units of which the same holds, as long as nothing of it has
    been hung out, handed over, put right or reviewed."""
    people = AnnualResult.objects.filter(year=year, corrections=None, reviews=None, notified_on=None)
    gone, _of = people.exclude(unit_result__state__in=KEPT).exclude(cadre__in=wanted).delete()
    units = UnitResult.objects.filter(year=year, results=None).exclude(state__in=KEPT)
    gone_units, _of = units.exclude(unit__in=wanted_units).delete()
    return gone + gone_units


def _tell(results: Collection[AnnualResult], now: datetime) -> None:
    """Somebody has to look at the grades again."""
    if results:
        deciding = year_turns.deciders_again(results, local(now).date())
        notifying_years.to_look_again(results, deciding, now)


def _changed(
    there: Mapping[int, AnnualResult],
    wanted: Mapping[int, Mapping[str, Any]],
    city: City,
    units: Mapping[int, UnitResult],
    now: datetime,
) -> tuple[list[AnnualResult], list[YearCorrection]]:
    changed, corrections = [], []
    for pk, row in there.items():
        if pk not in wanted:
            continue
        before, unit = computed(row), city.people[pk].unit
        is_decided = row.unit_result.state == YearState.DECIDED
        moved = row.unit_id != unit.pk and not is_decided and units[unit.pk].state == YearState.COMPUTED
        if not _put(row, wanted[pk], now) and not moved:
            continue
        if moved:
            row.unit, row.unit_result = unit, units[unit.pk]
        commendation_follow(row, keeps_commendation(row), now)
        # A recommendation that was handed over to whoever grades them is a paper, too.
        if is_decided or row.notified_on is not None:
            corrections.append(correction(row, before, None, _("Computed anew."), now))
            follows = any(name in corrections[-1].after for name in CONSEQUENCES)
            if follows and is_decided and row.grade:
                row.changed_at = now
            elif follows:
                take_notice_back(row)
        changed.append(row)
    return changed, corrections


def take_notice_back(row: AnnualResult) -> None:
    """Another one is to be handed over. The caller saves NOTICE."""
    row.notice = row.notified_on = row.notified_by = None
    row.receipt = row.witness = ""


def computed(row: AnnualResult) -> dict[str, Any]:
    """As JSON keeps it."""
    return _as_json(row, COMPUTED)


def _as_json(row: AnnualResult | UnitResult, names: Iterable[str]) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in names}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in found.items()}


def correction(
    row: AnnualResult, before: Mapping[str, Any], actor: User | None, reason: str, now: datetime
) -> YearCorrection:
    after = {**computed(row), "grade": row.grade}
    return _differing({"grade": row.grade, **before}, after, result=row, actor=actor, reason=reason, at=now)


def _differing(before: Mapping[str, Any], after: Mapping[str, Any], **fields: Any) -> YearCorrection:
    """Only what differs, before and after."""
    names = [name for name in after if before[name] != after[name]]
    return YearCorrection(
        before={name: before[name] for name in names}, after={name: after[name] for name in names}, **fields
    )


# --- Commended by then ------------------------------------------------------------------------------------------------


def keeps_commendation(row: AnnualResult) -> bool:
    return grading.keeps_commendation(
        among_least=row.among_least, barred=row.barred_from_merit, grade=row.grade
    )


def commendation_follow(row: AnnualResult | UnitResult, keeps: bool, now: datetime) -> None:
    """Whoever falls out of the line is chosen no more. Once the circular is signed it has named them: that stays, with
    the moment from which it no longer holds. The caller saves the row."""
    if row.commended_by_id is None or keeps == (row.commendation_lapsed_at is None):
        return
    if keeps:
        row.commendation_lapsed_at = None
        verb = "year_commendation_holds"
    elif Circular.objects.filter(year=row.year, signed_at__isnull=False).exists():
        row.commendation_lapsed_at = now
        verb = "year_commendation_lapsed"
    else:
        row.commended_by, row.commended_reason = None, ""
        verb = "year_commendation_undone"
    audit.record(verb=verb, subject=row, actor=None, now=now, changes={})


# --- What it opens to -------------------------------------------------------------------------------------------------


def sanctions_of(result: AnnualResult) -> Any:
    return Sanction.objects.standing().decided_in(result.year).filter(cadre=result.cadre_id)


def due_years(now: datetime) -> list[int]:
    """Which the night computes anew: every year that somebody has computed once, as long as its bars last."""
    today = local(now).date()
    rows = UnitResult.objects.filter(year__gte=today.year - 1).order_by("year")
    return list(rows.values_list("year", flat=True).distinct())
