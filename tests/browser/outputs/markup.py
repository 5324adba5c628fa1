"""Scripts in whatever is not markup, and in the markup of formulas, pictures and plots."""

from IPython.display import display

attack = "try { parent.owned = top.owned = 1 } catch {}"
script = f"<script>{attack}</script><img src=x onerror='{attack}'>"


def show(kind, data, **metadata):
    display({kind: data, "text/plain": script}, metadata={kind: metadata}, raw=True)


svg = f"<svg xmlns='http://www.w3.org/2000/svg' onload='{attack}'><script>{attack}</script></svg>"
show("image/svg+xml", svg)
show("image/png", '"onerror=' + attack, alt=script)
formula = r"\href{javascript:ATTACK}{x} \htmlData{a=b}{x} \url{javascript:y}".replace("ATTACK", attack)
show("text/latex", f"${formula}$ {script}")
show("text/markdown", f"[link](javascript:{attack}) `{script}` ${formula}$\n\n{script}")
show("application/json", {script: script, "__proto__": {"owned": 1}})
point = {"href": {"value": f"javascript:{attack}"}, "text": {"value": script}}
values = {"values": [{"a": 1}]}
show(
    "application/vnd.vegalite.v5+json", {"title": script, "mark": "point", "data": values, "encoding": point}
)
title = {"text": f"{script}<a href='javascript:{attack}'>x</a>"}
points = [{"x": [1], "y": [1], "text": script, "mode": "text"}]
show("application/vnd.plotly.v1+json", {"data": points, "layout": {"title": title}})
show(f"application/x-{script}", script)
print(f"\x1b]8;;javascript:{attack}\x07link\x1b]8;;\x07 \x1b[31m{script}\x1b[0m\x1b]0;title\x07")
raise ValueError("\x1b[1m" + script)
