"""From a source of images to results: acquire, preprocess, infer, gather, postprocess, deliver.

The stages know images, rows and results. They know no file format of models, no protocol, and nobody's network.
"""
