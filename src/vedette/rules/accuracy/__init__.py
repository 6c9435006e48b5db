"""How right answers are: against the truth (classifiers), or against another model's answers.

It knows neither images nor models nor files. The AP of detectors is COCO's and is computed by a library behind
`adapters/evaluators`.
"""
