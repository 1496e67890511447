"""Consent to a photo or mobile number being public (DOMAIN §7)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cards.models import Cadre, Consent
from cards.services.locking import locked
from common import audit
from common.problems import Refused


@transaction.atomic
def consent_give(*, cadre: Cadre, subject: str, evidence: str, actor: User, now: datetime) -> Consent:
    """Record consent. Given by somebody else than the cadre it needs to say how it was given (DOMAIN §7)."""
    cadre = locked(cadre)
    if cadre.user_id != actor.pk and not evidence:
        raise Refused(
            _("Say how consent was given, for example “signed form of 24 November 2026”."), "evidence"
        )
    standing = cadre.consents.filter(subject=subject, withdrawn_at=None).first()
    if standing is not None:
        return standing
    consent = Consent.objects.create(
        cadre=cadre, subject=subject, given_at=now, recorded_by=actor, evidence=evidence
    )
    audit.record(
        verb="consent_given",
        subject=cadre,
        actor=actor,
        now=now,
        changes={"subject": subject, "evidence": evidence},
    )
    return consent


@transaction.atomic
def consent_withdraw(*, cadre: Cadre, subject: str, actor: User, now: datetime) -> None:
    """Effective at once: the next look at the public page shows neither photo nor number."""
    cadre = locked(cadre)
    if cadre.consents.filter(subject=subject, withdrawn_at=None).update(withdrawn_at=now, withdrawn_by=actor):
        audit.record(
            verb="consent_withdrawn", subject=cadre, actor=actor, now=now, changes={"subject": subject}
        )
