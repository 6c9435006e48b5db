"""GPUs through NVML, with an object that offers its calls."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from kernel_tree import reading, reasons

from vedette.adapters.probes.nvidia import GPU, NvidiaProbe


class Nvml:
    """Two GPUs; the second has no fan, and after `fail` the driver is gone."""

    def __init__(self, count: int = 2) -> None:
        self.count, self.failed = count, False

    def nvmlInit(self) -> None:  # noqa: N802
        return

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return self.count

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def __getattr__(self, name: str) -> Any:
        answers: dict[str, Any] = {
            "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=50, memory=25),
            "nvmlDeviceGetMemoryInfo": SimpleNamespace(used=10, free=20, total=30),
            "nvmlDeviceGetEncoderUtilization": [1, 167000],
            "nvmlDeviceGetDecoderUtilization": [2, 167000],
            "nvmlDeviceGetPowerUsage": 75500,
            "nvmlDeviceGetTotalEnergyConsumption": 1500,
            "nvmlDeviceGetTemperature": 61,
            "nvmlDeviceGetClockInfo": 1200,
            "nvmlDeviceGetCurrentClocksThrottleReasons": 4,
            "nvmlDeviceGetPerformanceState": 0,
            "nvmlDeviceGetFanSpeed": 40,
        }

        def call(gpu: int, *_: int) -> Any:
            if self.failed or (gpu == 1 and name == "nvmlDeviceGetFanSpeed"):
                raise RuntimeError("GPU is lost" if self.failed else "Not Supported")
            return answers[name]

        return call


def test_every_gpu_has_its_figures_in_our_units() -> None:
    """Milliwatts become watts, millijoules joules, megahertz hertz."""
    found = reading(NvidiaProbe(Nvml()))

    assert (found["gpu.0.utilisation"], found["gpu.0.memory.used"], found["gpu.0.power"]) == (50, 10, 75.5)
    assert (found["gpu.1.energy"], found["gpu.1.clock.sm"], found["gpu.1.temperature"]) == (1.5, 1.2e9, 61)
    assert (found["gpu.0.encoder_utilisation"], found["gpu.0.throttle_reasons"]) == (1, 4)
    assert len(found) == 2 * len(GPU.fields) - 1


def test_what_a_gpu_does_not_offer_is_an_absence() -> None:
    """In NVML's words."""
    probe = NvidiaProbe(Nvml())

    assert "gpu.1.fan" not in reading(probe)
    assert reasons(probe) == {"gpu.1.fan": "NVML: Not Supported"}


def test_a_gpu_that_is_lost_gives_nan() -> None:
    """The run goes on."""
    nvml = Nvml(1)
    probe = NvidiaProbe(nvml)
    nvml.failed = True

    assert {str(value) for value in reading(probe).values()} == {"nan"}
    assert reasons(probe)["gpu.0.power"] == "NVML: GPU is lost"


def test_no_gpu_is_an_absence() -> None:
    """A driver may be there without one."""
    assert reasons(NvidiaProbe(Nvml(0))) == {"gpu": "NVML sees no GPU"}


def test_no_driver_is_an_absence() -> None:
    """What NVML says when it starts is the reason."""
    nvml = SimpleNamespace(nvmlInit=lambda: (_ for _ in ()).throw(RuntimeError("Shared Library Not Found")))

    assert reading(NvidiaProbe(nvml)) == {}
    assert reasons(NvidiaProbe(nvml)) == {"gpu": "NVML: Shared Library Not Found"}
