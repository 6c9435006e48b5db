"""Where a manifest and the model it describes disagree."""

from __future__ import annotations

from vedette.rules.zoo.family import EXPECTED, batch_of, fit_of, resembling, rows_of, shown
from vedette.rules.zoo.infer import classes_of
from vedette.rules.zoo.looks import Shapes
from vedette.rules.zoo.signature import Output, Signature
from vedette.values.manifest import Manifest, ModelType, Scores


def input_disagreements(manifest: Manifest, signature: Signature) -> tuple[str, ...]:
    """What the manifest says of the input and the graph does not have."""
    names = [port.name for port in signature.inputs]
    if manifest.input is None or manifest.input.name in names:
        return ()
    return (f"input_name: {manifest.input.name}: the model has no such input, it has {', '.join(names)}",)


def output_disagreements(manifest: Manifest, signature: Signature, outputs: tuple[Output, ...]) -> tuple[str, ...]:
    """What the manifest says of the answers and one run does not show."""
    if manifest.model_type.is_detector:
        return _detector_disagreements(manifest, rows_of([output.shape for output in outputs], batch_of(signature)))
    if manifest.model_type is not ModelType.CLASSIFIER:
        return ()
    classes = classes_of(outputs)
    if classes is None:
        shapes = ", ".join(f"{output.name} {list(output.shape)}" for output in outputs)
        return (f"model_type: classifier: that takes one output of N x classes numbers, the model answers {shapes}",)
    found = []
    if len(manifest.labels) != classes:
        found.append(f"labels: {len(manifest.labels)} names: the model answers {classes} classes")
    if manifest.scores is Scores.PROBABILITIES and not outputs[0].chances:
        found.append("scores: probabilities: the answers of a run do not lie in 0..1 and sum to 1; expected logits")
    if manifest.scores is Scores.LOGITS and signature.softmax:
        found.append("scores: logits: the graph ends in a softmax; expected probabilities")
    return tuple(found)


def _detector_disagreements(manifest: Manifest, shapes: Shapes) -> tuple[str, ...]:
    """Shapes of strides of the manifest's own are left to the decoder, which knows them."""
    assert manifest.detector is not None, "a manifest of a detector says how it is read"
    assert manifest.input is not None, "a manifest of a detector has an image input"
    kind, size, labels = manifest.model_type, manifest.input.size, len(manifest.labels)
    fit = fit_of(kind, shapes, size, labels)
    if fit is None and manifest.detector.strides:
        return ()
    if fit is None:
        alike = [other for other in resembling(shapes, size, labels) if other is not kind]
        hint = f", which looks like {' or '.join(alike)}" if alike else ""
        return (f"model_type: {kind}: that reads {EXPECTED[kind]}; the model answers {shown(shapes)}{hint}",)
    classes = fit.classes
    if classes is not None and kind in (ModelType.DETR, ModelType.RTDETR):
        classes -= manifest.detector.first_class
    if classes not in (None, labels):
        return (f"labels: {labels} names: the model answers {classes} classes",)
    return ()
