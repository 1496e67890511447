"""The demonstration's months (common/demo.py): every month that is over drafted, and on its way to the bulletin."""

from django.utils.translation import gettext_lazy as _

from common import demo


def register() -> None:
    demo.register("rollout", _rollout, label=_("Rollout"), order=235)
    demo.register("months", _months, label=_("Monthly assessment"), order=240, once=False)
    demo.register("posts", _posts, label=_("Post responsibilities"), order=245)
    demo.register("year", _year, label=_("Ladder and year"), order=250)
    demo.register("effect", _effect, label=_("Effect"), order=290, once=False)


# Imported when they are built: an app's ready() comes before its models are of use.


def _months(build: demo.Build) -> str:
    from appraisal.demo import months

    return months.build(build)


def _effect(build: demo.Build) -> str:
    from appraisal.demo import effect

    return effect.build(build)


def _rollout(build: demo.Build) -> str:
    from appraisal.demo import rollout

    return rollout.build(build)


def _posts(build: demo.Build) -> str:
    from appraisal.demo import posts

    return posts.build(build)


def _year(build: demo.Build) -> str:
    from appraisal.demo import year

    return year.build(build)
