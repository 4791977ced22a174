/** Builds everything that is published: declarations and modules of the packages, and the bundles of the apps. */
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { setup } from "./clientScripts.mjs"
import { compiler, fail, root, workspacePackages } from "./support.mjs"

await setup()

// NOTE: an output whose source is gone would be published; the apps' bundles are pruned below.
for (const folder of workspacePackages()) {
  rmSync(join(root, folder, "dist", folder.startsWith("apps") ? "types" : ""), { recursive: true, force: true })
}
run("tsc -b", compiler(), [
  "-b",
  ...workspacePackages().filter((folder) => existsSync(join(root, folder, "tsconfig.json")))
])
run("contract's JSON Schema", process.execPath, [join(root, "packages", "preview", "scripts", "jsonSchema.ts")])
inlineDriver()
copyLicense()
run("bundle", process.execPath, [join(root, "scripts", "bundle.mjs"), "--prune"])

function run(label, command, args) {
  const startedAt = Date.now()
  const done = spawnSync(command, args, { cwd: root, stdio: "inherit" })
  if (done.status !== 0) fail(`${label} failed`)
  process.stdout.write(`${label}  ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`)
}

/** npm shows each package's own licence file. */
function copyLicense() {
  for (const folder of workspacePackages())
    if (!folder.startsWith("examples")) cpSync(join(root, "LICENSE"), join(root, folder, "LICENSE"))
}

/**
 * Copies the SQLite driver, as patched in `patches/`, into the built adapters and points their imports at the copy: the
 * released driver does not load on the effect version that we use, and a patch reaches only this workspace.
 */
function inlineDriver() {
  const driver = "@effect/sql-sqlite-node"
  const adapters = join(root, "packages", "adapters")
  const source = realpathSync(join(adapters, "node_modules", driver))
  const target = join(adapters, "dist", "internal", "sql-sqlite-node")
  rmSync(target, { recursive: true, force: true })
  for (const file of ["SqliteClient", "SqliteMigrator", "index"]) {
    for (const ending of [".js", ".d.ts"]) {
      const from = join(source, "dist", file + ending)
      const to = join(target, file + ending)
      cpSync(from, to)
      writeFileSync(to, readFileSync(to, "utf8").replace(/\n\/\/# sourceMappingURL=.*/, ""))
    }
  }
  cpSync(join(source, "LICENSE"), join(target, "LICENSE"))
  for (const entry of readdirSync(join(adapters, "dist"), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile() || !/\.(js|d\.ts)$/.test(entry.name) || path.startsWith(target)) continue
    const text = readFileSync(path, "utf8")
    const rewritten = text.replaceAll(/(["'])@effect\/sql-sqlite-node(?:\/(\w+))?\1/g, (_, quote, module = "index") => {
      if (!existsSync(join(target, `${module}.js`))) fail(`${path} imports ${driver}/${module}, which is not copied`)
      const specifier = relative(dirname(path), join(target, `${module}.js`)).replaceAll("\\", "/")
      return `${quote}${specifier.startsWith(".") ? specifier : `./${specifier}`}${quote}`
    })
    if (rewritten !== text) writeFileSync(path, rewritten)
  }
}
