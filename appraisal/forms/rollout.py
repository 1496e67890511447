"""Waves, the days and the people of the rollout, visits and orders."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import SupervisionGroup, Unit, UnitKind
from appraisal.models import OrderState, Rollout, Wave
from appraisal.rollout_board import ORDER
from appraisal.rules.rollout import End, Stage
from appraisal.services.rollout import candidates, deadline_facts, named_facts, wave_facts
from appraisal.words.rollout import STAGES
from attendance.finding_forms import Elsewhere
from cards.models import Cadre
from common.forms import EditForm, PageForm, WordedForm, asked_for_at_times, day_field
from common.templatetags.components import zh_date
from common.versions import version_of


class WaveForm(EditForm):
    name = forms.CharField(label=_("Name of the wave"), max_length=40)
    is_pilot = forms.BooleanField(label=_("This is the pilot"), required=False)
    begins_on = day_field(_("Begins on"))
    deadline = day_field(
        _("Deadline"), help_text=_("The last day, a working day. A unit can be given another one.")
    )

    @classmethod
    def of(cls, wave: Wave | None, data: Any = None) -> "WaveForm":
        if wave is None:
            return cls(data)
        facts = wave_facts(wave)
        return cls(data, initial={**facts, "seen": version_of(facts)})


class AssignForm(PageForm):
    """Departments and towns apart, each with the wave that it is in."""

    rest = forms.BooleanField(label=_("All units that are in no wave yet"), required=False)

    def __init__(self, data: Any, *, wave: Wave, today: date) -> None:
        super().__init__(data)
        stuck = Rollout.objects.filter(Q(wave=wave) | Q(completed_at__isnull=False)).values("unit")
        late = Rollout.objects.late(today).values("unit")
        movable = Unit.objects.active(today).exclude(pk__in=stuck).exclude(pk__in=late)
        self.units = {str(unit.pk): unit for unit in movable.select_related("rollout__wave")}
        towns = [(pk, _label(unit)) for pk, unit in self.units.items() if unit.kind != UnitKind.DEPARTMENT]
        others = [(pk, _label(unit)) for pk, unit in self.units.items() if unit.kind == UnitKind.DEPARTMENT]
        if len(self.units) == sum(hasattr(unit, "rollout") for unit in self.units.values()):
            del self.fields["rest"]
        self.groups = [
            self._group("towns", _("Subdistricts, towns and townships"), towns),
            self._group("departments", _("City departments"), others),
        ]

    def _group(self, name: str, label: Any, choices: list[tuple[str, str]]) -> str:
        self.fields[name] = forms.MultipleChoiceField(
            label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
        )
        return name

    def chosen(self) -> list[Unit]:
        picked = {pk for name in self.groups for pk in self.cleaned_data.get(name, [])}
        if self.cleaned_data.get("rest"):
            picked |= {pk for pk, unit in self.units.items() if not hasattr(unit, "rollout")}
        return [unit for pk, unit in self.units.items() if pk in picked]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not self.chosen():
            raise forms.ValidationError(_("Choose at least one unit."))
        return cleaned


def _label(unit: Unit) -> str:
    if not hasattr(unit, "rollout"):
        return unit.name
    return gettext("%(unit)s (now: %(wave)s)") % {"unit": unit.name, "wave": unit.rollout.wave.name}


class NamesForm(EditForm):
    """Who leads it in the unit; empty as long as nobody is named."""

    group_head = forms.ModelChoiceField(
        Cadre.objects.none(),
        label=_("Head of the leading group"),
        required=False,
        help_text=_("The unit’s discipline secretary or discipline-team head, not its director."),
    )
    group_head_post = asked_for_at_times(
        forms.CharField(
            label=_("Their post"), max_length=60, required=False, help_text=_("Such as 纪委书记 or 纪检组长.")
        )
    )
    assessment_body = forms.CharField(
        label=_("Assessment body"),
        max_length=100,
        required=False,
        help_text=_("Built around the unit’s discipline inspection organisation."),
    )
    responsible = forms.ModelChoiceField(
        Cadre.objects.none(),
        label=_("Responsible leader"),
        required=False,
        help_text=_("Answers for the unit when it is late."),
    )

    @classmethod
    def of(cls, rollout: Rollout, today: date, data: Any = None) -> "NamesForm":
        facts = named_facts(rollout)
        form = cls(data, initial={**facts, "seen": version_of(facts)})
        people = candidates(rollout.unit, today).order_by("-leads_unit", "pinyin", "pk")
        form.fields["group_head"].queryset = people  # type: ignore[attr-defined]
        own = people.filter(unit=rollout.unit)
        form.fields["responsible"].queryset = own  # type: ignore[attr-defined]
        return form


class DeadlineForm(EditForm):
    deadline = day_field(_("Own deadline"), help_text=_("A working day that is still to come."))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stands on the unit’s page."),
    )

    @classmethod
    def of(cls, rollout: Rollout, data: Any = None) -> "DeadlineForm":
        facts = deadline_facts(rollout)
        return cls(data, initial={**facts, "seen": version_of(facts)})

    def saved_words(self, name: str, saved: Any) -> str:
        return zh_date(saved) if name == "deadline" else super().saved_words(name, saved)


class DialledForm(PageForm):
    submit = _("Say that both were dialled")
    dialled = forms.BooleanField(
        label=_("I have dialled both numbers, and each time somebody answered who knew what they are for.")
    )


class ReopenForm(PageForm):
    submit = _("Open it again")
    tone = "seal"
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "The unit reads it. Once its day is over it is overdue at once; set it another day if it is to have one."
        ),
    )


# --- Visits and orders ------------------------------------------------------------------------------------------------


class VisitForm(PageForm):
    submit = _("Record the visit")
    visited_on = day_field(_("Day of the visit"))
    companions = forms.CharField(label=_("Together with"), max_length=100, required=False)
    note = forms.CharField(
        label=_("What was seen"), max_length=1000, widget=forms.Textarea(attrs={"rows": 5})
    )
    order_text = forms.CharField(
        label=_("What is to be put right"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only if something is to be put right: it becomes an order that the unit answers."),
    )
    order_due_on = asked_for_at_times(
        day_field(
            _("To be put right by"),
            required=False,
            help_text=_("A working day that is still to come; with an order only."),
        )
    )


class OrderForm(PageForm):
    submit = _("Give the order")
    text = forms.CharField(
        label=_("What is to be put right"), max_length=1000, widget=forms.Textarea(attrs={"rows": 5})
    )
    due_on = day_field(_("To be put right by"), help_text=_("A working day that is still to come."))


class AnswerOrderForm(Elsewhere):
    submit = _("Report as put right")
    text = forms.CharField(
        label=_("What was done"), max_length=1000, widget=forms.Textarea(attrs={"rows": 5})
    )


class EndOrderForm(Elsewhere):
    submit = _("Record the check")
    end = forms.ChoiceField(label=_("What the check says"), widget=forms.RadioSelect)
    reason = asked_for_at_times(
        forms.CharField(
            label=_("Reason"),
            max_length=300,
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("The unit reads it. Not asked for where it is put right."),
        )
    )

    def __init__(self, *args: Any, is_answered: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[Any] = [(End.MET.value, _("It is put right"))]
        if is_answered:
            choices.append(
                (
                    End.SENT_BACK.value,
                    _("It is not put right: back to the unit, which has three working days at least"),
                )
            )
        self.fields["end"].choices = [  # type: ignore[attr-defined]
            *choices,
            (End.CALLED_OFF.value, _("It is called off")),
        ]


# --- Filters ----------------------------------------------------------------------------------------------------------


class BoardFilterForm(forms.Form):
    """Lenient: a filter that makes no sense filters nothing."""

    wave = forms.ModelChoiceField(
        Wave.objects.all(),
        to_field_name="number",
        label=_("Wave"),
        required=False,
        empty_label=_("All waves"),
    )
    group = forms.ModelChoiceField(
        SupervisionGroup.objects.order_by("number"),
        to_field_name="number",
        label=_("Supervision group"),
        required=False,
        empty_label=_("All groups"),
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), *((one.value, STAGES[one]) for one in ORDER)],
    )

    def __init__(self, data: Any, *, whole_city: bool) -> None:
        super().__init__(data)
        if not whole_city:
            del self.fields["group"]

    @property
    def stage(self) -> Stage | None:
        state = self.cleaned_data.get("state")
        return Stage(state) if state else None


#: Of the list of orders: whose day is over.
LATE = "late"


class OrderFilterForm(WordedForm):
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), (LATE, _("Overdue")), *OrderState.choices],
    )
