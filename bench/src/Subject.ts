/** A program under measurement, in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

export interface Subject {
  readonly port: number
  readonly process: ChildProcess
  /** Milliseconds from spawn to the line that says it listens. */
  readonly startMs: number
  /** Resident set, in MiB. */
  rss(): number
  /** User and system time so far, in milliseconds. */
  cpuMs(): number
  /** Waits until it does next to nothing for half a second. */
  idle(): Promise<void>
  stop(): Promise<void>
}

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("no port was given")
  return address.port
}

/** Of Linux' ticks of 10 milliseconds. */
const cpuMsOf = (pid: number | undefined): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ")
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Starts `node script ...args` and waits for a line of output that matches `ready`. */
export const start = async (
  args: (port: number) => ReadonlyArray<string>,
  options: { readonly env?: (port: number) => Record<string, string>; readonly ready?: RegExp } = {}
): Promise<Subject> => {
  const port = await freePort()
  const begun = performance.now()
  const child = spawn(process.execPath, args(port), {
    env: { ...process.env, ...options.env?.(port) },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let output = ""
  await new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer) => {
      output += chunk.toString()
      if ((options.ready ?? /listening/i).test(output)) resolve()
    }
    child.stdout.on("data", take)
    child.stderr.on("data", take)
    child.on("exit", (code) => reject(new Error(`a subject ended with ${code} before it listened:\n${output}`)))
  })
  return {
    port,
    process: child,
    startMs: performance.now() - begun,
    rss: () => {
      const line = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))
      return Number(line?.[1] ?? Number.NaN) / 1024
    },
    cpuMs: () => cpuMsOf(child.pid),
    idle: async () => {
      for (let before = Number.NEGATIVE_INFINITY; ; ) {
        const now = cpuMsOf(child.pid)
        if (now - before <= 30) return
        before = now
        await sleep(500)
      }
    },
    stop: async () => {
      if (child.exitCode !== null) return
      child.removeAllListeners("exit")
      const ended = once(child, "exit")
      child.kill("SIGTERM")
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000)
      await ended
      clearTimeout(timer)
    }
  }
}
