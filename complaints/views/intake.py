"""Complaining in four steps and praising in one. No script, no account, no session: what was typed travels in the form,
and nothing but photos is stored before it is sent."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Unit
from cards.selectors import find_card
from common import slots, tokens
from common.problems import Refused
from common.responses import unkept
from complaints import evidence, limits, receipt_picture, receipts, tickets
from complaints.desk_words import derivation
from complaints.intake_forms import ContactForm, EvidenceForm, PraiseForm, StoryForm
from complaints.models import Complaint, DraftImage
from complaints.progress import due_words
from complaints.services import intake
from complaints.services.intake import Subject, Words
from complaints.views.receipt import address

STORY, EVIDENCE, CONTACT, CHECK = 1, 2, 3, 4
WORDS = ("text", "occasion", "contact_name", "contact_phone")
CARRIED = ("ticket", "draft", "card", "unit", *WORDS)
#: Nobody sees it; programs fill whatever there is.
BAIT = "homepage"
ONCE_MORE = "once_more"


class Sheet:
    """One request's part of the form: all that was typed so far, wherever it was typed."""

    def __init__(self, request: HttpRequest, now: datetime) -> None:
        self.request, self.now = request, now
        sent = request.POST if request.method == "POST" else request.GET
        # An address says who it is about and nothing else.
        names = CARRIED if request.method == "POST" else ("card", "unit")
        self.typed = {name: sent.get(name, "") for name in names}
        self.is_baited = bool(request.POST.get(BAIT))
        self.ticket = tickets.read(self.typed.get("ticket", ""), now)
        self.subject = self._subject()

    @property
    def units(self) -> QuerySet[Unit]:
        return Unit.objects.active(timezone.localdate(self.now)).order_by("code")

    def _subject(self) -> Subject | None:
        """A unit that was chosen goes before the person whose card was scanned."""
        unit = self.units.filter(code=self.typed["unit"]).first() if self.typed["unit"] else None
        card = None
        if unit is None and (token := tokens.normalise(self.typed["card"])):
            card = find_card(token)
        if card is not None and card.is_valid_on(timezone.localdate(self.now)):
            return Subject(card.cadre.unit, card.cadre)
        self.typed["card"] = ""
        return Subject(unit) if unit is not None else None

    @property
    def is_about_person(self) -> bool:
        return self.subject is not None and self.subject.cadre is not None

    def hidden(self, *shown: str) -> list[tuple[str, str]]:
        """What the page carries on besides what it shows."""
        carried = {**self.typed, "ticket": str(self.ticket)}
        return [(name, value) for name, value in carried.items() if value and name not in shown]

    def refused_as_program(self) -> bool:
        """Too quick, or it filled what nobody sees: whoever is a person presses once more and has lost nothing."""
        return self.is_baited or self.ticket.is_hasty(self.now)


# --- Complaining -------------------------------------------------------------------------------------------------


class Steps(Sheet):
    def form(self, step: int, *, bound: bool) -> Form:
        data: Any = self.request.POST if bound else None
        initial = {name: self.typed.get(name, "") for name in ("unit", *WORDS)}
        if step == STORY:
            return StoryForm(
                data, initial=initial, units=self.units, about_person=self.is_about_person, label_suffix=""
            )
        if step == EVIDENCE:
            return EvidenceForm(data, {} if bound else None, label_suffix="")
        return ContactForm(data, initial=initial, label_suffix="")

    @property
    def images(self) -> list[DraftImage]:
        draft = self.typed.get("draft", "")
        return list(DraftImage.objects.filter(draft__token=draft).defer("data")) if draft else []

    def page(
        self, step: int, form: Form | None = None, *, problem: str = "", status: int = 200
    ) -> HttpResponse:
        if step != CHECK and form is None:
            form = self.form(step, bound=False)
        shown = list(form.fields) if form is not None else []
        context = {
            "step": step,
            "form": form,
            "hidden": self.hidden(*shown),
            "subject": self.subject,
            "about_person": self.is_about_person,
            "typed": self.typed,
            "images": self.images if step in (EVIDENCE, CHECK) else [],
            "most": evidence.MOST,
            "problem": problem,
        }
        template = f"complaints/complain_{step}.html"
        return unkept(render(self.request, template, context, status=422 if form and form.errors else status))

    def take(self, form: Form) -> None:
        """The photos of this request; what is wrong with one becomes an error of the form, and the others are kept."""
        uploads = self.request.FILES.getlist("photos")
        if not uploads:
            return
        if not limits.allows(limits.PHOTOS, self.request, self.now):
            form.add_error("photos", _too_often())
            return
        taken, problems = evidence.pictures(uploads, evidence.MOST - len(self.images))
        try:
            if taken:
                draft = self.typed["draft"]
                self.typed["draft"] = intake.images_add(draft=draft, pictures=taken, now=self.now)
        except Refused as refused:
            problems.append(str(refused.sentence))
        for problem in problems:
            form.add_error("photos", problem)

    def send(self) -> HttpResponse:
        for step in (STORY, CONTACT):
            form = self.form(step, bound=True)
            if not form.is_valid():
                return self.page(step, form)
            self.typed.update({name: form.cleaned_data[name] for name in WORDS if name in form.cleaned_data})
        if self.subject is None:
            return self.page(STORY, self.form(STORY, bound=True))
        if self.refused_as_program():
            return self.page(CHECK, problem=ONCE_MORE, status=422)
        if not limits.allows(limits.SENDING, self.request, self.now):
            return self.page(CHECK, problem=_too_often(), status=429)
        words = Words(**{name: self.typed[name] for name in WORDS})
        try:
            case, number = intake.complaint_send(
                ticket=self.ticket,
                subject=self.subject,
                words=words,
                draft=self.typed["draft"],
                from_card=self.is_about_person,
                now=self.now,
            )
        except Refused as refused:
            self.typed["draft"] = ""
            return self.page(EVIDENCE, problem=str(refused.sentence), status=422)
        # Photos that are left were added after it was sent.
        same = case is None or (intake.holds(case, self.subject, words) and not self.images)
        return _receipt(self.request, case, number, is_other=not same)

    def remove(self, image: str) -> HttpResponse:
        intake.image_remove(draft=self.typed["draft"], image=image)
        if not self.images:
            self.typed["draft"] = ""
        return self.page(EVIDENCE)


def complain(request: HttpRequest) -> HttpResponse:
    steps = Steps(request, timezone.now())
    if request.method != "POST":
        return steps.page(STORY)
    step, go = _step(request.POST.get("step", "")), request.POST.get("go", "")
    if step == CHECK and not go.startswith("to-"):
        return steps.send()
    if go.startswith("remove-"):
        return steps.remove(go.removeprefix("remove-"))
    form = steps.form(step, bound=True) if step != CHECK else None
    if step == EVIDENCE and form is not None:
        steps.take(form)
    if go in BACK and not (step == EVIDENCE and form is not None and form.errors):
        return steps.page(BACK[go])
    if form is not None and not form.is_valid():
        return steps.page(step, form)
    return steps.page(step if go == "add" else step + 1)


#: Where a button leads besides the next page; nothing that was typed is lost on the way, or looked at.
BACK = {"to-1": STORY, "to-2": EVIDENCE, "to-3": CONTACT}


def _step(typed: str) -> int:
    return int(typed) if typed in {"1", "2", "3", "4"} else STORY


def _too_often() -> str:
    return _(
        "Too much has come from your network just now. Wait some minutes, then press again; nothing is lost."
    )


def _receipt(request: HttpRequest, case: Complaint | None, number: str, *, is_other: bool) -> HttpResponse:
    """The only page that ever shows the number. `is_other` where the case holds something else than was sent now."""
    context = {
        "is_other": is_other,
        "number": number,
        "grouped": receipts.grouped(number) if number else "",
        "due": due_words(case) if case is not None else "",
        "derivation": derivation(case) if case is not None else [],
        "has_contact": case is not None and bool(case.contact_phone),
        "facts": receipt_picture.facts(case, address()) if case is not None else (),
        "events": [
            {"label": _("Received"), "note": "", "state": "done"},
            {
                "label": _("Acceptance and verification"),
                "note": _("The person complained about learns neither who you are nor what you wrote."),
                "state": "next",
            },
            {"label": _("Answer"), "note": "", "state": "next"},
            {"label": _("You rate the answer"), "note": "", "state": "next"},
        ],
    }
    return unkept(render(request, "complaints/complain_done.html", context))


def complain_image(request: HttpRequest, token: str) -> HttpResponse:
    """A photo for whoever is writing; gone once the complaint is sent."""
    image = DraftImage.objects.filter(token=token).first()
    if image is None:
        raise Http404
    return unkept(HttpResponse(bytes(image.data), content_type="image/jpeg"))


# --- Praising ----------------------------------------------------------------------------------------------------


def praise(request: HttpRequest) -> HttpResponse:
    sheet = Sheet(request, timezone.now())
    bound: Any = request.POST if request.method == "POST" else None
    form = PraiseForm(
        bound,
        initial={"unit": sheet.typed["unit"]},
        units=sheet.units,
        about_person=sheet.is_about_person,
        label_suffix="",
    )
    if bound is None or not form.is_valid() or sheet.subject is None:
        return _praise_page(sheet, form)
    if sheet.refused_as_program():
        return _praise_page(sheet, form, problem=ONCE_MORE, status=422)
    if not limits.allows(limits.SENDING, request, sheet.now):
        return _praise_page(sheet, form, problem=_too_often(), status=429)
    intake.praise_send(
        ticket=sheet.ticket, subject=sheet.subject, text=form.cleaned_data["text"], now=sheet.now
    )
    return unkept(render(request, "complaints/praise_done.html"))


def _praise_page(sheet: Sheet, form: Form, *, problem: str = "", status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "hidden": sheet.hidden(*form.fields, *WORDS),
        "subject": sheet.subject,
        "about_person": sheet.is_about_person,
        "problem": problem,
    }
    template = "complaints/praise.html"
    return unkept(render(sheet.request, template, context, status=422 if form.errors else status))


# --- Ways in -----------------------------------------------------------------------------------------------------


def _from_card(request: HttpRequest, token: Any) -> tuple[str, dict[str, Any]]:
    return "complaints/card_feedback.html", {"token": token}


def _from_home(request: HttpRequest, subject: Any) -> tuple[str, dict[str, Any]]:
    return "complaints/home_feedback.html", {}


def register() -> None:
    slots.fill("card_feedback", _from_card)
    slots.fill("home_feedback", _from_home)
