"""What a receipt opens: how the case stands, the answer, its rating. The number travels in POSTs alone, so that no
address, history or log ever holds it."""

from datetime import datetime

from django.conf import settings
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from common.forms import accepted, posted
from common.responses import download, unkept
from complaints import limits, progress, receipt_picture
from complaints.intake_forms import GradeForm, NumberForm, RedoForm
from complaints.models import Complaint
from complaints.services import aftercare


class Asked:
    """A request with a number, and the cases behind it; or the page that says why there are none."""

    def __init__(self, request: HttpRequest) -> None:
        self.request, self.now = request, timezone.now()
        self.form = NumberForm(posted(request), label_suffix="")
        self.cases: list[Complaint] = []
        self.answer: HttpResponse | None = None
        if request.method != "POST":
            self.answer = self._page()
        elif not limits.allows(limits.ASKING, request, self.now):
            self.answer = unkept(render(request, "complaints/too_many.html", status=429))
        else:
            self._find()

    @property
    def number(self) -> str:
        return str(self.form.cleaned_data["number"])

    @property
    def newest(self) -> Complaint:
        return self.cases[-1]

    def _find(self) -> None:
        if self.form.is_valid():
            self.cases = progress.find(self.number)
            if not self.cases:
                self.form.add_error(
                    "number", _("There is no complaint with this number. Compare it with your receipt.")
                )
        if not self.cases:
            self.answer = self._page()

    def _page(self) -> HttpResponse:
        status = 422 if self.form.is_bound else 200
        return unkept(render(self.request, "complaints/receipt.html", {"form": self.form}, status=status))

    def progress(self, *, grade: Form | None = None, redo: Form | None = None) -> HttpResponse:
        cases = progress.find(self.number)
        context = {
            "parts": progress.parts(cases, self.now),
            "number": self.number,
            "grade_form": grade or GradeForm(label_suffix=""),
            "redo_form": redo or RedoForm(label_suffix=""),
            "summary": [form for form in (grade, redo) if form is not None],
        }
        status = 422 if any(form.errors for form in (grade, redo) if form is not None) else 200
        return unkept(render(self.request, "complaints/progress.html", context, status=status))


def receipt(request: HttpRequest) -> HttpResponse:
    asked = Asked(request)
    return asked.answer or asked.progress()


def address() -> str:
    """Where a number is looked up, as it stands on paper."""
    return f"{settings.SITE_URL}{reverse('receipt')}"


def receipt_image(request: HttpRequest) -> HttpResponse:
    asked = Asked(request)
    if asked.answer is not None:
        return asked.answer
    data = receipt_picture.draw(asked.cases[0], asked.number, address())
    return unkept(download(data, "image/png", f"{_('Receipt')}.png"))


def receipt_rate(request: HttpRequest) -> HttpResponse:
    asked = Asked(request)
    if asked.answer is not None:
        return asked.answer
    form = GradeForm(request.POST, label_suffix="")
    if form.is_valid() and accepted(form, lambda: _rate(asked, form, asked.now)):
        return asked.progress()
    return asked.progress(grade=form)


def _rate(asked: Asked, form: Form, now: datetime) -> None:
    aftercare.complaint_rate(case=asked.newest, grade=form.cleaned_data["grade"], now=now)


def receipt_redo(request: HttpRequest) -> HttpResponse:
    asked = Asked(request)
    if asked.answer is not None:
        return asked.answer
    form = RedoForm(request.POST, label_suffix="")
    if form.is_valid() and accepted(form, lambda: _redo(asked, form, asked.now)):
        return asked.progress()
    return asked.progress(redo=form)


def _redo(asked: Asked, form: Form, now: datetime) -> None:
    # Of the first: a second tap meets the sentence that it has been asked for.
    aftercare.complaint_redo(case=asked.cases[0], reason=form.cleaned_data["reason"], now=now)
