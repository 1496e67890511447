"""The components of the design system (docs/design-system.md); every one is on /styleguide/."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField, MultiWidget, SelectDateWidget
from django.forms.formsets import BaseFormSet
from django.forms.widgets import ChoiceWidget
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.utils import dateformat, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from common.charts import Chart
from common.slots import fillers

register = template.Library()

# Every date on a page is a date in Longquan, whatever zone a test or a host runs in.
SHANGHAI = ZoneInfo("Asia/Shanghai")
TONES = ("on", "out", "info", "idle", "bad")
MESSAGE_TONES = {"success": "on", "warning": "out", "error": "bad", "debug": "idle"}
BUTTON_KINDS = {"primary": "", "ghost": " ghost", "seal": " seal", "plain": " plain"}
_ICON_PATHS = {
    "on": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm-4.500 9.300 3.200 3.200 5.800-6.500",
    "out": "M12 3.500 2.500 20h19L12 3.500zm0 6.500v4.500m0 2.500v.5",
    "bad": "M8.300 3h7.400L21 8.300v7.400L15.700 21H8.300L3 15.700V8.300L8.300 3zM12 7.500v5.500m0 3v.5",
    "info": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 4.500v.5m0 3v5.500",
}


def _tone(tone: str) -> str:
    """A misspelt tone would silently lose its colour, so it is an error."""
    if tone not in TONES:
        raise template.TemplateSyntaxError(f"unknown tone {tone!r}; use one of {', '.join(TONES)}")
    return tone


# --- Words and dates ------------------------------------------------------------------------------


def _chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def _local(value: date | datetime) -> date | datetime:
    return value.astimezone(SHANGHAI) if isinstance(value, datetime) and timezone.is_aware(value) else value


@register.filter
def zh_date(value: date | datetime | None) -> str:
    """11月24日, and 2025年11月24日 when it is not this year."""
    if not value:
        return ""
    day = _local(value)
    this_year = day.year == timezone.localdate(timezone=SHANGHAI).year
    if _chinese():
        return f"{day.month}月{day.day}日" if this_year else f"{day.year}年{day.month}月{day.day}日"
    return dateformat.format(day, "j F" if this_year else "j F Y")


@register.filter
def zh_time(value: datetime | time | None) -> str:
    if value is None:
        return ""
    moment = _local(value) if isinstance(value, datetime) else value
    return f"{moment:%H:%M}"


@register.filter
def zh_month(value: date) -> str:
    """2026年8月, also in its own year: months of a table stand beside those of another."""
    return f"{value.year}年{value.month}月" if _chinese() else dateformat.format(value, "F Y")


@register.filter
def zh_datetime(value: datetime | None) -> str:
    return f"{zh_date(value)} {zh_time(value)}" if value else ""


@register.filter
def phone_href(number: str | None) -> str:
    """A tel: address; an extension (转 802) is dialled after a pause."""
    text = unicodedata.normalize("NFKC", number or "")
    main, *extension = re.split(r"转|ext\.?|分机", text, maxsplit=1)
    digits = re.sub(r"[^\d+]", "", main)
    if not digits:
        return ""
    tail = re.sub(r"\D", "", extension[0]) if extension else ""
    return f"tel:{digits},{tail}" if tail else f"tel:{digits}"


@register.filter
def message_tone(level_tag: str) -> str:
    return MESSAGE_TONES.get(level_tag, "info")


@register.simple_tag
def city_name(city: Any = None) -> str:
    """Pages that are shown without a context (400, 500) still name the city."""
    return str(getattr(city, "name", "")) or gettext("Longquan")


@register.simple_tag
def supervised_by(city: Any = None) -> str:
    office = str(getattr(city, "efficiency_office", "")) or gettext("city efficiency office")
    return gettext("Supervised by the %(office)s") % {"office": office}


# --- Small parts ----------------------------------------------------------------------------------


@register.simple_tag
def tag(tone: str, text: object) -> SafeString:
    return format_html('<span class="tag {}">{}</span>', _tone(tone), text)


@register.simple_tag
def icon(tone: str) -> SafeString:
    path = _ICON_PATHS.get(tone, _ICON_PATHS["info"])
    return format_html(
        '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"'
        ' stroke-linejoin="round" aria-hidden="true" focusable="false"><path d="{}"/></svg>',
        path,
    )


@register.simple_tag
def link_button(url: str, label: str, kind: str = "primary") -> SafeString:
    return format_html('<a class="btn{}" href="{}">{}</a>', BUTTON_KINDS[kind], url, label)


@register.simple_tag
def button(label: str, kind: str = "primary", name: str = "", value: str = "") -> SafeString:
    named = format_html(' name="{}" value="{}"', name, value) if name else ""
    return format_html('<button class="btn{}" type="submit"{}>{}</button>', BUTTON_KINDS[kind], named, label)


@register.simple_tag
def phone(number: str) -> SafeString | str:
    """A number one can call and read; text that holds no digits stays text."""
    href = phone_href(number)
    return format_html('<a class="num nowrap tap" href="{}">{}</a>', href, number) if href else number


@register.simple_tag
def number(text: str) -> SafeString:
    """A number that one tap or click selects whole, for copying."""
    return format_html('<span class="code num">{}</span>', text)


@register.simple_tag
def stat(label: str, value: object, note: str = "", url: str = "", tone: str = "") -> SafeString:
    classes = f"card stat {_tone(tone)}" if tone else "card stat quiet"
    inside = format_html('<span class="muted">{}</span><strong>{}</strong>', label, value)
    if note:
        inside = format_html("{}<span>{}</span>", inside, note)
    if url:
        return format_html('<a class="{}" href="{}">{}</a>', classes, url, inside)
    return format_html('<div class="{}">{}</div>', classes, inside)


@register.simple_tag
def facts(pairs: Iterable[tuple[object, object]], kind: str = "") -> SafeString:
    rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs)
    return format_html('<dl class="facts{}">{}</dl>', " start" if kind == "start" else "", rows)


@register.simple_tag
def meter(label: str, value: float, maximum: float, tone: str = "on") -> SafeString:
    """An SVG, because a width in a style attribute is forbidden by the content policy."""
    share = round(100 * min(max(value / maximum, 0), 1), 1) if maximum else 0
    return format_html(
        '<svg class="meter {}" role="img" aria-label="{}" viewBox="0 0 100 6" preserveAspectRatio="none">'
        '<rect class="track" width="100" height="6" rx="1"/>'
        '<rect class="fill" width="{}" height="6" rx="1"/></svg>',
        _tone(tone),
        gettext("%(label)s: %(share)s%%") % {"label": label, "share": f"{share:g}"},
        f"{share:g}",
    )


@register.simple_tag
def pipe(label: str, done: int, total: int, late: bool = False) -> SafeString:
    """Stages of a process in one line; the next one is cinnabar when it is late."""
    states = ["done" if i < done else "late" if late and i == done else "" for i in range(total)]
    bars = format_html_join(
        "",
        '<rect class="{}" x="{}" width="22" height="8" rx="3"/>',
        ((s, i * 25) for i, s in enumerate(states)),
    )
    # As wide as its bars: in a box that is wider they would stand in the middle.
    return format_html(
        '<svg class="pipe" role="img" aria-label="{label}" width="{wide}" viewBox="0 0 {wide} 8">{bars}</svg>',
        label=label,
        wide=max(total * 25 - 3, 1),
        bars=bars,
    )


@register.inclusion_tag("components/chart.html")
def chart(chart: Chart) -> dict[str, Chart]:
    """Lines over months (common/charts.py); the same figures stand in a table below it."""
    return {"chart": chart}


@register.inclusion_tag("components/portrait.html")
def portrait(photo_url: str, name: str, kind: str = "") -> dict[str, Any]:
    return {"photo_url": photo_url, "name": name, "kind": kind}


@register.inclusion_tag("components/steps.html")
def steps(label: str, items: Sequence[Any]) -> dict[str, Any]:
    """Items have label, note and state: done, current, late or empty."""
    return {"label": label, "items": items}


@register.inclusion_tag("components/timeline.html")
def timeline(events: Iterable[Any]) -> dict[str, Any]:
    """Events have label, note, and state: done, next or bad."""
    return {"events": events}


@register.inclusion_tag("components/breadcrumb.html")
def breadcrumb(*parts: str) -> dict[str, Any]:
    """Label, URL, label, URL, …, and the last label alone: the page itself."""
    pairs = [(parts[i], parts[i + 1] if i + 1 < len(parts) else "") for i in range(0, len(parts), 2)]
    return {"pairs": pairs}


@register.inclusion_tag("components/empty.html")
def empty(text: str, hint: str = "", url: str = "", action: str = "") -> dict[str, str]:
    return {"text": text, "hint": hint, "url": url, "action": action}


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: RequestContext, page: Page[Any]) -> dict[str, Any]:
    return {
        "query": context["request"].GET,
        "page": page,
        "numbers": page.paginator.get_elided_page_range(page.number),
    }


@register.inclusion_tag("components/choices.html")
def choices(field: BoundField, kind: str = "", legend: str = "", hide_legend: bool = False) -> dict[str, Any]:
    """Radios or checkboxes of a form field as a list, chips or tiles."""
    return {"field": field, "kind": kind, "legend": legend or field.label, "hide_legend": hide_legend}


# --- Blocks ---------------------------------------------------------------------------------------


@register.simple_block_tag
def card(content: str, heading: str = "", kind: str = "") -> SafeString:
    head = format_html("<h2>{}</h2>", heading) if heading else ""
    classes = f"card {kind}".strip()
    return format_html('<section class="{}">{}{}</section>', classes, head, mark_safe(content))


@register.simple_block_tag
def notice(content: str, tone: str = "info", heading: str = "") -> SafeString:
    head = format_html("<h2>{}</h2>", heading) if heading else ""
    return format_html(
        '<div class="notice {}">{}<div>{}{}</div></div>', _tone(tone), icon(tone), head, mark_safe(content)
    )


@register.simple_block_tag
def table_scroll(content: str, label: str) -> SafeString:
    """A wide table scrolls inside its own box, which the keyboard can reach."""
    return format_html(
        '<div class="table-wrap" role="region" aria-label="{}" tabindex="0">{}</div>',
        label,
        mark_safe(content),
    )


# --- Errors ---------------------------------------------------------------------------------------


@register.filter
def error_target(field: BoundField) -> str:
    """The id a link in the error summary leads to: the first input of a group, else the input."""
    widget = field.field.widget
    own = widget.attrs.get("id") or field.auto_id
    if isinstance(widget, SelectDateWidget):
        return str(widget.id_for_label(own))
    grouped = isinstance(widget, MultiWidget) or (isinstance(widget, ChoiceWidget) and widget.use_fieldset)
    return f"{own}_0" if grouped else str(own)


def _form_errors(form: BaseForm) -> list[dict[str, str]]:
    lines = [{"target": "", "text": str(error)} for error in form.non_field_errors()]
    for field in form:
        target = "" if field.is_hidden else error_target(field)
        label = str(field.label).rstrip("。.：:？?")
        lines += [
            {"target": target, "text": gettext("%(label)s: %(error)s") % {"label": label, "error": error}}
            for error in field.errors
        ]
    return lines


def error_lines(forms: Iterable[Any]) -> list[dict[str, str]]:
    lines: list[dict[str, str]] = []
    for form in filter(None, forms):
        if isinstance(form, BaseFormSet):
            lines += [{"target": "", "text": str(error)} for error in form.non_form_errors()]
            lines += error_lines(form.forms)
        elif form.is_bound:
            lines += _form_errors(form)
    return lines


@register.simple_tag
def error_summary(*forms: Any) -> SafeString | str:
    """Links every error of these forms and formsets to its field; nothing when there are none."""
    lines = error_lines(forms)
    if not lines:
        return ""
    title = ngettext("There is a problem", "There are %(count)s problems", len(lines)) % {"count": len(lines)}
    return render_to_string("components/error_summary.html", {"title": title, "lines": lines})


@register.simple_tag(takes_context=True)
def page_slot(context: RequestContext, name: str, subject: Any = None) -> SafeString:
    """What higher apps have to show here (common/slots.py); empty when none has."""
    request = context["request"]
    shown = (filler(request, subject) for filler in fillers(name))
    around: dict[Any, Any] = context.flatten()
    return mark_safe("".join(render_to_string(part[0], {**around, **part[1]}) for part in shown if part))
