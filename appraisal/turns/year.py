"""Whose turn it is in a unit's year: who may enter a grade, propose, publish, decide and hand over, and who has a hand
in it (DESIGN §1: nobody checks, decides or reviews their own line)."""

from collections.abc import Collection
from datetime import date

from appraisal import acting
from appraisal.models import AnnualResult, Sanction, UnitResult
from attendance import selectors as inspection
from common.models import AuditEntry
from complaints.models import Complaint, Interest

#: What leaves a hand in a unit's year.
HANDS = ("year_graded", "year_proposed", "year_published")


def graders_of(results: Collection[AnnualResult], today: date) -> dict[int, frozenset[int]]:
    """Who may enter each: the unit's officers and heads, never their own or their kin's; where that leaves nobody, the
    Express."""
    of_units = inspection.responsible_for({row.unit_id for row in results}, today) if results else {}
    city = set(inspection.express(today))
    interested, found = _declared_in({row.cadre_id for row in results}), {}
    for row in results:
        own = interested.get(row.cadre_id, set()) | {row.cadre.user_id}
        found[row.pk] = frozenset((set(of_units[row.unit_id]) - own) or (city - own))
    return found


def proposers(unit_result: UnitResult, today: date) -> frozenset[int]:
    of_unit = inspection.responsible_for([unit_result.unit_id], today)[unit_result.unit_id]
    return frozenset(of_unit or inspection.express(today))


def publishers(unit_result: UnitResult, today: date) -> frozenset[int]:
    """The heads of the leading group; the Express where there is none."""
    return frozenset(inspection.heads_of(unit_result.unit_id, today) or inspection.express(today))


def deciders(unit_result: UnitResult, today: date) -> frozenset[int]:
    return deciders_of([unit_result], today)[unit_result.pk]


def deciders_of(rows: Collection[UnitResult], today: date) -> dict[int, frozenset[int]]:
    """Heads of the Express without a hand in it; where none of them is free, its staff (DESIGN §1)."""
    if not rows:
        return {}
    hands = hands_of(rows, today)
    return dict(zip(hands, inspection.free_deciders(hands.values(), today), strict=True))


def deciders_again(results: Collection[AnnualResult], today: date) -> dict[int, frozenset[int]]:
    """Who decides each of these anew: as of the unit's year, and nobody who hears nothing of what it rests on. The same
    queries for any number; `unit_result` and the cadre are read."""
    if not results:
        return {}
    hands, untold = hands_of({row.unit_result for row in results}, today), untold_of(results)
    involved = [hands[row.unit_result_id] | untold[row.pk] for row in results]
    free = inspection.free_deciders(involved, today)
    return {row.pk: people for row, people in zip(results, free, strict=True)}


def hands_of(rows: Collection[UnitResult], today: date) -> dict[int, set[int]]:
    """Who ever entered, proposed or published it, approved more of its grades, answers for the unit or did so since
    the year began, answers for where one of its people serves now, or has a line in it, their own or of declared kin.
    What was entered anew or sent back forgets nobody. The same queries for any number."""
    since = acting.responsible_since({(row.unit_id, row.year) for row in rows}, today)
    found: dict[int, set[int]] = {}
    for row in rows:
        people = {row.proposed_by_id, row.published_by_id, row.more_excellent_by_id}
        found[row.pk] = {pk for pk in people if pk is not None} | since[row.unit_id, row.year]
    places = {(row.pk, row.unit_id) for row in rows}
    lines = AnnualResult.objects.filter(unit_result__in=found).order_by()
    for pk, grader, user, unit in lines.values_list("unit_result", "graded_by", "cadre__user", "cadre__unit"):
        found[pk].update(each for each in (grader, user) if each is not None)
        places.add((pk, unit))
    of_units = acting.responsible_for({unit for _pk, unit in places}, today)
    for pk, unit in places:
        found[pk] |= of_units[unit]
    earlier = AuditEntry.objects.filter(
        subject_type=UnitResult._meta.label_lower, subject_id__in=found, verb__in=HANDS, actor__isnull=False
    )
    for pk, user in earlier.values_list("subject_id", "actor"):
        found[pk].add(user)
    kin = Interest.objects.filter(cadre__annual_results__unit_result__in=found)
    for user, pk in kin.values_list("user", "cadre__annual_results__unit_result"):
        if pk in found:
            found[pk].add(user)
    return found


def interested_in(result: AnnualResult) -> set[int]:
    """The person, and declared kin."""
    kin = _declared_in({result.cadre_id}).get(result.cadre_id, set())
    return kin | ({result.cadre.user_id} if result.cadre.user_id is not None else set())


def _declared_in(cadres: Collection[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for cadre, user in Interest.objects.filter(cadre__in=cadres).values_list("cadre", "user"):
        found.setdefault(cadre, set()).add(user)
    return found


def untold_of(results: Collection[AnnualResult]) -> dict[int, set[int]]:
    """Of each, who hears nothing of complaints, measures and what follows from them: as year_chain.Reader.untold says
    it of one reader, but for those who answer for the unit. The same queries for any number."""
    cadres = {row.cadre_id for row in results}
    found = _declared_in(cadres)
    measures = Sanction.objects.filter(cadre__in=cadres).exclude(kept_out="").only("cadre", "kept_out")
    for sanction in measures.order_by():
        found.setdefault(sanction.cadre_id or 0, set()).update(sanction.kept_out_ids)
    stepped_back = Interest.objects.filter(complaint__isnull=False).order_by()
    backed: dict[str, set[int]] = {}
    for matter, user in stepped_back.values_list("complaint__matter", "user"):
        backed.setdefault(matter, set()).add(user)
    cases = Complaint.objects.filter(cadre__in=cadres, matter__in=stepped_back.values("complaint__matter"))
    for cadre, matter in cases.order_by().values_list("cadre", "matter"):
        found.setdefault(cadre, set()).update(backed.get(matter, ()))
    for row in results:
        if row.cadre.user_id is not None:
            found.setdefault(row.cadre_id, set()).add(row.cadre.user_id)
    return {row.pk: found.get(row.cadre_id, set()) for row in results}


def approvers(unit_result: UnitResult, today: date) -> frozenset[int]:
    """Of the Express, whoever has no hand in it."""
    return frozenset(set(inspection.express(today)) - hands_of([unit_result], today)[unit_result.pk])


def handing_over(result: AnnualResult, today: date, *, by_unit: bool) -> frozenset[int]:
    """The unit's officers and heads, or the Express; nobody to themselves or their kin. A recommendation goes to
    whoever grades them, which may be the unit: the Express alone hands it over."""
    of_unit = inspection.responsible_for([result.unit_id], today)[result.unit_id] if by_unit else ()
    return frozenset({*of_unit, *inspection.express(today)} - interested_in(result))
