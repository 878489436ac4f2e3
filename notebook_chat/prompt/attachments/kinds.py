"""What kind of file something is, by its first bytes and its name; and what to do about those that cannot be sent."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from ...images import media_type
from .content import Content

_LANGUAGES = """
bash .sh .bash .zsh | batch .bat .cmd | bibtex .bib | c .c .h | clojure .clj | cpp .cc .cpp .cxx .hpp .hh | csharp .cs
css .css | csv .csv | dart .dart | diff .diff .patch | elixir .ex .exs | fortran .f .f90 | go .go | haskell .hs
hcl .tf | html .html .htm .xhtml | ini .ini .cfg | java .java | javascript .js .mjs .cjs
json .json .geojson .jsonl .ndjson .ipynb | julia .jl | kotlin .kt | latex .tex .sty .cls | lua .lua
markdown .md .markdown .qmd .rmd | matlab .m | perl .pl | php .php | powershell .ps1 | protobuf .proto
python .py .pyw .pyi | r .r | rst .rst | ruby .rb | rust .rs | scala .scala | scss .scss | sql .sql | swift .swift
toml .toml | tsv .tsv | tsx .jsx .tsx | typescript .ts .mts | vue .vue | xml .xml .svg .xsd .xsl | yaml .yaml .yml
"""
LANGUAGES = MappingProxyType(
    {
        suffix: language
        for line in _LANGUAGES.strip().replace("\n", "|").split("|")
        for language, *suffixes in [line.split()]
        for suffix in suffixes
    }
)
"""The languages that fences of code are marked with, by the ends of names."""

TABLES = (".csv", ".tsv", ".tab", ".psv")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file cannot be sent.

    Attributes:
        kind: What it is, with its article, such as ``a PDF``.
        hint: What can be done.
    """

    kind: str
    hint: str


_DOCUMENT = "Save it as a PDF or its text as .txt, and attach that."
_SOUND = "Save it as .wav or .mp3, which some models take, or give what is said in it as a text."
_VIDEO = "Save it as .mp4, which some models take, or give single images."
_BROKEN = "It is broken, or its name is wrong: look at it."
_ARCHIVE = "Unpack it, and attach the files in it."
_PICTURE = "Convert it to PNG first."
_LOAD = "Load it into a variable, such as {}, and write {{df}} in the prompt."
_BINARY = (
    "Only texts and images can be sent: load it in Python, and write {name} of the variable in the prompt."
)

_OF_NAMES = MappingProxyType(
    {
        ".pdf": Refusal("not the PDF that its name says", _BROKEN),
        **dict.fromkeys((".docx", ".doc", ".odt", ".rtf", ".pages"), Refusal("a text document", _DOCUMENT)),
        **dict.fromkeys((".pptx", ".ppt", ".odp", ".key"), Refusal("a presentation", _DOCUMENT)),
        **dict.fromkeys((".epub", ".mobi", ".djvu"), Refusal("a book", _DOCUMENT)),
        **dict.fromkeys(
            (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"),
            Refusal("a spreadsheet", _LOAD.format("df = pandas.read_excel(…)")),
        ),
        **dict.fromkeys(
            (".mp3", ".wav", ".m4a", ".aac", ".flac", ".ogg", ".oga", ".opus", ".wma", ".aiff", ".aif"),
            Refusal("a sound", _SOUND),
        ),
        **dict.fromkeys(
            (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg"), Refusal("a video", _VIDEO)
        ),
        **dict.fromkeys(
            (".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".ico", ".psd", ".jxl", ".jp2"),
            Refusal("an image of a format that models do not take", _PICTURE),
        ),
        **dict.fromkeys(
            (".parquet", ".pq"), Refusal("a Parquet file", _LOAD.format("df = pandas.read_parquet(…)"))
        ),
        **dict.fromkeys(
            (".feather", ".arrow"), Refusal("an Arrow file", _LOAD.format("df = pandas.read_feather(…)"))
        ),
        **dict.fromkeys((".pkl", ".pickle", ".joblib"), Refusal("a pickle", _BINARY)),
        **dict.fromkeys((".npy", ".npz"), Refusal("a NumPy array", _LOAD.format("df = numpy.load(…)"))),
        **dict.fromkeys(
            (".gz", ".bz2", ".xz", ".zst", ".zip", ".7z", ".rar", ".tar", ".tgz"),
            Refusal("an archive", _ARCHIVE),
        ),
    }
)

_OF_BYTES = (
    (b"{\\rtf", _OF_NAMES[".rtf"]),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refusal("an old Office document", _DOCUMENT)),
    (b"ID3", _OF_NAMES[".mp3"]),
    (b"fLaC", _OF_NAMES[".flac"]),
    (b"OggS", _OF_NAMES[".ogg"]),
    (b"\x1a\x45\xdf\xa3", _OF_NAMES[".mkv"]),
    (b"PAR1", _OF_NAMES[".parquet"]),
    (b"ARROW1", _OF_NAMES[".arrow"]),
    (b"\x93NUMPY", _OF_NAMES[".npy"]),
    (b"\x89HDF\r\n", Refusal("an HDF5 file", _LOAD.format("df = pandas.read_hdf(…)"))),
    (
        b"SQLite format 3\0",
        Refusal("an SQLite database", "Connect to it, and write {connection} in the prompt."),
    ),
    (b"\x1f\x8b", _OF_NAMES[".gz"]),
    (b"BZh", _OF_NAMES[".bz2"]),
    (b"\xfd7zXZ\0", _OF_NAMES[".xz"]),
    (b"\x28\xb5\x2f\xfd", _OF_NAMES[".zst"]),
    (b"7z\xbc\xaf\x27\x1c", _OF_NAMES[".7z"]),
    (b"Rar!\x1a\x07", _OF_NAMES[".rar"]),
    (b"II*\0", _OF_NAMES[".tif"]),
    (b"MM\0*", _OF_NAMES[".tif"]),
    (b"\x7fELF", Refusal("a program", _BINARY)),
    (b"GGUF", Refusal("a model's weights", "To ask that model, write -m local:PATH.")),
)
_OF_BRANDS = (
    ((b"M4A ", b"M4B "), _OF_NAMES[".m4a"]),
    ((b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"), _OF_NAMES[".heic"]),
)
_OF_RIFF = {b"WAVE": _OF_NAMES[".wav"], b"AVI ": _OF_NAMES[".avi"]}
_IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".gif")


def is_image(content: Content) -> bool:
    """Whether it is an image that models take."""
    return media_type(content.head) is not None


def refusal(content: Content, *, binary: bool) -> Refusal | None:
    """Why a file cannot be sent; ``None`` where it can.

    Args:
        content: What was read of it.
        binary: Whether it holds no text.
    """
    head = content.head
    for beginning, told in _OF_BYTES:
        if head.startswith(beginning):
            return told if binary or beginning == b"{\\rtf" else None
    if head[:4] == b"RIFF" and (found := _OF_RIFF.get(head[8:12])) is not None:
        return found
    if head[4:8] == b"ftyp":
        brands = (found for names, found in _OF_BRANDS if head[8:12] in names)
        return next(brands, _OF_NAMES[".mp4"])
    named: Refusal | None = _OF_NAMES.get(content.suffix)
    if head[:4] == b"PK\x03\x04":
        return named or _OF_NAMES[".zip"]
    if content.suffix in _IMAGES and head:
        return Refusal("not the image that its name says", "Convert it to PNG, JPEG, WebP or GIF first.")
    if not binary:
        return None
    return named or Refusal("neither a text nor an image", _BINARY)
