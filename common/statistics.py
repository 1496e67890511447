"""What the database's planner believes about the tables, refreshed after many rows came at once.

PostgreSQL looks by itself some minutes later; until then it takes full tables for empty ones, and pages that need
milliseconds take seconds.
"""

from django.db import connection


def refresh() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
