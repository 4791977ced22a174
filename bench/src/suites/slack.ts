/** A Slack event's acknowledgement: ours (flushed to disk before the answer) against a Bolt app that does nothing. */
import { createHmac } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { contender, latency, measure, rate, rowOf } from "../Acknowledgement.ts"
import type { Result } from "../Report.ts"
import { type Subject, start } from "../Subject.ts"
import { startServer } from "../subjects/ours.ts"

const secret = "bench-secret"

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

export const slack = async (): Promise<Result> => {
  const folder = mkdtempSync(join(tmpdir(), "pb-bench-"))
  const started: Array<Subject> = []
  const add = async (name: string, subject: Promise<Subject>) => {
    started.push(await subject)
    return contender(name, await subject)
  }
  try {
    // NOTE: nobody answers at the API: what is measured ends before anything is asked of Slack.
    const env = { SLACK_BOT_TOKEN: "xoxb-bench", SLACK_SIGNING_SECRET: secret, SLACK_API_URL: "http://127.0.0.1:9/" }
    const ours = await add("productbuilding", startServer({ folder, secret, env }))
    const bolt = await add(
      "Bolt, nothing stored",
      start((port) => [join(import.meta.dirname, "..", "subjects", "boltQuiet.ts"), String(port)])
    )
    await measure([ours, bolt], { path: "/slack/events", request })
    return {
      suite: "Slack acknowledgement",
      rows: [ours, bolt].map(rowOf),
      ratios: [
        {
          name: "p50 at 1 connection, ours / Bolt",
          value: latency(ours, bolt),
          goal: { kind: "at most", value: 2 }
        },
        {
          name: "req/s at 16 connections, ours / Bolt",
          value: rate(ours, bolt),
          goal: { kind: "at least", value: 1 }
        }
      ]
    }
  } finally {
    await Promise.all(started.map((subject) => subject.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}
