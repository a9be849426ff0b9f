"""The tables in docs/conformance.md, between two marks each."""

import re
from pathlib import Path

from tests.conformance.results import Results, markdown

MARK = "<!-- {} of {} -->"


def write(page: Path, part: str, results: Results) -> None:
    """Put the table in the place of the one that is there."""
    before, _, after = _split(page.read_text(), part)
    page.write_text(f"{before}\n\n{markdown(results).strip()}\n\n{after}")


def ids(page: Path, part: str) -> list[tuple[str, str]]:
    """Ids and what they check, as the page has them."""
    _, table, _ = _split(page.read_text(), part)
    rows = re.findall(r"^\| ([A-Z]+[0-9]+) \| (.*?) \*[A-Z]", table, re.M)
    return [(id, says.strip()) for id, says in rows]


def _split(text: str, part: str) -> tuple[str, str, str]:
    begin, end = MARK.format("begin", part), MARK.format("end", part)
    before, begin_found, rest = text.partition(begin)
    table, end_found, after = rest.partition(end)
    assert begin_found, f"no mark: {begin}"
    assert end_found, f"no mark: {end}"
    return before + begin, table, end + after
