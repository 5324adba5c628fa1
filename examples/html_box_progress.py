# HTML and plain text among the controls; code changes both, and nothing in them can reach the page.
@interact
def bars(
    self,
    head=text_control("<b>How full is it?</b>"),
    n=(0, 20),
    bar=HtmlBox("", "HTML"),
    plain=HtmlBox("<b>not bold</b>", "text", text=True),
):
    self.bar = f"<progress max=20 value={n}></progress>"
    print(n, "of 20")
