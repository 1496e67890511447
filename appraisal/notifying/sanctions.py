"""What people hear of the ladder. A title leaves the house: it names nobody, no rung and no fact. Of a referral the
commission hears, and nobody else."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from appraisal import sanction_papers
from appraisal.models import Sanction, SanctionState, YearSettings
from appraisal.notifying import stages as notifying
from common import notices


def _page(params: Mapping[str, Any]) -> str:
    return reverse("sanction", args=[params["sanction"]])


def _own_page(params: Mapping[str, Any]) -> str:
    return reverse("my_sanction", args=[params["sanction"]])


MINE_PROPOSED = notices.Kind(
    "my_sanction_proposed",
    title=_("A proposal waits for your statement"),
    text=_("%(what)s is proposed. You can answer until %(until)s, before anybody decides."),
    url=_own_page,
    words=lambda params: _named(params),
)
UNIT_PROPOSED = notices.Kind(
    "unit_sanction_proposed",
    title=_("A proposal waits for your unit’s statement"),
    text=_("%(unit)s: %(what)s is proposed. The unit can answer until %(until)s."),
    url=_page,
    words=lambda params: _named(params),
)
TO_TELL = notices.Kind(
    "sanction_to_tell",
    title=_("Somebody has to be told of a proposal"),
    text=_("%(about)s: whoever has no account is told by the unit’s officer; then the days to answer count."),
    url=_page,
    words=lambda params: _named(params),
)
TO_DECIDE = notices.Kind(
    "sanction_to_decide",
    title=_("A measure of the ladder was proposed"),
    text=_("%(about)s: %(what)s. Nobody decides before the statement in defence, or its last day."),
    url=_page,
    words=lambda params: _named(params),
)
DEFENDED = notices.Kind(
    "sanction_defended",
    title=_("A statement in defence was handed in"),
    text=_("%(about)s: %(what)s."),
    url=_page,
    words=lambda params: _named(params),
)
MINE_DECIDED = notices.Kind(
    "my_sanction_decided",
    title=_("A proposal about you was decided"),
    text=_("%(decision)s. The reason, and what you can do, stand on your page."),
    url=_own_page,
    words=lambda params: _decision(params),
)
UNIT_DECIDED = notices.Kind(
    "unit_sanction_decided",
    title=_("A proposal about your unit was decided"),
    text=_("%(unit)s: %(decision)s."),
    url=_page,
    words=lambda params: _decision(params),
)
TO_SERVE = notices.Kind(
    "sanction_to_serve",
    title=_("A decision is to be served"),
    text=_("%(about)s: hand it over, and enter the receipt, or the refusal with its witness."),
    url=_page,
    words=lambda params: _named(params),
)
MINE_SERVED = notices.Kind(
    "my_sanction_served",
    title=_("It was entered that you have a decision"),
    text=_("Served on %(served)s. From then on you can ask for a review for %(days)s days."),
    url=_own_page,
)
MINE_SET_ASIDE = notices.Kind(
    "my_sanction_set_aside",
    title=_("A decision about you was set aside"),
    text=_("It counts no more, also not in the year."),
    url=_own_page,
)
REFERRED = notices.Kind(
    "sanction_referred",
    title=_("A file was referred to the commission"),
    text=_("%(unit)s: the clues stand in the file."),
    url=_page,
)
RIPE = notices.Kind(
    "sanction_ripe",
    title=_("A proposal of the ladder can be decided now"),
    text=_("%(about)s: %(what)s. The days for a statement in defence ended on %(until)s."),
    url=_page,
    words=lambda params: _named(params),
)
KINDS = (
    MINE_PROPOSED,
    UNIT_PROPOSED,
    TO_TELL,
    TO_DECIDE,
    DEFENDED,
    MINE_DECIDED,
    UNIT_DECIDED,
    TO_SERVE,
    MINE_SERVED,
    MINE_SET_ASIDE,
    REFERRED,
    RIPE,
)


def register() -> None:
    for kind in KINDS:
        notices.register(kind)


def _decision(params: dict[str, Any]) -> dict[str, Any]:
    state = SanctionState(params["state"])
    if state in (SanctionState.DROPPED, SanctionState.SET_ASIDE):
        return {"decision": state.label}
    if params.get("recommended"):
        return {"decision": gettext("%(measure)s, recommended") % params}
    return {"decision": params["measure"]}


def _named(params: dict[str, Any]) -> dict[str, Any]:
    """Which of several it is: about whom, and for what. What was sent before either was kept says less."""
    about, what = params["unit"], params["measure"]
    if params.get("cadre"):
        about = gettext("%(cadre)s of %(unit)s") % params
    if params.get("facts") == 1:
        what = gettext("%(measure)s (%(fact)s)") % params
    elif params.get("facts"):
        what = gettext("%(measure)s (%(fact)s and others, %(facts)s facts)") % params
    return {"about": about, "what": what}


def _key(kind: notices.Kind, sanction: Sanction, stage: str = "") -> str:
    return f"sanction:{sanction.pk}:{kind.name}{stage}"


def _message(
    kind: notices.Kind, sanction: Sanction, to: Iterable[int], stage: str = "", **more: Any
) -> notices.Message:
    params = {
        "sanction": sanction.pk,
        "unit": sanction.unit.name,
        "cadre": sanction.cadre.name if sanction.cadre is not None else "",
        "measure": sanction.measure.name,
        "fact": sanction.basis[0]["words"] if sanction.basis else "",
        "facts": len(sanction.basis),
        "state": str(sanction.state),
        "recommended": sanction.is_recommendation,
        "until": sanction.defence_until.isoformat() if sanction.defence_until else "",
        **more,
    }
    return notices.Message(kind.name, _key(kind, sanction, stage), to, params)


def proposed(
    sanction: Sanction,
    *,
    subject: Collection[int],
    deciding: Collection[int],
    telling: Collection[int],
    now: datetime,
) -> None:
    messages = [_message(TO_DECIDE, sanction, deciding)]
    if not sanction.proposed_measure.refers:
        if sanction.told_at is None:
            messages.append(_message(TO_TELL, sanction, telling))
        else:
            kind = MINE_PROPOSED if sanction.cadre_id is not None else UNIT_PROPOSED
            messages.append(_message(kind, sanction, subject))
    notices.send_all(messages, now=now)


def defended(sanction: Sanction, deciding: Collection[int], now: datetime) -> None:
    notices.send_all([_message(DEFENDED, sanction, deciding, f":{now:%Y%m%d%H%M}")], now=now)


def decided(sanction: Sanction, *, subject: Collection[int], serving: Collection[int], now: datetime) -> None:
    if sanction.proposed_measure.refers:
        commission = notifying.holders([Role.DISCIPLINE], None, now)
        if sanction.state == SanctionState.REFERRED:
            notices.send_all([_message(REFERRED, sanction, commission)], now=now)
            # Its page is the commission's alone from now on.
            notices.take_back(key=_key(TO_DECIDE, sanction))
        return
    kind = MINE_DECIDED if sanction.cadre_id is not None else UNIT_DECIDED
    messages = [_message(kind, sanction, subject)]
    if sanction.state == SanctionState.DECIDED:
        messages.append(_message(TO_SERVE, sanction, serving))
    notices.send_all(messages, now=now)


def served(sanction: Sanction, subject: Collection[int], now: datetime) -> None:
    if sanction.cadre_id is None or sanction.served_on is None:
        return
    kept = sanction_papers.as_decided(sanction)
    days = kept.review_days if kept is not None else YearSettings.current().review_days
    served_on = sanction.served_on.isoformat()
    notices.send_all([_message(MINE_SERVED, sanction, subject, served=served_on, days=days)], now=now)


def set_aside(sanction: Sanction, subject: Collection[int], now: datetime) -> None:
    kind = MINE_SET_ASIDE if sanction.cadre_id is not None else UNIT_DECIDED
    notices.send_all([_message(kind, sanction, subject, ":set_aside")], now=now)


def ripe(sanction: Sanction, deciding: Collection[int]) -> notices.Message:
    return _message(RIPE, sanction, deciding)
