"""A measure as the paper that is handed over: the values of appraisal.papers.content.Decision."""

from datetime import date

from accounts.models import City
from appraisal.ladder_facts import from_basis
from appraisal.models import (
    AppraisalSettings,
    Measure,
    Receipt,
    Sanction,
    SanctionState,
    Trigger,
    YearSettings,
)
from appraisal.papers import content as papers
from appraisal.services.bulletins import number_text
from cards.models import Cadre
from common.rules import local

COMMISSION = "市纪委"


def decision(sanction: Sanction) -> papers.Decision:
    """As decided; while it is only proposed, the draft of it. Read with `services.sanctions.whole`."""
    years, city = YearSettings.current(), City.current()
    milder = sanction.measure_id != sanction.proposed_measure_id
    return papers.Decision(
        issuer=AppraisalSettings.current().issuer,
        kind=kind(sanction),
        measure=sanction.measure.name,
        proposed_measure=sanction.proposed_measure.name if milder else "",
        to=_to(sanction),
        superior=_superior(sanction),
        year=sanction.year,
        facts=tuple(papers.Fact(day=line.day, words=line.words) for line in from_basis(sanction.basis)),
        rule=_rule(sanction.rule),
        proposed_reason=sanction.reason,
        reason=sanction.decision_reason,
        defence=_defence(sanction),
        skipped=_skipped(sanction),
        skipped_reason=sanction.skipped_reason,
        months=sanction.measure.months,
        number_text=number(sanction, years.decision_prefix) or None,
        decided_on=sanction.decided_on,
        review_days=years.review_days,
        review_answer_days=years.review_answer_days,
        service=_service(sanction),
        set_aside_on=_day(sanction.set_aside_at),
        demo=city.is_demo,
    )


def kind(sanction: Sanction) -> str:
    if sanction.measure.refers:
        return papers.REFERRAL
    if sanction.is_recommendation:
        return papers.RECOMMENDATION
    return papers.DECISION if sanction.measure.by_document else papers.RECORD


def number(sanction: Sanction, prefix: str = "") -> str:
    """龙效能告〔2026〕3号; empty where there is none."""
    if sanction.document_year is None or sanction.document_serial is None:
        return ""
    prefix = prefix or YearSettings.current().decision_prefix
    return number_text(prefix, sanction.document_year, sanction.document_serial)


def _to(sanction: Sanction) -> papers.Addressee:
    if sanction.cadre is None:
        return papers.Addressee(name=sanction.unit.name)
    return papers.Addressee(name=sanction.cadre.name, unit=sanction.unit.name, post=_post(sanction.cadre))


def _post(cadre: Cadre) -> str:
    return next((post.title for post in cadre.posts.all()), "")


def _superior(sanction: Sanction) -> str:
    if sanction.measure.refers:
        return COMMISSION
    if not sanction.is_recommendation:
        return ""
    # Of an enterprise's staff the enterprise itself decides.
    return f"{sanction.unit.name}上级主管部门" if sanction.unit.vertically_managed else sanction.unit.name


def _rule(code: str) -> papers.Rule | None:
    trigger = Trigger.objects.filter(code=code).first() if code else None
    return papers.Rule(code=trigger.code, clause=trigger.clause) if trigger is not None else None


def _defence(sanction: Sanction) -> papers.Defence:
    return papers.Defence(
        told_on=_day(sanction.told_at),
        until=sanction.defence_until,
        made_on=_day(sanction.defended_at),
        text=sanction.defence,
    )


def _skipped(sanction: Sanction) -> tuple[str, ...]:
    levels = [int(level) for level in sanction.skipped.split(",") if level]
    if not levels:
        return ()
    return tuple(Measure.objects.filter(level__in=levels).order_by("level").values_list("name", flat=True))


def _service(sanction: Sanction) -> papers.Service | None:
    if sanction.served_on is None:
        return None
    return papers.Service(
        day=sanction.served_on,
        receipt=papers.REFUSED if sanction.receipt == Receipt.REFUSED else papers.SIGNED,
        served_by=str(sanction.served_by or ""),
        witness=sanction.witness,
        expires_on=sanction.expires_on,
    )


def _day(moment: object) -> date | None:
    return local(moment).date() if moment is not None else None  # type: ignore[arg-type]


def has_paper(sanction: Sanction) -> bool:
    """What is not pursued needs none."""
    return sanction.state != SanctionState.DROPPED
