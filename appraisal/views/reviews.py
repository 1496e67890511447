"""Reviews and appeals: asked for on one’s own page or entered by the unit, decided by somebody without a hand in it."""

from datetime import date, datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Scope
from accounts.http import access_for, scope_for, user_of
from accounts.models import Unit
from accounts.permissions import TABLE
from appraisal import acting, reviewing, rights, year_chain
from appraisal import review_pages as pages
from appraisal.forms.objection import NoForm
from appraisal.forms.review import (
    REVISE,
    WAITS,
    AskForm,
    DecisionForm,
    OutcomeForm,
    PaperAskForm,
    ReviewFilterForm,
)
from appraisal.models import AnnualResult, Review, ReviewState, Sanction, Stage
from appraisal.reviewing import About
from appraisal.services import reviews as services
from appraisal.services import sanctions
from appraisal.views.mine import cadre_of
from appraisal.words import review as words
from common.forms import accepted, posted, render_form
from common.responses import private

PAGE_SIZE = 50


def _scope(request: HttpRequest) -> Scope:
    return acting.widened(scope_for(request), timezone.localdate())


# --- Asking -----------------------------------------------------------------------------------------------------------


def my_sanction_review(request: HttpRequest, pk: int) -> HttpResponse:
    rows = sanctions.whole(Sanction.objects.within(scope_for(request)))
    return _asking(request, get_object_or_404(rows, pk=pk), own=True)


def my_year_review(request: HttpRequest, year: int) -> HttpResponse:
    rows = reviewing.whole_results(AnnualResult.objects.within(scope_for(request)))
    return _asking(request, get_object_or_404(rows, year=year), own=True)


def sanction_review(request: HttpRequest, pk: int) -> HttpResponse:
    """The unit asks about its own, or its officer enters what somebody has handed in."""
    rows = sanctions.whole(Sanction.objects.within(_scope(request)))
    return _asking(request, get_object_or_404(rows, pk=pk), own=False)


def result_review(request: HttpRequest, pk: int) -> HttpResponse:
    rows = reviewing.whole_results(AnnualResult.objects.within(_scope(request)))
    return _asking(request, get_object_or_404(rows, pk=pk), own=False)


def _asking(request: HttpRequest, of: About, *, own: bool) -> HttpResponse:
    """Whichever of the two comes next: the review, or once that is decided the appeal."""
    now, user = timezone.now(), user_of(request)
    there = reviewing.rights([of])[of.pk]
    stage = pages.stage_now(there)
    then = "my_review" if own else "review"
    before = there[stage].before
    # Pressed twice, the second press finds what the first has made.
    if before is not None:
        return redirect(then, before.pk)
    on_paper = reviewing.is_on_paper(of, user)
    form = (PaperAskForm if on_paper else AskForm)(posted(request))
    made: list[Review] = []

    def verb() -> None:
        ask = services.appeal_ask if stage == Stage.APPEAL else services.review_ask
        made.append(ask(about=of, **form.cleaned_data, actor=user, now=now))

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("It has been asked for."))
        return redirect(then, made[0].pk)
    is_untold = _is_untold(request, of)
    context = {
        "of": of,
        "is_untold": is_untold,
        "title": words.title(of),
        "is_appeal": stage == Stage.APPEAL,
        "earlier": words.views([one.before for one in there.values() if one.before], timezone.localdate(now)),
        "ground": words.ground(of, access_for(request), own=own, is_untold=is_untold),
        "closed": services.closed(of, stage, user, timezone.localdate(now)),
        "until": there[stage].until,
    }
    template = "appraisal/review_new.html" if own else "appraisal/review_enter.html"
    return private(render_form(request, template, form, **context))


def _is_untold(request: HttpRequest, of: About) -> bool:
    reader = year_chain.Reader(access_for(request), _scope(request))
    return isinstance(of, AnnualResult) and bool(reader.untold([of]))


# --- One's own --------------------------------------------------------------------------------------------------------


def my_rights(request: HttpRequest) -> HttpResponse:
    kinds = rights.of_cadre(cadre_of(request), timezone.localdate())
    context = {"kinds": kinds, "open_ones": [(kind, own) for kind in kinds for own in kind.own]}
    return private(render(request, "appraisal/my_rights.html", context))


def my_reviews(request: HttpRequest) -> HttpResponse:
    found = reviewing.whole(Review.objects.within(scope_for(request)))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = words.views(page.object_list, timezone.localdate())
    return private(render(request, "appraisal/my_reviews.html", {"page": page, "rows": rows}))


def my_review(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(reviewing.whole(Review.objects.within(scope_for(request))), pk=pk)
    today, user = timezone.localdate(), user_of(request)
    view = words.view(found, today)
    there = reviewing.rights([view.of])[view.of.pk]
    appeal = there[Stage.APPEAL]
    context = {
        "view": view,
        "ground": words.ground(view.of, access_for(request), own=True),
        "may_withdraw": view.is_open and found.made_by_id == user.pk,
        "appeal_url": pages.address(view.of, own=True),
        "may_appeal": not view.is_appeal and appeal.is_open(today),
        "appeal_until": appeal.until,
    }
    return private(render(request, "appraisal/review_mine.html", context))


def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever made it, on whichever page."""
    made = reviewing.whole(Review.objects.filter(made_by=user_of(request)))
    found, form = get_object_or_404(made, pk=pk), NoForm(posted(request))
    if form.is_valid() and accepted(
        form, lambda: services.review_withdraw(review=found, actor=user_of(request), now=timezone.now())
    ):
        messages.success(request, _("It has been taken back."))
        return redirect(_address(request, found))
    context = {
        "title": _("Take it back"),
        "question": _("Take back what was asked for?"),
        "points": [
            words.view(found, timezone.localdate()).title,
            _("As long as the days for it last, it can be asked for again."),
        ],
        "form": form,
        "action_label": _("Take it back"),
        "irrevocable": False,
        "back_url": _address(request, found),
    }
    return private(
        render(request, "confirm_page.html", context, status=422 if form.is_bound and form.errors else 200)
    )


def _address(request: HttpRequest, found: Review) -> str:
    cadre = reviewing.about(found).cadre
    own = cadre is not None and cadre.user_id == user_of(request).pk
    return reverse("my_review" if own else "review", args=[found.pk])


# --- At the desk ------------------------------------------------------------------------------------------------------


def reviews(request: HttpRequest) -> HttpResponse:
    """What is to be decided first, the most urgent on top."""
    scope, today = _scope(request), timezone.localdate()
    decides = access_for(request).may(TABLE["review_decide"])
    units = Unit.objects.all() if scope.unit_ids is None else Unit.objects.filter(pk__in=scope.unit_ids)
    form = ReviewFilterForm(request.GET, units=units, decides=decides)
    form.is_valid()
    found = Review.objects.within(scope)
    if unit := form.cleaned_data.get("unit"):
        found = found.of_unit(unit)
    state = form.cleaned_data.get("state")
    if state == WAITS:
        found = found.filter(pk__in=reviewing.waiting_for(found, user_of(request).pk, today))
    elif state:
        found = found.filter(state=state)
    page = Paginator(reviewing.whole(found.open_first()), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": words.views(page.object_list, today),
        "filtered": any(form.cleaned_data.values()),
    }
    return private(render(request, "appraisal/reviews.html", context))


def review_of(request: HttpRequest, pk: int) -> Review:
    """The guard: one that this page may show this person, or 404."""
    return get_object_or_404(reviewing.whole(Review.objects.within(_scope(request))), pk=pk)


def review(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, review_of(request, pk), timezone.now())


def decide(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = review_of(request, pk), timezone.now()
    form = _form(found, request.POST)

    def verb() -> Review:
        data = form.cleaned_data
        return services.review_decide(
            review=found,
            revise=data["decision"] == REVISE,
            grade=data.get("grade", ""),
            reason=data["reason"],
            actor=user_of(request),
            now=now,
        )

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("The decision of the review has been recorded."))
        return redirect("review", pk)
    # Somebody may have been faster: the page shows what stands now, and the form's sentence says who.
    return _page(request, review_of(request, pk), now, failed=form)


def appeal_enter(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = review_of(request, pk), timezone.now()
    form = _form(found, request.POST, outcome=True)

    def verb() -> Review:
        data = form.cleaned_data
        return services.appeal_enter(
            review=found,
            revise=data["decision"] == REVISE,
            grade=data.get("grade", ""),
            reason=data["reason"],
            authority=data["authority"],
            document=data["document"],
            actor=user_of(request),
            now=now,
        )

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("The outcome has been entered."))
        return redirect("review", pk)
    return _page(request, review_of(request, pk), now, failed=form)


def _form(found: Review, data: object = None, *, outcome: bool | None = None) -> DecisionForm:
    is_outcome = found.stage == Stage.APPEAL if outcome is None else outcome
    grades = reviewing.grades_for(found.result) if found.result is not None else []
    form = (OutcomeForm if is_outcome else DecisionForm)(data, review=found, grades=grades)
    form.action = reverse("appeal_enter" if is_outcome else "review_decide", args=[found.pk])
    return form


def _page(
    request: HttpRequest, found: Review, now: datetime, failed: DecisionForm | None = None
) -> HttpResponse:
    today, user = timezone.localdate(now), user_of(request)
    view = words.view(found, today)
    deciders = reviewing.deciders_now(found, today) if view.is_open else frozenset()
    cadre, is_untold = view.of.cadre, _is_untold(request, view.of)
    form = failed or (_form(found) if user.pk in deciders else None)
    if is_untold:
        # What it may become is what the year allows.
        form = None
    context = {
        "view": view,
        "of": view.of,
        "is_untold": is_untold,
        "ground": words.ground(view.of, access_for(request), own=False, is_untold=is_untold),
        "lines": [] if is_untold else words.history(found),
        "form": form,
        "who": words.who_decides(found, deciders) if view.is_open and form is None else "",
        "may_withdraw": view.is_open and found.made_by_id == user.pk,
        "is_own": cadre is not None and cadre.user_id == user.pk,
        **_next(found, user.pk, request, today),
    }
    status = 422 if failed is not None else 200
    return private(render(request, "appraisal/review.html", context, status=status))


def _next(found: Review, user_id: int, request: HttpRequest, today: date) -> dict[str, object]:
    """An appeal after it: for the unit, and for whoever enters it for somebody."""
    decided = found.state in (ReviewState.UPHELD, ReviewState.REVISED)
    if found.stage != Stage.REVIEW or not decided:
        return {}
    of = reviewing.about(found)
    there = reviewing.rights([of])[of.pk][Stage.APPEAL]
    if there.before is not None:
        return {"appeal": there.before}
    may = not services.closed(of, Stage.APPEAL, user_of(request), today) and access_for(request).may(
        TABLE["sanction_review"]
    )
    own = of.cadre is not None and of.cadre.user_id == user_id
    return {
        "appeal_url": pages.address(of, own=False) if may and not own else "",
        "appeal_until": there.until,
    }
