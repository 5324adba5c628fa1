# Interacts inside interacts: as many inner ones as the outer says, and one of them inside of those.
@interact
def table(rows=(1, 4)):
    for row in range(rows):

        @interact
        def line(text=f"row {row}", marked=False):
            if marked:

                @interact
                def mark(sign=["!", "?", "*"]):
                    print(text + sign)
            else:
                print(text)
