"""Model repositories on disk: `model.yaml` files with a strict schema, and the folders they describe.

Everything here knows files and YAML. It knows no engine and no graph: whether a model runs is not decided here.
"""
