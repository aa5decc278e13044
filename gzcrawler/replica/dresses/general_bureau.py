"""The newer platform as one bureau dresses it: the common body container, dates with the list's items."""

from gzcrawler.replica.dresses.dress import Dress

_TOP = """<!DOCTYPE html>
<html lang="[[lang]]">
<head>
<meta charset="UTF-8">
<meta http-equiv="X-UA-Compatible" content="IE=edge">
<title>[[window]]</title>
[[meta]]<link rel="stylesheet" href="/att/2.files/css/base.css">
<script>window.NFCMS_SITE_ID = '200001';window.NFCMS_PUB_TYPE = '[[type]]';window.NFCMS_POST_ID = '[[post]]';window.NFCMS_CAT_ID = '1204';</script>
[[filler]]
</head>
<body>
<div class="header"><div class="w1200"><a class="logo" href="/">Guangzhou</a><div class="tool">[[editions]]</div></div>
<div class="nav"><ul>[[nav]]</ul></div></div>
"""
_FOOT = """<div class="footer"><p>Sponsored by the Municipal Foreign Affairs Office</p><p>Site code: 4401000001 ICP 05000001-0</p></div>
[[scripts]]
</body>
</html>
"""

DRESS = Dress(
    name="general bureau",
    article=_TOP
    + """<div class="w1200 main">
<div class="position">[[trail]]</div>
<div class="content_box">
<h1 class="content_title">[[title]]</h1>
<div class="content_date"><span>[[head]]</span><span class="print" onclick="window.print()">Print</span></div>
<div id="zoomcon" class="content_article">
[[body]]
</div>
[[pager]]
<div class="relevant" style="display:none"><h4>Related attachments</h4><ul></ul></div>
[[related]]
</div>
</div>
"""
    + _FOOT,
    listing=_TOP
    + """<div class="w1200 main">
<div class="position">[[trail]]</div>
<div class="list_box"><h2 class="list_title">[[name]]</h2>
<ul class="news_list">
[[entries]]
</ul>
[[pager]]
</div>
</div>
"""
    + _FOOT,
    home=_TOP + '<div class="w1200 main">[[groups]]</div>\n' + _FOOT,
    label="Your position: ",
    separator=" &gt; ",
    trail_end="Text",
    paragraph='<p style="text-indent: 2em; text-align: justify;"><span style="font-size: 16px;">%s</span></p>',
    subhead='<p style="text-indent: 2em;"><strong>%s</strong></p>',
    subhead_tag="p",
    picture='<p style="text-align: center;"><img class="nfw-cms-img" img-id="10001" src="%s" alt="%s"></p>',
    caption='<p style="text-align: center;"><span style="font-size: 14px;">%s</span></p>',
    film='<p style="text-align: center;"><iframe class="nfw-cms-video" src="%s" width="600" height="400"></iframe></p>',
    file='<a class="nfw-cms-attachment" href="%s" target="_blank">%s</a>',
    related='<div class="relevant_news"><h4>Related</h4><ul>%s</ul></div>',
    pager='<div class="page">%s</div>',
    page_here='<a class="current">%s</a>',
    page_last='<a class="last" href="%s">Last</a>',
    next_text="Next",
    entry='<li><!-- item --><a href="{href}" title="{whole}" target="_blank">{title}</a><span>{date}</span></li>',
    title_length=36,
    date_form="iso",
    summaries=False,
    group='<div class="column"><h3><a href="%s">%s</a></h3><ul>%s</ul></div>',
    style="header w1200 logo tool nav main position content_box content_title content_date content_article relevant footer news_list",
)
