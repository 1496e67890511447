"""The demonstration's complaints (common/demo.py): one in every state, some months of answered ones, and praise."""

from django.utils.translation import gettext_lazy as _

from common import demo


def register() -> None:
    demo.register("complaints", _complaints, label=_("Complaints"), order=230, once=False)


# Imported when they are built: an app's ready() comes before its models are of use.


def _complaints(build: demo.Build) -> str:
    from complaints.demo import showcase

    return showcase.build(build)
