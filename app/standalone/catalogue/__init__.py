"""What `make shop` sells: a homeware range that is written, modelled, photographed and put on the shelves by program.

``assortment`` says what there is, in words and numbers; ``range`` draws each design from ``meshes`` in a finish of the
``palette``; ``studio`` takes its pictures and ``models`` makes its glTF; ``delivery`` brings the files to the storage
and ``shelving`` the rows to the database. Nothing is left to chance: the same program makes the same shop.
"""
