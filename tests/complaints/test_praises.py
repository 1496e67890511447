"""Who reads praise: whom it is about, their unit's officer, the Express; and nobody else."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cards.models import Cadre
from complaints.models import ComplaintSettings, Praise
from complaints.services import purge
from tests.cast import NOW, signed_in

pytestmark = pytest.mark.django_db

CITY, UNIT, MINE = reverse("praises"), reverse("unit_praises"), reverse("my_praises")
OWN_PAGE = reverse("my_whereabouts")


@pytest.fixture
def praised(lin, zhou) -> None:
    for cadre, text, day in ((lin, "耐心又仔细。", 24), (zhou, "下班后仍办完了。", 23)):
        received = datetime.fromisoformat(f"2026-11-{day}T10:00:00+08:00")
        Praise.objects.create(unit=cadre.unit, cadre=cadre, text=text, received_at=received)
    october = datetime.fromisoformat("2026-10-31T23:59:00+08:00")
    Praise.objects.create(unit=lin.unit, text="窗口整洁。", received_at=october)


def texts(client, address: str, **asked) -> list[str]:
    return [row["praise"].text for row in client.get(address, asked).context["rows"]]


def test_the_express_reads_all_of_it_by_unit_and_month(praised, express, lin, zhou, other_unit):
    client = signed_in(express)
    assert texts(client, CITY) == ["耐心又仔细。", "下班后仍办完了。", "窗口整洁。"]
    assert texts(client, CITY, unit=other_unit.pk) == ["下班后仍办完了。"]
    assert texts(client, CITY, month="2026-10") == ["窗口整洁。"]
    assert texts(client, CITY, month="2026-11", unit=lin.unit.pk) == ["耐心又仔细。"]
    assert texts(client, CITY, month="9999-99", unit="x") == texts(client, CITY)
    page = client.get(CITY).text
    for address in (reverse("cadre", args=[lin.pk]), f"?unit={zhou.unit_id}"):
        assert f'href="{address}"' in page
    assert f'href="{CITY}"' in client.get(reverse("complaints")).text
    assert "no-store" in client.get(CITY).headers["Cache-Control"]


def test_an_officer_reads_that_of_the_own_unit(praised, officer, other_unit, lin, other_office):
    client = signed_in(officer)
    assert texts(client, UNIT) == ["耐心又仔细。", "窗口整洁。"]
    assert texts(client, UNIT, unit=other_unit.pk) == ["耐心又仔细。", "窗口整洁。"]
    assert client.get(CITY).status_code == 403
    # Who has moved on keeps what was said here, and the page of the person is another unit's.
    address = f'href="{reverse("cadre", args=[lin.pk])}"'
    assert address in client.get(UNIT).text
    Cadre.objects.filter(pk=lin.pk).update(unit=other_unit, office=other_office, stand_in=None)
    assert "林一帆" in client.get(UNIT).text
    assert address not in client.get(UNIT).text


def test_whoever_is_praised_reads_it_on_the_own_page(praised, lin, chen):
    client = signed_in(lin.user)
    assert "耐心又仔细。" in client.get(OWN_PAGE).text
    assert [praise.text for praise in client.get(MINE).context["praises"]] == ["耐心又仔细。"]
    assert client.get(UNIT).status_code == 403
    for address in (OWN_PAGE, MINE):
        assert "耐心又仔细。" not in signed_in(chen.user).get(address).text
    assert MINE not in signed_in(chen.user).get(OWN_PAGE).text


def test_after_its_months_the_number_is_left(praised, lin, express):
    months = ComplaintSettings.current().text_months
    assert purge.purge(now=NOW + timedelta(days=31 * (months + 1))) == 3
    client = signed_in(lin.user)
    page = client.get(OWN_PAGE)
    assert MINE in page.text
    assert "耐心又仔细。" not in page.text
    assert "保存期满，已清除。" in client.get(MINE).text
    assert texts(signed_in(express), CITY) == ["", "", ""]


def test_a_list_asks_as_often_for_one_as_for_many(praised, express, lin):
    client = signed_in(express)
    client.get(CITY)
    with CaptureQueriesContext(connection) as few:
        client.get(CITY)
    Praise.objects.bulk_create(
        Praise(unit=lin.unit, cadre=lin, text=f"{number}", received_at=NOW) for number in range(20)
    )
    with CaptureQueriesContext(connection) as many:
        client.get(CITY)
    assert len(few) == len(many)
