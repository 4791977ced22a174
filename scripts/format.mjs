/** Formats every file and applies the linter's safe fixes. */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { root } from "./support.mjs"

const biome = join(root, "node_modules", "@biomejs", "biome", "bin", "biome")
const paths = process.argv.slice(2)
const done = spawnSync(process.execPath, [biome, "check", "--write", ...(paths.length > 0 ? paths : ["."])], {
  cwd: root,
  stdio: "inherit"
})
process.exitCode = done.status ?? 1
