/** Webhook acknowledgement: ours (flushed to disk before the answer) against a bare flushed server and a Probot app that stores nothing. */
import { createHmac, generateKeyPairSync, randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { contender, latency, measure, rate, rowOf } from "../Acknowledgement.ts"
import type { Result } from "../Report.ts"
import { type Subject, start } from "../Subject.ts"
import { startServer } from "../subjects/ours.ts"

const secret = "bench-secret"

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

export const webhook = async (): Promise<Result> => {
  const folder = mkdtempSync(join(tmpdir(), "pb-bench-"))
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const script = (name: string) => join(import.meta.dirname, "..", "subjects", `${name}.ts`)
  const started: Array<Subject> = []
  const add = async (name: string, subject: Promise<Subject>) => {
    started.push(await subject)
    return contender(name, await subject)
  }
  try {
    const ours = await add("productbuilding", startServer({ folder, secret }))
    const bare = await add(
      "bare + SQLite flushed",
      start((port) => [script("bareSqlite"), String(port), join(folder, "bare.db")])
    )
    const probot = await add(
      "Probot, nothing stored",
      start((port) => [script("probotQuiet"), String(port)], {
        env: () => ({ BENCH_PRIVATE_KEY: String(privateKey.export({ type: "pkcs1", format: "pem" })) })
      })
    )
    await measure([ours, bare, probot], { path: "/webhook", request: deliveries() })
    return {
      suite: "webhook acknowledgement",
      rows: [ours, bare, probot].map(rowOf),
      ratios: [
        {
          name: "p50 at 1 connection, ours / bare flushed",
          value: latency(ours, bare),
          goal: { kind: "at most", value: 1.3 }
        },
        {
          name: "req/s at 16 connections, ours / Probot",
          value: rate(ours, probot),
          goal: { kind: "at least", value: 0.7 }
        }
      ]
    }
  } finally {
    await Promise.all(started.map((subject) => subject.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}
