"""Whether commands print what a chapter shows: blanks do not matter, `...` stands for anything, cost is left out."""

import re

_ANYTHING = re.compile(re.escape("..."))
_BLANKS = re.compile(r"\s+")
_COST = re.compile(r',"extensions":\{"cost":\{[^}]*\}\}')
_REFUSED = re.compile(r'"errors":\[\{|"code":"')


def is_shown(printed: str, answer: str | None) -> bool:
    """With an answer: that it is the printed one. Without: that nothing was refused."""
    if answer is None:
        return _REFUSED.search(printed) is None
    shown = printed if '"cost"' in answer else _COST.sub("", printed)
    return _pattern(answer).fullmatch(_tight(shown)) is not None


def _pattern(answer: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in _ANYTHING.split(_tight(answer))), re.DOTALL)


def _tight(text: str) -> str:
    return _BLANKS.sub("", text)
