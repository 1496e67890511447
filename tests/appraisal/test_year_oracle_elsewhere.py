"""The years of other cities, computed once more: any, and the demonstration's. Apart from test_year_oracle, whose
city is built once in a transaction that stays open."""

import random
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from appraisal.models import AnnualResult, LedgerEntry
from appraisal.services.years import year_appraise
from tests.appraisal import yearly
from tests.appraisal.year_world import NOW, Years

pytestmark = pytest.mark.django_db


def test_any_other_city_comes_to_the_same_twice(tmp_path):
    Years(str(random.randrange(10**6)))
    for year in (2026, 2027):
        year_appraise(year=year, now=NOW)
        assert yearly.compare(year, NOW, tmp_path) == []


def test_the_demonstration_of_a_whole_year_comes_to_the_same_twice(tmp_path, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    size = ("--months", "12", "--units", "8", "--cadres", "64")
    call_command("demo", *size, "--no-serve", stdout=StringIO())
    now = timezone.now()
    for year in (now.year - 1, now.year):
        year_appraise(year=year, now=now)
        assert AnnualResult.objects.filter(year=year).exists()
        assert yearly.compare(year, now, tmp_path) == []
        assert year_appraise(year=year, now=now).changed == 0
    assert LedgerEntry.objects.values("month").distinct().count() >= 12
    assert any("YEAR-4" in codes for codes in AnnualResult.objects.values_list("codes", flat=True))
