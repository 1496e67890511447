"""The administrator's pages of what leaves the house: group channels, and the outbox."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import notifying
from accounts.http import user_of
from accounts.models import Unit
from accounts.notice_forms import ChannelForm
from common import notices, outbox, transports
from common.forms import accepted, posted, render_form
from common.models import Channel, Delivery
from common.problems import Refused

PAGE_SIZE = 50


def channels(request: HttpRequest) -> HttpResponse:
    found = list(Channel.objects.of_groups().select_related("created_by").order_by("-active", "pk"))
    units = Unit.objects.in_bulk({channel.unit_id for channel in found if channel.unit_id})
    latest = outbox.latest(found)
    rows = [
        {
            "channel": channel,
            "unit": units.get(channel.unit_id or 0),
            "service": notifying.shown_address(channel),
            "latest": latest.get(channel.pk),
        }
        for channel in found
    ]
    context = {
        "rows": rows,
        "people": Channel.objects.receiving().filter(user__isnull=False).count(),
        "email_set_up": transports.is_email_set_up(),
        **_counts(),
    }
    return render(request, "accounts/channels.html", context)


def _counts() -> dict[str, int]:
    return {"waiting": outbox.waiting().count(), "given_up": outbox.given_up().count()}


def channel_new(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = ChannelForm(posted(request), today=timezone.localdate(now))
    if form.is_valid() and accepted(
        form,
        lambda: notifying.channel_create(
            label=form.cleaned_data["label"],
            unit=form.cleaned_data["unit"],
            address=form.cleaned_data["address"],
            actor=user_of(request),
            now=now,
        ),
    ):
        messages.success(request, _("The group has been added. Send it a test message next."))
        return redirect("channels")
    return render_form(request, "accounts/channel_new.html", form)


def channel_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """The button says what it wants, so that two taps want the same."""
    channel, active = _group(pk), request.POST.get("active") == "1"
    notifying.channel_switch(channel=channel, active=active, actor=user_of(request), now=timezone.now())
    messages.success(
        request,
        _("The channel has been switched on.") if active else _("The channel has been switched off."),
    )
    return redirect("channels")


def channel_test(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        notifying.channel_test(channel=_group(pk), actor=user_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.sentence))
    else:
        messages.success(request, _("A test message is on its way. What came of it stands here in a moment."))
    return redirect("channels")


def _group(pk: int) -> Channel:
    return get_object_or_404(Channel.objects.of_groups(), pk=pk)


# --- The outbox ---------------------------------------------------------------------------------------------------


def outbox_list(request: HttpRequest) -> HttpResponse:
    given_up = request.GET.get("state") == Delivery.State.GIVEN_UP
    found = (outbox.given_up() if given_up else outbox.waiting()).select_related("notice", "channel__user")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    units = Unit.objects.in_bulk({d.channel.unit_id for d in page if d.channel.unit_id})
    context = {
        "page": page,
        "rows": [_row(delivery, units) for delivery in page],
        "shows_given_up": given_up,
        "email_set_up": transports.is_email_set_up(),
        **_counts(),
    }
    return render(request, "accounts/outbox.html", context)


def _row(delivery: Delivery, units: dict[int, Unit]) -> dict[str, Any]:
    channel = delivery.channel
    place = channel.user or " · ".join(
        filter(None, [str(units.get(channel.unit_id or 0, "")), channel.label])
    )
    return {
        "delivery": delivery,
        "title": notices.in_words(delivery.notice).title,
        "to": place,
        "error": outbox.ERRORS.get(delivery.last_error, ""),
        "retriable": channel.active,
    }


def outbox_retry(request: HttpRequest) -> HttpResponse:
    return _retried(request, Delivery.objects.all())


def delivery_retry(request: HttpRequest, pk: int) -> HttpResponse:
    found = Delivery.objects.filter(pk=get_object_or_404(Delivery, pk=pk).pk)
    return _retried(request, found)


def _retried(request: HttpRequest, deliveries: Any) -> HttpResponse:
    try:
        again = outbox.retry(deliveries=deliveries, actor=user_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.sentence))
    else:
        sentence = ngettext("%(count)s message is tried again.", "%(count)s messages are tried again.", again)
        messages.success(request, sentence % {"count": again})
    return redirect("outbox")
