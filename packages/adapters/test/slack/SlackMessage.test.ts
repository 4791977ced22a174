import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { actionOf, isBot, isOwn, messageOf, type SlackMessage } from "../../src/slack/SlackMessage.ts"
import { callback, changed, click, deleted, edited, mention, message, ts } from "./payloads.ts"

const decoded = (event: object) => Option.getOrNull(messageOf(callback(event)))

const hello: SlackMessage = {
  team: "T1",
  channel: "C1",
  ts,
  threadTs: null,
  user: "U1",
  botId: null,
  appId: null,
  text: "<@UBOT> hello",
  edited: false,
  revision: ts,
  deleted: false,
  mentions: ["UBOT"],
  isDirect: false
}

describe("a message of Slack's", () => {
  it("is the same from either event", () => {
    assert.deepStrictEqual(decoded(message), hello)
    assert.deepStrictEqual(decoded(mention), hello)
  })

  it("answers in a thread, unless it is the first of it", () => {
    assert.strictEqual(decoded({ ...message, thread_ts: "1.2" })?.threadTs, "1.2")
    assert.strictEqual(decoded({ ...message, thread_ts: "1.2", subtype: "thread_broadcast" })?.threadTs, "1.2")
    assert.strictEqual(decoded({ ...message, thread_ts: ts })?.threadTs, null)
  })

  it("is direct in the conversation with the bot, and not in one of several people", () => {
    assert.strictEqual(decoded({ ...message, channel: "D1", channel_type: "im" })?.isDirect, true)
    assert.strictEqual(decoded({ ...mention, channel: "D1" })?.isDirect, true)
    assert.strictEqual(decoded({ ...message, channel: "G1", channel_type: "mpim" })?.isDirect, false)
  })

  it("mentions each user once, in their order, and nobody in what was typed", () => {
    const text = "<@U2> <@W3|grace> <@U2> &lt;@U4&gt; <!here> <#C1|general> <https://x.test/@U5>"
    assert.deepStrictEqual(decoded({ ...message, text })?.mentions, ["U2", "W3"])
  })

  it("is decoded as it is after an edit", () => {
    const next = { text: "new", edited, thread_ts: "1.2" }
    assert.deepStrictEqual(decoded(changed(next, { text: "old" })), {
      ...hello,
      threadTs: "1.2",
      text: "new",
      mentions: [],
      edited: true,
      revision: "1700000005.000200"
    })
    assert.strictEqual(decoded({ ...mention, edited })?.edited, true)
    assert.strictEqual(decoded({ ...mention, edited })?.revision, edited.ts)
  })

  it("is none when only a link was unfurled", () => {
    assert.isNull(decoded(changed({ text: "same", edited, attachments: [{}] }, { text: "same", edited })))
  })

  it("is what it was before it was deleted, also where a tombstone stays", () => {
    const gone = { ...hello, text: "gone", mentions: [], deleted: true }
    assert.deepStrictEqual(decoded(deleted), { ...gone, threadTs: "1699999999.000100" })
    const tombstone = { subtype: "tombstone", text: "This message was deleted.", user: "USLACKBOT", thread_ts: ts }
    assert.deepStrictEqual(decoded(changed(tombstone, { text: "gone", thread_ts: ts })), gone)
    const { previous_message: _, ...unknown } = deleted
    assert.deepStrictEqual(decoded(unknown), { ...gone, text: "", user: null })
  })

  it("may be a file or a bot's, and no notice", () => {
    assert.strictEqual(decoded({ ...message, subtype: "file_share", files: [{ id: "F1" }] })?.text, message.text)
    const { user: _, ...bot } = { ...message, subtype: "bot_message", bot_id: "B9" }
    const said = decoded(bot)
    assert.deepStrictEqual([said?.user, said?.botId], [null, "B9"])
    for (const subtype of ["channel_join", "channel_topic", "message_replied", "pinned_item", "something_new"]) {
      assert.isNull(decoded({ ...message, subtype }), subtype)
      assert.isNull(decoded(changed({ subtype, text: "b" }, { text: "a" })), subtype)
    }
    assert.isNull(decoded({ type: "reaction_added", user: "U1", channel: "C1", ts }))
    for (const payload of [null, 1, {}, click, callback({ type: "message" })])
      assert.isTrue(Option.isNone(messageOf(payload)))
  })

  it("is our own by any of our ids, and a bot's by any bot's", () => {
    const own = { botUserId: "UBOT", botId: "B1", appId: "A1" }
    const by = (ids: Partial<SlackMessage>) => [isOwn({ ...hello, ...ids }, own), isBot({ ...hello, ...ids })]
    assert.deepStrictEqual(by({}), [false, false])
    assert.deepStrictEqual(by({ botId: "B1", user: null }), [true, true])
    assert.deepStrictEqual(by({ appId: "A1", user: "U7" }), [true, true])
    assert.deepStrictEqual(by({ user: "UBOT" }), [true, false])
    assert.deepStrictEqual(by({ botId: "B2", appId: "A2" }), [false, true])
    assert.strictEqual(decoded({ ...message, bot_id: "B1", bot_profile: { app_id: "A1" } })?.appId, "A1")
  })
})

describe("a click", () => {
  it("says who did what to which message", () => {
    assert.deepStrictEqual(Option.getOrNull(actionOf(click)), {
      user: "U1",
      channel: "C1",
      messageTs: ts,
      actionId: "go",
      value: "7",
      triggerId: "12.34.ab",
      responseUrl: "https://hooks.slack.com/actions/T1/1/x"
    })
  })

  it("has the value that was picked in a menu", () => {
    const value = (action: object) =>
      Option.getOrNull(actionOf({ ...click, actions: [{ action_id: "pick", ...action }] }))?.value
    assert.strictEqual(value({ selected_option: { value: "a", text: {} } }), "a")
    assert.strictEqual(value({ selected_options: [{ value: "b" }, { value: "c" }] }), "b")
    assert.strictEqual(value({ selected_user: "U3" }), "U3")
    assert.isNull(value({}))
  })

  it("is of no message in a modal, and nothing in any other payload", () => {
    const { channel: _, message: __, response_url: ___, ...rest } = click
    const modal = Option.getOrNull(actionOf({ ...rest, container: { type: "view", view_id: "V1" } }))
    assert.deepStrictEqual([modal?.channel, modal?.messageTs, modal?.responseUrl], [null, null, null])
    for (const payload of [null, callback(message), { ...click, actions: [] }, { ...click, type: "view_submission" }]) {
      assert.isTrue(Option.isNone(actionOf(payload)))
    }
  })
})
