# A multi-slider: several sliders whose values are one list, with a label for each.
import matplotlib.pyplot as plt

BANDS = {"bass": (-12, 12), "low": (-12, 12), "middle": (-12, 12), "high": (-12, 12)}


@interact
def equalizer(gains=MultiSlider(BANDS, default=[3, 0, -2, 6], label="gain in dB")):
    plt.figure(figsize=(5, 2.5))
    plt.bar(list(BANDS), gains)
    plt.ylim(-12, 12)
