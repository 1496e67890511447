from datetime import date, time
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from attendance.models import InspectionSettings, Item, Offered, Subject
from attendance.services.settings import item_facts, settings_facts
from common.crispy import ClockInput
from common.forms import EditForm, day_field, person_name
from common.templatetags.components import zh_date
from common.versions import version_of


class InspectionSettingsForm(EditForm):
    sheets_from = day_field(
        _("Daily sheets are due from"),
        required=False,
        help_text=_("Empty: no sheet is missing yet. A day that is over cannot become due."),
    )
    reminder_at = forms.TimeField(
        label=_("Reminder at"),
        widget=ClockInput(),
        help_text=_("The unit’s officers are told when no round has been submitted by then."),
    )
    defence_days = forms.IntegerField(
        label=_("Working days for a statement in defence"),
        min_value=1,
        max_value=30,
        help_text=_(
            "The day on which the person is told does not count. Earlier findings keep their last day."
        ),
    )
    paper_days = forms.IntegerField(
        label=_("Working days for entering a sheet kept on paper"), min_value=0, max_value=10
    )
    near_minutes = forms.IntegerField(
        label=_("Minutes around a check"),
        min_value=0,
        max_value=120,
        help_text=_("A change of whereabouts so close to a check stands beside the finding."),
    )
    spot_cap = forms.IntegerField(
        label=_("Random spot checks of a unit a month, at most"), min_value=1, max_value=31
    )

    @classmethod
    def of(cls, settings: InspectionSettings, data: Any = None) -> "InspectionSettingsForm":
        facts = settings_facts(settings)
        return cls(data, initial={**facts, "seen": version_of(facts)})

    def saved_words(self, name: str, saved: Any) -> str:
        return value_words(saved)


class ItemNamesForm(EditForm):
    """All that can be changed of an item that the program records itself."""

    name = forms.CharField(
        label=_("Item name"),
        max_length=40,
        help_text=_(
            "Stands on sheets, notices and the bulletin. What is recorded already takes the new name."
        ),
    )
    name_en = forms.CharField(label=_("English name"), max_length=60, required=False)

    def clean_name(self) -> str:
        return person_name(self.cleaned_data["name"])

    @classmethod
    def of(cls, item: Item, data: Any = None) -> "ItemNamesForm":
        facts = item_facts(item)
        return cls(data, initial={**facts, "seen": version_of(facts)})

    def saved_words(self, name: str, saved: Any) -> str:
        return item_words(name, saved)


class ItemForm(ItemNamesForm):
    offered = forms.ChoiceField(
        label=_("In a round"),
        choices=Offered.choices,
        widget=forms.RadioSelect,
        help_text=_("One tap for the few that are seen every week; the others stand one tap behind."),
    )
    with_minutes = forms.BooleanField(label=_("With minutes, such as “late by 22 minutes”"), required=False)
    active = forms.BooleanField(label=_("The item is in use"), required=False)


class ItemNewForm(ItemForm):
    code = forms.SlugField(
        label=_("Code"),
        max_length=30,
        help_text=_("Letters, digits and hyphens, for files and settings. It stays for ever."),
    )
    field_order = ("code", "name", "name_en", "offered", "with_minutes", "active")


def form_of(item: Item) -> type[ItemNamesForm]:
    return ItemForm if item.subject == Subject.CADRE else ItemNamesForm


def value_words(value: Any) -> str:
    if isinstance(value, date):
        return zh_date(value)
    return f"{value:%H:%M}" if isinstance(value, time) else str("" if value is None else value)


def item_words(name: str, value: Any) -> str:
    if name == "offered":
        return str(dict(Offered.choices).get(value, value))
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    return str(value)
