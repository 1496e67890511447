"""What the city sets for inspections: days and minutes, and the catalogue of items."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.history import SHOWN, Line
from accounts.http import user_of
from attendance.models import InspectionSettings, Item, Subject
from attendance.services import settings as services
from attendance.settings_forms import InspectionSettingsForm, ItemNewForm, form_of, item_words, value_words
from common import audit
from common.forms import accepted, posted, render_form
from common.models import AuditEntry

VERBS = {
    "inspection_edited": gettext_lazy("Changed"),
    "item_added": gettext_lazy("Item added"),
    "item_edited": gettext_lazy("Changed"),
    "item_moved": gettext_lazy("Moved in the order"),
}


def settings(request: HttpRequest) -> HttpResponse:
    saved = InspectionSettings.current()
    form = InspectionSettingsForm.of(saved, posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.settings_edit(
            values=form.values(),
            seen=form.cleaned_data["seen"],
            actor=user_of(request),
            now=timezone.now(),
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("inspection_settings")
    labels = {name: field.label for name, field in form.fields.items()}
    lines = [_line(entry, labels, _setting) for entry in audit.history(saved)[:SHOWN]]
    return render_form(request, "attendance/settings.html", form, lines=lines)


def items(request: HttpRequest) -> HttpResponse:
    rows = Item.objects.all()
    groups = [
        {"heading": subject.label, "rows": [row for row in rows if row.subject == subject]}
        for subject in Subject
    ]
    return render(request, "attendance/items.html", {"groups": groups})


def item_new(request: HttpRequest) -> HttpResponse:
    form = ItemNewForm(posted(request), initial={"offered": "more", "active": True})
    if form.is_valid() and accepted(form, lambda: _add(request, form)):
        messages.success(request, _("The item has been added. It stands at the end of the order."))
        return redirect("items")
    return _item_page(request, form, _("New item"))


def _add(request: HttpRequest, form: ItemNewForm) -> Item:
    values = form.values()
    code = values.pop("code")
    return services.item_add(code=code, values=values, actor=user_of(request), now=timezone.now())


def item_edit(request: HttpRequest, pk: int) -> HttpResponse:
    item = get_object_or_404(Item, pk=pk)
    form = form_of(item).of(item, posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.item_edit(
            item=item,
            values=form.values(),
            seen=form.cleaned_data["seen"],
            actor=user_of(request),
            now=timezone.now(),
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("items")
    labels = {name: field.label for name, field in form.fields.items()}
    lines = [_line(entry, labels, item_words) for entry in audit.history(item)[:SHOWN]]
    return _item_page(request, form, item.name, item=item, lines=lines)


def _item_page(request: HttpRequest, form: Any, title: str, **context: Any) -> HttpResponse:
    back = {"title": title, "back_url": reverse("items")}
    return render_form(request, "attendance/item.html", form, **back, **context)


def item_move(request: HttpRequest, pk: int) -> HttpResponse:
    item, way = get_object_or_404(Item, pk=pk), request.POST.get("way")
    if way in ("up", "down"):
        services.item_move(item=item, up=way == "up", actor=user_of(request), now=timezone.now())
    return redirect(f"{reverse('items')}#item-{pk}")


# --- The audit trail in words --------------------------------------------------------------------------------------


def _line(entry: AuditEntry, labels: dict[str, Any], say: Callable[[str, Any], str]) -> Line:
    """What was changed, from what to what; what an item began with stands on its form."""
    changes = [
        _("%(label)s: %(old)s → %(new)s")
        % {
            "label": labels[name],
            "old": say(name, value[0]) or _("none"),
            "new": say(name, value[1]) or _("none"),
        }
        for name, value in entry.changes.items()
        if name in labels and isinstance(value, list)
    ]
    actor = str(entry.actor) if entry.actor else _("the system")
    return Line(entry.at, str(VERBS.get(entry.verb, entry.verb)), actor, "；".join(changes), failure=False)


def _setting(name: str, kept: Any) -> str:
    """A value as the trail keeps it."""
    if kept is None:
        return ""
    if name == "sheets_from":
        return value_words(date.fromisoformat(kept))
    return value_words(time.fromisoformat(kept) if name == "reminder_at" else kept)
