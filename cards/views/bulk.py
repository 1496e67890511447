"""The same for many: people of a list or all who match a search, and requests for cards."""

import io
import uuid
from collections import Counter
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.http import access_for, city_of, scope_for, user_of
from accounts.models import Unit, User
from accounts.permissions import TABLE
from accounts.services import IssuedSlip
from cards import bulk, services
from cards.bulk import LABELS, PRINTS, Action, Plan
from cards.documents.slips import SlipContent, draw_slips
from cards.models import Cadre, CadreQuerySet, CardRequest
from cards.views.issuing import waiting
from cards.views.once import jobs_of, once_for, once_of, to_jobs
from cards.views.people import matching
from cards.views.printing import NEVER
from common.models import Job, JobItem
from common.problems import Refused
from common.responses import PDF, download

#: A page of the list holds fifty; whoever wants more says "all that match".
MOST_TICKED = 2000
#: Of those who are left out; the number stands beside them.
NAMES_SHOWN = 20


def _ticked(request: HttpRequest) -> list[int]:
    given = request.GET.getlist("id")[:MOST_TICKED]
    return [int(value) for value in given if value.isdecimal() and len(value) < 19]


def cadres_bulk(request: HttpRequest) -> HttpResponse:
    """The address holds the action and whom it is for: a page to look at, and a POST to do it."""
    now, chosen = timezone.now(), request.GET.get("action", "")
    people = _people(request, now)
    if chosen not in set(Action) or people is None:
        messages.error(request, _("Choose an action and tick whom it is for."))
        return redirect(_back(request.GET))
    action, units = Action(chosen), scope_for(request).unit_ids or frozenset()
    if request.method == "POST" and (before := jobs_of(request)):
        return to_jobs(before)
    planned = bulk.plan(action, people, units=units, actor=user_of(request), now=now)
    if request.method == "POST" and planned.doing:
        if request.POST.get("seen") == planned.digest:
            return _do(request, action, planned, now)
        messages.warning(request, _("Meanwhile something has changed. This is what would happen now."))
    return render(request, "cards/bulk_confirm.html", _page(request, action, planned))


def _people(request: HttpRequest, now: datetime) -> CadreQuerySet | None:
    """Whom the list shows this person, their own units' and others'; None when nobody was ticked."""
    seen = Cadre.objects.within(access_for(request).scope(TABLE["cadres"]))
    if request.GET.get("matching") == "1":
        return matching(seen, request.GET, timezone.localdate(now))
    ticked = _ticked(request)
    return seen.filter(pk__in=ticked) if ticked else None


def _back(query: QueryDict) -> str:
    kept = query.copy()
    for name in ("action", "id", "matching", "select"):
        kept.pop(name, None)
    return f"{reverse('cadres')}?{kept.urlencode()}" if kept else reverse("cadres")


def _page(request: HttpRequest, action: Action, planned: Plan) -> dict[str, Any]:
    return {
        "title": LABELS[action],
        "points": _points(action),
        "names": [cadre.name for cadre in planned.doing],
        "number": len(planned.doing),
        "skipped": _skipped(planned, lambda cadre: cadre.name),
        "by_unit": _by_unit(cadre.unit for cadre in planned.doing),
        "digest": planned.digest,
        "once": uuid.uuid4().hex,
        "seal": action == Action.SLIPS,
        "handed_out": planned.slips[-1].issued_at if planned.slips else None,
        "void": len(planned.slips),
        "below": _below(action),
        "back_url": _back(request.GET),
        "back_label": _("People and cards"),
    }


def _points(action: Action) -> list[str]:
    if action == Action.REQUEST:
        return [_("The efficiency office decides on every request.")]
    if action == Action.SLIPS:
        return [
            _("Accounts are opened for those who have none."),
            _("Earlier slips of these people stop working, also those of a PDF made a moment ago."),
            _("The PDF is made this once and kept nowhere: press once, print it and hand the slips over."),
            _("Each slip is good for one activation within fourteen days."),
        ]
    return [_("A worker draws the file; the next page shows how far it is.")]


def _below(action: Action) -> str:
    """Under the button, which stays there when the PDF has come."""
    if action != Action.SLIPS:
        return ""
    return _(
        "The PDF comes as a download and this page stays. Whoever presses again makes the sheet just printed void."
    )


def _skipped(planned: Plan, name: Any) -> list[dict[str, Any]]:
    return [
        {
            "reason": reason,
            "number": len(rows),
            "names": "、".join(name(row) for row in rows[:NAMES_SHOWN]),
            "more": len(rows) > NAMES_SHOWN,
        }
        for reason, rows in planned.skipped.items()
    ]


def _by_unit(units: Any) -> list[tuple[Unit, int]]:
    counted = Counter(units)
    return sorted(counted.items(), key=lambda pair: pair[0].code)


def _do(request: HttpRequest, action: Action, planned: Plan, now: datetime) -> HttpResponse:
    try:
        if action == Action.SLIPS:
            return _slips(request, planned.doing, now)
        started = [
            _start(request, action, unit, planned, now)
            for unit, _number in _by_unit(c.unit for c in planned.doing)
        ]
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect(_back(request.GET))
    return to_jobs(started)


def _start(request: HttpRequest, action: Action, unit: Unit, planned: Plan, now: datetime) -> Job:
    """A job belongs to one unit, whose officers see it; an officer of two units starts two."""
    people = [cadre for cadre in planned.doing if cadre.unit_id == unit.pk]
    alone = len(people) == len(planned.doing)
    once = once_of(request) if alone else once_for(once_of(request), unit)
    if action in PRINTS:
        return bulk.start_printing(PRINTS[action], people, actor=user_of(request), now=now, once=once)
    return bulk.start_requests(people, unit_id=unit.pk, actor=user_of(request), now=now, once=once)


def _slips(request: HttpRequest, people: list[Cadre], now: datetime) -> HttpResponse:
    """Issued and drawn in one transaction: what cannot be drawn makes no earlier slip void."""
    out = io.BytesIO()
    with transaction.atomic():
        opened = services.accounts_open(cadres=people, actor=user_of(request), now=now)
        contents = [
            _slip(cadre, one.user, one.slip, city_of(request).is_demo)
            for cadre, one in zip(people, opened, strict=True)
            if one.user is not None and one.slip is not None
        ]
        if not contents:
            raise Refused(_("Meanwhile nobody is left who needs a slip."))
        draw_slips(contents, out)
    name = _("activation slips") + f"-{timezone.localdate(now):%Y-%m-%d}.pdf"
    return download(out.getvalue(), PDF, name)


def _slip(cadre: Cadre, user: User, slip: IssuedSlip, demo: bool) -> SlipContent:
    return SlipContent(
        name=cadre.name,
        unit_name=cadre.unit.name,
        office=str(cadre.office),
        username=user.username,
        code=slip.code,
        url=settings.SITE_URL + reverse("activate"),
        expires=slip.expires_at,
        demo=demo,
    )


# --- On the page of a job: what is next ---------------------------------------------------------------------------


def job_part(request: HttpRequest, job: Job) -> tuple[str, dict[str, Any]] | None:
    """Cards that were asked for wait for a decision, and those that were issued for their plaques."""
    done = job.items.filter(state=JobItem.State.DONE)
    if job.kind != bulk.NAME or not (number := done.count()):
        return None
    approved = job.params.get("action") == bulk.APPROVE
    page, query = ("reprints", _never_printed(done)) if approved else ("cadres", {"card": "waiting"})
    address = f"{reverse(page)}?{urlencode(query)}" if access_for(request).may(TABLE[page]) else ""
    return "cards/bulk_done.html", {"approved": approved, "number": number, "next": address}


def _never_printed(done: QuerySet[JobItem]) -> dict[str, str]:
    """The list in which those stand whose requests were approved, of their unit when they are of one."""
    requests = [int(key) for key in done.values_list("key", flat=True)]
    units = set(CardRequest.objects.filter(pk__in=requests).values_list("cadre__unit__code", flat=True))
    return {"list": NEVER, **({"unit": units.pop()} if len(units) == 1 else {})}


# --- Requests for cards ---------------------------------------------------------------------------------------------


def card_requests_bulk(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    requests = _requests(request)
    if requests is None:
        messages.error(request, _("Tick the requests first."))
        return redirect("card_requests")
    if request.method == "POST" and (before := jobs_of(request)):
        return to_jobs(before)
    planned = bulk.plan_approval(requests, actor=user_of(request), now=now)
    if request.method == "POST" and planned.doing:
        if request.POST.get("seen") == planned.digest:
            job = bulk.start_approval(planned.doing, actor=user_of(request), now=now, once=once_of(request))
            return redirect("job", job.pk)
        messages.warning(request, _("Meanwhile something has changed. This is what would happen now."))
    return render(
        request,
        "cards/bulk_confirm.html",
        {
            "title": _("Approve requests"),
            "points": [
                _("Each card is issued with its number and token; a card that it replaces is revoked.")
            ],
            "names": [asked.cadre.name for asked in planned.doing],
            "number": len(planned.doing),
            "skipped": _skipped(planned, lambda asked: asked.cadre.name),
            "by_unit": _by_unit(asked.cadre.unit for asked in planned.doing),
            "digest": planned.digest,
            "once": uuid.uuid4().hex,
            "seal": False,
            "back_url": reverse("card_requests"),
            "back_label": _("Cards to approve"),
        },
    )


def _requests(request: HttpRequest) -> QuerySet[CardRequest] | None:
    if request.GET.get("matching") == "1":
        return waiting(request.GET)
    ticked = _ticked(request)
    return CardRequest.objects.filter(pk__in=ticked) if ticked else None
