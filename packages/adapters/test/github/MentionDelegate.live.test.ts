import { suite } from "../../../agent/test/DelegateTest.ts"
import { delegating } from "./hostWorld.ts"

suite("GitHub", {
  mentioned: { login: "claude", host: delegating("@claude") },
  assigned: { login: "builder[bot]", host: delegating("builder[bot]") },
  alone: delegating()
})
