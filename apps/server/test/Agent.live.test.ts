/** The agent in Slack, from a mention to what it says in the end: real SDKs over real HTTP, to sandboxes of all three vendors. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  type RunningModelSandbox,
  type RunningSlackSandbox,
  startModelSandbox,
  startSlackSandbox
} from "@productbuilding/sandbox"
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

describe("the agent in Slack", () => {
  let world: World
  let slack: RunningSlackSandbox
  let model: RunningModelSandbox
  let server: ServerProcess
  let channel = ""

  beforeEach(async () => {
    slack = await startSlackSandbox({ botName: "productbuilder", retryDelaysMs: [0, 200, 400] })
    model = await startModelSandbox()
    const ada = slack.addUser({ name: "ada", realName: "Ada" }).id
    slack.addUser({ name: "bob", realName: "Bob" })
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
    slack.setInteractivityUrl(`${world.url}/slack/interactions`)
  })
  afterEach(async () => {
    await server.kill("SIGTERM")
    await world.stop()
    await model.stop()
    await slack.stop()
  })

  const replies = (ts: string) => slack.thread(channel, ts).slice(1)
  const texts = (ts: string) => replies(ts).map(({ text }) => text)
  const issues = async () => {
    const response = await fetch(`${world.sandbox.url}/repos/${repository}/issues?state=all`, {
      headers: { authorization: "Bearer token-of-the-sandbox" }
    })
    return JSON.parse(await response.text())
  }

  it("writes an issue for whoever may, says so in the thread, and does it once for every delivery", async () => {
    const { ts } = slack.say("ada", channel, '@productbuilder please create an issue "Checkout is slow"')
    await until("it is done", async () => texts(ts).some((text) => text.includes("Checkout is slow")))
    await until("the first message says so", async () => texts(ts).some((text) => text.includes("Done in")))
    assert.strictEqual(replies(ts).length, 2)
    const all = await issues()
    assert.deepStrictEqual(
      all.map(({ title }: { title: string }) => title),
      ["Checkout is slow"]
    )
    assert.include(all[0].body, "Written for @ada")
    const [{ turn }] = JSON.parse(await (await fetch(`${world.url}/turns`)).text())
    assert.strictEqual(turn.text, 'please create an issue "Checkout is slow"')
  })

  it("reads of an issue where its thread in Slack is", async () => {
    const { number } = world.sandbox.openIssue(repository, { title: "Mugs break", author: "ada" })
    await until("its card is shown", async () =>
      slack.messages(channel).some(({ blocks }) => JSON.stringify(blocks).includes("Mugs break"))
    )
    model.rule({
      when: { structured: true },
      answer: { json: { specialist: "status", confidence: 1, reason: "They want to know." } }
    })
    model.rule({ when: { resultOf: "read_issue" }, answer: { text: "It is open." } })
    model.rule({
      when: { hasResult: false },
      answer: { toolCalls: [{ name: "read_issue", arguments: { number } }] }
    })
    const { ts } = slack.say("ada", channel, `@productbuilder how is #${number}?`)
    await until("it answers", async () => texts(ts).some((text) => text.includes("It is open.")))
    const [{ turn }] = JSON.parse(await (await fetch(`${world.url}/turns`)).text())
    const record = await (await fetch(`${world.url}/turns/${encodeURIComponent(turn.id)}`)).text()
    assert.match(record, /"slackUrl":"https?:/)
  })

  it("is stopped by the word, said to it in the thread", async () => {
    model.fault({ kind: "hang", times: 1 })
    const { ts } = slack.say("ada", channel, '@productbuilder please create an issue "Checkout is slow"')
    await until("the thread shows it", async () => session(ts) === "processing")
    slack.say("ada", channel, "@productbuilder stop", { threadTs: ts })
    await until("it says so", async () => texts(ts).some((text) => text.includes("Stopped in")))
    assert.deepStrictEqual(await issues(), [])
  })

  it("says no to whom it does not know, in words that tell what to do", async () => {
    const { ts } = slack.say("bob", channel, '@productbuilder please create an issue "Checkout is slow"')
    await until("it has ended", async () => texts(ts).some((text) => text.includes("Answered in")))
    await until("it says why", async () => texts(ts).some((text) => text.includes("account on the code host bob has")))
    assert.deepStrictEqual(await issues(), [])
  })

  it("makes no more changes than the project's rules in the targets file allow", async () => {
    await server.kill("SIGTERM")
    writeFileSync(
      join(world.folder, "targets.json"),
      JSON.stringify([{ repo: repository, agent: { maxWritesPerTurn: 0 } }])
    )
    server = await startServer(world)
    const { ts } = slack.say("ada", channel, '@productbuilder please create an issue "Checkout is slow"')
    await until("it says why not", async () => texts(ts).some((text) => text.includes("as many as one may")))
    assert.deepStrictEqual(await issues(), [])
  })

  const session = (ts: string) => slack.threadStatus(channel, ts).session

  it("shows within two seconds as the thread's session that it works, and writes nothing once that was stopped", async () => {
    model.fault({ kind: "hang", times: 1 })
    const askedAt = performance.now()
    const { ts } = slack.say("ada", channel, '@productbuilder please create an issue "Checkout is slow"')
    await until("the session shows it", async () => session(ts) === "processing")
    assert.isBelow(performance.now() - askedAt, 2000)
    slack.stopSession("bob", channel, ts)
    await until("it has stopped", async () => texts(ts).some((text) => text.includes("Stopped by bob")))
    await until("the session shows that", async () => session(ts) === "active")
    await slack.settled()
    const said = slack.calls().list.length
    assert.deepStrictEqual(await issues(), [])
    slack.emit({ type: "agent_session_stopped", channel, thread_ts: ts, user: "U0", streaming_message_ts: [] })
    await until("its status is shown again", async () => slack.calls().list.length > said)
    assert.strictEqual(session(ts), "active")
    assert.deepStrictEqual(await issues(), [])
  })

  it("reacts to what it was asked where the workspace has no sessions, and heals that over a restart", async () => {
    slack.fault({ kind: "error", method: "agents.sessions.setStatus", error: "unknown_method", times: 1000 })
    model.fault({ kind: "hang", times: 1 })
    const { ts } = slack.say("ada", channel, '@productbuilder please create an issue "Checkout is slow"')
    const reactions = () => slack.thread(channel, ts)[0]?.reactions.map(({ name }) => name)
    await until("it reacts", async () => reactions()?.includes("eyes") === true)
    await server.kill("SIGKILL")
    server = await startServer(world)
    await until("it is done", async () => texts(ts).some((text) => text.includes("Done in")))
    await until("it shows that", async () => reactions()?.join() === "white_check_mark")
    assert.strictEqual((await issues()).length, 1)
  })

  it("stops when somebody asks for it with :x:, and says that nothing was done", async () => {
    model.fault({ kind: "hang", times: 1 })
    const { ts } = slack.say("ada", channel, '@productbuilder please create an issue "Checkout is slow"')
    await until("it shows that it works", async () => replies(ts).length === 1)
    slack.react("bob", replies(ts)[0]?.ts ?? "", "x")
    await until("it has stopped", async () => texts(ts).some((text) => text.includes("Stopped by bob")))
    assert.deepStrictEqual(await issues(), [])
  })

  it("closes only after somebody has clicked, over a restart in between", async () => {
    world.sandbox.openIssue(repository, { title: "Old", author: "ada" })
    const { ts } = slack.say("ada", channel, "@productbuilder close #1 as completed")
    const proposal = () => replies(ts).find(({ blocks }) => JSON.stringify(blocks ?? []).includes("turn-approve"))
    await until("it asks", async () => proposal() !== undefined)
    await until("its session waits", async () => session(ts) === "suspended")
    assert.strictEqual((await issues())[0].state, "open")
    await server.kill("SIGKILL")
    server = await startServer(world)
    await slack.click("bob", proposal()?.ts ?? "", "turn-approve")
    await until("bob is told that he may not", async () => texts(ts).some((text) => text.includes("this needs")))
    assert.strictEqual((await issues())[0].state, "open")
    await slack.click("ada", proposal()?.ts ?? "", "turn-approve")
    await until("it is closed", async () => (await issues())[0].state === "closed")
    await until("it says so", async () => texts(ts).some((text) => text.includes("Done in")))
    await until("its session waits for nobody", async () => session(ts) === "active")
  })

  it("closes what is left of a plan that somebody has changed in the modal, over a restart in between", async () => {
    for (const title of ["One", "Two", "Three"]) world.sandbox.openIssue(repository, { title, author: "ada" })
    const close = [1, 2, 3].map((number) => ({ name: "close_issue", arguments: { number, reason: "completed" } }))
    model.rule({ when: { tools: ["close_issue"], hasResult: false }, answer: { toolCalls: close } })
    model.rule({ when: { tools: ["close_issue"], hasResult: true }, answer: { text: "As far as you wanted." } })
    const { ts } = slack.say("ada", channel, "@productbuilder close #1, #2 and #3 as completed")
    const plan = () => replies(ts).find(({ blocks }) => JSON.stringify(blocks ?? []).includes("turn-change"))
    await until("it asks", async () => plan() !== undefined)
    await slack.click("ada", plan()?.ts ?? "", "turn-change")
    await until("the modal is there", async () => slack.views().length === 1)
    await server.kill("SIGKILL")
    server = await startServer(world)
    const steps = JSON.stringify(slack.views()[0]?.view)
    assert.include(steps, "2. Close #2 as completed")
    const ticked = Array.from(steps.matchAll(/"value":"(\d+\.\d+)"/g), ([, id = ""]) => id)
    await slack.submitView("ada", slack.views()[0]?.id ?? "", { "steps-0": [ticked[0] ?? "", ticked[2] ?? ""] })
    await until("it says so", async () => texts(ts).some((text) => text.includes("As far as you wanted.")))
    assert.deepStrictEqual(
      (await issues()).map(({ number, state }: { number: number; state: string }) => [number, state]).sort(),
      [
        [1, "closed"],
        [2, "open"],
        [3, "closed"]
      ]
    )
  })
})

describe("the agent on an issue", () => {
  let world: World
  let model: RunningModelSandbox
  let server: ServerProcess

  beforeEach(async () => {
    model = await startModelSandbox()
    const made = await makeWorld({ runtime: "process" })
    made.sandbox.setPermission(repository, "ada", "admin")
    world = {
      ...made,
      config: {
        ...made.config,
        ...modelSettings(model)
      }
    }
    server = await startServer(world)
  })
  afterEach(async () => {
    await server.kill("SIGTERM")
    await world.stop()
    await model.stop()
  })

  const comments = () => world.sandbox.comments(repository, 1).map(({ body }) => body)

  it("shows what it wants to do in one comment, does it when that is approved there, and answers in it", async () => {
    world.sandbox.openIssue(repository, { title: "Old", author: "ada" })
    world.sandbox.comment(repository, 1, "ada", "@ProductBuilder close this as completed, #1")
    await until("it asks", async () => comments().some((body) => body.includes("May I do this?")))
    world.sandbox.comment(repository, 1, "ada", "@productbuilder approve")
    await until("it answers", async () => comments().some((body) => body.includes("1 step")))
    assert.strictEqual(comments().filter((body) => body.includes("once:turn%3A") && body.includes("1 step")).length, 1)
    assert.isFalse(comments().some((body) => body.includes("May I do this?")))
    assert.deepStrictEqual(
      world.sandbox.issues(repository).map(({ state }) => state),
      ["closed"]
    )
  })

  it("goes on after its budget was spent once somebody agrees there, over a restart in between", async () => {
    await server.kill("SIGTERM")
    world = { ...world, config: { ...world.config, AGENT_MAX_MODEL_CALLS: "2" } }
    server = await startServer(world)
    world.sandbox.openIssue(repository, { title: "Old", author: "ada" })
    world.sandbox.comment(repository, 1, "ada", "@ProductBuilder close this as completed, #1")
    await until("it asks", async () => comments().some((body) => body.includes("May I do this?")))
    world.sandbox.comment(repository, 1, "ada", "@productbuilder approve")
    await until("it asks for more", async () => comments().some((body) => body.includes("May I go on?")))
    assert.isTrue(comments().some((body) => body.includes("I have used 2 model calls on this")))
    await server.kill("SIGKILL")
    server = await startServer(world)
    world.sandbox.comment(repository, 1, "ada", "@productbuilder go on")
    await until("it answers", async () => !comments().some((body) => body.includes("May I go on?")))
    await until("it is through", async () =>
      comments().some((body) => body.includes("@ada") && body.includes("1 step"))
    )
    assert.isFalse(comments().some((body) => body.includes("did not agree")))
  })
})
