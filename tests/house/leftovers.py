"""House rules about text that must not be committed. Each pattern ends in a class, so that it does not find itself."""

import re
from collections.abc import Iterator

from tests.house.findings import CODE, SourceFile

_STUBS = re.compile(r"TOD[O]|FIXM[E]|XX[X]|NotImplementedErro[r]")
_SKIPS = re.compile(r"pytest\.(ski[p]|xfai[l]|importorski[p])|mark\.(ski[p]|xfai[l])")
_REGISTRIES = re.compile(r"pypi\.or[g]|pythonhosted\.or[g]|registry\.npmj[s]|npmjs\.(or[g]|co[m])|deb\.debia[n]")
_MACHINE = re.compile(r"/wor[k]/|/far[m]/|/roo[t]/|/hom[e]/\w|\.\./share[d]|\.librar[y]\b")


def _matches(file: SourceFile, searched: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(file.lines, start=1):
        if found := searched.search(line):
            yield number, found.group()


def stub(file: SourceFile) -> Iterator[tuple[int, str]]:
    """Nothing left to do: what is committed is done."""
    if file.path.suffix in CODE:
        yield from _matches(file, _STUBS)


def skipped_test(file: SourceFile) -> Iterator[tuple[int, str]]:
    """No test is skipped or expected to fail: it runs on both engines or it goes."""
    if file.path.suffix in CODE:
        yield from _matches(file, _SKIPS)


def registry_address(file: SourceFile) -> Iterator[tuple[int, str]]:
    """No address of a package registry: whoever installs chooses where from, the hashes say what."""
    yield from _matches(file, _REGISTRIES)


def machine_path(file: SourceFile) -> Iterator[tuple[int, str]]:
    """No path of the machine on which something was written."""
    yield from _matches(file, _MACHINE)
