"""TorchScript through torch, an extra: `pip install 'vedette[torch]'`.

Only archives that hold TorchScript code are opened; a pickle is never read.
"""

from __future__ import annotations

import zipfile
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from vedette.adapters.runtimes.device import parse_device
from vedette.adapters.runtimes.signature import check_count, original, pixels, tensor_spec, told_of
from vedette.errors import InvalidError, UnavailableError, UnsupportedError
from vedette.flows.inference.runtime import Runtime, Tensor
from vedette.values.execution import Execution, Plan, Precision
from vedette.values.manifest import InputSpec, Layout, Manifest, ModelFormat
from vedette.values.tensor import Signature, TensorSpec

_ONE_IMAGE = Signature((TensorSpec("image", "UINT8", (-1, -1, -1, -1)),), ())


class TorchScriptLoader:
    """Loads TorchScript archives."""

    def load(self, manifest: Manifest, execution: Execution, plan: Plan = Plan.IMAGE) -> Runtime:
        """See `Loader.load`."""
        if manifest.format is not ModelFormat.TORCHSCRIPT:
            raise UnsupportedError(
                f"the runtime torchscript reads TorchScript, {manifest.name} is {manifest.format}",
                help="take --runtime onnxruntime or openvino",
            )
        if execution.precision is not Precision.FP32:
            raise UnsupportedError(
                f"the runtime torchscript computes in the precision of the file, not in {execution.precision}",
                help="take --precision fp32",
            )
        torch = _torch()
        device = parse_device(execution.device)
        if device.kind not in ("cpu", "cuda"):
            raise UnsupportedError(f"the runtime torchscript has no device {device}", help="take cpu or cuda:N")
        if device.kind == "cuda" and not torch.cuda.is_available():
            raise UnavailableError(
                f"device {device} is not there: torch sees no CUDA", help="install a CUDA build of torch and its driver"
            )
        _refuse_pickle(Path(manifest.file))
        try:
            module = torch.jit.load(manifest.file, map_location=str(device)).eval()
        except RuntimeError as error:
            raise InvalidError(
                f"torch cannot load {Path(manifest.file).name}: {str(error).strip().splitlines()[-1]}",
                help="export it again with torch.jit.save",
            ) from error
        return TorchScriptRuntime(execution, torch, module, manifest.input, plan)


class TorchScriptRuntime:
    """A scripted module; with the image plan the normalisation is done in torch before it."""

    def __init__(self, execution: Execution, torch: Any, module: Any, spec: InputSpec | None, plan: Plan) -> None:
        self.execution = execution
        self._torch, self._module, self._input = torch, module, spec
        self._spec = spec if plan is Plan.IMAGE else None

    @cached_property
    def signature(self) -> Signature:
        """See `Runtime.signature`; the file tells no shapes, so that the outputs are those of a black image.

        Raises:
            UnsupportedError: the model takes no images, so that nothing is known of its inputs.
        """
        if self._input is None:
            raise UnsupportedError(
                "a TorchScript file does not tell the types and shapes of its inputs",
                help="export the model to ONNX, or give it an image input with `vedette models add`",
            )
        taken = original(self._input) if self._spec is None else pixels(self._spec)
        return Signature((taken,), self._outputs(taken))

    def infer(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """See `Runtime.infer`."""
        if self._input is not None:
            check_count(_ONE_IMAGE, tensors)
        torch = self._torch
        torch.set_num_threads(self.execution.threads)  # a setting of the calling thread with OpenMP
        with torch.inference_mode():
            try:
                given = [torch.from_numpy(np.ascontiguousarray(one)).to(self.execution.device) for one in tensors]
                outputs = self._module(*given) if self._spec is None else self._module(self._normalised(given[0]))
            except (RuntimeError, TypeError) as error:
                raise InvalidError(
                    f"torch refused a batch of {told_of(tensors)}: {str(error).strip().splitlines()[-1]}",
                    help="compare with the input that `vedette models show` prints",
                ) from error
        listed = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        return tuple(output.cpu().numpy() for output in listed)

    def close(self) -> None:
        """See `Runtime.close`."""
        self._module = None

    def _outputs(self, taken: TensorSpec) -> tuple[TensorSpec, ...]:
        """The outputs for one black image; the sides that are others for two, or empty, may be of any length."""
        dtype = np.uint8 if self._spec is not None else np.float32
        one = self.infer(np.zeros((1, *taken.shape[1:]), dtype))
        try:
            two = self.infer(np.zeros((2, *taken.shape[1:]), dtype))
        except InvalidError:
            two = one  # the batch is written into the module
        return tuple(
            tensor_spec(f"output_{index}", first.dtype.name, _common(first.shape, second.shape))
            for index, (first, second) in enumerate(zip(one, two, strict=True))
        )

    def _normalised(self, tensor: Any) -> Any:
        torch, spec = self._torch, self._spec
        assert spec is not None, "only the image plan normalises"
        if spec.channels > 1 and not spec.reverse_input_channels:
            tensor = tensor.flip(-1)
        mean = torch.tensor(spec.mean_values, device=tensor.device)
        scale = torch.tensor(spec.scale_values, device=tensor.device)
        normalised = (tensor.float() - mean) / scale
        return normalised.permute(0, 3, 1, 2).contiguous() if spec.layout is Layout.NCHW else normalised


def _common(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    if len(one) != len(other):
        return (-1,) * len(one)
    return tuple(side if side == again and side else -1 for side, again in zip(one, other, strict=True))


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise UnavailableError(
            "the runtime torchscript needs torch, which is not installed",
            help="pip install 'vedette[torch]', or `make setup-torch` in a checkout",
        ) from None
    return torch


def _refuse_pickle(file: Path) -> None:
    """TorchScript is a zip archive with a folder `code/`; a state dict or a pickled module is not, and stays closed."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            if any("/code/" in name for name in archive.namelist()):
                return
    raise InvalidError(
        f"{file.name} is not TorchScript: it holds pickled Python objects, which could run any code",
        help="save the model with torch.jit.script(model).save(...), or export it to ONNX",
    )
