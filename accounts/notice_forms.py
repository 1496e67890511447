from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from common.forms import PageForm

#: What the outside is told, said wherever somebody enters an address.
ONLY_TITLES = _("Only the title of a notice and a link go there: no name, no place, no reason.")


class EmailForm(PageForm):
    submit = _("Send me the link")
    address = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none"}),
        help_text=ONLY_TITLES,
    )


class ChannelForm(PageForm):
    submit = _("Add the group")
    label = forms.CharField(label=_("Name of the group"), max_length=60)
    unit = forms.ModelChoiceField(
        Unit.objects.none(),
        label=_("Unit"),
        required=False,
        help_text=_("Without a unit it is the city's group."),
    )
    address = forms.CharField(
        label=_("Webhook address of the robot"),
        max_length=500,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        help_text=_(
            "From the settings of the group in DingTalk, WeCom or Feishu. It is kept encrypted and not shown again: "
            "whoever has it can write into the group."
        ),
    )

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit: Any = self.fields["unit"]
        unit.queryset = Unit.objects.active(today)
        unit.empty_label = _("Whole city")
