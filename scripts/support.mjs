/** What the scripts share. Imports nothing but Node's own modules, because run.mjs needs it before the install. */
import { execFileSync, spawn } from "node:child_process"
import { readdirSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The repository's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The Node that the workspace pins. */
export const node = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node")

/** Written when a bundle is complete; its modification time is when that bundling began. */
export const bundleStamp = join(root, "apps", "cli", "dist", ".bundled")

/** The repositories that the sandbox starts with; the bundled command line carries a copy. */
export const exampleRepositories = join(root, "packages", "sandbox", "repositories")

/** The signals that a script passes on to what it runs. */
export const forwarded = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])

/** TypeScript's compiler with the Effect diagnostics built in. */
export function compiler() {
  // NOTE: the module that @effect/tsgo 0.45.0 exports for this rejects the package's own metadata; its command does not.
  const command = join(root, "node_modules", "@effect", "tsgo", "dist", "effect-tsgo.cjs")
  return execFileSync(process.execPath, [command, "get-exe-path"], { cwd: root, encoding: "utf8" }).trim()
}

/** Prints one line and ends the process with exit code 1. */
export function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

/** The folders of the workspace's packages, relative to the root: those with a package.json. */
export function workspacePackages() {
  return ["packages", "apps", "examples"].flatMap((group) =>
    list(join(root, group))
      .map((entry) => join(group, entry.name))
      .filter((folder) => modifiedAt(join(root, folder, "package.json")) > 0)
  )
}

/** Whether a source of the apps is newer than their bundle. */
export function bundleIsStale() {
  const bundledAt = modifiedAt(bundleStamp)
  if (bundledAt === 0) return true
  const inputs = [
    join(root, "pnpm-lock.yaml"),
    join(root, "scripts", "bundle.mjs"),
    exampleRepositories,
    ...workspacePackages().flatMap((folder) => [join(root, folder, "package.json"), join(root, folder, "src")])
  ]
  return inputs.some((path) => newerThan(path, bundledAt))
}

/** Runs a command, collecting what it prints. */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const startedAt = Date.now()
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options })
    let output = ""
    child.stdout?.on("data", (chunk) => (output += chunk))
    child.stderr?.on("data", (chunk) => (output += chunk))
    const end = (code) => resolve({ code, output, seconds: (Date.now() - startedAt) / 1000 })
    child.on("error", (error) => {
      output += error.message
      end(1)
    })
    child.on("close", (code) => end(code ?? 1))
  })
}

function newerThan(path, time) {
  // NOTE: a folder's own time changes when a file in it is added or removed.
  if (modifiedAt(path) > time) return true
  return list(path).some((entry) => {
    const child = join(path, entry.name)
    return entry.isDirectory() ? newerThan(child, time) : modifiedAt(child) > time
  })
}

function list(path) {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return []
    throw error
  }
}

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
