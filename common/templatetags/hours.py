"""Seasons and hours in words."""

from datetime import date

from django import template
from django.utils import dateformat
from django.utils.translation import gettext as _

from common.hours import LEAP_YEAR, clock_words
from common.rules import Clocks, Season

register = template.Library()


@register.filter
def season_days(season: Season) -> str:
    """6月1日–9月30日"""
    return f"{day_of_year(season.first)}–{day_of_year(season.last)}"


def day_of_year(key: str) -> str:
    """“06-01”, as a season is kept, in words."""
    return dateformat.format(date.fromisoformat(f"{LEAP_YEAR}-{key}"), _("j F"))


@register.filter
def clock_spans(spans: Clocks) -> str:
    return clock_words(spans)
