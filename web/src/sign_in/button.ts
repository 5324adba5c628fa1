// The button by which a reader of the hosted page signs in and out, and the words beside it.
import { make } from "../dom";
import { InteractCell } from "../element/interact_cell";
import type { Config } from "../protocol";
import { languageOf } from "../words";
import { Issuer } from "./issuer";
import { WORDS } from "./words";

/** Lets the reader sign in, and the page's cells say who he is. Resolves when the address is the page's own again. */
export async function offerSignIn(place: HTMLElement, config: NonNullable<Config["sign_in"]>): Promise<void> {
  const words = WORDS[languageOf(place)];
  const issuer = new Issuer(config);
  const button = make("button", { type: "button" });
  const status = make("span", { role: "status" });
  const show = (trouble = "") => {
    button.textContent = issuer.token ? words.signOut : words.signIn;
    status.textContent = trouble || (issuer.token ? words.signedIn : "");
  };
  button.addEventListener("click", () => {
    if (issuer.token) {
      issuer.signOut();
      show();
    } else issuer.begin().catch(() => show(words.failed));
  });
  place.append(make("p", { class: "sign-in" }, button, status));
  InteractCell.identity = () => Promise.resolve(issuer.token);
  await issuer.finish().then(() => show(), () => show(words.failed));
}
