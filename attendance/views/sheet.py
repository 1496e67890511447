"""The daily sheet: one page for the round that is being walked, where every tap is kept at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import scope_for, user_of
from attendance import selectors, services
from attendance import walk as walking
from attendance.forms import WordsForm
from attendance.models import Item, Mark, OpenRound, Subject
from attendance.rows import WAYS, Maker
from attendance.rules import CHOOSABLE, Verified
from attendance.walk import Sheet, Walk
from cards import photos
from cards.models import Cadre
from cards.presentation import clock, status_view
from cards.views.people import officer_units
from common.forms import accepted
from common.problems import Refused
from common.responses import private
from common.templatetags.components import error_summary

LONGEST_PART = 40


def is_key(text: str) -> bool:
    """Whether it is a number that a row may have; databases take no longer one."""
    return text.isdecimal() and len(text) < 19


# --- Which round -----------------------------------------------------------------------------------------------------


def today(request: HttpRequest) -> HttpResponse:
    """The sheet of the officer's unit; of several units a page to choose from."""
    units = officer_units(request)
    if len(units) == 1:
        return redirect("sheet", units[0].code)
    return render(request, "attendance/sheet_units.html", {"units": units})


def walk_of(request: HttpRequest, code: str) -> Walk:
    """The guard: a unit whose officer asks, and which round of it; else 404."""
    unit = next((unit for unit in officer_units(request) if unit.code == code), None)
    if unit is None:
        raise Http404
    asked = request.POST if request.method == "POST" else request.GET
    part = asked.get("part", "")
    if len(part) > LONGEST_PART:
        raise Http404
    return Walk(unit, user_of(request), timezone.now(), part)


def _back(walk: Walk, anchor: str = "") -> HttpResponse:
    """To the round that is being walked, also behind one that was submitted."""
    return redirect(f"{reverse('sheet', args=[walk.unit.code])}{walk.query(again='1')}{anchor}")


# --- The page --------------------------------------------------------------------------------------------------------


def sheet(request: HttpRequest, code: str) -> HttpResponse:
    return _page(request, walking.read(walk_of(request, code)))


def _page(request: HttpRequest, shown: Sheet, forms: Mapping[int, WordsForm] | None = None) -> HttpResponse:
    walk = shown.walk
    if walk.part and walk.part not in shown.parts:
        raise Http404
    maker = Maker(shown, forms or {}, query=walk.query())
    state = _state(request, shown)
    context = {
        **facts(shown),
        "state": state,
        "summary": error_summary(*maker.forms.values()),
        "units": officer_units(request),
        "day_words": formats.date_format(walk.day, _("F j, l")),
        "kicker": " · ".join(_kicker(shown, state)),
        "tabs": _tabs(shown),
        "rounds": shown.rounds,
        "again_url": walk.query(again="1"),
        "nobody": _nobody(shown) if state == "empty" else None,
    }
    if state == "open":
        context |= _open_parts(maker)
    return render(request, "attendance/sheet.html", context, status=422 if forms else 200)


def _open_parts(maker: Maker) -> dict[str, Any]:
    """What the form of the round shows."""
    shown = maker.sheet
    return {
        "rooms": maker.rooms(),
        "apart": [
            {"name": one.cadre.name, "post": one.post, "says": maker.says(one.status)} for one in shown.apart
        ],
        "ways": [(way.value, label) for way, label in WAYS.items()],
        "submit_label": _submit_label(shown),
    }


def facts(shown: Sheet) -> dict[str, Any]:
    """What every part of the page counts."""
    verified = shown.verified
    return {
        "walk": shown.walk,
        "sheet": shown,
        "chosen": " ".join(f"{pk}:{way}" for pk, way in shown.opened.chosen.items()),
        "counts": {
            "to_check": len(shown.to_check),
            "present": shown.present,
            "away": len(shown.to_check) - shown.present,
            "problems": len(shown.opened.marks),
            "unmeasured": _unmeasured(shown),
            **{way.value: verified[way] for way in Verified},
        },
    }


def _unmeasured(shown: Sheet) -> int:
    """Problems that have minutes, and of which none were entered."""
    timed = {item.pk for item in shown.items if item.with_minutes}
    return sum(mark.minutes is None and mark.item_id in timed for mark in shown.opened.marks)


def _state(request: HttpRequest, shown: Sheet) -> str:
    """open, done, or empty where nobody is to be checked. After a round the page rests, so that nobody walks another
    one by mistake."""
    if shown.opened.marks:
        return "open"
    if shown.done() and "again" not in request.GET and request.method == "GET":
        return "done"
    return "open" if shown.to_check else "empty"


def _kicker(shown: Sheet, state: str) -> list[str]:
    walk, (position, number) = shown.walk, shown.position
    words = [walk.unit.name, *filter(None, [walk.part])]
    if state == "open":
        words += [_("Round %(number)s") % {"number": shown.number}, clock(walk.now)]
    if position:
        counted = {"position": position, "number": number}
        words.append(_("working day %(position)s of %(number)s this month") % counted)
    return words


def _tabs(shown: Sheet) -> list[dict[str, Any]]:
    """The whole unit and each building and floor, where there are several."""
    parts = shown.parts
    if len(parts) < 2:
        return []
    address = reverse("sheet", args=[shown.walk.unit.code])
    tabs = []
    for part in ("", *parts):
        opened, done = shown.by_part.get(part), len(shown.done(part))
        tabs.append(
            {
                "url": address + replace(shown.walk, part=part).query(),
                "label": part or _("Whole unit"),
                "people": sum(
                    person.is_due and not shown.is_own(person)
                    for person in shown.everybody
                    if not part or person.office.location == part
                ),
                "marked": _problems(len(opened.marks)) if opened and opened.marks else "",
                "rounds": ngettext("%(count)s round", "%(count)s rounds", done) % {"count": done}
                if done
                else "",
                "current": part == shown.walk.part,
            }
        )
    return tabs


def _problems(number: int) -> str:
    return ngettext("%(count)s problem", "%(count)s problems", number) % {"count": number}


def _submit_label(shown: Sheet) -> str:
    """A part is named: the others stay open behind it."""
    if shown.walk.part:
        words = {"part": shown.walk.part, "number": shown.number}
        return _("%(part)s: submit round %(number)s") % words
    if shown.number == 1:
        return _("Submit today’s sheet")
    return _("Submit round %(number)s") % {"number": shown.number}


def _nobody(shown: Sheet) -> dict[str, str]:
    """Why there is nothing to check now."""
    others = [person for person in shown.people if not shown.is_own(person)]
    if not others:
        text = _("Nobody but yourself works here today") if shown.people else _("Nobody works here today")
        return {"text": text, "hint": _("Nobody checks their own line.") if shown.people else ""}
    hours = shown.book.of(shown.walk.unit.office_hours_id)
    hint = next(iter(status_view(others[0].status, hours, shown.walk.now).details), "")
    if not shown.is_working_day:
        return {"text": _("Today is a rest day; no sheet is due"), "hint": hint}
    return {"text": _("Outside office hours nobody is checked"), "hint": hint}


# --- Taps ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """What was typed on the page before the tap: saved, but for the forms with errors."""

    forms: dict[int, WordsForm]
    #: Whose words these are, by mark.
    cadres: dict[int, int]


def _keep(request: HttpRequest, walk: Walk) -> Kept:
    """Nothing that stands in a box is lost, whichever button is pressed."""
    opened = walking.opened_by(walk.checker, walk.unit, walk.day).get(walk.part)
    _keep_ways(request, walk)
    kept = Kept({}, {})
    rows = Mark.objects.in_bulk([mark.pk for mark in opened.marks]) if opened and request.POST else {}
    for mark in opened.marks if opened else ():
        kept.cadres[mark.pk] = mark.cadre_id
        form = WordsForm.of(mark, request.POST, request.FILES)
        if form.add_prefix("shown") in request.POST and not _save(form, rows.get(mark.pk)):
            kept.forms[mark.pk] = form
    return kept


def _save(form: WordsForm, mark: Mark | None) -> bool:
    if not form.is_valid():
        return False
    if mark is None or not form.was_typed:
        return True
    words = {name: form.cleaned_data[name] for name in ("minutes", "note")}
    # The words first: a bad photo keeps nobody from having written them.
    services.mark_describe(mark=mark, **words)
    photo = form.cleaned_data["photo"]
    return not photo or accepted(form, lambda: services.mark_describe(mark=mark, **words, photo=photo))


def _keep_ways(request: HttpRequest, walk: Walk) -> None:
    """How people were verified, as far as it was changed since the page was shown."""
    shown = dict(pair.split(":", 1) for pair in request.POST.get("ways", "").split() if ":" in pair)
    chosen = {
        name.removeprefix("way-"): str(value)
        for name, value in request.POST.items()
        if name.startswith("way-") and value in {"", *CHOOSABLE}
    }
    changed = {
        int(pk): Verified(value) if value else None
        for pk, value in chosen.items()
        if is_key(pk) and value != shown.get(pk, "")
    }
    usual = request.POST.get("usual", "")
    if not changed and usual not in CHOOSABLE:
        return
    here = {one.cadre.pk for one in selectors.people_at(walk.unit, walk.now, scope=walk.part)}
    if walk.part and not here:
        raise Http404
    people = {pk: way for pk, way in changed.items() if pk in here}
    if people or usual in CHOOSABLE:
        services.verified_set(
            unit=walk.unit,
            day=walk.day,
            scope=walk.part,
            checker=walk.checker,
            now=walk.now,
            usual=Verified(usual) if usual in CHOOSABLE else None,
            people=people,
        )


@dataclass(frozen=True)
class Tap:
    """A chip: whom it is about, and which problem; none for 相符."""

    cadre: Cadre
    item: Item | None
    clears: bool


def _tapped(request: HttpRequest) -> Tap | None:
    clears = "problem" not in request.POST
    tapped = request.POST.get("clear" if clears else "problem")
    if not tapped:
        return None
    number, _colon, code = tapped.partition(":")
    if not is_key(number) or not (code or clears):
        raise Http404
    cadre = get_object_or_404(Cadre, pk=number)
    return Tap(cadre, get_object_or_404(Item, code=code, subject=Subject.CADRE) if code else None, clears)


def _do(tap: Tap, walk: Walk) -> None:
    """Raises Refused."""
    which: dict[str, Any] = {
        "unit": walk.unit,
        "day": walk.day,
        "scope": walk.part,
        "cadre": tap.cadre,
        "item": tap.item,
        "checker": walk.checker,
    }
    if tap.clears:
        services.mark_clear(**which)
    else:
        services.mark_add(**which, now=walk.now)


def _refusal(tap: Tap | None, walk: Walk) -> str:
    """The tap is done, or why not."""
    try:
        if tap is not None:
            _do(tap, walk)
    except Refused as refused:
        return refused.sentence
    return ""


def mark(request: HttpRequest, code: str) -> HttpResponse:
    """A tap on a chip, or words and photos that are saved on the way."""
    walk = walk_of(request, code)
    tap, kept = _tapped(request), _keep(request, walk)
    refused, pk = _refusal(tap, walk), tap.cadre.pk if tap else _meant(request, kept)
    if "HX-Request" in request.headers:
        return _row(request, walk, pk, kept.forms, refused)
    if refused:
        messages.error(request, refused)
    if kept.forms:
        return _page(request, walking.read(walk), kept.forms)
    return _back(walk, f"#person-{pk}" if pk else "")


def _meant(request: HttpRequest, kept: Kept) -> int | None:
    """Whose line has asked, where it was no chip: by the name of the box that changed."""
    name = request.headers.get("HX-Trigger-Name", "")
    kind, _dash, number = name.partition("-")
    if kind == "way" and is_key(number):
        return int(number)
    mark = kind.removeprefix("m")
    return kept.cadres.get(int(mark)) if is_key(mark) else None


def _row(
    request: HttpRequest, walk: Walk, pk: int | None, forms: Mapping[int, WordsForm], refused: str
) -> HttpResponse:
    shown = walking.read(walk)
    maker = Maker(shown, forms, query=walk.query())
    rows = [maker.row(person, refused) for person in shown.people if person.cadre.pk == pk]
    return render(request, "attendance/sheet_row.html", {**facts(shown), "rows": rows})


def verified(request: HttpRequest, code: str) -> HttpResponse:
    """One word for everybody at post."""
    walk = walk_of(request, code)
    kept = _keep(request, walk)
    if kept.forms:
        return _page(request, walking.read(walk), kept.forms)
    if "HX-Request" in request.headers:
        shown = walking.read(walk)
        parts = _open_parts(Maker(shown, query=walk.query()))
        return render(request, "attendance/sheet_form.html", {**facts(shown), **parts})
    return _back(walk, "#ways-label")


def person(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Everything that may be recorded about one person."""
    walk = walk_of(request, code)
    kept = _keep(request, walk) if request.method == "POST" else Kept({}, {})
    if request.method == "POST" and not kept.forms:
        return _after_person(request, walk, pk)
    shown = walking.read(walk)
    here = next((one for one in shown.people if one.cadre.pk == pk), None)
    if here is None:
        raise Http404
    maker = Maker(shown, kept.forms, everything=True)
    context = {
        **facts(shown),
        "summary": error_summary(*kept.forms.values()),
        "person": here,
        "rows": [maker.row(here)],
        "back_url": f"{reverse('sheet', args=[code])}{walk.query()}#person-{pk}",
    }
    return render(request, "attendance/sheet_person.html", context, status=422 if kept.forms else 200)


def _after_person(request: HttpRequest, walk: Walk, pk: int) -> HttpResponse:
    tap = _tapped(request)
    if tap is None:
        return _back(walk, f"#person-{pk}")
    if refused := _refusal(tap, walk):
        messages.error(request, refused)
    return redirect(reverse("sheet_person", args=[walk.unit.code, pk]) + walk.query())


# --- The end ---------------------------------------------------------------------------------------------------------


def submit(request: HttpRequest, code: str) -> HttpResponse:
    """One round, however often and from wherever it is sent: every answer leads to it."""
    walk = walk_of(request, code)
    kept = _keep(request, walk)
    if kept.forms:
        return _page(request, walking.read(walk), kept.forms)
    if "clean" in request.POST and kept.cadres:
        messages.warning(request, _("A problem has been recorded meanwhile. Look at it, then submit."))
        return _back(walk)
    number = request.POST.get("number", "")
    try:
        done = services.round_submit(
            unit=walk.unit,
            scope=walk.part,
            number=int(number) if number.isdecimal() and len(number) < 5 else 0,
            checker=walk.checker,
            now=walk.now,
        )
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("sheet", code)
    _say(request, walk, done, len(kept.cadres))
    return redirect("round", done.round.pk)


def _say(request: HttpRequest, walk: Walk, done: services.Submitted, marks: int) -> None:
    one = done.round
    words = {"number": one.number, "time": clock(one.submitted_at), "who": one.checker, "part": one.scope}
    if done.new:
        said = (
            _("%(part)s: round %(number)s has been submitted: %(people)s, %(problems)s.")
            if one.scope
            else _("Round %(number)s has been submitted: %(people)s, %(problems)s.")
        )
        people = ngettext("%(count)s person", "%(count)s people", one.people) % {"count": one.people}
        messages.success(request, said % {**words, "people": people, "problems": _problems(one.problems)})
    elif one.checker_id == walk.checker.pk:
        said = (
            _("%(part)s: you have submitted round %(number)s at %(time)s already.")
            if one.scope
            else _("You have submitted round %(number)s at %(time)s already.")
        )
        messages.info(request, said % words)
    else:
        said = (
            _("%(part)s: round %(number)s was submitted by %(who)s at %(time)s.")
            if one.scope
            else _("Round %(number)s was submitted by %(who)s at %(time)s.")
        )
        messages.warning(request, said % words)
    if marks and not done.new:
        messages.warning(request, _("What you have recorded meanwhile is kept for the next round."))


def discard(request: HttpRequest, code: str) -> HttpResponse:
    walk = walk_of(request, code)
    opened = OpenRound.objects.filter(
        unit=walk.unit, day=walk.day, checker=walk.checker, scope=walk.part
    ).first()
    if opened is not None:
        services.open_round_discard(opened=opened)
        messages.success(request, _("What was recorded on the way has been thrown away."))
    return _back(walk)


def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """What was seen, for officers of the unit that checks, until the round is submitted and a finding keeps it."""
    scope = scope_for(request)
    found = get_object_or_404(Mark.objects.select_related("open_round"), pk=pk)
    data = photos.read(str(found.photo)) if found.photo else b""
    if not data or not scope.allows_unit(found.open_round.unit_id):
        raise Http404
    return private(HttpResponse(data, content_type="image/jpeg"))
