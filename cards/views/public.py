"""What a citizen sees. No script, no account, no trace: nothing here writes."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from accounts.http import city_of
from cards import photos, selectors
from cards.models import Card, Consent
from cards.rules import Kind
from cards.selectors import PublicCard
from cards.vcard import vcard
from common.text import file_name
from common.tokens import normalise


@dataclass(frozen=True)
class StandInView:
    name: str
    room: str
    status: Any
    phone: str
    url: str
    is_present: bool


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html")


def by_code(request: HttpRequest) -> HttpResponse:
    """For people who cannot scan: the code printed below the QR code, typed in any case, with or without spaces."""
    typed = request.GET.get("code", "")
    token = normalise(typed)
    if token is None:
        return render(
            request,
            "home.html",
            {"code": typed[:64], "code_error": _("A code has 16 letters and digits.")},
            status=422,
        )
    return redirect("card", token)


def card(request: HttpRequest, token: str) -> HttpResponse:
    found, now = _find(token), timezone.now()
    if found is None or not found.is_valid_on(timezone.localdate(now)):
        return _no_card(request, known=found)
    return _unkept(
        render(request, "cards/public_card.html", _context(request, selectors.public_card(found, now)))
    )


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
        office=shown.office.name,
        title=shown.posts[0] if shown.posts else "",
        phones=phones,
        url=f"{settings.SITE_URL}{reverse('card', args=[found.token])}",
        place=" ".join(part for part in (shown.office.location, shown.office.room) if part),
        city=city_of(request).name,
    )
    response = HttpResponse(text, content_type="text/vcard; charset=utf-8")
    response["Content-Disposition"] = (
        content_disposition_header(True, file_name(f"{shown.cadre.name}.vcf")) or "attachment"
    )
    return _unkept(response)


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
    return _unkept(HttpResponse(data, content_type="image/jpeg"))


def _find(token: str) -> Card | None:
    meant = normalise(token)
    return selectors.find_card(meant) if meant else None


def _no_card(request: HttpRequest, *, known: Card | None) -> HttpResponse:
    """One kind page for revoked, unknown and malformed codes; it never names a person."""
    return _unkept(
        render(
            request,
            "cards/no_card.html",
            {"revoked": known is not None and known.has_ended(timezone.localdate())},
            status=404,
        )
    )


def _unkept(response: HttpResponse) -> HttpResponse:
    """The status of this minute: from a cache it would lie. And no search engine keeps people (DOMAIN §7)."""
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _context(request: HttpRequest, shown: PublicCard) -> dict[str, Any]:
    cadre, token = shown.cadre, shown.card.token
    has_photo = Consent.Subject.PHOTO in shown.consents and bool(cadre.photo)
    stand_in, duty_phone = _cover(shown)
    return {
        "card": {"serial": shown.card.serial, "issued_on": timezone.localdate(shown.card.issued_at)},
        "cadre": {
            "name": cadre.name,
            "unit_name": cadre.unit.name,
            "posts": shown.posts,
            "office_name": shown.office.name,
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
