"""Metrics for Prometheus: names and labels, what is known of each target, and answers to requests.

``names`` maps observations to metrics, ``gathering`` keeps what samples said and hands it to prometheus-client,
``probing`` looks at a target when asked to, ``endpoint`` answers requests whatever serves it, ``server`` serves it.
"""
