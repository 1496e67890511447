"""What a month proposes to withhold, line by line, and what the unit says became of it: finance is told, and tells.
Nothing here is an act of payroll."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Greatest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import Scope
from accounts.http import city_of, scope_for, user_of
from accounts.models import Role, User
from appraisal import acting, services
from appraisal.forms.objection import HandOverForm, NoForm, PaidBackForm, ReasonForm, WithheldForm
from appraisal.models import MonthlyReport, ProposalState, WithholdingProposal
from appraisal.models.months import ProposalQuerySet
from appraisal.notifying.stages import month_name
from appraisal.services.withholding import WITH_THE_CITY, Done, handed_over, may_execute
from appraisal.sheets import finance as finance_sheet
from appraisal.words import withholding as words
from attendance.rules import month_named
from common.forms import accepted, posted
from common.responses import XLSX, download, private
from common.templatetags.amounts import money
from common.versions import version_of

PAGE_SIZE = 50
IN_STATE = {state.value: Count("proposals", filter=Q(proposals__state=state)) for state in ProposalState}
OWED = Sum(
    Greatest(
        F("proposals__executed_cents")
        - F("proposals__amount_cents")
        + F("proposals__released_cents")
        - F("proposals__paid_back_cents"),
        0,
        output_field=IntegerField(),
    ),
    filter=Q(proposals__state=ProposalState.EXECUTED),
    default=0,
)


# --- The months -------------------------------------------------------------------------------------------------------


def withholding_months(request: HttpRequest) -> HttpResponse:
    """Every month that proposes anything, and how far the units are with it."""
    month, scope = month_named(request.GET.get("month", "")), _scope(request)
    found = _months(scope)
    months = list(found.order_by("-month").values_list("month", flat=True).distinct())
    if month is not None:
        found = found.filter(month=month)
    page = Paginator(_sums(found), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [
            {"report": row, "month": month_name(row.month), "tags": _tags(row)} for row in page.object_list
        ],
        "months": [(each, month_name(each)) for each in months],
        "month": month,
        "several": scope.unit_ids is None or len(scope.unit_ids) > 1,
    }
    return private(render(request, "appraisal/withholding_months.html", context))


def _scope(request: HttpRequest) -> Scope:
    return acting.widened(scope_for(request), timezone.localdate())


def _months(scope: Scope) -> QuerySet[MonthlyReport]:
    proposals = WithholdingProposal.objects.filter(report=OuterRef("pk"))
    return MonthlyReport.objects.within(scope).filter(Exists(proposals))


def report_of(request: HttpRequest, code: str, month: str) -> MonthlyReport:
    """The guard: a drafted month of a unit that this page may show this person, or 404."""
    reports = MonthlyReport.objects.within(_scope(request)).select_related("unit")
    return get_object_or_404(reports, unit__code=code, month=month_named(month))


def _sums(found: QuerySet[MonthlyReport]) -> QuerySet[MonthlyReport]:
    return (
        found.select_related("unit")
        .annotate(
            people=Count("proposals"),
            amount=Sum("proposals__amount_cents"),
            released=Sum("proposals__released_cents"),
            owed=OWED,
            **{f"number_{name}": count for name, count in IN_STATE.items()},
        )
        .order_by("-month", "unit__code")
    )


def _tags(row: Any) -> list[tuple[str, str]]:
    """已执行 3: the stages that some are at."""
    numbers = [(state, getattr(row, f"number_{state.value}")) for state in ProposalState]
    return [(words.TONES[state], f"{state.label} {number}") for state, number in numbers if number]


# --- A month ----------------------------------------------------------------------------------------------------------


def withholdings(request: HttpRequest, code: str, month: str) -> HttpResponse:
    report = report_of(request, code, month)
    rows = _rows(report)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    shown = words.views(report, list(page.object_list))
    sums = report.proposals.aggregate(
        amount=Sum("amount_cents", default=0),
        released=Sum("released_cents", default=0),
        confirmed=Count("pk", filter=Q(state=ProposalState.CONFIRMED)),
        sent=Count("pk", filter=Q(state=ProposalState.SENT)),
    )
    owed = sum(row.owed_back_cents for row in report.proposals.filter(state=ProposalState.EXECUTED))
    context = {
        "report": report,
        "month_name": month_name(report.month),
        "page": page,
        "views": shown,
        "standard": shown[0].proposal.standard if shown else None,
        "sums": sums | {"left": sums["amount"] - sums["released"], "owed": owed},
        "is_reported": report.state in WITH_THE_CITY,
        **_acts(user_of(request), report, shown),
    }
    return private(render(request, "appraisal/withholdings.html", context))


def _rows(report: MonthlyReport) -> ProposalQuerySet:
    rows = WithholdingProposal.objects.filter(report=report).select_related("cadre", "standard")
    return rows.order_by("cadre__pinyin", "cadre")


def _acts(user: User, report: MonthlyReport, shown: Collection[words.View]) -> dict[str, Any]:
    """Which buttons are this reader's: of the whole month, and of whose."""
    today = timezone.localdate()
    sending = acting.acting(report.unit_id, [Role.UNIT_OFFICER], today)
    entering = acting.acting(report.unit_id, acting.MONEY, today)
    acts = {"send": user.pk in sending.free(), "enter": user.pk in entering.free()}
    own = [view.proposal for view in shown if user.pk in entering.free(view.proposal.cadre.user_id)]
    return {"acts": acts, "may_enter": {row.pk for row in own}}


def withholdings_xlsx(request: HttpRequest, code: str, month: str) -> HttpResponse:
    """For finance, once the month is with the city: as it was handed over, or a draft while it is not."""
    report = report_of(request, code, month)
    if report.state not in WITH_THE_CITY:
        messages.error(request, _("Only a month that was reported to the city is handed to finance."))
        return redirect("withholdings", code, month)
    waiting = list(_rows(report).filter(state=ProposalState.CONFIRMED))
    rows = waiting or list(_rows(report).filter(sent_at__isnull=False))
    draft = bool(waiting)
    data = finance_sheet.workbook(report, rows, draft=draft, demo=city_of(request).is_demo)
    mark = finance_sheet.DRAFT if draft else ""
    name = f"{report.unit.name}{month_name(report.month)}{finance_sheet.TITLE}{mark}.xlsx"
    return download(data, XLSX, name)


# --- The whole month at once ------------------------------------------------------------------------------------------


def withholdings_send(request: HttpRequest, code: str, month: str) -> HttpResponse:
    report = report_of(request, code, month)
    sent: list[int] = []

    def verb(form: forms.Form, **who: Any) -> None:
        sent.append(services.withholdings_send(report=report, seen=form.cleaned_data["seen"], **who))

    asked = list(_rows(report).filter(state=ProposalState.CONFIRMED))
    return _ask(
        request,
        report,
        HandOverForm(posted(request), initial={"seen": version_of(handed_over(asked))}),
        verb,
        lambda: _number_said(sent[0], _("%(count)s handed to finance.")),
        title=_("Hand to finance"),
        question=_("Is finance handed these amounts?"),
        points=[
            _summed(asked),
            _(
                "The sheet for finance then holds them as they are now: take it from the page, and pass it on."
            ),
            _(
                "From then on every change is told to finance, and what it has withheld too much is paid back."
            ),
        ],
        action_label=_("Hand over to finance"),
    )


def withholdings_execute(request: HttpRequest, code: str, month: str) -> HttpResponse:
    report = report_of(request, code, month)
    done: list[Done] = []

    def verb(form: forms.Form, **who: Any) -> None:
        done.append(services.withholdings_execute(report=report, **who))

    return _ask(
        request,
        report,
        NoForm(posted(request)),
        verb,
        lambda: _done_said(done[0], _("Entered for %(count)s.")),
        title=_("All withheld"),
        question=_("Has finance withheld all that it was handed?"),
        points=[
            _summed(_rows(report).filter(state=ProposalState.SENT)),
            _("Left out are your own, and amounts that have changed since: these are entered one by one."),
        ],
        action_label=_("Enter all as withheld"),
        irrevocable=True,
    )


def withholdings_not_execute(request: HttpRequest, code: str, month: str) -> HttpResponse:
    report = report_of(request, code, month)
    done: list[Done] = []

    def verb(form: forms.Form, **who: Any) -> None:
        done.append(services.withholdings_not_execute(report=report, **form.cleaned_data, **who))

    return _ask(
        request,
        report,
        ReasonForm(posted(request)),
        verb,
        lambda: _done_said(done[0], _("Entered for %(count)s.")),
        title=_("None withheld"),
        question=_("Has finance withheld nothing of what it was handed?"),
        points=[_summed(_rows(report).filter(state=ProposalState.SENT))],
        action_label=_("Enter all as not withheld"),
        irrevocable=True,
    )


def _summed(rows: Iterable[WithholdingProposal]) -> str:
    """3 people, 120.00 yuan."""
    found = list(rows)
    sentence = ngettext("%(count)s person, %(amount)s", "%(count)s people, %(amount)s", len(found))
    return sentence % {"count": len(found), "amount": money(sum(row.due_cents for row in found))}


def _number_said(number: int, sentence: str) -> str:
    return sentence % {"count": number} if number else _("This had been entered already.")


def _done_said(done: Done, sentence: str) -> str:
    said = _number_said(done.done, sentence)
    if not done.left:
        return said
    left = _("Left to be entered: %(count)s.") % {"count": done.left}
    return f"{said} {left}"


# --- One by one -------------------------------------------------------------------------------------------------------


def proposal_of(request: HttpRequest, pk: int) -> WithholdingProposal:
    """The guard: a proposal that this page may show this person, or 404."""
    rows = WithholdingProposal.objects.within(_scope(request))
    return get_object_or_404(rows.select_related("report__unit", "cadre", "standard"), pk=pk)


def withholding_execute(request: HttpRequest, pk: int) -> HttpResponse:
    proposal = proposal_of(request, pk)
    knows_more = may_execute(proposal) and proposal.sent_cents > proposal.due_cents
    form = WithheldForm(posted(request), proposal=proposal)

    def verb(form: forms.Form, **who: Any) -> None:
        services.withholding_execute(proposal=proposal, cents=form.cleaned_data.get("cents"), **who)

    amount = {"name": proposal.cadre.name, "amount": money(proposal.due_cents)}
    return _ask(
        request,
        proposal.report,
        form,
        verb,
        lambda: _("Entered."),
        title=_("Withheld"),
        question=_("What has finance withheld of %(name)s?") % amount
        if knows_more
        else _("Has finance withheld %(amount)s of %(name)s?") % amount,
        points=[],
        action_label=_("Enter as withheld"),
        irrevocable=True,
    )


def withholding_not_execute(request: HttpRequest, pk: int) -> HttpResponse:
    proposal = proposal_of(request, pk)

    def verb(form: forms.Form, **who: Any) -> None:
        services.withholding_not_execute(proposal=proposal, **form.cleaned_data, **who)

    words_ = {"name": proposal.cadre.name, "amount": money(proposal.due_cents)}
    return _ask(
        request,
        proposal.report,
        ReasonForm(posted(request)),
        verb,
        lambda: _("Entered."),
        title=_("Not withheld"),
        question=_("Have the %(amount)s of %(name)s not been withheld?") % words_,
        points=[],
        action_label=_("Enter as not withheld"),
        irrevocable=True,
    )


def withholding_paid_back(request: HttpRequest, pk: int) -> HttpResponse:
    proposal = proposal_of(request, pk)
    form = PaidBackForm(posted(request), initial={"cents": proposal.owed_back_cents})

    def verb(form: forms.Form, **who: Any) -> None:
        services.withholding_paid_back(proposal=proposal, cents=form.cleaned_data["cents"], **who)

    words_ = {"name": proposal.cadre.name, "amount": money(proposal.owed_back_cents)}
    return _ask(
        request,
        proposal.report,
        form,
        verb,
        lambda: _("Entered."),
        title=_("Paid back"),
        question=_("Have %(amount)s been paid back to %(name)s?") % words_,
        points=[],
        action_label=_("Enter as paid back"),
        irrevocable=True,
    )


def _ask(
    request: HttpRequest,
    report: MonthlyReport,
    form: forms.Form,
    verb: Callable[..., None],
    said: Callable[[], str],
    **page: Any,
) -> HttpResponse:
    """One question; answered, back to the month with what was done."""
    where = [report.unit.code, f"{report.month:%Y-%m}"]
    if form.is_valid() and accepted(form, lambda: verb(form, actor=user_of(request), now=timezone.now())):
        messages.success(request, said())
        return redirect("withholdings", *where)
    kicker = f"{report.unit} · {month_name(report.month)}"
    context = {"form": form, "back_url": reverse("withholdings", args=where), "kicker": kicker, **page}
    status = 422 if form.is_bound and form.errors else 200
    return private(render(request, "appraisal/withholding_ask.html", context, status=status))


# --- One's own --------------------------------------------------------------------------------------------------------


def my_withholding(request: HttpRequest, pk: int) -> HttpResponse:
    proposal = proposal_of(request, pk)
    (view,) = words.views(proposal.report, [proposal])
    context = {
        "view": view,
        "report": proposal.report,
        "month_name": month_name(proposal.report.month),
        "lines": words.history(proposal),
    }
    return private(render(request, "appraisal/withholding_mine.html", context))
