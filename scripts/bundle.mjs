/**
 * Bundles each app into `apps/<app>/dist`: tree-shaken ESM with every dependency inlined, one chunk per dynamic import,
 * so that a command loads only what it runs.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { rolldown } from "rolldown"
import { setup } from "./clientScripts.mjs"
import { bundleStamp, exampleRepositories, root } from "./support.mjs"

await setup()
// NOTE: what was just made counts as a source too; with an earlier time the next command would bundle once more.
const startedAt = new Date()
const apps = ["server", "cli"].filter((app) => existsSync(join(root, "apps", app, "src", "main.ts")))

/**
 * dockerode loads an SSH client and a gRPC stack while it is being imported. The first is needed only for
 * `DOCKER_HOST=ssh://…`, so it is deferred to its first use; the second only for BuildKit sessions over the API, which
 * Compose does for us.
 */
const leanDockerode = {
  name: "lean-dockerode",
  transform: {
    filter: { id: /[\\/](dockerode[\\/]lib[\\/]docker|docker-modem[\\/]lib[\\/]modem)\.js$/ },
    handler(code, id) {
      const [eager, lazy] = id.endsWith("docker.js")
        ? ["require('./session')", "() => { throw new Error('BuildKit sessions are not part of this bundle') }"]
        : ["require('./ssh')", "(options) => require('./ssh')(options)"]
      if (!code.includes(eager)) this.error(`${id} no longer contains ${eager}`)
      return code.replace(eager, lazy)
    }
  }
}

const prune = process.argv.includes("--prune")
for (const app of apps) {
  const folder = join(root, "apps", app)
  const build = await rolldown({
    cwd: folder,
    input: { main: join(folder, "src", "main.ts") },
    platform: "node",
    external: ["cpu-features", /\.node$/],
    plugins: [leanDockerode],
    checks: { pluginTimings: false },
    onLog(level, log, next) {
      // NOTE: dependencies of ours are not ours to tidy; in our own sources a warning is a mistake.
      if (level === "warn" && /[\\/]node_modules[\\/]/.test(log.id ?? log.message)) return
      next(level === "warn" ? "error" : level, log)
    }
  })
  const { output } = await build.write({
    dir: join(folder, "dist"),
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    banner: (chunk) => (chunk.isEntry ? "#!/usr/bin/env node" : "")
  })
  await build.close()
  if (prune) {
    // NOTE: a server that still runs may yet load a chunk of the bundle it was started from, so only a release build prunes.
    const written = new Set(output.map((file) => file.fileName))
    for (const file of readdirSync(join(folder, "dist"))) {
      if (/\.js(\.map)?$/.test(file) && !written.has(file)) rmSync(join(folder, "dist", file))
    }
  }
}
// NOTE: modules find files of their package as `../<folder>` from `src`, and so from `dist`.
const repositories = join(root, "apps", "cli", "repositories")
rmSync(repositories, { recursive: true, force: true })
if (existsSync(exampleRepositories)) cpSync(exampleRepositories, repositories, { recursive: true })
mkdirSync(dirname(bundleStamp), { recursive: true })
writeFileSync(bundleStamp, "")
utimesSync(bundleStamp, startedAt, startedAt)
