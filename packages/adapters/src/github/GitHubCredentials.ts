/** How we prove to GitHub who we are, and where it is. */
import { createPrivateKey } from "node:crypto"
import { Config, Duration, Effect, Option, Redacted, Schema } from "effect"

/** A personal, fine-grained or installation token, or a GitHub App's id and private key (PEM). */
export type GitHubCredentials =
  | { readonly _tag: "Token"; readonly token: Redacted.Redacted<string> }
  | { readonly _tag: "App"; readonly appId: string; readonly privateKey: Redacted.Redacted<string> }

/** Where GitHub is and how it is spoken to. */
export interface GitHubOptions {
  readonly credentials: GitHubCredentials
  /** Default `https://api.github.com`; of an Enterprise Server `https://{host}/api/v3`. */
  readonly apiUrl?: string
  /** For one request with its answer. Default 15 seconds. */
  readonly timeout?: Duration.Input
  /** Between two writes with the same credentials; GitHub asks for a second, which is the default. */
  readonly writeInterval?: Duration.Input
}

/** The credentials are missing, malformed, or contradict each other. Fails the boot; one line that names the variables. */
export class GitHubCredentialsError extends Schema.TaggedError<GitHubCredentialsError>()("GitHubCredentialsError", {
  message: Schema.String
}) {}

const wrong = (message: string) => new GitHubCredentialsError({ message })

/** A text that can be sent in a header: anything else would make the client quote the secret in its complaint. */
const headerValue = /^[\x21-\x7e]+$/

/** The credentials, cleaned of stray blanks, or why they cannot be used. Never shows a part of a secret. */
export const checkCredentials = Effect.fnUntraced(function* (
  credentials: GitHubCredentials
): Effect.fn.Return<GitHubCredentials, GitHubCredentialsError> {
  if (credentials._tag === "Token") {
    const token = Redacted.value(credentials.token).trim()
    return headerValue.test(token)
      ? { _tag: "Token", token: Redacted.make(token) }
      : yield* wrong("GITHUB_TOKEN is no token: it is empty, or contains blanks or other characters that no token has.")
  }
  const privateKey = Redacted.value(credentials.privateKey).replaceAll("\\n", "\n").trim()
  const appId = credentials.appId.trim()
  if (!headerValue.test(appId)) return yield* wrong("GITHUB_APP_ID is no App id: it stands on the App's settings page.")
  const unusable = wrong(
    "GITHUB_APP_PRIVATE_KEY is no RSA private key: give the whole .pem file, with \\n for each line end."
  )
  const { asymmetricKeyType } = yield* Effect.try({ try: () => createPrivateKey(privateKey), catch: () => unusable })
  if (asymmetricKeyType !== "rsa") return yield* unusable
  return { _tag: "App", appId, privateKey: Redacted.make(privateKey) }
})

/** A variable that is set to nothing counts as not set, as Compose files write it. */
const secret = (name: string) =>
  Config.option(Config.Redacted(name)).pipe(Config.map(Option.filter((value) => Redacted.value(value).trim() !== "")))

/**
 * Reads `GITHUB_API_URL` (default `https://api.github.com`), `GITHUB_WRITE_INTERVAL` (default 1 second), and either
 * `GITHUB_TOKEN` or both `GITHUB_APP_ID` and `GITHUB_APP_PRIVATE_KEY` (PEM; `\n` may be written for a line end).
 */
export const configuredOptions: Effect.Effect<GitHubOptions, GitHubCredentialsError | Config.ConfigError> = Effect.gen(
  function* () {
    const apiUrl = yield* Config.URL("GITHUB_API_URL").pipe(Config.withDefault(new URL("https://api.github.com")))
    const writeInterval = yield* Config.Duration("GITHUB_WRITE_INTERVAL").pipe(Config.withDefault(Duration.seconds(1)))
    const token = yield* secret("GITHUB_TOKEN")
    const appId = yield* secret("GITHUB_APP_ID")
    const privateKey = yield* secret("GITHUB_APP_PRIVATE_KEY")
    const connection = { apiUrl: apiUrl.href, writeInterval }
    if (Option.isSome(token)) {
      if (Option.isSome(appId) || Option.isSome(privateKey)) {
        return yield* wrong("Set either GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY, not both.")
      }
      return { ...connection, credentials: { _tag: "Token", token: token.value } }
    }
    if (Option.isNone(appId) && Option.isNone(privateKey)) {
      return yield* wrong(
        "GitHub needs credentials: set GITHUB_TOKEN, or both GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY."
      )
    }
    if (Option.isNone(appId)) return yield* wrong("GITHUB_APP_PRIVATE_KEY is set, but GITHUB_APP_ID is not.")
    if (Option.isNone(privateKey)) return yield* wrong("GITHUB_APP_ID is set, but GITHUB_APP_PRIVATE_KEY is not.")
    return {
      ...connection,
      credentials: { _tag: "App", appId: Redacted.value(appId.value), privateKey: privateKey.value }
    }
  }
)
