"""Graph models of TensorFlow.js become ONNX, with numpy and onnx alone.

    model.json + shards --topology, weights--> nodes, arrays --converter (operators)--> ONNX graph

It knows TensorFlow's operators and layouts, and nothing of what a model detects: heads are written by its callers.
"""
