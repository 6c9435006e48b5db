"""The outputs of detectors become boxes, one module a family; the table of all of them is in `family`.

    outputs of one image + Decoding -> scores that reach the threshold -> the best of them -> their boxes -> Detections

Boxes are in pixels of the model's input, neither clipped nor suppressed. Only what reaches the threshold is decoded at
all, so that the exponentials are spent on few rows. A decoder finds each output by its shape, so that their order is
free; it knows neither files nor where the image came from.
"""
