"""The standard: which version is in force, what it says, and how the next one comes about."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.history import SHOWN, Line
from accounts.http import access_for, scope_for, user_of
from accounts.permissions import TABLE, Reach
from appraisal import preview as trying
from appraisal import rules
from appraisal.forms.standard import StandardForm
from appraisal.models import Standard
from appraisal.rules import Price
from appraisal.services import standards as services
from appraisal.services.ledger import version_value
from appraisal.words import standard as words
from attendance.models import Item, Subject
from common import audit
from common.forms import accepted, posted
from common.models import AuditEntry
from common.problems import Refused
from common.templatetags.amounts import money_number, points_number
from common.templatetags.components import error_summary, zh_date
from common.versions import version_of

VERBS = {
    "standard_proposed": gettext_lazy("Proposed"),
    "standard_edited": gettext_lazy("Changed"),
    "standard_adopted": gettext_lazy("Adopted"),
}


# --- Guards -----------------------------------------------------------------------------------------------------------


def version_or_404(request: HttpRequest, version: int) -> Standard:
    """What is only proposed is the Express's own until it is adopted."""
    standard = get_object_or_404(services.whole(), version=version)
    if not standard.is_adopted and scope_for(request).reach != Reach.CITY:
        raise Http404
    return standard


def _may(request: HttpRequest, name: str) -> bool:
    return access_for(request).may(TABLE[name])


# --- Reading ----------------------------------------------------------------------------------------------------------


def standards(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    rows = list(services.whole())
    if scope_for(request).reach != Reach.CITY:
        rows = [row for row in rows if row.is_adopted]
    current = _in_force(rows, today)
    context = {
        "rows": [{"standard": row, "status": _status(row, current, today)} for row in rows],
        "current": current,
        "may_propose": _may(request, "standard_new") and all(row.is_adopted for row in rows),
        "may_edit": _may(request, "standard_edit"),
    }
    return render(request, "appraisal/standards.html", context)


def _in_force(rows: Sequence[Standard], today: date) -> Standard | None:
    begun = [row for row in rows if row.is_adopted and row.effective_from <= today]
    return max(begun, key=lambda row: (row.effective_from, row.pk), default=None)


def _status(row: Standard, current: Standard | None, today: date) -> tuple[str, str]:
    if not row.is_adopted:
        return "out", _("Proposed")
    if row.effective_from > today:
        return "info", _("From %(day)s") % {"day": zh_date(row.effective_from)}
    return ("on", _("In force")) if row == current else ("idle", _("Superseded"))


def standard(request: HttpRequest, version: int) -> HttpResponse:
    found = version_or_404(request, version)
    today = timezone.localdate()
    adopted = list(services.whole().adopted())
    before = next((row for row in adopted if row.version < found.version), None)
    context = {
        **_text(found),
        "status": _status(found, _in_force(adopted, today), today),
        "until": _until(found, adopted),
        "changes": _changes(before, found),
        "before": before,
        "lines": [_line(entry) for entry in audit.history(found)[:SHOWN]],
        "may_edit": _may(request, "standard_edit"),
    }
    return render(request, "appraisal/standard.html", context)


def my_standard(request: HttpRequest) -> HttpResponse:
    """What cadres are judged by today, and by what from another day on; ?version= is that of an entry of theirs."""
    today = timezone.localdate()
    adopted = list(services.whole().adopted())
    current = _in_force(adopted, today)
    asked = request.GET.get("version", "")
    found = next((row for row in adopted if str(row.version) == asked), None) if asked else current
    if found is None:
        raise Http404
    ahead = [row for row in adopted if row.effective_from > today]
    coming = min(ahead, key=lambda row: row.effective_from) if ahead and found == current else None
    context = {
        **_text(found),
        "until": _until(found, adopted),
        "coming": coming,
        "changes": _changes(found, coming) if coming is not None else [],
    }
    return render(request, "appraisal/standard_mine.html", context)


def _until(found: Standard, adopted: Sequence[Standard]) -> date | None:
    """The day on which another takes its place."""
    later = [row.effective_from for row in adopted if row.version > found.version]
    return min(later, default=None) if found.is_adopted else None


def _text(found: Standard) -> dict[str, Any]:
    """The rule itself: the table of items, the money, and what the year does with it."""
    return {
        "standard": found,
        "money": words.yuan(found.cents_per_point),
        "cap": words.yuan(found.cap_cents),
        "groups": [_group(found, subject) for subject in Subject],
        "consequences": [words.consequence_words(row) for row in found.consequences],
    }


#: Columns that are drawn only where something stands in them.
AT_TIMES = ("money", "free", "step", "remarks")


def _group(found: Standard, subject: Subject) -> dict[str, Any]:
    prices = version_value(found).prices
    items = [row.item for row in found.items.all() if row.item.subject == subject]
    rows = [_row(item, prices[item.code], found) for item in items]
    used = {name: any(row[name] for row in rows) for name in AT_TIMES}
    return {"heading": subject.label, "rows": rows, **used}


def _row(item: Item, price: Price, found: Standard) -> dict[str, Any]:
    money = rules.cents_of(price.half_points, found.cents_per_point) if item.subject == Subject.CADRE else 0
    remarks = [_("straight to the discipline inspection commission")] if price.refer else []
    if not item.active:
        remarks.append(_("no longer recorded"))
    return {
        "item": item,
        "points": "" if price.refer else words.points_words(price.half_points),
        "money": words.yuan(money) if money else "",
        "free": words.free_words(price),
        "step": words.step_words(price),
        "remarks": "；".join(remarks),
    }


def _changes(before: Standard | None, after: Standard) -> list[dict[str, str]]:
    if before is None:
        return []
    changed = services.differences(services.facts_of(before), services.facts_of(after))
    shown = {name: pair for name, pair in changed.items() if name not in ("effective_from", "note")}
    return _in_words(shown)


def _in_words(changed: Mapping[str, Any]) -> list[dict[str, str]]:
    items = {item.code: str(item) for item in Item.objects.all()}
    return [
        {
            "label": words.label(name, items),
            "old": words.value_words(name, old) or _("none"),
            "new": words.value_words(name, new) or _("none"),
        }
        for name, (old, new) in changed.items()
    ]


def _line(entry: AuditEntry) -> Line:
    changed = {name: value for name, value in entry.changes.items() if isinstance(value, list)}
    said = [_("%(label)s: %(old)s → %(new)s") % row for row in _in_words(changed)] if changed else []
    actor = str(entry.actor) if entry.actor else _("the system")
    return Line(entry.at, str(VERBS.get(entry.verb, entry.verb)), actor, "；".join(said), failure=False)


# --- The next version -------------------------------------------------------------------------------------------------


def standard_new(request: HttpRequest) -> HttpResponse:
    newest = services.whole().first()
    if newest is None:
        raise Http404
    if not newest.is_adopted and request.method != "POST":
        messages.info(request, _("Version %(version)s is proposed already.") % {"version": newest.version})
        return redirect("standard", newest.version)
    today = timezone.localdate()
    day = max(rules.following(rules.first_of(today)), services.first_possible_day(today))
    form = StandardForm.following(newest, _items(newest), day, posted(request))
    made: list[Standard] = []
    if form.is_valid() and accepted(form, lambda: made.append(_propose(request, form))):
        messages.success(
            request, _("Proposed. Look at what it would have meant last month, then a head adopts it.")
        )
        return redirect("standard_preview", made[0].version)
    title = _("Propose version %(version)s") % {"version": newest.version + newest.is_adopted}
    return _form_page(request, form, title=title, base=newest)


def _propose(request: HttpRequest, form: StandardForm) -> Standard:
    return services.standard_propose(values=form.values(), actor=user_of(request), now=timezone.now())


def standard_edit(request: HttpRequest, version: int) -> HttpResponse:
    draft = version_or_404(request, version)
    if draft.is_adopted and request.method != "POST":
        messages.info(
            request,
            _("Version %(version)s is adopted and stays as it is: propose a new one.") % {"version": version},
        )
        return redirect("standard", version)
    form = StandardForm.of(draft, _items(draft), posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.standard_edit(
            standard=draft,
            values=form.values(),
            seen=form.cleaned_data["seen"],
            actor=user_of(request),
            now=timezone.now(),
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("standard_preview", version)
    title = _("Change version %(version)s") % {"version": version}
    return _form_page(request, form, title=title, draft=draft)


def _items(base: Standard) -> list[Item]:
    """All that is in use, and what the version names."""
    codes = [row.item.code for row in base.items.all()]
    return list(Item.objects.filter(Q(active=True) | Q(code__in=codes)))


def _form_page(request: HttpRequest, form: StandardForm, **context: Any) -> HttpResponse:
    errors = error_summary(form, *form.prices, form.consequences) if form.is_bound else ""
    context = {"form": form, "errors": errors, **context}
    return render(request, "appraisal/standard_form.html", context, status=422 if errors else 200)


# --- Trying and adopting ----------------------------------------------------------------------------------------------


def standard_preview(request: HttpRequest, version: int) -> HttpResponse:
    draft = version_or_404(request, version)
    newest = services.newest_adopted()
    context = {
        "standard": draft,
        "changes": _changes(newest, draft) if not draft.is_adopted else [],
        "seen": version_of(services.facts_of(draft)),
        "before": newest,
        "tried": _tried(trying.preview(draft)),
        "may_adopt": _may(request, "standard_adopt"),
        "is_own": draft.proposed_by_id == user_of(request).pk,
        "is_too_late": draft.effective_from < services.first_possible_day(timezone.localdate()),
    }
    return render(request, "appraisal/standard_preview.html", context)


def _tried(found: trying.Preview | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "month": found.month,
        "units": found.units,
        "quiet": found.quiet,
        "referred": found.referred,
        "was": _figures(found.was),
        "would": _figures(found.would),
        "lines": [
            {
                "unit": line.unit,
                "was": _figures(line.was),
                "would": _figures(line.would),
                "flag": line.is_changed,
            }
            for line in found.lines
        ],
        "distribution": found.distribution,
        "bands": _bands(found.distribution),
        "most": words.yuan(found.distribution.most_cents),
    }


def _figures(figures: trying.Figures) -> dict[str, Any]:
    return {
        "points": points_number(figures.half_points),
        "money": money_number(figures.cents),
        "people": figures.people,
    }


def _bands(found: trying.Distribution) -> list[dict[str, Any]]:
    large = words.yuan(trying.LARGE_CENTS)
    rows = [
        (_("less by more than %(yuan)s yuan"), found.much_less),
        (_("less by up to %(yuan)s yuan"), found.less),
        (_("the same"), found.same),
        (_("more by up to %(yuan)s yuan"), found.more),
        (_("more by more than %(yuan)s yuan"), found.much_more),
    ]
    total = sum(number for _label, number in rows)
    return [{"label": label % {"yuan": large}, "number": number, "total": total} for label, number in rows]


def standard_adopt(request: HttpRequest, version: int) -> HttpResponse:
    draft = version_or_404(request, version)
    try:
        services.standard_adopt(
            standard=draft, seen=request.POST.get("seen", ""), actor=user_of(request), now=timezone.now()
        )
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("standard_preview", version)
    said = {"version": version, "day": zh_date(draft.effective_from)}
    messages.success(request, _("Version %(version)s is adopted, in force from %(day)s.") % said)
    return redirect("standard", version)


def standard_withdraw(request: HttpRequest, version: int) -> HttpResponse:
    draft = version_or_404(request, version)
    if request.method == "POST":
        try:
            services.standard_withdraw(standard=draft, actor=user_of(request), now=timezone.now())
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            messages.success(request, _("Version %(version)s has been withdrawn.") % {"version": version})
        return redirect("standards")
    if draft.is_adopted:
        return redirect("standard", version)
    context = {
        "title": _("Withdraw version %(version)s") % {"version": version},
        "question": _("Shall what was proposed go? The version in force stays as it is."),
        "action_label": _("Withdraw"),
        "back_url": reverse("standard", args=[version]),
    }
    return render(request, "confirm_page.html", context)
