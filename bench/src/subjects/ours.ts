/** Our server, as it is shipped: the bundle, on an empty database, with one project whose code host does not exist. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Subject, start } from "../Subject.ts"

export const serverBundle = join(import.meta.dirname, "../../../apps/server/dist/main.js")

export const startServer = (options: {
  readonly folder: string
  readonly secret: string
  /** The one project. Default: one that no code host knows. */
  readonly repository?: string
  readonly env?: Record<string, string>
}): Promise<Subject> => {
  const targets = join(options.folder, "targets.json")
  writeFileSync(targets, JSON.stringify([{ repo: options.repository ?? "octo-bench/none" }]))
  return start(() => [serverBundle], {
    env: (port) => ({
      PORT: String(port),
      DATABASE_PATH: join(options.folder, "ours.db"),
      WORKSPACE_DIR: join(options.folder, "workspaces"),
      TARGETS_CONFIG_PATH: targets,
      GITHUB_WEBHOOK_SECRET: options.secret,
      GITHUB_TOKEN: "bench",
      GITHUB_API_URL: "http://127.0.0.1:9",
      PREVIEW_RUNTIME: "process",
      ...options.env
    })
  })
}
