"""NVIDIA GPUs, asked through NVML: `gpu.0.utilisation`, `gpu.0.power`, ... at the slow pace.

What a GPU does not offer (some have no power reading, old ones no energy counter) is an absence in NVML's own words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from vedette.adapters.probes.words import NAN, Field, Group
from vedette.values.reading import Absence, Feature, Pace

_GRAPHICS, _SM, _MEMORY = 0, 1, 2
_TEMPERATURE_GPU = 0


class _Call(NamedTuple):
    """A field and how NVML is asked for it, given its module and the handle of a device."""

    field: Field
    ask: Callable[[Any, Any], float]


_CALLS = (
    _Call(
        Field("gpu", "utilisation", "%", "share of the last sample period in which a kernel ran"),
        lambda nvml, gpu: nvml.nvmlDeviceGetUtilizationRates(gpu).gpu,
    ),
    _Call(
        Field("memory", "memory_utilisation", "%", "share of it in which memory was read or written"),
        lambda nvml, gpu: nvml.nvmlDeviceGetUtilizationRates(gpu).memory,
    ),
    _Call(
        Field("encoder", "encoder_utilisation", "%", "share of it in which the video encoder worked"),
        lambda nvml, gpu: nvml.nvmlDeviceGetEncoderUtilization(gpu)[0],
    ),
    _Call(
        Field("decoder", "decoder_utilisation", "%", "share of it in which the video decoder worked"),
        lambda nvml, gpu: nvml.nvmlDeviceGetDecoderUtilization(gpu)[0],
    ),
    _Call(
        Field("used", "memory.used", "bytes", "device memory in use, by every process"),
        lambda nvml, gpu: nvml.nvmlDeviceGetMemoryInfo(gpu).used,
    ),
    _Call(
        Field("free", "memory.free", "bytes", "device memory that is free"),
        lambda nvml, gpu: nvml.nvmlDeviceGetMemoryInfo(gpu).free,
    ),
    _Call(
        Field("total", "memory.total", "bytes", "device memory that there is"),
        lambda nvml, gpu: nvml.nvmlDeviceGetMemoryInfo(gpu).total,
    ),
    _Call(
        Field("power", "power", "W", "power that the board draws", 1e-3),
        lambda nvml, gpu: nvml.nvmlDeviceGetPowerUsage(gpu),
    ),
    _Call(
        Field("energy", "energy", "J", "energy that the board used since the driver began", 1e-3, grows=True),
        lambda nvml, gpu: nvml.nvmlDeviceGetTotalEnergyConsumption(gpu),
    ),
    _Call(
        Field("temperature", "temperature", "degC", "temperature of the chip"),
        lambda nvml, gpu: nvml.nvmlDeviceGetTemperature(gpu, _TEMPERATURE_GPU),
    ),
    _Call(
        Field("graphics", "clock.graphics", "Hz", "clock of the graphics part", 1e6),
        lambda nvml, gpu: nvml.nvmlDeviceGetClockInfo(gpu, _GRAPHICS),
    ),
    _Call(
        Field("sm", "clock.sm", "Hz", "clock of the streaming multiprocessors", 1e6),
        lambda nvml, gpu: nvml.nvmlDeviceGetClockInfo(gpu, _SM),
    ),
    _Call(
        Field("mem", "clock.memory", "Hz", "clock of the memory", 1e6),
        lambda nvml, gpu: nvml.nvmlDeviceGetClockInfo(gpu, _MEMORY),
    ),
    _Call(
        Field(
            "throttle", "throttle_reasons", "bits", "why the clocks are held down, as NVML's bit mask; 0: they are not"
        ),
        lambda nvml, gpu: nvml.nvmlDeviceGetCurrentClocksThrottleReasons(gpu),
    ),
    _Call(
        Field("state", "performance_state", "number", "performance state; 0 is the fastest"),
        lambda nvml, gpu: nvml.nvmlDeviceGetPerformanceState(gpu),
    ),
    _Call(
        Field("fan", "fan", "%", "speed of the fan, of the most it may have"),
        lambda nvml, gpu: nvml.nvmlDeviceGetFanSpeed(gpu),
    ),
)
GPU = Group("gpu.<gpu>", "NVML", Pace.SLOW, tuple(call.field for call in _CALLS))
GROUPS = (GPU,)


class NvidiaProbe:
    """Implements `Probe` for every NVIDIA GPU. `nvml` is pynvml, or what offers its calls; None: import it."""

    pace = Pace.SLOW

    def __init__(self, nvml: Any = None) -> None:
        self._nvml = nvml
        self._asked: list[tuple[Any, _Call, str]] = []
        self._absent: dict[str, Absence] = {}
        self.features: tuple[Feature, ...] = ()
        try:
            self._start()
        except ModuleNotFoundError:
            self._lacks("gpu", "the package nvidia-ml-py is not installed")
        except Exception as error:  # noqa: BLE001 - NVML's errors are made at run time; a missing driver must not end a run
            self._lacks("gpu", f"NVML: {error}")

    @property
    def absences(self) -> Sequence[Absence]:
        """See `Probe.absences`."""
        return tuple(self._absent.values())

    def read(self) -> Sequence[float]:
        """See `Probe.read`."""
        return [self._value(gpu, call, name) for gpu, call, name in self._asked]

    def _start(self) -> None:
        if self._nvml is None:
            import pynvml

            self._nvml = pynvml
        self._nvml.nvmlInit()
        count = self._nvml.nvmlDeviceGetCount()
        if not count:
            self._lacks("gpu", "NVML sees no GPU")
        features: list[Feature] = []
        for index in range(count):
            gpu, group = self._nvml.nvmlDeviceGetHandleByIndex(index), GPU.at(gpu=str(index))
            for call in _CALLS:
                feature = group.feature(call.field)
                self._value(gpu, call, feature.name)
                if feature.name not in self._absent:
                    self._asked.append((gpu, call, feature.name))
                    features.append(feature)
        self.features = tuple(features)

    def _value(self, gpu: Any, call: _Call, name: str) -> float:
        try:
            return float(call.ask(self._nvml, gpu)) * call.field.scale
        except Exception as error:  # noqa: BLE001 - the same
            self._lacks(name, f"NVML: {error}")
            return NAN

    def _lacks(self, name: str, reason: str) -> None:
        self._absent[name] = Absence(name, reason)
