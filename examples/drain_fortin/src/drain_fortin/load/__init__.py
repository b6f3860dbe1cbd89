"""Many users at once, as a process of its own: requests begin at moments fixed in advance, whatever becomes of others.

Latency counts from the moment when a request was to begin, so that waiting for a slow server is part of it (no
coordinated omission: G. Tene, How NOT to Measure Latency, 2015; Schroeder, Wierman, Harchol-Balter, NSDI 2006).
"""
