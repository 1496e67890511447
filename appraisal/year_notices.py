"""What is written to people of a year: the notice of a person, or the recommendation to whoever grades them, and the
public notice of a unit. Each says for ever what it said when it was decided, handed over or hung out. Always Chinese:
they are documents of the city."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from accounts.models import City
from appraisal import graded, year_chain
from appraisal.models import AnnualResult, AppraisalSettings, UnitResult, YearSettings
from appraisal.papers.content import (
    Addressee,
    AnnualNotice,
    Phone,
    ProposedGrade,
    PublicNotice,
    Service,
    YearFigures,
)
from attendance.rules import month_named
from cards.models import Post
from common import calendar
from common.rules import local

#: Of a cadre's figures that a notice names.
FIGURES = (
    "months",
    "half_points",
    "withheld_cents",
    "complaints",
    "criticisms",
    "admonishments",
    "cautions",
    "circulars",
)


# --- To a person ------------------------------------------------------------------------------------------------------


def annual_notice(result: AnnualResult) -> AnnualNotice:
    """Of a decided year; of whom others grade, the recommendation to these. `unit_result`, unit and cadre are read."""
    content = kept(result)
    if content is None:
        # Not handed over yet, or decided before anything was kept.
        (content,) = _written([result])
    return replace(content, service=_service(result))


def kept(result: AnnualResult) -> AnnualNotice | None:
    return AnnualNotice.from_json(json.dumps(result.notice)) if result.notice is not None else None


def keep(results: Sequence[AnnualResult], on: date | None = None) -> None:
    """With the decision (`on` its day where it is one for all), or as a recommendation is handed over: whatever is
    printed of it later, and every right that it names, comes from here. The caller saves `notice`."""
    for result, content in zip(results, _written(results, on), strict=True):
        result.notice = json.loads(content.to_json())


@dataclass(frozen=True)
class _House:
    """Read once for any number of notices."""

    issuer: str
    settings: YearSettings
    demo: bool
    titles: Mapping[int, str]
    shifts: Mapping[int, year_chain.Shift]


def _written(results: Sequence[AnnualResult], on: date | None = None) -> list[AnnualNotice]:
    """By the names, settings and figures of today."""
    house = _House(
        AppraisalSettings.current().issuer,
        YearSettings.current(),
        City.current().is_demo,
        _titles(results),
        year_chain.shifts_of(results),
    )
    return [_notice(result, house, on or graded.dated(result)) for result in results]


def _notice(result: AnnualResult, house: _House, dated: date) -> AnnualNotice:
    settings, row, takes_grade = house.settings, result.unit_result, graded.takes_grade(result)
    first = local(row.decided_at).date() if takes_grade and row.decided_at is not None else dated
    months = [month for text in result.bonus_of if (month := month_named(text)) is not None]
    return AnnualNotice(
        issuer=house.issuer,
        to=Addressee(
            name=result.cadre.name, unit=result.unit.name, post=house.titles.get(result.cadre_id, "")
        ),
        year=result.year,
        grade=result.grade,
        ungraded=result.ungraded,
        employment_kind=result.employment_kind,
        superior="" if takes_grade else _superior(result),
        ceiling="" if takes_grade else result.ceiling,
        reason=result.grade_reason,
        figures=_figures(result, house.shifts[result.pk]),
        codes=tuple(result.codes),
        bonus_months=result.bonus_months,
        bonus_of=tuple(months),
        bonus_cents=result.bonus_cents,
        barred_from_merit=result.barred_from_merit,
        barred_until=result.barred_until,
        corrects=first if dated != first else None,
        decided_on=dated,
        review_days=settings.review_days,
        review_answer_days=settings.review_answer_days,
        appeal_days=settings.appeal_days,
        appeal_answer_days=settings.appeal_answer_days,
        demo=house.demo,
    )


def _figures(result: AnnualResult, shift: year_chain.Shift) -> YearFigures:
    counted = {key: result.figures.get(key, 0) for key in FIGURES}
    return YearFigures(**counted, later_cents=shift.later_cents, earlier_cents=shift.earlier_cents)


def _superior(result: AnnualResult) -> str:
    """Of an enterprise's staff the enterprise itself."""
    name = result.unit.name
    return f"{name}上级主管部门" if result.unit_result.vertically_managed else name


def _service(result: AnnualResult) -> Service | None:
    if result.notified_on is None:
        return None
    return Service(
        day=result.notified_on,
        receipt=result.receipt,
        served_by=str(result.notified_by or ""),
        witness=result.witness,
    )


def _titles(results: Iterable[AnnualResult]) -> Mapping[int, str]:
    posts = Post.objects.filter(cadre__in=[row.cadre_id for row in results], is_primary=True).order_by()
    return dict(posts.values_list("cadre", "title"))


# --- In the unit ------------------------------------------------------------------------------------------------------


def public_notice(row: UnitResult) -> PublicNotice:
    """As it hangs, or hung."""
    return PublicNotice.from_json(json.dumps(row.notice)) if row.notice is not None else _public(row)


def hang(row: UnitResult) -> None:
    """As it is published; the caller saves `notice`."""
    row.notice = json.loads(_public(row).to_json())


def _public(row: UnitResult) -> PublicNotice:
    """Names in their order and proposed grades; whoever gets none stands in no notice, and why is nobody's business."""
    assert row.published_at is not None
    assert row.published_until is not None
    results = [result for result in graded.results_of(row) if graded.takes_grade(result)]
    titles, quota, city = _titles(results), graded.quota_of(row, results), City.current()
    first = local(row.published_at).date()
    phones = [Phone(whose=row.unit.name, number=row.unit.hotline)] * bool(row.unit.hotline)
    phones += [Phone(whose="市效能直通车", number=city.express_hotline)] * bool(city.express_hotline)
    return PublicNotice(
        unit=row.unit.name,
        year=row.year,
        grades=tuple(
            ProposedGrade(
                name=result.cadre.name,
                grade=result.grade,
                post=titles.get(result.cadre_id, ""),
                employment_kind=result.employment_kind,
            )
            for result in results
            if result.grade and not result.ungraded
        ),
        first_day=first,
        last_day=row.published_until,
        working_days=_working_days(first, row.published_until),
        phones=tuple(phones),
        participants=quota.participants,
        most_excellent=quota.most,
        published_on=first,
        demo=city.is_demo,
    )


def _working_days(first: date, last: date) -> int:
    """The day on which it is hung out is not counted."""
    known = calendar.around(first)
    days = (first + timedelta(days=number) for number in range(1, (last - first).days + 1))
    return sum(known.is_working_day(day) for day in days)
