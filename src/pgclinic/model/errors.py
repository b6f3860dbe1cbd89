"""What is said to a user who asked for something that cannot be."""


class UserError(Exception):
    """One clear sentence: what is wrong, where, and what to do about it. Never holds a secret; exit code 2."""
