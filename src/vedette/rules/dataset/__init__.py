"""Rules of image sets: which images are drawn, what their copies are called, what their dimensions say.

They know names and numbers; they read no file.
"""
