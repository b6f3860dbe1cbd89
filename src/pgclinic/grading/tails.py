"""Two distribution functions that tests of significance need: of the beta and of Student's t distribution."""

from math import exp, lgamma, log, log1p

_MOST_TERMS = 500
_PRECISION = 1e-12
_TINY = 1e-300


def beta_below(x: float, a: float, b: float) -> float:
    """The chance that a beta(a, b) variable is at most ``x``: the regularised incomplete beta function.

    Continued fraction of the NIST Digital Library of Mathematical Functions, 8.17.22, by Lentz's method.
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_below(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    numerator, denominator, fraction = 1.0, 0.0, 1.0
    for term in range(_MOST_TERMS):
        half = term // 2
        if term == 0:
            weight = 1.0
        elif term % 2:
            weight = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        else:
            weight = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        denominator = 1 / (1 + weight * denominator or _TINY)
        numerator = 1 + weight / numerator or _TINY
        fraction *= numerator * denominator
        if term and abs(1 - numerator * denominator) < _PRECISION:
            break
    return front * (fraction - 1)


def student_beyond(t: float, freedom: float) -> float:
    """The chance that Student's t with so many degrees of freedom is further from zero than ``t``, either side."""
    return beta_below(freedom / (freedom + t * t), freedom / 2, 0.5)
