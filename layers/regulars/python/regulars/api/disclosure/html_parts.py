"""Build the parts of a page without scripts and foreign content; every text is escaped."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

_PAGE_STYLE = """
:root{
  color-scheme:light dark;
  --text:#1c1b19;--soft:#6b675f;--line:#dedad2;--page:#fbfaf7
}
@media (prefers-color-scheme:dark){
  :root{--text:#ece9e2;--soft:#a19c91;--line:#3b3934;--page:#191816}
}
*{box-sizing:border-box}
body{
  font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);
  margin:0 auto;max-width:64rem;padding:2rem 1rem
}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.25rem;margin:2.5rem 0 .25rem}
p{margin:.25rem 0 .75rem;max-width:44rem}
.soft{color:var(--soft)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line)}
td{overflow-wrap:break-word;max-width:32rem}
th{color:var(--soft);font-weight:600;white-space:nowrap}
@media print{
  :root{--text:#000;--soft:#444;--line:#bbb;--page:#fff}
  body{max-width:none;padding:0;font-size:11px}
  thead{display:table-header-group}
  tr{break-inside:avoid}
  td{overflow-wrap:anywhere}
  .wide{overflow:visible}
}
"""
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
PAGE_END = "</body></html>\n"


def render_page_start(title: str, lines: Iterable[str]) -> str:
    """Return the beginning of a page: its head, its title, and paragraphs below it."""
    paragraphs = "".join(f"<p>{escape(line)}</p>\n" for line in lines)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(PAGE_POLICY)}">\n'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title>\n'
        f"<style>{_PAGE_STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n{paragraphs}"
    )


def render_section(
    title: str, note: str, headings: Sequence[str], rows: Iterable[Sequence[object]]
) -> Iterator[str]:
    """Yield a section with a table, row by row; a sentence stands in place of a table without rows."""
    yield f'<section><h2>{escape(title)}</h2>\n<p class="soft">{escape(note)}</p>\n'
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        yield "<p>Nothing is held.</p></section>\n"
        return
    cells = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    yield f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>\n'
    yield _render_row(first)
    yield from map(_render_row, rows)
    yield "</tbody></table></div></section>\n"


def _render_row(cells: Sequence[object]) -> str:
    return f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>\n"
