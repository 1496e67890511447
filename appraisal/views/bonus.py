"""Monthly assessed bonus bases: entered for one or imported for many, by the unit’s officer or the Express.

Confidential: supervision groups never see them.
"""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import access_for, scope_for, user_of
from accounts.models import Unit
from accounts.permissions import TABLE
from appraisal.forms.bonus import BonusForm
from appraisal.forms.sheet import PeopleFilterForm, SheetForm
from appraisal.models import BonusBase
from appraisal.notifying.stages import month_name
from appraisal.services import bonus as services
from appraisal.sheets import bonus as bonus_file
from appraisal.sheets import reading as sheets
from cards.models import Cadre, CadreQuerySet
from common.forms import accepted, posted, render_form
from common.problems import Refused
from common.responses import XLSX, download, private

PAGE_SIZE = 50
KIND = "bonus"


def bonus(request: HttpRequest) -> HttpResponse:
    """The people of one’s units, each with the base of this month."""
    scope, today = scope_for(request), timezone.localdate()
    units = Unit.objects.all() if scope.unit_ids is None else Unit.objects.filter(pk__in=scope.unit_ids)
    form = PeopleFilterForm(request.GET, units=units)
    found = people_matching(Cadre.objects.within(scope).serving(today), form.given())
    held = BonusBase.objects.filter(cadre=OuterRef("pk"), since__lte=today.replace(day=1)).order_by("-since")
    shown = found.annotate(cents=Subquery(held.values("cents")[:1]), since=Subquery(held.values("since")[:1]))
    page = Paginator(shown.select_related("unit", "office"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [(cadre, _month(cadre)) for cadre in page.object_list],
        "several": "unit" in form.fields,
        "filtered": any(form.cleaned_data.values()),
        "may_enter": _may_enter(request),
    }
    return private(render(request, "appraisal/bonus.html", context))


def _month(cadre: Any) -> str:
    return month_name(cadre.since) if cadre.since else ""


def people_matching(found: CadreQuerySet, given: dict[str, Any]) -> CadreQuerySet:
    if unit := given.get("unit"):
        found = found.filter(unit=unit)
    if name := given.get("name"):
        found = found.filter(name__icontains=name)
    return found


def _may_enter(request: HttpRequest) -> bool:
    return access_for(request).may(TABLE["bonus_set"])


def _cadre(request: HttpRequest, pk: int) -> Cadre:
    return get_object_or_404(Cadre.objects.within(scope_for(request)).select_related("unit"), pk=pk)


def bonus_person(request: HttpRequest, pk: int) -> HttpResponse:
    return _person(request, _cadre(request, pk), None)


def bonus_set(request: HttpRequest, pk: int) -> HttpResponse:
    cadre, form = _cadre(request, pk), BonusForm(posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.bonus_set(
            cadre=cadre, **form.cleaned_data, actor=user_of(request), now=timezone.now()
        ),
    ):
        messages.success(request, _("The base has been entered."))
        return redirect("bonus_person", pk)
    return _person(request, cadre, form)


def _person(request: HttpRequest, cadre: Cadre, form: BonusForm | None) -> HttpResponse:
    """The bases of somebody, the newest first; in force is the last that has begun."""
    this_month = timezone.localdate().replace(day=1)
    known = services.Known([cadre.pk])
    bases = list(cadre.bonus_bases.select_related("entered_by").order_by("-since"))
    current = next((base.pk for base in bases if base.since <= this_month), None)
    if form is None and _may_enter(request):
        form = BonusForm()
    if form is not None:
        form.action = reverse("bonus_set", args=[cadre.pk])
    rows = [
        {
            "base": base,
            "month": month_name(base.since),
            "is_current": base.pk == current,
            "is_fixed": bool(known.refusal(cadre.pk, base.since, timezone.localdate())),
        }
        for base in bases
    ]
    status = 422 if form is not None and form.is_bound else 200
    context = {"cadre": cadre, "rows": rows, "form": form}
    return private(render(request, "appraisal/bonus_person.html", context, status=status))


def bonus_remove(request: HttpRequest, pk: int) -> HttpResponse:
    seen = Cadre.objects.within(scope_for(request)).order_by()
    base = get_object_or_404(BonusBase.objects.filter(cadre__in=seen), pk=pk)
    try:
        services.bonus_remove(base=base, actor=user_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.sentence))
    else:
        messages.success(request, _("The base has been removed."))
    return redirect("bonus_person", base.cadre_id)


# --- Many at once -----------------------------------------------------------------------------------------------------


def bonus_template(request: HttpRequest) -> HttpResponse:
    with_units = scope_for(request).unit_ids is None
    return download(bonus_file.blank(with_units=with_units), XLSX, _("Bonus bases template") + ".xlsx")


def bonus_import(request: HttpRequest) -> HttpResponse:
    if "carried" in request.POST:
        return _confirmed(request)
    form, today = SheetForm(posted(request), request.FILES or None, takes_csv=True), timezone.localdate()
    looked: list[sheets.Looked] = []

    def look() -> None:
        people = sheets.People(scope_for(request), today)
        data = form.cleaned_data["file"]
        looked.append(sheets.look(data, bonus_file.LAYOUT, bonus_file.PARSERS, people))

    if form.is_valid() and accepted(form, look):
        return _preview(request, looked[0], today)
    return private(render_form(request, "appraisal/bonus_import.html", form))


def _preview(request: HttpRequest, looked: sheets.Looked, today: date) -> HttpResponse:
    rows = [services.Row(line.cadre, line.values["since"], line.values["cents"]) for line in looked.lines]
    known = services.Known({row.cadre.pk for row in rows})
    for place, sentence in services.problems_of(rows, known, today).items():
        looked.wrong(looked.lines[place].row, "since", sentence)
    looked.in_order()
    content = [[row.cadre.pk, row.since.isoformat(), row.cents] for row in rows]
    context = {
        "problems": looked.problems,
        "rows": [
            {
                "line": line,
                "month": month_name(row.since),
                "cents": row.cents,
                "same": known.is_same(row),
                "before": known.bases[row.cadre.pk].get(row.since),
            }
            for line, row in zip(looked.lines, rows, strict=True)
        ],
        "carried": sheets.carried(KIND, user_of(request), content) if not looked.problems else "",
    }
    status = 422 if looked.problems else 200
    return private(render(request, "appraisal/bonus_preview.html", context, status=status))


def _confirmed(request: HttpRequest) -> HttpResponse:
    try:
        content = sheets.brought(KIND, user_of(request), request.POST["carried"])
        seen = sheets.still_seen(scope_for(request), [pk for pk, _since, _cents in content])
        rows = [services.Row(seen[pk], date.fromisoformat(since), cents) for pk, since, cents in content]
        done = services.bonus_import(rows=rows, actor=user_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.sentence))
        return redirect("bonus_import")
    messages.success(
        request,
        _("Bases imported: %(new)s new, %(changed)s changed, %(same)s as they were.")
        % {"new": done.new, "changed": done.changed, "same": done.same},
    )
    return redirect("bonus")
