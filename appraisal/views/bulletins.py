"""Bulletins: drafted, edited and signed at the desk, read by the units, and published for everybody."""

import logging
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Scope
from accounts.http import access_for, scope_for, user_of
from accounts.models import Role, Unit
from appraisal import bulletin_files
from appraisal.bulletin_texts import HEADINGS, PARTS
from appraisal.bulletins.content import MISSING, WAITING
from appraisal.bulletins.content import Bulletin as Content
from appraisal.desk import bulletins as desk
from appraisal.facts import bulletin as bulletin_facts
from appraisal.forms.bulletin import CorrectForm, SignForm, TextsForm
from appraisal.models import AppraisalSettings, Bulletin, BulletinCounter, Circular
from appraisal.models.months import BulletinQuerySet
from appraisal.services import bulletins as services
from appraisal.services import closing
from attendance.rules import month_named
from common import slots
from common.forms import accepted, posted, render_form
from common.problems import Refused
from common.responses import private, unkept
from common.rules import local
from complaints.models import Complaint
from complaints.models.cases import ENCRYPTED

logger = logging.getLogger(__name__)
PAGE_SIZE = 24


def register() -> None:
    slots.fill("home_feedback", _from_home, order=200)


def _from_home(request: HttpRequest, subject: Any) -> tuple[str, dict[str, Any]]:
    return "appraisal/home_bulletins.html", {}


def is_express(request: HttpRequest) -> bool:
    access = access_for(request)
    return access.has(Role.EXPRESS_STAFF) or access.has(Role.EXPRESS_HEAD)


def _all() -> BulletinQuerySet:
    related = ("signed_by", "corrects", "corrected_by")
    return Bulletin.objects.select_related(*related)


def _listed(rows: QuerySet[Bulletin]) -> QuerySet[Bulletin]:
    """For lists: the number as it was printed, without all the rest of what was."""
    heavy = ("content", "corrects__content", "corrected_by__content")
    return rows.annotate(number=KT("content__number_text")).defer(*heavy)


def seen_by(request: HttpRequest) -> BulletinQuerySet:
    """Drafts are the Express's."""
    return _all() if is_express(request) else _all().signed()


def bulletin_of(request: HttpRequest, pk: int) -> Bulletin:
    """The guard: a bulletin that this person may read, or 404."""
    return get_object_or_404(seen_by(request), pk=pk)


def unless_changed(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Nobody is shown, nor handed as a file, what somebody has altered past the product."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except services.Changed as changed:
            logger.error("Bulletin %s is not what was signed.", changed)
            found = Bulletin.objects.get(pk=changed.args[0])
            context = {"bulletin": found}
            return unkept(render(request, "appraisal/public_bulletin_changed.html", context, status=409))

    return guarded


def unless_gone(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A draft that somebody discards while somebody else is at it."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except services.Gone:
            messages.error(request, _("This draft is gone: somebody has discarded it meanwhile."))
            return redirect("bulletins")

    return guarded


def correction_of(bulletin: Bulletin) -> Bulletin | None:
    """What takes its place, signed or not."""
    return getattr(bulletin, "corrected_by", None)


# --- Lists ------------------------------------------------------------------------------------------------------------


def bulletins(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    page = Paginator(_listed(seen_by(request)), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "appraisal/bulletins.html",
        {
            "page": page,
            "rows": [{"bulletin": row, "by": correction_of(row)} for row in page],
            "next": _next_month(today) if is_express(request) else None,
        },
    )


def _next_month(today: date) -> date | None:
    """The first month that is over and has no bulletin yet."""
    months = closing.months_due(today)
    there = set(Bulletin.objects.filter(month__in=months).values_list("month", flat=True))
    return next((month for month in months if month not in there), None)


def bulletin_draft(request: HttpRequest) -> HttpResponse:
    month = month_named(request.POST.get("month", ""))
    if month is None:
        messages.error(request, _("Say which month, as 2026-11."))
        return redirect("bulletins")
    try:
        bulletin, _made = services.bulletin_draft(month=month, actor=user_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("bulletins")
    return redirect("bulletin", bulletin.pk)


# --- One --------------------------------------------------------------------------------------------------------------


@unless_changed
def bulletin(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = bulletin_of(request, pk), timezone.now()
    draft = None if found.is_signed else services.read_draft(found, now)
    content = draft.content if draft is not None else services.read_signed(found)
    opening = desk.Opening(access_for(request), found, _codes(scope_for(request)), bool(content.corrections))
    context = {
        "bulletin": found,
        "content": content,
        "by": _shown_correction(request, found),
        "parts": _parts(content, draft),
        "columns": desk.COLUMNS,
        "lines": desk.lines(content, opening),
        "total": desk.total(content, opening),
        "reports": desk.reports(content, opening),
        "months_url": opening.total("report"),
        "items": desk.by_item(content, opening),
        "corrections": desk.corrections(content, opening),
        "caught_up": desk.caught_up(content, opening),
        "endings": list(bulletin_files.KINDS),
        **_actions(request, found),
    }
    if draft is not None:
        context |= {
            "missing": [row.name for row in content.units if row.standing == MISSING],
            "waiting": [row.name for row in content.units if row.standing == WAITING],
            "stale": [HEADINGS[part] for part in PARTS if part in draft.texts.stale],
        }
    return private(render(request, "appraisal/bulletin.html", context))


def _codes(scope: Scope) -> frozenset[str] | None:
    if scope.unit_ids is None:
        return None
    return frozenset(Unit.objects.filter(pk__in=scope.unit_ids).values_list("code", flat=True))


def _shown_correction(request: HttpRequest, found: Bulletin) -> Bulletin | None:
    """A draft of a correction is the Express's own business."""
    by = correction_of(found)
    return by if by is not None and (by.is_signed or is_express(request)) else None


def _parts(content: Content, draft: services.Draft | None) -> list[dict[str, Any]]:
    return [
        {
            "heading": part.heading,
            "paragraphs": part.paragraphs,
            "edited": draft is not None and name in draft.texts.edited,
            "stale": draft is not None and name in draft.texts.stale,
        }
        for name, part in zip(PARTS, content.parts, strict=True)
    ]


def _actions(request: HttpRequest, found: Bulletin) -> dict[str, bool]:
    express, head = is_express(request), access_for(request).has(Role.EXPRESS_HEAD)
    return {
        "may_edit": express and not found.is_signed,
        "may_sign": head and not found.is_signed,
        "may_correct": express and found.is_signed and correction_of(found) is None,
        "may_discard": express and not found.is_signed and found.corrects_id is not None,
    }


def bulletin_complaints(request: HttpRequest, pk: int) -> HttpResponse:
    """What was answered in the month, as it stands today and as far as the reader may know of it."""
    found = bulletin_of(request, pk)
    seen = bulletin_facts.answered_in(found.month).visible_to(access_for(request))
    if code := request.GET.get("unit", ""):
        seen = seen.filter(unit__code=code)
    cases = seen.select_related("unit").defer(*ENCRYPTED).order_by("unit__code", "answered_at", "pk")
    page = Paginator(cases, PAGE_SIZE).get_page(request.GET.get("page"))
    unit = Unit.objects.filter(code=code).first() if code else None
    context = {"bulletin": found, "page": page, "unit": unit, "rows": [_case(case) for case in page]}
    return private(render(request, "appraisal/bulletin_complaints.html", context))


def _case(case: Complaint) -> dict[str, Any]:
    if case.answered_at is not None and case.answered_at >= case.due_at:
        return {"case": case, "tone": "bad", "said": _("Late")}
    if case.extended_at is not None:
        return {"case": case, "tone": "out", "said": _("Extended")}
    return {"case": case, "tone": "on", "said": _("On time")}


# --- Its path ---------------------------------------------------------------------------------------------------------


@unless_changed
@unless_gone
def bulletin_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = bulletin_of(request, pk), timezone.now()
    if found.is_signed:
        raise Http404
    draft = services.read_draft(found, now)
    form = TextsForm.of(draft.texts, posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.bulletin_edit(
            bulletin=found,
            texts=form.values(),
            seen=form.cleaned_data["seen"],
            actor=user_of(request),
            now=now,
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("bulletin_edit" if request.POST.get("reset") else "bulletin", found.pk)
    fields = [
        {
            "field": form[part],
            "name": part,
            "drafted": draft.texts.drafted[part],
            "edited": part in draft.texts.edited,
            "stale": part in draft.texts.stale,
        }
        for part in PARTS
    ]
    return render_form(request, "appraisal/bulletin_edit.html", form, bulletin=found, fields=fields)


@unless_changed
@unless_gone
def bulletin_sign(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = bulletin_of(request, pk), timezone.now()
    if found.is_signed:
        return redirect("bulletin", found.pk)
    draft = services.read_draft(found, now)
    form = SignForm(posted(request), initial={"seen": draft.version})
    if form.is_valid() and accepted(
        form,
        lambda: services.bulletin_sign(
            bulletin=found, seen=form.cleaned_data["seen"], actor=user_of(request), now=now
        ),
    ):
        messages.success(request, _("Signed. The units have been told."))
        return redirect("bulletin", found.pk)
    if form.is_bound:
        form.show_version(draft.version)
    return render_form(
        request,
        "appraisal/bulletin_sign.html",
        form,
        bulletin=found,
        content=draft.content,
        number=_next_number(now),
        points=_sign_points(draft),
        refusal=None if form.is_bound else services.sign_refusal(found, draft),
        back_url=reverse("bulletin", args=[found.pk]),
    )


def _next_number(now: datetime) -> str:
    settings, year = AppraisalSettings.current(), local(now).year
    counter = BulletinCounter.objects.filter(year=year).first()
    return services.number_text(settings.number_prefix, year, (counter.last if counter else 0) + 1)


def _sign_points(draft: services.Draft) -> list[str]:
    content = draft.content
    by_standing = {
        word: [row.name for row in content.units if row.standing == word] for word in (WAITING, MISSING)
    }
    points = [
        _("It is frozen as it is printed: texts, figures, names of units, and where each ledger ends."),
        _("The units and the public can read it at once; the public version names no person."),
    ]
    if content.corrects is not None:
        points.append(
            _("It takes the place of %(number)s and cites it.") % {"number": content.corrects.number_text}
        )
    for word, sentence in (
        (WAITING, _("Reported and not accepted yet, so not counted: %(units)s.")),
        (MISSING, _("Not reported, so not counted: %(units)s.")),
    ):
        if names := by_standing[word]:
            points.append(sentence % {"units": "、".join(names)})
    if by_standing[WAITING] or by_standing[MISSING]:
        points.append(_("Their months are caught up in the next bulletin after they have been accepted."))
    return points


@unless_changed
@unless_gone
def bulletin_correct(request: HttpRequest, pk: int) -> HttpResponse:
    found = bulletin_of(request, pk)
    if not found.is_signed:
        raise Http404
    form = CorrectForm(posted(request))
    made: list[Bulletin] = []
    if form.is_valid() and accepted(
        form,
        lambda: made.append(
            services.bulletin_correct(
                bulletin=found,
                reason=form.cleaned_data["reason"],
                actor=user_of(request),
                now=timezone.now(),
            )
        ),
    ):
        messages.success(request, _("The correction is drafted. Edit its text, then it is signed."))
        return redirect("bulletin", made[0].pk)
    content = services.read_signed(found)
    return render_form(request, "appraisal/bulletin_correct.html", form, bulletin=found, content=content)


@unless_gone
def bulletin_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """A correction that was begun by mistake."""
    found = bulletin_of(request, pk)
    if found.is_signed or found.corrects_id is None:
        raise Http404
    earlier = found.corrects_id
    try:
        services.correction_discard(bulletin=found, actor=user_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("bulletin", found.pk)
    messages.success(request, _("The draft of the correction is discarded."))
    return redirect("bulletin", earlier)


# --- Files ------------------------------------------------------------------------------------------------------------


def bulletin_pdf(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _file(request, pk, "pdf")


def bulletin_docx(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _file(request, pk, "docx")


def bulletin_xlsx(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _file(request, pk, "xlsx")


@unless_changed
def _file(request: HttpRequest, pk: int, ending: str) -> FileResponse:
    content = services.content_of(bulletin_of(request, pk), timezone.now())
    return private(bulletin_files.download(content, ending, shown=ending == "pdf"))


# --- For everybody ----------------------------------------------------------------------------------------------------


def _published() -> BulletinQuerySet:
    return _all().signed().order_by("-signed_at", "-pk")


def _published_one(year: int, serial: int) -> Bulletin:
    return get_object_or_404(_published(), year=year, serial=serial)


def public_bulletins(request: HttpRequest) -> HttpResponse:
    rows = _listed(_published())
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    shown = [{"bulletin": row, "by": _signed_correction(row)} for row in page]
    # They take the next number of the same series.
    signed = Circular.objects.filter(signed_at__isnull=False)
    circulars = signed.annotate(number=KT("content__number_text")).defer("content")
    context = {"page": page, "rows": shown, "circulars": circulars if page.number == 1 else []}
    return unkept(render(request, "appraisal/public_bulletins.html", context))


def _signed_correction(bulletin: Bulletin) -> Bulletin | None:
    by = correction_of(bulletin)
    return by if by is not None and by.is_signed else None


@unless_changed
def public_bulletin(request: HttpRequest, year: int, serial: int) -> HttpResponse:
    found = _published_one(year, serial)
    content = services.read_signed(found).for_public()
    nowhere = desk.Opening(None, found, frozenset(), bool(content.corrections))
    by = _signed_correction(found)
    context = {
        "bulletin": found,
        "content": content,
        "by": by,
        "by_number": services.read_signed(by).number_text if by is not None else "",
        "columns": desk.COLUMNS,
        "lines": desk.lines(content, nowhere),
        "total": desk.total(content, nowhere),
        "reports": desk.reports(content, nowhere),
        "corrections": desk.corrections(content, nowhere),
        "caught_up": desk.caught_up(content, nowhere),
    }
    return unkept(render(request, "appraisal/public_bulletin.html", context))


@unless_changed
def public_bulletin_pdf(request: HttpRequest, year: int, serial: int) -> FileResponse:
    content = services.read_signed(_published_one(year, serial)).for_public()
    return unkept(bulletin_files.download(content, "pdf", shown=True))
