"""Signing in, and one's own second factor: the sign-in library's views with our forms, words and audit."""

from typing import Any

from allauth.account import views as account_views
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base import views as mfa_views
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_views
from allauth.mfa.signals import authentication_failed
from allauth.mfa.totp import views as totp_views
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic.base import View
from django.views.generic.edit import FormView

from accounts import forms, qr, rules, services, totp
from accounts.access import access_of
from accounts.http import access_for, city_of, user_of
from accounts.models import CITY_ROLES, User
from common import audit
from common.errors import too_many_requests


class OurPage(View):
    """422 when a form came back with errors, and the page of its own when it was sent too often."""

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        form = context.get("form")
        if form is not None and form.is_bound and form.errors:
            if forms.is_rate_limited(form):
                return too_many_requests(self.request)
            kwargs.setdefault("status", 422)
        return super().render_to_response(context, **kwargs)  # type: ignore[misc]


def session_age_set(request: HttpRequest) -> None:
    """A cadre's phone stays signed in; whoever sees the whole city signs in again every day."""
    if not request.user.is_authenticated:
        return
    roles = access_of(user_of(request), timezone.localdate()).roles
    age = rules.CITY_SESSION if roles & CITY_ROLES else rules.PHONE_SESSION
    request.session.set_expiry(int(age.total_seconds()))


class LoginView(OurPage, account_views.LoginView):
    form_class = forms.LoginForm

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        session_age_set(self.request)
        return response


class AuthenticateView(OurPage, mfa_views.AuthenticateView):
    form_class = forms.AuthenticateForm

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        session_age_set(self.request)
        return response


class ReauthenticateView(OurPage, account_views.ReauthenticateView):
    form_class = forms.ReauthenticateForm


class SecondFactorReauthenticateView(OurPage, mfa_views.ReauthenticateView):
    form_class = forms.SecondFactorReauthenticateForm


class LogoutView(account_views.LogoutView):
    pass


class InactiveView(account_views.AccountInactiveView):
    pass


class PasswordChangeView(OurPage, account_views.PasswordChangeView):
    form_class = forms.ChangePasswordForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not user_of(request).has_usable_password():
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def form_valid(self, form: Any) -> HttpResponse:
        user = user_of(self.request)
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            services.sessions_end(user=user, keep=self.request.session.session_key)
            audit.record(verb="password_changed", subject=user, actor=user, now=timezone.now())
        messages.success(
            self.request,
            _("The password has been changed. Other devices must sign in again with the new one."),
        )
        return response


# --- The second factor --------------------------------------------------------------------------------------


class SecondFactorView(mfa_views.IndexView):
    pass


class ActivateTOTPView(OurPage, totp_views.ActivateTOTPView):
    form_class = forms.ActivateTOTPForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "now": timezone.now()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # Past the library's own, which draws a data: image that the content policy forbids.
        context = FormView.get_context_data(self, **kwargs)
        secret = context["form"].secret
        mandatory = access_for(self.request).needs_second_factor and not city_of(self.request).is_demo
        return context | {
            "mandatory": mandatory,
            "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
            "totp_url": totp_url(user_of(self.request), secret),
        }

    def get_success_url(self) -> str:
        return reverse("mfa_view_recovery_codes" if self.did_generate_recovery_codes else "mfa_index")

    def form_valid(self, form: Any) -> HttpResponse:
        user = user_of(self.request)
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            audit.record(verb="second_factor_added", subject=user, actor=user, now=timezone.now())
        totp.mark_used(user, form.cleaned_data["code"])
        totp.forget(self.request.session)
        # The code has just been shown to be right: the recovery codes need not ask for one again.
        record_authentication(self.request, user, "mfa", type=Authenticator.Type.TOTP, reauthenticated=True)
        messages.success(
            self.request, _("The second factor is on. Keep the recovery codes before you go on.")
        )
        return response


def totp_url(user: User, secret: str) -> str:
    from allauth.mfa.adapter import get_adapter

    return str(get_adapter().build_totp_url(user, secret))


def totp_qr(request: HttpRequest) -> HttpResponse:
    """The secret that is being set up in this session, as a picture; nothing once it is set up."""
    secret = totp.pending(request.session, timezone.now())
    if secret is None:
        raise Http404
    picture = qr.svg(totp_url(user_of(request), secret), _("QR code for the authenticator app"))
    return HttpResponse(picture, content_type="image/svg+xml", headers={"Cache-Control": "private, no-store"})


class DeactivateTOTPView(OurPage, totp_views.DeactivateTOTPView):
    form_class = forms.DeactivateTOTPForm

    def form_valid(self, form: Any) -> HttpResponse:
        user = user_of(self.request)
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            audit.record(verb="second_factor_removed", subject=user, actor=user, now=timezone.now())
        messages.success(self.request, _("The second factor has been removed."))
        return response


class ReadsCodes(View):
    """Where the stored codes cannot be read, a sentence says so: see MFAAdapter.decrypt."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("mfa_index")


class GenerateRecoveryCodesView(OurPage, ReadsCodes, recovery_views.GenerateRecoveryCodesView):
    form_class = forms.GenerateRecoveryCodesForm

    def form_valid(self, form: Any) -> HttpResponse:
        user = user_of(self.request)
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            audit.record(verb="recovery_codes_made", subject=user, actor=user, now=timezone.now())
        messages.success(self.request, _("New recovery codes have been made. The old ones no longer work."))
        return response


class RecoveryCodesView(ReadsCodes, recovery_views.ViewRecoveryCodesView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not Authenticator.objects.filter(
            user=user_of(request), type=Authenticator.Type.RECOVERY_CODES
        ).exists():
            return redirect("mfa_index")
        return super().dispatch(request, *args, **kwargs)


class DownloadRecoveryCodesView(ReadsCodes, recovery_views.DownloadRecoveryCodesView):
    content_type = "text/plain; charset=utf-8"


@receiver(authentication_failed, dispatch_uid="accounts.second_factor_failed")
def note_wrong_code(sender: Any, user: User, **kwargs: Any) -> None:
    audit.record(verb="second_factor_failed", subject=user, actor=None, now=timezone.now())
