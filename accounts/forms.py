from typing import Any

from allauth.account import forms as account_forms
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.recovery_codes.forms import GenerateRecoveryCodesForm as BaseGenerateForm
from allauth.mfa.totp import forms as totp_forms
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.forms.models import model_to_dict
from django.utils.translation import gettext_lazy as _

from accounts import history, rules, totp
from accounts.models import (
    CITY_ROLES,
    GROUP_ROLES,
    UNIT_ROLES,
    City,
    Membership,
    Role,
    SupervisionGroup,
    Unit,
    UnitKind,
    User,
)
from accounts.services import UNIT_CODE_NOT_VALID, UNIT_FIELDS, UnitDetails, city_facts, unit_facts
from common.forms import EditForm, PageForm, checked_name, day_field, person_name, phone_number
from common.models import OfficeHoursSet
from common.versions import version_of

PASSWORD_HINT = _("At least 10 characters, not only digits, and nothing like your name.")
#: Codes that mean “stop for a while”: their page is the 429 page.
RATE_LIMITED = frozenset({"too_many_login_attempts", "rate_limited"})


def is_rate_limited(form: forms.Form) -> bool:
    return any(error.code in RATE_LIMITED for errors in form.errors.as_data().values() for error in errors)


def _password(autocomplete: str, **kwargs: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(strip=False, max_length=128, widget=widget, **kwargs)


def _reason(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=200, widget=forms.Textarea(attrs={"rows": 3}))


class CodeField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "numeric", "autocomplete": "one-time-code", "autocapitalize": "off"}
        super().__init__(max_length=20, widget=forms.TextInput(attrs=attrs), **kwargs)

    def to_python(self, value: Any) -> str:
        return rules.code(super().to_python(value) or "")


# --- Signing in ---------------------------------------------------------------------------------------------


class LoginForm(PageForm, account_forms.LoginForm):
    submit = _("Sign in")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attrs = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        self.fields = {
            "login": forms.CharField(
                label=_("User name"), max_length=40, widget=forms.TextInput(attrs=attrs)
            ),
            "password": _password("current-password", label=_("Password")),
        }

    def clean_login(self) -> str:
        return rules.username(self.cleaned_data["login"])


class AuthenticateForm(PageForm, mfa_forms.AuthenticateForm):
    submit = _("Sign in")
    code = CodeField(
        label=_("Verification code"),
        help_text=_("The six digits that your authenticator app shows now, or a recovery code."),
    )


class ReauthenticateForm(PageForm, account_forms.ReauthenticateForm):
    submit = _("Continue")
    password = _password("current-password", label=_("Password"))


class SecondFactorReauthenticateForm(PageForm, mfa_forms.ReauthenticateForm):
    submit = _("Continue")
    code = CodeField(
        label=_("Verification code"),
        help_text=_("The six digits that your authenticator app shows now, or a recovery code."),
    )


class ChangePasswordForm(PageForm, account_forms.ChangePasswordForm):
    submit = _("Change the password")
    oldpassword = _password("current-password", label=_("Current password"))
    password1 = account_forms.SetPasswordField(label=_("New password"), help_text=PASSWORD_HINT)
    password2 = _password("new-password", label=_("New password, again"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].widget.attrs.pop("placeholder", None)

    def clean(self) -> dict[str, Any]:
        return _same_twice(self, forms.Form.clean(self) or {})


def _same_twice(form: forms.Form, data: dict[str, Any]) -> dict[str, Any]:
    first, second = data.get("password1"), data.get("password2")
    if first and second and first != second:
        form.add_error("password2", _("The two passwords are not the same."))
    return data


class ActivateTOTPForm(PageForm, totp_forms.ActivateTOTPForm):
    submit = _("Switch on")
    code = CodeField(label=_("Verification code"), help_text=_("The six digits that the app shows now."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.user, now = kwargs.pop("user"), kwargs.pop("now")
        # Not the library's own, which keeps the secret in clear in the session.
        forms.Form.__init__(self, *args, **kwargs)
        self.secret = totp.pending_or_new(context.request.session, now)


class DeactivateTOTPForm(PageForm, totp_forms.DeactivateTOTPForm):
    submit = _("Remove the second factor")
    tone = "seal"


class GenerateRecoveryCodesForm(PageForm, BaseGenerateForm):
    submit = _("Make new codes")


class ActivationForm(PageForm):
    submit = _("Set the password and sign in")
    username = forms.CharField(
        label=_("User name"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
        help_text=_("As printed on your slip."),
    )
    code = forms.CharField(
        label=_("One-time code"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        help_text=_("The 16 characters on your slip; spaces and capitals do not matter."),
    )
    password1 = _password("new-password", label=_("New password"), help_text=PASSWORD_HINT)
    password2 = _password("new-password", label=_("New password, again"))

    def clean_username(self) -> str:
        return rules.username(self.cleaned_data["username"])

    def clean_password1(self) -> str:
        """Against the typed name only: asking the database would say which accounts exist."""
        password = self.cleaned_data["password1"]
        validate_password(password, User(username=self.cleaned_data.get("username", "")))
        return str(password)

    def clean(self) -> dict[str, Any]:
        return _same_twice(self, super().clean() or {})


# --- Administration -----------------------------------------------------------------------------------------


STATES = [
    ("", _("All accounts")),
    ("active", _("In use")),
    ("inactive", _("Out of use")),
    ("no_password", _("Not yet activated")),
    ("no_second_factor", _("Second factor missing")),
]


class UserFilterForm(forms.Form):
    """Lenient: a filter that makes no sense filters nothing."""

    q = forms.CharField(label=_("Name or user name"), required=False, max_length=50)
    role = forms.ChoiceField(label=_("Role"), required=False)
    unit = forms.ModelChoiceField(
        Unit.objects.all(), label=_("Unit"), required=False, empty_label=_("All units")
    )
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", _("All roles")), *Role.choices]  # type: ignore[attr-defined]


class MembershipForm(PageForm):
    submit = _("Give this role")
    role = forms.ChoiceField(label=_("Role"))
    unit = forms.ModelChoiceField(
        Unit.objects.none(),
        label=_("Unit"),
        required=False,
        empty_label=_("None"),
        help_text=_("For a cadre, a discipline officer and a leading-group head."),
    )
    group = forms.ModelChoiceField(
        SupervisionGroup.objects.all(),
        label=_("Supervision group"),
        required=False,
        empty_label=_("None"),
        help_text=_("For a supervision group only."),
    )
    valid_from = day_field(label=_("From"))
    valid_to = day_field(
        label=_("To"),
        required=False,
        help_text=_("The last day, for a deputy; empty when there is no end in sight."),
    )

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", _("Choose a role")), *Role.choices]  # type: ignore[attr-defined]
        self.fields["unit"].queryset = Unit.objects.active(today)  # type: ignore[attr-defined]
        self.fields["valid_from"].initial = today

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        role, unit, group = data.get("role"), data.get("unit"), data.get("group")
        if role in UNIT_ROLES and not unit:
            self.add_error("unit", _("This role needs a unit."))
        if role in GROUP_ROLES and not group:
            self.add_error("group", _("This role needs a supervision group."))
        if unit and role in CITY_ROLES | GROUP_ROLES:
            self.add_error("unit", _("This role is not bound to a unit: leave it empty."))
        if group and role in CITY_ROLES | UNIT_ROLES:
            self.add_error("group", _("This role is not bound to a group: leave it empty."))
        return data

    def membership(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("role", "unit", "group", "valid_from", "valid_to")}


class UserForm(MembershipForm):
    submit = _("Create the account")
    username = forms.CharField(
        label=_("User name"),
        max_length=40,
        help_text=_("3 to 40 small letters, digits, dots or hyphens, for example the name in pinyin."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    name = forms.CharField(
        label=_("Name"), max_length=50, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    field_order = ("username", "name", "role", "unit", "group", "valid_from", "valid_to")

    def clean_username(self) -> str:
        value = rules.username(self.cleaned_data["username"])
        if not rules.is_username(value):
            raise forms.ValidationError(
                _("Use 3 to 40 small letters, digits, dots or hyphens, beginning with a letter or digit.")
            )
        return value

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])


class MembershipEndForm(PageForm):
    submit = _("End this role")
    tone = "seal"
    last_day = day_field(
        label=_("Last day"),
        help_text=_("The role still counts on this day. Choose yesterday to end it at once."),
    )

    def __init__(self, *args: Any, membership: Membership, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"].initial = max(today, membership.valid_from)


class DeactivateForm(PageForm):
    submit = _("Close the account")
    tone = "seal"
    reason = _reason(_("Reason"))


class ReactivateForm(PageForm):
    submit = _("Reopen the account")
    reason = _reason(_("Reason"))


class ResetRequestForm(PageForm):
    submit = _("Ask for the reset")
    reason = _reason(_("Reason"))


class ResetDecisionForm(PageForm):
    submit = _("Decide")
    decision = forms.ChoiceField(
        label=_("Decision"),
        widget=forms.RadioSelect,
        choices=[
            ("approve", _("Approve: remove the second factor and sign the account out everywhere")),
            ("decline", _("Decline: everything stays as it is")),
        ],
    )


class CityForm(EditForm):
    name = forms.CharField(label=_("City"), max_length=50, help_text=_("Stands on every plaque and page."))
    efficiency_office = forms.CharField(
        label=_("Efficiency office"), max_length=50, help_text=_("As in “supervised by …” on every plaque.")
    )
    express_hotline = forms.CharField(
        label=_("Efficiency Express hotline"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
        help_text=_("Changing it makes the printed plaques outdated."),
    )

    def clean_express_hotline(self) -> str:
        return phone_number(self.cleaned_data["express_hotline"])

    @classmethod
    def of(cls, city: City, data: Any = None) -> "CityForm":
        facts = city_facts(city)
        return cls(data, initial={**facts, "seen": version_of(facts)})


UNIT_STATES = [
    ("", _("All units")),
    ("no_hotline", _("Supervision hotline missing")),
    ("no_officer", _("No discipline officer")),
    ("closed", _("No longer in existence")),
]


class UnitFilterForm(forms.Form):
    """Lenient: a filter that makes no sense filters nothing."""

    q = forms.CharField(label=_("Name or code"), required=False, max_length=50)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All kinds")), *UnitKind.choices]
    )
    group = forms.ModelChoiceField(
        SupervisionGroup.objects.all(),
        label=_("Supervision group"),
        required=False,
        empty_label=_("All groups"),
    )
    state = forms.ChoiceField(label=_("State"), required=False, choices=UNIT_STATES)


class UnitForm(EditForm):
    name = forms.CharField(
        label=_("Unit name"), max_length=60, help_text=_("Changing it makes the printed plaques outdated.")
    )
    alias = forms.CharField(
        label=_("Also written as"),
        max_length=60,
        required=False,
        help_text=_("Another spelling or short name that people search for."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=UnitKind.choices)
    hotline = forms.CharField(
        label=_("Supervision hotline"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
        help_text=_(
            "Stands on every plaque of the unit: without it none is printed. "
            "Changing it makes the printed plaques outdated."
        ),
    )
    office_hours = forms.ModelChoiceField(
        OfficeHoursSet.objects.order_by("pk"), label=_("Office hours"), empty_label=None
    )
    supervision_group = forms.ModelChoiceField(
        SupervisionGroup.objects.all(), label=_("Supervision group"), required=False, empty_label=_("None")
    )
    vertically_managed = forms.BooleanField(
        label=_("Vertically managed"),
        required=False,
        help_text=_("Its superiors are outside the city: measures are recommended to them."),
    )
    valid_from = day_field(label=_("In existence from"))
    valid_to = day_field(
        label=_("Last day"),
        required=False,
        help_text=_("Only for a unit that is dissolved or merged. Its people must be moved or ended first."),
    )
    successor = forms.ModelChoiceField(
        Unit.objects.all(),
        label=_("Successor"),
        required=False,
        empty_label=_("None"),
        help_text=_("The unit that takes over its business."),
    )

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])

    def clean_alias(self) -> str:
        return person_name(self.cleaned_data["alias"])

    def clean_hotline(self) -> str:
        return phone_number(self.cleaned_data["hotline"])

    def details(self) -> UnitDetails:
        return UnitDetails(**{name: self.cleaned_data[name] for name in UNIT_FIELDS})

    def saved_words(self, name: str, saved: Any) -> str:
        return history.words(name, saved)

    @classmethod
    def of(cls, unit: Unit, data: Any = None) -> "UnitForm":
        form = cls(data, initial={**model_to_dict(unit, UNIT_FIELDS), "seen": version_of(unit_facts(unit))})
        form.fields["successor"].queryset = Unit.objects.exclude(pk=unit.pk)  # type: ignore[attr-defined]
        return form


class UnitNewForm(UnitForm):
    submit = _("Create the unit")
    code = forms.CharField(
        label=_("Unit code"),
        max_length=12,
        help_text=_("Stands in card numbers and user names; it can never be changed. For example D001."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("code",)

    def clean_code(self) -> str:
        value = rules.unit_code(self.cleaned_data["code"])
        if not rules.is_unit_code(value):
            raise forms.ValidationError(UNIT_CODE_NOT_VALID)
        return value
