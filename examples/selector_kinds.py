# The three kinds of a selector, a grid of buttons, and a choice of several.
@interact
def choose(
    menu=selector(["red", "green", "blue"], default="green", label="list"),
    radio=selector([(1, "one"), (2, "two")], label="radio", kind="radio"),
    row=selector(["a", "b", "c"], buttons=True, label="buttons"),
    grid=selector(range(1, 10), default=5, nrows=3, ncols=3, width=4, buttons=True, label="grid"),
    several=Selector(["x", "y", "z"], default=["x"], kind="list", multiple=True, label="several"),
):
    print(menu, radio, row, grid, several)
