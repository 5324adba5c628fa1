"""One output of every kind that the frame draws, with text between them."""

from IPython.display import HTML, JSON, SVG, Javascript, Latex, Markdown, display

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
print("before")
display(HTML("<b id=bold>bold</b><script>window.shared = 42</script>"))
print("after")
display(Javascript("element.textContent = 'shared ' + window.shared"))
display(Markdown("# Title\n\n$$x^2$$\n\nand $y$ and `code`"))
display(Latex(r"text $\frac{1}{2}$"))
figure = {
    "data": [{"type": "bar", "x": ["a", "b"], "y": [1, 2]}],
    "layout": {"title": {"text": "Bars"}, "height": 300},
}
display({"application/vnd.plotly.v1+json": figure, "text/plain": "Figure"}, raw=True)
specification = {
    "data": {"values": [{"a": 1}, {"a": 2}]},
    "mark": "point",
    "title": "Points",
    "encoding": {"x": {"field": "a", "type": "quantitative"}},
}
display({"application/vnd.vegalite.v5+json": specification, "text/plain": "Chart"}, raw=True)
display(JSON({"name": {"inner": [1, None, "<b>"]}}))
display({"application/pdf": "JVBERi0="}, raw=True)
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' width='20' height='20'><circle r='9'/></svg>"))
display({"image/png": DOT, "text/plain": "x"}, metadata={"image/png": {"alt": "A dot"}}, raw=True)
rows = "".join(f"<tr><td>{n}</td></tr>" for n in range(500))
display(HTML(f"<table id=long><thead><tr><th>n</th></tr></thead><tbody>{rows}</tbody></table>"))
for n in range(60):
    display(HTML(f"<i class=many>{n}</i>"))
    print("line", n)
print("\x1b[31mred\x1b[0m 10%\r20%")
1 / 0
