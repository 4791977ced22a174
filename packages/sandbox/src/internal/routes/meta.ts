/** What is not about a repository. */
import { randomBytes } from "node:crypto"
import type { Call } from "../http.ts"
import {
  failure,
  json,
  notAccessible,
  notFound,
  numberOf,
  page,
  Refusal,
  type Route,
  repositoryOf,
  route
} from "../http.ts"
import { appJson, fullUserJson, installationIdOf, installationJson, installationTokenJson } from "../json/accounts.ts"
import { repositoryJson } from "../json/repositories.ts"
import type { RateLimit } from "../rateLimit.ts"
import type { State } from "../state.ts"

/** Of an installation's token. https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app (read 2026-11-21) */
const tokenLifetimeMs = 3_600_000

const onlyApp = (call: Call): number => {
  if (call.viewer._tag === "App") return call.viewer.id
  throw new Refusal(failure(401, "A JSON web token could not be decoded"))
}

export const metaRoutes = (state: State, rateLimit: RateLimit): ReadonlyArray<Route> => {
  const owners = () => {
    const all = Array.from(state.repositories.values(), ({ owner }) => owner)
    return all.filter((owner, index) => all.findIndex((one) => one.toLowerCase() === owner.toLowerCase()) === index)
  }
  const ownerOf = (call: Call) => {
    const id = numberOf(call, "id")
    const owner = owners().find((one) => installationIdOf(one) === id)
    if (owner === undefined) throw new Refusal(notFound)
    return owner
  }
  const about = (call: Call) => ({ ...state, app: { ...state.app, id: onlyApp(call) } })

  return [
    route("GET", "/meta", () =>
      json({
        verifiable_password_authentication: false,
        hooks: ["127.0.0.0/8", "::1/128"],
        web: ["127.0.0.0/8"],
        api: ["127.0.0.0/8"],
        git: ["127.0.0.0/8"]
      })
    ),
    route("GET", "/rate_limit", () => {
      const core = rateLimit.current("core")
      const [search, code_search] = [rateLimit.current("search"), rateLimit.current("code_search")]
      return json({ resources: { core, search, code_search }, rate: core })
    }),
    route("GET", "/user", ({ viewer }) => {
      switch (viewer._tag) {
        case "User":
          return json(fullUserJson(state.api(), viewer.login))
        case "Anonymous":
          return failure(401, "Requires authentication")
        default:
          return notAccessible
      }
    }),
    route("GET", "/users/:login", ({ params }) => {
      const login = params["login"] ?? ""
      return json(fullUserJson(state.api(), login, state.emails?.[login] ?? null))
    }),
    route("GET", "/app", (call) => json(appJson(about(call)))),
    route("GET", "/app/installations", (call) => {
      const seen = about(call)
      return page(state, call, owners(), (owner) => installationJson(seen, owner))
    }),
    route("GET", "/app/installations/:id", (call) => json(installationJson(about(call), ownerOf(call)))),
    route("POST", "/app/installations/:id/access_tokens", (call) => {
      onlyApp(call)
      const owner = ownerOf(call)
      const token = `ghs_${randomBytes(18).toString("hex")}`
      const expiresAtMs = state.nowMs() + tokenLifetimeMs
      state.installationTokens.set(token, { owner: owner.toLowerCase(), expiresAtMs })
      return json(installationTokenJson(token, state.isoOf(expiresAtMs)), 201)
    }),
    route("GET", "/installation/repositories", (call) => {
      const { viewer } = call
      if (viewer._tag !== "Installation") return failure(403, "You must authenticate with an installation access token")
      const own = Array.from(state.repositories.values()).filter(({ owner }) => owner.toLowerCase() === viewer.owner)
      return page(
        state,
        call,
        own,
        (repo) => repositoryJson(state.api(), repo),
        (repositories) => ({ total_count: own.length, repositories })
      )
    }),
    route("GET", "/repos/:owner/:repo/installation", (call) => {
      const seen = about(call)
      const viewer = { _tag: "User", login: state.login } as const
      return json(installationJson(seen, repositoryOf(state, { ...call, viewer }).owner))
    })
  ]
}
