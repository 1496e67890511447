"""Work orders of 12345: hand a sheet in, look at what it would do, confirm it. Its words and contacts are not shown."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import user_of
from common.forms import accepted, posted, render_form
from common.problems import Refused
from common.responses import XLSX, download, private
from complaints import clock, hotline, rules, sheets
from complaints.hotline_forms import HotlineForm
from complaints.models import ComplaintSettings, HotlineSheet
from complaints.services.sweeps import DRAFTS_KEPT


def _sheets(request: HttpRequest, now: datetime) -> Any:
    """Nobody else's, and none whose time is over."""
    own = HotlineSheet.objects.filter(uploaded_by=user_of(request), created_at__gt=now - DRAFTS_KEPT)
    return own.defer("data").order_by("-pk")


def hand_in(request: HttpRequest) -> HttpResponse:
    now, kept = timezone.now(), list[HotlineSheet]()
    form = HotlineForm(posted(request), request.FILES or None)

    def keep() -> None:
        kept.append(sheets.sheet_keep(data=form.cleaned_data["file"], actor=user_of(request), now=now))

    if form.is_valid() and accepted(form, keep):
        return redirect("hotline_sheet", kept[0].token)
    context = {"sheets": _sheets(request, now)}
    return private(render_form(request, "complaints/hotline.html", form, **context))


def template(request: HttpRequest) -> HttpResponse:
    return download(hotline.template(), XLSX, _("12345 work orders template") + ".xlsx")


def sheet(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    kept = get_object_or_404(_sheets(request, now), token=token)
    if request.method != "POST":
        return private(render(request, "complaints/hotline_sheet.html", _preview(kept, now)))
    if "discard" in request.POST:
        sheets.sheet_discard(sheet=kept)
        messages.success(request, _("Discarded. Nothing was imported, and the file is gone."))
        return redirect("complaint_hotline")
    try:
        done = sheets.sheet_import(sheet=kept, actor=user_of(request), now=now)
    except sheets.Gone as gone:
        messages.warning(request, gone.sentence)
        return redirect("complaint_hotline")
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("hotline_sheet", token)
    messages.success(request, _said(done))
    return redirect("complaints")


def _said(done: sheets.Imported) -> str:
    if not done.new:
        return _("All of these work orders are here already: nothing was imported.")
    new = ngettext("%(number)s work order imported.", "%(number)s work orders imported.", done.new)
    known = ngettext("%(number)s was here already.", "%(number)s were here already.", done.known)
    said = {"new": new % {"number": done.new}, "known": known % {"number": done.known}}
    return _("%(new)s %(known)s") % said if done.known else said["new"]


def _preview(kept: HotlineSheet, now: datetime) -> dict[str, Any]:
    """As it would be now; nothing that was read is kept beside the file."""
    plan = hotline.look(bytes(kept.data), now)
    clocks = clock.starts([order.received_at for order in plan.orders], ComplaintSettings.current().mode)
    rows = [
        {"order": order, "last_day": rules.last_day(columns["due_at"]), "late": columns["due_at"] <= now}
        for order, columns in zip(plan.orders, clocks, strict=True)
    ]
    return {
        "sheet": kept,
        "plan": plan,
        "rows": rows,
        "late": sum(row["late"] for row in rows),
        "until": kept.created_at + DRAFTS_KEPT,
    }
