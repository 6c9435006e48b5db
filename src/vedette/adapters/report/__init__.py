"""Reports of stored runs: plain data first (`view`), one self-contained HTML file second (`html`).

It does not know where runs lie, how prices are read, or how figures are computed: it is handed values and shows them.
"""
