/** The definition of the HTTP API, for clients of the server. */
export * from "./Api.ts"
export * from "./SinkReport.ts"
