import { NodeRuntime } from "@effect/platform-node"
import { run } from "./Run.ts"

NodeRuntime.runMain(run, { disableErrorReporting: true })
