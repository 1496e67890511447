"""Language and text size by the address and a cookie; Chinese and normal for everybody else."""

import pytest
from django.test import Client
from django.utils import translation

pytestmark = pytest.mark.django_db


def test_chinese_whatever_the_browser_says(client):
    response = client.get("/", headers={"accept-language": "en-US,en;q=0.9"})
    assert response.headers["Content-Language"] == "zh-hans"
    assert '<html lang="zh-hans">' in response.text
    assert not response.cookies


def test_english_by_the_address_and_from_then_on_by_the_cookie(client):
    first = client.get("/", {"lang": "en"})
    assert '<html lang="en">' in first.text
    assert "Who is behind this door?" in first.text
    cookie = first.cookies["language"]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == ("en", "Lax", True)
    assert cookie["max-age"] == 365 * 24 * 3600
    assert "Who is behind this door?" in client.get("/").text
    assert '<html lang="zh-hans">' in client.get("/", {"lang": "zh-hans"}).text
    assert '<html lang="zh-hans">' in client.get("/").text


def test_large_text_by_the_address_and_from_then_on_by_the_cookie(client):
    first = client.get("/", {"text": "large"})
    assert 'class="large"' in first.text
    assert first.cookies["text"].value == "large"
    assert 'class="large"' in client.get("/").text
    assert 'class="large"' not in client.get("/", {"text": "normal"}).text
    assert 'class="large"' not in client.get("/").text


def test_both_at_once(client):
    response = client.get("/", {"lang": "en", "text": "large"})
    assert '<html lang="en" class="large">' in response.text
    assert set(response.cookies) == {"language", "text"}


@pytest.mark.parametrize("value", ["", "fr", "EN", "zh", "en\r\nX: y", "<script>", "e" * 5000])
def test_a_language_that_we_do_not_speak_is_ignored(client, value):
    response = client.get("/", {"lang": value, "text": value})
    assert response.status_code == 200
    assert response.headers["Content-Language"] == "zh-hans"
    assert not response.cookies


def test_a_forged_cookie_is_ignored():
    client = Client()
    client.cookies["language"], client.cookies["text"] = "xx", "huge"
    response = client.get("/")
    assert response.headers["Content-Language"] == "zh-hans"
    assert 'class="large"' not in response.text


def test_error_pages_speak_the_same_language(client):
    response = client.get("/nowhere/", {"lang": "en"})
    assert response.status_code == 404
    assert "Page not found" in response.text


def test_caches_are_told_that_the_cookie_decides(client):
    assert "Cookie" in client.get("/").headers["Vary"]


def test_the_language_ends_with_the_request(client):
    with translation.override("zh-hans"):
        client.get("/", {"lang": "en"})
        assert translation.get_language() == "zh-hans"


def test_the_cookies_are_for_https_only_where_the_site_is(client, settings):
    assert not client.get("/", {"lang": "en"}).cookies["language"]["secure"]
    settings.HTTPS = True
    assert client.get("/", {"lang": "en"}).cookies["language"]["secure"]
