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
    return f"{_day(season.first)}–{_day(season.last)}"


def _day(key: str) -> str:
    return dateformat.format(date.fromisoformat(f"{LEAP_YEAR}-{key}"), _("j F"))


@register.filter
def clock_spans(spans: Clocks) -> str:
    return clock_words(spans)
