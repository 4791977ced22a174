/** What the README shows works as it is written there. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"

const folder = join(import.meta.dirname, "..")
const examples = Array.from(
  readFileSync(join(folder, "README.md"), "utf8").matchAll(/```js\n(.*?)```/gs),
  ([, source = ""]) => source
)

const run = (source = "") => {
  assert.isNotEmpty(source)
  const done = spawnSync(process.execPath, ["--input-type=module", "--eval", source], { cwd: folder, encoding: "utf8" })
  assert.strictEqual(done.status, 0, done.stderr)
  return done.stdout
}

it("the README's example of GitHub runs and prints the head's commit", () => {
  assert.match(run(examples[0]), /^[0-9a-f]{40}\n$/)
})

it("the README's example of Slack runs and prints the thread", () => {
  assert.match(run(examples[1]), /^\[ '<@U\w+> hello', 'Hello Ada' \]\n$/)
})

it("the README's example of a language model runs and prints the call", () => {
  assert.strictEqual(run(examples[2]), "[ 'close_issue {\"number\":12}' ]\n[ 'demo: tool-calls' ]\n")
})
