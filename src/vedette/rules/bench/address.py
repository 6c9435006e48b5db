"""How a target is written: `KIND:URL[#MODEL]`, a bare URL is `image`; `null`, `null:20ms`, `inprocess:MODEL`.

text -> TargetSpec, which is recorded      without login
     -> login header, which is only sent
"""

from __future__ import annotations

import math
import re
from base64 import b64encode
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit, urlunsplit

from vedette.errors import UsageError
from vedette.rules.zoo.names import nearest
from vedette.values.trial import TargetKind, TargetSpec, Wire

HOW = "write KIND:URL[#MODEL], such as http://127.0.0.1:8080/predict or oip:http://127.0.0.1:8000#resnet50"
METHODS = ("POST", "PUT")

_URL = re.compile(r"https?://", re.IGNORECASE)
_TIME = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|)")
_PER_MS = {"us": 1e-3, "ms": 1.0, "": 1.0, "s": 1e3}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = frozenset(
    {"content-length", "transfer-encoding", "connection", "expect", "upgrade", "inference-header-content-length"}
)
_WIRES = {
    TargetKind.IMAGE: (Wire.RAW, Wire.MULTIPART, Wire.TEMPLATE),
    TargetKind.OIP: (Wire.BINARY, Wire.JSON),
    TargetKind.NULL: (Wire.NONE,),
    TargetKind.INPROCESS: (Wire.NONE,),
}
"""What each kind can send, the default first."""


def parse_target(
    text: str,
    *,
    wire: str | None = None,
    field: str = "file",
    template: str | None = None,
    service_ms: float | None = None,
    method: str = "POST",
) -> TargetSpec:
    """What TARGET and its options say. Name and password of a URL are left out: see `login_header`.

    Args:
        text: TARGET.
        wire: name of a `Wire`; None takes the default of the kind, or `template` where one is given.
        field: name of the form field (multipart).
        template: file of the JSON body (template).
        service_ms: time of the null target, where TARGET does not tell it.
        method: POST or PUT (image).

    Raises:
        UsageError: one of them cannot be; a wrong name is answered by the nearest.
    """
    kind, rest = _kind(text.strip())
    sent = _wire(kind, wire, template)
    if method.upper() not in METHODS or (method.upper() != "POST" and kind is not TargetKind.IMAGE):
        raise UsageError(f"{kind} targets are not sent by {method}", help=f"take {' or '.join(METHODS)} for images")
    if service_ms is not None and kind is not TargetKind.NULL:
        raise UsageError("only the null target has a service time of its own", help="leave --service-ms out")
    if kind is TargetKind.NULL:
        return TargetSpec(kind, "", wire=sent, service_ms=_service_ms(rest, service_ms))
    if kind is TargetKind.INPROCESS:
        if not rest:
            raise UsageError("inprocess: names no model", help="write inprocess:efficientnet-lite0")
        return TargetSpec(kind, rest, model=None, wire=sent)
    address, model = _address(rest)
    if kind is TargetKind.OIP and model is None:
        raise UsageError(f"{kind}:{address} names no model", help=f"add it behind #: {kind}:{address}#resnet50")
    return TargetSpec(kind, address, model, sent, field, template, method=method.upper())


def login_header(text: str) -> tuple[str, str] | None:
    """Name and value of the header that logs in with the name and password of TARGET (RFC 7617); None without any."""
    found = _URL.search(text)
    if found is None:
        return None
    login, at, _ = _split(text[found.start() :]).netloc.rpartition("@")
    return ("Authorization", "Basic " + b64encode(unquote_to_bytes(login)).decode()) if at else None


def parse_header(text: str) -> tuple[str, str]:
    """What `--header NAME:VALUE` says.

    Raises:
        UsageError: it is no header (RFC 9110), or one that frames a message and is set by Vedette itself.
    """
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip()
    shown = name if colon else "this text"  # a value may be a secret
    if not colon or not _TOKEN.fullmatch(name) or any(ord(sign) < ord(" ") for sign in value):
        raise UsageError(f"--header: {shown!r} gives no header", help="write NAME:VALUE, such as X-Api-Key:abc")
    if not value.isprintable() or not value.isascii():
        raise UsageError(f"--header: the value of {name} has signs that are not ASCII", help="encode it first")
    if name.lower() in _FRAMING:
        raise UsageError(f"--header: {name} is set by Vedette for each request", help="leave it out")
    return name, value


def _kind(text: str) -> tuple[TargetKind, str]:
    if _URL.match(text):
        return TargetKind.IMAGE, text
    name, _, rest = text.partition(":")
    try:
        return TargetKind(name.lower()), rest
    except ValueError:
        close = nearest(name, list(TargetKind))
        help_ = f"did you mean {' or '.join(close)}?" if close else f"kinds are {', '.join(TargetKind)}; {HOW}"
        if not close and ("." in name or rest.partition("/")[0].isdigit()):
            help_ = f"write the scheme too: http://{text}"
        raise UsageError(f"target {_quiet(text)!r}: {name!r} is no kind of target", help=help_) from None


def _wire(kind: TargetKind, name: str | None, template: str | None) -> Wire:
    offered = _WIRES[kind]
    if name is None:
        wire = Wire.TEMPLATE if template is not None else offered[0]
    elif name.lower() in list(Wire):
        wire = Wire(name.lower())
    else:
        close = nearest(name, list(offered)) or offered
        raise UsageError(f"--wire {name!r} is none", help=f"take {' or '.join(close)}")
    if wire not in offered:
        raise UsageError(f"{kind} targets are not sent as {wire}", help=f"take {' or '.join(offered)}")
    if (wire is Wire.TEMPLATE) != (template is not None):
        raise UsageError(
            "a template needs --wire template and its file, and nothing else does",
            help='give --template FILE with {"image": "{{image}}"} in it, or leave both out',
        )
    return wire


def _service_ms(text: str, given: float | None) -> float:
    if not text:
        value = given or 0.0
    elif given is not None:
        raise UsageError(f"the service time is given twice: null:{text} and {given:g} ms", help="leave one out")
    else:
        found = _TIME.fullmatch(text.strip().lower())
        if found is None:
            raise UsageError(f"null:{text}: {text!r} is no time", help="write null:20ms")
        value = float(found[1]) * _PER_MS[found[2]]
    if not (math.isfinite(value) and value >= 0):
        raise UsageError(f"a service time of {value} ms cannot be", help="give 0 or more milliseconds")
    return value


def _address(text: str) -> tuple[str, str | None]:
    """URL without login and fragment, and the fragment."""
    if not _URL.match(text):
        raise UsageError(f"{_quiet(text)!r} is no http or https address", help=HOW)
    parts = _split(text)
    host = parts.netloc.rpartition("@")[2]
    path = parts.path or "/"
    return urlunsplit((parts.scheme, host, path, parts.query, "")), parts.fragment or None


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        known = bool(parts.hostname) and parts.port != 0 and not any(sign.isspace() for sign in text)
    except ValueError:
        known = False
    if not known:
        raise UsageError(f"{_quiet(text)!r} is no address", help=HOW)
    return parts


def _quiet(text: str) -> str:
    """A text without what may be a login."""
    return re.sub(r"//[^/?#]*@", "//***@", text)
