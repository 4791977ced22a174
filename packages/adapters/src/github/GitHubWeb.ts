/** Where people read on GitHub what we read at its API. */
import { Config } from "effect"

/**
 * The page of a repository. Reads `GITHUB_API_URL`: `https://api.github.com` (the default) is `https://github.com`, and an
 * Enterprise Server's `https://host/api/v3` is `https://host`.
 * https://docs.github.com/en/enterprise-server/rest/enterprise-admin (read 2026-11-21)
 */
export const repositoryUrl: Config.Config<(repository: string) => string> = Config.URL("GITHUB_API_URL").pipe(
  Config.withDefault(new URL("https://api.github.com")),
  Config.map((api) => {
    const base = new URL(api.pathname.replace(/\/api\/v3\/?$/, "/"), api)
    if (base.hostname === "api.github.com") base.hostname = "github.com"
    return (repository) => `${base.href.replace(/\/+$/, "")}/${repository}`
  })
)
