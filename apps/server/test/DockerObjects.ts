/** What the tests ask of the engine itself. */
import { execFileSync } from "node:child_process"

export const docker = (...args: ReadonlyArray<string>) => execFileSync("docker", [...args], { encoding: "utf8" }).trim()

/** Everything that the engine holds under an environment's name. */
export const held = (environment: string): ReadonlyArray<string> =>
  [
    docker("ps", "-aq", "--filter", `label=productbuilding.environment=${environment}`),
    docker("ps", "-aq", "--filter", `label=com.docker.compose.project=${environment}`),
    docker("network", "ls", "-q", "--filter", `label=productbuilding.environment=${environment}`),
    docker("volume", "ls", "-q", "--filter", `label=productbuilding.environment=${environment}`),
    docker("image", "ls", "-q", "--filter", `label=productbuilding.environment=${environment}`)
  ].flatMap((lines) => lines.split("\n").filter((line) => line !== ""))

let repositories = 0

/** A name of its own for each test: the engine is shared. */
export const uniqueRepository = () => `pb-test/run-${process.pid}-${++repositories}`
