"""What is entered to draw and to plan spot checks."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.access import Access
from accounts.models import Unit, User
from attendance.draw import Plan
from attendance.models import Purpose
from attendance.services.draws import LONGEST_VALUE
from cards.models import Cadre
from common.forms import CHOOSE, PageForm, asked_for_at_times, day_field
from common.rules import at

#: What a check of the city without a draw may be for; a supervision group only visits.
CITY_PURPOSES = (Purpose.OPEN, Purpose.UNANNOUNCED, Purpose.LOOK_BACK, Purpose.COMPLAINT)


class _PlannedForm(PageForm):
    """When it begins, and who inspects."""

    begins_day = day_field(_("Day"))
    begins_time = forms.TimeField(
        label=_("Begins at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    inspectors = asked_for_at_times(
        forms.TypedMultipleChoiceField(
            label=_("Inspectors"),
            coerce=int,
            # The verb counts them, and says how many there must be.
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("At least two. Nobody inspects where they belong or work."),
        )
    )

    def __init__(self, *args: Any, inspectors: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.users = {user.pk: user for user in inspectors}
        choices = [(user.pk, _caption(user)) for user in self.users.values()]
        self.fields["inspectors"].choices = choices  # type: ignore[attr-defined]

    @property
    def begins_at(self) -> datetime:
        return at(self.cleaned_data["begins_day"], self.cleaned_data["begins_time"])

    @property
    def chosen(self) -> list[User]:
        return [self.users[pk] for pk in self.cleaned_data["inspectors"]]


def _caption(user: User) -> str:
    """Namesakes are told apart by what they are."""
    memberships = tuple(getattr(user, "current_memberships", ()))
    return f"{user} · {Access(user, memberships).caption}" if memberships else str(user)


def _number(label: Any, most: int, **more: Any) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, min_value=0, max_value=most, widget=widget, **more)


class DrawForm(_PlannedForm):
    submit = _("Freeze the pool")

    departments = _number(_("City departments"), 200)
    towns = _number(_("Subdistricts, towns and townships"), 200)
    people = _number(_("People of each unit"), 50, help_text=_("Without members of its leadership."))
    leaders = _number(
        _("Members of unit leaderships"), 50, help_text=_("Of all units together, a draw of its own.")
    )
    source = forms.CharField(
        label=_("Where the public value comes from"),
        max_length=200,
        help_text=_(
            "Something nobody knows yet and nobody controls, for example “three dice, cast before witnesses on "
            "1 December at 8:30”, or a number that will be published."
        ),
    )
    field_order: tuple[str, ...] = (
        "departments",
        "towns",
        "people",
        "leaders",
        "begins_day",
        "begins_time",
        "source",
    )

    def plan(self) -> Plan:
        numbers = {name: self.cleaned_data[name] for name in ("departments", "towns", "people", "leaders")}
        return Plan(**numbers, begins_at=self.begins_at)


class RedrawForm(DrawForm):
    submit = _("Freeze a new pool")

    reason = forms.CharField(
        label=_("Why it is drawn again"), max_length=200, help_text=_("It stands on the public page.")
    )
    field_order = ("reason", *DrawForm.field_order)


class RevealForm(PageForm):
    submit = _("Draw")
    tone = "seal"

    value = forms.CharField(
        label=_("Public value"),
        max_length=LONGEST_VALUE,
        help_text=_("Exactly as it was seen or published, for example “3 5 6”. It is entered once."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    witnesses = forms.CharField(
        label=_("Witnesses, or where it was published"),
        max_length=120,
        help_text=_("It stands on the public page."),
    )


class SpotForm(_PlannedForm):
    submit = _("Plan the spot check")

    purpose = forms.ChoiceField(label=_("Purpose"))
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Why these are checked and no others.")
    )
    people = forms.TypedMultipleChoiceField(
        label=_("Only these people"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("With nobody ticked the inspectors decide on site whom they look for."),
    )
    field_order = ("purpose", "reason", "begins_day", "begins_time", "inspectors", "people")

    def __init__(
        self, *args: Any, purposes: Sequence[Purpose], people: Sequence[tuple[Cadre, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.cadres = {cadre.pk: cadre for cadre, _label in people}
        labels = [(purpose.value, purpose.label) for purpose in purposes]
        self.fields["purpose"].choices = labels if len(labels) == 1 else [("", CHOOSE), *labels]  # type: ignore[attr-defined]
        self.fields["people"].choices = [(cadre.pk, label) for cadre, label in people]  # type: ignore[attr-defined]

    @property
    def chosen_people(self) -> list[Cadre]:
        return [self.cadres[pk] for pk in self.cleaned_data["people"]]


def unit_choices(units: Iterable[Unit]) -> list[tuple[str, list[Unit]]]:
    """By class, as a page lists them to tick."""
    by_kind: dict[str, list[Unit]] = {}
    for unit in units:
        by_kind.setdefault(str(unit.get_kind_display()), []).append(unit)
    return list(by_kind.items())
