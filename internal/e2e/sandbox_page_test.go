package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
)

// bareBot is a bot of the test's own, in a sandbox with the chat page.
type bareBot struct {
	t       *testing.T
	world   *sandbox.World
	address string
	token   string
	offset  int64 // of the next update
}

func startBareBot(t *testing.T) *bareBot {
	t.Helper()
	world := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(world.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(world.Close) // first: the page's streams keep the server open
	b := &bareBot{t: t, world: world, address: server.URL, token: botToken}
	b.call("getMe", `{}`)
	require.NoError(t, world.Telegram().Say(b.token, sandbox.Alice, "/start"))
	return b
}

// call calls a method of the Bot API and returns its result.
func (b *bareBot) call(method, body string) json.RawMessage {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.address+"/telegram/bot"+b.token+"/"+method, strings.NewReader(body))
	require.NoError(b.t, err)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	require.NoError(b.t, err)
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		OK          bool
		Description string
		Result      json.RawMessage
	}
	require.NoError(b.t, json.NewDecoder(res.Body).Decode(&answer))
	require.True(b.t, answer.OK, answer.Description)
	return answer.Result
}

// show sends Alice a message with a keyboard.
func (b *bareBot) show(text, rows string) {
	b.t.Helper()
	b.call("sendMessage", fmt.Sprintf(`{"chat_id":%d,"text":%q,"reply_markup":{"inline_keyboard":%s}}`, sandbox.Alice, text, rows))
}

// next waits for the bot's next update of a kind, and drops those before it.
func (b *bareBot) next(kind string) json.RawMessage {
	b.t.Helper()
	for {
		var updates []map[string]json.RawMessage
		require.NoError(b.t, json.Unmarshal(b.call("getUpdates", fmt.Sprintf(`{"timeout":20,"limit":1,"offset":%d}`, b.offset)), &updates))
		require.NotEmpty(b.t, updates, "no %s came", kind)
		require.NoError(b.t, json.Unmarshal(updates[0]["update_id"], &b.offset))
		b.offset++
		if updates[0][kind] != nil {
			return updates[0][kind]
		}
	}
}

// tab opens the page once more in the same browser.
func (b *browser) tab(address string) *browser {
	b.t.Helper()
	ctx, stop := chromedp.NewContext(b.ctx)
	b.t.Cleanup(stop)
	other := &browser{t: b.t, ctx: ctx, shots: b.shots}
	require.NoError(b.t, chromedp.Do(ctx, chromedp.EmulateViewport(390, 844)))
	other.do(chromedp.Navigate(address), chromedp.WaitReady(hook("people-alice")))
	return other
}

func TestAnAnswerToAButtonShowsOnlyWhereItWasPressed(t *testing.T) {
	bot := startBareBot(t)
	bot.show("Choose", `[[{"text":"Ask","callback_data":"ask"}]]`)
	one := openBrowser(t, bot.address, 390, 844)
	two := one.tab(bot.address)
	two.sees("Choose")
	one.tap("Ask")
	var press struct{ ID string }
	require.NoError(t, json.Unmarshal(bot.next("callback_query"), &press))
	bot.call("answerCallbackQuery", fmt.Sprintf(`{"callback_query_id":%q,"text":"Only five are left","show_alert":true}`, press.ID))
	one.until(`document.getElementById("alert").open`)
	one.shot("alert")
	bot.show("Done", `[]`) // it comes after the answer, in both windows
	two.sees("Done")
	require.False(t, find[bool](two, `document.getElementById("alert").open`))
	require.Empty(t, find[string](two, `document.getElementById("notices").innerText`))
}

func TestButtonsLookAsTelegramShowsThem(t *testing.T) {
	bot := startBareBot(t)
	long := "A very long label of a button that no phone has the room to show in a single line"
	bot.show("Styles", `[[{"text":"Plain","callback_data":"1"}],[{"text":"Buy","style":"primary","callback_data":"2"}],
		[{"text":"Pay","style":"success","url":"https://t.me/x"}],[{"text":"Cancel","style":"danger","callback_data":"3"}],
		[{"text":"`+long+`","callback_data":"4"},{"text":"Short","callback_data":"5"}],[{"text":"Copy the key","copy_text":{"text":"KEY-1"}}]]`)
	b := openBrowser(t, bot.address, 390, 844)
	b.sees("Styles")
	for _, scheme := range []string{"light", "dark"} {
		b.prefer(scheme)
		b.fits(scheme)
		b.readable(scheme)
		b.shot("styles-" + scheme)
		colors := find[[]string](b, `[...document.querySelectorAll(".key")].slice(0, 4).map((e) => getComputedStyle(e).backgroundColor)`)
		seen := map[string]bool{}
		for _, c := range colors {
			seen[c] = true
		}
		require.Len(t, seen, 4, "each style has a colour of its own: %v", colors)
	}
	require.Equal(t, []float64{42, 42}, find[[]float64](b, `[...document.querySelectorAll(".key")].slice(4, 6).map((e) => e.offsetHeight)`), "one line each")
	require.Equal(t, "ellipsis", find[string](b, `getComputedStyle(document.querySelectorAll(".key span")[4]).textOverflow`))
	require.Equal(t, long, find[string](b, `document.querySelectorAll(".key")[4].title`), "the whole label is still there to read")

	b.do(chromedp.Evaluate[chromedp.Void](`navigator.clipboard.writeText = async (text) => { window.clip = text; }`))
	b.tap("Copy the key")
	b.until(`window.clip === "KEY-1" && document.getElementById("notices").innerText.includes("Copied to the clipboard")`)
}

func TestABotIsAskedInlineFromTheMessageField(t *testing.T) {
	bot := startBareBot(t)
	bot.show("Search", `[[{"text":"Find a card","switch_inline_query_current_chat":"card"}]]`)
	b := openBrowser(t, bot.address, 390, 844)
	name := "@" + bot.world.Telegram().BotName(bot.token) + " "
	query := func() (id, text string) {
		var q struct{ ID, Query string }
		require.NoError(t, json.Unmarshal(bot.next("inline_query"), &q))
		return q.ID, q.Query
	}
	b.tap("Find a card")
	b.until(fmt.Sprintf(`document.getElementById("text").value === %q`, name+"card"))
	id, text := query()
	require.Equal(t, "card", text)
	b.until(`!!document.querySelector('[data-testid=inline-loading]')`)
	photo := bot.photo()
	bot.call("answerInlineQuery", fmt.Sprintf(`{"inline_query_id":%q,"button":{"text":"All products","start_parameter":"all"},"results":[
		{"type":"article","id":"1","title":"Steam card","description":"10.50 USD","input_message_content":{"message_text":"Steam card, 10.50 USD"},
			"reply_markup":{"inline_keyboard":[[{"text":"Open","url":"https://t.me/x"}]]}},
		{"type":"photo","id":"2","photo_file_id":%q,"title":"Arcade pass","description":"A very long description that has to be cut, since a list shows a single line of it","caption":"Arcade"}]}`, id, photo))
	b.until(fmt.Sprintf(`document.querySelectorAll('%s').length === 2 && [...document.querySelectorAll("img.result-picture")].every((e) => e.naturalWidth > 0)`, hook("inline-result")))
	require.Contains(t, b.text(), "All products")
	b.fits("the results")
	b.readable("the results")
	b.shot("inline")
	b.do(chromedp.SendKeys(hook("composer"), kb.ArrowDown)) // to the button above the results
	b.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter))
	b.until(fmt.Sprintf(`[...document.querySelectorAll('%s[data-from=me]')].at(-1).innerText.includes("via %s")`, hook("message"), strings.TrimSpace(name)))
	require.Empty(t, find[string](b, `document.getElementById("text").value`))
	b.tap("Open")
	b.shot("chosen")

	b.do(chromedp.SendKeys(hook("composer"), name+"nothing"))
	for text = ""; text != "nothing"; { // typing may ask more than once
		id, text = query()
	}
	bot.call("answerInlineQuery", fmt.Sprintf(`{"inline_query_id":%q,"results":[]}`, id))
	b.do(chromedp.WaitVisible(hook("inline-none")))
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(`document.getElementById("menu").hidden`)
}

// photo sends Alice a photo and returns its file_id.
func (b *bareBot) photo() string {
	b.t.Helper()
	picture, err := os.ReadFile("../../configs/images/games.png")
	require.NoError(b.t, err)
	require.NoError(b.t, b.world.Telegram().UploadAs(b.token, sandbox.Alice, "photo", "games.png", picture, ""))
	chat := b.world.Telegram().Chat(b.token, sandbox.Alice)
	i := len(chat) - 1
	require.NotNil(b.t, chat[i].Photo)
	return chat[i].Photo.ID
}
