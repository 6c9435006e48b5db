"""The machine as a process sees it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Host:
    """Facts of the machine that decide how models are run.

    Attributes:
        cpu: name of the processor.
        features: instruction sets that matter to inference, such as avx2, avx512_vnni, avx512_bf16, amx_int8.
        cores: online cores.
        allowed_cores: cores that this process may be scheduled on.
        quota_cores: CPU quota of the control group in cores; None without one.
        memory_bytes: memory of the machine, or the limit of the control group if that is lower.
        system: name and version of the operating system.
        python: version of the interpreter.
    """

    cpu: str
    features: tuple[str, ...]
    cores: int
    allowed_cores: int
    quota_cores: float | None
    memory_bytes: int
    system: str
    python: str
