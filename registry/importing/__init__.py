"""From a file an owner already has to validated rows of the registry. Data flows one way:

file -> `sources` (a table of raw cells) -> `headings` (which column is what) -> `quantities`, `coordinates`
(values, a whole column at a time) -> `staging` (COPY) -> `assets`, `organizations`, `regions` (set-based SQL) ->
`report`.
"""
