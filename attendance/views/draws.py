"""Draws: planned and revealed at the desk, and checked by anybody on a page without a sign-in."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import access_for, user_of
from accounts.models import Role, Unit
from attendance import planning, services, spot_words
from attendance.models import Draw, SpotCheck
from attendance.on_site_forms import PublicReasonForm
from attendance.services.draws import may_call_off
from attendance.spot_forms import DrawForm, RedrawForm, RevealForm
from common.forms import accepted, posted, render_form
from common.responses import unkept
from common.rules import local
from common.tokens import normalise

PAGE_SIZE = 20
SCRIPT = "recompute_draw.py"
FIRST_PLAN = {"departments": 4, "towns": 2, "people": 3, "leaders": 2, "begins_time": "09:00"}


def _draws() -> QuerySet[Draw]:
    return Draw.objects.select_related(
        "frozen_by", "revealed_by", "called_off_by", "spot_check", "redraw_of", "redrawn_by"
    )


def draws(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    page = Paginator(_draws(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "attendance/draws.html",
        {"page": page, "rows": [{"draw": draw, "state": spot_words.draw_state(draw, now)} for draw in page]},
    )


def draw_new(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    inspectors = planning.possible_inspectors(local(now).date())
    form = DrawForm(posted(request), inspectors=inspectors, initial=FIRST_PLAN)
    made: list[Draw] = []
    if form.is_valid() and accepted(
        form,
        lambda: made.append(
            services.draw_freeze(
                plan=form.plan(),
                inspectors=form.chosen,
                public_source=form.cleaned_data["source"],
                actor=user_of(request),
                now=now,
            )
        ),
    ):
        return _frozen(request, made[0])
    return render_form(request, "attendance/draw_new.html", form)


def _frozen(request: HttpRequest, draw: Draw) -> HttpResponse:
    messages.success(
        request, _("The pool is frozen and the secret committed. Now the public value is needed.")
    )
    return redirect("draw_reveal", draw.pk)


def draw_again(request: HttpRequest, pk: int) -> HttpResponse:
    draw, now = get_object_or_404(_draws(), pk=pk), timezone.now()
    form = RedrawForm(
        posted(request), inspectors=planning.possible_inspectors(local(now).date()), initial=_as_planned(draw)
    )
    made: list[Draw] = []
    if form.is_valid() and accepted(
        form,
        lambda: made.append(
            services.draw_again(
                draw=draw,
                reason=form.cleaned_data["reason"],
                plan=form.plan(),
                inspectors=form.chosen,
                public_source=form.cleaned_data["source"],
                actor=user_of(request),
                now=now,
            )
        ),
    ):
        return _frozen(request, made[0])
    return render_form(
        request, "attendance/draw_new.html", form, draw=draw, state=spot_words.draw_state(draw, now)
    )


def may_be_redrawn(draw: Draw, now: datetime) -> bool:
    """`draw` read with what it was redrawn by and with its spot check."""
    begun = draw.is_revealed and now >= draw.begins_at
    return not begun and draw.called_off_at is None and not hasattr(draw, "redrawn_by")


def draw_call_off(request: HttpRequest, pk: int) -> HttpResponse:
    draw, now = get_object_or_404(_draws(), pk=pk), timezone.now()
    form = PublicReasonForm(posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.draw_call_off(
            draw=draw, reason=form.cleaned_data["reason"], actor=user_of(request), now=now
        ),
    ):
        messages.success(request, _("The draw is called off."))
        return redirect("draw_reveal", draw.pk)
    title = _("Call draw %(number)s off") % {"number": draw.number}
    return render_form(
        request,
        "confirm_page.html",
        form,
        title=title,
        points=[
            _("Nothing is drawn. Another draw can be frozen at once."),
            _("It stays in the public list with its number, called off before the draw."),
        ],
        action_label=title,
        irrevocable=True,
        back_url=reverse("draw_reveal", args=[draw.pk]),
    )


def _as_planned(draw: Draw) -> dict[str, Any]:
    numbers = {name: draw.plan[name] for name in ("departments", "towns", "people", "leaders")}
    begins_at = local(draw.begins_at)
    return {
        **numbers,
        "begins_day": begins_at.date(),
        "begins_time": begins_at.time(),
        "inspectors": draw.plan["inspectors"],
        "source": draw.public_source,
    }


def draw_reveal(request: HttpRequest, pk: int) -> HttpResponse:
    draw, now = get_object_or_404(_draws(), pk=pk), timezone.now()
    form = RevealForm(posted(request))
    made: list[SpotCheck] = []
    if form.is_valid() and accepted(
        form,
        lambda: made.append(
            services.draw_reveal(draw=draw, **form.cleaned_data, actor=user_of(request), now=now)
        ),
    ):
        messages.success(request, _("Drawn. The inspectors have been told."))
        return redirect("spot_check", made[0].pk)
    return render_form(request, "attendance/draw_reveal.html", form, **_known(request, draw, now))


def _known(request: HttpRequest, draw: Draw, now: datetime) -> dict[str, Any]:
    """What is known of a draw at the desk before it is published."""
    own = Unit.objects.filter(code__in=draw.plan["own"])
    return {
        "draw": draw,
        "state": spot_words.draw_state(draw, now),
        "plan": spot_words.plan_words(draw),
        "waits": (waits := draw.is_waiting(now)),
        "again": may_be_redrawn(draw, now),
        "may_call_off": waits
        and may_call_off(draw, user_of(request), heads=access_for(request).has(Role.EXPRESS_HEAD)),
        "own": "、".join(map(str, own)),
        "inspectors": "、".join(map(str, planning.inspectors_of(draw))),
        "address": settings.SITE_URL + reverse("draw", args=[draw.token]),
    }


# --- For everybody -------------------------------------------------------------------------------------------------


def public_draws(request: HttpRequest) -> HttpResponse:
    """All there are, by number: whoever looks for one that was kept quiet counts them."""
    now = timezone.now()
    page = Paginator(_draws(), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [{"draw": draw, "state": spot_words.draw_state(draw, now)} for draw in page]
    return unkept(render(request, "attendance/public_draws.html", {"page": page, "rows": rows}))


def _public(token: str) -> Draw:
    return get_object_or_404(_draws(), token=normalise(token) or "")


def public_draw(request: HttpRequest, token: str) -> HttpResponse:
    draw, now = _public(token), timezone.now()
    published = draw.is_published(now)
    context = {
        "draw": draw,
        "state": spot_words.draw_state(draw, now),
        "plan": spot_words.plan_words(draw),
        "published": published,
        "before": spot_words.before(draw),
        "redrawn_by": getattr(draw, "redrawn_by", None),
        "cancelled": draw.spot_check if spot_words.was_cancelled(draw) else None,
    }
    if published:
        context |= {
            "secret": spot_words.secret_of(draw),
            "key": spot_words.key_of(draw) if draw.is_revealed else "",
            "strata": spot_words.strata(draw),
        }
    return unkept(render(request, "attendance/draw.html", context))


def draw_data(request: HttpRequest, token: str) -> HttpResponse:
    draw = _public(token)
    facts = spot_words.as_file(draw, timezone.now())
    options = {"ensure_ascii": False, "indent": 1}
    response = JsonResponse(facts, json_dumps_params=options)
    response["Content-Disposition"] = f'attachment; filename="draw-{draw.token}.json"'
    return unkept(response)


def draw_pool(request: HttpRequest, token: str) -> HttpResponse:
    """The pool byte by byte as it was hashed."""
    draw = _public(token)
    if not draw.is_published(timezone.now()):
        raise Http404
    return unkept(HttpResponse(draw.pool, content_type="text/plain; charset=utf-8"))


def draw_script(request: HttpRequest) -> HttpResponse:
    """The program that recomputes a draw, as it lies in docs/."""
    response = HttpResponse(
        (settings.BASE_DIR / "docs" / SCRIPT).read_bytes(), content_type="text/x-python; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{SCRIPT}"'
    return response
