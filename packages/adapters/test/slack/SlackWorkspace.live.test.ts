/** Who somebody is, when Slack says it, when it does not, and when it does not answer. */
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as SlackWorkspace from "../../src/slack/SlackWorkspace.ts"
import { startWorkspace } from "./support.ts"

it.live("trusts nobody for want of an answer, and takes nobody for a guest for want of one", () =>
  Effect.gen(function* () {
    const slack = yield* startWorkspace()
    const workspace = yield* SlackWorkspace.make({ apiUrl: slack.apiUrl, botToken: Redacted.make(slack.app.botToken) })
    const ada = slack.users().find(({ name }) => name === "ada")?.id ?? ""
    assert.deepStrictEqual(yield* workspace.user("UNOBODY"), { name: "UNOBODY", guest: true })
    slack.fault({ kind: "status", method: "users.info", status: 503, times: 2 })
    const error = yield* Effect.flip(workspace.user(ada))
    assert.notStrictEqual(error.reason._tag, "NeverPossible")
    assert.strictEqual(yield* workspace.userName(ada), ada)
    assert.isFalse((yield* workspace.user(ada)).guest)
    assert.notStrictEqual(yield* workspace.userName(ada), ada)
  }).pipe(Effect.scoped)
)
