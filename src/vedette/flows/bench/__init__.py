"""From a trial to what was recorded: sessions that put load on a target, and the campaign that runs them.

It does not know the model behind a target, nor what its answers mean: it sends, stamps and records.
"""
