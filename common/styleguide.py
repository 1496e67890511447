"""The living style guide: every token and component with real sentences (docs/design-system.md)."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from common.charts import Chart, Series, line_chart
from common.crispy import ClockInput, DayInput
from common.forms import PageForm
from common.templatetags.components import SHANGHAI

_TOKEN = re.compile(r"^\s*(--[a-z0-9-]+):\s*([^;]+);", re.MULTILINE)


@dataclass(frozen=True)
class Token:
    name: str
    value: str

    @property
    def is_colour(self) -> bool:
        return self.value.startswith("#")


@dataclass(frozen=True)
class Step:
    label: object
    note: object = ""
    state: str = ""


@cache
def tokens() -> list[Token]:
    """Read from the stylesheet itself, so the guide cannot drift from what pages use."""
    css = Path(settings.BASE_DIR, "static/css/public.css").read_text(encoding="utf-8")
    return [Token(*found) for found in _TOKEN.findall(css)]


class SampleForm(PageForm):
    name = forms.CharField(
        label=_("Name"), max_length=25, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone = forms.CharField(
        label=_("Office phone"),
        help_text=_("With area code, for example 0578-000 0001."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    unit = forms.ChoiceField(label=_("Unit"), choices=[("", "—"), ("a", "市行政服务示例局"), ("b", "示例镇")])
    day = forms.DateField(label=_("Date"), widget=DayInput())
    time = forms.TimeField(label=_("Time"), widget=ClockInput(), required=False)
    state = forms.ChoiceField(
        label=_("Whereabouts"),
        choices=[("in", "在岗"), ("meeting", "开会"), ("out", "外出办事"), ("leave", "请休假")],
        widget=forms.RadioSelect,
    )
    items = forms.MultipleChoiceField(
        label=_("What was found"),
        choices=[("late", "迟到"), ("untrue", "去向不符"), ("off", "脱岗")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    facts = forms.CharField(
        label=_("What happened"),
        help_text=_("What was seen, when and where; no judgement yet."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    photo = forms.FileField(label=_("Photo"), required=False)
    informed = forms.BooleanField(label=_("The person concerned has been told."))


def _sample_data() -> dict[str, object]:
    return {
        "name": "示例甲",
        "phone": "0578-000 0001",
        "unit": "a",
        "day": "2026-11-24",
        "time": "10:20",
        "state": "out",
        "items": ["late"],
        "facts": "10:05 两次敲门无人。",
        "informed": "on",
    }


def _steps() -> list[Step]:
    return [
        Step("草拟", "11-01 00:30 系统", "done"),
        Step("确认", "待您确认，截止 11-03", "current"),
        Step("单位公布", "5 个工作日"),
        Step("上报", "截止 11-12"),
        Step("全市通报"),
    ]


def _timeline() -> list[Step]:
    return [
        Step("已收到", "11月28日"),
        Step("已受理，由市“效能直通车”办理", "11月28日"),
        Step("超期未答复", "12月1日 24:00", "bad"),
        Step("您来评价", "", "next"),
    ]


def _chart() -> Chart:
    months = ("12\n2025", "01\n2026", *(f"{month:02}" for month in range(2, 12)))
    points = (310, 342, 288, 251, 268, 196, 205, 143, 160, 105, 88, 79)
    cases = (98, 115, 88, 106, 61, 70, 52, 60, 33, 42, 28, 20)
    series = [Series("全市扣分", points), Series("查实投诉", cases)]
    return line_chart(
        "sample", "示例：一年的扣分", "全市扣分从310分降到79分，查实投诉从98件降到20件。", months, series
    )


def sample_context() -> dict[str, object]:
    return {
        "colours": [token for token in tokens() if token.is_colour],
        "measures": [token for token in tokens() if not token.is_colour],
        "tones": [
            ("on", "在岗"),
            ("out", "外出办事"),
            ("info", "开会"),
            ("idle", "请休假"),
            ("bad", "已超期 4 小时"),
        ],
        "pairs": [("本单位", "0578-000 0002"), ("市“效能直通车”", "0578-000 0003")],
        "steps": _steps(),
        "late_steps": [Step("草拟", "11-01", "done"), Step("确认", "逾期 12 日", "late"), Step("单位公布")],
        "events": _timeline(),
        "chart": _chart(),
        "page": Paginator(range(107), 10).page(4),
        "form": SampleForm(data=_sample_data(), auto_id="ok_%s"),
        "wrong_form": SampleForm(data={"name": "示例乙", "day": "24.13.2026"}, auto_id="wrong_%s"),
        "chips": SampleForm(initial={"state": "out"}, auto_id="chips_%s", prefix="chips"),
        "tiles": SampleForm(initial={"state": "out"}, auto_id="tiles_%s", prefix="tiles"),
        "confirm_points": ["门牌上的二维码立即失效。", "印制新门牌需要重新申请。"],
        "day": date(2026, 11, 24),
        "moment": datetime(2026, 11, 24, 10, 20, tzinfo=SHANGHAI),
    }


def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "common/styleguide.html", sample_context())
