"""What the city sets for the month: for the heads of the Express and the administrator."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.history import SHOWN, Line
from accounts.http import user_of
from appraisal.forms.setting import AppraisalSettingsForm, value_words
from appraisal.models import AppraisalSettings
from appraisal.services import setting as services
from common import audit
from common.forms import accepted, posted, render_form
from common.models import AuditEntry


def settings(request: HttpRequest) -> HttpResponse:
    saved = AppraisalSettings.current()
    form = AppraisalSettingsForm.of(saved, posted(request), is_begun=services.is_begun())
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
        return redirect("appraisal_settings")
    lines = [_line(entry, form) for entry in audit.history(saved)[:SHOWN]]
    return render_form(request, "appraisal/settings.html", form, lines=lines)


def _line(entry: AuditEntry, form: AppraisalSettingsForm) -> Line:
    changes = [
        _("%(label)s: %(old)s → %(new)s")
        % {"label": form.fields[name].label, "old": _kept(name, old), "new": _kept(name, new)}
        for name, (old, new) in entry.changes.items()
    ]
    return Line(entry.at, _("Changed"), str(entry.actor), "；".join(changes), failure=False)


def _kept(name: str, value: Any) -> str:
    """A value as the trail keeps it."""
    if name == "begins" and value:
        value = date.fromisoformat(value)
    return value_words(name, value) or _("none")
