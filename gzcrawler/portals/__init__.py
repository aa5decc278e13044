"""What a portal is: hosts, sections, layouts and address shapes, as data; and what an address means on it."""

from gzcrawler.portals.maps import builtin_portals, load_portal, parse_portal
from gzcrawler.portals.model import Address, Edition, Host, Layout, Politeness, Section, Shape
from gzcrawler.portals.portal import Portal

__all__ = [
    "Address",
    "Edition",
    "Host",
    "Layout",
    "Politeness",
    "Portal",
    "Section",
    "Shape",
    "builtin_portals",
    "load_portal",
    "parse_portal",
]
