"""What a citizen sees. No script, no account, no trace: nothing here writes, and of a look-up only its sum is kept."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from accounts.http import city_of
from accounts.models import Unit, UnitKind
from cards import lookups, photos, search, selectors
from cards.models import Cadre, CadreQuerySet, Card, Consent
from cards.rules import Kind
from cards.selectors import PublicCard
from cards.vcard import vcard
from common import scans
from common.ratelimits import Limit, client_of
from common.responses import private, unkept
from common.text import file_name
from common.tokens import normalise

#: Answers on one page; whoever sees more names than that searches on among them (C).
MOST_SHOWN = 20
UNIT_PAGE = 40
#: A whole waiting hall may ask behind one address. A unit's page names forty people whoever asks, so there are fewer of
#: those: a program that copies all of them is slowed down, not kept out, for the directory is public (C).
LOOKUPS = Limit("lookups", most=300, seconds=600)
UNIT_PAGES = Limit("unit-pages", most=60, seconds=600)


@dataclass(frozen=True)
class StandInView:
    name: str
    room: str
    status: Any
    phone: str
    url: str
    is_present: bool


def home(request: HttpRequest) -> HttpResponse:
    """Who handles it? Answered by ?q=; ?unit= opens one unit, for those who would rather look around."""
    typed, code, now = request.GET.get("q", "").strip(), request.GET.get("unit", ""), timezone.now()
    if not typed and not code:
        return render(request, "home.html", {"units": _units(now)})
    client, limits = client_of(request), (LOOKUPS,) if typed else (LOOKUPS, UNIT_PAGES)
    if len(typed) > search.LONGEST:
        # What the page says of itself, the links to other languages among it, says it no longer than the field does.
        cut = request.GET.copy()
        cut["q"] = typed[: search.LONGEST]
        request.GET = cut  # type: ignore[assignment]
    if any(limit.exceeded(client, now) for limit in limits):
        return unkept(render(request, "cards/too_many_lookups.html", status=429))
    for limit in limits:
        limit.count(client, now)
    return unkept(_found(request, typed, now) if typed else _unit(request, code, now))


def _found(request: HttpRequest, typed: str, now: datetime) -> HttpResponse:
    people, today = _public(now), timezone.localdate(now)
    found = search.answer(people, typed, today, most=MOST_SHOWN)
    rows = {row.cadre.pk: row for row in selectors.listed(people, [hit.cadre_id for hit in found.hits], now)}
    answers = [(hit, rows[hit.cadre_id]) for hit in found.hits if hit.cadre_id in rows]
    context = {
        "query": typed[: search.LONGEST],
        "named": _named(found),
        "sections": [(title, list(part)) for title, part in groupby(answers, key=lambda one: _title(one[0]))],
        "total": found.total,
        "more": found.total > len(found.hits),
        "units": [] if answers else _units(now),
    }
    return render(request, "home.html", context)


def _title(hit: search.Hit) -> str:
    if not hit.duty:
        return _("People")
    return _("Who handles this") if hit.place < search.Place.NAME else _("Similar duties")


def _named(found: search.Found) -> list[tuple[Unit, str]]:
    """The units that were typed, each with the name that it has taken over when it was that one."""
    by_id = Unit.objects.in_bulk([one.unit_id for one in found.units])
    return [(by_id[one.unit_id], one.before) for one in found.units if one.unit_id in by_id]


def _unit(request: HttpRequest, code: str, now: datetime) -> HttpResponse:
    """A unit's people by their own office, wherever they work today."""
    today = timezone.localdate(now)
    unit = get_object_or_404(Unit.objects.select_related("successor"), code=code)
    people = _public(now).filter(unit=unit)
    if unit.valid_to is not None and unit.valid_to <= today and unit.successor and not people.exists():
        return render(request, "cards/unit_merged.html", {"unit": unit, "successor": _goes_on(unit, today)})
    if not Unit.objects.active(today).filter(pk=unit.pk).exists():
        raise Http404
    facts = people.order_by().values_list("office__room", "office__name", "office", "pinyin", "name", "pk")
    page = Paginator([fact[-1] for fact in sorted(facts)], UNIT_PAGE).get_page(request.GET.get("page"))
    rows = selectors.listed(people, list(page.object_list), now)
    offices = [(office, list(there)) for office, there in groupby(rows, key=lambda row: row.cadre.office)]
    return render(request, "cards/public_unit.html", {"unit": unit, "offices": offices, "page": page})


def _goes_on(unit: Unit, today: date) -> Unit:
    """At the end of a line of mergers."""
    while unit.successor is not None and unit.valid_to is not None and unit.valid_to <= today:
        unit = unit.successor
    return unit


def _public(now: datetime) -> CadreQuerySet:
    return selectors.with_card(Cadre.objects.serving(timezone.localdate(now)))


def _units(now: datetime) -> list[tuple[str, list[Unit]]]:
    """Those with somebody to be found, the city's departments first."""
    staffed = Exists(_public(now).filter(unit=OuterRef("pk")))
    units = Unit.objects.active(timezone.localdate(now)).filter(staffed).order_by("code")
    headings = {
        UnitKind.DEPARTMENT: _("City departments"),
        UnitKind.SUBDISTRICT: _("Subdistricts"),
        UnitKind.TOWN: _("Towns"),
        UnitKind.TOWNSHIP: _("Townships"),
    }
    grouped = [(heading, [unit for unit in units if unit.kind == kind]) for kind, heading in headings.items()]
    return [group for group in grouped if group[1]]


def by_code(request: HttpRequest) -> HttpResponse:
    """For people who cannot scan: the code printed below the QR code, typed in any case, with or without spaces."""
    typed = request.GET.get("code", "")
    token = normalise(typed)
    if token is None:
        error = _("A code has 16 letters and digits.")
        context = {"code": typed[:64], "code_error": error, "units": _units(timezone.now())}
        return render(request, "home.html", context, status=422)
    if scans.is_signed_in(request) and (found := selectors.find_card(token)):
        return _by_role(request, found, timezone.localdate()) or redirect("card", token)
    return redirect("card", token)


def _by_role(request: HttpRequest, found: Card, today: date) -> HttpResponse | None:
    """The same code leads those who are signed in to what they do with it."""
    elsewhere = scans.destination(request, found) if found.is_valid_on(today) else None
    return private(redirect(elsewhere)) if elsewhere else None


def card(request: HttpRequest, token: str) -> HttpResponse:
    found, now = _find(token), timezone.now()
    if found is None or not found.is_valid_on(timezone.localdate(now)):
        return _no_card(request, known=found)
    if scans.is_scan(request) and scans.is_signed_in(request):
        by_role = _by_role(request, found, timezone.localdate(now))
        if by_role is not None:
            return by_role
    shown = selectors.public_card(found, now)
    response = unkept(render(request, "cards/public_card.html", _context(request, shown)))
    lookups.count(request, shown, now)
    return response


def vcard_file(request: HttpRequest, token: str) -> HttpResponse:
    found, now = _find(token), timezone.now()
    if found is None or not found.is_valid_on(timezone.localdate(now)):
        return _no_card(request, known=found)
    shown = selectors.public_card(found, now)
    phones = [("WORK,VOICE", shown.cadre.office_phone)]
    if Consent.Subject.MOBILE in shown.consents:
        phones.append(("CELL,VOICE", shown.cadre.mobile))
    text = vcard(
        name=shown.cadre.name,
        unit=shown.cadre.unit.name,
        office=shown.cadre.office.name,
        title=shown.title,
        note=shown.elsewhere,
        phones=phones,
        url=f"{settings.SITE_URL}{reverse('card', args=[found.token])}",
        place=" ".join(part for part in (shown.office.location, shown.office.room) if part),
        city=city_of(request).name,
    )
    response = HttpResponse(text, content_type="text/vcard; charset=utf-8")
    response["Content-Disposition"] = (
        content_disposition_header(True, file_name(f"{shown.cadre.name}.vcf")) or "attachment"
    )
    return unkept(response)


def photo(request: HttpRequest, token: str) -> HttpResponse:
    """The small photo, only while its consent stands."""
    found = _find(token)
    if found is None or not found.is_valid_on(timezone.localdate()) or not found.cadre.photo:
        raise Http404
    if Consent.Subject.PHOTO not in selectors.standing_consents(found.cadre_id):
        raise Http404
    data = photos.read(photos.web_name(str(found.cadre.photo)))
    if not data:
        raise Http404
    return unkept(HttpResponse(data, content_type="image/jpeg"))


def _find(token: str) -> Card | None:
    meant = normalise(token)
    return selectors.find_card(meant) if meant else None


def _no_card(request: HttpRequest, *, known: Card | None) -> HttpResponse:
    """One kind page for revoked, unknown and malformed codes; it never names a person."""
    return unkept(
        render(
            request,
            "cards/no_card.html",
            {"revoked": known is not None and known.has_ended(timezone.localdate())},
            status=404,
        )
    )


def _context(request: HttpRequest, shown: PublicCard) -> dict[str, Any]:
    cadre, token = shown.cadre, shown.card.token
    has_photo = Consent.Subject.PHOTO in shown.consents and bool(cadre.photo)
    stand_in, duty_phone = _cover(shown)
    return {
        "card": {
            "serial": shown.card.serial,
            "issued_on": timezone.localdate(shown.card.issued_at),
            "token": token,
        },
        "cadre": {
            "name": cadre.name,
            "unit_name": cadre.unit.name,
            "posts": shown.posts,
            "office_name": shown.cadre.office.name,
            "room": shown.office.room,
            "floor_note": shown.office.location,
            "duties": shown.duties,
            "office_phone": cadre.office_phone,
            "mobile": cadre.mobile if Consent.Subject.MOBILE in shown.consents else "",
            "photo_url": reverse("card_photo", args=[token]) if has_photo else "",
        },
        "status": shown.status_view,
        "stand_in": stand_in,
        "stand_in_away": stand_in is not None and not stand_in.is_present,
        "duty_phone": duty_phone,
        "unit_hotline": cadre.unit.hotline,
        "city_hotline": city_of(request).express_hotline,
        "vcard_url": reverse("card_vcard", args=[token]),
    }


def _cover(shown: PublicCard) -> tuple[StandInView | None, str]:
    """Who is there instead: the stand-in while the person is away, the duty phone when the stand-in is away too."""
    if shown.status.kind in (Kind.AT_POST, Kind.OUTSIDE_HOURS):
        return None, ""
    stand_in, status = shown.stand_in, shown.stand_in_status
    if stand_in is None or status is None:
        return None, shown.office.duty_phone
    url = reverse("card", args=[shown.stand_in_token]) if shown.stand_in_token else ""
    view = StandInView(
        stand_in.name,
        selectors.place_of(stand_in).room,
        shown.stand_in_view,
        stand_in.office_phone,
        url,
        status.is_present,
    )
    return view, "" if status.is_present else shown.office.duty_phone
