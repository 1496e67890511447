from datetime import date, datetime
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from common.models import OfficeHoursSet


class City(models.Model):
    """The one row of facts that stand on every plaque and page."""

    name = models.CharField(_("city"), max_length=50, default="龙泉市")
    efficiency_office = models.CharField(_("efficiency office"), max_length=50, default="市效能办")
    express_hotline = models.CharField(_("Efficiency Express hotline"), max_length=30, blank=True)
    #: Set by the demonstration only: a banner names it, the second factor is optional, plaques say 演示.
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="city_is_one_row")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "City":
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class SupervisionGroup(models.Model):
    """One of the nine groups of the work-style office (scheme 二(三))."""

    number = models.PositiveSmallIntegerField(_("number"), unique=True)
    name = models.CharField(_("name"), max_length=50)

    class Meta:
        ordering: ClassVar = ["number"]

    def __str__(self) -> str:
        return self.name


class UnitKind(models.TextChoices):
    DEPARTMENT = "department", _("City department")
    SUBDISTRICT = "subdistrict", _("Subdistrict")
    TOWN = "town", _("Town")
    TOWNSHIP = "township", _("Township")


class UnitQuerySet(models.QuerySet["Unit"]):
    def active(self, day: date) -> "UnitQuerySet":
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day)


class Unit(models.Model):
    code = models.CharField(_("code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=60)
    alias = models.CharField(_("also written as"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=UnitKind)
    hotline = models.CharField(_("supervision hotline"), max_length=30, blank=True)
    office_hours = models.ForeignKey(
        OfficeHoursSet, models.PROTECT, related_name="+", verbose_name=_("office hours")
    )
    supervision_group = models.ForeignKey(
        SupervisionGroup,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="units",
        verbose_name=_("supervision group"),
    )
    #: 垂直管理: its superiors are outside the city, which recommends measures to them and grades nobody.
    vertically_managed = models.BooleanField(_("vertically managed"), default=False)
    valid_from = models.DateField(_("valid from"), default=date(2000, 1, 1))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    successor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="predecessors",
        verbose_name=_("successor"),
    )

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=models.F("valid_from")),
                name="unit_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(successor=None) | ~Q(successor=models.F("id")),
                name="unit_not_its_own_successor",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)


class User(AbstractBaseUser):
    """An account. What it may do stands in its memberships; there is no superuser."""

    username = models.CharField(_("user name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=50)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"))

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar = ["name"]
    objects = UserManager()

    class Meta:
        ordering: ClassVar = ["username"]
        # A phone that capitalises the first letter must not reach, or make, somebody else's account.
        constraints: ClassVar = [models.UniqueConstraint(Lower("username"), name="user_name_in_any_case")]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Role(models.TextChoices):
    CADRE = "cadre", _("Cadre")
    UNIT_OFFICER = "unit_officer", _("Unit discipline officer")
    LEADING_GROUP_HEAD = "leading_group_head", _("Leading-group head")
    EXPRESS_STAFF = "express_staff", _("Efficiency Express staff")
    EXPRESS_HEAD = "express_head", _("Efficiency Express head")
    SUPERVISOR = "supervisor", _("Supervision group")
    DISCIPLINE = "discipline", _("Discipline inspection commission")
    ADMINISTRATOR = "administrator", _("Administrator")


UNIT_ROLES = frozenset({Role.CADRE, Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD})
GROUP_ROLES = frozenset({Role.SUPERVISOR})
CITY_ROLES = frozenset({Role.EXPRESS_STAFF, Role.EXPRESS_HEAD, Role.DISCIPLINE, Role.ADMINISTRATOR})
#: 等保 level 3 asks for two factors of everybody who can see or change others' records (DOMAIN §7).
SECOND_FACTOR_ROLES = frozenset(Role) - {Role.CADRE}


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self, day: date) -> "MembershipQuerySet":
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day)


class Membership(models.Model):
    """Binds a user to a role, with dates, and where the role needs it to one unit or one group."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=Role)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="memberships")
    group = models.ForeignKey(
        SupervisionGroup,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
    )
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("to"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(
                    Q(role__in=sorted(UNIT_ROLES), unit__isnull=False, group=None)
                    | Q(role__in=sorted(GROUP_ROLES), unit=None, group__isnull=False)
                    | Q(role__in=sorted(CITY_ROLES), unit=None, group=None)
                ),
                name="membership_fits_its_role",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=models.F("valid_from")),
                name="membership_dates_in_order",
            ),
            # NULLS NOT DISTINCT is PostgreSQL's only: zero stands for “none” on both databases.
            models.UniqueConstraint(
                "user",
                "role",
                Coalesce("unit", 0),
                Coalesce("group", 0),
                "valid_from",
                name="membership_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class ActivationQuerySet(models.QuerySet["Activation"]):
    def usable(self, now: datetime) -> "ActivationQuerySet":
        return self.filter(used_at=None, withdrawn_at=None, expires_at__gt=now)


class Activation(models.Model):
    """A one-time slip with which somebody sets the password of an account.

    The code itself is printed once; only its digest is kept.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="activations")
    digest = models.CharField(max_length=64, unique=True)
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = ActivationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(used_at=None, withdrawn_at=None),
                name="activation_one_open_per_user",
            )
        ]

    def __str__(self) -> str:
        return f"activation of {self.user_id}"


class SecondFactorReset(models.Model):
    """A lost phone: one administrator asks with a reason, another one decides (DESIGN §5)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="second_factor_resets")
    reason = models.CharField(_("reason"), max_length=200)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    approved = models.BooleanField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(decided_at=None),
                name="second_factor_reset_one_open",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("requested_by")),
                name="second_factor_reset_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"second factor reset of {self.user_id}"
