#!/usr/bin/env python3
"""Builds the demo corpus of examples/docs-rag from two Debian documentation packages.

    python3 scripts/corpus/build-sections.py SQLITE_DOC_DIR PYTHON_FAQ_DIR SQLITE_PKG_VERSION PYTHON_PKG_VERSION

Reads only local files, sorts nothing by time or hash, and so writes the same bytes for
the same packages. See examples/docs-rag/corpus/SOURCE.md for how to obtain the packages.
"""
import html
import json
import pathlib
import re
import sys
from html.parser import HTMLParser

OUT = pathlib.Path(__file__).resolve().parents[2] / "examples/docs-rag/corpus"
MIN_WORDS, MAX_WORDS = 60, 450

# topic -> pages; faq.html is left out on purpose: its questions are probes, not documents.
PAGES = {
    "sql-language": "lang_analyze lang_attach lang_conflict lang_corefunc lang_createindex lang_createtrigger"
    " lang_datefunc lang_delete lang_expr lang_indexedby lang_insert lang_savepoint"
    " lang_select lang_upsert",
    "schema": "lang_altertable lang_createtable autoinc withoutrowid stricttables gencol foreignkeys schematab",
    "types": "datatype3 nulls quirks",
    "concurrency": "wal isolation lang_transaction threadsafe useovernet",
    "durability": "atomiccommit howtocorrupt tempfiles recovery backup lang_vacuum",
    "performance": "queryplanner optoverview partialindex expridx",
    "configuration": "pragma limits uri compile rescode",
    "extensions": "json1 fts5",
    "project": "copyright testing whentouse security",
}
# Pages with far more sections than a demo needs: keep only the anchors named here (prefix match).
KEEP = {
    "pragma.html": "syntax functions pragma_auto_vacuum pragma_automatic_index pragma_busy_timeout pragma_cache_size"
    " pragma_case_sensitive_like pragma_foreign_key_check pragma_foreign_keys pragma_full_column_names"
    " pragma_incremental_vacuum pragma_integrity_check pragma_journal_mode pragma_journal_size_limit"
    " pragma_locking_mode pragma_optimize pragma_page_size pragma_query_only pragma_secure_delete"
    " pragma_synchronous pragma_temp_store pragma_user_version pragma_wal_checkpoint pragma_writable_schema",
    "testing.html": "executive_summary test_harnesses static_analysis dynamic_analysis crash_testing coverage"
    " power mcdc valgrind introduction statement_versus regression_testing checklists",
    "rescode.html": "overview result_codes primary_result definitions busy locked schema corrupt full cantopen"
    " readonly constraint misuse ioerr notadb interrupt toobig mismatch busy_snapshot",
    "compile.html": "overview recommended _options_to_omit",
    "optoverview.html": "overview where_clause the_between or_opt the_like the_skip joins manual_control order"
    " covering query_flattening omit_outer auto partial the_omit automatic the_min hash",
    "atomiccommit.html": "_introduction _hardware _single_file_commit _initial _acquiring _obtaining _creating"
    " _flushing _deleting _rollback _hot _multi _things_that _persistent _clearing _future _broken _incomplete"
    " _always _fetching _conclusion _cache _exclusive",
    "lang_corefunc.html": "like coalesce changes last_insert_rowid random round substr typeof glob"
    " replace instr length quote hex iif printf trim max_scalar",
    "fts5.html": "overview full_text_query fts5_phrases fts5_prefix external_content contentless prefix_indexes"
    " tokenizers unicode61 porter trigram the_bm25 highlight snippet rebuild optimize rank near fts5_near"
    " fts5_boolean fts5_column",
}


class Page(HTMLParser):
    """Collects (anchor, heading, blocks) from one page; navigation, scripts and figures are skipped."""

    SKIP = {"script", "style", "svg", "button", "s", "title"}
    VOID = {"br", "hr", "img", "meta", "link", "input", "col"}

    def __init__(self, split_terms):
        super().__init__(convert_charrefs=True)
        self.split_terms, self.skip, self.stack = split_terms, 0, []
        self.sections = [["", "", []]]
        self.buf, self.pre, self.name, self.heading = [], 0, "", None

    def flush(self):
        text = "".join(self.buf)
        self.buf = []
        if self.pre:
            text = "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))
        else:
            text = re.sub(r"\s+", " ", text).strip()
        text = re.sub(r"^(\|\s*)+|(\s*\|)+$", "", text).strip("\n") if not self.pre else text
        if text.strip(" -|"):
            self.sections[-1][2].append(text)

    def start(self, anchor):
        self.flush()
        self.sections.append([anchor, "", []])
        self.heading, self.name = [], ""

    def handle_starttag(self, tag, attrs):
        a = {k: (v or "") for k, v in attrs}
        cls = a.get("class", "")
        if self.skip:
            if tag not in self.VOID:
                self.skip += tag in self.stack[-1:]
            return
        nav = tag == "div" and (cls in ("nosearch", "menu", "tightmenu") or "fancy_toc" in cls or "imgcontainer" in cls)
        if tag in self.SKIP or nav:
            self.skip, self.stack = 1, [tag]
        elif tag == "a" and "name" in a:
            self.name = a["name"]
        elif tag in ("h1", "h2", "h3") or tag == "h":
            self.start(a.get("id") or a.get("_id") or self.name)
        elif tag == "dt" and self.split_terms and self.name:
            self.start(self.name)
        elif tag == "pre":
            self.flush()
            self.pre += 1
        elif tag == "li":
            self.flush()
            self.buf.append("- ")
        elif tag in ("td", "th"):
            self.buf.append(" | ")
        elif tag == "br":
            self.buf.append("\n" if self.pre else " ")
        elif tag in ("p", "div", "ul", "ol", "dl", "dt", "dd", "table", "tr", "blockquote", "h4", "hr"):
            self.flush()

    def handle_endtag(self, tag):
        if self.skip:
            self.skip -= tag in self.stack[-1:]
            return
        if tag in ("h1", "h2", "h3", "h") or (tag == "dt" and self.heading is not None):
            if self.heading is not None:
                title = re.sub(r"\s+", " ", "".join(self.heading)).strip()
                self.sections[-1][1] = re.sub(r"^[\d.]+\s+", "", title)
            self.heading = None
        elif tag == "pre":
            self.flush()
            self.pre = max(0, self.pre - 1)
        elif tag in ("p", "li", "div", "tr", "table", "dd", "dt", "blockquote"):
            self.flush()

    def handle_data(self, data):
        if self.skip:
            return
        if data.strip() and self.name and not self.heading and self.heading is None:
            self.name = "" if self.name and len(data.strip()) > 3 else self.name
        (self.buf if self.heading is None else self.heading).append(data)


def words(text):
    return len(re.findall(r"\w+", text))


def slug(text):
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40] or "top"


def parts(blocks):
    """Cuts a long list of paragraphs into balanced runs that end where a paragraph ends."""
    total = sum(words(b) for b in blocks)
    n = -(-total // MAX_WORDS)
    goal, out, run = total / n, [], []
    for block in blocks:
        if run and sum(map(words, run)) + words(block) / 2 > goal and sum(map(words, run)) >= MIN_WORDS:
            out.append(run)
            run = []
        run.append(block)
    if out and sum(map(words, run)) < MIN_WORDS:
        out[-1] += run
    elif run:
        out.append(run)
    return out


def sqlite_sections(root, rev):
    for topic, pages in PAGES.items():
        for stem in pages.split():
            page = stem + ".html"
            raw = (root / page).read_text(encoding="utf-8")
            parser = Page(split_terms=page == "lang_corefunc.html")
            parser.feed(re.sub(r"(?s)<p align=.?center.?><small><i>This page last modified.*", "", raw))
            parser.flush()
            title = html.unescape(re.search(r"(?s)<title>(.*?)</title>", raw).group(1)).strip()
            seen = set()
            for anchor, heading, blocks in parser.sections[1:]:
                name = anchor or slug(heading)
                keep = KEEP.get(page)
                if name in seen or (keep and not name.startswith(tuple(keep.split()))):
                    continue
                if sum(map(words, blocks)) < MIN_WORDS:
                    continue
                seen.add(name)
                for i, run in enumerate(parts(blocks)):
                    text = "\n\n".join(run)
                    if MIN_WORDS <= words(text) <= 520:
                        url = f"https://www.sqlite.org/{page}" + (f"#{anchor}" if anchor else "")
                        yield {
                            "section_id": f"{page}#{name}" + (f"~{i + 1}" if i else ""),
                            "doc_id": page,
                            "title": f"{title}: {heading}" if heading and heading != title else title,
                            "source_url": url,
                            "text": text,
                            "rev": rev,
                            "topic": topic,
                        }


def python_sections(root, rev):
    for page in ("design", "programming", "library"):
        raw = (root / f"{page}.rst.txt").read_text(encoding="utf-8")
        for m in re.finditer(r"(?sm)^(\S[^\n]*\?)\n[-=]{4,}\n(.*?)(?=^\S[^\n]*\n[-=]{4,}\n|\Z)", raw):
            body = re.sub(r"(?m)^\.\. .*$|^\s*:\w+:.*$", "", m.group(2))
            body = re.sub(r":[\w:]+:`~?([^`<]*?)(?:\s*<[^>]*>)?`", r"\1", body).replace("``", "").replace("::", ":")
            body = re.sub(r"`([^`<]+?)\s*<[^>]*>`_+", r"\1", body)
            body = "\n\n".join(p.strip("\n") for p in re.split(r"\n\s*\n", body) if p.strip())
            head = m.group(1).replace("``", "").replace(":keyword:", "").replace("`", "")
            if MIN_WORDS <= words(body) <= MAX_WORDS:
                anchor = re.sub(r"[^a-z0-9]+", "-", head.lower()).strip("-")
                url = f"https://docs.python.org/3.11/faq/{page}.html#{anchor}"
                yield {
                    "section_id": f"faq/{page}.html#{anchor}",
                    "doc_id": f"faq/{page}.html",
                    "title": head,
                    "source_url": url,
                    "text": body,
                    "rev": rev,
                    "topic": "python-faq",
                }


def write(path, rows):
    body = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)
    path.write_text(body, encoding="utf-8")
    print(f"{path.name}: {len(rows)} sections, {sum(words(r['text']) for r in rows)} words, {len(body.encode())} bytes")


def main():
    sqlite_dir, python_dir, sqlite_rev, python_rev = sys.argv[1:5]
    OUT.mkdir(parents=True, exist_ok=True)
    write(OUT / "sections.jsonl", list(sqlite_sections(pathlib.Path(sqlite_dir), sqlite_rev)))
    write(OUT / "other-sections.jsonl", list(python_sections(pathlib.Path(python_dir), python_rev))[:60])


if __name__ == "__main__":
    main()
