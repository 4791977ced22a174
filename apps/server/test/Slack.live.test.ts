/** A pull request in GitHub and its thread in Slack, both ways, over the vendors' real SDKs and real HTTP. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type RunningSlackSandbox, startSlackSandbox } from "@productbuilding/sandbox"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import {
  makeWorld,
  repository,
  type ServerProcess,
  slackSettings,
  startServer,
  until,
  untilState,
  type World
} from "./Harness.ts"

describe("a thread in Slack", () => {
  let world: World
  let slack: RunningSlackSandbox
  let server: ServerProcess
  let channel = ""

  beforeEach(async () => {
    slack = await startSlackSandbox({ retryDelaysMs: [0, 200, 400] })
    slack.addUser({ name: "bob", realName: "Bob Builder" })
    const grace = slack.addUser({ name: "grace" }).id
    channel = slack.addChannel({ name: "productbuilding-shop" }).id
    slack.invite(channel)
    const made = await makeWorld({ runtime: "process" })
    world = {
      ...made,
      config: {
        ...made.config,
        SLACK_REPLY_WINDOW: "2 seconds",
        ...slackSettings(slack, `Grace-H=${grace}`)
      }
    }
    server = await startServer(world)
    await slack.setRequestUrl(`${world.url}/slack/events`)
  })
  afterEach(async () => {
    await server.kill("SIGTERM")
    await world.stop()
    await slack.stop()
  })

  /** What stands in the channel itself: cards. */
  const cards = () =>
    slack.messages(channel).filter(({ threadTs, ts }) => threadTs === undefined || threadTs === null || threadTs === ts)
  const replies = () =>
    slack
      .thread(channel, cards()[0]?.ts ?? "")
      .slice(1)
      .map(({ text }) => text)
  const card = () => JSON.stringify(cards()[0]?.blocks ?? [])
  const comments = () =>
    world.sandbox
      .comments(repository, 1)
      .map(({ body }) => body)
      .filter((body) => !body.includes("productbuilding:preview"))

  it("hears the same over sockets, without a public address, also after they were cut", async () => {
    await server.kill("SIGTERM")
    slack.useSocketMode()
    world = { ...world, config: { ...world.config, SLACK_APP_TOKEN: slack.app.appToken, SLACK_SIGNING_SECRET: "" } }
    server = await startServer(world)
    await until("its sockets are open", async () => slack.sockets() > 0)
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await until("the card is there", async () => cards().length === 1)
    slack.say("bob", channel, "Over a socket", { threadTs: cards()[0]?.ts ?? "" })
    await until("it is a comment", async () => comments().some((body) => body.includes("Over a socket")))
    slack.disconnectSockets("refresh_requested")
    slack.say("grace", channel, "Over another", { threadTs: cards()[0]?.ts ?? "" })
    await until("so is this", async () => comments().some((body) => body.includes("Over another")))
    assert.strictEqual(comments().length, 2)
  })

  it("has one card, which follows the preview and the pull request to their end", async () => {
    world.sandbox.openPullRequest(repository, { title: "Put <mugs> & *cups* in", author: "ada" })
    await until("the card is there", async () => cards().length === 1)
    await untilState(world, 1, "ready")
    await until("the card shows the preview", async () => card().includes("Preview is ready"))
    assert.include(card(), "pr-1-preview.localhost")
    assert.include(card(), "Put <mugs> & *cups* in")
    world.sandbox.close(repository, 1, { merge: true })
    await untilState(world, 1, "deleted")
    await until("the card says so", async () => card().includes("Merged") && !card().includes("Open preview"))
    await until("the thread says so", async () => replies().some((text) => text.includes("merged this")))
    assert.strictEqual(cards().length, 1)
    assert.deepStrictEqual(slack.calls().rateLimited, 0)
  })

  it("tells what is said on GitHub, and takes what is said there to GitHub, each once", async () => {
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await until("the card is there", async () => cards().length === 1)
    world.sandbox.comment(repository, 1, "ada", "Looks **good**, see [the plan](https://example.com/plan) <!channel>")
    await until("the comment is told", async () => replies().length === 1)
    assert.strictEqual(
      replies()[0]?.replace(/<http[^|]*\|commented>/, "commented"),
      "*ada* commented\nLooks *good*, see <https://example.com/plan|the plan>"
    )
    slack.eventFault({ kind: "duplicate", times: 20, copies: 8 })
    const threadTs = cards()[0]?.ts ?? ""
    slack.say("bob", channel, "Ship *it* <@U000|ada>", { threadTs })
    slack.say("bob", channel, "(aside) lunch?", { threadTs })
    slack.say("bob", channel, "not about this at all")
    slack.say("bob", channel, "and the second", { threadTs })
    await until("the replies are a comment", async () => comments().length === 2)
    await slack.settled()
    await new Promise((resolve) => setTimeout(resolve, 2500))
    assert.match(comments()[1] ?? "", /\*\*(bob|Bob Builder)\*\* in chat:\n\nShip \*\*it\*\* [^\n]*\n\nand the second$/)
    assert.strictEqual(comments().length, 2)
    assert.strictEqual(replies().filter((text) => text.includes("Ship")).length, 1, "nothing comes back")
  })

  it("loses and doubles nothing when answers are lost, limits are spent and the server is killed", async () => {
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await until("the card is there", async () => cards().length === 1)
    await untilState(world, 1, "ready")
    const said: Array<string> = []
    for (let round = 0; round < 4; round++) {
      slack.fault({ kind: "lost-answer", method: "chat.postMessage", times: 1 })
      slack.fault({ kind: "status", method: "chat.postMessage", times: 1, status: 429, retryAfterSeconds: 1 })
      for (const part of ["a", "b"]) {
        const text = `say ${round}${part}`
        said.push(text)
        world.sandbox.comment(repository, 1, "ada", text)
      }
      await world.sandbox.settled()
      await new Promise((resolve) => setTimeout(resolve, round * 150))
      await server.kill("SIGKILL")
      server = await startServer(world)
    }
    slack.clearFaults()
    await until(
      "everything was told",
      async () => said.every((text) => replies().some((reply) => reply.endsWith(text))),
      90
    )
    assert.deepStrictEqual(
      replies().map((text) => text.split("\n").at(-1)),
      said
    )
    assert.strictEqual(cards().length, 1)
    assert.strictEqual(slack.calls().early, 0, "no call before Retry-After")
  }, 180_000)

  it("mentions on each side whom it knows, and nobody else", async () => {
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "grace-h" })
    await until("the card is there", async () => cards().length === 1)
    const grace = slack.users().find(({ name }) => name === "grace")?.id ?? ""
    assert.include(card(), `<@${grace}>`)
    world.sandbox.comment(repository, 1, "ada", "@Grace-H and @linus, please")
    await until("the comment is told", async () => replies().length === 1)
    assert.include(replies()[0], `<@${grace}> and @linus, please`)
    slack.say("bob", channel, `<@${grace}> said so, @linus`, { threadTs: cards()[0]?.ts ?? "" })
    await until("the reply is a comment", async () => comments().length === 2)
    assert.include(comments()[1], "@Grace-H said so, @\u200blinus")
  })

  it("makes one comment of a reply whose answer from GitHub is lost", async () => {
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await until("the card is there", async () => cards().length === 1)
    await untilState(world, 1, "ready")
    await until("the preview's comment is there", async () => world.sandbox.comments(repository, 1).length === 1)
    world.sandbox.fault({ kind: "lost-answer", method: "POST", path: "/issues/1/comments$", times: 1 })
    const threadTs = cards()[0]?.ts ?? ""
    slack.say("bob", channel, "once", { threadTs })
    slack.say("grace", channel, "then twice", { threadTs })
    await until("both are comments", async () => comments().length === 2)
    await new Promise((resolve) => setTimeout(resolve, 2500))
    assert.deepStrictEqual(
      comments().map((body) => body.split("\n").at(-1)),
      ["once", "then twice"]
    )
  })

  it("edits a comment with its replies, takes out what was deleted, and deletes it with the last", async () => {
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await until("the card is there", async () => cards().length === 1)
    const threadTs = cards()[0]?.ts ?? ""
    slack.eventFault({ kind: "reorder", times: 1 })
    const first = slack.say("bob", channel, "Ship ti", { threadTs })
    const second = slack.say("bob", channel, "tomorrow", { threadTs })
    slack.edit(first.ts, "Ship it")
    await slack.settled()
    await until("they are a comment", async () => comments().length === 1)
    assert.match(comments()[0] ?? "", /:\n\nShip it\n\ntomorrow$/)
    slack.edit(second.ts, "(aside) tomorrow?")
    await until("the aside is out", async () => /:\n\nShip it$/.test(comments()[0] ?? ""))
    slack.edit(second.ts, "on Monday")
    await until("it is back", async () => /:\n\nShip it\n\non Monday$/.test(comments()[0] ?? ""))
    slack.remove(first.ts)
    await until("the first is out", async () => /:\n\non Monday$/.test(comments()[0] ?? ""))
    world.sandbox.fault({ kind: "lost-answer", method: "DELETE", path: "/issues/comments/", times: 1 })
    slack.remove(second.ts)
    await until("nothing is left", async () => comments().length === 0)
    assert.lengthOf(replies(), 0, "nothing comes back")
  })

  it("gathers what one person says into one comment, also when it is killed meanwhile", async () => {
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await until("the card is there", async () => cards().length === 1)
    const threadTs = cards()[0]?.ts ?? ""
    world.sandbox.fault({ kind: "lost-answer", method: "POST", path: "/issues/1/comments$", times: 2 })
    slack.say("bob", channel, "one", { threadTs })
    slack.say("bob", channel, "two", { threadTs })
    await slack.settled()
    await server.kill("SIGKILL")
    server = await startServer(world)
    slack.say("bob", channel, "three", { threadTs })
    slack.say("grace", channel, "four", { threadTs })
    await slack.settled()
    await until("both are there", async () => comments().length === 2)
    await new Promise((resolve) => setTimeout(resolve, 3500))
    assert.deepStrictEqual(
      comments().map((body) => body.split("\n\n").slice(1)),
      [["one", "two", "three"], ["four"]]
    )
  })

  it("follows on Slack what is edited, deleted and dismissed on GitHub", async () => {
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await until("the card is there", async () => cards().length === 1)
    const comment = world.sandbox.comment(repository, 1, "bea", "Looks godo")
    const line = world.sandbox.reviewComment(repository, 1, { author: "bea", body: "Why?", path: "README.md" })
    const review = world.sandbox.submitReview(repository, 1, { author: "bea", state: "approved", body: "Go" })
    await until("all are told", async () => replies().length === 3)
    world.sandbox.editComment(repository, comment.id, "Looks **good**")
    world.sandbox.editReviewComment(repository, line.id, "Why not?")
    world.sandbox.dismissReview(repository, 1, review.id)
    await until("the edits are there", async () =>
      [/\nLooks \*good\*$/, /\nWhy not\?$/, /approved \(dismissed\)>/].every((part) =>
        replies().some((text) => part.test(text))
      )
    )
    slack.fault({ kind: "lost-answer", method: "chat.delete", times: 1 })
    world.sandbox.removeComment(repository, comment.id)
    world.sandbox.removeReviewComment(repository, line.id)
    await until("the deleted ones are gone", async () => replies().length === 1)
    assert.include(replies()[0], "Go")
    assert.isEmpty(comments(), "nothing comes back")
  })

  it("tells a comment as it is now, and not one that is gone, when it can only tell it late", async () => {
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await until("the card is there", async () => cards().length === 1)
    slack.fault({ kind: "status", method: "chat.postMessage", times: 1, status: 429, retryAfterSeconds: 3 })
    const made = []
    for (const text of ["first", "second", "third", "fourth"]) {
      made.push(world.sandbox.comment(repository, 1, "bea", text).id)
      await world.sandbox.settled()
    }
    const [, second = 0, third = 0] = made
    world.sandbox.editComment(repository, second, "second, edited")
    world.sandbox.removeComment(repository, third)
    await until("all that is left is told", async () => replies().length === 3)
    assert.deepStrictEqual(
      replies().map((text) => text.split("\n").at(-1)),
      ["first", "second, edited", "fourth"]
    )
    assert.isFalse(
      slack.deliveries().some(({ payload }) => JSON.stringify(payload).includes("third")),
      "nobody has seen it"
    )
  })

  it("posts a card that somebody deleted again, at its next change", async () => {
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await untilState(world, 1, "ready")
    await until("the card shows the preview", async () => card().includes("Preview is ready"))
    await fetch(`${slack.apiUrl}chat.delete`, {
      method: "POST",
      headers: { authorization: `Bearer ${slack.app.botToken}`, "content-type": "application/json" },
      body: JSON.stringify({ channel, ts: cards()[0]?.ts })
    })
    assert.isEmpty(cards())
    world.sandbox.label(repository, 1, world.sandbox.addLabel(repository, { name: "urgent" }).name)
    await until("there is another", async () => cards().some(({ blocks }) => JSON.stringify(blocks).includes("urgent")))
  })

  /** Starts the server again with a policy for the project. */
  const withPolicy = async (notifications: object) => {
    await server.kill("SIGTERM")
    writeFileSync(join(world.folder, "targets.json"), JSON.stringify([{ repo: repository, notifications }]))
    server = await startServer(world)
  }

  it("tells a deployment in the thread of its pull request, and others and releases in the channel, each once", async () => {
    const { sandbox } = world
    sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await until("the card is there", async () => cards().length === 1)
    const staged = sandbox.deploy(repository, { ref: "pull/1/head", environment: "staging", creator: "ci[bot]" })
    for (const state of ["queued", "in_progress"] as const)
      sandbox.setDeploymentStatus(repository, staged.id, { state })
    sandbox.setDeploymentStatus(repository, staged.id, {
      state: "failure",
      description: "No space left",
      logUrl: "https://ci.example/7"
    })
    const live = sandbox.deploy(repository, { ref: "main", environment: "production", creator: "ada" })
    sandbox.setDeploymentStatus(repository, live.id, { state: "success", environmentUrl: "https://shop.example/" })
    const notes = "Fixes #1 with **mugs**"
    slack.fault({ kind: "lost-answer", method: "chat.postMessage", times: 1 })
    const release = sandbox.publishRelease(repository, { tag: "v1.0", name: "Mugs", body: notes, author: "ada" })
    const channelTexts = () => cards().map(({ text }) => text)
    await until("the release is told", async () => channelTexts().some((text) => text.includes("released v1.0: Mugs")))
    await until("the deployment is told", async () => channelTexts().some((text) => text.includes("deployed main")))
    await until("the failure is told", async () => replies().length === 1)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    assert.match(
      replies()[0] ?? "",
      /^:x: \*ci\[bot\]\* <https:\/\/ci\.example\/7\|could not deploy .* to staging>\nNo space left$/
    )
    const [told, ...doubled] = channelTexts().filter((text) => text.includes("released"))
    assert.deepStrictEqual(doubled, [])
    assert.include(told, " · acme/shop\nFixes <")
    assert.include(told, "|#1> with *mugs*")
    assert.include(channelTexts(), "*ada* <https://shop.example/|deployed main to production> · acme/shop")
    assert.strictEqual(release.tag, "v1.0")
    const deliveries = await (await fetch(`${world.url}/deliveries?limit=50`)).text()
    assert.include(deliveries, '"subject":"acme/shop@v1.0"')
  })

  it("shows all suites of checks as one line of the card, and says to what a reply on a line is one", async () => {
    const { sandbox } = world
    sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await until("the card is there", async () => cards().length === 1)
    const checks = ["lint", "test"].map((name) => sandbox.startCheck(repository, "pull/1/head", { name, app: name }))
    const [lint, test] = checks
    if (lint === undefined || test === undefined) throw new Error("two checks were started")
    sandbox.completeCheck(repository, lint.id, { conclusion: "success" })
    sandbox.completeCheck(repository, test.id, { conclusion: "failure" })
    await until("the card counts both", async () => card().includes(":x: 1 failed  :white_check_mark: 1 passed"))
    const first = sandbox.reviewComment(repository, 1, {
      author: "grace",
      body: "Why so **many**?",
      path: "server.mjs"
    })
    await until("it is told", async () => replies().length === 1)
    sandbox.reviewComment(repository, 1, { author: "ada", body: "They sell.", inReplyTo: first.id })
    await until("the reply is told", async () => replies().length === 2)
    assert.match(replies()[1] ?? "", /replied on server\.mjs:1>\n> grace: Why so \*\*many\*\*\?\nThey sell\.$/)
  })

  it("broadcasts, and has no card for drafts, as the project's policy says", async () => {
    await withPolicy({ drafts: false, events: { merged: "broadcast", commented: "off" } })
    const { sandbox } = world
    sandbox.openPullRequest(repository, { title: "A draft", author: "ada", draft: true })
    await untilState(world, 1, "ready")
    sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await until("the other card is there", async () => cards().length === 1)
    assert.include(card(), "Mugs")
    sandbox.comment(repository, 2, "ada", "nobody hears this")
    sandbox.close(repository, 2, { merge: true })
    await until("it is told", async () => replies().length === 1)
    assert.include(replies()[0], "merged this")
    assert.deepStrictEqual(
      slack.messages(channel).flatMap(({ broadcast, text }) => (broadcast ? [text] : [])),
      replies()
    )
    sandbox.setDraft(repository, 1, false)
    await until("the draft has its card", async () => cards().some(({ text }) => text.includes("A draft")))
    const deliveries = await (await fetch(`${world.url}/deliveries?limit=50`)).text()
    assert.include(deliveries, "Not told, by the project's policy: events.commented is off")
  })

  it("refuses what Slack did not sign", async () => {
    const post = async (headers: Record<string, string>) =>
      (await fetch(`${world.url}/slack/events`, { method: "POST", body: '{"type":"event_callback"}', headers })).status
    assert.strictEqual(await post({}), 401)
    assert.strictEqual(
      await post({ "x-slack-signature": `v0=${"0".repeat(64)}`, "x-slack-request-timestamp": "1" }),
      401
    )
  })
})
