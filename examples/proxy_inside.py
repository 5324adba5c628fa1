# The proxy, as the first parameter: read and set controls from inside, and see what has changed.
@interact
def linked(self, celsius=slider(-40, 100, default=20), fahrenheit=slider(-40, 212, default=68)):
    if self.changed == ["fahrenheit"]:
        self.celsius = round((fahrenheit - 32) * 5 / 9)
    else:
        self.fahrenheit = round(celsius * 9 / 5 + 32)
    print("changed:", ", ".join(self.changed))
    print(self.celsius, "°C =", self.fahrenheit, "°F")
