import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from common import serving


class Command(BaseCommand):
    help = _("Run the website with its worker and its clock, until Ctrl-C.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000, help=_("0 lets the system choose a free one"))
        parser.add_argument(
            "--no-worker",
            action="store_true",
            help=_("only the website: worker and beat run elsewhere (docs/running.md)"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(
            serving.run(
                options["host"],
                options["port"],
                worker=not options["no_worker"],
                checked=not options["skip_checks"],
            )
        )
