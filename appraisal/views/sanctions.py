"""Measures of the ladder at the desk: proposed, told, answered, decided, served, set aside, printed."""

import logging
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Access, Scope
from accounts.http import access_for, scope_for, user_of
from accounts.models import Role, Unit
from accounts.permissions import TABLE
from appraisal import acting, sanction_lines, sanction_papers
from appraisal.facts import ladder as ladder_facts
from appraisal.forms.sanction import (
    BY_HAND,
    DROP,
    WAITS,
    MeasureForm,
    SanctionFilterForm,
    ServeForm,
    SetAsideForm,
    statement_form,
)
from appraisal.models import Measure, Sanction, SanctionState
from appraisal.models.sanctions import SanctionQuerySet
from appraisal.papers import printing
from appraisal.services import sanctions as services
from appraisal.turns.sanction import waiting_for
from appraisal.words import ladder as ladder_words
from appraisal.words import sanction as sanction_words
from attendance.finding_forms import DefenceForm, TellForm
from common.forms import accepted, posted
from common.responses import PDF, download, private, unkept
from common.versions import version_of

PAGE_SIZE = 50
logger = logging.getLogger(__name__)


def seen_by(request: HttpRequest) -> SanctionQuerySet:
    """What this person may see; of what was referred the commission alone sees anything."""
    return Sanction.objects.visible_to(access_for(request), TABLE["sanctions"])


def sanction_of(request: HttpRequest, pk: int) -> Sanction:
    """The guard: one that this page may show this person, or 404."""
    found: Sanction = get_object_or_404(services.whole(seen_by(request)), pk=pk)
    return found


# --- The list ---------------------------------------------------------------------------------------------------------


def sanctions(request: HttpRequest) -> HttpResponse:
    """What waits for the reader first, then the newest."""
    today = timezone.localdate()
    scope = acting.widened(scope_for(request), today)
    triggers = ladder_facts.triggers(only_active=False)
    rules = [(one.code, f"{ladder_words.name(one, one.times)} · {one.code}") for one in triggers]
    is_commission = access_for(request).has(Role.DISCIPLINE)
    form = SanctionFilterForm(request.GET, units=_units(scope), rules=rules, is_commission=is_commission)
    form.is_valid()
    seen = seen_by(request)
    waiting = waiting_for(seen, user_of(request), today)
    found = _matching(seen, form.cleaned_data, waiting)
    page = Paginator(services.whole(_sorted(found, waiting)), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [
            (view, view.sanction.pk in waiting) for view in sanction_words.views(page.object_list, today)
        ],
        "several": "unit" in form.fields,
        "filtered": any(form.cleaned_data.values()),
        "may_propose": access_for(request).may(TABLE["sanction_new"]),
    }
    return private(render(request, "appraisal/sanctions.html", context))


def _units(scope: Scope) -> Any:
    return Unit.objects.all() if scope.unit_ids is None else Unit.objects.filter(pk__in=scope.unit_ids)


def _matching(found: SanctionQuerySet, given: dict[str, Any], waiting: set[int]) -> SanctionQuerySet:
    if unit := given.get("unit"):
        found = found.filter(unit=unit)
    if rule := given.get("rule"):
        found = found.filter(rule="" if rule == BY_HAND else rule)
    state = given.get("state")
    if state == WAITS:
        return found.filter(pk__in=waiting)
    return found.filter(state=state) if state else found


def _sorted(found: SanctionQuerySet, waiting: set[int]) -> SanctionQuerySet:
    first = Case(When(pk__in=waiting, then=Value(0)), default=Value(1))
    open_next = Case(
        When(state=SanctionState.PROPOSED, then=Value(0)),
        When(state=SanctionState.DECIDED, then=Value(1)),
        default=Value(2),
    )
    return found.order_by(first, open_next, "-proposed_at", "-pk")


# --- One --------------------------------------------------------------------------------------------------------------


def sanction(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, sanction_of(request, pk), timezone.now())


def tell(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = sanction_of(request, pk), timezone.now()
    form = _tell_form(found, timezone.localdate(now), posted(request))

    def verb() -> Sanction:
        return services.sanction_tell(sanction=found, **form.cleaned_data, actor=user_of(request), now=now)

    return _done(request, form, verb, _("Entered. The days for a statement count from there."), found, now)


def defend(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = sanction_of(request, pk), timezone.now()
    form = _defence_form(found, posted(request))

    def verb() -> Sanction:
        return services.sanction_defend(sanction=found, **form.cleaned_data, actor=user_of(request), now=now)

    return _done(request, form, verb, _("The statement has been entered."), found, now)


def decide(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = sanction_of(request, pk), timezone.now()
    form = _measure_form(found, timezone.localdate(now), posted(request))

    def verb() -> Sanction:
        given = dict(form.cleaned_data)
        chosen = given.pop("measure")
        measure = None if chosen == DROP else Measure.objects.get(pk=chosen)
        return services.sanction_decide(
            sanction=found, measure=measure, **given, actor=user_of(request), now=now
        )

    # What was referred is nobody's here any more: whoever decided that goes back to the list.
    then = "sanctions" if found.proposed_measure.refers else "sanction"
    return _done(request, form, verb, _("The decision on the proposal has been recorded."), found, now, then)


def serve(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = sanction_of(request, pk), timezone.now()
    form = _serve_form(found, timezone.localdate(now), posted(request))

    def verb() -> Sanction:
        return services.sanction_serve(sanction=found, **form.cleaned_data, actor=user_of(request), now=now)

    return _done(request, form, verb, _("It has been entered that it was served."), found, now)


def _done(
    request: HttpRequest,
    form: Any,
    verb: Callable[[], Any],
    said: str,
    found: Sanction,
    now: datetime,
    then: str = "sanction",
) -> HttpResponse:
    """Back to it when it is done; the page with what was typed and why not otherwise."""
    if form.is_valid() and accepted(form, verb):
        messages.success(request, said)
        return redirect(then, found.pk) if then == "sanction" else redirect(then)
    # Somebody may have been faster: the page shows what stands now.
    return _page(request, sanction_of(request, found.pk), now, failed=form)


def set_aside(request: HttpRequest, pk: int) -> HttpResponse:
    """A question of its own: it cannot be undone."""
    found, now = sanction_of(request, pk), timezone.now()
    if not _may_set_aside(found, user_of(request).pk, timezone.localdate(now)):
        raise Http404
    form = SetAsideForm(posted(request))

    def verb() -> Sanction:
        return services.sanction_set_aside(
            sanction=found, **form.cleaned_data, actor=user_of(request), now=now
        )

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("It has been set aside."))
        return redirect("sanction", pk)
    context = {
        "title": _("Set the decision aside"),
        "question": _("Set %(measure)s against %(who)s aside?")
        % {"measure": found.measure, "who": found.subject},
        "points": [
            _("It counts nowhere any more, also not in the year, which is computed anew."),
            _("Whom it is about hears of it and reads the reason."),
            _("Its number stays taken. Facts that still stand may be counted anew."),
        ],
        "form": form,
        "action_label": _("Set it aside"),
        "irrevocable": True,
        "back_url": reverse("sanction", args=[pk]),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "confirm_page.html", context, status=status)


def _may_set_aside(found: Sanction, user_id: int, today: date) -> bool:
    decided = found.state in (SanctionState.DECIDED, SanctionState.SERVED, SanctionState.SET_ASIDE)
    return decided and user_id in services.reviewers(found, today)


# --- Its page ---------------------------------------------------------------------------------------------------------


def _tell_form(found: Sanction, today: date, data: Any = None) -> TellForm:
    form = TellForm(data, prefix="tell", initial={"day": today})
    form.action = reverse("sanction_tell", args=[found.pk])
    return form


def _defence_form(found: Sanction, data: Any = None) -> DefenceForm:
    form = statement_form(found, data, on_paper=found.cadre_id is not None)
    form.action = reverse("sanction_defend", args=[found.pk])
    return form


def _measure_form(found: Sanction, today: date, data: Any = None) -> MeasureForm:
    """What may be chosen today: no rung while a statement may still be made, nor where a fact has fallen. What is sent
    all the same is refused with the reason."""
    ripe = _is_ripe(found, today) and not ladder_facts.fallen(found, today)
    form = MeasureForm(
        data,
        prefix="decide",
        initial={"seen": version_of(services.decided_over(found))},
        measures=list(Measure.objects.all()),
        skips=_skips(found, today),
        may_decide=data is not None or ripe,
    )
    if found.defended_at is not None:
        form.fields["reason"].help_text = _(
            "Say whether what was stated in defence is accepted, and why: the paper leads whom it is about to here."
        )
    form.action = reverse("sanction_decide", args=[found.pk])
    return form


def _skips(found: Sanction, today: date) -> dict[int, list[int]]:
    """Every rung that may be chosen, with the levels it passes over."""
    proposed = found.proposed_measure
    rungs = Measure.objects.filter(level__lte=proposed.level, refers=proposed.refers)
    rungs = rungs.filter(for_units=True) if found.cadre_id is None else rungs.filter(for_cadres=True)
    return services.skips_of_each(found, list(rungs), today)


def _is_ripe(found: Sanction, today: date) -> bool:
    over = found.defence_until is not None and found.defence_until < today
    return found.proposed_measure.refers or found.own_word or over


def _serve_form(found: Sanction, today: date, data: Any = None) -> ServeForm:
    form = ServeForm(data, prefix="serve", initial={"served_on": today})
    if not found.measure.months:
        form.fields["served_on"].help_text = _("From this day on the days for a review count.")
    form.action = reverse("sanction_serve", args=[found.pk])
    return form


def _page(request: HttpRequest, found: Sanction, now: datetime, failed: Any = None) -> HttpResponse:
    today, user, access = timezone.localdate(now), user_of(request), access_for(request)
    view = sanction_words.view(found, today)
    deciders = services.deciders(found, today) if view.is_open else frozenset()
    may_serve = services.may_serve(found, user, today) and access.may(TABLE["sanction_serve"])
    is_own = found.cadre is not None and found.cadre.user_id == user.pk
    forms: dict[str, Any] = {
        "tell_form": _tell_form(found, today) if may_serve and _is_to_tell(found) else None,
        "defence_form": _defence_form(found) if _may_enter(request, found, today) else None,
        "decision_form": _measure_form(found, today) if user.pk in deciders else None,
        "serve_form": (
            _serve_form(found, today) if may_serve and found.state == SanctionState.DECIDED else None
        ),
    }
    for name, kind in (
        ("tell_form", TellForm),
        ("defence_form", DefenceForm),
        ("decision_form", MeasureForm),
        ("serve_form", ServeForm),
    ):
        if isinstance(failed, kind):
            forms[name] = failed
    if isinstance(failed, MeasureForm):
        failed.show_version(version_of(services.decided_over(found)))
    context = {
        "view": view,
        "sanction": found,
        **facts_of(found, sanction_lines.at_desk(found, access, today), today),
        "progress": _progress(found, access, today),
        "is_own": is_own,
        "who": "" if user.pk in deciders or not view.is_open else sanction_words.decided_by(deciders, today),
        "ripe": _is_ripe(found, today),
        "history": sanction_words.history(found),
        "may_set_aside": (
            found.state in (SanctionState.DECIDED, SanctionState.SERVED)
            and access.may(TABLE["sanction_set_aside"])
            and _may_set_aside(found, user.pk, today)
        ),
        "may_print": sanction_papers.has_paper(found),
        "may_print_clues": found.state == SanctionState.REFERRED and access.may(TABLE["sanction_clues"]),
        "may_read_ladder": access.may(TABLE["ladder"]),
        **forms,
    }
    response = render(request, "appraisal/sanction.html", context, status=422 if failed is not None else 200)
    return private(response)


def facts_of(found: Sanction, lines: list[sanction_lines.Line], today: date) -> dict[str, Any]:
    """What both pages of a measure show of it."""
    kept = sanction_papers.as_decided(found)
    rule = kept.rule if kept is not None else sanction_papers.rule_of(found)
    return {
        "lines": lines,
        "fallen": any(line.fallen for line in lines),
        "counted": sanction_words.counted(found),
        "clause": rule.clause if rule is not None else "",
        "steps": sanction_words.steps(found, today),
        "told": sanction_words.told(found),
        "on_paper": found.defended_by_id is not None and not found.own_word,
        "skipped": "、".join(kept.skipped) if kept is not None else "",
        "number": (kept and kept.number_text) or "",
        "post": kept.to.post if kept is not None else "",
        "follows": sanction_words.follows(found),
        "receipt": sanction_words.receipt(found) if found.receipt else "",
    }


def _progress(found: Sanction, access: Access, today: date) -> list[dict[str, str]]:
    """How far the next proposal of each rule in use is; of the city nobody hears so of a fact that is kept from
    them."""
    if found.state == SanctionState.REFERRED:
        return []
    rows = ladder_facts.progress(ladder_facts.about(found), found.year, today)
    if access.scope(TABLE["sanction"]).unit_ids is None:
        rows = [row for row in rows if all(sanction_lines.urls(row.lines, access))]
    return progress_words(rows)


def progress_words(rows: list[ladder_facts.Progress]) -> list[dict[str, str]]:
    return [
        {
            "code": row.trigger.code,
            "rule": ladder_words.name(row.trigger, row.times),
            "measure": str(row.trigger.measure),
            "words": sanction_words.on_the_way(row.towards, row.times),
        }
        for row in rows
        if row.towards
    ]


def _is_to_tell(found: Sanction) -> bool:
    unheard = found.state == SanctionState.PROPOSED and found.told_at is None
    return unheard and not found.proposed_measure.refers


def _may_enter(request: HttpRequest, found: Sanction, today: date) -> bool:
    user = user_of(request)
    # The person's own statement is made on their own page.
    own = found.cadre is not None and found.cadre.user_id == user.pk
    may = not own and access_for(request).may(TABLE["sanction_defend"])
    return may and sanction_words.is_answerable(found, today) and services.may_defend(found, user, today)


# --- On paper ---------------------------------------------------------------------------------------------------------


def paper(request: HttpRequest, found: Sanction) -> HttpResponse:
    if not sanction_papers.has_paper(found):
        raise Http404
    try:
        content = sanction_papers.decision(found)
    except sanction_papers.Changed as changed:
        logger.error("Decision %s is not what was decided.", changed)
        return unkept(render(request, "appraisal/sanction_changed.html", status=409))
    return download(printing.pdf(content), PDF, f"{printing.file_name(content)}.pdf", shown=True)


def sanction_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    return paper(request, sanction_of(request, pk))


def clues(request: HttpRequest, pk: int) -> HttpResponse:
    """For the commission: what was counted, and what was said to it, on one sheet."""
    found = sanction_of(request, pk)
    if found.state != SanctionState.REFERRED:
        raise Http404
    today = timezone.localdate()
    context = {
        "view": sanction_words.view(found, today),
        "sanction": found,
        **facts_of(found, sanction_lines.at_desk(found, access_for(request), today), today),
        "printed_at": timezone.now(),
    }
    return private(render(request, "appraisal/sanction_clues.html", context))
