/** The control API under `/_sandbox`: the controls, over HTTP. */
import { HeadFault, RequestFault, WebhookFault } from "../../Faults.ts"
import type { CommitContent, TreeChange } from "../../GitHubState.ts"
import { type SandboxControl, SandboxRefused } from "../../SandboxControl.ts"
import * as Bodies from "../controlBodies.ts"
import { json, noContent, numberOf, type Route, route } from "../http.ts"
import { emptyTree, treeOf } from "../trees.ts"
import { named, withBody } from "./controlRoute.ts"

const contentOf = (body: { readonly change?: TreeChange; readonly folder?: string }): CommitContent => {
  if (body.folder !== undefined && body.change !== undefined) {
    throw new SandboxRefused({ message: "A commit is made of a change or of a folder, not of both." })
  }
  return body.folder ?? body.change ?? {}
}

export const controlRoutes = (control: SandboxControl): ReadonlyArray<Route> => [
  route("GET", "/_sandbox/repos", () => json(control.repositories())),
  withBody("POST", "/_sandbox/repos", Bodies.AddRepository, (_call, body) => {
    const content = contentOf(body)
    const tree = typeof content === "string" ? content : treeOf(emptyTree, content)
    return json(control.addRepository(body.repository, tree, { private: body.private ?? false }), 201)
  }),
  withBody("POST", "/_sandbox/repos/:owner/:repo/hooks", Bodies.AddHook, (call, body) =>
    json(control.addHook(named(call), body), 201)
  ),
  withBody("POST", "/_sandbox/repos/:owner/:repo/hooks/:id/ping", Bodies.Nothing, (call) => {
    control.ping(named(call), numberOf(call, "id"))
    return noContent
  }),
  withBody("PUT", "/_sandbox/repos/:owner/:repo/permissions/:login", Bodies.SetPermission, (call, { permission }) => {
    control.setPermission(named(call), call.params["login"] ?? "", permission)
    return noContent
  }),
  withBody("POST", "/_sandbox/repos/:owner/:repo/branches/:branch*", Bodies.Push, (call, body) =>
    json({ sha: control.pushBranch(named(call), call.params["branch"] ?? "", contentOf(body), body.author) })
  ),
  route("GET", "/_sandbox/repos/:owner/:repo/pulls", (call) => json(control.pullRequests(named(call)))),
  withBody("POST", "/_sandbox/repos/:owner/:repo/pulls", Bodies.OpenPullRequest, (call, body) => {
    const { change: _change, folder: _folder, ...about } = body
    return json(
      control.openPullRequest(named(call), { ...about, title: body.title ?? "A change", change: contentOf(body) }),
      201
    )
  }),
  withBody("POST", "/_sandbox/repos/:owner/:repo/pulls/:number/push", Bodies.Push, (call, body) =>
    json(control.push(named(call), numberOf(call, "number"), contentOf(body)))
  ),
  withBody("POST", "/_sandbox/repos/:owner/:repo/pulls/:number/close", Bodies.Close, (call, body) =>
    json(control.close(named(call), numberOf(call, "number"), { merge: body.merge ?? false }))
  ),
  withBody("POST", "/_sandbox/repos/:owner/:repo/pulls/:number/merge", Bodies.Nothing, (call) =>
    json(control.close(named(call), numberOf(call, "number"), { merge: true }))
  ),
  withBody("POST", "/_sandbox/repos/:owner/:repo/pulls/:number/reopen", Bodies.Nothing, (call) =>
    json(control.reopen(named(call), numberOf(call, "number")))
  ),
  route("GET", "/_sandbox/repos/:owner/:repo/pulls/:number/comments", (call) =>
    json(control.comments(named(call), numberOf(call, "number")))
  ),
  withBody("POST", "/_sandbox/repos/:owner/:repo/pulls/:number/comments", Bodies.NewComment, (call, body) =>
    json(control.comment(named(call), numberOf(call, "number"), body.author ?? "octocat", body.body), 201)
  ),
  route("GET", "/_sandbox/repos/:owner/:repo/deliveries", (call) => json(control.deliveries(named(call)))),
  withBody("POST", "/_sandbox/repos/:owner/:repo/deliveries/:id/redeliver", Bodies.Nothing, async (call) =>
    json(await control.redeliver(named(call), numberOf(call, "id")))
  ),
  withBody("POST", "/_sandbox/faults", RequestFault, (_call, fault) => {
    control.fault(fault)
    return noContent
  }),
  withBody("POST", "/_sandbox/webhook-faults", WebhookFault, (_call, fault) => {
    control.webhookFault(fault)
    return noContent
  }),
  withBody("POST", "/_sandbox/head-faults", HeadFault, (_call, fault) => {
    control.headFault(fault)
    return noContent
  }),
  route("DELETE", "/_sandbox/faults", () => {
    control.clearFaults()
    return noContent
  }),
  route("GET", "/_sandbox/writes", () =>
    json(
      Object.fromEntries(
        control.repositories().map(({ name, owner }) => [`${owner}/${name}`, control.writesOf(`${owner}/${name}`)])
      )
    )
  ),
  withBody("POST", "/_sandbox/settled", Bodies.Nothing, async () => {
    await control.settled()
    return noContent
  })
]
