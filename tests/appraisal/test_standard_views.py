"""The pages of the standard: who reads which version, a form that keeps what was typed, a button that adopts."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from appraisal.models import Standard
from appraisal.rules import Price
from appraisal.services import standards as services
from appraisal.services.ledger import version_value
from attendance.models import Item
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, begins, draft, stands
from tests.appraisal.versions import DECEMBER, adopt, copied, fresh, propose
from tests.cast import NOW, TODAY, give, make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine) -> None:
    time_machine.move_to(NOW, tick=False)


def reader(user: User) -> Client:
    client = signed_in(user)
    client.cookies["language"] = "en"
    return client


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.split("<main", 1)[1])).strip()


def page(client: Client, name: str, *args: int, **query: str) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return words_of(answer.text)


def sent(client: Client, name: str, *args: int, **typed: str) -> dict[str, str]:
    """What the browser would send back, with something typed over it."""
    form = client.get(reverse(name, args=args)).context["form"]
    fields = [*form, *(field for row in form.prices for field in row)]
    fields += [field for row in form.consequences for field in row]
    fields += list(form.consequences.management_form)
    shown = {field.html_name: field.value() for field in fields}
    data = {name: str(value) for name, value in shown.items() if value not in (None, False)}
    empty = {name: "" for name, value in shown.items() if value is None}
    return {**empty, **data, **typed}


def post(client: Client, name: str, *args: int, **typed: str):
    return client.post(reverse(name, args=args), sent(client, name, *args, **typed))


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_units_read_what_is_in_force_and_what_will_be(officer, express, express_head):
    client = reader(officer)
    assert "Version 1" in page(client, "standards")
    made = propose(express)
    assert "Version 2" not in page(client, "standards")
    assert client.get(reverse("standard", args=[2])).status_code == 404
    adopt(made, express_head)
    text = page(client, "standards")
    assert "From 1 December" in text
    assert "Preview" not in text
    assert "30 yuan" in page(client, "standard", 2)
    assert "Replaced from 1 December" in page(client, "standard", 1)


def test_the_page_says_everything_a_version_says(officer):
    text = page(reader(officer), "standard", 1)
    for item in Item.objects.all():
        assert item.name_en in text
    for said in (
        "月度考核奖",
        "20 yuan",
        "300 yuan",
        "straight to the discipline inspection commission",
        "Efficiency admonishment, 1 in a year: 3 months’ bonus withheld",
        "the whole year’s bonus withheld",
        "came with the product",
    ):
        assert said in text


def test_what_differs_from_the_version_before_stands_on_the_page(express, express_head):
    adopt(propose(express, prices={"late": Price(3, 1, 1, 30), "games": None}), express_head)
    text = page(reader(express), "standard", 2)
    assert (
        "Late deducts 1 → deducts 1.5，the first 1 of a month free，0.5 more for each in the 30 days before"
        in text
    )
    assert "Games or stocks at work deducts 3 → not counted" in text
    assert "舒直" in text
    assert "舒衡" in text


def test_what_is_no_longer_recorded_says_so(express):
    Item.objects.filter(code="games").update(active=False)
    assert "no longer recorded" in page(reader(express), "standard", 1)


def test_any_number_of_versions_costs_the_same(express, express_head):
    client = reader(express)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("standards"))
        return len(captured)

    few = queries()
    for number in range(3):
        made = propose(
            express,
            cents_per_point=3000 + number,
            effective_from=DECEMBER + timedelta(days=number),
        )
        adopt(made, express_head)
    assert queries() == few


# --- A cadre ----------------------------------------------------------------------------------------------------------


def test_a_cadre_reads_what_is_deducted_today_and_what_will_be(lin, express, express_head, time_machine):
    client = reader(lin.user)
    text = page(client, "my_standard")
    assert "deducts 1" in text
    assert "20 yuan" in text
    adopt(propose(express), express_head)
    text = page(client, "my_standard")
    assert "From 1 December: version 2" in text
    assert "提高每分金额" in text
    # An entry of then is read by the version of then.
    time_machine.move_to(NOW + timedelta(days=30), tick=False)
    assert "30 yuan" in page(client, "my_standard")
    assert "20 yuan" in page(client, "my_standard", version="1")


def test_a_cadre_reads_nothing_that_is_only_proposed(lin, express):
    propose(express)
    client = reader(lin.user)
    assert "30" not in page(client, "my_standard").split("Money per point", 1)[1][:20]
    for asked in ("2", "7", "x", "-1", "9" * 30):
        assert client.get(reverse("my_standard"), {"version": asked}).status_code == 404


# --- Proposing and changing -------------------------------------------------------------------------------------------


def test_a_copy_is_changed_and_proposed(express):
    client = signed_in(express)
    answer = post(
        client,
        "standard_new",
        **{
            "cents_per_point": "３０.5",
            "note": "提高每分金额",
            "item-late-half_points": "1.5",
            "item-late-free_first": "1",
            "item-off_post-step_half_points": "0.5",
            "item-off_post-window_days": "30",
            "item-games-half_points": "",
            "consequence-3-remove": "on",
        },
    )
    assert answer.url == reverse("standard_preview", args=[2])
    made = services.whole().get(version=2)
    prices = version_value(made).prices
    assert (made.cents_per_point, made.cap_cents, made.effective_from) == (3050, 30_000, DECEMBER)
    assert (prices["late"], prices["off_post"]) == (Price(3, free_first=1), Price(4, 0, 1, 30))
    assert "games" not in prices
    assert prices["soliciting"] == Price(0, refer=True)
    assert [row["effect"] for row in made.consequences] == [
        "criticism_and_education",
        "bonus_months_withheld",
        "bonus_months_withheld",
    ]


def test_an_item_of_the_citys_own_gets_its_price_in_the_next_version(express):
    Item.objects.create(code="phone-use", name="上班刷手机", subject="cadre", position=90)
    post(signed_in(express), "standard_new", **{"note": "新增", "item-phone-use-half_points": "0.5"})
    assert version_value(services.whole().get(version=2)).prices["phone-use"] == Price(1)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"item-late-half_points": "0.25"}, "Points go in halves"),
        ({"item-late-half_points": "1.25"}, "Points go in halves"),
        ({"item-late-half_points": "一"}, "Enter points as a number"),
        ({"item-late-half_points": "-1"}, "Enter points as a number"),
        ({"item-late-half_points": "51"}, "Between 0 and 50"),
        ({"item-late-half_points": "", "item-late-free_first": "1"}, "leave the whole row empty"),
        ({"item-late-step_half_points": "1"}, "within how many days"),
        ({"item-late-window_days": "30"}, "what a repetition costs more"),
        ({"item-late-window_days": "367", "item-late-step_half_points": "1"}, "366"),
        ({"item-soliciting-half_points": "1"}, "costs no points"),
        ({"item-late-free_first": "1.5"}, "whole number"),
        ({"cents_per_point": "20.505"}, "at most two decimals"),
        ({"cents_per_point": "0"}, "Between 0.01 and 1000"),
        ({"cents_per_point": "abc"}, "Enter an amount in yuan"),
        ({"cap_cents": "100000.01"}, "Between 1 and 100000"),
        ({"cap_cents": "0"}, "Between 1 and 100000"),
        ({"allowance": "基本工资"}, "Article 84"),
        ({"legal_basis": ""}, "Fill this in"),
        ({"note": ""}, "Fill this in"),
        ({"effective_from": TODAY.isoformat()}, "at the earliest"),
        ({"effective_from": "2062-12-01"}, "within the next year"),
        ({"consequence-0-effect": ""}, "Fill this in"),
        ({"consequence-1-value": ""}, "Fill this in"),
        ({"consequence-0-value": "3"}, "leave this empty"),
        ({"consequence-3-effect": "bonus_months_withheld", "consequence-3-value": "6"}, "stands in two rows"),
        ({"consequence-4-when": "rain"}, "Select a valid choice"),
        ({"consequence-TOTAL_FORMS": "x"}, "did not arrive as they were sent"),
    ],
)
def test_what_cannot_be_is_said_where_it_stands_and_nothing_is_proposed(express, typed, said):
    typed = {"note": "调整", "cents_per_point": "25", **typed}
    answer = post(reader(express), "standard_new", **typed)
    assert answer.status_code == 422
    text = words_of(answer.text)
    assert said in text
    assert "There is a problem" in text or "There are" in text
    # What was typed stays on the page.
    assert 'value="25"' in answer.text or "cents_per_point" in typed
    assert not Standard.objects.filter(version=2).exists()


def test_the_error_summary_leads_to_the_row(express):
    answer = post(reader(express), "standard_new", **{"note": "调整", "item-late-half_points": "0.25"})
    assert 'href="#id_item-late-half_points"' in answer.text
    assert "Late, Points: Points go in halves" in words_of(answer.text)


def test_an_item_added_while_the_form_was_open_stays_as_it_is_saved(express):
    client = signed_in(express)
    propose(express, prices={"late": Price(3)})
    data = sent(client, "standard_edit", 2, cap_cents="500")
    for name in [name for name in data if name.startswith("item-late-")]:
        del data[name]
    assert client.post(reverse("standard_edit", args=[2]), data).status_code == 302
    assert version_value(services.whole().get(version=2)).prices["late"] == Price(3)


def test_an_empty_post_is_an_error_and_not_a_proposal(express):
    assert signed_in(express).post(reverse("standard_new")).status_code == 422
    assert Standard.objects.count() == 1


def test_while_one_is_proposed_the_way_leads_there(express, express_head):
    propose(express)
    client = reader(express_head)
    answer = client.get(reverse("standard_new"), follow=True)
    assert answer.redirect_chain == [(reverse("standard", args=[2]), 302)]
    assert "proposed already" in words_of(answer.text)
    assert "Propose a new version" not in page(client, "standards")


def test_the_second_of_two_who_save_sees_what_the_first_has_saved(express, express_head):
    made = propose(express)
    client = reader(express_head)
    data = sent(client, "standard_edit", 2, **{"cents_per_point": "40", "item-late-half_points": "2"})
    values = copied(
        cents_per_point=3500, prices={"late": Price(3)}, consequences=fresh(made).consequences[:1]
    )
    services.standard_edit(standard=made, values=values, actor=express, now=NOW)
    answer = client.post(reverse("standard_edit", args=[2]), data)
    assert answer.status_code == 422
    text = words_of(answer.text)
    for said in (
        "Somebody else has changed this meanwhile",
        "Saved now: 35",
        "Saved now: deducts 1.5",
        "What the year does with it, saved now: Complaint substantiated",
    ):
        assert said in text
    assert fresh(made).cents_per_point == 3500
    # Saved again it is a decision.
    data["seen"] = answer.context["form"].data["seen"]
    assert client.post(reverse("standard_edit", args=[2]), data).status_code == 302
    assert fresh(made).cents_per_point == 4000


def test_an_adopted_version_is_not_changed_by_a_form_that_was_open(express, express_head):
    made = propose(express)
    client = reader(express)
    data = sent(client, "standard_edit", 2, cents_per_point="40")
    adopt(made, express_head)
    answer = client.post(reverse("standard_edit", args=[2]), data)
    assert answer.status_code == 422
    assert "propose a new one" in words_of(answer.text)
    assert client.get(reverse("standard_edit", args=[2])).url == reverse("standard", args=[2])
    assert fresh(made).cents_per_point == 3000


# --- Trying, adopting, withdrawing ------------------------------------------------------------------------------------


def adopt_button(client: Client) -> bool:
    return reverse("standard_adopt", args=[2]) in client.get(reverse("standard_preview", args=[2])).text


def test_the_button_is_there_for_another_head_and_on_the_preview_alone(express, express_head, city):
    propose(express_head)
    other = make_user("second_head", "舒平")
    give(other, "express_head")
    assert [adopt_button(reader(user)) for user in (express, express_head, other)] == [False, False, True]
    for name in ("standard", "standards"):
        args = [2] if name == "standard" else []
        assert reverse("standard_adopt", args=[2]) not in reader(other).get(reverse(name, args=args)).text


def test_a_head_looks_and_adopts(express, express_head):
    propose(express)
    client = reader(express_head)
    shown = client.get(reverse("standard_preview", args=[2]))
    answer = client.post(reverse("standard_adopt", args=[2]), {"seen": shown.context["seen"]}, follow=True)
    assert answer.redirect_chain == [(reverse("standard", args=[2]), 302)]
    assert "Version 2 is adopted, in force from 1 December" in words_of(answer.text)
    assert fresh(Standard.objects.get(version=2)).adopted_by == express_head
    again = client.post(reverse("standard_adopt", args=[2]), {"seen": shown.context["seen"]}, follow=True)
    assert "is adopted and stays as it is" in words_of(again.text)
    assert not adopt_button(client)


def test_what_was_not_looked_at_is_not_adopted(express, express_head):
    made = propose(express)
    client = reader(express_head)
    seen = client.get(reverse("standard_preview", args=[2])).context["seen"]
    services.standard_edit(standard=made, values=copied(cents_per_point=9000), actor=express, now=NOW)
    for data in ({"seen": seen}, {}):
        answer = client.post(reverse("standard_adopt", args=[2]), data, follow=True)
        assert "Somebody else has changed this meanwhile" in words_of(answer.text)
    assert not fresh(made).is_adopted


def test_a_version_that_is_too_late_says_so_instead_of_a_button(express, express_head, time_machine):
    propose(express, cents_per_point=3000, effective_from=TODAY + timedelta(days=1))
    client = reader(express_head)
    assert adopt_button(client)
    time_machine.move_to(NOW + timedelta(days=1), tick=False)
    assert not adopt_button(client)
    assert "no longer far enough ahead" in page(client, "standard_preview", 2)


def test_the_preview_shows_units_and_numbers_and_no_person(
    unit, other_unit, chen, lin, express, time_machine
):
    begins()
    stands(chen, date(2026, 11, 3))
    stands(lin, date(2026, 11, 4), code="late")
    draft(unit)
    draft(other_unit)
    time_machine.move_to(DRAFTING, tick=False)
    values = copied(cents_per_point=3000, effective_from=date(2027, 1, 1))
    services.standard_propose(values=values, actor=express, now=DRAFTING)
    client = reader(express)
    text = page(client, "standard_preview", 2)
    assert f"Had it been in force in {NOVEMBER:%B %Y}" in text
    assert "青窑局 changes 3.0 3.0 60.00 90.00" in text
    assert "1 more unit had nothing to count." in text
    assert "The most for one person: 20 yuan more (1 person)." in text
    assert chen.name not in text
    assert lin.name not in text


def test_before_a_month_is_drafted_the_preview_says_that_there_is_nothing_to_try(express):
    propose(express)
    assert "No month has been drafted yet" in page(reader(express), "standard_preview", 2)


def test_what_is_proposed_is_withdrawn_after_a_question(express):
    propose(express)
    client = reader(express)
    assert "Shall what was proposed go?" in page(client, "standard_withdraw", 2)
    answer = client.post(reverse("standard_withdraw", args=[2]), follow=True)
    assert "Version 2 has been withdrawn." in words_of(answer.text)
    assert Standard.objects.count() == 1
    assert client.post(reverse("standard_withdraw", args=[2])).status_code == 404


def test_an_adopted_one_is_not_withdrawn(express):
    client = reader(express)
    assert client.get(reverse("standard_withdraw", args=[1])).url == reverse("standard", args=[1])
    answer = client.post(reverse("standard_withdraw", args=[1]), follow=True)
    assert "is adopted and stays as it is" in words_of(answer.text)
    assert Standard.objects.count() == 1
