"""Captions and credits: every form, wherever it stands, and to which picture it belongs."""

from __future__ import annotations

import pytest
from page_builders import G1_DRESSES, TEXT, Sample, dress_columns, read_article

dressed = pytest.mark.parametrize("dress", G1_DRESSES.values(), ids=G1_DRESSES.keys())
SENTENCE = "People wait for the first boat of the day."


def picture(number: int = 1, alt: str = "", attributes: str = "") -> str:
    return f'<p><img src="/att/20180514/152626320000000000{number}.jpeg" alt="{alt}" {attributes}></p>'


def paragraphs(*texts: str) -> tuple[str, ...]:
    return tuple(f"<p>{text}</p>" for text in texts)


CREDITS = [
    ("[Photo/eguangzhou.gov.cn]", "Photo/eguangzhou.gov.cn"),
    ("[Photo/A News Agency]", "Photo/A News Agency"),
    ("[Photo/]", "Photo/"),
    ("[Photo/ ]", "Photo/"),
    ("[Photo by Ana Brook/Xinhua]", "Photo by Ana Brook/Xinhua"),
    ("[Photo by Ana Brook, Tom Reed/China Daily]", "Photo by Ana Brook, Tom Reed/China Daily"),
    ("[Photo by Ana Brook / River App]", "Photo by Ana Brook / River App"),
    ("[Photo by Ana Brook]", "Photo by Ana Brook"),
    ("[Photos by Ana Brook]", "Photos by Ana Brook"),
    ("[Photo provided to chinadaily.com.cn]", "Photo provided to chinadaily.com.cn"),
    ("[Photo/WeChat account: river-boats]", "Photo/WeChat account: river-boats"),
    ("(Photo provided to eguangzhou.gov.cn)", "Photo provided to eguangzhou.gov.cn"),
    ("\uff08Photo by Ana Brook\uff09", "Photo by Ana Brook"),
    ("【Photo by Ana Brook】", "Photo by Ana Brook"),
    ("[Photo&nbsp; by Ana Brook]", "Photo by Ana Brook"),
    ("ANA BROOK/CHINA DAILY", "ANA BROOK/CHINA DAILY"),
    ("Ana Brook/CHINA DAILY", "Ana Brook/CHINA DAILY"),
    ("PROVIDED TO CHINA DAILY", "PROVIDED TO CHINA DAILY"),
    ("(写真提供\uff1a山川)", "写真提供\uff1a山川"),
]


@dressed
@pytest.mark.parametrize(("printed", "credit"), CREDITS)
def test_credit_forms(dress, printed, credit):
    page = read_article(
        dress(
            Sample().with_blocks(
                f"<p>{TEXT[0]}</p>", picture(), f"<p>{SENTENCE} {printed}</p>", f"<p>{TEXT[1]}</p>"
            )
        )
    )
    assert page.body == TEXT[:2]
    (image,) = page.images
    assert (image.caption, image.credit, image.position) == (SENTENCE, credit, 1)
    assert image.raw_caption == f"{SENTENCE} {printed}".replace("&nbsp; ", " ")


@dressed
@pytest.mark.parametrize(
    ("printed", "credit"),
    [
        ("[Photo by Ana Brook/Xinhua]", "Photo by Ana Brook/Xinhua"),
        ("Photo | River Museum", "Photo | River Museum"),
        ("ANA BROOK/CHINA DAILY", "ANA BROOK/CHINA DAILY"),
    ],
)
def test_a_credit_alone_is_never_body(dress, printed, credit):
    page = read_article(dress(Sample().with_blocks(picture(), f"<p>{TEXT[0]}</p>", f"<p>{printed}</p>")))
    assert page.body == TEXT[:1]
    assert [(one.caption, one.credit, one.raw_caption) for one in page.images] == [(None, credit, printed)]


def test_a_credit_alone_joins_the_caption_before_it():
    blocks = (
        picture(),
        f'<p align="center">{SENTENCE}</p>',
        "<p>[Photo by Ana Brook]</p>",
        f"<p>{TEXT[0]}</p>",
    )
    (image,) = read_article(
        dress_columns(
            Sample().with_blocks(*(block.replace("<p><img", '<p align="center"><img') for block in blocks))
        )
    ).images
    assert (image.caption, image.credit) == (SENTENCE, "Photo by Ana Brook")


@dressed
def test_grouped_pictures_and_captions_are_paired_in_order(dress):
    page = read_article(dress(Sample().with_blocks(
        f"<p>{TEXT[0]}</p>", picture(1), picture(2), *paragraphs("One. [Photo/A]", "Two. [Photo/B]"), f"<p>{TEXT[1]}</p>"
    )))  # fmt: skip
    assert [(one.caption, one.credit, one.position) for one in page.images] == [
        ("One.", "Photo/A", 1),
        ("Two.", "Photo/B", 1),
    ]


@dressed
def test_captions_grouped_at_the_end(dress):
    page = read_article(dress(Sample().with_blocks(
        picture(1), f"<p>{TEXT[0]}</p>", picture(2), f"<p>{TEXT[1]}</p>", *paragraphs("One. [Photo/A]", "Two. [Photo/B]")
    )))  # fmt: skip
    assert [(one.caption, one.position) for one in page.images] == [("One.", 0), ("Two.", 1)]
    assert page.body == TEXT[:2]


@dressed
def test_one_caption_for_several_pictures_is_the_lasts(dress):
    page = read_article(
        dress(Sample().with_blocks(picture(1), picture(2), "<p>Both. [Photo/A]</p>", f"<p>{TEXT[0]}</p>"))
    )
    assert [one.caption for one in page.images] == [None, "Both."]


@dressed
def test_captions_before_their_pictures(dress):
    page = read_article(dress(Sample().with_blocks(
        "<p>One. [Photo/A]</p>", picture(1), f"<p>{TEXT[0]}</p>", "<p>Two. [Photo/B]</p>", picture(2), f"<p>{TEXT[1]}</p>"
    )))  # fmt: skip
    assert [one.caption for one in page.images] == ["One.", "Two."]
    assert page.body == TEXT[:2]


@dressed
def test_photo_story_is_all_caption(dress):
    page = read_article(dress(Sample().with_blocks(picture(), f"<p>{SENTENCE} {SENTENCE} [Photo/A]</p>")))
    assert (page.body, page.body_html is not None) == ((), True)
    assert page.images[0].caption == f"{SENTENCE} {SENTENCE}"


def test_a_caption_of_nothing_is_a_block():
    page = read_article(
        dress_columns(Sample().with_blocks(f"<p>{TEXT[0]}</p>", f"<p>{SENTENCE} [Photo/A]</p>"))
    )
    assert page.body == (TEXT[0], f"{SENTENCE} [Photo/A]")


def test_captions_without_credit_are_known_by_their_place():
    centred = [
        f'<p style="text-align: center"><img src="/att/20180514/1526263200000000001.jpeg"></p><p style="text-align:center">{SENTENCE}</p>',
        f'<p align="center"><img src="/att/20180514/1526263200000000001.jpeg"></p><p align="center"><font>{SENTENCE}</font></p>',
        f'<figure><img src="/att/20180514/1526263200000000001.jpeg"><figcaption>{SENTENCE}</figcaption></figure>',
        f'<p><img src="/att/20180514/1526263200000000001.jpeg"></p><p>△{SENTENCE}</p>',
    ]
    for block in centred:
        page = read_article(
            dress_columns(Sample().with_blocks(f"<p>{TEXT[0]}</p>", block, f"<p>{TEXT[1]}</p>"))
        )
        assert page.body == TEXT[:2]
        assert (page.images[0].caption, page.images[0].credit) == (SENTENCE, None)


def test_plain_text_after_a_picture_is_text():
    page = read_article(dress_columns(Sample().with_blocks(picture(), *paragraphs(*TEXT))))
    assert page.body == TEXT
    assert (page.images[0].caption, page.images[0].raw_caption) == (None, None)


def test_triangle_is_no_part_of_the_caption():
    page = read_article(
        dress_columns(
            Sample().with_blocks(
                picture(), f"<p>△{SENTENCE}\uff08写真提供\uff1a山川\uff09</p>", f"<p>{TEXT[0]}</p>"
            )
        )
    )
    (image,) = page.images
    assert (image.caption, image.credit) == (SENTENCE, "写真提供\uff1a山川")
    assert image.raw_caption == f"△{SENTENCE}\uff08写真提供\uff1a山川\uff09"


@pytest.mark.parametrize(
    "name",
    [
        "1547541308774044668.jpg",
        "5c3d4f1aa31010568bdcd123.png",
        "3.jpg",
        "木棉广场.jpg",
        f"{SENTENCE}.jpg",
        "u=1298&fm=26&f=JPEG.jpg",
    ],
)
def test_upload_names_are_neither_caption_nor_body(name):
    page = read_article(
        dress_columns(
            Sample().with_blocks(
                f"<p>{TEXT[0]}</p>", picture(alt=name), f"<p>{name}</p>", f"<p>{TEXT[1]}</p>"
            )
        )
    )
    assert page.body == TEXT[:2]
    assert page.images[0].caption is None


@pytest.mark.parametrize(
    "art",
    [
        '<img src="/att/12.files/i/line.png">',
        '<img src="/images/icon_print.gif">',
        '<img src="/images/share.png">',
        '<img src="/images/qrcode.png">',
        '<img src="/att/20180514/1.png" width="16" height="16">',
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
        '<img src="/att/20180514/1.png" style="display:none">',
        '<div style="display: none"><img src="/att/20180514/1.png"></div>',
    ],
)
def test_template_art_is_no_picture_of_the_story(art):
    assert read_article(dress_columns(Sample().with_blocks(art, *paragraphs(*TEXT)))).images == ()


def test_lazy_pictures_are_read_from_where_they_are():
    block = '<p><img src="/images/loading.gif" data-src="/att/20180514/9.jpg"></p>'
    (image,) = read_article(dress_columns(Sample().with_blocks(block, *paragraphs(*TEXT)))).images
    assert image.url == "https://www.eguangzhou.gov.cn/att/20180514/9.jpg"


def test_figures_stand_at_the_pictures_place():
    html = read_article(
        dress_columns(
            Sample().with_blocks(
                "<p>A day &amp; a night.</p>", picture(), "<p>It's <b>late</b>. [Photo/A]</p>"
            )
        )
    ).body_html
    assert html == (
        "<p>A day &amp; a night.</p>\n"
        '<figure><img src="https://www.eguangzhou.gov.cn/att/20180514/1526263200000000001.jpeg">'
        "<figcaption>It's late. [Photo/A]</figcaption></figure>"
    )


def test_pictures_inside_a_paragraph_do_not_part_it():
    page = read_article(dress_columns(Sample().with_blocks(
        '<p>Before the <img src="/att/20180514/1.jpg"> picture and after.</p>', f"<p>{TEXT[0]}</p>"
    )))  # fmt: skip
    assert page.body == ("Before the picture and after.", TEXT[0])
    assert page.images[0].position == 1
