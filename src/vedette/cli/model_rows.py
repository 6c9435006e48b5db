"""How models are printed: rows for people and documents for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vedette.values.manifest import DetectorSpec, InputSpec, Manifest, ModelType, Provenance
    from vedette.wiring.zoo import Added, Checked, Listed, Shown

_LABELS_SHOWN = 5
UNTRAINED = "random weights: its answers mean nothing, only its cost does"


def listed_row(model: Listed) -> tuple[str, ...]:
    """One line of the list."""
    return (
        model.name,
        model.state,
        "" if model.input_size is None else str(model.input_size),
        _download(model),
        _quality(model),
    )


def _quality(model: Listed) -> str:
    """What was measured, else what is reported, each without its circumstances."""
    provenance = model.provenance
    if provenance.untrained:
        return UNTRAINED
    if provenance.measured_quality:
        return f"measured: {provenance.measured_quality.partition(' (')[0]}"
    if provenance.reported_quality:
        return f"reported: {provenance.reported_quality.partition(' (')[0]}"
    return "measured when pulled" if model.state == "available" else ""


def _download(model: Listed) -> str:
    """How much is fetched; networks without trained weights are made here out of nothing."""
    if model.download_mb is None:
        return ""
    return f"{model.download_mb:.1f} MB" if model.download_mb else "made here"


def _gflops(manifest: Manifest) -> str:
    if manifest.provenance.gflops is None:
        return ""
    one = "one image" if manifest.input is not None else "an input whose open lengths are 1"
    return f"{manifest.provenance.gflops:.3g} (2 x multiply-adds of {one})"


def listed_json(model: Listed) -> dict[str, Any]:
    """One model of the list."""
    return {
        "name": model.name,
        "state": model.state,
        "input_size": None if model.input_size is None else str(model.input_size),
        "download_mb": None if model.download_mb is None else round(model.download_mb, 1),
        **_provenance_json(model.provenance),
        "problem": model.problem or None,
    }


def _provenance_json(provenance: Provenance) -> dict[str, Any]:
    from dataclasses import asdict

    return {key: None if value == "" else value for key, value in asdict(provenance).items()}


def shown_json(shown: Shown) -> dict[str, Any]:
    """All that is known of a model."""
    manifest = shown.manifest
    return {
        "name": manifest.name,
        "version": manifest.version,
        "state": shown.state,
        "file": manifest.file,
        "format": manifest.format,
        "model_type": manifest.model_type,
        "input": _input_json(manifest.input),
        "preprocessing": _preprocessing_json(manifest.input),
        "scores": manifest.scores if manifest.detector is None else None,
        "confidence_threshold": manifest.confidence_threshold,
        "detector": _detector_json(manifest.detector),
        "decoder": _decoder(manifest.model_type),
        "labels": list(manifest.labels),
        **_provenance_json(manifest.provenance),
        "sha256": shown.sha256,
        "size_bytes": shown.size_bytes,
    }


def _input_json(spec: InputSpec | None) -> dict[str, Any] | None:
    if spec is None:
        return None
    return {
        "name": spec.name,
        "layout": spec.layout,
        "width": spec.size.width,
        "height": spec.size.height,
        "channels": spec.channels,
    }


def _preprocessing_json(spec: InputSpec | None) -> dict[str, Any] | None:
    if spec is None:
        return None
    return {
        "resize_type": spec.resize_type,
        "interpolation": spec.interpolation,
        "crop_fraction": spec.crop_fraction,
        "pad_value": spec.pad_value,
        "reverse_input_channels": spec.reverse_input_channels,
        "mean_values": list(spec.mean_values),
        "scale_values": list(spec.scale_values),
    }


def _detector_json(spec: DetectorSpec | None) -> dict[str, Any] | None:
    from dataclasses import asdict

    if spec is None:
        return None
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(spec).items()}


def _decoder(model_type: ModelType) -> str | None:
    """How the decoder of a family was tried; None for a model that is no detector."""
    if not model_type.is_detector:
        return None
    from vedette.rules.vision.decoders.family import FAMILIES

    return f"{model_type}: {FAMILIES[model_type].proof}"


def available_rows(model: Listed) -> list[tuple[str, str]]:
    """What is known of a model before it is pulled."""
    source = model.provenance
    rows = [("name", f"{model.name} ({model.state})"), ("title", source.title), ("task", source.task)]
    rows += [("input", str(model.input_size or "")), ("download", _download(model))]
    rows += [("licence", source.licence), ("source", source.source), ("reported_quality", source.reported_quality)]
    rows.append(("untrained", UNTRAINED if source.untrained else ""))
    return [(key, value) for key, value in rows if value]


def shown_rows(shown: Shown) -> list[tuple[str, str]]:
    """What is known of a model, in the order of interest."""
    manifest = shown.manifest
    source = manifest.provenance
    rows = [("name", f"{manifest.name}, version {manifest.version} ({shown.state})"), ("title", source.title)]
    rows += [("task", source.task), ("file", manifest.file)]
    rows.append(("format", f"{manifest.format}, {_megabytes(shown.size_bytes)}"))
    rows.append(("untrained", UNTRAINED if source.untrained else ""))
    rows.append(("model_type", manifest.model_type))
    rows += _input_rows(manifest.input)
    if manifest.labels:
        rows.append(("labels", short(manifest.labels)))
        rows.append(("scores", manifest.scores if manifest.detector is None else ""))
        rows.append(("confidence_threshold", f"{manifest.confidence_threshold:g}"))
    rows += _detector_rows(manifest)
    rows += [("licence", source.licence), ("source", source.source)]
    rows.append(("parameters", "" if source.parameters is None else f"{source.parameters:,}"))
    rows.append(("gflops", _gflops(manifest)))
    rows += [("reported_quality", source.reported_quality), ("measured_quality", source.measured_quality)]
    rows.append(("sha256", shown.sha256))
    return [(key, value) for key, value in rows if value]


def _input_rows(spec: InputSpec | None) -> list[tuple[str, str]]:
    if spec is None:
        return [("input", "plain tensors")]
    order = "grey" if spec.channels == 1 else "RGB" if spec.reverse_input_channels else "BGR"
    resize = f"{spec.resize_type}, {spec.interpolation}"
    if spec.crop_fraction != 1:
        resize += f", crop_fraction {spec.crop_fraction:.4g}"
    mean, scale = (" ".join(f"{value:g}" for value in values) for values in (spec.mean_values, spec.scale_values))
    return [
        ("input", f"{spec.name}: {spec.size}, {spec.layout}, {order}"),
        ("resize", resize),
        ("normalise", f"(pixel - {mean}) / {scale}"),
    ]


def _detector_rows(manifest: Manifest) -> list[tuple[str, str]]:
    """How boxes are read and chosen; what the family decides is not shown."""
    spec = manifest.detector
    if spec is None:
        return []
    overlap = "" if spec.nms == "none" else f", above an IoU of {spec.iou_threshold:g}"
    anchors = len(spec.anchors) // (4 if manifest.model_type == "ssd" else 2)
    variances = f", variances {spec.variances[0]:g} {spec.variances[1]:g}" if manifest.model_type == "ssd" else ""
    return [
        ("decoder", _decoder(manifest.model_type) or ""),
        ("nms", f"{spec.nms}{overlap}"),
        ("max_candidates", f"{spec.max_candidates:,}"),
        ("max_detections", f"{spec.max_detections:,}"),
        ("strides", " ".join(str(stride) for stride in spec.strides)),
        ("anchors", f"{anchors:,}{variances}" if anchors else ""),
        ("first_class", str(spec.first_class)),
        ("activation", "" if spec.activation is None else spec.activation),
    ]


def added_json(added: Added) -> dict[str, Any]:
    """A model with its settings and who said them."""
    return {
        "name": added.manifest.name,
        "file": added.manifest.file,
        "settings": [
            {
                "key": setting.key,
                "value": list(setting.value) if isinstance(setting.value, tuple) else setting.value,
                "origin": setting.origin,
            }
            for setting in added.settings
        ],
    }


def checked_json(checked: Checked) -> dict[str, Any]:
    """What was looked at and found."""
    return {
        "models": list(checked.models),
        "findings": [
            {"model": finding.model or None, "problem": finding.problem, "help": finding.help}
            for finding in checked.findings
        ],
    }


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e5 else f"{size_bytes / 1e3:.1f} kB"  # noqa: PLR2004 - 0.1 MB


def short(value: object) -> str:
    """A value on one line; a long list is cut."""
    if not isinstance(value, tuple):
        return str(value).lower() if isinstance(value, bool) else str(value)
    shown = ", ".join(str(item) for item in value[:_LABELS_SHOWN])
    return shown if len(value) <= _LABELS_SHOWN else f"{shown}, ... ({len(value):,})"
