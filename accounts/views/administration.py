"""The administrator's pages: accounts, roles, slips and resets."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import history, selectors, services
from accounts.forms import (
    DeactivateForm,
    MembershipEndForm,
    MembershipForm,
    ReactivateForm,
    ResetDecisionForm,
    ResetRequestForm,
    UserFilterForm,
    UserForm,
)
from accounts.http import user_of
from accounts.models import Membership, SecondFactorReset, User
from accounts.views.slips import slip_response
from common import audit
from common.forms import accepted, posted, render_form
from common.problems import Refused

PAGE_SIZE = 50
HISTORY = 50


def users(request: HttpRequest) -> HttpResponse:
    form = UserFilterForm(request.GET)
    form.is_valid()
    given = form.cleaned_data
    found = selectors.users(
        day=timezone.localdate(),
        search=given.get("q", "").strip(),
        role=given.get("role", ""),
        unit=given.get("unit"),
        state=given.get("state", ""),
    )
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "accounts/users.html", {"form": form, "page": page, "filtered": bool(request.GET)})


def user_new(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = UserForm(posted(request), today=timezone.localdate(now))
    created: list[User] = []
    if form.is_valid() and accepted(form, lambda: created.append(_create(form, user_of(request)))):
        messages.success(request, _("The account has been created. Issue the activation slip next."))
        return redirect("user", created[0].pk)
    return render_form(request, "accounts/form_page.html", form, title=_("New account"), back=("users", ()))


@transaction.atomic
def _create(form: UserForm, actor: User) -> User:
    """An account and its first role, or neither."""
    now = timezone.now()
    data = form.cleaned_data
    account = services.user_create(username=data["username"], name=data["name"], actor=actor, now=now)
    services.membership_add(user=account, **form.membership(), actor=actor, now=now)
    return account


def user(request: HttpRequest, pk: int) -> HttpResponse:
    account, now = get_object_or_404(selectors.with_second_factor(), pk=pk), timezone.now()
    today = timezone.localdate(now)
    memberships = account.memberships.select_related("unit", "group").order_by("-valid_from", "-pk")
    return render(
        request,
        "accounts/user.html",
        {
            "account": account,
            "memberships": [(member, _standing(member, today)) for member in memberships],
            "slip": selectors.open_slip(account, now),
            "reset": selectors.open_reset(account),
            "lines": history.lines(audit.history(account)[:HISTORY]),
            "own": account.pk == user_of(request).pk,
        },
    )


def _standing(member: Membership, today: Any) -> str:
    if member.valid_to and member.valid_to < today:
        return "ended"
    return "future" if member.valid_from > today else "current"


def membership_new(request: HttpRequest, pk: int) -> HttpResponse:
    account, now = get_object_or_404(User, pk=pk), timezone.now()
    form = MembershipForm(posted(request), today=timezone.localdate(now))
    slip_was_open = selectors.open_slip(account, now) is not None
    added: list[Membership] = []
    if form.is_valid() and accepted(
        form,
        lambda: added.append(
            services.membership_add(user=account, **form.membership(), actor=user_of(request), now=now)
        ),
    ):
        withdrawn = slip_was_open and selectors.open_slip(account, now) is None
        messages.success(request, _given(account, added[0], withdrawn))
        return redirect("user", pk)
    return render_form(
        request,
        "accounts/form_page.html",
        form,
        title=_("Give a role"),
        account=account,
        back=("user", (pk,)),
    )


def _given(before: User, member: Membership, slip_withdrawn: bool) -> str:
    if before.has_usable_password() and not member.user.has_usable_password():
        return _(
            "The role has been given. It is the first one beyond cadre, so the earlier password no longer "
            "works: issue a new activation slip."
        )
    if slip_withdrawn:
        return _("The role has been given, and the open activation slip withdrawn: issue a new one.")
    return _("The role has been given.")


def membership_end(request: HttpRequest, pk: int, membership_pk: int) -> HttpResponse:
    now = timezone.now()
    member = get_object_or_404(
        Membership.objects.select_related("user", "unit", "group"), pk=membership_pk, user_id=pk
    )
    form = MembershipEndForm(posted(request), membership=member, today=timezone.localdate(now))
    if form.is_valid() and accepted(
        form,
        lambda: services.membership_end(
            membership=member, last_day=form.cleaned_data["last_day"], actor=user_of(request), now=now
        ),
    ):
        messages.success(request, _("The end of the role has been recorded."))
        return redirect("user", pk)
    place = member.unit or member.group
    return render_form(
        request,
        "accounts/form_page.html",
        form,
        title=_("End the role"),
        account=member.user,
        lead=" · ".join(filter(None, [str(place or ""), str(member.get_role_display())])),
        back=("user", (pk,)),
    )


def slip(request: HttpRequest, pk: int) -> HttpResponse:
    account, now = get_object_or_404(User, pk=pk), timezone.now()
    try:
        issued = services.activation_issue(user=account, issued_by=user_of(request), now=now)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("user", pk)
    return slip_response(request, account, issued)


def user_active(request: HttpRequest, pk: int) -> HttpResponse:
    account = get_object_or_404(User, pk=pk)
    form = (DeactivateForm if account.is_active else ReactivateForm)(posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.user_set_active(
            user=account,
            active=not account.is_active,
            reason=form.cleaned_data["reason"],
            actor=user_of(request),
            now=timezone.now(),
        ),
    ):
        closed = account.is_active
        messages.success(
            request, _("The account has been closed.") if closed else _("The account has been reopened.")
        )
        return redirect("user", pk)
    lead = (
        _("The account is signed out everywhere at once. Nobody can sign in with it until it is reopened.")
        if account.is_active
        else _("The person can sign in again with the same password and second factor.")
    )
    title = _("Close the account") if account.is_active else _("Reopen the account")
    return render_form(
        request,
        "accounts/form_page.html",
        form,
        title=title,
        account=account,
        lead=lead,
        back=("user", (pk,)),
    )


# --- Second factor ------------------------------------------------------------------------------------------


def reset_request(request: HttpRequest, pk: int) -> HttpResponse:
    account = get_object_or_404(User, pk=pk)
    form = ResetRequestForm(posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.second_factor_reset_request(
            user=account, reason=form.cleaned_data["reason"], actor=user_of(request), now=timezone.now()
        ),
    ):
        messages.success(request, _("The reset has been asked for. A second administrator decides."))
        return redirect("user", pk)
    return render_form(
        request,
        "accounts/form_page.html",
        form,
        title=_("Reset the second factor"),
        account=account,
        lead=_("For a lost or broken phone. Make sure that it is really this person who asks."),
        back=("user", (pk,)),
    )


def resets(request: HttpRequest) -> HttpResponse:
    actor = user_of(request)
    waiting = [(reset, services.may_decide_reset(reset, actor)) for reset in selectors.open_resets()]
    page = Paginator(selectors.decided_resets(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "accounts/resets.html", {"waiting": waiting, "page": page})


def reset_decide(request: HttpRequest, pk: int) -> HttpResponse:
    found = SecondFactorReset.objects.select_related("user", "requested_by", "decided_by")
    reset = get_object_or_404(found, pk=pk)
    form = ResetDecisionForm(posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.second_factor_reset_decide(
            reset=reset,
            approve=form.cleaned_data["decision"] == "approve",
            actor=user_of(request),
            now=timezone.now(),
        ),
    ):
        messages.success(request, _("Decided."))
        return redirect("second_factor_resets")
    may_decide = services.may_decide_reset(reset, user_of(request))
    return render_form(request, "accounts/reset_decide.html", form, reset=reset, may_decide=may_decide)
