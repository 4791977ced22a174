/** `Members` on GitHub's REST API. */
import { Members, type Permission } from "@productbuilding/agent"
import type { RepositoryName } from "@productbuilding/core"
import { type Config, Effect, Layer, Schema } from "effect"
import * as GitHubConnection from "./GitHubConnection.ts"
import type { GitHubCredentialsError } from "./GitHubCredentials.ts"

const { split } = GitHubConnection

/**
 * `permission` has the older names, in which `maintain` is `write` and `triage` is `read`; `role_name` the newer ones, or
 * that of an organisation's own role.
 * https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user (read 2026-11-21)
 */
const PermissionJson = Schema.Struct({
  permission: Schema.Literals(["admin", "write", "read", "none"]),
  role_name: Schema.optionalKey(Schema.String)
})

/** An organisation's own role counts as the base that it extends. */
const permissionFrom = ({ permission, role_name: role }: typeof PermissionJson.Type): Permission =>
  permission === "read" && role === "triage" ? "triage" : permission

/**
 * Members on a connection. Nothing is cached. The role `maintain` counts as `write`. GitHub tells it only to credentials
 * with write access to the repository; others are `Denied`.
 */
const make = ({ ask }: GitHubConnection.GitHubConnection["Service"]): Members["Service"] => {
  const isThere = (repository: RepositoryName) =>
    ask(
      "reading the repository",
      repository,
      Schema.Struct({ id: Schema.Int }),
      async (octokit, signal) =>
        (await octokit.request("GET /repos/{owner}/{repo}", { ...split(repository), request: { signal } })).data
    )

  return Members.of({
    permission: Effect.fn("GitHubMembers.permission")((repository, login) =>
      ask(
        `asking what ${login} may do`,
        repository,
        PermissionJson,
        async (octokit, signal) =>
          (
            await octokit.request("GET /repos/{owner}/{repo}/collaborators/{username}/permission", {
              ...split(repository),
              username: login,
              request: { signal }
            })
          ).data
      ).pipe(
        Effect.map(permissionFrom),
        // NOTE: an unknown login and an unknown repository are both not found.
        Effect.catchReason("CodeHostError", "NotFound", () => Effect.as(isThere(repository), "none" as const))
      )
    )
  })
}

/** Members on a connection. */
export const layer: Layer.Layer<Members, never, GitHubConnection.GitHubConnection> = Layer.effect(
  Members,
  Effect.map(GitHubConnection.GitHubConnection, make)
)

/** Members on the connection that `GitHubConnection.layerConfig` makes of the environment. */
export const layerConfig: Layer.Layer<Members, GitHubCredentialsError | Config.ConfigError> = layer.pipe(
  Layer.provide(GitHubConnection.layerConfig)
)
