/**
 * What the agent's loop costs beside the model: against the same calls by hand on the vendor's SDK, both on a model of this
 * machine that answers at once. Then a hundred turns at once, and the time from a mention to the first sign in Slack.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startModelSandbox, startSlackSandbox } from "@productbuilding/sandbox"
import { atOnce, shapes, type Taken } from "../AgentShapes.ts"
import { median, type Result } from "../Report.ts"
import { startServer } from "../subjects/ours.ts"

const mentions = 20

/** Slack takes about one message a second in a channel, and a turn posts two: without a pause its limit would be measured. */
const pauseMs = 2_500

const at = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** No limit of a day: they would end the run early. */
const unlimited = Object.fromEntries(
  ["USER", "CHANNEL", "PROJECT", "EVERYBODY"].flatMap((scope) => [
    [`AGENT_DAILY_TOKENS_${scope}`, "0"],
    [`AGENT_DAILY_CENTS_${scope}`, "0"]
  ])
)

const startModel = (delayMs = 0) =>
  startModelSandbox({
    scripts: shapes.map(({ name, says: [first, ...others] }) => ({
      when: { text: `\\b${name} ` },
      turns: [{ ...first, delayMs }, ...others]
    })),
    maxCalls: 10
  })

const run = async (subject: string, env: Readonly<Record<string, string>>, args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "..", "subjects", subject), ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"]
  })
  let output = ""
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString()
  })
  const [code] = await once(child, "close")
  if (code !== 0) throw new Error(`${subject} ended with ${code}:\n${output}`)
  // NOTE: what a subject logs while it ends stands beside it.
  const line = output.split("\n").find((one) => one.startsWith('{"alone"'))
  if (line === undefined) throw new Error(`${subject} printed no figures:\n${output}`)
  const taken: Taken = JSON.parse(line)
  return taken
}

const modelEnv = (url: string) => ({
  LLM_PROVIDER: "anthropic",
  LLM_API_KEY: "bench",
  LLM_MODEL: "bench",
  LLM_BASE_URL: url
})

/** Each in turn on a model of its own, which remembers conversations. */
const loops = async (folder: string) => {
  const measure = async (subject: string, args: ReadonlyArray<string>) => {
    const model = await startModel()
    try {
      return await run(subject, { ...modelEnv(model.url), ...unlimited }, args)
    } finally {
      await model.stop()
    }
  }
  const bare = await measure("bareTurns.ts", [])
  const ours = await measure("agentTurns.ts", [join(folder, "turns.db")])
  return { bare, ours }
}

/** From a mention to the first message of the bot in its thread, each as the sandbox sees it. */
const firstSigns = async (folder: string) => {
  // NOTE: a model that thinks, so that the sign is not the answer.
  const model = await startModel(1_000)
  const slack = await startSlackSandbox()
  slack.addUser({ name: "ada" })
  const channel = slack.addChannel({ name: "productbuilding-none" }).id
  slack.invite(channel)
  const { botToken, botUserId, signingSecret } = slack.app
  const server = await startServer({
    folder,
    secret: "bench-secret",
    env: {
      ...modelEnv(model.url),
      ...unlimited,
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: botToken,
      SLACK_SIGNING_SECRET: signingSecret
    }
  })
  try {
    await slack.setRequestUrl(`http://127.0.0.1:${server.port}/slack/events`)
    const taken: Array<number> = []
    for (let number = 0; number < mentions; number++) {
      const begun = performance.now()
      const { ts } = slack.say("ada", channel, `<@${botUserId}> plain ${number}`)
      while (slack.thread(channel, ts).length < 2) {
        if (performance.now() - begun > 30_000) throw new Error("a mention got no sign within 30 s")
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      taken.push(performance.now() - begun)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    return taken
  } finally {
    await server.stop()
    await slack.stop()
    await model.stop()
  }
}

/** What a loop adds for each model call and each tool, from the differences of three shapes of turns. */
const overheads = (ours: Taken, bare: Taken) => {
  const extra = (name: keyof Taken["alone"]) => median(ours.alone[name]) - median(bare.alone[name])
  const plain = extra("plain")
  const chain = extra("chain")
  const wide = extra("wide")
  // NOTE: chain − plain is 4 calls and 4 tools; wide − plain is 1 call and 8 tools.
  const tool = (wide - plain - (chain - plain) / 4) / 7
  const call = (chain - plain) / 4 - tool
  return { call, tool, turn: plain - call }
}

export const agent = async (): Promise<Result> => {
  const folder = mkdtempSync(join(tmpdir(), "pb-bench-"))
  try {
    const { bare, ours } = await loops(folder)
    const signs = await firstSigns(folder)
    const { call, tool, turn } = overheads(ours, bare)
    const row = (subject: string, { alone, peakMiB, together, wallMs }: Taken) => ({
      subject,
      figures: {
        ...Object.fromEntries(
          shapes.map(({ calls, name, tools }) => [`${calls} calls ${tools} tools ms`, median(alone[name])])
        ),
        [`${atOnce} at once ms`]: wallMs,
        "turn p50 ms": at(together, 0.5),
        "turn p99 ms": at(together, 0.99),
        "peak MiB": peakMiB
      }
    })
    return {
      suite: "agent",
      rows: [
        row("productbuilding", ours),
        row("@anthropic-ai/sdk by hand", bare),
        { subject: "loop adds, ms", figures: { "a model call": call, "a tool": tool, "a turn": turn } },
        { subject: "mention to first sign, ms", figures: { p50: at(signs, 0.5), p99: at(signs, 0.99) } }
      ],
      ratios: [
        { name: "added by the loop to a model call, ms", value: call, goal: { kind: "at most", value: 20 } },
        { name: "added by the loop to a tool, ms", value: tool, goal: { kind: "at most", value: 20 } },
        { name: "mention to first sign, p99 ms", value: at(signs, 0.99), goal: { kind: "at most", value: 2000 } }
      ]
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
