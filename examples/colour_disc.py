# Colours, as name, as #rrggbb and as three numbers; without its text box, too.
import matplotlib.pyplot as plt


@interact
def disc(inner=color_selector("gold", "inside"), outer=ColorSelector((0.1, 0.3, 0.8), "edge", hide_box=True)):
    plt.figure(figsize=(3, 3))
    plt.pie([1], colors=[inner], wedgeprops={"edgecolor": outer, "linewidth": 8})
