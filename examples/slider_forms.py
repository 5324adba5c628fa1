# Every form of a slider: whole numbers, a step, steps, any values in order, and one that shows no value.
@interact
def sliders(
    whole=slider(1, 10, default=3, label="whole numbers"),
    step=slider(0, 1, 0.05, 0.3, "steps of 0.05"),
    steps=slider(0.0, 5, steps=20, label="20 steps"),
    discrete=slider(["tiny", "small", "large", "huge"], default="small", label="any values"),
    powers=(2, 4, 8, 16, 32),
    hidden=slider(0, 100, display_value=False, label="without a number"),
):
    print(whole, step, steps, discrete, powers, hidden)
