"""The studio: a piece stands in soft light, and a camera takes pictures of it. Rays are Embree's, the rest is numpy.

The light on a piece is gathered once, at the corners of its triangles; every picture then needs one ray for each pixel
and a few more where an edge runs through it.
"""
