"""The uniform interface: pipelines with a state, an input, outputs by id and a computation. It knows no HTTP.

It stands above `flows/inference`, whose service runs the images.
"""
