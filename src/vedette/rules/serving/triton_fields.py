"""The values of a `config.pbtxt` by their type; every function raises BadField for a value of another type."""

from __future__ import annotations

from pathlib import PurePosixPath

from vedette.rules.serving.pbtxt import Field, Message, Word


class BadField(Exception):  # noqa: N818 - a reader collects it; it never ends a command
    """A value of the wrong type; its text says which is expected."""


def entry_of(each: Field) -> tuple[str, str]:
    """Key and text of one parameter."""
    message = message_of(each)
    keys = [text_of(key) for key in message.all("key")]
    values = [text_of(text) for value in message.all("value") for text in message_of(value).all("string_value")]
    if len(keys) != 1 or len(values) > 1:
        raise BadField("expected key and value { string_value }")
    return keys[0], values[0] if values else ""


def inner_path(each: Field) -> str:
    """A path inside the model's folder."""
    path = PurePosixPath(text_of(each))
    if path.is_absolute() or ".." in path.parts:
        raise BadField(f"{text_of(each)}: expected a file inside the model's folder")
    return text_of(each)


def message_of(each: Field) -> Message:
    """The message that a field holds."""
    if not isinstance(each.value, Message):
        raise BadField(f"{each.name}: expected {{ ... }}")
    return each.value


def text_of(each: Field) -> str:
    """The text of a field."""
    if not isinstance(each.value, str):
        raise BadField(f"{each.name}: expected a text in quotes")
    return each.value


def whole_of(each: Field) -> int:
    """The whole number of a field."""
    if not isinstance(each.value, int):
        raise BadField(f"{each.name}: expected a whole number")
    return each.value


def word_of(each: Field) -> str:
    """The word of a field, such as the name of an enum's value."""
    if not isinstance(each.value, Word):
        raise BadField(f"{each.name}: expected a word without quotes")
    return each.value.text


def truth_of(each: Field) -> bool:
    """The truth value of a field, in every spelling of the format."""
    text = each.value.text if isinstance(each.value, Word) else str(each.value)
    if text in ("true", "True", "t", "1"):
        return True
    if text in ("false", "False", "f", "0"):
        return False
    raise BadField(f"{each.name}: expected true or false")
