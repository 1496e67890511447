"""Proposing a measure by hand: whom it is about, then why and on which facts of this year or the last."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.http import access_for, user_of
from accounts.models import Unit
from appraisal import sanction_lines
from appraisal.facts import ladder as ladder_facts
from appraisal.facts.ladder import Subject
from appraisal.forms.sanction import THE_UNIT, AboutForm, ProposeForm
from appraisal.models import Measure, Sanction
from appraisal.rules.ladder import Counted
from appraisal.services.proposing import sanction_propose
from cards.models import Cadre
from common.forms import accepted, posted, render_form
from common.responses import private
from common.templatetags.components import zh_date

#: Of a key that somebody may have typed.
MOST_DIGITS = 10


def sanction_new(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate(now)
    unit, cadre, year, about = _chosen(request, today)
    if unit is None or (cadre is None and about.data.get("about") != THE_UNIT):
        # An address that makes no sense asks again.
        return private(render(request, "appraisal/sanction_new.html", {"about": about}))
    facts = _lines(request, unit, cadre, year, today)
    form = ProposeForm(
        posted(request),
        measures=Measure.objects.filter(**{"for_cadres" if cadre is not None else "for_units": True}),
        facts=[
            (
                _key(line),
                format_html('{} <a class="tap" href="{}">{}</a>', zh_date(line.day), url, line.words),
            )
            for line, url in facts
        ],
    )
    made: list[Sanction] = []

    def verb() -> None:
        given = dict(form.cleaned_data)
        chosen = set(given.pop("facts", ()))
        made.append(
            sanction_propose(
                unit=unit,
                cadre=cadre,
                lines=[line for line, _url in facts if _key(line) in chosen],
                year=year,
                **given,
                actor=user_of(request),
                now=now,
            )
        )

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("It has been proposed. Another person decides."))
        return redirect("sanction", made[0].pk)
    context = {
        "about": about,
        "cadre": cadre,
        "unit": unit,
        "subject": cadre.name if cadre is not None else str(unit),
        "year": year,
    }
    return private(render_form(request, "appraisal/sanction_new.html", form, **context))


def _chosen(request: HttpRequest, today: date) -> tuple[Unit | None, Cadre | None, int, AboutForm]:
    units = Unit.objects.active(today)
    unit = _named(units, request.GET.get("unit", ""))
    people = Cadre.objects.serving(today).filter(unit=unit).select_related("unit", "user")
    people = people.order_by("pinyin", "pk") if unit is not None else people.none()
    # As long as rules propose on them.
    years = (today.year, today.year - 1)
    form = AboutForm(request.GET, units=units, people=people, years=years)
    year = next((year for year in years if request.GET.get("year") == str(year)), today.year)
    return unit, _named(people, request.GET.get("about", "")), year, form


def _named(rows: Any, key: str) -> Any:
    return rows.filter(pk=int(key)).first() if key.isdecimal() and len(key) < MOST_DIGITS else None


def _lines(
    request: HttpRequest, unit: Unit, cadre: Cadre | None, year: int, today: date
) -> list[tuple[Counted, str]]:
    """What the reader may open, with the way there: of the rest they do not hear."""
    subject = Subject(unit.pk, cadre.pk if cadre is not None else 0)
    lines = ladder_facts.of_subject(subject, year, today)
    urls = sanction_lines.urls(lines, access_for(request))
    return [(line, url) for line, url in zip(lines, urls, strict=True) if url]


def _key(line: Counted) -> str:
    return f"{line.kind}:{line.key}"
