"""Texts as literals of Python source that people read."""


def literal(text: str) -> str:
    """``text`` as a string literal, over several lines where it has several and nothing in it is special."""
    is_plain = text.isascii() and "\\" not in text and '"""' not in text and not text.endswith('"')
    printable = all(line.isprintable() for line in text.splitlines())
    if "\n" in text and "\r" not in text and is_plain and printable:
        return f'"""{text}"""'
    return repr(text)
