"""Graphs for points of cost: a published structure with seeded random weights, at any input size.

    name --find--> Architecture --draw--> ONNX model + how many parameters its batch norms had

Their answers mean nothing. What they take of time and memory is that of the trained model: the same operators in the
same order with the same shapes. This package does not know the catalogue, manifests on disk, or where files lie.
"""
