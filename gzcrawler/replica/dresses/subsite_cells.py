"""The sub-site's oldest dress: table cells, upper-case tags, blocks parted by line ends."""

from gzcrawler.replica.dresses.dress import Dress

_TOP = """<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<title>[[window]]</title>
[[meta]]<link href="[[root]]/att/7.files/i/main.css" rel="stylesheet" type="text/css" />
[[filler]]
</head>
<body>
<table width="980" border="0" align="center" cellpadding="0" cellspacing="0">
<tr><td class="hd"><a href="[[root]]/"><img src="[[root]]/att/7.files/i/banner.png" /></a></td><td class="lang">Search | [[editions]] | <a href="#">Wechat</a></td></tr>
<tr><td colspan="2"><ul class="menu">[[nav]]</ul></td></tr>
</table>
"""
_FOOT = """<table width="980" align="center"><tr><td class="copy">Copyright © Foreign Affairs Office of the Municipal Government,<br />
Hong Kong and Macao Affairs Office All rights reserved.<br />Presented by the Kapok News Agency.<br />ICP 05000001-0</td></tr></table>
[[scripts]]
</body>
</html>
"""

DRESS = Dress(
    name="subsite cells",
    article=_TOP
    + """<table width="980" align="center"><tr><td class="left_w">
<div class="lujing">[[trail]]</div>
<div class="biaoti"><h1>[[title]]</h1></div>
<div class="xinxi">[[head]]</div>
<div class="neirong">
[[body]]
</div>
[[pager]]
[[related]]
[[slider]]
</td></tr></table>
"""
    + _FOOT,
    listing=_TOP
    + """<table width="980" align="center"><tr><td class="left_w">
<div class="lujing">[[trail]]</div>
<div class="bigtitle"><h2>[[name]]</h2></div>
<table class="biao" width="100%">
[[entries]]
</table>
[[pager]]
</td></tr></table>
"""
    + _FOOT,
    home=_TOP
    + '<table width="980" align="center"><tr><td class="left_w">[[groups]]</td></tr></table>\n'
    + _FOOT,
    separator="&gt;",
    paragraph="&nbsp;&nbsp;&nbsp; %s<br /><br />",
    strong="b",
    stress="i",
    subhead="<h4>%s</h4>",
    subhead_tag="h4",
    table='<table border="1" width="90%%"><tbody>%s</tbody></table>',
    head_cell="<td>%s</td>",
    header_cells=False,
    picture='<div align="center"><img src="%s" alt="%s" border="0" /></div>',
    caption='<div align="center"><font color="#666666">%s</font></div>',
    film='<div><embed src="%s" type="application/x-mplayer2" width="480" height="360" /></div>',
    files="<div>%s</div>",
    head_blank="&nbsp; ",
    related='<div class="xg"><b>Related stories</b><ul>%s</ul></div>',
    slider='<div class="hd_pic"><div class="bd"><ul>%s</ul></div><div class="hd_n"><ul>%s</ul></div></div>',
    slider_item='<li>&bull; <a href="%s">%s</a></li>',
    pager='<div class="fenye">%s</div>',
    page_here="<b>%s</b>",
    page_next='<a href="%s">%s</a>',
    entry='<tr><td><div class="lis_box"><h3><a href="{href}">{title}</a></h3>{summary} <a href="{href}">Read more</a></div></td></tr>',
    group='<div class="kuai"><h3><a href="%s">%s</a></h3><ul>%s</ul></div>',
    style="hd lang menu left_w lujing biaoti xinxi neirong xg hd_pic bd hd_n fenye bigtitle biao kuai copy",
)
