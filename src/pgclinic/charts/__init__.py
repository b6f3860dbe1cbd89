"""Values in, SVG out, pure: each chart a function that returns one ``<svg>`` element as text."""
