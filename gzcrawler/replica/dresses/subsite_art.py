"""The sub-site's usual dress: the story in one column, the slider under it."""

from gzcrawler.replica.dresses.dress import Dress

_TOP = """<!DOCTYPE html>
<html lang="[[lang]]">
<head>
<meta charset="utf-8">
<title>[[window]]</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
[[meta]]<link rel="stylesheet" href="[[root]]/att/12.files/i/style.css">
[[filler]]
</head>
<body>
<div class="top_bar"><form action="[[root]]/search" method="get"><input name="q" placeholder="Search"></form>[[editions]] | <a href="javascript:;" onclick="showCode()">Wechat</a></div>
<div class="logo"><a href="[[root]]/"><img src="[[root]]/att/12.files/i/logo.png" alt="logo"></a></div>
<ul class="nav_bar">[[nav]]</ul>
"""
_FOOT = """<div class="foot"><p>Copyright © Foreign Affairs Office of the Municipal Government,<br>
Hong Kong and Macao Affairs Office All rights reserved.<br>
Presented by the Kapok News Agency.</p><p>ICP 05000001-0</p></div>
[[scripts]]
</body>
</html>
"""

DRESS = Dress(
    name="subsite art",
    marks=("div.art_cont",),
    article=_TOP
    + """<div class="mi_wrap">
<div class="art_nav">[[trail]]</div>
<div class="art_box">
<h1>[[title]]</h1>
<h5 class="art_info">[[head]]</h5>
<div class="art_cont">
[[body]]
</div>
[[pager]]
[[related]]
[[slider]]
</div>
</div>
"""
    + _FOOT,
    listing=_TOP
    + """<div class="mi_wrap">
<div class="art_nav">[[trail]]</div>
<h2 class="lis_title">[[name]]</h2>
[[entries]]
[[pager]]
</div>
"""
    + _FOOT,
    home=_TOP + '<div class="home_wrap">[[groups]]</div>\n' + _FOOT,
    separator=" &gt;  ",
    picture='<p style="text-align: center;"><img src="%s" alt="%s" style="width: 600px"></p>',
    caption='<p style="text-align: center;"><span style="color: #4b4b4b">%s</span></p>',
    subhead="<p><strong>%s</strong></p>",
    subhead_tag="p",
    related='<div class="about"><h4>Related</h4><ul>%s</ul></div>',
    slider='<div class="more_box"><ul class="slide">%s</ul><ol class="slide_num">%s</ol></div>',
    slider_item='<li>• <a href="%s">%s</a></li>',
    pager='<div class="page_num">%s</div>',
    entry='<div class="lis_box"><h3><a href="{href}" target="_blank">{title}</a></h3><p>{summary}</p></div>',
    group='<div class="box"><h2><a href="%s">%s</a></h2><ul>%s</ul></div>',
    style="mi_wrap art_nav art_box art_cont lis_box lis_title slide slide_num foot top_bar nav_bar",
)
