/** Suites that need something of the machine: present, they run; absent, they are skipped by name, or fail where `PB_REQUIRE` lists it. */
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { describe } from "vitest"

const probes = {
  /** Version 1 is a script. */
  "compose-1": () => {
    const script = execFileSync("sh", ["-c", 'head -n 1 "$(command -v docker-compose)"'], { encoding: "latin1" })
    if (!/^#!.*python/.test(script)) throw new Error("docker-compose is no Python script")
  },
  docker: () =>
    void execFileSync("docker", ["version", "--format", "{{.Server.Version}}"], { stdio: "pipe", timeout: 10_000 }),
  registry: () => void execFileSync("npm", ["view", "effect@4.1.0", "version"], { stdio: "pipe", timeout: 30_000 }),
  chromium: () => {
    if (!existsSync("/usr/bin/chromium")) throw new Error("/usr/bin/chromium does not exist")
  }
}

export type Requirement = keyof typeof probes

const required = new Set((process.env["PB_REQUIRE"] ?? "").split(",").filter((name) => name !== ""))

const absence = (requirement: Requirement): string | null => {
  try {
    probes[requirement]()
    return null
  } catch (cause) {
    return cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause)
  }
}

/** `describe` for a suite that needs all of `requirements`. */
export const describeWith = (requirements: ReadonlyArray<Requirement>, name: string, body: () => void): void => {
  const missing = requirements.flatMap((requirement) => {
    const why = absence(requirement)
    if (why === null) return []
    if (required.has(requirement)) throw new Error(`PB_REQUIRE lists ${requirement}, but it is absent: ${why}`)
    return [`${requirement} is absent (${why})`]
  })
  if (missing.length === 0) describe(name, body)
  else describe.skip(`${name}: skipped, ${missing.join(", ")}`, body)
}
