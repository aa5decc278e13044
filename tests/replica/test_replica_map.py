"""The replica's map is the built-in one at other hosts."""

from __future__ import annotations

import tomllib

from gzcrawler.portals import load_portal, parse_portal
from gzcrawler.replica import replica_map
from gzcrawler.replica.portal_map import as_toml


def test_the_map_is_a_valid_portal_that_is_reached_at_the_port() -> None:
    portal = parse_portal(replica_map(8642))
    assert (portal.name, portal.scheme, portal.connect) == ("replica", "http", "127.0.0.1:8642")


def test_its_toml_reads_back_as_the_same_facts() -> None:
    facts = replica_map(8642)
    assert tomllib.loads(as_toml(facts)) == facts


def test_no_host_of_the_replica_is_a_real_one() -> None:
    assert all(host.host.endswith(".test") for host in parse_portal(replica_map(1)).hosts)


def test_shapes_and_layouts_are_those_of_the_built_in_map() -> None:
    facts, model = replica_map(), dict(load_portal("guangzhou").facts)
    assert facts["shapes"] == model["shapes"]
    assert facts["layouts"] == model["layouts"]


def test_sections_of_the_built_in_map_come_first_and_three_languages_are_served() -> None:
    portal, model = parse_portal(replica_map()), load_portal("guangzhou")
    assert portal.sections[: len(model.sections)] != ()
    assert [s.key for s in portal.sections[: len(model.sections)]] == [s.key for s in model.sections]
    assert {edition.key for edition in portal.editions} >= {"en", "zh", "ja"}


def test_politeness_is_set_by_the_caller() -> None:
    portal = parse_portal(replica_map(1, delay=0.25, concurrency=2))
    assert (portal.politeness.delay, portal.politeness.concurrency) == (0.25, 2)
