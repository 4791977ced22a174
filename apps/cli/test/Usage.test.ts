import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { CliOutput } from "effect/cli"
import { run } from "./support/run.ts"

const pages = [
  [],
  ["preview"],
  ["preview", "list"],
  ["preview", "show"],
  ["preview", "logs"],
  ["preview", "redeploy"],
  ["preview", "approve"],
  ["preview", "rm"],
  ["preview", "lint"],
  ["preview", "render"],
  ["deliveries"],
  ["deliveries", "list"],
  ["deliveries", "replay"],
  ["notify"],
  ["notify", "preview"],
  ["outbox"],
  ["users"],
  ["users", "list"],
  ["users", "link"],
  ["users", "unlink"],
  ["callbacks"],
  ["callbacks", "list"],
  ["callbacks", "enable"],
  ["doctor"],
  ["serve"],
  ["start"],
  ["sandbox"],
  ["sandbox", "serve"],
  ["sandbox", "pr"],
  ["sandbox", "pr", "open"],
  ["sandbox", "pr", "push"],
  ["sandbox", "comments"],
  ["sandbox", "redeliver"],
  ["sandbox", "fault"]
]

it.effect("every command has help that fits 80 columns", () =>
  Effect.gen(function* () {
    for (const page of pages) {
      const { code, err, out } = yield* run([...page, "--help"], { terminal: { color: false } })
      assert.deepStrictEqual([code, err], [0, ""], page.join(" "))
      assert.include(out, `productbuilding${page.map((word) => ` ${word}`).join("")}`)
      for (const line of out.split("\n"))
        assert.isAtMost(CliOutput.displayWidth(line), 80, `${page.join(" ")}: ${line}`)
    }
  })
)

it.effect("help has colours on a terminal, and none with --no-color", () =>
  Effect.gen(function* () {
    assert.include((yield* run(["--help"], { terminal: { color: true } })).out, "\u001b[")
    assert.notInclude((yield* run(["--help", "--no-color"], { terminal: { color: true } })).out, "\u001b[")
  })
)

it.effect("a wrong command line is exit code 2, said in a line or two on standard error", () =>
  Effect.gen(function* () {
    for (const args of [
      ["nope"],
      ["preview", "show"],
      ["preview", "list", "--nope"],
      ["preview", "logs", "acme/shop#1", "--tail", "many"],
      ["deliveries", "list", "--limit", "0"],
      ["deliveries", "list", "--limit", "501"],
      ["outbox", "--limit", "0"],
      ["sandbox", "fault", "explode"]
    ]) {
      const { code, err, out } = yield* run(args)
      assert.deepStrictEqual([code, out], [2, ""], args.join(" "))
      assert.include(err, "--help")
      assert.isAtMost(err.split("\n").length, 3, err)
    }
  })
)

it.effect("completions are printed for each shell, and the version as given", () =>
  Effect.gen(function* () {
    for (const shell of ["bash", "zsh", "fish", "powershell"]) {
      const { code, out } = yield* run(["--completions", shell])
      assert.strictEqual(code, 0)
      assert.include(out, "deliveries")
    }
    assert.include((yield* run(["--version"])).out, "1.2.3")
  })
)
