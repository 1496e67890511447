"""A cadre's own: what is proposed and why, how to answer, what was decided and what can be done about it."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import access_for, scope_for, user_of
from accounts.permissions import TABLE
from appraisal import reviewing, sanction_lines, sanction_papers
from appraisal.facts import ladder as ladder_facts
from appraisal.forms.sanction import statement_form
from appraisal.models import Sanction, SanctionState, Stage
from appraisal.services import sanctions as services
from appraisal.views.sanctions import facts_of, paper, progress_words
from appraisal.words import sanction as sanction_words
from cards.models import Cadre
from common import slots
from common.forms import accepted, posted, render_form
from common.responses import private

PAGE_SIZE = 30
#: On the page that is opened every day.
SHOWN = 3


def sanction_of(request: HttpRequest, pk: int) -> Sanction:
    """The guard: one's own, but for what nobody hears of, or 404."""
    own = services.whole(Sanction.objects.within(scope_for(request)))
    found: Sanction = get_object_or_404(own, pk=pk)
    return found


def my_sanctions(request: HttpRequest) -> HttpResponse:
    own = services.whole(Sanction.objects.within(scope_for(request)))
    page = Paginator(own, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = sanction_words.views(page.object_list, timezone.localdate())
    return private(render(request, "appraisal/my_sanctions.html", {"page": page, "rows": rows}))


def my_sanction(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = sanction_of(request, pk), timezone.now()
    today, user = timezone.localdate(now), user_of(request)
    form = statement_form(found, posted(request))

    def verb() -> Sanction:
        return services.sanction_defend(sanction=found, **form.cleaned_data, actor=user, now=now)

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("Your statement has been handed in."))
        return redirect("my_sanction", pk)
    assert found.cadre is not None
    response = render_form(
        request,
        "appraisal/sanction_mine.html",
        form,
        view=sanction_words.view(found, today),
        sanction=found,
        **facts_of(found, sanction_lines.own(found, found.cadre, today), today),
        progress=progress_words(ladder_facts.progress(ladder_facts.about(found), found.year, today)),
        answerable=sanction_words.is_answerable(found, today),
        may_print=sanction_papers.has_paper(found) and found.decided_at is not None,
        remedy=_remedy(found, today),
    )
    return private(response)


def _remedy(found: Sanction, today: date) -> dict[str, Any]:
    """Until when a review may be asked for; before it is served the days have not begun."""
    if found.state not in (SanctionState.DECIDED, SanctionState.SERVED):
        return {}
    until = reviewing.right(found, Stage.REVIEW).until
    return {"until": until, "over": until is not None and today > until}


def my_sanction_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    found = sanction_of(request, pk)
    # A draft is nobody's paper.
    get_object_or_404(Sanction.objects.filter(pk=found.pk, decided_at__isnull=False))
    return paper(request, found)


def records(request: HttpRequest, cadre: Cadre) -> tuple[str, dict[str, Any]] | None:
    """On the phone page: what can be answered, and what warns."""
    if not access_for(request).may(TABLE["my_sanctions"]):
        return None
    own = Sanction.objects.within(access_for(request).scope(TABLE["my_sanctions"])).filter(cadre=cadre)
    rows = list(services.whole(own)[: SHOWN + 1])
    if not rows:
        return None
    shown = sanction_words.views(rows[:SHOWN], timezone.localdate())
    return "appraisal/my_sanctions_part.html", {"rows": shown, "more": len(rows) > SHOWN}


def register() -> None:
    slots.fill("my_records", records, order=40)
