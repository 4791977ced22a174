/** Hooks of repositories and what was delivered to them. */
import type { SandboxControl } from "../../SandboxControl.ts"
import {
  type Call,
  cursorPage,
  field,
  invalid,
  json,
  noContent,
  notFound,
  numberOf,
  page,
  Refusal,
  type Route,
  repositoryOf,
  route
} from "../http.ts"
import { deliveryItemJson, deliveryJson, hookJson } from "../json/hooks.ts"
import type { State } from "../state.ts"
import type { Webhooks } from "../webhooks.ts"

const text = (value: unknown): string => (typeof value === "string" ? value : "")

export const hookRoutes = (state: State, control: SandboxControl, webhooks: Webhooks): ReadonlyArray<Route> => {
  const hookOf = (call: Call) => {
    const repo = repositoryOf(state, call)
    const hook = repo.hooks.get(numberOf(call, "id"))
    if (hook === undefined) throw new Refusal(notFound)
    return { repo, hook }
  }
  const deliveryOf = (call: Call) => {
    const { hook, repo } = hookOf(call)
    const id = numberOf(call, "delivery")
    const delivery = repo.deliveries.find((one) => one.id === id && one.hookId === hook.id)
    if (delivery === undefined) throw new Refusal(notFound)
    return { repo, hook, delivery }
  }

  return [
    route("GET", "/repos/:owner/:repo/hooks", (call) => {
      const repo = repositoryOf(state, call)
      return page(state, call, Array.from(repo.hooks.values()), (hook) => hookJson(state.api(), repo, hook))
    }),
    route("POST", "/repos/:owner/:repo/hooks", (call) => {
      const repo = repositoryOf(state, call)
      const url = text(field(call.body, "config", "url"))
      if (!/^https?:/.test(url) || !URL.canParse(url)) {
        return invalid({ resource: "Hook", code: "custom", field: "url", message: "url is missing a scheme or a host" })
      }
      const events = field(call.body, "events")
      const { id } = control.addHook(repo.fullName, {
        url,
        secret: text(field(call.body, "config", "secret")),
        events: Array.isArray(events) ? events.map(String) : ["push"]
      })
      control.ping(repo.fullName, id)
      const hook = repo.hooks.get(id)
      return hook === undefined ? notFound : json(hookJson(state.api(), repo, hook), 201)
    }),
    route("GET", "/repos/:owner/:repo/hooks/:id", (call) => {
      const { hook, repo } = hookOf(call)
      return json(hookJson(state.api(), repo, hook))
    }),
    route("DELETE", "/repos/:owner/:repo/hooks/:id", (call) => {
      const { hook, repo } = hookOf(call)
      repo.hooks.delete(hook.id)
      return noContent
    }),
    route("POST", "/repos/:owner/:repo/hooks/:id/pings", (call) => {
      const { hook, repo } = hookOf(call)
      control.ping(repo.fullName, hook.id)
      return noContent
    }),
    route("GET", "/repos/:owner/:repo/hooks/:id/deliveries", (call) => {
      const { hook, repo } = hookOf(call)
      const wanted = call.query.get("status")
      const isOk = (status: number) => status >= 200 && status < 300
      const found = repo.deliveries
        .filter((one) => one.hookId === hook.id)
        .filter((one) => wanted === null || isOk(one.status) === (wanted === "success"))
      return cursorPage(state, call, found, (one) => deliveryItemJson(repo, one))
    }),
    route("GET", "/repos/:owner/:repo/hooks/:id/deliveries/:delivery", (call) => {
      const { delivery, repo } = deliveryOf(call)
      return json(deliveryJson(repo, delivery))
    }),
    route("POST", "/repos/:owner/:repo/hooks/:id/deliveries/:delivery/attempts", (call) => {
      const { delivery, hook, repo } = deliveryOf(call)
      void webhooks.redeliver(repo, hook, delivery)
      return json({}, 202)
    })
  ]
}
