"""How text that people wrote elsewhere is shown: nothing in it acts on a terminal, and nothing in it stays unseen."""

from __future__ import annotations

import re
import unicodedata

# What yamlio.guard calls hidden, and the controls. Written out for ASCII, so that most text needs one search only.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_SUSPECT = re.compile(r"[^ -~]")
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str) -> str:
    r"""Return text in one line, with every character that acts or hides written as an escape: ``\x1b``, ``\u202e``.

    Backslashes stay as they are: the text is for reading, not for reading back.
    """
    return _SUSPECT.sub(lambda match: visible_character(match.group()), text)


def visible_character(character: str) -> str:
    """Return one character as it is shown: itself, or its escape."""
    if character not in _BLANK_LETTERS and unicodedata.category(character) not in _HIDDEN_CATEGORIES:
        return character
    if character in _NAMED:
        return _NAMED[character]
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def encodable(text: str) -> str:
    r"""Return text that UTF-8 has a form for: lone surrogates, as undecodable file names have, become ``\udc80``."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def shortened(text: str, limit: int) -> str:
    """Return text of at most ``limit`` characters, with an ellipsis where its end is missing."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def example_lines(text: str, width: int = 96, most: int = 40) -> list[str]:
    """Return an example's lines as they are shown: visible, none longer than ``width``, no more than ``most``."""
    lines = text.removesuffix("\n").split("\n")
    # Cut first: escaping a megabyte only to throw it away takes a second.
    shown = [shortened(visible(line[: width + 1]), width) for line in lines[:most]]
    if len(lines) > most:
        shown.append(f"… and {len(lines) - most:,} more lines")
    return shown
