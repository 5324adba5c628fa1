# interact_manual also leaves the first run to its button; fixed() passes a value without a control.
@interact_manual
def shout(text="hello", times=fixed(3)):
    print(" ".join([text.upper()] * times))
