"""Image sets on disk: folders of images and the manifest that says which image came from where.

They know files and names. What is in an image is decoded elsewhere; which images belong to a set is decided by
`rules.dataset`.
"""
