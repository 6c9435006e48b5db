"""Where models come from: the catalogue with its builders, and files that users bring.

    catalog -> package + registries (pip, npm) -> builder (efficientnet_lite, ssdlite, ...) -> ONNX bytes + Manifest
    a file  -> formats -> reader (onnx_file, openvino_file, torchscript_file) -> Signature, one run

Nothing here knows where models are kept.
"""
