"""Why somebody has the most points of a unit (YEAR-4): how many are compared, and who shares the most."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal import graded
from appraisal.facts.year import Terms
from appraisal.models import AnnualResult
from common.templatetags.amounts import points


def words(results: Sequence[AnnualResult], *, is_own: bool = False) -> str:
    """Of a unit’s results. What the next has is read by no colleague: where few are compared it is somebody’s."""
    if not results:
        return ""
    terms = Terms.of(results[0].year)
    there = [
        row.figures["half_points"]
        for row in results
        if graded.takes_grade(row) and row.figures["months"] >= terms.minimum_months
    ]
    fewest, most = max(terms.minimum_headcount, 2), max(there, default=0)
    if len(there) < fewest:
        said = _(
            "Nobody is compared: fewer than %(people)s people of the unit served %(months)s months or more."
        )
        return said % {"people": fewest, "months": terms.minimum_months}
    others = [one for one in there if one < most]
    if not others:
        return _("%(people)s people are compared. All have the same points: nobody has the most.") % {
            "people": len(there)
        }
    share = len(there) - len(others)
    said = ngettext(
        "%(people)s people are compared: one has the most, %(most)s.",
        "%(people)s people are compared: %(share)s share the most, %(most)s, and all of them count.",
        share,
    )
    found = said % {"people": len(there), "share": share, "most": points(most)}
    if is_own:
        return found
    return _("%(said)s The next has %(points)s.") % {"said": found, "points": points(max(others))}
