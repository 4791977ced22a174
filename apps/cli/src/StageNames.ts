/** What the stages of a deployment are called. */
import type { Stage } from "@productbuilding/preview"

export const stageNames: Readonly<Record<Stage, string>> = {
  fetch: "Fetch source",
  contract: "Read contract",
  compose: "Check compose file",
  build: "Build",
  start: "Start",
  migrate: "Migrate",
  readiness: "Wait until it answers",
  "post-deploy": "Post-deploy commands"
}
