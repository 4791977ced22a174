import { assert, describe, it } from "@effect/vitest"
import { incomingEvent, incomingPayload } from "../../src/slack/SlackWebhook.ts"
import { callback, changed, click, deleted, edited, mention, message, ts } from "./payloads.ts"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const take = (payload: unknown) => {
  const taken = incomingPayload(payload)
  return taken.kind === "delivery" ? [taken.incoming.event, taken.incoming.id] : taken.kind
}

const mine = `slack:T1:C1:${ts}`

describe("what Slack sends", () => {
  it("gives the challenge back", () => {
    assert.deepStrictEqual(incomingPayload({ token: "z", challenge: "abc", type: "url_verification" }), {
      kind: "challenge",
      challenge: "abc"
    })
  })

  it("has one id for a message and its mention", () => {
    assert.deepStrictEqual(take(callback(message, "Ev1")), ["message", mine])
    assert.deepStrictEqual(take(callback(mention, "Ev2")), ["app_mention", mine])
    assert.deepStrictEqual(take(callback({ ...message, subtype: "thread_broadcast" })), ["message", mine])
    assert.deepStrictEqual(take(callback({ ...message, subtype: "file_share", files: [] })), ["message", mine])
  })

  it("has an id for each edit, also of two within the second that Slack notes, and for the mention of an edit", () => {
    for (const [text, at] of [
      ["new", "1700000004.000200"],
      ["newer", "1700000004.000300"]
    ] as const) {
      assert.deepStrictEqual(take(callback(changed({ text, edited }, { text: "old" }, at))), [
        "message_changed",
        `${mine}:edited:${at}`
      ])
    }
    assert.deepStrictEqual(take(callback({ ...mention, edited })), ["app_mention", `${mine}:mentioned:${edited.ts}`])
  })

  it("does not let an unfurled link take the id of the edit that it follows", () => {
    const unfurl = changed({ text: "new", edited, attachments: [{}] }, { text: "new", edited }, "1700000008.000100")
    assert.deepStrictEqual(take(callback(unfurl)), ["message_changed", `${mine}:changed:1700000008.000100`])
  })

  it("has an id of its own for a change by an app, which Slack does not call an edit", () => {
    assert.deepStrictEqual(take(callback(changed({ text: "b" }, { text: "a" }))), [
      "message_changed",
      `${mine}:edited:1700000005.000200`
    ])
  })

  it("has an id for a deletion, with and without a tombstone", () => {
    const gone = `${mine}:deleted:${ts}`
    assert.deepStrictEqual(take(callback(deleted)), ["message_deleted", gone])
    const tombstone = changed({ subtype: "tombstone", text: "This message was deleted." }, { text: "old" })
    assert.deepStrictEqual(take(callback(tombstone)), ["message_changed", gone])
  })

  it("knows anything else by the event's id, notices with another message's ts among them", () => {
    const reaction = {
      type: "reaction_added",
      user: "U1",
      reaction: "eyes",
      item: { type: "message", channel: "C1", ts }
    }
    assert.deepStrictEqual(take(callback(reaction, "Ev7")), ["reaction_added", "slack:Ev7"])
    const replied = { ...message, subtype: "message_replied", message: { ...message, reply_count: 1 } }
    assert.deepStrictEqual(take(callback(replied, "Ev8")), ["message", "slack:Ev8"])
    assert.deepStrictEqual(take(callback({ ...message, subtype: "channel_join" }, "Ev9")), ["message", "slack:Ev9"])
    assert.deepStrictEqual(take(callback({ type: "message", subtype: "message_changed" }, "Ev10")), [
      "message_changed",
      "slack:Ev10"
    ])
  })

  it("stores that events were left out, once a minute", () => {
    const limited = { token: "z", type: "app_rate_limited", team_id: "T1", minute_rate_limited: 1_518_467_820 }
    assert.deepStrictEqual(take(limited), ["app_rate_limited", "slack:app_rate_limited:T1:1518467820"])
  })

  it("stores the JSON of an interaction, which comes as a form or over a socket", () => {
    const form = encoder.encode(new URLSearchParams({ payload: JSON.stringify(click) }).toString())
    const taken = incomingEvent(form)
    if (taken.kind !== "delivery") return assert.fail(taken.kind)
    assert.deepStrictEqual(taken.incoming, {
      id: taken.incoming.id,
      source: "slack",
      event: "block_actions",
      body: encoder.encode(JSON.stringify(click))
    })
    assert.strictEqual(taken.incoming.id, "slack:interaction:12.34.ab")
    assert.deepStrictEqual(incomingPayload(click), taken)
    const { trigger_id: _, ...untriggered } = click
    assert.deepStrictEqual(take(untriggered), ["block_actions", "slack:interaction:1700000001.5:U1:go"])
    assert.deepStrictEqual(take({ type: "view_submission", trigger_id: "9.9", user: { id: "U1" }, view: null }), [
      "view_submission",
      "slack:interaction:9.9"
    ])
    assert.deepStrictEqual(take({ type: "view_closed", user: { id: "U1" }, view: { id: "V1", hash: "h" } }), [
      "view_closed",
      "slack:interaction:view_closed:V1:h"
    ])
  })

  it("keeps the raw bytes of an event", () => {
    const body = encoder.encode(`${JSON.stringify(callback({ ...message, text: "caf\u00e9" }), null, 2)}\n`)
    const taken = incomingEvent(body)
    assert.strictEqual(
      taken.kind === "delivery" ? decoder.decode(taken.incoming.body) : taken.kind,
      decoder.decode(body)
    )
  })

  it("says of what it cannot read that it is malformed", () => {
    for (const body of [
      "",
      "{",
      "null",
      "[]",
      "{}",
      "payload=",
      "payload=%7B",
      "command=%2Fdeploy",
      '{"type":"hello"}'
    ]) {
      assert.deepStrictEqual(incomingEvent(encoder.encode(body)), { kind: "malformed" }, body)
    }
    assert.deepStrictEqual(incomingEvent(Uint8Array.of(0x7b, 0xff)), { kind: "malformed" })
    for (const payload of [undefined, null, 1, callback({}), { type: "event_callback", event: message }]) {
      assert.deepStrictEqual(incomingPayload(payload), { kind: "malformed" }, JSON.stringify(payload))
    }
  })
})
