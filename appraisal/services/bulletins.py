"""The city's bulletin: drafted by the clock, edited by the Express, signed by its head and frozen as it is printed.

A draft keeps only those parts of its text that somebody has edited; figures and all other parts are those of the moment
in which it is read. Signed it changes no more: a correction takes its place and cites it (MONTH-2).
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import City, Role, User
from accounts.selectors import roles_of
from appraisal import bulletin_texts, rules
from appraisal.bulletin_texts import HEADINGS, PARTS
from appraisal.bulletins import content as printed
from appraisal.facts import bulletin as bulletin_facts
from appraisal.facts.bulletin import Facts
from appraisal.models import AppraisalSettings, Bulletin, BulletinCounter, BulletinHead, MonthlyReport
from appraisal.notifying import bulletins as notifying_bulletins
from appraisal.notifying.stages import month_name
from appraisal.services import closing
from common import audit
from common.problems import Refused
from common.rules import local
from common.text import likeness, without_hidden
from common.versions import check_unchanged, version_of

logger = logging.getLogger(__name__)


class Changed(Exception):
    """What is stored of a signed bulletin is not what was signed: somebody went past the product."""


class Gone(Exception):
    """The draft of a correction that somebody else has discarded meanwhile."""


# --- What it says -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Texts:
    """The four parts as they would be printed now."""

    #: As the figures of this moment give them.
    drafted: Mapping[str, Sequence[str]]
    current: Mapping[str, Sequence[str]]
    edited: frozenset[str]
    #: Edited, and the figures are no longer those that were seen then.
    stale: frozenset[str]


@dataclass(frozen=True)
class Draft:
    """A draft with the figures of this moment."""

    facts: Facts
    texts: Texts
    content: printed.Bulletin

    @property
    def version(self) -> str:
        """Of what a head reads before signing. Where the chains stand moves on without changing any figure."""
        return replace(self.content, chain_heads=()).digest


def read_draft(bulletin: Bulletin, now: datetime) -> Draft:
    """A constant number of queries."""
    facts = bulletin_facts.gather(bulletin, local(now).date())
    texts = texts_of(bulletin, facts)
    return Draft(facts, texts, _content(bulletin, facts, texts))


def read_signed(bulletin: Bulletin) -> printed.Bulletin:
    """Exactly what was signed. Raises Changed."""
    content = printed.Bulletin.from_json(json.dumps(bulletin.content))
    if content.digest != bulletin.content_hash:
        raise Changed(bulletin.pk)
    return content


def content_of(bulletin: Bulletin, now: datetime) -> printed.Bulletin:
    return read_signed(bulletin) if bulletin.is_signed else read_draft(bulletin, now).content


def texts_of(bulletin: Bulletin, facts: Facts) -> Texts:
    drafted = bulletin_texts.drafted(figures_of(facts))
    edited = {part: kept for part, kept in bulletin.texts.items() if part in PARTS}
    return Texts(
        drafted,
        {part: edited[part]["paragraphs"] if part in edited else drafted[part] for part in PARTS},
        frozenset(edited),
        frozenset(part for part, kept in edited.items() if kept["basis"] != _basis(drafted[part])),
    )


def figures_of(facts: Facts) -> bulletin_texts.Figures:
    return bulletin_texts.Figures(
        month=facts.month,
        units=facts.units,
        items=facts.items,
        corrections=facts.corrections,
        caught_up=facts.caught_up,
        allowance=facts.allowance,
        measures=facts.measures,
        years_corrected=facts.years_corrected,
    )


def _basis(drafted: Sequence[str]) -> str:
    return version_of({"drafted": list(drafted)})


def _content(bulletin: Bulletin, facts: Facts, texts: Texts) -> printed.Bulletin:
    settings, city = AppraisalSettings.current(), City.current()
    corrects = _superseded(bulletin)
    title = f"关于{printed.month_text(bulletin.month)}全市落实“干部身份证”制度情况的通报"
    return printed.Bulletin(
        city=city.name,
        issuer_heading=f"{settings.issuer}文件",
        signer=settings.issuer,
        month=bulletin.month,
        title=f"{title}（更正）" if corrects else title,
        parts=tuple(
            printed.Part(heading=HEADINGS[part], paragraphs=tuple(texts.current[part])) for part in PARTS
        ),
        units=facts.units,
        items=facts.items,
        corrections=facts.corrections,
        caught_up=facts.caught_up,
        chain_heads=bulletin_facts.heads(facts),
        corrects=corrects,
        printed_by=settings.issuer,
        demo=city.is_demo,
        measures=facts.measures,
        years_corrected=facts.years_corrected,
    )


def _superseded(bulletin: Bulletin) -> printed.Superseded | None:
    if bulletin.corrects is None:
        return None
    earlier = read_signed(bulletin.corrects)
    assert earlier.number_text is not None
    assert earlier.signed_on is not None
    return printed.Superseded(
        number_text=earlier.number_text, signed_on=earlier.signed_on, reason=bulletin.reason
    )


def number_text(prefix: str, year: int, serial: int) -> str:
    return f"{prefix}〔{year}〕{serial}号"


# --- Drafting ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def bulletin_draft(*, month: date, actor: User | None = None, now: datetime) -> tuple[Bulletin, bool]:
    """The month's bulletin, and whether this call has drafted it. Raises Refused while not every unit is drafted."""
    closing.check_month(month, local(now).date())
    _check_drafted(month)
    bulletin, made = Bulletin.objects.get_or_create(month=month, corrects=None, defaults={"drafted_at": now})
    if made:
        changes = {"month": month}
        audit.record(verb="bulletin_drafted", subject=bulletin, actor=actor, now=now, changes=changes)
        notifying_bulletins.drafted(bulletin, now)
    return bulletin, made


def _check_drafted(month: date) -> None:
    waiting = list(closing.undrafted(month)[:1])
    if waiting:
        raise Refused(
            _("%(month)s of %(unit)s has to be drafted first.")
            % {"month": f"{month:%Y-%m}", "unit": waiting[0].name}
        )


def months_without(today: date) -> list[date]:
    """Months whose bulletin should have been drafted by now and is not."""
    day = AppraisalSettings.current().bulletin_day
    due = [month for month in closing.months_due(today) if rules.following(month).replace(day=day) <= today]
    there = set(Bulletin.objects.filter(month__in=due, corrects=None).values_list("month", flat=True))
    return [month for month in due if month not in there]


def bulletins_draft_due(*, now: datetime) -> int:
    """Every bulletin whose day has come; returns how many were drafted. A month that is not ready waits for the next
    run and keeps no other one waiting."""
    made = 0
    for month in months_without(local(now).date()):
        try:
            made += bulletin_draft(month=month, now=now)[1]
        except Refused as refused:
            logger.warning("No bulletin of %s yet: %s", f"{month:%Y-%m}", refused.sentence)
    return made


# --- Editing ----------------------------------------------------------------------------------------------------------


def edit_facts(texts: Texts) -> dict[str, Any]:
    """What a form shows: each part, one paragraph a line."""
    return {part: "\n".join(texts.current[part]) for part in PARTS}


@transaction.atomic
def bulletin_edit(
    *, bulletin: Bulletin, texts: Mapping[str, str], seen: str | None = None, actor: User, now: datetime
) -> Bulletin:
    """`texts` are the parts, one paragraph a line; an empty one is drafted anew from the figures.

    A part that says what the figures say stays with them when they change. Raises Refused for the name of a person.
    """
    bulletin = _locked(bulletin)
    _check_unsigned(bulletin)
    facts = bulletin_facts.gather(bulletin, local(now).date())
    there = texts_of(bulletin, facts)
    wanted = {part: printed_lines(texts[part]) or list(there.drafted[part]) for part in PARTS}
    kept = {
        part: {"paragraphs": lines, "basis": _basis(there.drafted[part])}
        for part, lines in wanted.items()
        if lines != list(there.drafted[part])
    }
    if kept == bulletin.texts:
        return bulletin
    check_unchanged(edit_facts(there), seen)
    _check_names(wanted, facts)
    bulletin.texts, bulletin.revision = kept, bulletin.revision + 1
    bulletin.save(update_fields=["texts", "revision"])
    changes = audit.differences(edit_facts(there), {part: "\n".join(wanted[part]) for part in PARTS})
    audit.record(verb="bulletin_edited", subject=bulletin, actor=actor, now=now, changes=changes)
    return bulletin


def printed_lines(text: str) -> list[str]:
    return [line for line in (line.strip() for line in text.splitlines()) if line]


def _check_names(texts: Mapping[str, Sequence[str]], facts: Facts) -> None:
    """A bulletin names units and no person; of those that its figures are about none can slip in."""
    for part in PARTS:
        if names := named_in("\n".join(texts[part]), facts):
            raise Refused(
                _("A bulletin names no person. In this part stands: %(names)s.")
                % {"names": "、".join(names)},
                part,
            )


def named_in(text: str, facts: Facts) -> list[str]:
    """Also where a name is broken by blanks or lines.

    A name that is a word of the text as it is drafted from the figures, or of a heading, stops nothing (somebody is
    called 要求): the figures name nobody, and no bulletin could be signed any more.
    """
    found = _names_in(text, facts)
    if not found:
        return []
    drafted = bulletin_texts.drafted(figures_of(facts))
    words = ("\n".join(lines) for lines in (HEADINGS.values(), *drafted.values()))
    return sorted(found.difference(*(_names_in(text, facts) for text in words)))


def _names_in(text: str, facts: Facts) -> set[str]:
    plain = _plain(text)
    for unit in sorted((_plain(unit.name) for unit in facts.units), key=len, reverse=True):
        plain = plain.replace(unit, " ")
    return {name for name in facts.persons if _plain(name) in plain}


def _plain(text: str) -> str:
    return likeness(without_hidden(text))


def _locked(bulletin: Bulletin) -> Bulletin:
    rows = Bulletin.objects.select_for_update(of=("self",)).select_related("corrects")
    found = rows.filter(pk=bulletin.pk).first()
    if found is None:
        raise Gone(bulletin.pk)
    return found


def _check_unsigned(bulletin: Bulletin) -> None:
    if bulletin.is_signed:
        raise Refused(_("This bulletin is signed: only a correction can take its place."))


# --- Signing ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def bulletin_sign(*, bulletin: Bulletin, seen: str | None = None, actor: User, now: datetime) -> Bulletin:
    """Freeze it with the next number of the year. `seen` is the version (Draft.version) that was read.

    Raises Refused when anything of it has changed since, for whoever is not the head, out of the order of months, or
    while a part was edited on other figures. Pressed again by whoever has signed it, it is the same signature.
    """
    today = local(now).date()
    if Role.EXPRESS_HEAD not in roles_of(actor, today):
        raise Refused(_("The head of the Efficiency Express signs bulletins."))
    # Whoever signs at the same time waits here: numbers have no gap, and no report is counted twice.
    BulletinCounter.objects.get_or_create(year=today.year)
    counter = BulletinCounter.objects.select_for_update().get(year=today.year)
    bulletin = _locked(bulletin)
    if bulletin.is_signed and bulletin.signed_by_id == actor.pk:
        return bulletin
    _check_unsigned(bulletin)
    _check_turn(bulletin)
    list(MonthlyReport.objects.select_for_update().filter(month__lte=bulletin.month, bulletin=None))
    draft = read_draft(bulletin, now)
    if seen is not None and seen != draft.version:
        raise Refused(_("This has changed since the page was shown: look at it again, then sign."))
    _check_texts(draft)
    counter.last += 1
    counter.save(update_fields=["last"])
    _freeze(bulletin, draft, counter, actor, now)
    return bulletin


def sign_refusal(bulletin: Bulletin, draft: Draft) -> Any:
    """Why it cannot be signed as it is now; None when it can."""
    try:
        _check_turn(bulletin)
        _check_texts(draft)
    except Refused as refused:
        return refused.sentence
    return None


def _check_turn(bulletin: Bulletin) -> None:
    """In the order of months: what an earlier bulletin has not counted would be taken for late."""
    if bulletin.corrects_id is not None:
        return
    _check_drafted(bulletin.month)
    begins = AppraisalSettings.current().begins or bulletin.month
    signed = set(Bulletin.objects.signed().values_list("month", flat=True))
    earlier = rules.months_between(begins, rules.preceding(bulletin.month))
    if missing := [month for month in earlier if month not in signed]:
        raise Refused(
            _("Bulletins are signed in the order of their months: that of %(month)s comes first.")
            % {"month": f"{missing[0]:%Y-%m}"}
        )


def _check_texts(draft: Draft) -> None:
    if draft.texts.stale:
        stale = "、".join(HEADINGS[part] for part in PARTS if part in draft.texts.stale)
        raise Refused(
            _(
                "The figures have changed since these parts were edited: %(parts)s. Look at them and save them again."
            )
            % {"parts": stale}
        )
    _check_names(draft.texts.current, draft.facts)
    _check_reason(draft.content.corrects, draft.facts)


def _check_reason(corrects: printed.Superseded | None, facts: Facts) -> None:
    if corrects is not None and (names := named_in(corrects.reason, facts)):
        raise Refused(
            _("A bulletin names no person. In the reason stands: %(names)s.") % {"names": "、".join(names)},
            "reason",
        )


def _freeze(bulletin: Bulletin, draft: Draft, counter: BulletinCounter, actor: User, now: datetime) -> None:
    settings = AppraisalSettings.current()
    content = replace(
        draft.content,
        number_text=number_text(settings.number_prefix, counter.year, counter.last),
        signed_on=local(now).date(),
        signed_by=actor.name,
    )
    bulletin.year, bulletin.serial = counter.year, counter.last
    bulletin.signed_by, bulletin.signed_at = actor, now
    bulletin.content, bulletin.content_hash = json.loads(content.to_json()), content.digest
    fields = ["year", "serial", "signed_by", "signed_at", "content", "content_hash"]
    bulletin.save(update_fields=fields)
    BulletinHead.objects.bulk_create(
        BulletinHead(bulletin=bulletin, unit_id=ledger.pk, sequence=ledger.sequence, head=ledger.head)
        for ledger in draft.facts.ledgers
    )
    MonthlyReport.objects.filter(pk__in=draft.facts.reports).update(bulletin=bulletin)
    changes = {"number": content.number_text, "content": content.digest, "reports": len(draft.facts.reports)}
    audit.record(verb="bulletin_signed", subject=bulletin, actor=actor, now=now, changes=changes)
    earlier = content.corrects.number_text if content.corrects else ""
    notifying_bulletins.signed(bulletin, content.number_text or "", earlier, now)


# --- Correcting -------------------------------------------------------------------------------------------------------


@transaction.atomic
def bulletin_correct(*, bulletin: Bulletin, reason: str, actor: User, now: datetime) -> Bulletin:
    """A draft that will take the place of a signed bulletin, with the figures of the day on which it is signed."""
    reason = " ".join(reason.split())
    if not reason:
        raise Refused(_("Say why."), "reason")
    bulletin = _locked(bulletin)
    if not bulletin.is_signed:
        raise Refused(_("A draft is edited, not corrected."))
    if Bulletin.objects.filter(corrects=bulletin).exists():
        raise Refused(_("There is a correction of this bulletin already."))
    made = Bulletin.objects.create(
        month=bulletin.month, corrects=bulletin, reason=reason, drafted_at=now, texts=bulletin.texts
    )
    draft = read_draft(made, now)
    _check_reason(draft.content.corrects, draft.facts)
    changes = {"corrects": bulletin.pk, "reason": reason}
    audit.record(verb="bulletin_correction_drafted", subject=made, actor=actor, now=now, changes=changes)
    notifying_bulletins.drafted(made, now)
    return made


@transaction.atomic
def correction_discard(*, bulletin: Bulletin, actor: User, now: datetime) -> None:
    """A correction that was begun by mistake. What is signed stays, and a month's first draft is drafted again."""
    bulletin = _locked(bulletin)
    _check_unsigned(bulletin)
    if bulletin.corrects is None:
        raise Refused(_("Only the draft of a correction can be discarded."))
    changes = {"reason": bulletin.reason, "month": bulletin.month, "draft": bulletin.pk}
    audit.record(
        verb="bulletin_correction_discarded", subject=bulletin.corrects, actor=actor, now=now, changes=changes
    )
    bulletin.delete()


# --- Which one --------------------------------------------------------------------------------------------------------


def in_force(month: date) -> Bulletin | None:
    """The month's newest signed bulletin, or its draft while none is signed."""
    rows = Bulletin.objects.filter(month=month).select_related("corrects").order_by("pk")
    signed = rows.signed().last()
    return signed or rows.last()


def month_words(bulletin: Bulletin) -> str:
    return month_name(bulletin.month)
