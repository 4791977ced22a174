/** Webhook acknowledgement: ours (flushed to disk before the answer) against a bare flushed server and a Probot app that stores nothing. */
import { createHmac, generateKeyPairSync, randomUUID } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type LoadResult, load } from "../Load.ts"
import { median, type Result } from "../Report.ts"
import { type Subject, start } from "../Subject.ts"
import { startServer } from "../subjects/ours.ts"

const secret = "bench-secret"
const rounds = 3
const seconds = 4

const examples: ReadonlyArray<{ readonly name: string; readonly examples: ReadonlyArray<object> }> = createRequire(
  import.meta.url
)("@octokit/webhooks-examples")

const deliveries = () => {
  const payloads = (examples.find(({ name }) => name === "pull_request")?.examples ?? []).map((payload) => {
    const body = JSON.stringify(payload)
    return { body, signature: `sha256=${createHmac("sha256", secret).update(body).digest("hex")}` }
  })
  let turn = 0
  return () => {
    const payload = payloads[turn++ % payloads.length]
    if (payload === undefined) throw new Error("@octokit/webhooks-examples has no pull_request payload")
    return {
      method: "POST" as const,
      body: payload.body,
      headers: {
        "content-type": "application/json",
        "user-agent": "GitHub-Hookshot/bench",
        "x-github-event": "pull_request",
        "x-github-delivery": randomUUID(),
        "x-hub-signature-256": payload.signature
      }
    }
  }
}

/** Subjects take turns within a round, so that a machine that slows down slows all of them. */
export const webhook = async (): Promise<Result> => {
  const folder = mkdtempSync(join(tmpdir(), "pb-bench-"))
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const script = (name: string) => join(import.meta.dirname, "..", "subjects", `${name}.ts`)
  writeFileSync(join(folder, "key.pem"), privateKey.export({ type: "pkcs1", format: "pem" }))
  const subjects: Array<{
    readonly name: string
    readonly subject: Subject
    readonly one: Array<LoadResult>
    readonly sixteen: Array<LoadResult>
  }> = []
  try {
    const add = (name: string, subject: Subject) => subjects.push({ name, subject, one: [], sixteen: [] })
    add("productbuilding", await startServer({ folder, secret }))
    add("bare + SQLite flushed", await start((port) => [script("bareSqlite"), String(port), join(folder, "bare.db")]))
    add(
      "Probot, nothing stored",
      await start((port) => [script("probotQuiet"), String(port)], {
        env: () => ({ BENCH_PRIVATE_KEY: String(privateKey.export({ type: "pkcs1", format: "pem" })) })
      })
    )
    for (let round = 0; round < rounds; round++) {
      for (const { one, sixteen, subject } of subjects) {
        const url = `http://127.0.0.1:${subject.port}/webhook`
        one.push(await load({ url, connections: 1, seconds, request: deliveries() }))
        sixteen.push(await load({ url, connections: 16, seconds, request: deliveries() }))
      }
    }
    const rows = subjects.map(({ name, one, sixteen }) => ({
      subject: name,
      figures: {
        "p50 ms, 1 conn": median(one.map(({ p50Ms }) => p50Ms)),
        "p99 ms, 1 conn": median(one.map(({ p99Ms }) => p99Ms)),
        "req/s, 16 conn": median(sixteen.map(({ perSecond }) => perSecond)),
        "p99 ms, 16 conn": median(sixteen.map(({ p99Ms }) => p99Ms))
      }
    }))
    const [ours, bare, probot] = rows
    if (ours === undefined || bare === undefined || probot === undefined) throw new Error("a subject is missing")
    return {
      suite: "webhook acknowledgement",
      rows,
      ratios: [
        {
          name: "p50 at 1 connection, ours / bare flushed",
          value: ours.figures["p50 ms, 1 conn"] / bare.figures["p50 ms, 1 conn"],
          goal: { kind: "at most", value: 1.3 }
        },
        {
          name: "req/s at 16 connections, ours / Probot",
          value: ours.figures["req/s, 16 conn"] / probot.figures["req/s, 16 conn"],
          goal: { kind: "at least", value: 0.7 }
        }
      ]
    }
  } finally {
    await Promise.all(subjects.map(({ subject }) => subject.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}
