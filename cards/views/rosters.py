"""A unit's roster in the browser: hand it in, look at what it would do, confirm it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.http import scope_for, user_of
from accounts.models import Unit
from cards import roster as rosters
from cards import uploads
from cards.models import Cadre, RosterUpload
from cards.upload_forms import RosterForm
from common.forms import posted, render_form
from common.models import Job, JobItem
from common.problems import Refused
from common.responses import XLSX, download

#: Of one list on the preview; whoever wants to see more looks into the sheet.
MOST_SHOWN = 200
RECENT = 5


def _upload(request: HttpRequest, pk: int) -> RosterUpload:
    """The guard: a roster of the person's own unit; the city sees every one."""
    return get_object_or_404(_uploads(request).select_related("unit", "uploaded_by", "job"), pk=pk)


def _uploads(request: HttpRequest) -> Any:
    units = scope_for(request).unit_ids
    found = RosterUpload.objects.all()
    return found if units is None else found.filter(unit__in=units)


def _units(request: HttpRequest) -> list[Unit]:
    """Those whose roster the person keeps; none for the city, whose file names the units itself."""
    ids = scope_for(request).unit_ids
    return [] if ids is None else list(Unit.objects.filter(pk__in=ids))


def roster(request: HttpRequest) -> HttpResponse:
    now, units = timezone.now(), _units(request)
    form = RosterForm(posted(request), request.FILES or None, units=units)
    if form.is_valid():
        unit = form.cleaned_data.get("unit") or next(iter(units), None)
        try:
            upload = uploads.receive(
                file=form.cleaned_data["file"],
                photos=form.cleaned_data["photos"] or None,
                unit=unit,
                actor=user_of(request),
                now=now,
            )
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
        else:
            return redirect("roster_preview", upload.pk)
    form.ask_again()
    recent = _uploads(request).filter(expires_at__gt=now).select_related("unit", "uploaded_by", "job")
    return render_form(
        request, "cards/roster.html", form, units=units, recent=recent[:RECENT], steps=_steps(0)
    )


def _steps(current: int) -> list[dict[str, str]]:
    labels = [_("Fill in"), _("Hand in"), _("Look through"), _("Confirm")]
    at = current + 1
    return [
        {"label": label, "state": "done" if number < at else "current" if number == at else ""}
        for number, label in enumerate(labels)
    ]


def template(request: HttpRequest) -> HttpResponse:
    units = _units(request)
    unit = _chosen(request, units)
    return _workbook(rosters.template(unit), _("Roster template") + ".xlsx")


def export(request: HttpRequest) -> HttpResponse:
    """Everybody in service; handed in again unchanged it changes nothing."""
    now, units = timezone.now(), _units(request)
    unit = _chosen(request, units)
    people = Cadre.objects.within(scope_for(request)).serving(timezone.localdate(now))
    if unit is not None:
        people = people.filter(unit=unit)
    name = [unit.name if unit else _("All units"), _("roster"), f"{timezone.localdate(now):%Y-%m-%d}.xlsx"]
    people = people.order_by("unit__code", "office__room", "pinyin", "pk")
    return _workbook(rosters.export(people, unit), "-".join(name))


def _chosen(request: HttpRequest, units: list[Unit]) -> Unit | None:
    """The unit named by ?unit=, or the officer's only one; the city may name any or none."""
    code = request.GET.get("unit", "")
    if scope_for(request).unit_ids is None:
        return get_object_or_404(Unit, code=code) if code else None
    if not code:
        return units[0] if len(units) == 1 else None
    return get_object_or_404(Unit.objects.filter(pk__in=[unit.pk for unit in units]), code=code)


def _workbook(data: bytes, name: str) -> HttpResponse:
    return download(data, XLSX, name)


def preview(request: HttpRequest, pk: int) -> HttpResponse:
    upload, now = _upload(request, pk), timezone.now()
    found = uploads.preview_of(upload) if upload.job is None and uploads.is_kept(upload, now) else None
    context: dict[str, Any] = {"upload": upload, "steps": _steps(1 if upload.job is None else 4)}
    if found is not None:
        context |= _preview(found)
    elif upload.job is not None:
        context |= done(request, upload.job)
    return render(request, "cards/roster_preview.html", {**context, "found": found})


def _preview(found: dict[str, Any]) -> dict[str, Any]:
    lists = {name: found[name][:MOST_SHOWN] for name in ("problems", "changed", "created", "notes")}
    more = {f"more_{name}": max(0, len(found[name]) - MOST_SHOWN) for name in lists}
    several = len({person["unit"] for name in ("changed", "created") for person in found[name]}) > 1
    return {
        **lists,
        **more,
        "several": several,
        "confirmable": not found["problems"] and bool(found["created"] or found["changed"]),
    }


def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    upload, seen = _upload(request, pk), request.POST.get("seen", "")
    try:
        job = uploads.confirm(upload=upload, seen=seen, actor=user_of(request), now=timezone.now())
    except uploads.DirectoryChanged as changed:
        messages.warning(request, changed.sentence)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        return redirect("job", job.pk)
    return redirect("roster_preview", pk)


def done(request: HttpRequest, job: Job) -> dict[str, Any]:
    """What came of a roster, and what is usually next: cards and activation slips of the new people."""
    which = {"roster": str(job.pk)}
    city = scope_for(request).unit_ids is None
    return {
        "outcome": job.items.first(),
        "is_done": job.state == Job.State.DONE,
        "has_failed": job.items.filter(state=JobItem.State.FAILED).exists(),
        "new": len(uploads.new_people(job)),
        "without_card": f"{reverse('cadres')}?{urlencode({**which, 'card': 'none'})}",
        "requests": "" if city else _bulk("request", which),
        "slips": "" if city else _bulk("slips", which),
    }


def _bulk(action: str, which: dict[str, str]) -> str:
    return f"{reverse('cadres_bulk')}?{urlencode({'action': action, 'matching': '1', **which})}"


def job_part(request: HttpRequest, job: Job) -> tuple[str, dict[str, Any]] | None:
    """On a job's page."""
    if job.kind != uploads.NAME or job.state != Job.State.DONE:
        return None
    return "cards/roster_done.html", done(request, job)
