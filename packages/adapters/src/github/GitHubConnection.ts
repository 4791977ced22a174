/** One set of credentials on GitHub: what every adapter here asks through, so that they keep its limits together. */
import { createAppAuth } from "@octokit/auth-app"
import type { CodeHostError, RepositoryName } from "@productbuilding/core"
import { Cache, type Config, Context, Duration, Effect, Exit, Layer, Option, Redacted, Schema } from "effect"
import {
  type ClientOptions,
  decodeAnswer,
  type GitHubClient,
  type GitHubLimit,
  makeClient,
  type OctokitClient,
  request
} from "./GitHubClient.ts"
import {
  checkCredentials,
  configuredOptions,
  type GitHubCredentials,
  type GitHubCredentialsError,
  type GitHubOptions
} from "./GitHubCredentials.ts"
import { InstallationJson } from "./GitHubJson.ts"

type Connection = Omit<ClientOptions, "identity" | "auth">

/** The two parts of `owner/name`. */
export const split = (repository: string) => {
  const [owner = "", repo = ""] = repository.split("/")
  return { owner, repo }
}

/** What GitHub's REST API says when it is asked about a repository. */
export class GitHubConnection extends Context.Service<
  GitHubConnection,
  {
    /** Without a slash at its end. */
    readonly apiUrl: string
    /** For one request with its answer. */
    readonly timeout: Duration.Duration
    /** A client without credentials. */
    readonly anonymous: GitHubClient
    /** The client that may see a repository. */
    client(repository: RepositoryName): Effect.Effect<GitHubClient, CodeHostError>
    /** To be told of every failure: a refusal may mean that the App was installed anew. */
    failed(repository: RepositoryName, error: CodeHostError): Effect.Effect<void>
    /**
     * One request, and its answer as the schema reads it. `operation` is what it does, for people; `limit`, by default
     * `core`, is what GitHub counts it towards.
     */
    ask<A, I>(
      operation: string,
      repository: RepositoryName,
      schema: Schema.Codec<A, I>,
      run: (octokit: OctokitClient, signal: AbortSignal) => Promise<unknown>,
      limit?: GitHubLimit
    ): Effect.Effect<A, CodeHostError>
    /**
     * The login under which we write; `None` for an installation's token that was given as such, which GitHub does not
     * let ask. It is remembered for as long as this lives.
     */
    login(repository: RepositoryName): Effect.Effect<Option.Option<string>, CodeHostError>
  }
>()("@productbuilding/adapters/github/GitHubConnection") {}

/**
 * Whether an account is ours. Where our own login is unknown we are some App, so that at least no person can pass for us.
 */
export const isOwn = (own: Option.Option<string>, login: string): boolean =>
  Option.match(own, {
    onNone: () => login.endsWith("[bot]"),
    onSome: (name) => name.toLowerCase() === login.toLowerCase()
  })

/** Finds the client that may see a repository, and forgets what it found there. */
interface Clients {
  find(repository: RepositoryName): Effect.Effect<GitHubClient, CodeHostError>
  forget(repository: RepositoryName): Effect.Effect<void>
  readonly login: (repository: RepositoryName) => Effect.Effect<Option.Option<string>, CodeHostError>
}

/** https://docs.github.com/en/rest/users/users#get-the-authenticated-user (read 2026-11-21) */
const UserJson = Schema.Struct({ login: Schema.String })
/** https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app (read 2026-11-21) */
const AppJson = Schema.Struct({ slug: Schema.String })

const askAs = <A, I>(
  client: GitHubClient,
  repository: RepositoryName,
  schema: Schema.Codec<A, I>,
  url: "/user" | "/app"
) => {
  const operation = "asking who we are"
  return request(client, operation, repository, (octokit, signal) =>
    octokit.request({ method: "GET", url, request: { signal } })
  ).pipe(Effect.flatMap(({ data }) => decodeAnswer(operation, repository, schema)(data)))
}

const tokenClients = Effect.fnUntraced(function* (connection: Connection, token: Redacted.Redacted<string>) {
  const client = yield* makeClient({ ...connection, identity: "token", auth: { auth: Redacted.value(token) } })
  const clients: Clients = {
    find: () => Effect.succeed(client),
    forget: () => Effect.void,
    login: (repository) =>
      askAs(client, repository, UserJson, "/user").pipe(
        Effect.map(({ login }) => Option.some(login)),
        Effect.catchIf(
          ({ reason }) => reason._tag === "Denied" && reason.status === 403,
          () => Effect.succeedNone
        )
      )
  }
  return clients
})

/**
 * One client for each installation of the App; a repository's installation is remembered for an hour. Octokit renews
 * the installations' tokens.
 */
const appClients = Effect.fnUntraced(function* (
  connection: Connection,
  { appId, privateKey }: Extract<GitHubCredentials, { readonly _tag: "App" }>
) {
  const app = { appId, privateKey: Redacted.value(privateKey) }
  const client = yield* makeClient({
    ...connection,
    identity: `app ${appId}`,
    auth: { authStrategy: createAppAuth, auth: app }
  })
  const installations = yield* Cache.make({
    capacity: 10_000,
    lookup: (installationId: number) =>
      makeClient({
        ...connection,
        identity: `installation ${installationId}`,
        auth: { authStrategy: createAppAuth, auth: { ...app, installationId } }
      })
  })
  const repositories = yield* Cache.makeWith(
    (repository: string) => {
      const operation = "finding the App's installation"
      return request(client, operation, repository, (octokit, signal) =>
        octokit.request("GET /repos/{owner}/{repo}/installation", { ...split(repository), request: { signal } })
      ).pipe(
        Effect.flatMap(({ data }) => decodeAnswer(operation, repository, InstallationJson)(data)),
        Effect.flatMap(({ id }) => Cache.get(installations, id))
      )
    },
    { capacity: 10_000, timeToLive: (exit) => (Exit.isSuccess(exit) ? Duration.hours(1) : Duration.zero) }
  )
  const clients: Clients = {
    find: (repository) => Cache.get(repositories, repository.toLowerCase()),
    forget: (repository) => Cache.invalidate(repositories, repository.toLowerCase()),
    login: (repository) =>
      Effect.map(askAs(client, repository, AppJson, "/app"), ({ slug }) => Option.some(`${slug}[bot]`))
  }
  return clients
})

/** A connection with the given credentials. */
export const make = Effect.fnUntraced(function* (
  options: GitHubOptions
): Effect.fn.Return<GitHubConnection["Service"], GitHubCredentialsError> {
  const credentials = yield* checkCredentials(options.credentials)
  const connection: Connection = {
    apiUrl: (options.apiUrl ?? "https://api.github.com").replace(/\/+$/, ""),
    timeout: Duration.fromInputUnsafe(options.timeout ?? Duration.seconds(15)),
    writeInterval: Duration.fromInputUnsafe(options.writeInterval ?? Duration.seconds(1))
  }
  const clients =
    credentials._tag === "Token"
      ? yield* tokenClients(connection, credentials.token)
      : yield* appClients(connection, credentials)
  const anonymous = yield* makeClient({ ...connection, identity: "anonymous", auth: {} })

  const logins = yield* Cache.makeWith((repository: RepositoryName) => clients.login(repository), {
    capacity: 10_000,
    timeToLive: (exit) => (Exit.isSuccess(exit) ? Duration.infinity : Duration.zero)
  })

  /** A wrong or missing right may mean that the App was installed anew: then its installation is looked up again. */
  const failed = (repository: RepositoryName, error: CodeHostError) =>
    error.reason._tag === "NotFound" || error.reason._tag === "Denied" ? clients.forget(repository) : Effect.void

  return GitHubConnection.of({
    apiUrl: connection.apiUrl,
    timeout: connection.timeout,
    anonymous,
    client: clients.find,
    failed,
    ask: (operation, repository, schema, run, limit = "core") =>
      clients.find(repository).pipe(
        Effect.flatMap((client) => request(client, operation, repository, run, limit)),
        Effect.tapError((error) => failed(repository, error)),
        Effect.flatMap(decodeAnswer(operation, repository, schema))
      ),
    login: (repository) => Cache.get(logins, repository)
  })
})

/** A connection with the given credentials. */
export const layer = (options: GitHubOptions): Layer.Layer<GitHubConnection, GitHubCredentialsError> =>
  Layer.effect(GitHubConnection, make(options))

/**
 * Reads `GITHUB_API_URL` (default `https://api.github.com`), `GITHUB_WRITE_INTERVAL` (default 1 second), and either
 * `GITHUB_TOKEN` or both `GITHUB_APP_ID` and `GITHUB_APP_PRIVATE_KEY` (PEM; `\n` may be written for a line end).
 */
export const layerConfig: Layer.Layer<GitHubConnection, GitHubCredentialsError | Config.ConfigError> = Layer.effect(
  GitHubConnection,
  Effect.flatMap(configuredOptions, make)
)
