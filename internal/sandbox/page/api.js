// Calls to the page's API. Each rejects with a Refusal.

export class Refusal extends Error {
  constructor(reason, text) {
    super(text);
    this.reason = reason;
  }
}

export function post(name, body) {
  return call(`/ui/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

export function get(name, query) {
  return call(`/ui/${name}?${new URLSearchParams(query)}`, {});
}

export function upload(query, file) {
  return call(`/ui/upload?${new URLSearchParams({ ...query, name: file.name })}`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: file,
  });
}

export const fileURL = (id, inline) => `/ui/file?${new URLSearchParams(inline ? { id, inline: 1 } : { id })}`;

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refusal("offline", "The sandbox does not answer");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(body.reason ?? "refused", body.error ?? `The sandbox answered ${response.status}`);
  return body;
}
