// Signs a reader in at an OpenID Connect issuer: authorization code with PKCE. Its token stays in this tab.
import * as oauth from "oauth4webapi";
import { isObject, type Config } from "../protocol";

const PENDING = "longwire:sign-in:pending";
const TOKEN = "longwire:sign-in:token";
/** A token that ends while it is on its way helps nobody. */
const RESERVE = 30_000;

interface Pending {
  verifier: string;
  state: string;
  nonce: string;
  /** What the page's address asked for. */
  back: string;
}

interface Kept {
  token: string;
  /** Milliseconds since 1970. */
  until: number;
}

export class Issuer {
  readonly #url: URL;
  readonly #client: oauth.Client;
  readonly #options: { [oauth.allowInsecureRequests]?: boolean };
  readonly #page = new URL(location.pathname, location.origin).href;

  constructor({ issuer, client_id }: NonNullable<Config["sign_in"]>) {
    this.#url = new URL(issuer);
    this.#client = { client_id };
    // An issuer on the reader's own machine, for whoever tries this out.
    this.#options = ["127.0.0.1", "localhost"].includes(this.#url.hostname) ? { [oauth.allowInsecureRequests]: true } : {};
  }

  /** The reader's identity token, null when he has not signed in or has to do so again. */
  get token(): string | null {
    const kept = read<Kept>(TOKEN);
    return kept && Date.now() < kept.until - RESERVE ? kept.token : null;
  }

  signOut(): void {
    sessionStorage.removeItem(TOKEN);
  }

  /** Leaves the page for the issuer's. */
  async begin(): Promise<void> {
    const { authorization_endpoint } = await this.#server();
    if (!authorization_endpoint) throw new Error("the issuer has no authorization endpoint");
    const pending: Pending = {
      verifier: oauth.generateRandomCodeVerifier(),
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
      back: location.search + location.hash,
    };
    sessionStorage.setItem(PENDING, JSON.stringify(pending));
    const address = new URL(authorization_endpoint);
    const asked = {
      client_id: this.#client.client_id,
      redirect_uri: this.#page,
      response_type: "code",
      scope: "openid",
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: "S256",
    };
    for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
    location.assign(address);
  }

  /** Back from the issuer: takes the token, and gives the page its address back. Does nothing otherwise. */
  async finish(): Promise<void> {
    const pending = read<Pending>(PENDING);
    const here = new URL(location.href);
    if (!pending || here.searchParams.get("state") !== pending.state) return;
    sessionStorage.removeItem(PENDING);
    history.replaceState(null, "", this.#page + pending.back);
    const server = await this.#server();
    const answer = oauth.validateAuthResponse(server, this.#client, here, pending.state);
    const response = await oauth.authorizationCodeGrantRequest(server, this.#client, oauth.None(), answer, this.#page, pending.verifier, this.#options);
    const tokens = await oauth.processAuthorizationCodeResponse(server, this.#client, response, { expectedNonce: pending.nonce, requireIdToken: true });
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    if (!tokens.id_token || !claims) throw new Error("the issuer gave no identity token");
    sessionStorage.setItem(TOKEN, JSON.stringify({ token: tokens.id_token, until: claims.exp * 1_000 } satisfies Kept));
  }

  async #server(): Promise<oauth.AuthorizationServer> {
    return oauth.processDiscoveryResponse(this.#url, await oauth.discoveryRequest(this.#url, this.#options));
  }
}

function read<T>(name: string): T | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(name) ?? "null");
    return isObject(kept) ? (kept as T) : null;
  } catch {
    return null;
  }
}
