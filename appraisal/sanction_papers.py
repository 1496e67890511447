"""A measure as the paper that is handed over: the values of appraisal.papers.content.Decision, kept as
decided."""

import json
from dataclasses import replace
from datetime import date

from accounts.models import City
from appraisal.facts.ladder import from_basis
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


class Changed(Exception):
    """What is kept of a decision is not what was decided: somebody went past the product."""


def decision(sanction: Sanction) -> papers.Decision:
    """What was decided, with how it was handed over and what became of it since; while it is only proposed, the draft
    of it. Read with `services.sanctions.whole`. Raises Changed."""
    kept = as_decided(sanction)
    if kept is not None and sanction.content_hash not in ("", kept.digest):
        raise Changed(sanction.pk)
    return replace(
        kept or written(sanction), service=_service(sanction), set_aside_on=_day(sanction.set_aside_at)
    )


def as_decided(sanction: Sanction) -> papers.Decision | None:
    """As kept with the decision, whatever names, settings and rungs have become since. None of what is open or not
    pursued."""
    if sanction.decided_at is None or not has_paper(sanction):
        return None
    if sanction.content is None:
        # Decided before anything was kept.
        return written(sanction)
    return papers.Decision.from_json(json.dumps(sanction.content))


def keep(sanction: Sanction) -> None:
    """With the decision, before it is saved: whatever is shown or printed of it later comes from here."""
    content = written(sanction)
    sanction.content, sanction.content_hash = json.loads(content.to_json()), content.digest


def written(sanction: Sanction) -> papers.Decision:
    """By the names, settings and rungs of today."""
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
        rule=rule_of(sanction),
        proposed_reason=sanction.reason,
        reason=sanction.decision_reason,
        defence=_defence(sanction),
        skipped=_skipped(sanction),
        skipped_reason=sanction.skipped_reason,
        months=sanction.measure.months,
        number_text=_number(sanction, years.decision_prefix),
        decided_on=sanction.decided_on,
        review_days=years.review_days,
        review_answer_days=years.review_answer_days,
        demo=city.is_demo,
    )


def kind(sanction: Sanction) -> str:
    if sanction.measure.refers:
        return papers.REFERRAL
    if sanction.is_recommendation:
        return papers.RECOMMENDATION
    return papers.DECISION if sanction.measure.by_document else papers.RECORD


def _number(sanction: Sanction, prefix: str) -> str | None:
    """龙效能告〔2026〕3号"""
    if sanction.document_year is None or sanction.document_serial is None:
        return None
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


def rule_of(sanction: Sanction) -> papers.Rule | None:
    """As it reads today."""
    trigger = Trigger.objects.filter(code=sanction.rule).first() if sanction.rule else None
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
