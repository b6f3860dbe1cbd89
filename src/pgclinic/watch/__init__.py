"""Beside the database for months: looks set against each other, kept, judged and told.

``looks`` says what a look asks, ``sampler`` makes a Sample of two looks (pure), ``history`` keeps samples,
``watcher`` looks at one target, ``loop`` at many. Whoever wants to hear of each sample is a ``Listener``.
"""
