"""Protocol buffers in text format, read without their schema: what `config.pbtxt` of a Triton repository is written in.

    text --tokens--> Token(kind, text, line) --read--> Message(Field(name, value, line), ...)

The format: https://protobuf.dev/reference/protobuf/textformat-spec/. Without a schema a word such as `true`
stays a `Word`, and a list of values is a field for each of them, as the format defines it. Refused: extensions and Any
(`[name]`), which no configuration of a model has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vedette.errors import InvalidError

MAX_DEPTH = 32
"""Messages inside of messages; a configuration has 5."""

MAX_CHARACTERS = 1_000_000

_HELP = "write it in the text format of protocol buffers: `name: value` and `name { ... }`"
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\f\v]+|\#[^\n]*)
      | (?P<line>\n)
      | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<number>0[xX][0-9a-fA-F]+
          |(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?[fF]?)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<mark>[{}<>\[\]:;,./-])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_PLAIN = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34, "?": 63}
_CLOSING = {"{": "}", "<": ">"}


@dataclass(frozen=True, slots=True)
class Word:
    """A value that stands without quotes: the name of an enum's value, or a truth value."""

    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """The fields of a message, in their order; a repeated one comes several times."""

    fields: tuple[Field, ...] = ()

    def all(self, name: str) -> tuple[Field, ...]:
        """Every field of this name."""
        return tuple(field for field in self.fields if field.name == name)


Value = Message | Word | str | int | float


@dataclass(frozen=True, slots=True)
class Field:
    """One value of one field; `line` is where its name stands, the first is 1."""

    name: str
    value: Value
    line: int


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def parse(text: str) -> Message:
    """The message that a text describes.

    Raises:
        InvalidError: it is no such text; the message names the line.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidError(f"{len(text):,} characters, {MAX_CHARACTERS:,} at most are read", help=_HELP)
    return _Parser(list(_tokens(text))).message("", 0)


def _tokens(text: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _wrong(line, f"{text[at]!r} cannot stand here")
        kind = str(match.lastgroup)
        joined = kind == "number" and re.match(r"[A-Za-z0-9_.]", text[match.end() : match.end() + 1])
        if joined:
            raise _wrong(line, f"{text[at : match.end() + 1]!r} is no number")
        if kind not in {"space", "line"}:
            yield _Token(kind, match[0], line)
        line += match[0].count("\n")
        at = match.end()
    yield _Token("end", "", line)


class _Parser:
    """Reads tokens from the left to the right, one look ahead."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def message(self, closing: str, depth: int) -> Message:
        """Fields up to the closing mark, which is taken."""
        if depth > MAX_DEPTH:
            raise _wrong(self._next.line, f"more than {MAX_DEPTH} messages inside of each other")
        fields: list[Field] = []
        while not self._ends(closing):
            fields += self._field(depth)
        return Message(tuple(fields))

    def _ends(self, closing: str) -> bool:
        token = self._next
        if token.kind == "end" and closing:
            raise _wrong(token.line, f"the text ends before {closing!r}")
        if token.kind == "end" or (closing and token.text == closing):
            self._take()
            return True
        return False

    def _field(self, depth: int) -> list[Field]:
        name = self._take()
        if name.text == "[":
            raise _wrong(name.line, "extensions and Any are not read")
        if name.kind != "word":
            raise _wrong(name.line, f"expected the name of a field, got {name.text!r}")
        colon = self._skip(":")
        if not colon and self._next.text not in {"{", "<", "["}:
            raise _wrong(self._next.line, f"expected ':' after {name.text}, got {self._shown()}")
        values = self._list(depth, scalars=colon) if self._skip("[") else [self._value(depth, scalars=colon)]
        if self._next.text in {",", ";"}:
            self._take()
        return [Field(name.text, value, name.line) for value in values]

    def _list(self, depth: int, *, scalars: bool) -> list[Value]:
        values: list[Value] = []
        while not self._skip("]"):
            if values and not self._skip(","):
                raise _wrong(self._next.line, f"expected ',' or ']', got {self._shown()}")
            values.append(self._value(depth, scalars=scalars))
        return values

    def _value(self, depth: int, *, scalars: bool) -> Value:
        token = self._take()
        if token.text in _CLOSING:
            return self.message(_CLOSING[token.text], depth + 1)
        if not scalars:
            raise _wrong(token.line, f"expected a message, got {token.text!r}: a value needs ':' before it")
        if token.kind == "text":
            return self._string(token)
        negative = token.text == "-"
        if negative:
            token = self._take()
        if token.kind == "number" or (token.kind == "word" and (negative or token.text.lower() in _FLOATS)):
            return -_number(token) if negative else _number(token)
        if token.kind == "word":
            return Word(token.text)
        raise _wrong(token.line, f"expected a value, got {token.text or 'the end of the text'!r}")

    def _string(self, first: _Token) -> str:
        """Texts that follow each other are one."""
        raw = _unescaped(first)
        while self._next.kind == "text":
            raw += _unescaped(self._take())
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise _wrong(first.line, "a text that is not UTF-8") from None

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _shown(self) -> str:
        return repr(self._next.text) if self._next.text else "the end of the text"

    def _take(self) -> _Token:
        token = self._next
        if token.kind != "end":
            self._at += 1
        return token

    def _skip(self, text: str) -> bool:
        if self._next.kind == "mark" and self._next.text == text:
            self._at += 1
            return True
        return False


_FLOATS = {"inf": float("inf"), "infinity": float("inf"), "nan": float("nan"), "inff": float("inf")}


def _number(token: _Token) -> int | float:
    text = token.text.lower()
    if token.kind == "word":
        if text not in _FLOATS:
            raise _wrong(token.line, f"{token.text!r} is no number")
        return _FLOATS[text]
    if text.startswith("0x") or text.isdecimal():
        return _integer(token)
    return float(text.removesuffix("f"))


def _integer(token: _Token) -> int:
    """A leading 0 means octal; no field has more than 64 bits."""
    text, longest = token.text.lower(), 32
    octal = len(text) > 1 and text.startswith("0") and not text.startswith("0x")
    try:
        value = int(text[:longest], 16 if text.startswith("0x") else 8 if octal else 10)
    except ValueError:
        value = 2**64
    if value >= 2**64 or len(text) > longest:
        raise _wrong(token.line, f"{text[:longest]!r} is no whole number of 64 bits")
    return value


def _unescaped(token: _Token) -> bytes:
    """The bytes between the quotes."""
    parts, at, body = [], 0, token.text[1:-1]
    for match in _ESCAPE.finditer(body):
        parts += [body[at : match.start()].encode("utf-8", "surrogatepass"), _escaped(match, token.line)]
        at = match.end()
    return b"".join([*parts, body[at:].encode("utf-8", "surrogatepass")])


def _escaped(match: re.Match[str], line: int) -> bytes:
    octal, two, four, eight, plain = match.groups()
    if plain is not None:
        if plain not in _PLAIN:
            raise _wrong(line, f"\\{plain} is no escape")
        return bytes([_PLAIN[plain]])
    if four or eight:
        code = int(four or eight, 16)
        highest = 0x10FFFF
        if code > highest:
            raise _wrong(line, f"{match[0]} is no character")
        return chr(code).encode("utf-8", "surrogatepass")
    byte = int(octal, 8) if octal is not None else int(two, 16)
    if byte > 255:  # noqa: PLR2004 - a byte
        raise _wrong(line, f"{match[0]} is no byte")
    return bytes([byte])


def _wrong(line: int, what: str) -> InvalidError:
    return InvalidError(f"line {line}: {what}", help=_HELP)
