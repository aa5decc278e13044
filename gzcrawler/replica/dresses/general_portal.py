"""The newer platform as a main portal dresses it: a sticky bar, ideographic indents, dates as year, month, day."""

from gzcrawler.replica.dresses.dress import Dress

_TOP = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8" />
<meta name="renderer" content="webkit" />
<title>[[window]]</title>
[[meta]]<link href="/att/5.files/css/portal.css" rel="stylesheet" />
[[filler]]
</head>
<body>
<div class="topbar"><div class="wrap">[[editions]]<span class="line"></span><a href="/">Home</a></div></div>
<div class="dh"><ul>[[nav]]</ul></div>
"""
_FOOT = """<div class="bottom"><div class="wrap">Sponsor: Municipal Foreign Affairs Office<br/>Visits: <span id="count">-</span></div></div>
<script>var NFCMS_SITE_ID="200001",NFCMS_PUB_TYPE="[[type]]";window.NFCMS_POST_ID="[[post]]";window.NFCMS_CAT_ID="77";</script>
[[scripts]]
</body>
</html>
"""

DRESS = Dress(
    name="general portal",
    article=_TOP
    + """<div class="fixbar"><div class="wrap"><b>[[title]]</b><a href="javascript:scrollTo(0,0)">Top</a></div></div>
<div class="wrap xlbox">
<div class="crumb">[[trail]]</div>
<h2>[[title]]</h2>
<div class="xl-info">[[head]]</div>
<div class="xl-nr">
[[body]]
</div>
[[pager]]
[[related]]
<div class="xl-fj" style="display:none">Attachments</div>
</div>
"""
    + _FOOT,
    listing=_TOP
    + """<div class="wrap lbox">
<div class="crumb">[[trail]]</div>
<div class="lm">[[name]]</div>
<ul class="lb">
[[entries]]
</ul>
[[pager]]
</div>
"""
    + _FOOT,
    home=_TOP + '<div class="wrap sy">[[groups]]</div>\n' + _FOOT,
    label="Location: ",
    separator="<i>&gt;</i>",
    paragraph="<p>　　%s</p>",
    joint="",
    strong="b",
    subhead="<h3>%s</h3>",
    subhead_tag="h3",
    picture='<p align="center"><img src="%s" class="nfw-cms-img" img-id="20444" alt="%s" title=""/></p>',
    caption='<p align="center">%s</p>',
    film='<p align="center"><video class="nfw-cms-video" src="%s" controls="controls"></video></p>',
    file='<a href="%s" class="nfw-cms-attachment">%s</a>',
    related='<div class="xgxw"><div class="t">Related</div><ul>%s</ul></div>',
    pager='<div class="fy">%s</div>',
    page_here='<a class="current" href="javascript:;">%s</a>',
    page_last='<a class="last" href="%s">&gt;&gt;</a>',
    next_text="&gt;",
    entry='<li><span class="sj">{date}</span><a href="{href}" title="{whole}">{title}</a></li>',
    date_form="han",
    summaries=False,
    group='<div class="lmk"><div class="t"><a href="%s">%s</a></div><ul>%s</ul></div>',
    style="topbar wrap line dh fixbar xlbox crumb xl-info xl-nr xl-fj xgxw lbox lm lb fy sj lmk bottom",
)
