"""The design system: tokens, components, the form pack, and the pages every other page stands on."""

import re
from collections import Counter
from datetime import UTC, date, datetime, time
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import time_machine
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Fieldset, Layout, Row, Submit
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory
from django.utils import translation
from pytest_django.fixtures import Settings

from common import slots, styleguide
from common.crispy import ClockInput, DayInput
from common.forms import PageForm, asked_for_at_times
from common.templatetags import components

ROOT = Path(settings.BASE_DIR)
CSS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "static/css").glob("*.css")}
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
#: HTML that never needs an end tag.
VOID = {"meta", "link", "br", "hr", "img", "input", "rect", "circle", "path", "line"}


@pytest.fixture(autouse=True)
def unhashed_static_files(settings: Settings) -> None:
    """Pages are rendered without `collectstatic` having run."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def render(source: str, **context: object) -> str:
    return Template("{% load components %}" + source).render(Context(context)).strip()


class Elements(HTMLParser):
    """Every element with its attributes, and whether all of them were closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [attr for attr, _ in attrs]
        assert len(names) == len(set(names)), f"<{name}> repeats an attribute: {names}"
        self.found.append((name, dict(attrs)))
        if name not in VOID:
            self.open.append(name)

    def handle_startendtag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((name, dict(attrs)))

    def handle_endtag(self, name: str) -> None:
        assert self.open, f"</{name}> closes nothing"
        assert self.open.pop() == name

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for found, attrs in self.found if found == name]

    def ids(self) -> list[str]:
        return [str(attrs["id"]) for _, attrs in self.found if attrs.get("id")]


# --- Tokens ------------------------------------------------------------------------------------------


def test_each_token_is_defined_once() -> None:
    defined = Counter(re.findall(r"(--[a-z0-9-]+)\s*:", "".join(CSS.values())))
    assert defined, "no token was found"
    assert [name for name, times in defined.items() if times > 1] == []


def test_every_used_token_exists() -> None:
    text = "".join(CSS.values())
    assert set(re.findall(r"var\((--[a-z0-9-]+)", text)) <= {token.name for token in styleguide.tokens()}


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    channels = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("text", "ground", "least"),
    [
        ("ink", "celadon-50", 7),
        ("muted", "paper", 4.5),
        ("muted", "celadon-50", 4.5),
        ("muted", "celadon-100", 4.5),
        ("muted", "idle-50", 4.5),
        ("celadon-700", "celadon-100", 4.5),
        ("celadon-700", "celadon-50", 4.5),
        ("amber-700", "amber-50", 4.5),
        ("cinnabar-700", "cinnabar-50", 4.5),
        ("blue-700", "blue-50", 4.5),
        ("paper", "celadon-700", 4.5),
        ("paper", "cinnabar-700", 4.5),
        ("edge", "paper", 3),
        ("amber-500", "paper", 3),
    ],
)
def test_colour_pairs_are_legible(text: str, ground: str, least: float) -> None:
    values = {token.name: token.value for token in styleguide.tokens()}
    assert contrast(values[f"--{text}"], values[f"--{ground}"]) >= least


def test_stylesheet_of_the_public_page_is_small() -> None:
    assert len(CSS["public.css"].encode()) < 24_000


# --- Templates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_has_nothing_the_content_policy_refuses(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=", source)
    assert not re.search(r"<style|\son[a-z]+\s*=|javascript:|src=\"data:", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_compiles(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))


# --- Words and dates ---------------------------------------------------------------------------------


@time_machine.travel(datetime(2026, 11, 24, 2, 0, tzinfo=UTC))
@pytest.mark.parametrize(
    ("language", "value", "expected"),
    [
        ("zh-hans", date(2026, 11, 24), "11月24日"),
        ("zh-hans", date(2025, 1, 5), "2025年1月5日"),
        ("en", date(2026, 11, 24), "24 November"),
        ("en", date(2025, 1, 5), "5 January 2025"),
        # 17:00 UTC is the next day in Longquan.
        ("zh-hans", datetime(2026, 11, 24, 17, 0, tzinfo=UTC), "11月25日"),
        ("zh-hans", None, ""),
    ],
)
def test_zh_date(language: str, value: date | None, expected: str) -> None:
    with translation.override(language):
        assert components.zh_date(value) == expected


@time_machine.travel(datetime(2025, 12, 31, 17, 0, tzinfo=UTC))
def test_zh_date_counts_the_year_in_longquan() -> None:
    with translation.override("zh-hans"):
        assert components.zh_date(date(2026, 1, 1)) == "1月1日"


@time_machine.travel(datetime(2026, 11, 24, 2, 0, tzinfo=UTC))
def test_times_are_in_shanghai() -> None:
    moment = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
    with translation.override("zh-hans"):
        assert components.zh_time(moment) == "15:30"
        assert components.zh_datetime(moment) == "11月24日 15:30"
    assert components.zh_time(time(8, 5)) == "08:05"
    assert components.zh_time(None) == components.zh_datetime(None) == ""


@pytest.mark.parametrize(
    ("number", "href"),
    [
        ("0578-000 0001", "tel:05780000001"),
        ("+86 578 0000001", "tel:+865780000001"),
        ("０５７８－０００ ０００１", "tel:05780000001"),
        ("0578-0000001 转 802", "tel:05780000001,802"),
        ("0578-0000001 ext. 802", "tel:05780000001,802"),
        ("请到窗口", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_phone_href(number: str | None, href: str) -> None:
    assert components.phone_href(number) == href


def test_phone_without_digits_stays_text() -> None:
    assert render('{% phone "请到窗口" %}') == "请到窗口"


# --- Components --------------------------------------------------------------------------------------


def test_tag() -> None:
    assert (
        render('{% tag "out" text %}', text="外出<办事>") == '<span class="tag out">外出&lt;办事&gt;</span>'
    )


def test_tag_refuses_an_unknown_tone() -> None:
    with pytest.raises(TemplateSyntaxError, match="unknown tone 'green'"):
        render('{% tag "green" "在岗" %}')


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{% button "更新" %}', '<button class="btn" type="submit">更新</button>'),
        (
            '{% button "投诉" "seal" "go" "1" %}',
            '<button class="btn seal" type="submit" name="go" value="1">投诉</button>',
        ),
        ('{% link_button "/x" "看" "ghost" %}', '<a class="btn ghost" href="/x">看</a>'),
        ('{% phone "0578-1" %}', '<a class="num nowrap tap" href="tel:05781">0578-1</a>'),
        ('{% number "4071 9926" %}', '<span class="code num">4071 9926</span>'),
        (
            '{% stat "应查" 46 %}',
            '<div class="card stat quiet"><span class="muted">应查</span><strong>46</strong></div>',
        ),
        (
            '{% stat "投诉" 3 "1 件已超期" "/desk/" "bad" %}',
            '<a class="card stat bad" href="/desk/"><span class="muted">投诉</span><strong>3</strong>'
            "<span>1 件已超期</span></a>",
        ),
        (
            '{% card "监督电话" %}<p>x</p>{% endcard %}',
            '<section class="card"><h2>监督电话</h2><p>x</p></section>',
        ),
        (
            '{% table_scroll "去向" %}<table></table>{% endtable_scroll %}',
            '<div class="table-wrap" role="region" aria-label="去向" tabindex="0"><table></table></div>',
        ),
    ],
)
def test_component_markup(source: str, expected: str) -> None:
    assert render(source) == expected


def test_facts_escape_what_they_show() -> None:
    html = render("{% facts pairs %}", pairs=[("本单位", "<b>0578</b>")])
    assert html == '<dl class="facts"><dt>本单位</dt><dd>&lt;b&gt;0578&lt;/b&gt;</dd></dl>'


def test_notice_shows_a_shape_as_well_as_a_colour() -> None:
    one, other = render('{% notice "bad" %}x{% endnotice %}'), render('{% notice "on" %}x{% endnotice %}')
    shapes = [re.findall(r' d="([^"]+)"', html) for html in (one, other)]
    assert all(shapes)
    assert shapes[0] != shapes[1]


@pytest.mark.parametrize(
    ("value", "maximum", "width"), [(1, 4, "25"), (9, 4, "100"), (-1, 4, "0"), (3, 0, "0"), (1, 3, "33.3")]
)
def test_meter_stays_in_its_track(value: float, maximum: float, width: str) -> None:
    html = render('{% meter "示例件" value maximum "out" %}', value=value, maximum=maximum)
    assert Elements(html).named("rect")[1]["width"] == width
    assert f"{width}%" in str(Elements(html).named("svg")[0]["aria-label"])


def test_pipe_marks_the_late_stage() -> None:
    html = render('{% pipe "进度" 1 3 True %}')
    assert [rect["class"] for rect in Elements(html).named("rect")] == ["done", "late", ""]
    (svg,) = Elements(html).named("svg")
    assert svg["aria-label"] == "进度"
    assert svg["viewBox".lower()] == f"0 0 {svg['width']} 8"


def test_steps_say_in_words_what_colour_shows() -> None:
    items = [
        SimpleNamespace(label="草拟", note="", state="done"),
        SimpleNamespace(label="确认", note="逾期", state="late"),
        SimpleNamespace(label="上报", note="", state=""),
    ]
    with translation.override("en"):
        html = render('{% steps "进度" items %}', items=items)
    assert [item.get("aria-current") for item in Elements(html).named("li")] == [None, "step", None]
    assert "(done)" in html
    assert "(overdue)" in html


def test_timeline_tells_what_is_still_to_come() -> None:
    events = [SimpleNamespace(label="已收到", state="done"), SimpleNamespace(label="答复", state="next")]
    with translation.override("en"):
        html = render("{% timeline events %}", events=events)
    assert html.count("(to come)") == 1
    assert [item.get("class") for item in Elements(html).named("li")] == [None, "next"]


def test_breadcrumb_ends_with_the_page_itself() -> None:
    html = render('{% breadcrumb "名册" "/desk/people/" "示例甲" %}')
    assert [link["href"] for link in Elements(html).named("a")] == ["/desk/people/"]
    assert '<span aria-current="page">示例甲</span>' in html


def test_portrait_falls_back_to_a_silhouette() -> None:
    assert "<svg" in render('{% portrait "" "示例甲" %}')
    with translation.override("en"):
        image = Elements(render('{% portrait "/p.jpg" "示例甲" %}')).named("img")[0]
    assert (image["src"], image["alt"]) == ("/p.jpg", "Photo of 示例甲")


def test_empty_state_offers_a_way_on() -> None:
    html = render('{% empty "还没有记录" "提示" "/x" "去巡查" %}')
    assert '<a class="btn ghost" href="/x">去巡查</a>' in html
    assert "<a" not in render('{% empty "还没有记录" %}')


def page_numbers(number: int, query: str = "") -> Elements:
    request = RequestFactory().get("/desk/people/" + query)
    page = Paginator(range(107), 10).page(number)
    template = Template("{% load components %}{% pagination page %}")
    return Elements(template.render(Context({"request": request, "page": page})))


def test_pagination_keeps_the_other_filters() -> None:
    links = [str(link["href"]) for link in page_numbers(4, "?q=zs&page=4").named("a")]
    assert "?q=zs&page=5" in links
    assert all("q=zs" in link for link in links)


def test_pagination_of_the_first_page_has_no_way_back() -> None:
    elements = page_numbers(1)
    assert [link.get("rel") for link in elements.named("a") if link.get("rel")] == ["next"]
    assert len([span for span in elements.named("span") if span.get("aria-current") == "page"]) == 1


def test_pagination_of_one_page_is_nothing() -> None:
    page = Paginator(range(3), 10).page(1)
    assert render("{% pagination page %}", request=RequestFactory().get("/"), page=page) == ""


def test_page_slot_shows_what_higher_apps_fill(monkeypatch: pytest.MonkeyPatch) -> None:
    def filler(request: HttpRequest, subject: object) -> tuple[str, dict[str, object]] | None:
        return ("components/empty.html", {"text": subject}) if subject else None

    monkeypatch.setitem(slots._fillers, "test_slot", [(1, filler)])
    request = RequestFactory().get("/")
    template = Template('{% load components %}{% page_slot "test_slot" subject %}')
    assert "示例甲" in template.render(Context({"request": request, "subject": "示例甲"}))
    assert template.render(Context({"request": request, "subject": ""})) == ""


# --- The form pack -----------------------------------------------------------------------------------


class ReportForm(PageForm):
    name = forms.CharField(label="姓名", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = forms.CharField(label="电话", help_text="请含区号", required=False)
    day = forms.DateField(label="日期", widget=DayInput())
    state = forms.ChoiceField(
        label="去向", choices=[("in", "在岗"), ("out", "外出")], widget=forms.RadioSelect
    )
    told = forms.BooleanField(label="已告知当事人。")
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> None:
        raise forms.ValidationError("此日已提交")


def crispy(form: forms.Form, helper: FormHelper | None = None) -> str:
    tag = "{% crispy form %}" if helper is None else "{% crispy form helper %}"
    template = Template("{% load crispy_forms_tags %}" + tag)
    return template.render(Context({"form": form, "helper": helper, "csrf_token": "t"}))


def test_error_summary_links_every_error_to_its_field() -> None:
    with translation.override("en"):
        html = crispy(ReportForm(data={"day": "24.13.2026"}))
    elements = Elements(html)
    targets = [str(link["href"]).lstrip("#") for link in elements.named("a")]
    assert targets == ["id_name", "id_day", "id_state_0", "id_told"]
    assert set(targets) <= set(elements.ids())
    assert "There are 5 problems" in html
    assert ">已告知当事人: Fill this in.</a>" in html
    assert "<li>此日已提交</li>" in html


def test_error_summary_announces_itself() -> None:
    summary = Elements(crispy(ReportForm(data={}))).named("div")[0]
    assert summary["role"] == "alert"
    assert summary["tabindex"] == "-1"
    assert summary["aria-labelledby"] == "error-summary-title"


def test_one_error_is_one_problem() -> None:
    class One(PageForm):
        name = forms.CharField()

    with translation.override("en"):
        assert "There is a problem" in crispy(One(data={}))


def test_form_without_errors_has_no_summary() -> None:
    html = crispy(ReportForm())
    assert 'role="alert"' not in html
    assert "aria-invalid" not in html


def test_form_is_well_formed_with_unique_ids() -> None:
    elements = Elements(crispy(ReportForm(data={})))
    assert elements.open == []
    assert [name for name, times in Counter(elements.ids()).items() if times > 1] == []


def test_help_and_error_are_tied_to_the_field() -> None:
    class Phone(PageForm):
        phone = forms.CharField(help_text="请含区号")

    elements = Elements(crispy(Phone(data={})))
    field = next(attrs for attrs in elements.named("input") if attrs.get("name") == "phone")
    assert field["aria-invalid"] == "true"
    assert str(field["aria-describedby"]).split() == ["id_phone_helptext", "id_phone_error"]
    assert {"id_phone_helptext", "id_phone_error"} <= set(elements.ids())


def test_a_field_that_is_needed_at_times_is_not_called_optional() -> None:
    class DecisionForm(PageForm):
        note = asked_for_at_times(forms.CharField(required=False, help_text="Needed to refuse."))
        remark = forms.CharField(required=False)

    with translation.override("en"):
        html = crispy(DecisionForm())
    assert html.count("(optional)") == 1
    assert "(optional)" not in html.split('name="note"')[0]


def test_group_is_a_fieldset_tied_to_its_error() -> None:
    group = Elements(crispy(ReportForm(data={}))).named("fieldset")[0]
    assert group["aria-describedby"] == "id_state_error"
    assert "wrong" in str(group["class"])


def test_only_optional_fields_are_marked() -> None:
    with translation.override("en"):
        html = crispy(ReportForm())
    assert html.count("(optional)") == 1
    assert re.search(r'for="id_phone">电话 <span class="optional">\(optional\)', html)


def test_inputs_keep_their_own_attributes() -> None:
    inputs = {attrs["name"]: attrs for attrs in Elements(crispy(ReportForm())).named("input")}
    assert inputs["name"]["autocomplete"] == "name"
    assert "required" in inputs["name"]
    assert inputs["day"]["type"] == "date"
    assert inputs["token"]["type"] == "hidden"
    assert inputs["csrfmiddlewaretoken"]["value"] == "t"


def test_native_inputs_write_what_browsers_understand() -> None:
    with translation.override("zh-hans"):
        assert 'value="2026-11-24"' in DayInput().render("day", date(2026, 11, 24))
        assert 'value="08:05"' in ClockInput().render("time", time(8, 5))


def test_file_form_is_multipart() -> None:
    class Upload(PageForm):
        photo = forms.FileField()

    form = Elements(crispy(Upload())).named("form")[0]
    assert form["enctype"] == "multipart/form-data"
    assert "novalidate" in form


def test_layout_objects_of_the_pack() -> None:
    helper = FormHelper()
    helper.form_tag = False
    helper.layout = Layout(
        Fieldset("基本情况", Row("name", "phone"), css_class="wide-set"),
        Div(Field("state", wrapper_class="chips"), css_class="box"),
        Submit("go", "提交"),
    )
    html = crispy(ReportForm(), helper)
    assert "<form" not in html
    assert "<legend>基本情况</legend>" in html
    assert '<div class="fields-row">' in html
    assert '<div class="choices chips">' in html
    assert Elements(html).named("button")[0]["value"] == "提交"


def test_labels_can_be_hidden_but_not_lost() -> None:
    helper = FormHelper()
    helper.form_show_labels = False
    html = crispy(ReportForm(), helper)
    assert re.search(r'<label for="id_name" class="hidden-visually">姓名', html)


def test_filter_renders_one_summary() -> None:
    html = Template("{% load crispy_forms_tags %}{{ form|crispy }}").render(
        Context({"form": ReportForm(data={})})
    )
    assert html.count('role="alert"') == 1
    assert "<form" not in html


def test_formset_has_one_summary_for_all_its_forms() -> None:
    class Line(forms.Form):
        fact = forms.CharField(label="事实")

    formset = forms.formset_factory(Line, extra=2)(
        data={"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "2", "form-0-fact": "", "form-1-fact": ""}
    )
    template = Template("{% load crispy_forms_tags %}{% crispy formset helper %}")
    html = template.render(Context({"formset": formset, "helper": FormHelper(), "csrf_token": "t"}))
    assert html.count('role="alert"') == 1
    assert [link["href"] for link in Elements(html).named("a")] == ["#id_form-0-fact", "#id_form-1-fact"]


def test_choices_component_is_a_labelled_group() -> None:
    html = render('{% choices form.state "tiles" "我现在" %}', form=ReportForm(initial={"state": "out"}))
    elements = Elements(html)
    labels = {label["for"] for label in elements.named("label")}
    assert labels == {attrs["id"] for attrs in elements.named("input")} == {"id_state_0", "id_state_1"}
    assert [attrs["value"] for attrs in elements.named("input") if "checked" in attrs] == ["out"]
    assert re.search(r"<legend[^>]*>我现在</legend>", html)


def test_multi_widget_error_leads_to_its_first_input() -> None:
    class Range(forms.Form):
        when = forms.SplitDateTimeField()

    assert components.error_target(Range(data={})["when"]) == "id_when_0"


# --- Pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_pages_of_last_resort_need_no_context(name: str) -> None:
    html = get_template(name).render()
    assert '<link rel="stylesheet" href="/static/css/public.css">' in html
    assert Elements(html.partition(">")[2]).named("a")[0]["href"] == "/"


def card_context(**changes: object) -> dict[str, object]:
    cadre = SimpleNamespace(
        name="示例甲",
        unit_name="市行政服务示例局",
        posts=["审批科 · 科长", "支部委员"],
        office_name="审批科",
        room="306 室",
        floor_note="东楼 3 层",
        duties=["登记的受理与审核", "材料的一次性告知"],
        office_phone="0578-000 0001",
        mobile="",
        photo_url="",
    )
    status = SimpleNamespace(
        label="外出办事",
        tone="out",
        presence_label="不在岗",
        headline="外出办事",
        details=["预计 15:30 返回", "09:12 本人确认"],
    )
    return {
        "card": SimpleNamespace(serial="LQ-0306-0017", issued_on=date(2026, 3, 12), token="ABCDEFGH12345678"),
        "request": RequestFactory().get("/"),
        "cadre": cadre,
        "status": status,
        "stand_in": None,
        "duty_phone": "",
        "unit_hotline": "0578-000 0002",
        "city_hotline": "0578-000 0003",
        "vcard_url": "/c/X.vcf",
        **changes,
    }


def stand_in() -> SimpleNamespace:
    status = SimpleNamespace(label="在岗", tone="on")
    return SimpleNamespace(name="示例乙", room="304 室", status=status, phone="0578-000 0004", url="/c/Y")


def test_public_card_says_who_where_and_whom_to_call() -> None:
    html = render_to_string("cards/public_card.html", card_context())
    text = re.sub(r"<[^>]+>|\s+", " ", html)
    for words in ("示例甲", "市行政服务示例局", "审批科", "科长", "东楼 3 层 306 室", "外出办事", "不在岗"):
        assert words in text
    for words in ("登记的受理与审核", "预计 15:30 返回", "09:12 本人确认", "LQ-0306-0017", "2026-03-12"):
        assert words in text
    links = [link["href"] for link in Elements(html.partition(">")[2]).named("a")]
    assert {"tel:05780000001", "tel:05780000002", "tel:05780000003", "/c/X.vcf"} <= set(links)
    assert '<span class="num copy strong">0578-000 0001</span>' in html


def test_public_card_has_no_script_and_no_dead_button() -> None:
    elements = Elements(render_to_string("cards/public_card.html", card_context()).partition(">")[2])
    assert elements.named("script") == []
    assert elements.named("form") == elements.named("button") == []
    assert all(link["href"] not in ("", "#") for link in elements.named("a"))
    assert elements.open == []


def test_public_card_shows_the_stand_in_only_when_there_is_one() -> None:
    assert "示例乙" not in render_to_string("cards/public_card.html", card_context())
    html = render_to_string("cards/public_card.html", card_context(stand_in=stand_in()))
    assert '<a class="btn ghost" href="tel:05780000004">' in html
    assert '<span class="tag on">在岗</span>' in html


def test_public_card_gives_the_duty_phone_when_nobody_stands_in() -> None:
    html = render_to_string("cards/public_card.html", card_context(duty_phone="0578-000 0009"))
    assert 'href="tel:05780000009"' in html


def test_public_card_leaves_out_what_is_not_public() -> None:
    context = card_context(unit_hotline="", vcard_url="")
    context["cadre"].office_phone = ""  # type: ignore[attr-defined]
    html = render_to_string("cards/public_card.html", context)
    assert 'href=""' not in html
    assert 'href="tel:"' not in html
    assert "<img" not in html


def test_public_card_escapes_what_people_typed() -> None:
    context = card_context()
    context["cadre"].duties = ["<script>alert(1)</script>"]  # type: ignore[attr-defined]
    assert "<script" not in render_to_string("cards/public_card.html", context)


@pytest.mark.parametrize("revoked", [True, False])
def test_page_without_a_card_offers_the_code_form(revoked: bool) -> None:
    html = render_to_string("cards/no_card.html", {"revoked": revoked})
    form = Elements(html.partition(">")[2]).named("form")[0]
    assert (form["action"], form["method"]) == ("/c/", "get")


def test_revoked_page_says_so() -> None:
    with translation.override("en"):
        assert "no longer valid" in render_to_string("cards/no_card.html", {"revoked": True})
        assert "no longer valid" not in render_to_string("cards/no_card.html", {"revoked": False})


def test_pages_carry_language_text_size_and_demo_banner() -> None:
    city = SimpleNamespace(
        name="龙泉市", efficiency_office="市效能办", express_hotline="0578-000 0003", is_demo=True
    )
    with translation.override("en"):
        html = render_to_string("cards/no_card.html", {"city": city, "text_size": "large"})
        plain = render_to_string("cards/no_card.html", {"city": SimpleNamespace(is_demo=False)})
    assert '<html lang="en" class="large">' in html
    assert "all people are invented" in html
    assert '<html lang="en">' in plain
    assert "all people are invented" not in plain
    assert 'href="?lang=zh-hans"' in html
    assert 'href="?text=normal"' in html


class NowForm(forms.Form):
    state = forms.ChoiceField(choices=[("in", "在岗"), ("out", "外出办事")], widget=forms.RadioSelect)
    until_choice = forms.ChoiceField(
        choices=[("noon", "中午"), ("time", "另选")], widget=forms.RadioSelect, required=False
    )
    until_time = forms.TimeField(required=False, widget=ClockInput())
    place = forms.CharField(required=False)


class AwayForm(forms.Form):
    from_date = forms.DateField(widget=DayInput())
    from_half = forms.ChoiceField(choices=[("am", "上午"), ("pm", "下午")], widget=forms.RadioSelect)
    to_date = forms.DateField(widget=DayInput())
    to_half = forms.ChoiceField(choices=[("am", "上午"), ("pm", "下午")], widget=forms.RadioSelect)


def phone_page(**changes: object) -> str:
    status = SimpleNamespace(
        label="外出办事", tone="out", presence_label="不在岗", headline="", details=["至 15:30"]
    )
    context = {
        "status": status,
        "presets": [SimpleNamespace(value="back", label="回到岗位", current=True)],
        "form": NowForm(initial={"state": "out"}),
        "leave_form": AwayForm(prefix="leave"),
        "planned": [SimpleNamespace(id=1, label="出差", period="11月26日", cancel_url="/desk/plan/1/")],
        "history": [],
        **changes,
    }
    request = RequestFactory().get("/desk/me/")
    request.user = SimpleNamespace(is_authenticated=False)  # type: ignore[assignment]
    page = get_template("cards/my_whereabouts.html").template  # type: ignore[attr-defined]
    # Somebody invented has no record that a higher app could look up.
    with patch.dict(slots._fillers, {"my_records": []}):
        return page.render(Context({"request": request, **context}))


def test_phone_page_works_with_plain_forms() -> None:
    elements = Elements(phone_page().partition(">")[2])
    assert elements.open == []
    assert elements.named("script") == []
    assert [form["method"] for form in elements.named("form")] == ["post"] * 4
    presets = [button for button in elements.named("button") if button.get("name") == "preset"]
    assert [(preset["value"], preset["aria-pressed"]) for preset in presets] == [("back", "true")]
    assert "/desk/plan/1/" in [form.get("action") for form in elements.named("form")]


def test_time_buttons_of_the_phone_page_submit_the_chosen_state() -> None:
    html = phone_page(until_buttons=[{"value": "noon", "label": "中午", "time": "12:00"}])
    entry = next(part for part in html.split("<form")[1:] if 'name="state"' in part)
    buttons = Elements("<form" + entry.partition("</form>")[0] + "</form>").named("button")
    assert [(button["name"], button["value"]) for button in buttons] == [
        # Enter in a text field presses the first button: it must not choose a time.
        ("update", "1"),
        ("until_choice", "noon"),
        ("update", "1"),
    ]
    assert 'type="radio" name="until_choice"' not in html


def test_phone_page_opens_the_leave_form_when_it_is_wrong() -> None:
    wrong = AwayForm(data={"leave-from_date": "x"}, prefix="leave")
    html = phone_page(leave_form=wrong)
    elements = Elements(html.partition(">")[2])
    assert "open" in elements.named("details")[-1]
    links = [str(link["href"]).lstrip("#") for link in elements.named("a") if "leave" in str(link["href"])]
    assert len(links) == 4
    assert set(links) <= set(elements.ids())


# --- The style guide ---------------------------------------------------------------------------------


def guide() -> str:
    request = RequestFactory().get("/styleguide/")
    return Template('{% include "common/styleguide.html" %}').render(
        Context({"request": request, **styleguide.sample_context()})
    )


def test_style_guide_shows_every_component() -> None:
    source = (ROOT / "templates/common/styleguide.html").read_text(encoding="utf-8")
    # icon stands inside notice, page_slot is no picture, the others are words in the page's frame.
    inside = {"icon", "page_slot", "city_name", "supervised_by", "error_summary"}
    shown = set(re.findall(r"{%\s*(\w+)", source))
    library = {name for name in components.register.tags if not name.startswith("end")}
    assert library - inside - shown == set()
    assert "error-summary" in guide()


def test_style_guide_shows_every_token() -> None:
    html = guide()
    assert [token.name for token in styleguide.tokens() if f"{token.name}<" not in html] == []


def test_style_guide_is_well_formed() -> None:
    elements = Elements(guide().partition(">")[2])
    assert elements.open == []
    assert [name for name, times in Counter(elements.ids()).items() if times > 1] == []
    assert (
        len(elements.named("h1")) == 2
    )  # the page's own, and the sample of the type scale (level 3 to readers)
