/** An HTTP client to which every name below `localhost` is this machine, as it is to browsers. */

import { lookup } from "node:dns"
import type { LookupFunction } from "node:net"
import { NodeHttpClient } from "@effect/platform-node"
import type { Layer } from "effect"
import type { HttpClient } from "effect/http"

/** RFC 6761, section 6.3: names below `localhost` resolve to loopback; many resolvers do not know. */
const resolve: LookupFunction = (hostname, options, callback) => {
  if (hostname !== "localhost" && !hostname.endsWith(".localhost")) return lookup(hostname, options, callback)
  if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }])
  else callback(null, "127.0.0.1", 4)
}

/** No connection is kept: each request shows whether a connection can be made. */
export const layer: Layer.Layer<HttpClient.HttpClient> = NodeHttpClient.layerNodeHttpOptions({
  keepAlive: false,
  lookup: resolve
})
