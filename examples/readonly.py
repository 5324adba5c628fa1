# readonly: the controls are shown and cannot be moved; code still can.
@interact(readonly=True)
def shown(n=(0, 100), note="set by code"):
    print(n, note)


shown.n = 42
shown.update()
