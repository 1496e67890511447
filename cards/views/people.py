"""The unit's people and their cards, for officers and, read-only, for those above them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import access_for, city_of, scope_for, user_of
from accounts.models import Role, Unit
from accounts.permissions import TABLE
from cards import photos, search, selectors, services, uploads
from cards.bulk import LABELS
from cards.documents.fonts import missing_characters
from cards.forms import CadreForm, EndServiceForm, OfficeForm
from cards.history import entries
from cards.models import Cadre, CadreQuerySet, Card, CardRequest, Consent, Office
from cards.printing import log
from common.forms import accepted, posted, render_form
from common.models import Job
from common.problems import Refused
from common.responses import private
from common.versions import version_of

PAGE_SIZE = 50


def cadre_of(request: HttpRequest, pk: int) -> Cadre:
    """The guard: a cadre whom this page may show this person, or 404."""
    people = Cadre.objects.within(scope_for(request)).select_related("unit", "office", "stand_in", "user")
    return get_object_or_404(people, pk=pk)


def may_change(request: HttpRequest, cadre: Cadre) -> bool:
    """Whether the unit's officer stands before us, who alone enters and changes."""
    officers = [m.unit_id for m in access_for(request).memberships if m.role == Role.UNIT_OFFICER]
    return cadre.unit_id in officers


def officer_units(request: HttpRequest) -> list[Unit]:
    return [
        m.unit for m in access_for(request).memberships if m.role == Role.UNIT_OFFICER and m.unit is not None
    ]


def officer_unit(request: HttpRequest) -> Unit:
    """The unit a new row belongs to: the one named by ?unit=, or the officer's only one."""
    units = officer_units(request)
    code = request.GET.get("unit")
    for unit in units:
        if code in (None, unit.code):
            return unit
    raise Http404


def unit_choice(request: HttpRequest, title: str) -> HttpResponse | None:
    """Whoever is officer of several units says first for which one: a page of them, until ?unit= names one."""
    units = officer_units(request)
    if len(units) < 2 or "unit" in request.GET:
        return None
    return render(request, "cards/choose_unit.html", {"title": title, "units": units})


def matching(people: CadreQuerySet, query: Mapping[str, str], today: date) -> CadreQuerySet:
    """Those of the list whom a search finds; an action for "all who match" asks the same again."""
    people = _filtered(people, query, today)
    if not (words := query.get("q", "").strip()):
        return people
    return people.filter(pk__in=[hit.cadre_id for hit in search.find(people, words, today)])


def _filtered(people: CadreQuerySet, query: Mapping[str, str], today: date) -> CadreQuerySet:
    if unit := query.get("unit", ""):
        people = people.filter(unit__code=unit)
    if query.get("all") != "1":
        people = people.serving(today)
    if job := query.get("roster", ""):
        people = people.filter(pk__in=_new_in(job))
    return selectors.by_card(people, query.get("card", ""))


def _new_in(job: str) -> list[int]:
    """Whom a roster has entered, by its job; of these the list shows those whom it shows anyway."""
    found = Job.objects.filter(pk=job).first() if job.isdecimal() and len(job) < 19 else None
    return uploads.new_people(found) if found else []


def _page(people: CadreQuerySet, query: Mapping[str, str], today: date) -> tuple[Page[Any], list[Cadre]]:
    """A page of the list: in the order of the search, or by unit and room when nothing is searched for."""
    valid = Prefetch("cards", queryset=Card.objects.valid(), to_attr="valid_cards")
    filtered = _filtered(people, query, today)
    asked = CardRequest.objects.filter(cadre=OuterRef("pk"), decision="")
    placed = selectors.with_place(filtered, today).annotate(has_asked=Exists(asked))
    shown = placed.prefetch_related("posts", valid)
    number = query.get("page")
    if words := query.get("q", "").strip():
        found = [hit.cadre_id for hit in search.find(filtered, words, today)]
        ranked = Paginator(found, PAGE_SIZE).get_page(number)
        by_id = shown.in_bulk(ranked.object_list)
        return ranked, [by_id[pk] for pk in ranked.object_list if pk in by_id]
    page = Paginator(shown.order_by("unit__code", "office__room", "pinyin", "pk"), PAGE_SIZE).get_page(number)
    return page, list(page.object_list)


def cadres(request: HttpRequest) -> HttpResponse:
    scope, now = scope_for(request), timezone.now()
    today = timezone.localdate(now)
    page, people = _page(Cadre.objects.within(scope), request.GET, today)
    shown = selectors.shown(people, now)
    held = [card for cadre in people for card in getattr(cadre, "valid_cards", [])]
    printed = selectors.printed(held)
    rows = [
        {
            "cadre": cadre,
            "office": selectors.place_of(cadre),
            "post": selectors.post_at_work(cadre),
            "card": (card := next(iter(getattr(cadre, "valid_cards", [])), None)),
            "printed": card is not None and card.pk in printed,
            "waiting": getattr(cadre, "has_asked", False),
            "status": shown[cadre.pk],
        }
        for cadre in people
    ]
    units = Unit.objects.all() if scope.unit_ids is None else Unit.objects.filter(pk__in=scope.unit_ids)
    return render(
        request,
        "cards/cadres.html",
        {
            "page": page,
            "rows": rows,
            "query": request.GET.get("q", "").strip(),
            "unit": request.GET.get("unit", ""),
            "units": units,
            "show_all": request.GET.get("all") == "1",
            "roster": request.GET.get("roster", ""),
            "card_filter": request.GET.get("card", ""),
            "card_filters": selectors.CARD_FILTERS,
            "may_import": access_for(request).may(TABLE["roster"]),
            "officer_units": officer_units(request),
            "actions": LABELS if officer_units(request) else {},
            "tick_all": request.GET.get("select") == "page",
            "own": {unit.pk for unit in officer_units(request)},
        },
    )


def cadre(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate(now)
    person = cadre_of(request, pk)
    placed = selectors.with_place(Cadre.objects.filter(pk=person.pk), today)[0]
    changing = may_change(request, person)
    cards = list(person.cards.select_related("issued_by", "approved_by", "revoked_by"))
    valid = next((card for card in cards if card.revoked_at is None), None)
    place = selectors.place_of(placed)
    open_request = person.card_requests.filter(decision="").select_related("requested_by").first()
    last_request = person.card_requests.order_by("-requested_at", "-pk").first()
    refused = last_request is not None and last_request.decision == CardRequest.Decision.REFUSED
    return render(
        request,
        "cards/cadre.html",
        {
            "person": person,
            "place": place,
            "posts": list(person.posts.all()),
            "duties": list(person.duties.all()),
            "status": selectors.shown([placed], now)[person.pk],
            "whereabouts": person.whereabouts.begun(now).first() if changing else None,
            "card": valid,
            "old_cards": [card for card in cards if card.revoked_at is not None],
            "open_request": open_request,
            "refused_request": last_request if refused else None,
            "printings": log.newest(person),
            "outdated": log.outdated(person, place, city=city_of(request), today=today) if valid else [],
            "consents": _consents(person),
            "history": entries(person, private=changing),
            "may_change": changing,
            "may_revoke": changing or _is_express(request),
            "in_service": not person.has_left(today),
            "stand_in_left": person.stand_in is not None and person.stand_in.has_left(today),
            **selectors.moves(person, today),
            "may_move": changing and not person.has_left(today),
        },
    )


def _is_express(request: HttpRequest) -> bool:
    return access_for(request).has(Role.EXPRESS_STAFF) or access_for(request).has(Role.EXPRESS_HEAD)


def _consents(person: Cadre) -> list[dict[str, Any]]:
    standing = {consent.subject: consent for consent in person.consents.filter(withdrawn_at=None)}
    return [
        {"subject": subject.value, "label": subject.label, "consent": standing.get(subject.value)}
        for subject in Consent.Subject
    ]


def photo(request: HttpRequest, pk: int) -> HttpResponse:
    person = cadre_of(request, pk)
    data = photos.read(str(person.photo)) if person.photo else b""
    if not data:
        raise Http404
    return private(HttpResponse(data, content_type="image/jpeg"))


def cadre_new(request: HttpRequest) -> HttpResponse:
    if (choice := unit_choice(request, _("Add a person"))) is not None:
        return choice
    unit, now = officer_unit(request), timezone.now()
    form = CadreForm(
        posted(request),
        request.FILES or None,
        unit=unit,
        initial={"serves_from": timezone.localdate(now)},
    )
    made: list[Cadre] = []
    if form.is_valid() and accepted(
        form,
        lambda: made.append(
            services.cadre_create(unit=unit, details=form.details(), actor=user_of(request), now=now)
        ),
    ):
        _store_photo(request, made[0], form)
        _warn_of_missing_characters(request, form)
        messages.success(
            request, _("%(name)s has been added. Request the card next.") % {"name": made[0].name}
        )
        return redirect("cadre", made[0].pk)
    form.ask_again_for_photo()
    return render_form(
        request,
        "cards/form_page.html",
        form,
        title=_("Add a person"),
        kicker=unit.name,
        back_url=reverse("cadres"),
        back_label=_("People and cards"),
    )


def cadre_edit(request: HttpRequest, pk: int) -> HttpResponse:
    person, now = cadre_of(request, pk), timezone.now()
    form = CadreForm(
        posted(request),
        request.FILES or None,
        unit=person.unit,
        cadre=person,
        initial=CadreForm.initial_of(person),
    )
    if form.is_valid() and accepted(
        form,
        lambda: services.cadre_edit(
            cadre=person,
            details=form.details(),
            seen=form.cleaned_data["seen"] or None,
            actor=user_of(request),
            now=now,
        ),
    ):
        _store_photo(request, person, form)
        _warn_of_missing_characters(request, form)
        messages.success(request, _("Saved."))
        return redirect("cadre", person.pk)
    form.ask_again_for_photo()
    return render_form(
        request,
        "cards/form_page.html",
        form,
        title=_("Change details"),
        kicker=person.name,
        back_url=reverse("cadre", args=[pk]),
        back_label=person.name,
    )


def _store_photo(request: HttpRequest, person: Cadre, form: CadreForm) -> None:
    upload = form.cleaned_data["photo"]
    if upload is not None:
        services.cadre_photo_set(cadre=person, upload=upload, actor=user_of(request), now=timezone.now())


def _warn_of_missing_characters(request: HttpRequest, form: CadreForm) -> None:
    missing = missing_characters(form.cleaned_data["name"], "serif-bold")
    if missing:
        text = _(
            "The fonts have no %(characters)s: the plaque cannot be printed until a font that has it is added."
        )
        messages.warning(request, text % {"characters": "、".join(missing)})


def end_service(request: HttpRequest, pk: int) -> HttpResponse:
    person, now = cadre_of(request, pk), timezone.now()
    if "withdraw" in request.POST:
        return _resume_service(request, person, now)
    form = EndServiceForm(posted(request), initial={"last_day": person.serves_to or timezone.localdate(now)})
    if form.is_valid() and accepted(
        form,
        lambda: services.cadre_end_service(
            cadre=person, **form.cleaned_data, actor=user_of(request), now=now
        ),
    ):
        messages.success(request, _("The last day of service has been entered."))
        return redirect("cadre", person.pk)
    return render_form(
        request,
        "cards/form_page.html",
        form,
        title=_("End service"),
        kicker=person.name,
        back_url=reverse("cadre", args=[pk]),
        back_label=person.name,
    )


def _resume_service(request: HttpRequest, person: Cadre, now: datetime) -> HttpResponse:
    try:
        services.cadre_resume_service(cadre=person, actor=user_of(request), now=now)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _("The last day of service has been withdrawn."))
    return redirect("cadre", person.pk)


def offices(request: HttpRequest) -> HttpResponse:
    rows = (
        Office.objects.within(scope_for(request))
        .select_related("unit")
        .order_by("unit__code", "room", "name")
    )
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    mine = {unit.pk for unit in officer_units(request)}
    return render(
        request, "cards/offices.html", {"page": page, "mine": mine, "officer_units": officer_units(request)}
    )


def office_new(request: HttpRequest) -> HttpResponse:
    if (choice := unit_choice(request, _("Add an office"))) is not None:
        return choice
    unit = officer_unit(request)
    form = OfficeForm(posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.office_create(
            unit=unit, details=form.details(), actor=user_of(request), now=timezone.now()
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("offices")
    return render_form(
        request,
        "cards/form_page.html",
        form,
        title=_("Add an office"),
        kicker=unit.name,
        back_url=reverse("offices"),
        back_label=_("Offices"),
    )


def office_edit(request: HttpRequest, pk: int) -> HttpResponse:
    office = get_object_or_404(Office.objects.within(scope_for(request)).select_related("unit"), pk=pk)
    initial = {name: getattr(office, name) for name in ("name", "room", "location", "duty_phone")}
    form = OfficeForm(posted(request), initial={**initial, "seen": version_of(initial)})
    if form.is_valid() and accepted(
        form,
        lambda: services.office_edit(
            office=office,
            details=form.details(),
            seen=form.cleaned_data["seen"] or None,
            actor=user_of(request),
            now=timezone.now(),
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("offices")
    return render_form(
        request,
        "cards/form_page.html",
        form,
        title=_("Change the office"),
        kicker=office.unit.name,
        back_url=reverse("offices"),
        back_label=_("Offices"),
    )
