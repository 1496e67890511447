"""Activation slips: shown once to whoever issues them, used once by whoever they are for."""

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts import qr, rules, services
from accounts.forms import ActivationForm
from accounts.models import User
from accounts.views.signin import session_age_set
from common.errors import too_many_requests
from common.forms import accepted, render_form
from common.ratelimits import Limit, client_of
from common.responses import private
from common.tokens import grouped

#: 80 bits cannot be guessed; this keeps somebody from trying all day. A whole unit may activate its slips
#: behind one address on one afternoon, so only failures count, and few of them for one name only (C).
FAILURES = Limit("activation", most=10, seconds=600)
FAILURES_OF_ADDRESS = Limit("activation-address", most=60, seconds=600)


def slip_response(request: HttpRequest, user: User, slip: services.IssuedSlip) -> HttpResponse:
    """The slip to print, as the answer of the POST that issued it. It can't be called up again."""
    address = settings.SITE_URL + reverse("activate")
    response = render(
        request,
        "accounts/slip.html",
        {
            "person": user,
            "code": grouped(slip.code),
            "expires_at": slip.expires_at,
            "address": address,
            "qr": qr.svg(address, _("QR code of the activation page")),
        },
    )
    return private(response)


@sensitive_post_parameters()
def activate(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("desk")
    now, client = timezone.now(), client_of(request)
    form = ActivationForm(request.POST if request.method == "POST" else None)
    limits = {FAILURES: f"{_typed_name(request)} {client}", FAILURES_OF_ADDRESS: client}
    if form.is_bound and any(limit.exceeded(key, now) for limit, key in limits.items()):
        return too_many_requests(request)
    users: list[User] = []
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("username", "code")}
        password = form.cleaned_data["password1"]
        if accepted(form, lambda: users.append(services.activation_use(**given, password=password, now=now))):
            return _sign_in(request, users[0])
        for limit, key in limits.items():
            limit.count(key, now)
    response = render_form(request, "accounts/activate.html", form)
    return private(response)


def _typed_name(request: HttpRequest) -> str:
    return rules.username(request.POST.get("username", ""))


def _sign_in(request: HttpRequest, user: User) -> HttpResponse:
    """Through the same stages as any sign-in: whoever already has a second factor is asked for it."""
    response = perform_password_login(request, {"username": user.username}, Login(user=user))
    session_age_set(request)
    return response
