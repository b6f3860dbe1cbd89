"""Alerts: rules over observations, judged sample by sample, told once.

``rules`` are the nouns and ``rules_file`` reads them; ``measures`` turns observations into what rules look at, and
``engine`` judges it, both without a clock of their own; ``ledger`` keeps what stands, across restarts and for several
watchers; ``channels`` and ``sending`` tell people; ``listener`` puts it together.
"""
