"""Entering what came by telephone, over the counter or in a letter. What was typed stands in the page and nowhere else
until it is sent; photos wait in a draft, so that a sentence about one costs none of the others."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.http import user_of
from accounts.models import Unit
from common import tokens
from common.forms import accepted, posted, render_form
from common.problems import Refused
from common.responses import private
from complaints import desk_words, evidence, receipts, tickets
from complaints.entry_forms import EntryForm
from complaints.models import Complaint, DraftImage
from complaints.progress import due_words
from complaints.services import entry, intake
from complaints.views.desk import seen


class Sheet:
    """One request's part of what is being written."""

    def __init__(self, request: HttpRequest, now: datetime) -> None:
        self.request, self.now = request, now
        self.ticket = tickets.read(request.POST.get("ticket", ""), now)
        self.draft = tokens.normalise(request.POST.get("draft", "")) or ""
        units = Unit.objects.active(timezone.localdate(now)).order_by("code")
        self.form = EntryForm(posted(request), units=units, now=now)

    @property
    def images(self) -> list[DraftImage]:
        return list(DraftImage.objects.filter(draft__token=self.draft).defer("data")) if self.draft else []

    def sort_photos(self) -> None:
        """Out with what was ticked, in with what was chosen; what is wrong with one becomes an error of the form."""
        for token in self.request.POST.getlist("remove")[: evidence.MOST]:
            intake.image_remove(draft=self.draft, image=token)
            if not self.images:
                self.draft = ""
        uploads = self.request.FILES.getlist("photos")
        taken, problems = evidence.pictures(uploads, evidence.MOST - len(self.images))
        try:
            if taken:
                self.draft = intake.images_add(draft=self.draft, pictures=taken, now=self.now)
        except Refused as refused:
            problems.append(str(refused.sentence))
        for problem in problems:
            self.form.add_error("photos", problem)

    def page(self) -> HttpResponse:
        context = {"ticket": self.ticket, "draft": self.draft, "images": self.images}
        return private(render_form(self.request, "complaints/enter.html", self.form, **context))


def complaint_enter(request: HttpRequest) -> HttpResponse:
    sheet, entered = Sheet(request, timezone.now()), list[tuple[Complaint | None, str]]()
    if request.method != "POST":
        return sheet.page()
    sheet.sort_photos()

    def enter() -> None:
        given = {**sheet.form.given(), "ticket": sheet.ticket, "draft": sheet.draft}
        entered.append(entry.complaint_enter(**given, actor=user_of(request), now=sheet.now))

    if sheet.form.is_valid() and accepted(sheet.form, enter):
        return _entered(request, sheet, *entered[0])
    return sheet.page()


def _entered(request: HttpRequest, sheet: Sheet, case: Complaint | None, number: str) -> HttpResponse:
    """The only page that ever shows the number."""
    context: dict[str, Any] = {
        "case": case,
        "grouped": receipts.grouped(number) if number else "",
        "is_seen": case is not None and seen(request).filter(pk=case.pk).exists(),
    }
    if case is not None:
        given = sheet.form.given()
        context |= {
            "is_other": not intake.holds(case, given["subject"], given["words"]),
            "subject": desk_words.subject(case),
            "left": desk_words.time_left(case, sheet.now),
            "due": due_words(case),
            "derivation": desk_words.derivation(case),
            # The form was sent again, later than a second tap.
            "is_old": bool(case.receipt) and not number,
        }
    return private(render(request, "complaints/entered.html", context))
