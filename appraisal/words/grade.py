"""Grades and ceilings in words: which names the grades have, and why a year allows no better one."""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from appraisal.models import AnnualResult, Grade, Ungraded
from appraisal.rules.years import Code
from cards.models import EmploymentKind

#: Staff of public institutions are 合格, not 称职.
OTHERS: Mapping[str, Any] = {
    Grade.COMPETENT: _("Qualified"),
    Grade.BASIC: _("Basically qualified"),
    Grade.INCOMPETENT: _("Unqualified"),
}
#: Each rule with what follows from it, and its clause.
CODES: Mapping[str, Any] = {
    Code.COMP_2: _("COMP-2: a complaint was substantiated in the year: criticism and education"),
    Code.YEAR_1: _("YEAR-1: admonished in the year: three months’ bonus is withheld"),
    Code.YEAR_2: _(
        "YEAR-2: cautioned twice in the year: the whole year’s bonus is withheld, and incompetent"
    ),
    Code.YEAR_3: _("YEAR-3: fewest points: first in line for merit"),
    Code.YEAR_4: _(
        "YEAR-4: most points of the unit: no merit, below competent, and no promotion in the next year"
    ),
    Code.LAW: _(
        "Law on appraisal: an admonishment, a caution or criticism by circular in the year: not excellent"
    ),
}
#: Where a rule names a grade, as it is called in public institutions.
CODES_OF_OTHERS: Mapping[str, Any] = {
    Code.YEAR_2: _(
        "YEAR-2: cautioned twice in the year: the whole year’s bonus is withheld, and unqualified"
    ),
    Code.YEAR_4: _(
        "YEAR-4: most points of the unit: no merit, below qualified, and no promotion in the next year"
    ),
}
UNIT_CODES: Mapping[str, Any] = {
    Code.YEAR_3: _("YEAR-3: fewest points per head of its class: first in line for merit"),
    Code.YEAR_4: _("YEAR-4: most points per head of its class: no merit this year"),
}
#: Which of the codes lower what somebody may be graded.
LIMITING = (Code.YEAR_2, Code.YEAR_4, Code.LAW)


def grade_words(grade: str, employment_kind: str) -> str:
    if not grade:
        return ""
    if employment_kind == EmploymentKind.PUBLIC_INSTITUTION and grade in OTHERS:
        return str(OTHERS[grade])
    return str(Grade(grade).label)


def result_words(result: AnnualResult) -> str:
    """The grade, or that there is none and why; empty as long as nobody has graded."""
    if result.ungraded:
        return f"{Grade.UNGRADED.label}：{Ungraded(result.ungraded).label}"
    return grade_words(result.grade, result.employment_kind)


def running_words(year: int) -> str:
    return gettext("Figures run to 31 December: the city decides from 1 January %(year)s on.") % {
        "year": year + 1
    }


def code_words(result: AnnualResult, only: Collection[str] | None = None) -> list[str]:
    codes = dict(CODES)
    if result.employment_kind == EmploymentKind.PUBLIC_INSTITUTION:
        codes |= CODES_OF_OTHERS
    return [str(codes[code]) for code in result.codes if code in codes and (only is None or code in only)]


def ceiling_words(result: AnnualResult) -> list[str]:
    """Why it is not all grades."""
    return code_words(result, LIMITING)
