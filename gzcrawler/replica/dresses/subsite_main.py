"""The sub-site's newest dress: sectioning elements, figures, a bar that repeats the title."""

from gzcrawler.replica.dresses.dress import Dress

_TOP = """<!doctype html>
<html lang="[[lang]]">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>[[window]]</title>
[[meta]]<link rel="stylesheet" href="[[root]]/att/31.files/i/app.css">
[[filler]]
</head>
<body>
<header class="site-head"><a class="brand" href="[[root]]/">GZ</a>
<div class="site-tools"><a href="javascript:void(0)">Search</a> <span>|</span> [[editions]] <span>|</span> <a href="javascript:void(0)">Wechat</a></div>
<nav class="site-nav"><ul>[[nav]]</ul></nav></header>
"""
_FOOT = """<footer class="site-foot"><p>Copyright © Foreign Affairs Office of the Municipal Government, / Hong Kong and Macao Affairs Office All rights reserved. / Presented by the Kapok News Agency. / ICP 05000001-0</p></footer>
[[scripts]]
</body>
</html>
"""

DRESS = Dress(
    name="subsite main",
    article=_TOP
    + """<div class="sticky" style="display:none"><span>[[title]]</span><a href="#top">Top</a></div>
<main class="story-page">
<nav class="trail">[[trail]]</nav>
<article class="story">
<header><h1 class="story-title">[[title]]</h1>
<p class="story-info">[[head]]</p></header>
<div class="share" title="share"><a href="javascript:;">Share</a><a href="javascript:;">Print</a></div>
<div class="story-text" id="Content">
[[body]]
</div>
[[pager]]
</article>
[[related]]
[[slider]]
</main>
"""
    + _FOOT,
    listing=_TOP
    + """<main class="list-page">
<nav class="trail">[[trail]]</nav>
<h1>[[name]]</h1>
<div class="cards">
[[entries]]
</div>
[[pager]]
</main>
"""
    + _FOOT,
    home=_TOP + '<main class="front">[[groups]]</main>\n' + _FOOT,
    separator=" > ",
    trail_text="<span>%s</span>",
    paragraph='<div class="para"><span style="font-size: 16px">%s</span></div>',
    joint="\n\n",
    subhead="<h3>%s</h3>",
    subhead_tag="h3",
    table='<div class="scroll"><table><thead></thead><tbody>%s</tbody></table></div>',
    picture='<figure><img loading="lazy" src="%s" alt="%s"></figure>',
    caption='<p class="cap" align="center"><em class="cap-text">%s</em></p>',
    film='<div class="player"><video controls poster=""><source src="%s" type="video/mp4"></video></div>',
    related='<section class="more-on"><h2>Related</h2><ul>%s</ul></section>',
    slider='<section class="carousel"><h3>VIDEOS</h3><div class="track">%s</div><div class="dots">%s</div></section>',
    slider_item='<div class="slide">• <a href="%s">%s</a></div>',
    counter="<span>%s</span>",
    pager='<nav class="pager">%s</nav>',
    page_here='<a class="on">%s</a>',
    entry='<article class="card"><h3><a href="{href}">{title}</a></h3><p class="lead">{summary}</p><time>{date}</time></article>',
    date_form="iso",
    group='<section class="front-box"><h2><a href="%s">%s</a></h2><ul>%s</ul></section>',
    style="site-head brand site-tools site-nav sticky story-page trail story share story-text more-on carousel slide card cards lead",
)
