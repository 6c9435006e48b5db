"""Protocol buffers in text format, read without a schema."""

from __future__ import annotations

import math

import pytest
from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message as Proto
from hypothesis import given, settings
from hypothesis import strategies as st
from tritonclient.grpc import model_config_pb2 as triton

from vedette.errors import InvalidError
from vedette.rules.serving.pbtxt import MAX_CHARACTERS, MAX_DEPTH, Field, Message, Word, parse

WHOLE = st.integers(-(2**31), 2**31 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TENSORS = st.builds(
    triton.ModelInput,
    name=TEXTS,
    data_type=st.sampled_from(triton.DataType.values()),
    dims=st.lists(st.integers(-1, 2**63 - 1), max_size=4),
    optional=st.booleans(),
)
PARAMETERS = st.dictionaries(TEXTS.filter(bool), st.builds(triton.ModelParameter, string_value=TEXTS), max_size=3)
BATCHING = st.builds(
    triton.ModelDynamicBatching,
    preferred_batch_size=st.lists(WHOLE, max_size=3),
    max_queue_delay_microseconds=st.integers(0, 2**64 - 1),
)
GROUPS = st.builds(
    triton.ModelInstanceGroup, count=WHOLE, kind=st.sampled_from(triton.ModelInstanceGroup.Kind.values())
)
CONFIGS = st.builds(
    triton.ModelConfig,
    name=TEXTS,
    max_batch_size=WHOLE,
    input=st.lists(TENSORS, max_size=3),
    parameters=PARAMETERS,
    dynamic_batching=BATCHING,
    instance_group=st.lists(GROUPS, max_size=2),
)


def _value(field: FieldDescriptor, value: object) -> object:
    if field.type == field.TYPE_MESSAGE:
        return _tree(value)
    if field.type == field.TYPE_ENUM:
        return Word(field.enum_type.values_by_number[value].name)
    if field.type == field.TYPE_BOOL:
        return Word("true" if value else "false")
    return value


def _tree(message: Proto) -> list[tuple[str, object]]:
    """The fields of a real message."""
    found = []
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            kind = field.message_type.fields_by_name["value"]
            found += [(field.name, [("key", key), ("value", _value(kind, value[key]))]) for key in sorted(value)]
        else:
            found += [(field.name, _value(field, each)) for each in (value if field.is_repeated else [value])]
    return _by_name(found)


def _by_name(fields: list[tuple[str, object]]) -> list[tuple[str, object]]:
    """In the order of names: the library prints in the order of numbers; what repeats keeps its order."""
    return sorted(fields, key=lambda field: field[0])


def _plain(message: Message) -> list[tuple[str, object]]:
    """The same of what was parsed."""
    return _by_name(
        [
            (field.name, _plain(field.value) if isinstance(field.value, Message) else field.value)
            for field in message.fields
        ]
    )


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(config=CONFIGS, one_line=st.booleans(), pointy=st.booleans(), short=st.booleans())
def test_it_reads_what_the_library_of_protobuf_writes(
    config: triton.ModelConfig, *, one_line: bool, pointy: bool, short: bool
) -> None:
    """Every form that text_format prints gives back the fields of the message."""
    text = text_format.MessageToString(
        config, as_one_line=one_line, pointy_brackets=pointy, use_short_repeated_primitives=short
    )

    assert _plain(parse(text)) == _tree(config)


@pytest.mark.parametrize(
    "text",
    [
        'name: "a" # a comment\nmax_batch_size: 0x10',
        "max_batch_size: 017, platform: 'it''s'; backend: \"a\" \"b\"",
        r'name: "\n\t\\\"\'\x41\101\u00e9\U0001F600"',
        "input { dims: [1, -1] dims: 3 } input <>",
        "input: [{name: 'a'}, {name: 'b'}]",
        "input [{name: 'a'} , <name: 'b'>] dynamic_batching: {}",
        "max_batch_size: -0x1",
        "input { dims: [] }",
        "",
        "\r\n\t# only a comment",
    ],
)
def test_hand_written_forms_mean_what_they_mean_to_the_library(text: str) -> None:
    """Comments, quotes, escapes, separators, lists and number bases are read as the library reads them."""
    assert _plain(parse(text)) == _tree(text_format.Parse(text, triton.ModelConfig()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1.5", 1.5), ("1e3", 1000.0), (".5f", 0.5), ("2.", 2.0), ("10f", 10.0), ("-inf", -math.inf), ("inf", math.inf)],
)
def test_floats_are_those_of_the_format(text: str, expected: float) -> None:
    """Fractions, exponents, the suffix f and infinities are numbers."""
    assert parse(f"x: {text}") == Message((Field("x", expected, 1),))


def test_nan_is_a_number() -> None:
    """It is read as itself."""
    (field,) = parse("x: nan").fields

    assert isinstance(field.value, float)
    assert math.isnan(field.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name", "line 1: expected ':' after name, got the end of the text"),
        ("name:", "line 1: expected a value, got 'the end of the text'"),
        ('\n\nname: "open', "line 3: '\"' cannot stand here"),
        ('name: "two\nlines"', "line 1: '\"' cannot stand here"),
        ("input {", "line 1: the text ends before '}'"),
        ("input { name: 'a' >", "line 1: expected the name of a field, got '>'"),
        ("}", "line 1: expected the name of a field, got '}'"),
        ("input 3", "line 1: expected ':' after input, got '3'"),
        ("max_batch_size: 08", "line 1: '08' is no whole number of 64 bits"),
        (f"max_batch_size: {2**64}", "is no whole number of 64 bits"),
        ("max_batch_size: " + "9" * 10_000, "is no whole number of 64 bits"),
        ("max_batch_size: 0x" + "f" * 100_000, "is no whole number of 64 bits"),
        ("max_batch_size: 12abc", "line 1: '12a' is no number"),
        ("max_batch_size: -x", "line 1: 'x' is no number"),
        ("max_batch_size: --1", "line 1: expected a value, got '-'"),
        ("name: 'a' [com.example.extension]: 3", "line 1: extensions and Any are not read"),
        (r'name: "\q"', r"line 1: \q is no escape"),
        (r'name: "\400"', r"line 1: \400 is no byte"),
        (r'name: "\U00110000"', r"line 1: \U00110000 is no character"),
        (r'name: "\xff"', "line 1: a text that is not UTF-8"),
        ("input { dims: [1 2] }", "line 1: expected ',' or ']', got '2'"),
        ("input { dims: [1,] }", "line 1: expected a value, got ']'"),
        ("input [3]", "line 1: expected a message, got '3'"),
        ("name: 'a' $", "line 1: '$' cannot stand here"),
        ("name: .a", "line 1: expected a value, got '.'"),
        ("a{" * 1000, f"line 1: more than {MAX_DEPTH} messages inside of each other"),
        ("a: [" * 1000, "line 1: expected ',' or ']', got ':'"),
        ("a: [[1]]", "line 1: expected a value, got '['"),
        (" " * (MAX_CHARACTERS + 1), "characters, 1,000,000 at most are read"),
    ],
)
def test_what_is_not_the_format_is_refused_with_its_line(text: str, message: str) -> None:
    """The message says where and what, and nothing else happens."""
    with pytest.raises(InvalidError) as caught:
        parse(text)
    assert message in caught.value.message


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(st.text(st.sampled_from("ab{}<>[]:;,-\"'\\01.x \n#"), max_size=40))
def test_what_the_library_reads_is_read_and_nothing_ends_in_another_error(text: str) -> None:
    """Any text gives a message or a clear error; one that the library reads is read alike."""
    try:
        found = _plain(parse(text))
    except InvalidError:
        found = None
    try:
        known = _tree(text_format.Parse(text, triton.ModelConfig()))
    except text_format.ParseError:
        return
    assert found == known


def test_resources_of_a_rate_limiter_are_messages_in_messages() -> None:
    """Nesting of several levels keeps names, values and lines."""
    text = "rate_limiter {\n  resources [\n    {\n      name: 'R1'\n      count: 4\n    }\n  ]\n}"

    (limiter,) = parse(text).fields
    assert isinstance(limiter.value, Message)
    (resource,) = limiter.value.all("resources")
    assert resource.line == 2
    assert resource.value == Message((Field("name", "R1", 4), Field("count", 4, 5)))
