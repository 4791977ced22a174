/** How the routes of the control API are made. */
import { Result, Schema } from "effect"
import { SandboxRefused } from "../../SandboxControl.ts"
import { type Answer, type Call, type Route, route } from "../http.ts"

/** A route whose body has a schema; one that it does not fit is refused with the reason. */
export const withBody = <A, I>(
  method: string,
  path: string,
  schema: Schema.Codec<A, I>,
  handle: (call: Call, body: A) => Answer | Promise<Answer>
): Route => {
  const decode = Schema.decodeUnknownResult(schema)
  return route(method, path, (call) => {
    const body = decode(call.body)
    if (Result.isFailure(body)) throw new SandboxRefused({ message: body.failure.message })
    return handle(call, body.success)
  })
}

/** The repository of the path. */
export const named = (call: Call) => `${call.params["owner"]}/${call.params["repo"]}`
