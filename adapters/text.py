"""Thai text for channels: counting in the channel's unit, cutting at words, repair, plain text out of HTML.

The order of cutting (word, Thai character cluster, grapheme) and the repairs are those of
``docs/channels/emarkets.md`` section 9. PyThaiNLP is imported when a text is cut for the first time: its
dictionary is large, and a process that never cuts never pays for it.
"""

import threading
import unicodedata
from collections.abc import Iterable
from html.parser import HTMLParser
from itertools import accumulate
from typing import Final

import regex

from adapters.limits import TextUnit
from schemas.product import DescriptionFormat

_LOADING: Final = threading.Lock()
_GRAPHEME: Final = regex.compile(r"\X")
_DANGLING: Final = regex.compile(r"[เแโใไ][\p{M}\p{Cf}\s]*\Z")
"""A leading vowel whose consonant was cut off; Unicode counts it as a grapheme of its own."""
_LOOK_AHEAD: Final = 60
"""Code points read beyond the cut, so that the last word is recognised whole."""

_INVISIBLE: Final = regex.compile("[\u200b\u200c\u2060\ufeff\u00ad]")
"""Zero-width characters without meaning in Thai. The joiner U+200D stays: it holds emoji together."""
_NO_BREAK_SPACE: Final = regex.compile("[\u00a0\u202f]")
_TONES: Final = "\u0e48-\u0e4b"
_ABOVE_BELOW: Final = "\u0e31\u0e34-\u0e3a\u0e47\u0e4d"
_REPAIRS: Final = (
    # Two SARA E look like one SARA AE.
    (regex.compile("\u0e40\u0e40"), "\u0e41"),
    # The same mark typed twice is drawn once.
    (regex.compile(f"([{_TONES}{_ABOVE_BELOW}\u0e4c\u0e4e])\\1+"), r"\1"),
    # A vowel above or below stands before the tone mark.
    (regex.compile(f"([{_TONES}]+)([{_ABOVE_BELOW}]+)"), r"\2\1"),
    # NIKHAHIT and SARA AA are SARA AM; the tone mark stands before it.
    (regex.compile(f"\u0e4d([{_TONES}]*)\u0e32"), "\\1\u0e33"),
    # A tone mark stands before the vowel that follows the consonant.
    (regex.compile(f"([\u0e30\u0e32\u0e33])([{_TONES}]+)"), r"\2\1"),
)

_NOT_IN_HASHTAG: Final = regex.compile(r"[^\p{L}\p{M}\p{N}_\p{So}\p{Emoji_Modifier}\u200d]")

_BREAKING_TAGS: Final = frozenset({"p", "ul", "ol", "div"})
_SILENT_TAGS: Final = frozenset({"script", "style"})


def count(text: str, unit: TextUnit) -> int:
    """Return the length of ``text`` as a channel counting ``unit`` sees it.

    Units: a grapheme is what Unicode calls an extended grapheme cluster (``น้ำ`` is one, ``เมื่อ`` three).
    """
    match unit:
        case TextUnit.CODE_POINTS:
            return len(text)
        case TextUnit.UTF16_UNITS:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        case TextUnit.UTF8_BYTES:
            return len(text.encode("utf-8", "surrogatepass"))
        case TextUnit.GRAPHEMES:
            return sum(1 for _ in _GRAPHEME.finditer(text))


def cut(text: str, limit: int, unit: TextUnit, *, ellipsis: str = "…") -> str:
    """Shorten ``text`` to at most ``limit`` units, at the end of a word where that keeps half of the room.

    Shape: text that fits comes back unchanged; otherwise the kept part, without white space at its end, and
    ``ellipsis`` (left out when it alone is longer than ``limit``). Neither a grapheme nor a Thai syllable's
    leading vowel and consonant are ever parted.
    """
    if count(text, unit) <= limit:
        return text
    end_mark = ellipsis if count(ellipsis, unit) <= limit else ""
    reach = _reach(text, limit - count(end_mark, unit), unit)
    return text[: _best_end(text, reach)].rstrip() + end_mark


def _reach(text: str, room: int, unit: TextUnit) -> int:
    """Return how many code points of ``text`` fit into ``room`` units without parting a grapheme."""
    reach = used = 0
    for match in _GRAPHEME.finditer(text):
        used += 1 if unit is TextUnit.GRAPHEMES else count(match[0], unit)
        if used > room:
            break
        reach = match.end()
    return reach


def _best_end(text: str, reach: int) -> int:
    """Choose where to cut: the last word's end, else the last Thai cluster's, else the last grapheme's."""
    head = text[: reach + _LOOK_AHEAD]
    graphemes = {match.end() for match in _GRAPHEME.finditer(text[:reach])}
    for pieces in (_words, _thai_clusters):
        end = _last_whole(text, graphemes.intersection(accumulate(map(len, pieces(head)))))
        if 2 * end >= reach > 0:
            return end
    return _last_whole(text, graphemes)


def _last_whole(text: str, ends: set[int]) -> int:
    """Return the last of ``ends`` that leaves no leading vowel dangling, 0 when there is none."""
    whole = (end for end in sorted(ends, reverse=True) if not _DANGLING.search(text, 0, end))
    return next(whole, 0)


def _words(text: str) -> Iterable[str]:
    from pythainlp.tokenize import word_dict_trie  # noqa: PLC0415 - loads a dictionary; see the module's text
    from pythainlp.tokenize.newmm import segment  # noqa: PLC0415 - as above

    # PyThaiNLP's cache is not locked: threads that cut for the first time together would each load the dictionary.
    with _LOADING:
        dictionary = word_dict_trie()
    words: Iterable[str] = segment(text, dictionary, safe_mode=True)
    return words


def _thai_clusters(text: str) -> Iterable[str]:
    from pythainlp.tokenize.tcc import segment  # noqa: PLC0415 - loads a dictionary; see the module's text

    clusters: Iterable[str] = segment(text)
    return clusters


def normalize_thai(text: str) -> str:
    """Repair spellings that look alike but compare unequal: NFC, SARA AM, SARA AE, mark order, invisible signs.

    Shape: line breaks and ordinary spaces stay; a no-break space becomes a space. Applying it again changes
    nothing. NFKC is not used: it takes SARA AM apart.
    """
    if text.isascii():
        return text
    text = _NO_BREAK_SPACE.sub(" ", _INVISIBLE.sub("", text))
    while (repaired := _repaired(text)) != text:
        text = repaired
    return text


def _repaired(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    for pattern, replacement in _REPAIRS:
        text = pattern.sub(replacement, text)
    return text


def hashtag(tag: str) -> str:
    """Write ``tag`` as one hashtag: ``#`` and its letters, digits, underscores and emoji; "" if none remain."""
    kept = _NOT_IN_HASHTAG.sub("", normalize_thai(tag))
    return f"#{kept}" if regex.search(r"[\p{L}\p{N}\p{So}]", kept) else ""


def plain(description: str, description_format: DescriptionFormat) -> str:
    """Write a description as plain text for channels that show no HTML.

    Shape: paragraphs are parted by an empty line, ``br`` is a line break, items of ``ul`` begin with ``• ``
    and those of ``ol`` with their number. Entities are resolved. Line ends are LF; outer white space is cut.
    """
    if description_format is DescriptionFormat.PLAIN:
        return description.replace("\r\n", "\n").replace("\r", "\n").strip()
    writer = _PlainWriter()
    writer.feed(description)
    writer.close()
    return writer.text()


class _PlainWriter(HTMLParser):
    """Collects the readable text of the HTML subset a description may use."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._items: list[int | None] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - inherited
        """Begin a line, a paragraph or an item."""
        if tag in _SILENT_TAGS:
            self._silent += 1
        elif tag == "br":
            self._parts.append("\n")
        elif tag == "li":
            self._parts.append("\n" + self._bullet())
        elif tag in _BREAKING_TAGS:
            self._parts.append("\n\n")
            if tag in {"ul", "ol"}:
                self._items.append(0 if tag == "ol" else None)

    def handle_endtag(self, tag: str) -> None:
        """End a paragraph or a list."""
        if tag in _SILENT_TAGS:
            self._silent = max(0, self._silent - 1)
        elif tag in _BREAKING_TAGS:
            self._parts.append("\n\n")
            if tag in {"ul", "ol"} and self._items:
                self._items.pop()

    def handle_data(self, data: str) -> None:
        """Keep text; white space in HTML is one space."""
        if not self._silent:
            self._parts.append(regex.sub(r"[ \t\r\n\f]+", " ", data))

    def _bullet(self) -> str:
        if not self._items or (number := self._items[-1]) is None:
            return "• "
        self._items[-1] = number + 1
        return f"{number + 1}. "

    def text(self) -> str:
        """Return what was collected, with tidy line breaks."""
        lines: str = regex.sub(r" *\n *", "\n", "".join(self._parts))
        tidy: str = regex.sub(r"\n{3,}", "\n\n", lines)
        return tidy.strip()
