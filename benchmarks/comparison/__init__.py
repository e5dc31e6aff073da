"""Other simulators on the same work as ours: what `benchmarks/peers.py` is made of."""
