"""The demonstration's inspections (common/demo.py): sheets and findings of the last months, spot checks, and what the
showcase accounts find waiting."""

from django.utils.translation import gettext_lazy as _

from common import demo


def register() -> None:
    demo.register("inspectors", _inspectors, label=_("Officers and heads"), order=200)
    demo.register("sheets", _sheets, label=_("Daily sheets"), order=210, once=False)
    demo.register("waiting", _waiting, label=_("Spot checks"), order=220, once=False)


# Imported when they are built: an app's ready() comes before its models are of use.


def _inspectors(build: demo.Build) -> str:
    from attendance.demo import hands

    return hands.build(build)


def _sheets(build: demo.Build) -> str:
    from attendance.demo import history

    return history.build(build)


def _waiting(build: demo.Build) -> str:
    from attendance.demo import waiting

    return waiting.build(build)
