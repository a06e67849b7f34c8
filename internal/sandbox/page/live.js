// The stream of views. The browser reconnects when it breaks and then gets a whole view, so nothing
// is missed.

const hiddenFor = 60_000; // a browser allows few streams at once, so hidden windows close theirs

export class Live {
  constructor(onView, onConnection) {
    this.onView = onView;
    this.onConnection = onConnection;
    document.addEventListener("visibilitychange", () => this.rest());
  }

  // watch switches to the chat of a user and a bot.
  watch(as, bot) {
    this.query = new URLSearchParams({ as, bot });
    this.connect();
  }

  connect() {
    this.source?.close();
    const source = new EventSource(`/ui/events?${this.query}`);
    this.source = source;
    source.onopen = () => this.onConnection(true);
    source.onerror = () => {
      this.onConnection(false);
      // After an answer that is not a stream the browser does not try again.
      if (source.readyState === EventSource.CLOSED && source === this.source) setTimeout(() => this.connect(), 2000);
    };
    source.onmessage = (e) => {
      if (source === this.source) this.onView(JSON.parse(e.data));
    };
  }

  rest() {
    clearTimeout(this.timer);
    if (document.visibilityState === "hidden") this.timer = setTimeout(() => this.source?.close(), hiddenFor);
    else if (this.source?.readyState === EventSource.CLOSED) this.connect();
  }
}
