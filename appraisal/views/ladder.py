"""The ladder and its rules, for all staff to read; the head of the Express switches a rule after a second look."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import access_for, user_of
from accounts.permissions import TABLE
from appraisal.facts import ladder as ladder_facts
from appraisal.forms.sanction import TriggerForm
from appraisal.models import Measure, Trigger
from appraisal.services import proposing
from appraisal.words import ladder as ladder_words
from common.forms import accepted, posted, render_form


def ladder(request: HttpRequest) -> HttpResponse:
    access = access_for(request)
    context = {
        "measures": list(Measure.objects.all()),
        "rules": [ladder_words.row(trigger) for trigger in ladder_facts.triggers(only_active=False)],
        "may_edit": access.may(TABLE["trigger"]),
        "may_see": access.may(TABLE["sanctions"]),
    }
    return render(request, "appraisal/ladder.html", context)


def trigger(request: HttpRequest, code: str) -> HttpResponse:
    """Two pages at one address: the form, and what would change, to be said yes to."""
    found = get_object_or_404(Trigger.objects.select_related("item", "counted", "measure"), code=code)
    now = timezone.now()
    form = TriggerForm.of(found, posted(request))
    if form.is_valid() and accepted(form, lambda: proposing.check_rule(found, **_asked(form))):
        if not form.cleaned_data["confirmed"]:
            return _ask(request, found, form, timezone.localdate(now))
        if accepted(form, lambda: _save(request, found, form, now)):
            messages.success(request, _("The rule has been changed."))
            return redirect("ladder")
    if form.is_bound:
        form.not_confirmed()
    context = {"trigger": found, "row": ladder_words.row(found), "history": ladder_words.history(found)}
    return render_form(request, "appraisal/trigger.html", form, **context)


def _asked(form: TriggerForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("times", "measure")}


def _save(request: HttpRequest, found: Trigger, form: TriggerForm, now: Any) -> Trigger:
    seen = form.cleaned_data["seen"]
    return proposing.trigger_edit(trigger=found, **form.values(), seen=seen, actor=user_of(request), now=now)


def _ask(request: HttpRequest, found: Trigger, form: TriggerForm, today: date) -> HttpResponse:
    given = form.values()
    changes = ladder_words.changes(found, **given)
    if not changes:
        messages.info(request, _("Nothing was changed."))
        return redirect("ladder")
    changed = Trigger(
        pk=found.pk, code=found.code, counts=found.counts, item=found.item, counted=found.counted
    )
    changed.about_units, changed.times = found.about_units, given["times"]
    facts = ladder_facts.of_year(changed, today.year, today) if given["active"] else {}
    number = len(proposing.wanted(changed, today.year, facts, today))
    proposes = ngettext(
        "Of this year’s facts it would propose %(number)s measure tonight.",
        "Of this year’s facts it would propose %(number)s measures tonight.",
        number,
    ) % {"number": number}
    context = {
        "title": _("Change rule %(code)s") % {"code": found.code},
        "question": _("Is this what you mean?"),
        "points": [
            *changes,
            proposes,
            _("What is proposed already stays. Every proposal is answered, and decided by another person."),
        ],
        "form": form.ask_again(),
        "action_label": _("Change the rule"),
        "back_url": reverse("trigger", args=[found.code]),
    }
    return render(request, "confirm_page.html", context)
