# Interacts of ipywidgets: keywords, its own meaning of numbers and lists, and annotations.
def show(x, y=2.5, kind=("a", "b", "c"), pairs=[("one", 1), ("two", 2)]):
    print(x, y, kind, pairs)


interact(show, x=10, style="ipywidgets")


@interact
def annotated(n: (0, 10) = 4, flag: True = False, unit: fixed("m") = "m"):
    print(n, flag, unit)
