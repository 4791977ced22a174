/** Checks of what GitHub lets us do, and of the webhooks that it sends. */
import type { Project } from "@productbuilding/core"
import { Effect, Schema } from "effect"
import { describeConfigError } from "../ConfigMessage.ts"
import { type Check, error, ok, type Seen, warn } from "./Finding.ts"
import { connectGitHub, type GitHubConnection, type GitHubRefused } from "./GitHubConnection.ts"

const Repository = Schema.Struct({
  private: Schema.Boolean,
  permissions: Schema.optionalKey(Schema.Record(Schema.String, Schema.Boolean))
})
const App = Schema.Struct({
  slug: Schema.optionalKey(Schema.String),
  permissions: Schema.Record(Schema.String, Schema.String),
  events: Schema.Array(Schema.String)
})
const Hook = Schema.Struct({
  id: Schema.Int,
  active: Schema.Boolean,
  events: Schema.Array(Schema.String),
  config: Schema.Struct({ url: Schema.optionalKey(Schema.String) })
})
const HookConfig = Schema.Struct({ url: Schema.optionalKey(Schema.String) })
const Deliveries = Schema.Array(
  Schema.Struct({ status: Schema.String, status_code: Schema.Int, event: Schema.String, delivered_at: Schema.String })
)
const Installation = Schema.Struct({ id: Schema.Int })

const refusedBy = (connection: GitHubConnection, { detail, path, reason }: GitHubRefused): Seen => {
  switch (reason) {
    case "Denied":
      return error(
        `GitHub refuses the credentials (${detail === "" ? "denied" : detail}).`,
        connection.kind === "Token"
          ? "GITHUB_TOKEN is wrong, has expired, or lacks a permission: make a new one that may read contents and write pull requests and issues."
          : "Check that GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY belong to the same App."
      )
    case "RateLimited":
      return warn("GitHub's rate limit is spent.", "Wait; if it happens often, use a GitHub App, which has more.")
    case "Unavailable":
      return error(
        `${connection.apiUrl} does not answer (${detail}).`,
        "Check GITHUB_API_URL, the network and the proxy of this machine."
      )
    default:
      return warn(
        `${connection.apiUrl}${path} answers what was not expected (${detail === "" ? reason : detail}).`,
        "Check GITHUB_API_URL."
      )
  }
}

/** What the server needs of an App; the level is the least that suffices. */
const needed: Readonly<Record<string, "read" | "write">> = { contents: "read", pull_requests: "write", issues: "write" }

const lookAtApp = Effect.fnUntraced(function* (connection: GitHubConnection) {
  const { data } = yield* connection.get("/app", App)
  const missing = Object.entries(needed).filter(
    ([name, level]) => data.permissions[name] !== "write" && data.permissions[name] !== level
  )
  const seen: Array<Seen> = missing.map(([name, level]) =>
    error(
      `The App has no permission ${name}: ${level}.`,
      "Grant it on the App's settings page, and accept it in each installation."
    )
  )
  if (!data.events.includes("pull_request")) {
    seen.push(
      error(
        "The App is not subscribed to pull_request.",
        "Subscribe it on the App's settings page, under Permissions & events."
      )
    )
  }
  return seen.length === 0 ? [ok(`The App ${data.slug ?? ""} has the permissions and events that it needs.`)] : seen
})

const lookAtRepository = (connection: GitHubConnection, repository: string) =>
  Effect.gen(function* () {
    if (connection.kind === "App") {
      yield* connection.get(`/repos/${repository}/installation`, Installation)
      return ok(`The App is installed on ${repository}.`)
    }
    const { data, scopes } = yield* connection.get(`/repos/${repository}`, Repository)
    const wanted = data.private ? ["repo"] : ["repo", "public_repo"]
    if (scopes !== undefined && !wanted.some((scope) => scopes.includes(scope))) {
      return error(
        `The token may see ${repository}, but its scopes (${scopes.join(", ")}) do not let it comment.`,
        `Give it the scope ${wanted.at(-1)}, or make a fine-grained one that may write pull requests and issues.`
      )
    }
    return data.permissions?.["pull"] === false
      ? error(`The token may not read ${repository}.`, "Give its account read access to the repository.")
      : ok(`The token may read ${repository}${scopes === undefined ? "" : " and comment on it"}.`)
  }).pipe(
    Effect.catchTag("GitHubRefused", (refused) =>
      Effect.succeed(
        refused.reason === "NotFound"
          ? error(
              connection.kind === "App"
                ? `The App is not installed on ${repository}.`
                : `The token does not see ${repository}.`,
              connection.kind === "App"
                ? "Install it there, or correct the name in the targets file."
                : "Give the token that repository, or correct the name in the targets file."
            )
          : refusedBy(connection, refused)
      )
    )
  )

/** The credentials, and what they let us do with each repository. */
export const credentialsCheck = (projects: ReadonlyArray<Project>): Check<never> => ({
  name: "GitHub access",
  look: Effect.gen(function* () {
    const connection = yield* connectGitHub
    const app =
      connection.kind === "App"
        ? yield* lookAtApp(connection).pipe(
            Effect.catchTag("GitHubRefused", (refused) => Effect.succeed([refusedBy(connection, refused)]))
          )
        : []
    const repositories = yield* Effect.forEach(projects, ({ repository }) => lookAtRepository(connection, repository), {
      concurrency: 4
    })
    // The same trouble with every repository is one finding.
    return Array.from(new Map([...app, ...repositories].map((seen) => [seen.found, seen])).values())
  }).pipe(
    // The same failure stops the server's boot.
    Effect.catchTags({
      GitHubCredentialsError: ({ message }) =>
        Effect.succeed([error(message, "Set it for the server, and run this with the same environment.")]),
      ConfigError: (failure) =>
        Effect.succeed([error(describeConfigError(failure), "Correct the variable that it names.")])
    })
  )
})

const judgeDeliveries = (what: string, deliveries: typeof Deliveries.Type): Seen => {
  const [last] = deliveries
  if (last === undefined) {
    return warn(`${what} has not sent anything yet.`, "Open a pull request, or press Redeliver on the webhook's page.")
  }
  const failed = deliveries.filter(({ status_code }) => status_code < 200 || status_code >= 300).length
  if (last.status_code < 200 || last.status_code >= 300) {
    return error(
      `The last delivery of ${what} failed (${last.status}).`,
      last.status_code === 401
        ? "The secrets differ: give the webhook the value of GITHUB_WEBHOOK_SECRET."
        : "Check that GitHub can reach PUBLIC_URL/webhook, then press Redeliver on the webhook's page."
    )
  }
  return failed === 0
    ? ok(`The last ${deliveries.length} deliveries of ${what} arrived.`)
    : warn(
        `${failed} of the last ${deliveries.length} deliveries of ${what} failed.`,
        "Redeliver them on the webhook's page; the server catches up by itself within minutes."
      )
}

const lookAtHooks = (connection: GitHubConnection, repository: string, address: string) =>
  Effect.gen(function* () {
    const { data: hooks } = yield* connection.get(`/repos/${repository}/hooks`, Schema.Array(Hook))
    const hook = hooks.find(({ config }) => config.url === address)
    if (hook === undefined) {
      return error(
        `No webhook of ${repository} points at ${address}.`,
        "Add one in the repository's settings: that URL, content type application/json, the secret, and the event Pull requests."
      )
    }
    const what = `the webhook of ${repository}`
    if (!hook.active) return error(`${what} is switched off.`, "Switch it on in the repository's settings.")
    if (!hook.events.includes("pull_request") && !hook.events.includes("*")) {
      return error(
        `${what} does not send pull_request.`,
        "Choose the event Pull requests in the repository's settings."
      )
    }
    const { data: deliveries } = yield* connection.get(
      `/repos/${repository}/hooks/${hook.id}/deliveries?per_page=20`,
      Deliveries
    )
    return judgeDeliveries(what, deliveries)
  }).pipe(
    Effect.catchTag("GitHubRefused", (refused) =>
      Effect.succeed(
        refused.reason === "NotFound" || refused.reason === "Denied"
          ? warn(
              `The token may not look at the webhooks of ${repository}.`,
              `See for yourself that one points at ${address}; to let doctor see it, give the token the permission Webhooks: read.`
            )
          : refusedBy(connection, refused)
      )
    )
  )

const lookAtAppHook = Effect.fnUntraced(function* (connection: GitHubConnection, address: string) {
  const { data: config } = yield* connection.get("/app/hook/config", HookConfig)
  if (config.url !== address) {
    return [
      error(
        `The App's webhook points at ${config.url ?? "nothing"}, not at ${address}.`,
        "Correct it on the App's settings page, or correct PUBLIC_URL."
      )
    ]
  }
  const { data: deliveries } = yield* connection.get("/app/hook/deliveries?per_page=20", Deliveries)
  return [judgeDeliveries("the App's webhook", deliveries)]
})

/** Whether GitHub sends webhooks here, and whether they arrived. */
export const webhookCheck = (projects: ReadonlyArray<Project>, publicUrl: string): Check<never> => ({
  name: "Webhook",
  look: connectGitHub.pipe(
    Effect.flatMap((connection) => {
      const address = `${publicUrl}/webhook`
      return connection.kind === "App"
        ? lookAtAppHook(connection, address).pipe(
            Effect.catchTag("GitHubRefused", (refused) => Effect.succeed([refusedBy(connection, refused)]))
          )
        : Effect.forEach(projects, ({ repository }) => lookAtHooks(connection, repository, address), { concurrency: 4 })
    }),
    // The check of the credentials has said so.
    Effect.catchTags({
      GitHubCredentialsError: () => Effect.succeed<ReadonlyArray<Seen>>([]),
      ConfigError: () => Effect.succeed<ReadonlyArray<Seen>>([])
    })
  )
})
