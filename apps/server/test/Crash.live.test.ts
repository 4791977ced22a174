import { describe } from "vitest"
import { suite } from "./CrashTest.ts"
import { repository, strayProcesses } from "./Harness.ts"

// NOTE: each test has a world of its own and mostly waits for it.
describe.concurrent("a server that is killed", () =>
  suite({ runtime: "process", repositoryName: () => repository, leftovers: strayProcesses }))
