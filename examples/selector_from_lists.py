# Lists and dicts become choices: one item a button, up to five a row of buttons, more a dropdown.
@interact
def lists(
    again=["Once more"],
    size=["S", "M", "L"],
    day=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    function={"square": lambda n: n**2, "cube": lambda n: n**3},
    started=("M", ["S", "M", "L"]),
):
    print(size, day, function(3), started)
