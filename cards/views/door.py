"""Beside the door: a screen that asks again every half minute, and a picture for e-paper. Public, without a script."""

from datetime import datetime
from math import ceil
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _

from accounts.http import city_of
from cards.documents import door as picture_of
from cards.door import door_of, office_behind
from common.responses import unkept
from common.tokens import normalise

REFRESH_SECONDS = 30
#: More people than this are shown in turn.
A_SCREEN = 12


def _door(request: HttpRequest, token: str, now: datetime) -> picture_of.Door:
    """The guard: nothing is told of a code that no door has."""
    meant = normalise(token)
    office = office_behind(meant) if meant else None
    if office is None:
        raise Http404
    return door_of(office, city=city_of(request), now=now)


def screen(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    door = _door(request, token, now)
    pages = max(1, ceil(len(door.people) / A_SCREEN))
    page = _number(request.GET.get("page", ""), pages)
    # Evenly: thirteen are seven and six, not twelve and one.
    share = ceil(len(door.people) / pages)
    people = door.people[(page - 1) * share : page * share]
    still = request.GET.get("still") == "1"
    following = {"page": page % pages + 1} if pages > 1 else {}
    response = render(
        request,
        "cards/door.html",
        {
            "door": door,
            "people": people,
            "many": len(people),
            "now": now,
            "day_pattern": _("F j (l)"),
            "page_number": page,
            "pages": pages,
            "following": urlencode({**following, **({"still": 1} if still else {})}),
            "still": still,
        },
    )
    if not still:
        target = f"; url=?{urlencode(following)}" if following else ""
        response["Refresh"] = f"{REFRESH_SECONDS}{target}"
    return unkept(response)


def _number(typed: str, pages: int) -> int:
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 3 else 1
    return number if 1 <= number <= pages else 1


def picture(request: HttpRequest, token: str) -> HttpResponse:
    """800 × 480 in black and white. The tag is of what is shown, so an unchanged picture is not even drawn."""
    now = timezone.now()
    face = picture_of.Face(_door(request, token, now), now, city_of(request).is_demo)
    etag = quote_etag(face.fingerprint(translation.get_language() or ""))
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(picture_of.draw(face), content_type="image/png")
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
