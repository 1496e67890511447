"""Everybody's own account, and the landing page."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import selectors, services
from accounts.devices import device_name
from accounts.http import access_for, city_of, user_of


def desk(request: HttpRequest) -> HttpResponse:
    """A cadre's desk is the phone page; everybody else sees what each of their roles has to do."""
    access = access_for(request)
    if access.is_cadre_only:
        return redirect("my_whereabouts")
    return render(request, "accounts/desk.html")


def security(request: HttpRequest) -> HttpResponse:
    user, now = user_of(request), timezone.now()
    totp = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    codes = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return render(
        request,
        "accounts/security.html",
        {
            "totp": totp,
            "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
            "has_codes": codes is not None,
            "devices": len(selectors.live_sessions(user, now)),
            "mandatory": access_for(request).needs_second_factor and not city_of(request).is_demo,
        },
    )


def devices(request: HttpRequest) -> HttpResponse:
    user, now, here = user_of(request), timezone.now(), request.session.session_key
    if request.method == "POST":
        ended = services.other_sessions_end(user=user, keep=here, now=now)
        messages.success(
            request,
            ngettext(
                "%(count)s other device has been signed out.",
                "%(count)s other devices have been signed out.",
                ended,
            )
            % {"count": ended}
            if ended
            else _("No other device was signed in."),
        )
        return redirect("usersessions_list")
    rows = [
        {
            "name": device_name(session.user_agent),
            "since": session.created_at,
            "here": session.session_key == here,
        }
        for session in selectors.live_sessions(user, now)
    ]
    rows.sort(key=lambda row: not row["here"])
    others = sum(not row["here"] for row in rows)
    return render(request, "usersessions/usersession_list.html", {"rows": rows, "others": others})
