"""One real place, Wuhan (GB/T 2260 420100), and the whole chain on it: what `manage.py demo` runs.

Real lines (metro, power) come from OpenStreetMap, regions from GB/T 2260; what stands along them is generated, always
the same, and says so in Asset.source. See docs/demo.md.
"""
