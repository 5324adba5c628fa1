import { describe, expect, it } from "vitest";
import { dedent, extractCode } from "../src/element/code";

const element = (html: string) => {
  const node = document.createElement("div");
  node.innerHTML = html;
  return node;
};

describe("code extraction", () => {
  it("strips blank edges and the common indent, whatever it is made of", () => {
    expect(dedent("\n    a\n      b\n\n    c\n  ")).toBe("a\n  b\n\nc");
    expect(dedent("\n\ta\n\t\tb")).toBe("a\n\tb");
    expect(dedent("a\r\n  b\r\n")).toBe("a\n  b");
    expect(dedent("  a\n\tb")).toBe("  a\n\tb");
    expect(dedent("")).toBe("");
  });

  it("takes the first of script, template, textarea, pre, text", () => {
    expect(extractCode(element('<pre>no</pre><script type="text/x-python">\n  if a < b:\n    pass</script>'))).toBe("if a < b:\n  pass");
    expect(extractCode(element("<template>\n x = 1</template>"))).toBe("x = 1");
    expect(extractCode(element("<textarea>\n x &lt; 1</textarea>"))).toBe("x < 1");
    expect(extractCode(element("about <pre>\n  print(1)\n</pre>"))).toBe("print(1)");
    expect(extractCode(element("\n  print(2)\n"))).toBe("print(2)");
  });
});
