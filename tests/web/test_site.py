"""What holds for every page: what it forbids the browser, how it refuses, which language it speaks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gzcrawler.web.texts import LANGUAGES, choose_language, texts_of

if TYPE_CHECKING:
    from tests.web.conftest import Get


@pytest.mark.parametrize(
    "address", ["/", "/static/style.css", "/robots.txt", "/nothing", "/gzcrawler", "/%ff", "/?lang=%ff"]
)
def test_every_answer_forbids_script_and_everything_from_elsewhere(get: Get, address: str) -> None:
    answer = get(address)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/nothing", 404),
        ("/static/../texts/en.toml", 404),
        ("/static/..%2ftexts%2fen.toml", 404),
        ("/static/%2e%2e%2f%2e%2e%2fplugin.py", 404),
        ("/%ff", 400),
        ("/?lang=%ff", 400),
        ("/?" + "&".join(f"a{number}=1" for number in range(100)), 400),
        ("/?q=" + "a" * 3_000, 400),
        ("/?q=%00", 400),
        ("/" + "a" * 5_000, 414),
        ("/-/databases.json", 404),
        ("/-/metadata", 404),
        ("/_internal", 404),
        ("/gzcrawler.db", 404),
        ("/gzcrawler?sql=select+1", 404),
        ("/gzcrawler/articles?_where=1=1", 404),
        ("/gzcrawler", 404),
        ("/gzcrawler/articles.json", 404),
        ("//example.org/", 404),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_page(get: Get, address: str, status: int) -> None:
    answer = get(address)
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_sent(get: Get, method: str) -> None:
    answer = get("/", method)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_another_name_of_this_machine_is_refused(get: Get) -> None:
    assert get("/", headers={"Host": "rebound.example"}).status_code == 421
    assert get("/", headers={"Host": "127.0.0.1:8001"}).status_code == 200


def test_every_page_says_when_what_it_shows_was_verified(get: Get) -> None:
    moment = r'<time datetime="[^"]+Z">\d{4}-\d\d-\d\d \d\d:\d\d \+08:00</time>'
    assert re.search(f"last verified (on|between) {moment}", get("/").text)


def test_the_languages_have_the_same_texts() -> None:
    assert texts_of("en").keys() == texts_of("zh").keys()
    for key, words in texts_of("en").items():
        assert set(re.findall(r"\{\w+\}", words)) == set(re.findall(r"\{\w+\}", texts_of("zh")[key])), key


def test_a_language_is_chosen_and_remembered(get: Get) -> None:
    assert '<html lang="en">' in get("/").text
    assert '<html lang="zh">' in get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}).text
    chosen = get("/?lang=zh", headers={"Accept-Language": "en"})
    assert '<html lang="zh">' in chosen.text
    cookie = chosen.headers["set-cookie"].partition(";")[0]
    assert '<html lang="zh">' in get("/", headers={"Cookie": cookie}).text


@pytest.mark.parametrize(
    "cookie",
    [b"\xff", b'a="; b', b"ds_actor=x; ds_messages=y", b"gzcrawler-language=../../x", b"=;=" * 9_000],
)
def test_whatever_comes_as_a_cookie_is_answered(get: Get, cookie: bytes) -> None:
    answer = get("/", headers=[(b"cookie", cookie)])
    assert answer.status_code == 200
    assert '<html lang="en">' in answer.text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("fr", "en"),
        ("zh;q=0.1,en;q=0.2", "en"),
        ("zh;q=0", "en"),
        ("zh;q=x,zh", "zh"),
        (",;=", "en"),
    ],
)
def test_a_browsers_wishes_are_read(accepted: str, language: str) -> None:
    assert choose_language(None, None, accepted) == language
    assert language in LANGUAGES


@pytest.mark.parametrize("address", ["/", "/feed.atom", "/static/style.css", "/search.json", "/robots.txt"])
def test_what_a_browser_holds_already_is_not_sent_again(get: Get, address: str) -> None:
    first = get(address)
    assert first.headers["content-length"] == str(len(first.content))
    again = get(address, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    other = get(address, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_a_page_is_asked_for_again_each_time(get: Get) -> None:
    assert get("/").headers["cache-control"] == "private, no-cache"
    assert "etag" not in get("/search?page=0").headers
    versioned = re.search(r'href="(/static/style.css\?v=[^"]+)"', get("/").text)
    assert versioned is not None
    assert "immutable" in get(versioned[1]).headers["cache-control"]


def test_two_languages_of_a_page_have_two_tags(get: Get) -> None:
    assert get("/runs").headers["etag"] != get("/runs?lang=zh").headers["etag"]
