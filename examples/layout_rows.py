# A layout in rows: widths are shares of the row, None is a gap, and what is not named comes first.
@interact(layout=[["a", ("b", 2)], ["c", None, "d"], ["_output"]])
def rows(a=(1, 5), b=(1, 5), c=True, d=False, first="comes first"):
    print(first, a, b, c, d)
