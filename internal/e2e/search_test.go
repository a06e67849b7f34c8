package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
)

func TestAWordWithATypoLeadsToItsProduct(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "viphen") // nothing is called so
		require.Contains(t, env.Last(alice).Text, "found nothing like that")
		_, found := testenv.FindButton(env.Last(alice), "Games")
		require.True(t, found, "the categories are offered")

		env.Say(alice, "a giude please") // the only one is opened at once
		env.Tap(alice, "Buy")
		env.Pay(alice)
		require.Contains(t, env.Transcript(alice), "The whole <secret> & more")

		env.Say(boris, "/search впн")
		require.Contains(t, env.Last(boris).Text, "VPN на 30 дней", "and a word in other letters")
	})
}

func TestSearchTakesWhateverPeopleWrite(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for _, text := range []string{
			strings.Repeat("щ", 4096), strings.Repeat("🙂", 2048), strings.Repeat("a ", 2048), "\u202eNPV\u202c", "a\u0301\u0301\u0301\u0301",
			"<b>vpn</b> & <a href='x'>", "%s %d {{.Query}}", "/search", "/search " + strings.Repeat("🧨", 500),
		} {
			before := len(env.Telegram().Sent(botToken, alice))
			env.Say(alice, text)
			require.Len(t, env.Telegram().Sent(botToken, alice), before+1, "one answer to %.20q", text)
		}
	})
}

func TestAProductIsShownInAnotherChatAndItsButtonOpensIt(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		ask := func(who int64, words string) []string {
			t.Helper()
			require.NoError(t, env.Telegram().AskInline(botToken, who, words))
			env.Settle()
			var titles []string
			for _, r := range env.Telegram().Inline(botToken, who).Results {
				titles = append(titles, r.Title)
			}
			return titles
		}
		require.Len(t, ask(alice, ""), 3, "without words, all that sells")
		require.Equal(t, []string{"Nothing found"}, ask(alice, "zzzzzz"))
		require.Equal(t, []string{"VPN на 30 дней"}, ask(boris, "vpn"), "each in their own language")
		found := env.Telegram().Inline(botToken, boris).Results[0]
		require.Contains(t, found.Description, "5,00\u00a0USD")

		require.NoError(t, env.Telegram().ChooseInline(botToken, boris, found.ID))
		env.Settle()
		sent := env.Chat(boris)[len(env.Chat(boris))-1]
		require.Contains(t, sent.Text, "VPN на 30 дней")
		require.False(t, sent.FromBot, "the bot does not answer what it wrote itself")
		button, _ := testenv.FindButton(sent, "Открыть в")
		_, start, _ := strings.Cut(button.URL, "?start=")
		require.Equal(t, "p_vpn", start)
		env.Say(boris, "/start "+start)
		env.Tap(boris, "Купить")
		env.Pay(boris)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(boris))
	})
}

func TestWhatSellsBestIsOnTheHomeFirst(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy album")
		env.Pay(alice)
		env.Say(boris, "/start")
		first := env.Last(boris).Buttons[0][0]
		require.Contains(t, first.Text, "🔥")
		require.Equal(t, "p:album:1", first.Data)
		env.Say(alice, "/start")
		require.NotContains(t, env.Last(alice).Buttons[1][0].Text, "🔥", "the others have not sold")
	})
}
