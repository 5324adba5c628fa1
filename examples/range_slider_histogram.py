# A range slider: both ends of an interval, here the part of a histogram that is counted.
import matplotlib.pyplot as plt
import numpy as np

data = np.random.default_rng(1).normal(size=5_000)


@interact
def histogram(part=range_slider(-4.0, 4, 0.1, (-1, 1), "counted"), bins=slider(5, 100, default=40)):
    low, high = part
    plt.figure(figsize=(6, 3))
    plt.hist(data, bins=bins, color="lightgray")
    plt.hist(data[(data >= low) & (data <= high)], bins=bins, range=(data.min(), data.max()))
    print(f"{np.mean((data >= low) & (data <= high)):.1%} of all lie from {low} to {high}")
