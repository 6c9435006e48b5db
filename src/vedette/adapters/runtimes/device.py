"""What `--device` says: a kind and a number, `cpu`, `cuda:0`, `tensorrt:1`, `gpu`."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.errors import UsageError

KINDS = ("cpu", "cuda", "tensorrt", "gpu")


@dataclass(frozen=True, slots=True)
class Device:
    """A kind of device and which of them."""

    kind: str
    index: int = 0

    def __str__(self) -> str:
        return self.kind if self.kind == "cpu" else f"{self.kind}:{self.index}"


def parse_device(text: str) -> Device:
    """Read `KIND` or `KIND:INDEX`; `cpu` has no index.

    Raises:
        UsageError: another kind, or an index that is no whole number.
    """
    kind, colon, index = text.partition(":")
    if kind not in KINDS or (colon and (kind == "cpu" or not index.isdecimal())):
        raise UsageError(
            f"unknown device {text!r}",
            help="take cpu, cuda:N or tensorrt:N (ONNX Runtime), gpu:N (OpenVINO), cuda:N (TorchScript)",
        )
    return Device(kind, int(index or 0))
