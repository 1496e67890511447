"""What everybody should know: one's own list, and the e-mail address that hears of it too."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notifying
from accounts.http import access_for, user_of
from accounts.notice_forms import EmailForm
from common import notices as work
from common import transports
from common.forms import accepted, posted, render_form
from common.models import Notice
from common.problems import Refused

PAGE_SIZE = 30


def notices(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    page = Paginator(work.of_user(user.pk), PAGE_SIZE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "page": page,
        "rows": [(notice, work.in_words(notice)) for notice in page],
        "unread": work.unread(user.pk),
        "email": notifying.email_of(user),
        "set_up": transports.is_email_set_up(),
    }
    phone = access_for(request).is_cadre_only
    return render(request, "accounts/notices_phone.html" if phone else "accounts/notices.html", context)


def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a link of an e-mail leads: it counts as read, and its object opens."""
    found = get_object_or_404(Notice, pk=pk, user=user_of(request))
    if request.method == "GET":
        work.mark_read(user_id=user_of(request).pk, notice=found, now=timezone.now())
    return redirect(work.in_words(found).url or "notices")


def notices_read(request: HttpRequest) -> HttpResponse:
    work.mark_read(user_id=user_of(request).pk, now=timezone.now())
    return redirect("notices")


# --- One's own e-mail address -------------------------------------------------------------------------------------


def my_email(request: HttpRequest) -> HttpResponse:
    user, form, set_up = user_of(request), EmailForm(posted(request)), transports.is_email_set_up()
    # Without a mail server nothing would ever come: the page has no form then, and takes none.
    if (
        set_up
        and form.is_valid()
        and accepted(
            form,
            lambda: notifying.email_set(user=user, address=form.cleaned_data["address"], now=timezone.now()),
        )
    ):
        messages.success(request, _("A link is on its way. Open it on a device where you are signed in."))
        return redirect("my_email")
    channel = notifying.email_of(user)
    return render_form(
        request,
        "accounts/my_email.html",
        form,
        channel=channel,
        address=notifying.shown_address(channel) if channel else "",
        set_up=set_up,
    )


def my_email_confirm(request: HttpRequest) -> HttpResponse:
    """The mailed link asks; only its button confirms, so that no scanner of a mail server does."""
    token = (request.POST if request.method == "POST" else request.GET).get("token", "")
    if request.method != "POST":
        return render(request, "accounts/my_email_confirm.html", {"token": token})
    try:
        notifying.email_confirm(user=user_of(request), token=token, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.sentence))
    else:
        messages.success(request, _("Confirmed. Notices go to this address from now on."))
    return redirect("my_email")


def my_email_remove(request: HttpRequest) -> HttpResponse:
    notifying.email_remove(user=user_of(request), now=timezone.now())
    messages.success(request, _("No notices go to an e-mail address any more."))
    return redirect("my_email")
