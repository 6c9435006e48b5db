"""What happens to pixels and to the numbers that come out of a model: decode, resize, classes, draw, encode.

Pure functions on bytes and arrays. They know neither models by name nor where an image came from.
"""
