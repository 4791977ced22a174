/** Push to ready, and close to gone, against the same compose file brought up by hand on the same engine. */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { startGitHubSandbox } from "@productbuilding/sandbox"
import { median, type Result } from "../Report.ts"
import { startServer } from "../subjects/ours.ts"

const rounds = 3
const repository = "octo-bench/app"
const secret = "bench-secret"
const port = 8080

const files = (greeting: string): Record<string, string> => ({
  "index.html": greeting,
  Dockerfile: 'FROM busybox:1\nCOPY index.html /www/index.html\nCMD ["httpd", "-f", "-p", "8080", "-h", "/www"]\n',
  ".productbuilding/preview/config.yml": "version: 1\nruntime: { healthcheck_path: / }\n",
  ".productbuilding/preview/docker-compose.yml": "services:\n  app:\n    build: ../..\n    init: true\n"
})

/** One of the two forms of Compose, as the server finds it. */
const compose = ((): ReadonlyArray<string> => {
  try {
    execFileSync("docker", ["compose", "version"], { stdio: "ignore" })
    return ["docker", "compose"]
  } catch {
    return ["docker-compose"]
  }
})()

const run = async (command: ReadonlyArray<string>, cwd: string) => {
  const [program = "", ...args] = command
  const child = spawn(program, args, { cwd, stdio: "ignore" })
  const [code] = await once(child, "exit")
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}`)
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

const untilTrue = async (check: () => Promise<boolean>) => {
  while (!(await check())) await pause(10)
}

type Timings = Record<"cold" | "warm" | "changed" | "gone", Array<number>>
const noTimings = (): Timings => ({ cold: [], warm: [], changed: [], gone: [] })

const dropImages = (label: string) => {
  const ids = execFileSync("docker", ["image", "ls", "-q", "--filter", label], { encoding: "utf8" })
    .split("\n")
    .filter(Boolean)
  if (ids.length > 0) execFileSync("docker", ["image", "rm", "-f", ...ids], { stdio: "ignore" })
}

/** Without the layers of former rounds nothing is cached. */
const forget = () => execFileSync("docker", ["builder", "prune", "-af"], { stdio: "ignore" })

const byHand = async (folder: string, round: number, timings: Timings) => {
  const project = `bench-hand-${process.pid}`
  const source = join(folder, "hand")
  const write = (greeting: string) => {
    for (const [path, content] of Object.entries(files(greeting))) {
      mkdirSync(dirname(join(source, path)), { recursive: true })
      writeFileSync(join(source, path), content)
    }
  }
  const file = join(source, ".productbuilding/preview/docker-compose.yml")
  const command = (...args: ReadonlyArray<string>) => run([...compose, "-p", project, "-f", file, ...args], source)
  const up = async () => {
    await command("up", "-d", "--build", "-t", "1")
    await untilTrue(async () => {
      const id = execFileSync("docker", ["ps", "-q", "--filter", `label=com.docker.compose.project=${project}`], {
        encoding: "utf8"
      }).trim()
      const address = execFileSync(
        "docker",
        ["inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", id],
        { encoding: "utf8" }
      ).trim()
      return (await fetch(`http://${address}:${port}/`).catch(() => null))?.ok === true
    })
  }
  const down = () => command("down", "-v", "--rmi", "local", "-t", "1")
  write(`cold ${round} hand`)
  timings.cold.push(await timed(up))
  timings.gone.push(await timed(down))
  timings.warm.push(await timed(up))
  write(`changed ${round} hand`)
  timings.changed.push(await timed(up))
  await down()
}

/** Push to ready, and close to gone, against `docker compose` by hand. Needs a Docker engine and the image `busybox:1`. */
export const deployment = async (): Promise<Result> => {
  const folder = mkdtempSync(join(tmpdir(), "pb-bench-"))
  const sandbox = await startGitHubSandbox()
  sandbox.addRepository(
    repository,
    new Map(
      Object.entries(files("base")).map(([path, text]) => [path, { content: Buffer.from(text), kind: "file" as const }])
    )
  )
  const server = await startServer({
    folder,
    secret,
    repository,
    env: { GITHUB_API_URL: sandbox.url, PREVIEW_RUNTIME: "docker", RECONCILE_INTERVAL: "1 hour" }
  })
  const base = `http://127.0.0.1:${server.port}`
  sandbox.addHook(repository, { url: `${base}/webhook`, secret })
  const hand = noTimings()
  const ours = noTimings()
  const state = async (number: number): Promise<{ readonly state: string; readonly sha: string } | undefined> => {
    const response = await fetch(`${base}/previews/${repository}/${number}`)
    return response.ok ? JSON.parse(await response.text()) : undefined
  }
  const ready = (number: number, sha: string) =>
    untilTrue(async () => {
      const now = await state(number)
      if (now?.state === "failed") throw new Error(`the deployment failed: ${JSON.stringify(now)}`)
      return now?.state === "ready" && now.sha === sha
    })
  const gone = (number: number) => untilTrue(async () => (await state(number))?.state === "deleted")
  try {
    for (let round = 1; round <= rounds; round++) {
      forget()
      await byHand(folder, round, hand)
      forget()
      const pull = sandbox.openPullRequest(repository, {
        title: "Bench",
        change: { "index.html": `cold ${round} ours` }
      })
      ours.cold.push(await timed(() => ready(pull.number, pull.headSha)))
      ours.gone.push(
        await timed(async () => {
          sandbox.close(repository, pull.number)
          await gone(pull.number)
        })
      )
      ours.warm.push(
        await timed(async () => {
          sandbox.reopen(repository, pull.number)
          await ready(pull.number, pull.headSha)
        })
      )
      ours.changed.push(
        await timed(async () => {
          const { headSha } = sandbox.push(repository, pull.number, { "index.html": `changed ${round} ours` })
          await ready(pull.number, headSha)
        })
      )
      sandbox.close(repository, pull.number)
      await gone(pull.number)
    }
    const cases = ["cold", "warm", "changed", "gone"] as const
    const figures = (timings: Timings) => Object.fromEntries(cases.map((name) => [`${name} ms`, median(timings[name])]))
    return {
      suite: "deployment",
      rows: [
        { subject: "productbuilding", figures: figures(ours) },
        { subject: "compose by hand", figures: figures(hand) }
      ],
      ratios: cases.map((name) => ({
        name: `${name}: (ours − 500 ms) / by hand`,
        value: (median(ours[name]) - 500) / median(hand[name]),
        goal: { kind: "at most", value: 1.15 }
      }))
    }
  } finally {
    await server.stop()
    await sandbox.stop()
    dropImages("label=productbuilding.preview=octo-bench/app#1")
    rmSync(folder, { recursive: true, force: true })
  }
}
