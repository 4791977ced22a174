/** From an event to 500 clients that follow it: our server, whose events are signed webhooks, against bare `node:http`. */
import { createHmac } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { Agent, get } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { median, type Result } from "../Report.ts"
import { type Subject, start } from "../Subject.ts"
import { startServer } from "../subjects/ours.ts"

const secret = "bench-secret"
const repository = "octo-bench/none"
const clients = 500
const events = 100
const warmUp = 20
const everyMs = 100
const rounds = 3

let said = 0

const post = async (url: string, headers: Record<string, string>, body: string) => {
  const answer = await fetch(url, { method: "POST", headers, body })
  await answer.arrayBuffer()
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
}

const text = () => `Comment ${++said}: ${"all work and no play ".repeat(15)}`

const emitBare = (port: number) => post(`http://127.0.0.1:${port}/emit`, {}, text())

/** A comment on an issue: one event of the type `said`, with the comment in it. */
const emitOurs = (port: number) => {
  const url = `https://github.com/${repository}/issues/1`
  const comment = { body: text(), id: said, html_url: `${url}#issuecomment-${said}`, user: { login: "ada" } }
  const issue = { number: 1, html_url: url }
  const body = JSON.stringify({ action: "created", repository: { full_name: repository }, issue, comment })
  const headers = {
    "content-type": "application/json",
    "x-github-event": "issue_comment",
    "x-github-delivery": `bench-${said}`,
    "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`
  }
  return post(`http://127.0.0.1:${port}/webhook`, headers, body)
}

/** Follows, and notes for each event how long it took to here since the time that it has in it. */
const follow = async (url: string, agent: Agent, delays: Array<number>) => {
  const request = get(url, { agent })
  const [response] = await once(request, "response")
  let rest = ""
  response.setEncoding("utf8")
  response.on("data", (chunk: string) => {
    const now = performance.timeOrigin + performance.now()
    const frames = (rest + chunk).split("\n\n")
    rest = frames.pop() ?? ""
    for (const frame of frames) {
      const at = /"at":(\d+)/.exec(frame)
      if (at !== null) delays.push(now - Number(at[1]))
    }
  })
  response.on("error", () => {})
  return () => request.destroy()
}

interface Contender {
  readonly name: string
  readonly subject: Subject
  readonly path: string
  readonly emit: (port: number) => Promise<void>
  readonly p99s: Array<number>
  readonly cpus: Array<number>
  lost: number
}

/** What one round of events costs, with so many who follow. */
const run = async ({ emit, path, subject }: Contender, followers: number) => {
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY })
  const delays: Array<number> = []
  const url = `http://127.0.0.1:${subject.port}${path}`
  const stops = await Promise.all(Array.from({ length: followers }, () => follow(url, agent, delays)))
  const emitMany = async (count: number) => {
    const begun = performance.now()
    for (let index = 0; index < count; index++) {
      await emit(subject.port)
      await sleep(Math.max(0, begun + (index + 1) * everyMs - performance.now()))
    }
    await sleep(500)
  }
  await emitMany(warmUp)
  const early = delays.splice(0).length
  const before = subject.cpuMs()
  await emitMany(events)
  const usedMs = subject.cpuMs() - before
  for (const stop of stops) stop()
  agent.destroy()
  await sleep(200)
  const sorted = delays.toSorted((left, right) => left - right)
  return {
    usedMs,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
    lost: (events + warmUp) * followers - delays.length - early
  }
}

export const sse = async (): Promise<Result> => {
  const folder = mkdtempSync(join(tmpdir(), "pb-bench-"))
  const contenders: Array<Contender> = []
  try {
    const add = (name: string, subject: Subject, path: string, emit: Contender["emit"]) =>
      contenders.push({ name, subject, path, emit, p99s: [], cpus: [], lost: 0 })
    add("productbuilding", await startServer({ folder, secret, repository }), "/events?type=said", emitOurs)
    const bare = join(import.meta.dirname, "..", "subjects", "bareSse.ts")
    add("node:http, nothing stored", await start((port) => [bare, String(port)]), "/events", emitBare)
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) {
        // NOTE: what the events cost by themselves, which is not what is compared.
        const alone = await run(contender, 0)
        const { lost, p99Ms, usedMs } = await run(contender, clients)
        contender.p99s.push(p99Ms)
        contender.cpus.push(((usedMs - alone.usedMs) * 1000) / (events * clients))
        contender.lost += lost
      }
    }
    const rows = contenders.map(({ cpus, lost, name, p99s }) => ({
      subject: name,
      figures: { "p99 ms": median(p99s), "CPU µs a delivery": median(cpus), lost }
    }))
    const [ours, floor] = rows
    if (ours === undefined || floor === undefined) throw new Error("a subject is missing")
    return {
      suite: `an event to ${clients} clients over SSE, ${1000 / everyMs} a second`,
      rows,
      ratios: [
        {
          name: "p99, ours / node:http",
          value: ours.figures["p99 ms"] / floor.figures["p99 ms"],
          goal: { kind: "at most", value: 1.5 }
        },
        {
          name: "CPU a delivery, ours / node:http",
          value: ours.figures["CPU µs a delivery"] / floor.figures["CPU µs a delivery"],
          goal: { kind: "at most", value: 1.5 }
        },
        { name: "lost or doubled, ours", value: Math.abs(ours.figures.lost), goal: { kind: "at most", value: 0 } }
      ]
    }
  } finally {
    await Promise.all(contenders.map(({ subject }) => subject.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}
