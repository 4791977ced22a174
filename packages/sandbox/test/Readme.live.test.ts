/** What the README shows works as it is written there. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"

it("the README's example runs and prints the head's commit", () => {
  const folder = join(import.meta.dirname, "..")
  const [, source = ""] = /```js\n(.*?)```/s.exec(readFileSync(join(folder, "README.md"), "utf8")) ?? []
  assert.isNotEmpty(source)
  const run = spawnSync(process.execPath, ["--input-type=module", "--eval", source], { cwd: folder, encoding: "utf8" })
  assert.match(run.stdout, /^[0-9a-f]{40}\n$/, run.stderr)
  assert.strictEqual(run.status, 0)
})
