"""Libraries that compute COCO's precision and recall curves.

They know boxes and categories as arrays, no images, models or files; what the curves mean is decided in
`rules/accuracy/average_precision`.
"""
