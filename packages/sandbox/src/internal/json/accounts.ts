/** Users, Apps and installations as GitHub's API describes them. */
import type { State } from "../state.ts"

export const nodeId = (kind: string, id: number) => Buffer.from(`0${kind.length}:${kind}${id}`).toString("base64")

/** A stable positive id for a name. */
export const idOf = (name: string): number => {
  let hash = 5381
  for (const character of name) hash = ((hash * 33) ^ (character.codePointAt(0) ?? 0)) >>> 0
  return (hash % 100_000_000) + 1
}

/** Where a browser would look. */
export const webOf = (api: string) => `${api}/_web`

/** Everything there is was made then, unless it is known better. */
export const epoch = "2026-01-01T00:00:00Z"

export const userJson = (api: string, login: string) => {
  const id = idOf(login.toLowerCase())
  const url = `${api}/users/${encodeURIComponent(login)}`
  return {
    login,
    id,
    node_id: nodeId("User", id),
    avatar_url: `${webOf(api)}/${encodeURIComponent(login)}.png`,
    gravatar_id: "",
    url,
    html_url: `${webOf(api)}/${encodeURIComponent(login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: login.endsWith("[bot]") ? "Bot" : "User",
    user_view_type: "public",
    site_admin: false
  }
}

/** `GET /user`, and `GET /users/{username}` of whoever shows an address or not */
export const fullUserJson = (api: string, login: string, email: string | null = null) => ({
  ...userJson(api, login),
  name: null,
  company: null,
  blog: "",
  location: null,
  email,
  hireable: null,
  bio: null,
  twitter_username: null,
  public_repos: 0,
  public_gists: 0,
  followers: 0,
  following: 0,
  created_at: epoch,
  updated_at: epoch
})

const permissions = {
  checks: "write",
  contents: "read",
  deployments: "write",
  issues: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "write"
}
const events = ["issue_comment", "pull_request", "push"]

/** The one installation of the App on an account. */
export const installationIdOf = (owner: string) => idOf(`installation of ${owner.toLowerCase()}`)

/** `GET /app` */
export const appJson = ({ api, app, repositories }: State) => ({
  id: app.id,
  client_id: `Iv1.${app.id}`,
  slug: app.slug,
  node_id: nodeId("App", app.id),
  owner: userJson(api(), "octocat"),
  name: app.slug,
  description: "An App of the sandbox",
  external_url: webOf(api()),
  html_url: `${webOf(api())}/apps/${app.slug}`,
  created_at: epoch,
  updated_at: epoch,
  permissions,
  events,
  installations_count: new Set(Array.from(repositories.values(), ({ owner }) => owner.toLowerCase())).size
})

export const installationJson = ({ api, app }: State, owner: string) => {
  const id = installationIdOf(owner)
  const account = userJson(api(), owner)
  return {
    id,
    client_id: `Iv1.${app.id}`,
    account,
    repository_selection: "all",
    access_tokens_url: `${api()}/app/installations/${id}/access_tokens`,
    repositories_url: `${api()}/installation/repositories`,
    html_url: `${webOf(api())}/settings/installations/${id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions,
    events,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    created_at: epoch,
    updated_at: epoch,
    suspended_by: null,
    suspended_at: null
  }
}

/** `POST /app/installations/{id}/access_tokens` */
export const installationTokenJson = (token: string, expiresAt: string) => ({
  token,
  expires_at: expiresAt,
  permissions,
  repository_selection: "all"
})
