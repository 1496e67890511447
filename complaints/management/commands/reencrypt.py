from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from complaints.services import keys


class Command(BaseCommand):
    help = _("Write every encrypted field anew under the newest key of FIELD_KEYS, before an old key goes.")

    def handle(self, *args: Any, **options: Any) -> str:
        done = keys.reencrypt()
        said = ngettext(
            "%(number)s row written anew under the newest key.",
            "%(number)s rows written anew under the newest key.",
            done.rows,
        ) % {"number": done.rows}
        if done.unreadable:
            lost = ngettext(
                "%(number)s row cannot be read with any key in FIELD_KEYS and was left as it is.",
                "%(number)s rows cannot be read with any key in FIELD_KEYS and were left as they are.",
                done.unreadable,
            )
            raise CommandError(f"{said}\n{lost % {'number': done.unreadable}}")
        return said
