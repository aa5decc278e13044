"""Work that is done elsewhere than in this process: by processes of this machine, or on a Dask cluster.

The one seam past one machine. A `Job` says what is done with each task, `Processes` and `Cluster` do it and
hand back results in the tasks' order, with few of them under way at a time. Workers read and compute; what
comes back is written by the process that asked.
"""

from gzcrawler.workers.cluster import Cluster
from gzcrawler.workers.job import Job
from gzcrawler.workers.processes import Processes

__all__ = ["Cluster", "Job", "Processes", "Workers"]

Workers = Processes | Cluster
"""Whoever does the work: ``workers.results(job, tasks)`` is the same for both."""
