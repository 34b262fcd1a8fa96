"""Names, descriptions, pictures and tags."""

import re
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import Final

import nh3

from schemas.product import DescriptionFormat, Media
from syndicator.intake.columns import Column
from syndicator.intake.findings import Findings
from syndicator.intake.rules.choices import split

MAX_NAME_CHARS: Final = 500
ALLOWED_TAGS: Final = frozenset({"p", "br", "b", "strong", "i", "em", "ul", "ol", "li"})
_HARMLESS_TAGS: Final = frozenset(
    {
        "a",
        "div",
        "span",
        "font",
        "u",
        "s",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "img",
        "table",
        "thead",
        "tbody",
    }
    | {"tr", "td", "th", "hr", "blockquote", "small", "sub", "sup", "center", "code", "pre", "mark"}
)
_MARKUP: Final = re.compile(r"<\s*[/!?]?\s*[A-Za-z!?]|&(?:#\d+|#x[0-9a-f]+|[a-z]+\d*);", re.IGNORECASE)
_THAI_LETTER: Final = re.compile("[\u0e01-\u0e2e]")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def name_th(findings: Findings) -> str | None:
    """Read the Thai name: 1 to ``MAX_NAME_CHARS`` code points with Thai letters in it."""
    text = name(findings, Column.NAME_TH)
    if text and not _THAI_LETTER.search(text):
        findings.add(Column.NAME_TH, "thai_missing", value=text)
        return None
    return text


def name(findings: Findings, column: Column) -> str | None:
    """Read a name of at most ``MAX_NAME_CHARS`` code points."""
    text = findings.text(column)
    if len(text) > MAX_NAME_CHARS:
        findings.add(column, "text_too_long", length=len(text), limit=MAX_NAME_CHARS)
        return None
    return text or None


def description(findings: Findings) -> tuple[str, DescriptionFormat] | None:
    """Read the description; HTML is recognised by its tags or entities and cleaned to the allowed subset."""
    text = findings.text(Column.DESCRIPTION_TH)
    if not text:
        return None
    if not _MARKUP.search(text):
        return text.replace("\r\n", "\n").replace("\r", "\n"), DescriptionFormat.PLAIN
    survey = _Survey(text)
    if survey.unsafe or survey.unsupported:
        code = "html_unsafe" if survey.unsafe else "html_not_allowed"
        found = ", ".join(sorted(survey.unsafe or survey.unsupported))
        findings.add(Column.DESCRIPTION_TH, code, found=found)
        return None
    # The sanitiser has the last word on what is kept, whatever the survey understood.
    cleaned = nh3.clean(text, tags=set(ALLOWED_TAGS), attributes={}).strip()
    if not nh3.clean(cleaned, tags=set()).strip():
        findings.add(Column.DESCRIPTION_TH, "required_missing")
        return None
    return cleaned, DescriptionFormat.HTML


class _Survey(HTMLParser):
    """Which tags and attributes outside the allowed subset a description uses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.unsafe: set[str] = set()
        self.unsupported: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Judge a tag and its attributes."""
        if tag not in ALLOWED_TAGS:
            (self.unsupported if tag in _HARMLESS_TAGS else self.unsafe).add(f"<{tag}>")
        for attribute, value in attrs:
            runs = attribute.startswith("on") or "script:" in (value or "").lower()
            (self.unsafe if runs else self.unsupported).add(attribute)

    def handle_decl(self, decl: str) -> None:
        """Judge a declaration such as a document type."""
        self.unsupported.add(f"<!{decl[:20]}>")

    def handle_pi(self, data: str) -> None:
        """Judge a processing instruction."""
        self.unsafe.add(f"<?{data[:20]}>")


def pictures(findings: Findings) -> tuple[Media, ...]:
    """Read the pictures in the seller's order, each once: relative names, or https addresses."""
    sources = dict.fromkeys(split(findings.text(Column.IMAGE_FILES)))
    for source in sources:
        if source.lower().startswith("http://"):
            findings.add(Column.IMAGE_FILES, "image_url_not_https", value=source)
        elif not source.startswith("https://") and not _is_inside(source):
            findings.add(Column.IMAGE_FILES, "image_path_unsafe", value=source)
    if not sources and findings.text(Column.IMAGE_FILES):
        findings.add(Column.IMAGE_FILES, "required_missing")
    return tuple(Media(source=source) for source in sources)


def _is_inside(source: str) -> bool:
    """Say whether a name stays below the folder it is read from, on Windows as well."""
    path = PurePosixPath(source)
    outside = path.is_absolute() or ".." in path.parts or "\\" in source or source.startswith("~")
    return not outside and _SCHEME.match(source) is None


def tags(findings: Findings) -> tuple[str, ...]:
    """Read the tags, each once, without a leading ``#``."""
    words = dict.fromkeys(split(findings.text(Column.TAGS)))
    for word in words:
        if word.startswith("#"):
            findings.add(
                Column.TAGS, "tag_leading_hash", suggestion="|".join(w.lstrip("#") for w in words), value=word
            )
    return tuple(words)
