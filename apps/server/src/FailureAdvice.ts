/** What to do about something that a sink has refused for good. */

/** Slack's own words. https://docs.slack.dev/reference/methods/chat.postMessage (read 2026-11-21) */
const slackAdvices: ReadonlyArray<readonly [RegExp, string]> = [
  [/not_in_channel/, "The bot is not in the channel: type /invite and its name in it."],
  [
    /channel_not_found/,
    "The channel is gone, or private without the bot: invite the bot, or correct slackChannel in the targets file."
  ],
  [/is_archived/, "The channel is archived: unarchive it, or name another as slackChannel in the targets file."],
  [/there is no channel/, "Or name another as slackChannel in the targets file."],
  [/has no Slack channel/, "Name one as slackChannel in the targets file, and restart the server."],
  [/missing_scope/, "The bot lacks a scope: productbuilding doctor names it. Add it, then reinstall the app."],
  [
    /invalid_auth|not_authed|account_inactive|token_revoked|token_expired/,
    "Slack refuses SLACK_BOT_TOKEN: take the current one from the app's page, and restart the server."
  ],
  [/message_not_found|cant_update_message/, "Somebody removed it in Slack, or another app posted it."],
  [/edit_window_closed/, "The workspace lets nobody edit messages that are so old: raise its limit."],
  [/restricted_action|no_permission/, "The workspace does not let the bot post there: ask one of its administrators."]
]

const others: Readonly<Record<string, string>> = {
  slack: "Run productbuilding doctor: it looks at token, scopes and channels.",
  "code-host": "Run productbuilding doctor: it looks at the credentials and what they may do."
}

const callbackAdvices: ReadonlyArray<readonly [RegExp, string]> = [
  [/410/, "Remove it from the callbacks file, or send again with productbuilding callbacks enable and its name."],
  [
    /ADDRESS_REFUSED/,
    "Its name leads to an address that is not public. For private networks set CALLBACKS_ALLOW_PRIVATE."
  ]
]

const advices = (sink: string): ReadonlyArray<readonly [RegExp, string]> => {
  if (sink === "slack") return slackAdvices
  return sink.startsWith("callback:") ? callbackAdvices : []
}

/** `detail` is what the sink's vendor said. */
export const failureAdvice = (sink: string, detail: string): string =>
  advices(sink).find(([pattern]) => pattern.test(detail))?.[1] ??
  others[sink] ??
  "Look at what receives it; the server's log has more."
