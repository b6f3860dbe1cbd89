"""The thresholds of a check, as its signature declares them: the configuration file *is* the signature."""

import inspect
from collections.abc import Mapping
from typing import Annotated, Any, get_args, get_origin

import msgspec

from pgclinic.checks import Check
from pgclinic.model.check_page import Threshold
from pgclinic.model.evidence import Unit

_KINDS: Mapping[type, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    tuple: "a list of texts",
}
_SHARES = ("share", "ratio")
_UNITS: Mapping[str, Unit] = {
    "share": Unit.RATIO,
    "ratio": Unit.RATIO,
    "ms": Unit.MILLISECONDS,
    "seconds": Unit.SECONDS,
    "bytes": Unit.BYTES,
}
"""By the last word of a threshold's name."""


class UnfitValueError(ValueError):
    """A value that a threshold cannot have; the text says what it has to be, as in ``a number from 0 to 1``."""


def thresholds(check: Check, values: Mapping[str, Any] | None = None) -> tuple[Threshold, ...]:
    """The keyword parameters of ``examine`` in their order, with the ``values`` that are set in place of defaults."""
    given = values or {}
    parameters = inspect.signature(check.examine, eval_str=True).parameters.values()
    return tuple(
        _threshold(parameter, given.get(parameter.name, parameter.default))
        for parameter in parameters
        if parameter.kind is parameter.KEYWORD_ONLY
    )


def fitting(check: Check, name: str, value: object) -> Any:  # noqa: ANN401 - a threshold is of any type
    """``value`` as the type that the signature declares. Raises UnfitValueError; KeyError for an unknown name.

    What bounds a threshold: its name (a share or ratio lies between 0 and 1), that nothing is below zero whose
    default is not, and whatever ``Annotated[…, msgspec.Meta(…)]`` in the signature says.
    """
    parameter = inspect.signature(check.examine, eval_str=True).parameters[name]
    if parameter.kind is not parameter.KEYWORD_ONLY:
        raise KeyError(name)
    threshold = _threshold(parameter, parameter.default)
    try:
        converted = msgspec.convert(value, type=parameter.annotation)
    except msgspec.ValidationError:
        raise UnfitValueError(bounds_in_words(threshold)) from None
    if isinstance(converted, (int, float)) and not _is_within(threshold, converted):
        raise UnfitValueError(bounds_in_words(threshold))
    return converted


def bounds_in_words(threshold: Threshold) -> str:
    """What it has to be, as in ``a number from 0 to 1`` or ``a whole number, not below 0``."""
    low, high = threshold.lowest, threshold.highest
    if low is not None and high is not None:
        return f"{threshold.kind} from {low:g} to {high:g}"
    if low is not None:
        return f"{threshold.kind}, not below {low:g}"
    return threshold.kind if high is None else f"{threshold.kind}, not above {high:g}"


def _threshold(parameter: inspect.Parameter, value: Any) -> Threshold:  # noqa: ANN401 - a threshold is of any type
    default = parameter.default
    plain, meta = _type_and_meta(parameter.annotation)
    is_number = isinstance(default, (int, float)) and not isinstance(default, bool)
    lowest = 0.0 if is_number and default >= 0 else None
    is_share = parameter.name.rpartition("_")[2] in _SHARES
    highest = 1.0 if is_number and is_share and default <= 1 else None
    return Threshold(
        name=parameter.name,
        kind=_KINDS.get(plain, "a value"),
        default=default,
        value=value,
        lowest=lowest if meta is None or meta.ge is None else float(meta.ge),
        highest=highest if meta is None or meta.le is None else float(meta.le),
        unit=_UNITS.get(parameter.name.rpartition("_")[2], Unit.COUNT),
    )


def _type_and_meta(annotation: Any) -> tuple[type, msgspec.Meta | None]:  # noqa: ANN401 - annotations are of any type
    """The type itself, without what it may be besides (None) and what is said about it."""
    if get_origin(annotation) is Annotated:
        plain, *notes = get_args(annotation)
        return _type_and_meta(plain)[0], next((note for note in notes if isinstance(note, msgspec.Meta)), None)
    if get_origin(annotation) in _KINDS:
        return get_origin(annotation), None
    choices = [choice for choice in get_args(annotation) if choice is not type(None)]
    return (choices[0] if choices else annotation), None


def _is_within(threshold: Threshold, value: float) -> bool:
    """NaN lies nowhere, and infinity is no figure."""
    low = -float("inf") if threshold.lowest is None else threshold.lowest
    high = float("inf") if threshold.highest is None else threshold.highest
    return low <= value <= high and abs(value) != float("inf")
