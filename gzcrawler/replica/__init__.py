"""A portal on loopback with known truth: for the demo, tests and benchmarks."""

from gzcrawler.replica.config import ReplicaConfig
from gzcrawler.replica.faults import FaultRule
from gzcrawler.replica.pages import ReplicaResponse
from gzcrawler.replica.portal_map import family_maps, replica_map
from gzcrawler.replica.replica import Replica
from gzcrawler.replica.running import RunningReplica, running_replica
from gzcrawler.replica.server import ReplicaServer, Request

__all__ = [
    "FaultRule",
    "Replica",
    "ReplicaConfig",
    "ReplicaResponse",
    "ReplicaServer",
    "Request",
    "RunningReplica",
    "family_maps",
    "replica_map",
    "running_replica",
]
