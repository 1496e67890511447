"""What the showcase accounts hear of it: notices about findings, those of long ago as read."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from attendance import notifying
from attendance.demo.hands import Hands
from attendance.models import Finding, FindingState
from common import notices
from common.models import Notice

#: By then everybody has looked.
READ_AFTER = timedelta(days=5)


def tell(findings: Iterable[Finding], hands: Hands, now: datetime) -> None:
    """Those with an account of what concerns them, and heads of what waits for them."""
    for finding in findings:
        if finding.cadre is None:
            continue
        if finding.cadre.user_id is not None:
            _subject(finding, finding.cadre.user_id)
        head = hands.head(finding.place_id, finding.day)
        waits = finding.state == FindingState.PROVISIONAL and finding.defended_at is not None
        if waits and finding.spot_line is None and head is not None and head.has_usable_password():
            _head(finding, head.pk)
    Notice.objects.filter(created_at__lt=now - READ_AFTER, read_at=None).update(read_at=now - READ_AFTER)


def _subject(finding: Finding, user_id: int) -> None:
    facts = {"finding": finding.pk, "day": finding.day.isoformat(), "item": finding.item.name}
    if finding.defence_until is not None:
        until = {"until": finding.defence_until.isoformat()}
        _send(notifying.RECORDED, finding, "recorded", user_id, facts | until, finding.recorded_at)
    if finding.decided_at is not None:
        more = {"decision": finding.state, "unit": finding.unit.name}
        _send(notifying.DECIDED, finding, finding.state, user_id, facts | more, finding.decided_at)


def _head(finding: Finding, user_id: int) -> None:
    facts = {"finding": finding.pk, "unit": finding.unit.name, "day": finding.day.isoformat()}
    moment = finding.defended_at
    assert moment is not None
    stage = f"defended:{moment:%Y%m%d%H%M}"
    _send(notifying.DEFENDED, finding, stage, user_id, facts, moment)


def _send(
    kind: notices.Kind, finding: Finding, stage: str, user_id: int, facts: dict[str, object], now: datetime
) -> None:
    key = f"finding:{finding.pk}:{stage}"
    notices.send(kind=kind.name, key=key, to=[user_id], params=facts, now=now)
