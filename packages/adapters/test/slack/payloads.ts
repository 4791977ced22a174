/** Payloads as Slack documents them. https://docs.slack.dev/reference/events (read 2026-11-21) */

export const team = "T1"
export const channel = "C1"
export const ts = "1700000000.000100"

export const callback = (event: object, eventId = "Ev1") => ({
  token: "z",
  team_id: team,
  api_app_id: "A1",
  type: "event_callback",
  event_id: eventId,
  event_time: 1_700_000_000,
  event
})

export const message = {
  type: "message",
  user: "U1",
  text: "<@UBOT> hello",
  ts,
  team,
  channel,
  channel_type: "channel",
  event_ts: ts
}

/** Without `channel_type`, as Slack sends it. */
export const mention = { type: "app_mention", user: "U1", text: "<@UBOT> hello", ts, team, channel, event_ts: ts }

export const changed = (next: object, previous: object, at = "1700000005.000200") => ({
  type: "message",
  subtype: "message_changed",
  hidden: true,
  channel,
  channel_type: "channel",
  ts: at,
  event_ts: at,
  message: { type: "message", user: "U1", ts, ...next },
  previous_message: { type: "message", user: "U1", ts, ...previous }
})

export const edited = { user: "U1", ts: "1700000004.000000" }

export const deleted = {
  type: "message",
  subtype: "message_deleted",
  hidden: true,
  channel,
  channel_type: "channel",
  ts: "1700000009.000300",
  event_ts: "1700000009.000300",
  deleted_ts: ts,
  previous_message: { type: "message", user: "U1", text: "gone", ts, thread_ts: "1699999999.000100" }
}

export const click = {
  type: "block_actions",
  user: { id: "U1", username: "ada", team_id: team },
  api_app_id: "A1",
  token: "z",
  container: { type: "message", message_ts: ts, channel_id: channel },
  trigger_id: "12.34.ab",
  team: { id: team, domain: "acme" },
  channel: { id: channel, name: "general" },
  message: { type: "message", ts, text: "Go?" },
  response_url: "https://hooks.slack.com/actions/T1/1/x",
  actions: [{ action_id: "go", block_id: "b", type: "button", value: "7", action_ts: "1700000001.5" }]
}
