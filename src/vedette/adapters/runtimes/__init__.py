"""The engines that run models, one a module; each has a `load` that fulfils the port `Loader`.

An engine is imported when it is first used. It knows the manifest's input and nothing of pictures, labels or results.
"""
