# output=False: no output area; this one shows its result in a text among the controls.
@interact(output=False)
def celsius(self, fahrenheit=(0, 212), result=HtmlBox("", "°C", text=True)):
    self.result = f"{(fahrenheit - 32) * 5 / 9:.1f}"
