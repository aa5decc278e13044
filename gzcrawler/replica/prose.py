"""The replica's prose: neutral municipal news from word lists and sentence templates, invented names only.

A template is text with ``{slot}`` marks; a slot names a word list of the same language. Texts here
are plain (not HTML) and already squashed: no double blanks, no blanks at the ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gzcrawler.replica.chance import Draw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_STOCK, _STOCK_SIZE = 8, 6_000

__all__ = ["CHINESE", "ENGLISH", "JAPANESE", "VOICES", "Template", "Voice"]


class Template:
    """A sentence with slots, made ready for fast filling."""

    __slots__ = ("_form", "_lists", "_starts")

    def __init__(self, text: str, words: Mapping[str, Sequence[str]]) -> None:
        names = re.findall(r"\{(\w+)\}", text)
        self._form = re.sub(r"\{\w+\}", "%s", text.replace("%", "%%"))
        self._starts = text.startswith("{")  # a slot's word is written small
        self._lists = tuple(None if name == "n" else words[name] for name in names)

    def fill(self, draw: Draw) -> str:
        """The sentence with a choice in each slot (``{n}`` is a number from 2 to 998)."""
        filled = self._form % tuple(
            [draw.below(997) + 2 if words is None else draw.pick(words) for words in self._lists]
        )
        return filled[0].upper() + filled[1:] if self._starts else filled


@dataclass(frozen=True, kw_only=True)
class Voice:
    """What is written in one language."""

    language: str
    """BCP 47."""
    joint: str
    """What stands between two sentences of a paragraph."""
    titles: tuple[Template, ...]
    sentences: tuple[Template, ...]
    subheads: tuple[Template, ...]
    captions: tuple[Template, ...]
    people: tuple[str, ...]
    cities: tuple[str, ...]
    table_head: tuple[str, ...]
    rows: tuple[str, ...]
    links: tuple[str, ...]
    """Texts of links inside a paragraph."""
    files: tuple[str, ...]
    """Names of attached files, without their ending."""
    clip: tuple[Template, ...]
    """The one line of a page that is a film."""

    @cached_property
    def stock(self) -> tuple[str, ...]:
        """Sentences made once, for all seeds: filling templates would take half of a page's time."""
        draw = Draw(0, len(self.sentences), _STOCK)
        return tuple(dict.fromkeys(draw.pick(self.sentences).fill(draw) for _ in range(_STOCK_SIZE)))

    @cached_property
    def scenes(self) -> tuple[str, ...]:
        """Captions made once."""
        draw = Draw(0, len(self.captions), _STOCK)
        return tuple(dict.fromkeys(draw.pick(self.captions).fill(draw) for _ in range(_STOCK_SIZE // 4)))

    def paragraph(self, draw: Draw, sentences: int) -> str:
        """So many sentences, at most three, joined as the language does."""
        return self.told(draw.word(), sentences)

    def told(self, word: int, sentences: int) -> str:
        """A paragraph that a number of 39 bits or more tells."""
        stock = self.stock
        size = len(stock)
        if sentences == 1:
            return stock[word % size]
        if sentences == 2:
            return stock[word % size] + self.joint + stock[word // size % size]
        return self.joint.join(
            (stock[word % size], stock[word // size % size], stock[word // (size * size) % size])
        )


def _templates(words: Mapping[str, Sequence[str]], *texts: str) -> tuple[Template, ...]:
    return tuple(Template(text, words) for text in texts)


_EN = {
    "place": ("Banxi Wharf", "the Lotus Hill campus", "Kapok Square", "the Qinghe waterfront", "Lychee Bay", "Yunshan Park", "the Old Customs Lane", "Songtao Garden", "the Pearl Islet pier", "Heron Bridge", "the Ginkgo Valley innovation base", "Xiangyun Market", "the Fengwei ferry terminal", "Stone Drum Street", "the North Canal greenway", "Meilin Community"),
    "office": ("the district commerce bureau", "the city's port office", "the municipal transport commission", "the local education authority", "the Kapok Cultural Center", "the neighborhood committee", "the exhibition organizers", "the city library", "the weather service", "the Yunshan Medical Group", "the investment promotion office", "the water authority"),
    "thing": ("a visitor service desk", "a bilingual handbook", "an electric ferry line", "a digital permit window", "a cross-border training program", "a night market", "a green freight corridor", "a youth orchestra", "a community clinic", "a shared laboratory", "a flower exhibition", "a cycling route", "a design week", "a seed fund", "a language volunteer team"),
    "group": ("residents", "exporters", "exchange students", "small companies", "visitors from overseas", "engineers", "craftspeople", "teachers", "shipping agents", "volunteers", "young musicians", "start-up teams"),
    "verb": ("opened", "expanded", "launched", "renewed", "presented", "introduced", "planned", "tested"),
    "field": ("trade in services", "biomedicine", "smart manufacturing", "cultural tourism", "marine technology", "vocational education", "logistics", "low-carbon building", "international exchange", "public health"),
    "when": ("last week", "on Tuesday", "in the first half of the year", "over the past five years", "by the end of the year", "since the spring", "during the holiday", "on Friday morning"),
    "unit": ("million yuan", "square meters", "visitors", "containers", "tons", "kilowatt-hours", "applications", "books"),
    "city": ("Guangzhou", "Foshan", "Zhuhai", "Nansha", "Tianhe", "Conghua", "Huangpu", "Zengcheng"),
    "event": ("the Kapok Forum", "the autumn trade fair", "the Dragon Boat gathering", "the Pearl River Light Days", "the Expat Sports Day", "the Bay Area Skills Contest", "the lantern evening", "the Harbor Book Fair"),
}  # fmt: skip

_EN_PEOPLE = (
    "Lin Qiao",
    "Ouyang Tong",
    "Mei Heron",
    "Tobias Varn",
    "Qin Luoya",
    "Ines Marlow",
    "Bai Shuran",
    "Adaeze Corrin",
    "Sun Weilu",
    "Pavel Ostrin",
    "He Yanqiu",
    "Marta Lindqvae",
    "Luo Jiening",
    "Dario Fenwick",
)

ENGLISH = Voice(
    language="en",
    joint=" ",
    titles=_templates(
        _EN,
        "{city} {verb} {thing} at {event}",
        "{place}, a new window on {field}",
        "New rules make {field} easier for {group} in {city}",
        "{city} welcomes {group} to {event}",
        "Q&A: how {group} can apply for {thing}",
        "{n} {group} take part in {event}",
        "Video: a day at Kapok Square with {group}",
        "{city}'s {field} sector grows by {n} {unit}",
        "{event} draws {n} {group} to {city}",
        "What is on: {event} and more",
        "From {city} to the world: {group} talk about {field}",
        "{city}, {field} hub of the bay area, adds {n} {unit}",
        "'Warm and open': {group} look back on {event}",
        "Photos: {event} in {city}",
    ),
    sentences=_templates(
        _EN,
        "{city} {verb} {thing} near {place} {when}, according to {office}.",
        "The new service is meant for {group} who work in {field}, {office} said.",
        "Figures from {office} show that the total reached {n} {unit} {when}.",
        "More than {n} {group} took part in {event}, up from {n} a year earlier.",
        '"It took us only {n} minutes to finish the paperwork," said one of the {group}.',
        "Construction at {place} covers {n},{n} square meters and is on schedule.",
        "The plan puts {field} first and sets aside {n} million yuan ($14.6 million) for {thing}.",
        "Visitors can reach {place} by metro, by ferry or on foot from {event}.",
        "{event} will return to {place} next season with {thing}.",
        "In {city}, {group} can register online and collect documents at {place}.",
        "A spokesperson for {office} said the trial would run for {n} days.",
        "The route links {place} with {city} and carries about {n} {group} a day.",
        "Under the framework, {field} and related services will be opened step by step.",
        "Since then, {n} firms have moved their offices to {place}.",
        "“We plan to stay in {city} because of its strength in {field},\" a manager said.",
        "Tickets are free of charge; opening hours are 9:00-17:30, Monday to Saturday.",
        "Trade with partners in {n} cities rose by {n}.{n} percent {when}.",
        "The full list stands at www.example.org/kapok/{n} and is kept by {office}.",
        "A record 254, 000 people have used the {field} platform since it was set up {when}.",
        "Details are published by {office} and updated every month.",
    ),
    subheads=_templates(_EN, "Where to go", "How to apply", "A hub for {field}", "What {group} say", "Looking ahead", "{n} measures in brief"),
    captions=_templates(
        _EN,
        "A view of {place} in {city}, South China's Guangdong province.",
        "{event} opens at {place} {when}.",
        "A stand of {group} at {event} attracts visitors. The show runs for {n} days.",
        "Staff prepare {thing} in {city}.",
        "Dusk over {place} in {city}. 云山暮色。",
    ),
    people=_EN_PEOPLE,
    cities=("Guangzhou", "Hong Kong", "Shenzhen", "Macao"),
    table_head=("Item", "Number", "Change"),
    rows=("Exhibitors", "Visitors", "Berths", "New routes", "Permits", "Training places"),
    links=("the official notice", "a full list", "an earlier report", "the online guide"),
    files=("Application form", "List of service points", "Guide for visitors", "Timetable"),
    clip=_templates(_EN, "Watch how {group} prepare {event} at {place}.", "A short film about {thing} in {city}."),
)  # fmt: skip

_ZH = {
    "place": ("榕湾码头", "木棉广场", "青禾江畔", "云山公园", "松涛园", "鹭桥", "银杏谷创新基地", "祥云市场", "石鼓街", "梅林社区"),
    "office": ("区商务局", "市港务部门", "市交通部门", "木棉文化中心", "街道办事处", "展会组委会", "市图书馆", "气象部门"),
    "thing": ("游客服务台", "双语手册", "电动渡轮航线", "数字政务窗口", "夜间市集", "青年乐团", "社区诊所", "共享实验室", "花卉展"),
    "group": ("市民", "外贸企业", "留学生", "小微企业", "海外游客", "工程师", "志愿者", "教师"),
    "verb": ("启用", "扩建", "推出", "更新", "试行", "规划"),
    "field": ("服务贸易", "生物医药", "智能制造", "文化旅游", "海洋科技", "职业教育", "现代物流"),
    "when": ("上周", "今年上半年", "近五年来", "年底前", "节日期间", "周五上午"),
    "unit": ("万元", "平方米", "人次", "标准箱", "吨", "件"),
    "city": ("广州", "佛山", "珠海", "南沙", "天河", "从化", "黄埔"),
    "event": ("木棉论坛", "秋季交易会", "珠江灯光周", "国际友人运动日", "湾区技能赛", "海港书展"),
}  # fmt: skip

CHINESE = Voice(
    language="zh-Hans",
    joint="",
    titles=_templates(
        _ZH,
        "{city}{verb}{thing}，服务{group}",
        "{event}在{city}举行，吸引{n}名{group}",
        "{city}{field}新增{n}{unit}",
        "{group}如何办理{thing}？一图读懂",
        "{place}：{field}的新窗口",
        "“开放而温暖”——{group}谈{event}",
    ),
    sentences=_templates(
        _ZH,
        "{when}，{city}在{place}附近{verb}{thing}。",
        "{office}表示，新服务面向从事{field}的{group}。",
        "据{office}统计，{when}总量达到{n}{unit}。",
        "共有{n}名{group}参加{event}，比上年多{n}名。",
        "“办理手续只用了{n}分钟。”一位参与者说。",
        "{place}的建设面积为{n}平方米，目前进展顺利。",
        "方案把{field}放在首位，并安排{n}万元用于{thing}。",
        "{group}可以在网上登记，并到{place}领取材料。",
        "试行期为{n}天，详情由{office}公布。",
    ),
    subheads=_templates(_ZH, "办理方式", "关于{field}", "下一步安排", "{n}项措施"),
    captions=_templates(_ZH, "{city}{place}一景。", "{event}{when}在{place}开幕。", "{group}在{event}现场交流。"),
    people=("林乔", "欧阳彤", "秦洛雅", "白舒冉", "何雁秋", "罗洁宁"),
    cities=("广州", "深圳"),
    table_head=("项目", "数量", "变化"),
    rows=("参展商", "观众", "泊位", "新航线", "许可"),
    links=("官方通知", "完整名单", "此前报道"),
    files=("申请表", "服务点名单", "游客指南"),
    clip=_templates(_ZH, "短片：{group}在{place}准备{event}。"),
)  # fmt: skip

_JA = {
    "place": ("科学城", "ロータス湾の桟橋", "カポック広場", "銀杏谷イノベーション基地", "雲山公園", "鼓石通り"),
    "thing": ("来訪者窓口", "二か国語の手引き", "電動フェリー航路", "共同実験室", "夜市", "研修プログラム"),
    "group": ("日系企業", "市民", "留学生", "技術者", "来訪者", "ボランティア"),
    "field": ("サービス貿易", "バイオ医薬", "スマート製造", "物流", "海洋技術"),
    "event": ("カポックフォーラム", "秋季交易会", "技能コンテスト", "港の本市"),
    "city": ("広州", "黄埔", "南沙"),
}  # fmt: skip

JAPANESE = Voice(
    language="ja",
    joint="",
    titles=_templates(
        _JA,
        "{city}で{thing}の運用を開始",
        "{event}に{n}社の{group}が参加",
        "{place}、{field}の新しい拠点に",
        "{group}向けの{thing}について",
    ),
    sentences=_templates(
        _JA,
        "{city}の{place}で、{thing}の運用が始まりました。",
        "新しいサービスは{field}に携わる{group}を対象としています。",
        "{event}には{n}社が参加し、前年より{n}社増えました。",
        "手続きは約{n}分で完了します。",
        "{place}の面積は{n}平方メートルで、工事は順調に進んでいます。",
        "「{city}の{field}に期待しています」と参加者は話しました。",
    ),
    subheads=_templates(_JA, "申請の方法", "{field}について", "今後の予定"),
    captions=_templates(_JA, "{place}の様子。", "{event}の会場。"),
    people=("林喬", "葉風香", "北条澄人", "三雲礼"),
    cities=("広州",),
    table_head=("項目", "数", "増減"),
    rows=("出展者", "来場者", "新航路"),
    links=("公式のお知らせ", "一覧"),
    files=("申請書", "利用の手引き"),
    clip=_templates(_JA, "{place}での{event}の様子を紹介する短い映像です。"),
)  # fmt: skip

VOICES: Mapping[str, Voice] = {"en": ENGLISH, "zh": CHINESE, "ja": JAPANESE}
"""Voices by the key of their edition."""
