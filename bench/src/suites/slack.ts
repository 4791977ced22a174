/** A Slack event's acknowledgement: ours (flushed to disk before the answer) against a Bolt app that does nothing. */
import { createHmac } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type LoadResult, load } from "../Load.ts"
import { median, type Result } from "../Report.ts"
import { type Subject, start } from "../Subject.ts"
import { startServer } from "../subjects/ours.ts"

const secret = "bench-secret"
const rounds = 3
const seconds = 4

let said = 0

/** A message in a channel, each with a time of its own: Slack's bodies have about a kilobyte. */
const request = () => {
  const ts = `${1_795_000_000 + Math.floor(said / 1000)}.${String(said++ % 1000).padStart(6, "0")}`
  const body = JSON.stringify({
    token: "bench",
    team_id: "T0BENCH",
    api_app_id: "A0BENCH",
    event: {
      type: "message",
      user: "U0ADA",
      text: `Message ${said}: ${"all work and no play ".repeat(20)}`,
      ts,
      channel: "C0BENCH",
      event_ts: ts,
      channel_type: "channel",
      team: "T0BENCH"
    },
    type: "event_callback",
    event_id: `Ev${said}`,
    event_time: Math.floor(Number(ts)),
    authorizations: [
      { enterprise_id: null, team_id: "T0BENCH", user_id: "U1", is_bot: true, is_enterprise_install: false }
    ]
  })
  const timestamp = String(Math.floor(Date.now() / 1000))
  return {
    method: "POST" as const,
    body,
    headers: {
      "content-type": "application/json",
      "x-slack-request-timestamp": timestamp,
      "x-slack-signature": `v0=${createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex")}`
    }
  }
}

/** Subjects take turns within a round, so that a machine that slows down slows all of them. */
export const slack = async (): Promise<Result> => {
  const folder = mkdtempSync(join(tmpdir(), "pb-bench-"))
  const subjects: Array<{
    readonly name: string
    readonly subject: Subject
    readonly one: Array<LoadResult>
    readonly sixteen: Array<LoadResult>
  }> = []
  try {
    const add = (name: string, subject: Subject) => subjects.push({ name, subject, one: [], sixteen: [] })
    // NOTE: nobody answers at the API: what is measured ends before anything is asked of Slack.
    const env = { SLACK_BOT_TOKEN: "xoxb-bench", SLACK_SIGNING_SECRET: secret, SLACK_API_URL: "http://127.0.0.1:9/" }
    add("productbuilding", await startServer({ folder, secret, env }))
    add(
      "Bolt, nothing stored",
      await start((port) => [join(import.meta.dirname, "..", "subjects", "boltQuiet.ts"), String(port)])
    )
    for (let round = 0; round < rounds; round++) {
      for (const { one, sixteen, subject } of subjects) {
        const url = `http://127.0.0.1:${subject.port}/slack/events`
        one.push(await load({ url, connections: 1, seconds, request }))
        sixteen.push(await load({ url, connections: 16, seconds, request }))
      }
    }
    const rows = subjects.map(({ name, one, sixteen }) => ({
      subject: name,
      figures: {
        "p50 ms, 1 conn": median(one.map(({ p50Ms }) => p50Ms)),
        "req/s, 16 conn": median(sixteen.map(({ perSecond }) => perSecond)),
        "p99 ms, 16 conn": median(sixteen.map(({ p99Ms }) => p99Ms))
      }
    }))
    const [ours, bolt] = rows
    if (ours === undefined || bolt === undefined) throw new Error("a subject is missing")
    return {
      suite: "Slack acknowledgement",
      rows,
      ratios: [
        {
          name: "p50 at 1 connection, ours / Bolt",
          value: ours.figures["p50 ms, 1 conn"] / bolt.figures["p50 ms, 1 conn"],
          goal: { kind: "at most", value: 2 }
        },
        {
          name: "req/s at 16 connections, ours / Bolt",
          value: ours.figures["req/s, 16 conn"] / bolt.figures["req/s, 16 conn"],
          goal: { kind: "at least", value: 1 }
        }
      ]
    }
  } finally {
    await Promise.all(subjects.map(({ subject }) => subject.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}
