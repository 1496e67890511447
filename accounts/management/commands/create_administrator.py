from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from accounts import rules, services
from common.forms import person_name
from common.problems import Refused
from common.tokens import grouped


class Command(BaseCommand):
    help = (
        "Create an administrator and print a one-time code. For a new system, or when no other can sign in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        username, name = rules.username(options["username"]), person_name(options["name"])
        if not rules.is_username(username):
            raise CommandError("The user name must be 3 to 40 small letters, digits, dots or hyphens.")
        if not name:
            raise CommandError("The name must not be empty.")
        try:
            slip = services.administrator_create(username=username, name=name, now=timezone.now())
        except Refused as refused:
            raise CommandError(str(refused.sentence)) from refused
        address = settings.SITE_URL + reverse("activate")
        self.stdout.write(f"Created the administrator {username}. Code for {address}: {grouped(slip.code)}")
