# What is at the edge still works: one value, ends in the wrong order, markup in labels, odd names.
import numpy as np


@interact
def edges(
    one=(3, 3),
    backwards=(10, 1),
    outside=slider(1, 10, default=99),
    many=slider(np.linspace(0, 1, 10_000), label="10,000 values"),
    markup=("<b>not bold</b> $x^2$", True),
    nothing=None,
    anything=object,
    _private=(0, 5),
    uneven=slider(0, 10, 4),
):
    print(one, backwards, outside, many, markup, nothing, anything, _private, uneven)
