"""What the city sets for complaints: for the heads of the Express and the administrator, who sees no case."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.history import SHOWN, Line
from accounts.http import user_of
from common import audit
from common.forms import accepted, posted, render_form
from common.models import AuditEntry
from complaints.models import ComplaintSettings
from complaints.services import setting as services
from complaints.setting_forms import ComplaintSettingsForm, value_words


def settings(request: HttpRequest) -> HttpResponse:
    saved = ComplaintSettings.current()
    form = ComplaintSettingsForm.of(saved, posted(request))
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
        return redirect("complaint_settings")
    lines = [_line(entry, form) for entry in audit.history(saved)[:SHOWN]]
    return render_form(request, "complaints/settings.html", form, lines=lines)


def _line(entry: AuditEntry, form: ComplaintSettingsForm) -> Line:
    changes = [
        _("%(label)s: %(old)s → %(new)s")
        % {"label": form.fields[name].label, "old": value_words(name, old), "new": value_words(name, new)}
        for name, (old, new) in entry.changes.items()
    ]
    return Line(entry.at, _("Changed"), str(entry.actor), "；".join(changes), failure=False)
