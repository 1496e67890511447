"""What the database's planner believes about the tables, refreshed after many rows came at once.

PostgreSQL looks by itself some minutes later; until then it takes full tables for empty ones, and pages that need
milliseconds take seconds.
"""

from django.db import connection

#: Fewer rows change nothing that the planner believes; looking at every table costs a second in a full city.
MANY = 300


def refresh_after(created: int) -> None:
    if created >= MANY:
        refresh()


def refresh() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
