/** Who a request comes from. */
import { failure, Refusal, type Viewer } from "./http.ts"
import type { State } from "./state.ts"

const badCredentials = failure(401, "Bad credentials")

/** An App's token may run for ten minutes. https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app (read 2026-11-21) */
const maxJwtSeconds = 600

const decodePart = (part: string | undefined): unknown => {
  try {
    return JSON.parse(Buffer.from(part ?? "", "base64url").toString("utf8"))
  } catch {
    // NOTE: what is no JSON fails the checks that follow.
    return undefined
  }
}

const claim = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

const refuse = (message: string): never => {
  throw new Refusal(failure(401, message))
}

/** Any well-formed JWT that has not expired; the sandbox knows no public keys, so the signature is not checked. */
const appOf = (state: State, token: string): Viewer => {
  const [header, payload] = token.split(".").map(decodePart)
  const issuer = claim(payload, "iss")
  const [issuedAt, expiresAt] = [claim(payload, "iat"), claim(payload, "exp")]
  const nowSeconds = state.nowMs() / 1000
  if (claim(header, "alg") !== "RS256" || (typeof issuer !== "string" && typeof issuer !== "number")) {
    return refuse("A JSON web token could not be decoded")
  }
  if (typeof issuedAt !== "number" || issuedAt > nowSeconds + 60) {
    return refuse("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
  }
  if (typeof expiresAt !== "number" || expiresAt <= nowSeconds) {
    return refuse(
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
    )
  }
  if (expiresAt > nowSeconds + maxJwtSeconds + 1) {
    return refuse("'Expiration time' claim ('exp') is too far in the future")
  }
  return { _tag: "App", id: /^\d{1,15}$/.test(String(issuer)) ? Number(issuer) : state.app.id }
}

/** The caller, or a refusal with 401. No `Authorization` at all is an anonymous caller, who may read what is public. */
export const viewerOf = (state: State, authorization: string | undefined): Viewer => {
  if (authorization === undefined) return { _tag: "Anonymous" }
  const [, token] = /^(?:token|bearer) +(\S+)$/i.exec(authorization) ?? []
  if (token === undefined) throw new Refusal(badCredentials)
  if (/^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(token)) return appOf(state, token)
  const installation = state.installationTokens.get(token)
  if (installation !== undefined) {
    if (installation.expiresAtMs <= state.nowMs()) throw new Refusal(badCredentials)
    return { _tag: "Installation", owner: installation.owner, login: `${state.app.slug}[bot]` }
  }
  if (state.tokens !== undefined && !state.tokens.includes(token)) throw new Refusal(badCredentials)
  return { _tag: "User", login: state.login }
}
