"""The disk: outputs that appear whole (`whole`), locks that end with their process (`locks`), the border at which files
of others are read (`guard`), files as text, JSON (`plain`) and NumPy's arrays (`arrays`), and
checksums.

Every package that reads or writes goes through these; they need nothing but NumPy.
"""
