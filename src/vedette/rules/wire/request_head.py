"""The head of a request as it comes in: how large it may be, and what is refused in it.

Heads that two readers could take for different requests are refused (request smuggling).
llhttp, the parser behind httptools, refuses most of these by itself: both Content-Length and Transfer-Encoding, several
Content-Lengths, bare LF, folded lines, blanks before the colon. This rule adds what it lets pass. Source: RFC 9112.
"""

from __future__ import annotations

from dataclasses import dataclass

from vedette.rules.wire.refusal import Refusal

VERSIONS = ("1.0", "1.1")
_SEPARATORS = 4  # ": " and CR LF


@dataclass(slots=True)
class RequestHead:
    """What was seen of one head.

    Attributes:
        size_bytes: of the parts that were understood so far.
        raw_bytes: that came in for it, as far as they are known to be no other's; a part that does not end is in these.
        length: Content-Length; 0 without.
        chunked: whether there is a Transfer-Encoding.
    """

    size_bytes: int = 0
    raw_bytes: int = 0
    length: int = 0
    chunked: bool = False
    _hosts: int = 0
    _coding: bytes = b""

    def add(self, name: bytes, value: bytes) -> None:
        """Take a header; its name is in small letters."""
        self.size_bytes += len(name) + len(value) + _SEPARATORS
        match name:
            case b"host":
                self._hosts += 1
            case b"content-length":
                self.length = int(value)
            case b"transfer-encoding":
                self.chunked, self._coding = True, value.strip().lower()

    def too_large(self, most_bytes: int) -> Refusal | None:
        """Why no more of it is read; None: go on."""
        if max(self.size_bytes, self.raw_bytes) <= most_bytes:
            return None
        return Refusal(431, f"the head has more than {most_bytes} bytes", "send fewer or shorter headers")

    def refusal(self, version: str) -> Refusal | None:
        """Why a whole head is not taken; None: it is.

        Args:
            version: of HTTP, such as `1.1`.
        """
        if version not in VERSIONS:
            return Refusal(505, f"HTTP/{version} is not spoken here", "use HTTP/1.1")
        if self._hosts > 1 or (self._hosts == 0 and version == "1.1"):
            return Refusal(400, f"the request has {self._hosts} Host headers", "send one")
        if self.chunked and version == "1.0":
            return Refusal(400, "HTTP/1.0 has no Transfer-Encoding", "use HTTP/1.1")
        if self.chunked and self._coding != b"chunked":
            return Refusal(501, "this Transfer-Encoding is not taken", "use chunked alone")
        return None
