"""The planner knows how many rows there are, at once and not some minutes later."""

from django.db import connection

from cards.models import Cadre
from common import statistics
from tests.cast import crowd


def test_the_planner_knows_the_rows_that_have_just_come(office):
    crowd(office, 30)
    statistics.refresh()
    table = Cadre._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [table])
        else:
            cursor.execute("SELECT stat FROM sqlite_stat1 WHERE tbl = %s LIMIT 1", [table])
        assert int(str(cursor.fetchone()[0]).split(".")[0].split()[0]) == 30
