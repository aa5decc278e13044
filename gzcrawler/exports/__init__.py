"""Archive to files: snapshots and the formats that other programs read. Whole, or not there at all."""
