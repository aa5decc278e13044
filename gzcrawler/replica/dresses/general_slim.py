"""The newer platform in a slim dress: line breaks inside one block, short dates glued to the titles of lists."""

from gzcrawler.replica.dresses.dress import Dress

_TOP = """<!DOCTYPE html>
<html lang="[[lang]]">
<head>
<title>[[window]]</title>
<meta charset="utf-8">
[[meta]][[filler]]
<script>window.NFCMS_SITE_ID = 200001; window.NFCMS_PUB_TYPE = '[[type]]'; window.NFCMS_POST_ID = '[[post]]';</script>
</head>
<body>
[[share]]<div id="head"><a href="/">Guangzhou International</a> <em>[[editions]]</em></div>
<div id="menu"><ol>[[nav]]</ol></div>
"""
_FOOT = """<div id="foot">Contact us | Site map | ICP 05000001-0</div>
[[scripts]]
</body>
</html>
"""

DRESS = Dress(
    name="general slim",
    article=_TOP
    + """<div id="page" class="DetialTop">
<div class="where">[[trail]]</div>
<h3>[[title]]</h3>
<div class="from">[[head]]</div>
<div class="TRS_Editor"><div class="article">
[[body]]
</div></div>
[[pager]]
[[related]]
</div>
"""
    + _FOOT,
    listing=_TOP
    + """<div id="page">
<div class="where">[[trail]]</div>
<h3 class="zw-title">[[name]]</h3>
<div class="rows"><ul>
[[entries]]
</ul></div>
[[pager]]
</div>
"""
    + _FOOT,
    home=_TOP + '<div id="page">[[groups]]</div>\n' + _FOOT,
    separator=" / ",
    paragraph="<div>%s</div>",
    stress="i",
    subhead="<h2>%s</h2>",
    subhead_tag="h2",
    head_cell="<td><b>%s</b></td>",
    header_cells=False,
    bold_cells=True,
    picture='<div style="text-align:center"><img class="nfw-cms-img" src="%s" alt="%s"></div>',
    caption='<div style="text-align:center">%s</div>',
    film='<div style="text-align:center"><video src="%s" controls></video></div>',
    file='<a class="nfw-cms-attachment" href="%s">%s</a>',
    files="<div>%s</div>",
    related='<div class="also"><h4>More</h4><ul>%s</ul></div>',
    pager='<div class="turn">%s</div>',
    page_here='<a class="current">%s</a>',
    page_last='<a class="last" href="%s">last</a>',
    next_text="Next",
    entry='<li><a href="{href}" title="{whole}">{title}<span>{date}</span></a></li>',
    title_length=44,
    date_form="short",
    summaries=False,
    group='<div class="blk"><h4><a href="%s">%s</a></h4><ul>%s</ul></div>',
    style="head menu page where from article rows also turn blk foot DetialTop",
)
