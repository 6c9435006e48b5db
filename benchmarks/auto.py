"""Is what `auto` takes the best single choice? Every candidate against it, interleaved, through the pipeline.

`ratio_to_best` is the rate of auto's choice over the rate of the quickest candidate, the median of interleaved rounds.
Where the processor has bf16, `ratio_to_onnxruntime_fp32` is compared with 1.5.
"""

from __future__ import annotations

import asyncio
import statistics
import sys

from benchmarks.evidence import environment, json_option, median_interval, write
from benchmarks.pipeline import CLOCK, IMAGES, MODEL, SEED, Answers, Images
from vedette.adapters.config.home import default_home
from vedette.adapters.probes.host import probe_host
from vedette.flows.inference.runtime import Instance
from vedette.rules.candidates import Wish, candidates
from vedette.rules.threads import has_bf16, usable_cores
from vedette.values.execution import Execution, Precision, RuntimeName
from vedette.values.frame import Size
from vedette.wiring.instances import open_model, seeded_crops
from vedette.wiring.plugins import Loaders
from vedette.wiring.process import own_process
from vedette.wiring.stream import Order, build_pipeline

ROUNDS, PASS_S = 9, 0.8


def main() -> None:
    """Measure, print, and write the evidence."""
    file = json_option(__doc__ or "")
    own_process()
    opened = open_model(MODEL, Wish(), lambda text: print(text, file=sys.stderr))
    chosen, manifest = opened.instance.runtime.execution, opened.instance.manifest
    opened.instance.runtime.close()
    host = probe_host()
    executions = candidates(Wish(), manifest.format, usable_cores(host), bf16=has_bf16(host))
    loaders = Loaders(default_home() / ".cache")
    instances = {each: Instance(manifest, loaders[each.runtime].load(manifest, each)) for each in executions}
    images = seeded_crops(IMAGES, Size(500, 375), SEED)

    rates: dict[Execution, list[float]] = {each: [] for each in executions}
    first = {each: _rate(instance, images[:40]) for each, instance in instances.items()}
    for number in range(ROUNDS):
        shift = number % len(executions)
        for each in (*executions[shift:], *executions[:shift]):
            count = max(20, min(IMAGES, int(first[each] * PASS_S)))
            rates[each].append(_rate(instances[each], images[:count]))

    medians = {each: statistics.median(values) for each, values in rates.items()}
    best = max(medians, key=lambda each: medians[each])
    ratio = median_interval([own / top for own, top in zip(rates[chosen], rates[best], strict=True)])
    plain = max(
        (each for each in executions if each.runtime is RuntimeName.ONNXRUNTIME and each.precision is Precision.FP32),
        key=lambda each: medians[each],
    )
    to_plain = median_interval([own / top for own, top in zip(rates[chosen], rates[plain], strict=True)])
    evidence = {
        "benchmark": "auto",
        "ratio_to_best": ratio["median"],
        "interval": ratio,
        "bar": 0.95,
        "met": ratio["median"] >= 0.95,  # noqa: PLR2004 - the bar
        "ratio_to_onnxruntime_fp32": to_plain["median"],
        "interval_to_onnxruntime_fp32": to_plain,
        "bf16": has_bf16(host),
        "chosen": str(chosen),
        "best": str(best),
        "images_per_s": {str(each): round(value, 1) for each, value in medians.items()},
        "settings": {"model": MODEL, "rounds": ROUNDS, "seed": SEED},
        "environment": environment(),
    }
    print(f"auto ({chosen}) / best ({best}) = {ratio['median']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}]")
    print(f"auto / onnxruntime fp32 = {to_plain['median']:.3f}; this processor has bf16: {has_bf16(host)}")
    write(file, evidence)


def _rate(instance: Instance, images: list[bytes]) -> float:
    pipeline = build_pipeline(Images(images), [instance], [Answers()], Order((), (MODEL,)))
    started = CLOCK.now_ns()
    asyncio.run(pipeline.run())
    elapsed_s = (CLOCK.now_ns() - started) / 1e9
    return float(len(images) / elapsed_s)


if __name__ == "__main__":
    main()
