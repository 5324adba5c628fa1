# A bar of buttons in a grid, with labels for the values. Each click moves the point.
place = [0, 0]
STEPS = [((0, 1), "up"), ((0, -1), "down"), ((-1, 0), "left"), ((1, 0), "right")]


@interact
def walk(step=ButtonBar(STEPS, default=(0, 0), nrows=2, ncols=2, label="Go")):
    place[0] += step[0]
    place[1] += step[1]
    print("at", tuple(place))
