package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/app"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// upload has the owner send a file.
func (env *testEnv) upload(name, content, caption string) {
	env.T.Helper()
	require.NoError(env.T, env.Telegram().Upload(botToken, olga, name, []byte(content), caption))
	env.Settle()
}

// paste has the owner paste a text of any length.
func (env *testEnv) paste(text string) {
	env.T.Helper()
	require.NoError(env.T, env.Telegram().Paste(botToken, olga, text))
	time.Sleep(10 * time.Second)
	env.Settle()
}

func (env *testEnv) freeOf(sku string) int {
	env.T.Helper()
	env.Say(olga, "/stock "+sku)
	var free int
	_, counts, found := strings.Cut(env.Last(olga).Text, sku+" · ")
	require.True(env.T, found, env.Last(olga).Text)
	_, err := fmt.Sscanf(counts, "%d free", &free)
	require.NoError(env.T, err)
	return free
}

// hasButton reports whether the last message to the owner has a button whose data begins so.
func (env *testEnv) hasButton(prefix string) bool {
	for _, row := range env.Last(olga).Buttons {
		if slices.ContainsFunc(row, func(b telegram.Button) bool { return strings.HasPrefix(b.Data, prefix) }) {
			return true
		}
	}
	return false
}

func TestNothingIsForSaleBeforeAdd(t *testing.T) {
	files := []telegram.Attached{{Name: "a.txt", Data: []byte("NEW-1\n")}, {Name: "b.txt", Data: []byte("NEW-2\nNEW-1\n")}, {Name: "c.txt", Data: []byte("NEW-3")}}
	album := func(at int) func(env *testEnv) {
		return func(env *testEnv) {
			require.NoError(env.T, env.Telegram().Album(botToken, olga, "/addstock vpn", at, files...))
			time.Sleep(10 * time.Second)
			env.Settle()
		}
	}
	for name, send := range map[string]func(env *testEnv){
		"below the command":         func(env *testEnv) { env.Say(olga, "/addstock vpn\nNEW-1\nNEW-2\nNEW-3\nNEW-1") },
		"in any case":               func(env *testEnv) { env.Say(olga, "/ADDSTOCK VPN\nNEW-1\nNEW-2\nNEW-3") },
		"a file with the command":   func(env *testEnv) { env.upload("k.txt", "\uFEFFNEW-1\r\nNEW-2\r\nNEW-3\r\n", "/addstock vpn") },
		"an album, the first file":  album(0),
		"an album, the second file": album(1),
		"an album, the last file":   album(2),
		"after the command": func(env *testEnv) {
			env.Say(olga, "/addstock vpn")
			env.Say(olga, "NEW-1")
			env.upload("k.txt", "NEW-2", "keys that I bought yesterday")
			env.Say(olga, "NEW-3")
		},
		"a file, then the product": func(env *testEnv) {
			env.upload("k.txt", "NEW-1\nNEW-2\nNEW-3", "")
			require.Contains(env.T, env.Last(olga).Text, "Which product")
			env.Press(olga, "stock:for")
		},
		"a file, then its SKU": func(env *testEnv) {
			env.upload("k.txt", "NEW-1\nNEW-2\nNEW-3", "")
			env.Say(olga, "vpn")
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				send(env)
				require.Contains(t, env.Last(olga).Text, "3 new keys", env.Transcript(olga))
				require.Contains(t, env.Last(olga).Text, "VPN <30> days · vpn")
				require.Equal(t, 1, env.CountSent(olga, "Nothing of this is for sale yet"), "there is one preview: %s", env.Transcript(olga))
				require.Zero(t, env.CountSent(olga, "Which product"), "a question that was answered is gone")
				require.Equal(t, 10, env.freeOf("vpn"))
				env.Press(olga, "stock:add")
				require.Equal(t, 1, env.CountSent(olga, "3 keys added"))
				require.Equal(t, 13, env.freeOf("vpn"))
				env.Say(olga, "NEW-9")
				require.Contains(t, env.Last(olga).Text, "found nothing", "Add ends it")
			})
		})
	}
}

func TestWhatFollowsTheSKUOnItsLineIsOneUnit(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/addstock vpn user1  pass2 x\nuser3 pass4 y")
		require.Contains(t, env.Last(olga).Text, "First: user1  pass2 x\nLast: user3 pass4 y")
		env.Press(olga, "stock:add")
		env.Say(alice, "/buy vpn 10")
		env.Pay(alice)
		env.Say(alice, "/buy vpn 2")
		env.Pay(alice)
		require.Contains(t, env.Last(alice).Text, "user1  pass2 x\nuser3 pass4 y")
	})
}

func TestAListOutlivesTheProgram(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.upload("k.txt", "NEW-1\nNEW-2", "/addstock vpn")
		env.Say(olga, "NEW-3")
		env.Stop()
		env.Start()
		env.Press(olga, "stock:add")
		require.Contains(t, env.Last(olga).Text, "3 keys added")
		env.Telegram().Repeat(botToken) // Telegram delivers the press again
		env.Settle()
		require.Equal(t, 13, env.freeOf("vpn"))
	})
}

// disturbed is a database in whose steps something happens.
type disturbed struct {
	app.Database
	afterAdd     func() error // nil: nothing
	beforeRemove func()
}

func (d disturbed) AddStock(ctx context.Context, l shop.StockLoad) (shop.StockAdded, error) {
	added, err := d.Database.AddStock(ctx, l)
	if err == nil && d.afterAdd != nil {
		err = d.afterAdd()
	}
	return added, err
}

func (d disturbed) RemoveStock(ctx context.Context, r shop.StockRemoval) error {
	if d.beforeRemove != nil {
		d.beforeRemove()
	}
	return d.Database.RemoveStock(ctx, r)
}

// The commit is there, and its answer got lost: the press is handled again.
func TestAddIsToldOnceThoughItTookTwoTries(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/addstock vpn\nNEW-1\nNEW-2\nKEY-01")
		env.Stop()
		tries := 0
		env.WrapDatabase = func(db app.Database) app.Database {
			return disturbed{Database: db, afterAdd: func() error {
				if tries++; tries == 1 {
					return context.DeadlineExceeded
				}
				return nil
			}}
		}
		env.Start()
		env.Press(olga, "stock:add")
		require.Contains(t, env.Last(olga).Text, "Something went wrong on our side")
		env.Press(olga, "stock:add")
		require.Equal(t, 1, env.CountSent(olga, "2 keys added, 1 left out.\nVPN <30> days · vpn\nNow free: 12"), env.Transcript(olga))
		env.Press(olga, "stock:undo")
		require.Equal(t, 10, env.freeOf("vpn"))
	})
}

func TestALongPasteIsCutWithinAKeyAndSoldWhole(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		var keys []string
		for i := range 700 {
			keys = append(keys, fmt.Sprintf("LONG-%05d/KEY", i))
		}
		env.paste("/addstock vpn\n" + strings.Join(keys, "\n"))
		require.Contains(t, env.Last(olga).Text, "700 new keys")
		require.Contains(t, env.Last(olga).Text, "Last: LONG-00699/KEY")
		env.Press(olga, "stock:add")
		require.Equal(t, 710, env.freeOf("vpn"))

		// Of accounts of any length nothing shows where one ends, so those at the cuts wait.
		keys = nil
		for i := range 400 {
			keys = append(keys, fmt.Sprintf("user%d:%s", i, strings.Repeat("p", 3+i%11)))
		}
		env.Say(olga, "/addstock vpn")
		env.paste(strings.Join(keys, "\n"))
		require.Contains(t, env.Last(olga).Text, "2 lines at the cuts may be halves of keys, so they are left out")
		env.Press(olga, "stock:add")
		free := env.freeOf("vpn")
		require.Less(t, free, 710+400)
		require.GreaterOrEqual(t, free, 710+398)
		env.Stop()
		env.WithDatabase(func(db *storage.DB) {
			places, err := db.FindUnits(t.Context(), keys)
			require.NoError(t, err)
			known := 0
			for _, at := range places {
				known += len(at)
			}
			require.Equal(t, free-710, known, "all that is for sale is a whole key")
		})
		env.Start()
	})
}

func TestTheEndOfAFullMessageWaitsForItsRest(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		text := strings.Repeat("x", 40)
		var keys []string
		for i := range 120 {
			keys = append(keys, fmt.Sprintf("%03d-%s", i, text[i%7:]))
		}
		whole := strings.Join(keys, "\n")
		env.Say(olga, "/addstock vpn")
		require.NoError(t, env.Telegram().Say(botToken, olga, whole[:4096]))
		env.Settle()
		require.Contains(t, env.Last(olga).Text, "1 line at a cut may be half a key")
		env.Press(olga, "stock:add")
		free := env.freeOf("vpn")
		env.Say(alice, "/buy vpn 10")
		env.Pay(alice)
		env.Stop()
		env.WithDatabase(func(db *storage.DB) {
			places, err := db.FindUnits(t.Context(), keys)
			require.NoError(t, err)
			known := 0
			for _, at := range places {
				known += len(at)
			}
			require.Equal(t, free-10, known)
		})
		env.Start()
	})
}

func TestKeysThatAnAppFormattedAreRefused(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/addstock vpn")
		italic := telegram.Entity{Type: "italic", Offset: 2, Length: 2}
		require.NoError(t, env.Telegram().SayFormatted(botToken, olga, "ABCDEF-1\nABCDEF-2", italic))
		env.Settle()
		require.Contains(t, env.Last(olga).Text, "took characters of it for formatting and removed them (CD)")
		require.False(t, env.hasButton("stock:add"))
		env.Say(olga, "mail@example.com:pass1 https://example.com/x #tag1 @name1 /path1")
		require.Contains(t, env.Last(olga).Text, "1 new key", "what Telegram finds removes nothing")

		// The rest of a paste whose beginning is refused begins within a key.
		env.Say(olga, "/cancel")
		env.Say(olga, "/addstock vpn")
		require.NoError(t, env.Telegram().SayFormatted(botToken, olga, strings.Repeat("KEY-AAAAAA\n", 372)+"KEY-", italic))
		require.NoError(t, env.Telegram().Say(botToken, olga, "HALF1\nKEY-BBBBBB"))
		env.Settle()
		require.Contains(t, env.Last(olga).Text, "it goes on with one that is not")
		require.False(t, env.hasButton("stock:add"))
		require.Equal(t, 10, env.freeOf("vpn"))
	})
}

func TestALineOfAChatIsAskedAbout(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/addstock vpn")
		env.Say(olga, "ok thanks, where do I find the refunds?")
		require.Contains(t, env.Last(olga).Text, "1 line looks like a message, not like a key")
		require.Equal(t, "⚠️ Add 1 all the same", env.Last(olga).Buttons[0][0].Text)
		env.Tap(olga, "Cancel")
		require.Contains(t, env.Last(olga).Text, "Nothing was added")
		require.Equal(t, 10, env.freeOf("vpn"))
	})
}

func TestTheModeEndsByItself(t *testing.T) {
	for name, end := range map[string]func(env *testEnv){
		"done":    func(env *testEnv) { env.Say(olga, "/done") },
		"command": func(env *testEnv) { env.Say(olga, "/stats") },
		"a button of the menu": func(env *testEnv) {
			require.NoError(env.T, env.Telegram().TapData(botToken, olga, 1, "home"))
			env.Settle()
		},
		"quiet": func(*testEnv) { time.Sleep(11 * time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				env.Say(olga, "/addstock vpn")
				env.Say(olga, "NEW-1")
				end(env)
				env.Say(olga, "NEW-2")
				require.Contains(t, env.Last(olga).Text, "found nothing")
				env.Press(olga, "stock:add")
				require.Equal(t, 11, env.freeOf("vpn"), "what was sent before still waits for its Add")
			})
		})
	}
}

func TestListsOfSeveralProductsWaitSideBySide(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.WriteCatalog(testenv.Catalog + "  - {sku: mail, category: games, title: Mail, price: \"1\", deliver: keys}\n")
		env.Say(olga, "/addstock vpn\nNEW-1\nNEW-2")
		vpn := env.Last(olga).ID
		env.Say(olga, "/addstock mail\nNEW-1\nMAIL-2")
		require.Contains(t, env.Last(olga).Text, "Mail · mail")
		require.Contains(t, env.Last(olga).Text, "2 new keys", "nothing of vpn is loaded yet")
		mail := env.Last(olga)
		for _, m := range env.Chat(olga) {
			if m.ID == vpn {
				require.NoError(t, env.Telegram().Tap(botToken, olga, m.ID, m.Buttons[0][0].Text))
				env.Settle()
			}
		}
		require.Equal(t, 12, env.freeOf("vpn"))

		require.NoError(t, env.Telegram().Tap(botToken, olga, mail.ID, mail.Buttons[0][0].Text))
		env.Settle()
		require.Equal(t, 1, env.CountSent(olga, "This has changed since you looked"), "a unit that another product has needs a yes of its own")
		require.Equal(t, 1, env.CountSent(olga, "1 is another product's:\nNEW-1 – vpn, for sale"))
		require.Equal(t, 0, env.freeOf("mail"))
		env.Tap(olga, "Add 1")
		require.Equal(t, 1, env.freeOf("mail"))
		env.Say(olga, "/addstock mail\nNEW-1")
		env.Tap(olga, "another product's too")
		require.Equal(t, 2, env.freeOf("mail"))
	})
}

func TestAProductThatVanishedMeanwhile(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/addstock vpn\nNEW-1")
		env.WriteCatalog(strings.Replace(testenv.Catalog, "sku: vpn", "sku: other", 1))
		env.Press(olga, "stock:add")
		require.Equal(t, 1, env.CountSent(olga, "does not sell vpn by keys any more"))
		env.WriteCatalog(testenv.Catalog)
		require.Equal(t, 10, env.freeOf("vpn"))
	})
}

func TestAnOwnerWhoIsNoneAnyMore(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/addstock vpn\nNEW-1")
		env.Stop()
		env.Setenv("ADMINS", fmt.Sprint(alice))
		env.Start()
		env.Say(olga, "NEW-2")
		require.Contains(t, env.Last(olga).Text, "found nothing")
		env.Press(olga, "stock:add")
		alerts := env.Telegram().Alerts(botToken, olga)
		require.Contains(t, alerts[len(alerts)-1].Text, "out of date")
		env.Say(alice, "/stock vpn")
		require.Contains(t, env.Last(alice).Text, "10 free")
	})
}

func TestAddIsUndoneAsLongAsItIsUnsold(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn 10")
		env.Pay(alice)
		env.LoadStock("vpn", "NEW-1", "NEW-2", "NEW-3")
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		env.Say(boris, "/buy vpn")
		env.Press(olga, "stock:undo")
		require.Equal(t, 1, env.CountSent(olga, "1 key of batch #2 of vpn is taken back"))
		require.Equal(t, 1, env.CountSent(olga, "1 key stays: an unpaid order holds it"))
		env.Say(boris, "/cancel")
		env.Press(olga, "stock:undo")
		require.Equal(t, 0, env.freeOf("vpn"))
		env.LoadStock("vpn", "NEW-1", "NEW-2", "NEW-3")
		require.Contains(t, env.Last(olga).Text, "2 keys added", "what was undone is as if it had never been there")
	})
}

func TestABatchIsRemovedIntoAFile(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.LoadStock("vpn", "NEW-1", "NEW-2", "NEW-3")
		env.Say(olga, "/stock")
		require.Contains(t, env.Last(olga).Text, "VPN <30> days\nvpn · 13 free")
		env.Say(olga, "/stock vpn")
		require.Contains(t, env.Last(olga).Text, "#2 · 3 of 3 left")
		env.Tap(olga, "#2")
		env.Tap(olga, "📤 Remove")
		require.Contains(t, env.Last(olga).Text, "Remove 3 unsold keys from the stock?")
		env.Tap(olga, "Yes, remove 3")
		file := env.Last(olga).Document
		require.NotNil(t, file)
		require.ElementsMatch(t, []string{"NEW-1", "NEW-2", "NEW-3"}, strings.Fields(string(file.Data)))
		require.Equal(t, 1, env.CountSent(olga, "3 keys of vpn are removed and in the file below"))
		require.Equal(t, 10, env.freeOf("vpn"))

		env.Say(olga, "/addstock vpn\nNEW-1\nNEW-4")
		require.Contains(t, env.Last(olga).Text, "1 was removed or refunded before:\nNEW-1 – removed")
		env.Tap(olga, "Add 1")
		require.Equal(t, 11, env.freeOf("vpn"))
		env.Say(olga, "/addstock vpn\nNEW-1")
		require.Contains(t, env.Last(olga).Text, "No new key")
		env.Tap(olga, "former ones too")
		require.Equal(t, 12, env.freeOf("vpn"))

		env.Say(olga, "/stock vpn")
		env.Tap(olga, "#1")
		env.Tap(olga, "Take back")
		env.Tap(olga, "No, leave it")
		require.Contains(t, env.Last(olga).Text, "A batch of vpn")
		env.Tap(olga, "Take back")
		env.Tap(olga, "Yes, take back 10")
		require.Equal(t, 2, env.freeOf("vpn"))
		env.Stop()
		var acts []shop.AuditAct
		env.WithDatabase(func(db *storage.DB) {
			trail, err := db.AuditTrail(t.Context(), 0, 100)
			require.NoError(t, err)
			for _, e := range trail {
				acts = append(acts, e.Act)
				require.Equal(t, olga, e.By)
			}
		})
		require.Equal(t, []shop.AuditAct{
			shop.AuditStockAdded, shop.AuditStockAdded, shop.AuditStockRemoved, shop.AuditStockAdded, shop.AuditStockAdded, shop.AuditStockUndone,
		}, acts)
		env.Start()
	})
}

func TestSingleKeysAreRemoved(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		env.Say(olga, "/removestock vpn")
		require.Contains(t, env.Last(olga).Text, "to remove")
		env.Say(olga, "KEY-01\nKEY-03")
		env.upload("k.txt", "KEY-04\nKEY-99", "")
		require.Contains(t, env.Last(olga).Text, "2 keys can be removed")
		require.Contains(t, env.Last(olga).Text, "2 are not for sale:\nKEY-01 – sold, order ")
		require.Contains(t, env.Last(olga).Text, "KEY-99 – never loaded")
		require.Equal(t, 9, env.freeOf("vpn"))
		env.Press(olga, "stock:remove")
		require.Equal(t, "KEY-03\nKEY-04\n", string(env.lastFile()))
		require.Equal(t, 7, env.freeOf("vpn"))
		env.Say(alice, "/buy vpn 7")
		env.Pay(alice)
		require.NotContains(t, env.KeysOf(alice), "KEY-03")

		env.Say(olga, "/removestock vpn KEY-02")
		require.Contains(t, env.Last(olga).Text, "nothing is removed")
		require.False(t, env.hasButton("stock:remove"))
		env.Say(olga, "/addstock vpm\nNEW-1")
		require.Contains(t, env.Last(olga).Text, "Do you mean vpn?")
		env.Say(olga, "/removestock nothing KEY-02")
		require.Contains(t, env.Last(olga).Text, "no product nothing")
	})
}

// lastFile is the content of the newest file that the owner was sent.
func (env *testEnv) lastFile() []byte {
	env.T.Helper()
	for _, m := range slices.Backward(env.Telegram().Sent(botToken, olga)) {
		if m.Document != nil {
			return m.Document.Data
		}
	}
	require.Fail(env.T, "no file")
	return nil
}

// A buyer who pays between the file and the removal must not get a unit that the owner has too.
func TestABuyerIsQuickerThanARemoval(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/removestock vpn\nKEY-01\nKEY-02")
		env.Say(alice, "/buy vpn")
		link := env.PayLink(alice)
		env.Stop()
		once := true
		env.WrapDatabase = func(db app.Database) app.Database {
			return disturbed{Database: db, beforeRemove: func() {
				if once {
					once = false
					_, err := env.CryptoPay().Pay(link, alice, "USDT")
					require.NoError(t, err)
					time.Sleep(time.Second)
				}
			}}
		}
		env.Start()
		env.Press(olga, "stock:remove")
		time.Sleep(time.Minute)
		require.False(t, once)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		require.Equal(t, "KEY-02\n", string(env.lastFile()))
		files := 0
		for _, m := range env.Chat(olga) {
			if m.Document != nil {
				files++
			}
		}
		require.Equal(t, 1, files, "the file with the sold unit is gone")
		require.Equal(t, 1, env.CountSent(olga, "1 key of vpn is removed and in the file below"))
	})
}

func TestButtonsOfListsThatAreOverAnswerPolitely(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/addstock vpn\nNEW-1")
		add := env.Last(olga).Buttons[0][0].Data
		press := func(data string) string {
			require.NoError(t, env.Telegram().TapData(botToken, olga, env.Last(olga).ID, data))
			env.Settle()
			alerts := env.Telegram().Alerts(botToken, olga)
			require.True(t, alerts[len(alerts)-1].Answered, data)
			return alerts[len(alerts)-1].Text
		}
		press(add)
		require.Equal(t, 11, env.freeOf("vpn"))
		require.Contains(t, press(add), "does not wait any more")
		for _, data := range []string{
			"stock:add", "stock:add:", "stock:no:x", "stock:undo:vpn:99", "stock:removebatch:vpn:99", "stock:b:nothing:1", "stock:b:vpn:x", "stock:undo:vpn",
			"stock:l:vpn:x", "stock:nonsense:vpn:1", "stock:remove:x:y",
		} {
			require.NotEmpty(t, press(data), data)
		}
		press("stock:l:nothing")
		require.Contains(t, env.Last(olga).Text, "no product nothing")
		require.NotContains(t, env.Log.String(), "level=ERROR")
		require.Equal(t, 11, env.freeOf("vpn"))
	})
}

func TestAnOwnerWhoSendsEndlesslyIsTold(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/addstock vpn")
		for i := range 101 {
			require.NoError(t, env.Telegram().Say(botToken, olga, fmt.Sprintf("NEW-%03d", i)))
		}
		time.Sleep(5 * time.Minute)
		require.Equal(t, 1, env.CountSent(olga, "too many messages for one list"))
		env.Press(olga, "stock:add")
		require.Equal(t, 110, env.freeOf("vpn"))
		env.Say(olga, "/addstock vpn")
		for range 90 {
			require.NoError(t, env.Telegram().Say(botToken, olga, strings.Repeat("Ж", 900)+"\n"+strings.Repeat("Ж", 900)))
		}
		time.Sleep(5 * time.Minute)
		require.Contains(t, env.Last(olga).Text, "that is too much text")
		env.Say(olga, "/done")
		for i := range 6 {
			env.upload(fmt.Sprint(i), fmt.Sprint("FILE-", i), "")
			env.Say(olga, "/done")
		}
		require.Equal(t, 2, env.CountSent(olga, "Five lists are waiting for you"))
	})
}

func TestStockShowsWhatIsLowAndWhatTheCatalogLost(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/stock")
		require.NotContains(t, env.Last(olga).Text, "⚠️")
		require.Contains(t, env.Last(olga).Text, "2 more products need no stock")
		env.Say(alice, "/buy vpn 8")
		env.Pay(alice)
		env.Say(olga, "/stock")
		require.Contains(t, env.Last(olga).Text, "VPN <30> days · ⚠️ low\nvpn · 2 free · 0 reserved · 8 sold")
		env.Say(alice, "/buy vpn 2")
		env.Say(olga, "/stock")
		require.Contains(t, env.Last(olga).Text, "VPN <30> days · ⛔ sold out\nvpn · 0 free · 2 reserved · 8 sold")
		env.WriteCatalog(strings.Replace(testenv.Catalog, "sku: vpn", "sku: other", 1))
		env.Say(olga, "/stock")
		require.Contains(t, env.Last(olga).Text, "Not in the catalog any more · ⛔ sold out\nvpn · 0 free · 2 reserved")
		env.Say(olga, "/stock vpn")
		require.Contains(t, env.Last(olga).Text, "#1 · 2 of 10 left")
	})
}

func TestUnitsOfSeveralLinesInTheChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		catalog := strings.Replace(testenv.Catalog, "limit: 10, deliver: keys", "limit: 10, deliver: keys, stock: {separator: ===}", 1)
		require.NoError(t, os.WriteFile(filepath.Join(env.Dir, "catalog.yaml"), []byte(catalog), 0o600))
		env.Start()
		env.Say(olga, "/addstock vpn\nuser: a1\npass: b1\n===\nuser: a2\npass: b2")
		env.Say(olga, "user: a3\npass: b3")
		require.Contains(t, env.Last(olga).Text, "3 new keys")
		env.Press(olga, "stock:add")
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		require.Contains(t, env.Last(alice).Text, "user: a1\npass: b1")
		env.Stop()
	})
}

// The file of what was taken out can be loaded again: the same units, none in halves, none glued.
func TestAFileOfRemovedUnitsIsReadAsTheSameUnits(t *testing.T) {
	for name, c := range map[string]struct{ separator, units, taken, file string }{
		"one of several lines":              {"", "user: a1\npass: b1\n---\nuser: a2\npass: b2", "user: a2\npass: b2\n---", "user: a2\npass: b2\n---\n"},
		"one, as the catalog says":          {"===", "user: a1\npass: b1\n===\nuser: a2\npass: b2", "user: a2\npass: b2", "user: a2\npass: b2\n===\n"},
		"of one line, as the catalog says":  {"===", "K1\n===\nK2\n===\nK3", "K2\n===\nK3", "K2\n===\nK3\n===\n"},
		"of one line, and no separator":     {"", "K1\nK2\nK3", "K2\nK3", "K2\nK3\n"},
		"of several lines and of one, both": {"", "K1\n---\nuser: a2\npass: b2", "K1\n---\nuser: a2\npass: b2", "K1\n---\nuser: a2\npass: b2\n---\n"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				env := newEnv(t)
				text := testenv.Catalog
				if c.separator != "" {
					text = strings.Replace(text, "limit: 10, deliver: keys", "limit: 10, deliver: keys, stock: {separator: "+c.separator+"}", 1)
				}
				require.NoError(t, os.WriteFile(filepath.Join(env.Dir, "catalog.yaml"), []byte(text), 0o600))
				env.Start()
				env.upload("list.txt", c.units+"\n", "/addstock vpn")
				env.Press(olga, "stock:add")
				env.upload("out.txt", c.taken+"\n", "/removestock vpn")
				env.Press(olga, "stock:remove")
				require.Equal(t, c.file, string(env.lastFile()))
				env.Stop()
			})
		})
	}
}
