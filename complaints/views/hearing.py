"""Questions: written by the handler, decided on by the head, answered by the accused or the unit; and the statement of
fact, which is all that the accused is shown of a case."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Access
from accounts.http import access_for, scope_for, user_of
from accounts.permissions import TABLE
from cards.models import Cadre
from common import slots
from common.forms import PageForm, accepted, posted, render_form
from complaints import points
from complaints.hearing_forms import (
    AnswerForAnotherForm,
    AnswerForm,
    DecideForm,
    PointForm,
    ReturnForm,
    UnitAnswerForm,
)
from complaints.interests import unit_is_involved
from complaints.models import Complaint, VerificationPoint
from complaints.services import hearing

Part = tuple[str, dict[str, Any]] | None
PAGE_SIZE = 30
#: On the page that is opened every day.
SHOWN = 5


# --- The accused ----------------------------------------------------------------------------------------------------


def records(request: HttpRequest, cadre: Cadre) -> Part:
    """On the phone page: what waits for an answer, and where all of it stands."""
    if not access_for(request).may(TABLE["my_points"]):
        return None
    open_ones = list(points.waiting(points.of_cadre(cadre))[:SHOWN])
    statements = points.statements(cadre)
    if not open_ones and not statements:
        return None
    rows = points.views(open_ones, timezone.now())
    return "complaints/my_points_part.html", {"points": rows, "statements": len(statements)}


def my_points(request: HttpRequest) -> HttpResponse:
    cadre = get_object_or_404(Cadre.objects.within(scope_for(request)))
    page = Paginator(points.of_cadre(cadre), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = points.views(page.object_list, timezone.now())
    shown = [(case, points.statement_token(case)) for case in points.statements(cadre)]
    return render(request, "complaints/my_points.html", {"page": page, "points": rows, "statements": shown})


def my_point(request: HttpRequest, token: str) -> HttpResponse:
    cadre = get_object_or_404(Cadre.objects.within(scope_for(request)))
    point = get_object_or_404(points.of_cadre(cadre), token=token)
    return _answer(request, point, "complaints/my_point.html", AnswerForm, "my_points")


def my_statement(request: HttpRequest, token: str) -> HttpResponse:
    cadre = get_object_or_404(Cadre.objects.within(scope_for(request)))
    case = points.statement(cadre, token)
    if case is None:
        raise Http404
    return render(
        request,
        "complaints/my_statement.html",
        {"outcome": case.get_outcome_display(), "statement": case.statement, "closed_at": case.closed_at},
    )


def _answer(
    request: HttpRequest, point: VerificationPoint, template: str, form_class: type[PageForm], after: str
) -> HttpResponse:
    now = timezone.now()
    form = form_class(posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: hearing.point_answer(
            point=point, text=form.cleaned_data["text"], actor=user_of(request), now=now
        ),
    ):
        messages.success(request, _("The answer has been handed in."))
        return redirect(after)
    return render_form(
        request,
        template,
        form,
        view=points.views([point], now)[0],
        point=point,
        returnable=point.unit_id is not None and point.unit_id == point.complaint.dispatched_to_id,
        by_another=point.cadre is not None and point.answered_by_id != point.cadre.user_id,
    )


# --- The unit -------------------------------------------------------------------------------------------------------


def unit_points(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    found = points.of_units(access_for(request), timezone.localdate(now))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = points.views(page.object_list, now)
    statements = points.unit_statements(access_for(request), timezone.localdate(now))
    context = {"page": page, "points": rows, "statements": statements}
    return render(request, "complaints/unit_points.html", context)


def unit_point(request: HttpRequest, token: str) -> HttpResponse:
    found = points.of_units(access_for(request), timezone.localdate())
    point = get_object_or_404(found, token=token)
    form_class = AnswerForAnotherForm if point.cadre is not None else UnitAnswerForm
    return _answer(request, point, "complaints/unit_point.html", form_class, "unit_points")


def unit_return(request: HttpRequest, token: str) -> HttpResponse:
    """The whole matter goes back, where it was handed to the unit."""
    found = points.of_units(access_for(request), timezone.localdate())
    point = get_object_or_404(found, token=token)
    form = ReturnForm(posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: hearing.point_return(
            point=point, **form.cleaned_data, actor=user_of(request), now=timezone.now()
        ),
    ):
        messages.success(request, _("It has been returned to the Efficiency Express."))
        return redirect("unit_points")
    return render_form(
        request,
        "cards/form_page.html",
        form,
        title=_("Return it to the Efficiency Express"),
        lead=point.text,
        back_label=_("A verification point"),
        back_url=reverse("unit_point", args=[token]),
    )


def waiting(request: HttpRequest, access: Access) -> Part:
    """On the landing page: nothing while nothing waits."""
    if not access.may(TABLE["unit_points"]):
        return None
    number = points.waiting(points.of_units(access, timezone.localdate())).count()
    if not number:
        return None
    return "complaints/points_waiting.html", {"number": number, "url": reverse("unit_points")}


# --- The Express ----------------------------------------------------------------------------------------------------


def point_new(request: HttpRequest, number: str) -> HttpResponse:
    case = _case(request, number)
    to = request.GET.get("to")
    initial = {"to": to} if to else None
    form = PointForm(posted(request), accused=str(case.cadre or ""), unit=_unit(case), initial=initial)
    in_person = hearing.is_asked_in_person(case, timezone.now())
    if form.is_valid() and accepted(
        form,
        lambda: hearing.point_write(
            case=case, **form.cleaned_data, actor=user_of(request), now=timezone.now()
        ),
    ):
        held = form.cleaned_data["would_identify"]
        said = _("The head decides how it is asked.") if held else _("The question has been put.")
        messages.success(request, said)
        return redirect("complaint", number)
    lead = _(
        "%(name)s has no account, and nobody at the unit may hear of it: ask in person, then enter the answer."
    )
    return _form_of_case(
        request, case, form, _("Put a question"), lead % {"name": case.cadre} if in_person else ""
    )


def point_enter(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """What the accused has said in person, where the program reaches nobody."""
    case, now = _case(request, number), timezone.now()
    point = get_object_or_404(points.of_case(case).asked(), token=token)
    if not hearing.may_answer(point, user_of(request), now):
        messages.error(request, _("This question is not for you to answer."))
        return redirect("complaint", number)
    form = AnswerForAnotherForm(posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: hearing.point_answer(point=point, **form.cleaned_data, actor=user_of(request), now=now),
    ):
        messages.success(request, _("The answer has been entered."))
        return redirect("complaint", number)
    return _form_of_case(request, case, form, _("Enter the answer given in person"), point.text)


def point_decide(request: HttpRequest, number: str, token: str) -> HttpResponse:
    case = _case(request, number)
    point = get_object_or_404(case.points.select_related("complaint", "cadre", "unit"), token=token)
    form = DecideForm(
        posted(request), initial={"text": point.text}, unit=_unit(case), to_unit=point.cadre is None
    )
    if form.is_valid() and accepted(
        form,
        lambda: hearing.point_decide(
            point=point, **form.cleaned_data, actor=user_of(request), now=timezone.now()
        ),
    ):
        messages.success(request, _("It has been decided."))
        return redirect("complaint", number)
    lead = _("It is meant for %(whom)s. Asked as it is, it could tell who complained.") % {
        "whom": point.cadre or point.unit
    }
    return _form_of_case(request, case, form, _("Decide how it is asked"), lead)


def _case(request: HttpRequest, number: str) -> Complaint:
    seen = Complaint.objects.visible_to(access_for(request)).select_related("unit", "cadre", "dispatched_to")
    return get_object_or_404(seen, number=number)


def _unit(case: Complaint) -> str:
    """The unit that may be asked; empty where it must not hear of it."""
    if unit_is_involved(case, timezone.localdate()):
        return ""
    return str(case.dispatched_to or case.unit)


def _form_of_case(
    request: HttpRequest, case: Complaint, form: PageForm, title: str, lead: str = ""
) -> HttpResponse:
    return render_form(
        request,
        "cards/form_page.html",
        form,
        title=title,
        lead=lead,
        back_label=case.number,
        back_url=reverse("complaint", args=[case.number]),
    )


def register() -> None:
    slots.fill("my_records", records, order=10)
    slots.fill("desk", waiting, order=4)
