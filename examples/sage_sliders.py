# The slider classes that other Sage systems have: values by index, and a range cut into steps.
@interact
def sage(
    letter=DiscreteSlider("abcde", default=2, label="Letter"),
    part=ContinuousSlider((0, 10), default=(2, 4), range_slider=True, label="Part"),
):
    print(letter, part)
