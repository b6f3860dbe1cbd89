"""The small vocabulary that the charts share. Colours are classes, so that the page decides light or dark."""

from html import escape


def element(name: str, content: str = "", /, **attributes: float | str) -> str:
    """One element; ``class_`` stands for ``class`` and other underscores for hyphens. ``content`` is SVG already."""
    words = "".join(f' {_attribute(key)}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{words}>{content}</{name}>" if content else f"<{name}{words}/>"


def text(words: str, x: float, y: float, **attributes: float | str) -> str:
    """A text at a place; ``words`` may hold anything."""
    return element("text", escape(words), x=x, y=y, **attributes)


def picture(content: str, width: float, height: float, *, label: str, class_: str) -> str:
    """The whole ``<svg>``, which scales with its box and says to a screen reader what it shows."""
    return element(
        "svg",
        element("title", escape(label)) + content,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_value(width)} {_value(height)}",
        role="img",
        class_=f"chart {class_}",
        aria_label=label,
    )


def _attribute(key: str) -> str:
    return key if key == "viewBox" else key.rstrip("_").replace("_", "-")


def _value(value: float | str) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
