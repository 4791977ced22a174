/** The routes about what happens around the code. */
import { SandboxMissing, SandboxRefused } from "../../SandboxControl.ts"
import { failure, notFound, type Route } from "../http.ts"
import type { Parts } from "../parts.ts"
import { checkRoutes } from "./checks.ts"
import { deploymentRoutes } from "./deployments.ts"
import { issueRoutes } from "./issues.ts"
import { pullRoutes } from "./pulls.ts"
import { reviewRoutes } from "./reviews.ts"

/** What the sandbox says no to, in GitHub's manners. */
const inManners = (one: Route): Route => ({
  ...one,
  handle: (call) => {
    try {
      return one.handle(call)
    } catch (cause) {
      if (cause instanceof SandboxMissing) return notFound
      if (cause instanceof SandboxRefused) return failure(422, cause.message)
      throw cause
    }
  }
})

export const activityRoutes = (parts: Parts): ReadonlyArray<Route> =>
  [
    ...pullRoutes(parts),
    ...issueRoutes(parts),
    ...reviewRoutes(parts),
    ...checkRoutes(parts),
    ...deploymentRoutes(parts)
  ].map(inManners)
