"""From bytes to text: content encodings, charsets that lie, bytes that end too soon."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
from backports import zstd
from page_builders import TEXT, Sample, capture, dress_columns, read, read_article

from gzcrawler.errors import PageTooLargeError, UndecodableError
from gzcrawler.readers.decoding import MAX_BYTES, decode_capture, decode_text

HTML = dress_columns(Sample()).encode()
CHINESE = "第二个渡轮码头在南岸启用，乘客表示前往老城的时间缩短了一半。码头每十分钟有一班船。"
JAPANESE = "二番目の船着き場が南岸に開かれ、旧市街までの時間は半分になりました。"


def page(text: str, charset: str | None) -> str:
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">' if charset else ""
    return f"<html><head>{meta}<title>x</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("br", brotli.compress),
        ("zstd", zstd.compress),
        ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
        ("GZIP", gzip.compress),
        ("identity", bytes),
    ],
)
def test_content_encodings(name, encode):
    assert read_article(encode(HTML), headers=(("Content-Encoding", name),)).body == TEXT


def test_gzip_in_two_members():
    data = gzip.compress(HTML[:500]) + gzip.compress(HTML[500:])
    assert read_article(data, headers=(("Content-Encoding", "gzip"),)).body == TEXT


def test_header_over_a_body_already_decoded():
    assert read_article(HTML, headers=(("Content-Encoding", "gzip"),)).body == TEXT


@pytest.mark.parametrize(
    ("name", "encode"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstd.compress)],
)
def test_streams_that_break_off_give_what_came(name, encode):
    filler = "".join(
        f"<p>Paragraph {n * 7919 % 10007} of a long story that goes on and on.</p>" for n in range(9000)
    )
    data = encode(dress_columns(Sample().with_blocks(f"<p>{TEXT[0]}</p>", filler)).encode())
    assert read_article(data[: len(data) * 2 // 3], headers=(("Content-Encoding", name),)).body[0] == TEXT[0]


@pytest.mark.parametrize("name", ["br", "zstd", "deflate"])
def test_noise_is_a_named_error(name):
    with pytest.raises(UndecodableError, match=name):
        read(b"\x9c\xff\x00\x13" * 50, headers=(("Content-Encoding", name),))


def test_unknown_and_stacked_encodings_are_named_errors():
    with pytest.raises(UndecodableError, match="not known"):
        read(HTML, headers=(("Content-Encoding", "compress"),))
    with pytest.raises(UndecodableError, match="one over another"):
        read(HTML, headers=(("Content-Encoding", "gzip," * 9),))


@pytest.mark.parametrize(
    ("name", "encode"),
    [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstd.compress), ("deflate", zlib.compress)],
)
def test_bombs_are_refused(name, encode):
    bomb = encode(b"<html><body>" + b" " * (MAX_BYTES * 3))
    with pytest.raises(PageTooLargeError):
        read(bomb, headers=(("Content-Encoding", name),))


@pytest.mark.parametrize("codec", ["utf-8", "gbk", "gb2312", "gb18030"])
@pytest.mark.parametrize(
    "declared", [None, "utf-8", "gb2312", "GBK", "iso-8859-1", "no-such-thing", "us-ascii", "base64"]
)
@pytest.mark.parametrize("where", ["meta", "header"])
def test_chinese_is_read_whatever_is_declared(codec, declared, where):
    data = page(CHINESE, declared if where == "meta" else None).encode(codec)
    header = f"text/html; charset={declared}" if where == "header" and declared else "text/html"
    assert CHINESE in decode_text(data, content_type=header, url="u").decode()


@pytest.mark.parametrize("codec", ["shift_jis", "euc-jp", "iso-2022-jp", "utf-8", "utf-16", "utf-8-sig"])
def test_japanese_as_declared(codec):
    assert JAPANESE in decode_text(page(JAPANESE, codec.removesuffix("-sig")).encode(codec), url="u").decode()


def test_short_gbk_that_is_valid_utf8():
    data = page("联通", "gbk").encode("gbk")  # the classic: both readings are valid
    assert "联通" in decode_text(data, url="u").decode()
    assert "ü Ö" in decode_text(page("ü Ö", "utf-8").encode(), url="u").decode()


def test_western_pages():
    text = "Café “Zürich” – naïve déjà vu"
    assert text in decode_text(page(text, "windows-1252").encode("cp1252"), url="u").decode()
    assert text in decode_text(page(text, None).encode("cp1252"), url="u").decode()


def test_half_a_character_at_the_end():
    data = page(CHINESE * 20, "utf-8").encode()
    cut = data[: data.rindex("半".encode()) + 1]
    assert CHINESE in decode_text(cut, url="u").decode()
    gbk = page(CHINESE * 20, "gbk").encode("gbk")
    assert CHINESE in decode_text(gbk[: gbk.rindex("半".encode("gbk")) + 1], url="u").decode()


def test_one_line_of_another_charset():
    data = page(CHINESE * 20, "utf-8").encode() + "版权".encode("gbk")
    assert CHINESE in decode_text(data, url="u").decode()


def test_nuls_are_dropped():
    assert read_article(HTML.replace(b"<p>", b"\0<\0p>\0", 1).replace(b"\0<\0p", b"\0<p")).body == TEXT


def test_binary_is_a_named_error():
    with pytest.raises(UndecodableError):
        decode_text(bytes(range(256)) * 40, url="https://example.org/x")


def test_empty_payload_is_a_named_error():
    for payload in (b"", b"   ", b"\0\0", b"\xef\xbb\xbf"):
        with pytest.raises(UndecodableError, match="no page"):
            read(payload)


def test_decoding_names_no_charset_twice():
    assert decode_capture(capture(HTML)) == HTML
