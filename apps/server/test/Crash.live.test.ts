import { describe } from "vitest"
import { suite } from "./CrashTest.ts"
import { repository, strayProcesses } from "./Harness.ts"

describe("a server that is killed", () =>
  suite({ runtime: "process", repositoryName: () => repository, leftovers: strayProcesses }))
