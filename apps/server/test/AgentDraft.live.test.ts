/** What the agent is writing, in Slack while it is being written: real SDKs over real HTTP, streamed by a model that takes its time. */
import { type RunningSlackSandbox, startModelSandbox, startSlackSandbox } from "@productbuilding/sandbox"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import {
  makeWorld,
  modelSettings,
  repository,
  type ServerProcess,
  slackSettings,
  startServer,
  until,
  type World
} from "./Harness.ts"

const secret = `ghp_${"a1B2".repeat(9)}`
const answer = `The checkout calls the tax service **twice**. The log shows the key ${secret} in both calls, so
@ada should look at it. ${"It waits for each of them. ".repeat(20)}That is all.`

describe("an answer that takes its time", () => {
  let world: World
  let slack: RunningSlackSandbox
  let model: Awaited<ReturnType<typeof startModelSandbox>>
  let server: ServerProcess
  let channel = ""

  beforeEach(async () => {
    slack = await startSlackSandbox({ botName: "productbuilder" })
    model = await startModelSandbox({
      scripts: [
        {
          shared: true,
          when: { structured: true },
          turns: [{ json: { specialist: "researcher", confidence: 0.9, reason: "It asks why." } }]
        },
        { shared: true, when: { structured: false }, turns: [{ text: answer, pieceDelayMs: 40 }] }
      ]
    })
    const ada = slack.addUser({ name: "ada", realName: "Ada" }).id
    channel = slack.addChannel({ name: "productbuilding-shop" }).id
    slack.invite(channel)
    const made = await makeWorld({ runtime: "process" })
    made.sandbox.setPermission(repository, "ada", "admin")
    world = {
      ...made,
      config: {
        ...made.config,
        ...slackSettings(slack, `ada=${ada}`),
        ...modelSettings(model)
      }
    }
    server = await startServer(world)
    await slack.setRequestUrl(`${world.url}/slack/events`)
  })
  afterEach(async () => {
    await server.kill("SIGTERM")
    await world.stop()
    await model.stop()
    await slack.stop()
  })

  const replies = (ts: string) => slack.thread(channel, ts).slice(1)
  const shown = (ts: string) => JSON.stringify(replies(ts).map(({ blocks, text }) => [text, blocks]))
  const ended = (ts: string) => replies(ts).some(({ text }) => text.includes("Answered in"))

  /** Everything that the thread has shown until it ended, in order. */
  const watch = async (ts: string) => {
    const seen: Array<string> = []
    await until("it has ended", async () => {
      const now = shown(ts)
      if (seen.at(-1) !== now) seen.push(now)
      return ended(ts)
    })
    await slack.settled()
    return [...seen, shown(ts)]
  }

  it("is shown as far as it is written, without what may be part of a secret, and is there once in the end", async () => {
    const { ts } = slack.say("ada", channel, "@productbuilder why is the checkout slow?")
    const seen = await watch(ts)
    const drafts = seen.filter((one) => one.includes("the tax service *twice*") && !one.includes("That is all."))
    assert.isAtLeast(drafts.length, 2, "it grew while it was watched")
    assert.isTrue(seen.every((one) => !one.includes("ghp_")))
    assert.strictEqual(seen.at(-1)?.split("the tax service *twice*").length, 2)
    assert.lengthOf(replies(ts), 2)
  })
})
