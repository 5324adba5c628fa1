# A layout in sides: the output stands between what is left and what is right of it.
import matplotlib.pyplot as plt
import numpy as np

SIDES = {"top": [["title"]], "left": [["a"], ["b"]], "right": [["grid"]], "bottom": [["colour"]]}


@interact(layout=SIDES)
def curve(title="A curve", a=(1, 5), b=(1, 5), grid=True, colour=color_selector("#aa3377")):
    t = np.linspace(0, 2 * np.pi, 500)
    plt.figure(figsize=(4, 3))
    plt.plot(np.sin(a * t), np.cos(b * t), color=colour)
    plt.title(title)
    plt.grid(grid)
