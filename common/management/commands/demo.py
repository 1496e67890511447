import os
import sys
import time
import unicodedata
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import demo, serving, statistics
from common.address import reachable
from common.problems import Refused

#: The resolver takes a larger one and serves on what is left of it.
HIGHEST_PORT = 65_535
HEADINGS = (
    gettext_lazy("Role"),
    gettext_lazy("Unit"),
    gettext_lazy("User name"),
    gettext_lazy("Password"),
    gettext_lazy("What to try first"),
)


class Command(BaseCommand):
    help = _("Build the demonstration city, print its showcase accounts, and serve it until Ctrl-C.")

    def add_arguments(self, parser: CommandParser) -> None:
        usual = demo.Size()
        parser.add_argument("--units", default=str(usual.units))
        parser.add_argument("--cadres", default=str(usual.cadres))
        parser.add_argument(
            "--months",
            default=str(usual.months),
            help=_("whole months of daily sheets and findings before this one"),
        )
        parser.add_argument("--no-serve", action="store_true", help=_("only build, then end"))
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000, help=_("0 lets the system choose a free one"))

    def handle(self, *args: Any, **options: Any) -> None:
        size = demo.Size(
            units=_count("--units", options["units"]),
            cadres=_count("--cadres", options["cadres"]),
            months=_count("--months", options["months"]),
        )
        if not 0 <= options["port"] <= HIGHEST_PORT:
            raise CommandError(
                _("--port must be a number from 0 to %(most)s; it is %(port)s.")
                % {"most": HIGHEST_PORT, "port": options["port"]}
            )
        try:
            demo.check(size)
            # The port is taken first: nobody wants to watch a city being built that cannot be served.
            reservation = None if options["no_serve"] else _reserve(options["host"], options["port"])
            summary = self.build(size)
        except Refused as refused:
            raise CommandError(str(refused.sentence)) from refused
        except serving.Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(summary)
        if reservation is not None:
            sys.stdout.flush()
            sys.exit(serving.run(options["host"], options["port"], reservation=reservation))

    def build(self, size: demo.Size) -> str:
        began = time.monotonic()
        build = demo.Build(size=size, now=timezone.now())
        line = Line(self.stdout, _("Database"))
        call_command("migrate", interactive=False, verbosity=0)
        line.end(_("up to date"))
        built = 0
        for step in demo.steps():
            line = Line(self.stdout, str(step.label))
            build.progress = line.progress
            said = demo.run_step(step, build)
            built += step.once and said is not None
            line.end(said if said is not None else _("stands already"))
        if built:
            statistics.refresh()
        self.stdout.write("")
        for text in table(
            [tuple(map(str, HEADINGS)), *[tuple(vars(row).values()) for row in build.accounts]]
        ):
            self.stdout.write(text)
        self.stdout.write("")
        for note in build.notes:
            self.stdout.write(note)
        stands = build.marked("people") or vars(size)
        if (stands["units"], stands["cadres"]) != (size.units, size.cadres):
            self.stdout.write(
                _("The city keeps the size it was built with; “make reset” makes room for another one.")
            )
        seconds = {"seconds": f"{time.monotonic() - began:.1f}", "size": _size(stands)}
        if built:
            return _("Built the demonstration city in %(seconds)s s: %(size)s.") % seconds
        return _("The demonstration city stands: %(size)s. Nothing was rebuilt (%(seconds)s s).") % seconds


def _size(stands: dict[str, Any]) -> str:
    return _("%(units)s units, %(cadres)s cadres") % {key: f"{stands[key]:,}" for key in ("units", "cadres")}


def _count(name: str, value: str) -> int:
    text = str(value).strip()
    if not text.isdecimal() or int(text) < 1:
        raise CommandError(
            _("%(name)s must be a whole number from 1 on; it is “%(value)s”.")
            % {"name": name, "value": value}
        )
    return int(text)


def _reserve(host: str, port: int) -> serving.Reservation:
    """Take the port, and let the printed codes carry the address under which it is reached."""
    serving.end_with_make()
    reservation = serving.reserve(host, port)
    if not os.environ.get("SITE_URL") and not os.environ.get("SITE_URL_FILE"):
        taken = reservation.socket.getsockname()[1]
        settings.SITE_URL = os.environ["SITE_URL"] = f"http://{reachable(host)}:{taken}"
    return reservation


class Line:
    """One step's line: what it is, on a terminal how far it is, and what it came to."""

    def __init__(self, out: Any, label: str) -> None:
        self.out, self.label = out, label
        self.live = bool(out.isatty())
        self.shown = -1
        self.progress(0, 1)

    def progress(self, done: int, total: int) -> None:
        percent = done * 100 // max(total, 1)
        if self.live and percent != self.shown:
            self.shown = percent
            self.out.write(f"\r{pad(self.label, 16)} {percent:3d} %", ending="")
            self.out.flush()

    def end(self, said: str) -> None:
        """Silent for a step that only adds to what is printed below."""
        start = f"\r{' ' * 24}\r" if self.live else ""
        self.out.write(f"{start}{pad(self.label, 16)} {said}" if said else start, ending="\n" if said else "")
        self.out.flush()


def width(text: str) -> int:
    """Columns on a terminal: Han characters and full-width punctuation take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def pad(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    columns = [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(pad(cell, size) for cell, size in zip(row, columns, strict=True)).rstrip() for row in rows
    ]
    return [lines[0], "─" * (sum(columns) + 2 * len(columns) - 2), *lines[1:]]
