# auto_update=False does the same without a control of its own: the page draws the button.
@interact(auto_update=False)
def waits(a=(1, 10), b=(1, 10)):
    print(a, "*", b, "=", a * b)
