"""The city-wide commendation (YEAR-3): drafted from whom people chose, signed by the head of the Express, frozen as
it is printed, with a number of the bulletins' own series.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import City, User
from appraisal.models import AnnualResult, AppraisalSettings, BulletinCounter, Circular, UnitResult, YearState
from appraisal.papers.content import Commendation, CommendedPerson, CommendedUnit
from appraisal.papers.texts import commendation as texts
from appraisal.services import commending, years
from appraisal.services.bulletins import number_text, printed_lines
from attendance import selectors as inspection
from cards.models import Cadre, Post
from common import audit
from common.problems import Refused
from common.rules import local
from common.versions import check_unchanged
from complaints.models import Interest

CLASSES = {"department": "市直单位", "town": "乡镇、街道"}


class Changed(Exception):
    """What is stored of a signed circular is not what was signed: somebody went past the product."""


# --- What it says -----------------------------------------------------------------------------------------------------


def commended_people(year: int) -> list[AnnualResult]:
    """By unit, in the order of names."""
    rows = AnnualResult.objects.filter(year=year, commended_by__isnull=False)
    return list(
        rows.select_related("unit", "cadre", "unit_result").order_by(
            "unit__code", "cadre__pinyin", "cadre__pk"
        )
    )


def commended_units(year: int) -> list[UnitResult]:
    rows = UnitResult.objects.filter(year=year, commended_by__isnull=False)
    return list(rows.select_related("unit").order_by("unit__code"))


def lapsed(year: int) -> list[AnnualResult | UnitResult]:
    """Whom the signed circular names, and nobody could choose any more."""
    units = UnitResult.objects.filter(year=year, commendation_lapsed_at__isnull=False).select_related("unit")
    people = AnnualResult.objects.filter(year=year, commendation_lapsed_at__isnull=False)
    named = people.select_related("unit", "cadre").order_by("unit__code", "cadre__pinyin", "cadre__pk")
    return [*units.order_by("unit__code"), *named]


def undecided(year: int) -> int:
    """How many units still have grades to be decided: nobody of them can be chosen once the circular is signed."""
    units = UnitResult.objects.filter(year=year).exclude(state=YearState.DECIDED)
    graded = AnnualResult.objects.taking_grades().filter(unit_result=OuterRef("pk"))
    return units.filter(Exists(graded)).count()


def content_of(circular: Circular) -> Commendation:
    """As it would be printed now; signed, exactly what was signed. Raises Changed."""
    if not circular.is_signed:
        people, units = commended_people(circular.year), commended_units(circular.year)
        return _draft(circular, people, units)
    content = Commendation.from_json(json.dumps(circular.content))
    if content.digest != circular.content_hash:
        raise Changed(circular.pk)
    return content


def _draft(circular: Circular, people: Sequence[AnnualResult], units: Sequence[UnitResult]) -> Commendation:
    settings, city = AppraisalSettings.current(), City.current()
    titles = dict(
        Post.objects.filter(cadre__in=[row.cadre_id for row in people], is_primary=True)
        .order_by()
        .values_list("cadre", "title")
    )
    named = [
        CommendedPerson(name=row.cadre.name, unit=row.unit.name, post=titles.get(row.cadre_id, ""))
        for row in people
    ]
    groups = [
        CommendedUnit(name=row.unit.name, kind=CLASSES.get(row.figures.get("group", ""), "")) for row in units
    ]
    counts = {"units": len(groups), "people": len(named)}
    opening = printed_lines(circular.opening) or texts.drafted_opening(circular.year, **counts)
    return Commendation(
        issuer=settings.issuer,
        year=circular.year,
        opening=tuple(opening),
        closing=tuple(printed_lines(circular.closing) or texts.drafted_closing(**counts)),
        units=tuple(groups),
        people=tuple(named),
        printed_by=settings.issuer,
        demo=city.is_demo,
    )


def standing(year: int) -> dict[str, Any]:
    """What a page about the year says of its circular."""
    is_drafted = Circular.objects.filter(year=year).exists()
    chosen = len(commended_people(year)) + len(commended_units(year))
    return {"has_circular": is_drafted, "may_draft": bool(chosen) and not is_drafted, "chosen": chosen}


# --- Drafting ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def circular_draft(*, year: int, actor: User, now: datetime) -> Circular:
    """Raises Refused for a year of which nobody was chosen: whoever is, was decided about."""
    years.alone()
    if not (commended_people(year) or commended_units(year)):
        raise Refused(_("Nobody has been chosen yet."))
    circular, made = Circular.objects.get_or_create(year=year, defaults={"drafted_at": now})
    if made:
        changes = {"year": year}
        audit.record(verb="circular_drafted", subject=circular, actor=actor, now=now, changes=changes)
    return circular


def edit_facts(circular: Circular) -> dict[str, Any]:
    """What the form shows: both parts, one paragraph a line."""
    content = content_of(circular)
    return {"opening": "\n".join(content.opening), "closing": "\n".join(content.closing)}


@transaction.atomic
def circular_edit(
    *, circular: Circular, opening: str, closing: str, seen: str | None = None, actor: User, now: datetime
) -> Circular:
    """A part that is left empty, or says what the figures say, is drafted anew from them."""
    circular = _locked(circular)
    _check_unsigned(circular)
    there = edit_facts(circular)
    wanted = {
        name: _kept(circular, name, text) for name, text in (("opening", opening), ("closing", closing))
    }
    if wanted == {"opening": circular.opening, "closing": circular.closing}:
        return circular
    check_unchanged(there, seen)
    before = {"opening": circular.opening, "closing": circular.closing}
    circular.opening, circular.closing = wanted["opening"], wanted["closing"]
    circular.save(update_fields=["opening", "closing"])
    changes = audit.differences(before, wanted)
    audit.record(verb="circular_edited", subject=circular, actor=actor, now=now, changes=changes)
    return circular


def _kept(circular: Circular, name: str, text: str) -> str:
    """Only what somebody has changed; the rest follows the figures."""
    lines = printed_lines(text)
    plain = content_of(Circular(year=circular.year))
    return "" if lines == list(getattr(plain, name)) else "\n".join(lines)


def _locked(circular: Circular) -> Circular:
    years.alone()
    return Circular.objects.select_for_update().get(pk=circular.pk)


def _check_unsigned(circular: Circular) -> None:
    if circular.is_signed:
        raise Refused(_("This circular is signed: it changes no more."))


# --- Signing ----------------------------------------------------------------------------------------------------------


def circular_sign(*, circular: Circular, seen: str | None = None, actor: User, now: datetime) -> Circular:
    """Freeze it with the next number of the year, on the figures of this moment. `seen` is the digest of the draft
    that was read."""
    # By itself: what was computed stays for whoever is told that it is not what they read.
    years.year_appraise(year=circular.year, now=now)
    return _signed(circular, seen, actor, now)


@transaction.atomic
def _signed(circular: Circular, seen: str | None, actor: User, now: datetime) -> Circular:
    today = local(now).date()
    circular = _locked(circular)
    if circular.is_signed and circular.signed_by_id == actor.pk:
        return circular
    _check_unsigned(circular)
    if actor.pk not in signers(circular.year, today):
        raise Refused(
            _(
                "The head of the Efficiency Express signs, and nobody who chose somebody in it or stands in it."
            )
        )
    if number := undecided(circular.year):
        sentence = ngettext(
            "The grades of %(number)s unit are not decided yet: nobody of it could be chosen after the signature.",
            "The grades of %(number)s units are not decided yet: nobody of them could be chosen after the signature.",
            number,
        )
        raise Refused(sentence % {"number": number})
    # Whoever signs a bulletin at the same time waits here: numbers have no gap.
    BulletinCounter.objects.get_or_create(year=today.year)
    counter = BulletinCounter.objects.select_for_update().get(year=today.year)
    draft = content_of(circular)
    if seen is not None and seen != draft.digest:
        raise Refused(_("This has changed since the page was shown: look at it again, then sign."))
    if not (draft.units or draft.people):
        raise Refused(_("Nobody has been chosen yet."))
    waits = [row.cadre.name for row in commended_people(circular.year) if not commending.is_eligible(row)]
    if waits:
        raise Refused(
            _("The figures of somebody in it have changed: look at their grade again first: %(names)s.")
            % {"names": "、".join(waits)}
        )
    counter.last += 1
    counter.save(update_fields=["last"])
    _freeze(circular, draft, counter, actor, now)
    return circular


def signers(year: int, today: date) -> frozenset[int]:
    """Heads of the Express who neither chose anybody in it nor stand in it, themselves, with declared kin or with their
    unit; where that leaves none, its staff."""
    people = AnnualResult.objects.filter(year=year, commended_by__isnull=False).order_by()
    units = UnitResult.objects.filter(year=year, commended_by__isnull=False).order_by()
    named_units = set(units.values_list("unit", flat=True))
    hands = set(units.values_list("commended_by", flat=True))
    hands |= set(Cadre.objects.filter(unit__in=named_units).values_list("user", flat=True))
    if named_units:
        for responsible in inspection.responsible_for(named_units, today).values():
            hands |= set(responsible)
    for chosen_by, user in people.values_list("commended_by", "cadre__user"):
        hands |= {chosen_by, user}
    named = Interest.objects.filter(cadre__in=people.values("cadre"))
    hands |= set(named.values_list("user", flat=True))
    (free,) = inspection.free_deciders([hands], today)
    return free


def _freeze(
    circular: Circular, draft: Commendation, counter: BulletinCounter, actor: User, now: datetime
) -> None:
    content = replace(
        draft,
        number_text=number_text(AppraisalSettings.current().number_prefix, counter.year, counter.last),
        signed_on=local(now).date(),
        signed_by=actor.name,
    )
    circular.document_year, circular.serial = counter.year, counter.last
    circular.signed_by, circular.signed_at = actor, now
    circular.content, circular.content_hash = json.loads(content.to_json()), content.digest
    circular.save()
    changes = {"number": content.number_text, "content": content.digest}
    audit.record(verb="circular_signed", subject=circular, actor=actor, now=now, changes=changes)
