package replicas

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/status"
	"shopbot/internal/storage"
)

// A replica that stands by takes in all that comes from outside; the other one does the work.
func TestWhatAStandbyTakesInIsDoneByTheLeader(t *testing.T) {
	e := newShop(t)
	catalog := strings.Replace(testenv.Catalog, "languages: [en, ru]", `languages: [en, ru], pay: [crypto, stars], stars_rate: "0.01"`, 1)
	require.NoError(t, os.WriteFile(filepath.Join(e.dir, "catalog.yaml"), []byte(catalog), 0o600))
	e.start()
	e.start()
	_, others := e.leader()
	standby := others[0]
	e.proxy.use(standby)

	standby.loadKeys(3)
	e.buy(alice)

	e.say(boris, "/buy vpn", "VPN")
	stars := e.link(boris, "https://t.me/$")
	id, err := e.Telegram().PayStarsLink(stars, boris)
	require.NoError(t, err)
	e.waitFor("the payment with Stars", func() bool {
		c, found := e.Telegram().Checkout(id)
		return found && c.Charge != ""
	})
	e.waitFor("the goods", func() bool { return len(e.keysOf(boris)) == 1 })

	require.NoError(t, e.Telegram().AskInline(testenv.BotToken, alice, "vpn"))
	e.waitFor("an answer to the inline query", func() bool { return len(e.Telegram().Inline(testenv.BotToken, alice).Results) > 0 })
	require.Zero(t, e.proxy.refused.Load())
	require.NotZero(t, standby.status().Webhook.Last)
	e.finish()
}

func TestAReplicaRefusesNothingWhileItBecomesTheLeader(t *testing.T) {
	e := newShop(t)
	leader := e.start()
	standby := e.start()
	standby.loadKeys(3)
	e.proxy.use(standby)
	var g sync.WaitGroup
	var stop atomic.Bool
	var answers sync.Map
	for range 4 {
		g.Go(func() {
			for !stop.Load() {
				code, _ := standby.get("http://" + standby.public + "/healthz")
				answers.Store(code, true)
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	e.buy(alice)
	e.replicas = []*replica{leader, standby}
	leader.end()
	e.proxy.use(standby)
	e.buy(alice)
	e.waitFor("the standby to lead", standby.leads)
	stop.Store(true)
	g.Wait()
	answers.Range(func(code, _ any) bool {
		require.Equal(t, http.StatusOK, code)
		return true
	})
	require.Zero(t, e.proxy.refused.Load())
	e.finish()
}

// A leader that slept for longer than its lease finds another one when it wakes, stands by, and may
// lead again later.
func TestALeaderThatIsDeposedStandsByAndCanLeadAgain(t *testing.T) {
	e := newShop(t)
	e.start()
	e.start()
	leader, _ := e.leader()
	leader.loadKeys(10)
	terms := 0
	for range 4 {
		e.buy(alice)
		leader, _ = e.leader()
		ended := strings.Count(leader.log.String(), "shop closed")
		e.depose()
		e.waitFor("the leader to be deposed", func() bool { return strings.Count(leader.log.String(), "shop closed") > ended })
		e.buy(boris)
	}
	for _, r := range e.replicas {
		terms += strings.Count(r.log.String(), "this replica leads")
	}
	require.GreaterOrEqual(t, terms, 5)
	require.Len(t, e.differentKeys(alice), 4, "what was sent just before may be sent again, and nothing else in its place")
	require.Len(t, e.differentKeys(boris), 4)
	require.NotSubset(t, e.keysOf(alice), e.keysOf(boris))
	e.finish()
	e.withDatabase(func(db *storage.DB) {
		note, err := db.Note(t.Context(), "run")
		require.NoError(t, err)
		require.Contains(t, string(note), `"interrupted"`, "the owners will be told")
		require.NotContains(t, string(note), `"running"`)
	})
}

func TestAHandoverWithoutTroubleIsNoInterruption(t *testing.T) {
	e := newShop(t)
	e.start()
	e.start()
	leader, others := e.leader()
	require.Equal(t, status.Leads, leader.status().Role)
	leader.end()
	e.waitFor("the other one to lead", others[0].leads)
	e.finish()
	e.withDatabase(func(db *storage.DB) {
		note, err := db.Note(t.Context(), "run")
		require.NoError(t, err)
		require.Empty(t, string(note))
	})
}

// The server restarts: who asks meanwhile is told to try again, and everything goes on after it.
func TestReplicasGoOnAfterTheDatabaseWasAway(t *testing.T) {
	e := newShop(t)
	if e.server.Data() == "" {
		t.Skip("the server is not the test's own")
	}
	e.start()
	e.start()
	leader, _ := e.leader()
	leader.loadKeys(5)
	e.buy(alice)
	e.say(boris, "/buy vpn", "VPN")

	e.server.Stop()
	e.pay(boris)
	for _, r := range e.replicas {
		e.waitFor("the replica to notice", func() bool { return r.ready() != nil })
	}
	time.Sleep(6 * time.Second) // longer than a lease
	for _, r := range e.replicas {
		e.waitFor("a sign of life", func() bool { return answersHealth(r) })
	}
	e.server.Run(t)
	e.waitFor("the goods", func() bool { return len(e.keysOf(boris)) == 1 })
	e.leader()
	e.buy(alice)
	e.finish()
}

func answersHealth(r *replica) bool {
	code, _ := r.get("http://" + r.public + "/healthz")
	return code == http.StatusOK
}

// Without a public address the leader alone polls.
func TestOneReplicaPolls(t *testing.T) {
	e := newEnv(t, "SHOPBOT_ADMINS=42")
	e.start()
	e.start()
	leader, others := e.leader()
	leader.loadKeys(4)
	e.buy(alice)
	leader.end()
	e.buy(alice)
	for _, r := range []*replica{leader, others[0]} {
		require.NotContains(t, r.log.String(), "another program receives")
	}
	e.finish()
}

func TestTheFirstOwnerIsMadeByTheReplicaThatLeads(t *testing.T) {
	e := newEnv(t)
	e.start()
	e.start()
	code := func(r *replica) string {
		for line := range strings.Lines(r.out.String()) {
			if said := strings.TrimSpace(line); len(said) == 16 && !strings.Contains(said, " ") {
				return said
			}
		}
		return ""
	}
	leader, others := e.leader()
	e.waitFor("a code", func() bool { return code(leader) != "" })
	require.Empty(t, others[0].out.String(), "one that stands by could not read the answer")
	old := code(leader)
	leader.end()
	e.waitFor("a code", func() bool { return code(others[0]) != "" })
	require.NoError(t, e.Telegram().Say(testenv.BotToken, olga, old))
	e.say(olga, code(others[0]), "owner")
	third := e.start()
	others[0].end()
	e.waitFor("the third one to lead", third.leads)
	require.Empty(t, third.out.String(), "there is an owner")
	e.finish()
}

func TestAChangeOfTheCatalogIsSeenByAllReplicas(t *testing.T) {
	e := newShop(t)
	e.start()
	e.start()
	leader, others := e.leader()
	page := func(r *replica) string {
		_, body := r.get("http://" + r.public + "/en/p/guide")
		return body
	}
	require.Contains(t, page(others[0]), "2.50")

	catalog := strings.Replace(testenv.Catalog, `price: "2.50"`, `price: "2.75"`, 1)
	require.NoError(t, os.WriteFile(filepath.Join(e.dir, "catalog.yaml"), []byte(catalog), 0o600))
	for _, r := range []*replica{leader, others[0]} {
		e.waitFor("the new price", func() bool { return strings.Contains(page(r), "2.75") })
	}
	_, err := others[0].commands().UndoCatalog(t.Context(), 0, 2)
	require.NoError(t, err)
	for _, r := range []*replica{leader, others[0]} {
		e.waitFor("the old price", func() bool { return strings.Contains(page(r), "2.50") })
	}
	e.finish()
}

// Only the leader asks Crypto Pay. What it told the owners is known at the other machine too.
func TestAStandbyKnowsTheTroubleThatTheOwnersWereToldOf(t *testing.T) {
	e := newShop(t)
	e.start()
	e.start()
	leader, others := e.leader()
	e.say(olga, "/start", "")
	e.CryptoPay().FailNext("", 1000, cryptopay.Failure{Status: http.StatusUnauthorized, Name: "UNAUTHORIZED"})
	require.NoError(t, e.Telegram().Say(testenv.BotToken, alice, "/buy guide"))
	for _, r := range []*replica{leader, others[0]} {
		e.waitFor("the trouble", func() bool {
			return slices.ContainsFunc(r.status().Alarms, func(a status.Alarm) bool { return a.ID == "cryptopay" })
		})
	}
	require.NotEmpty(t, leader.status().Log)
	for _, line := range leader.status().Log {
		require.Contains(t, line.Replica, "127.0.0.1:0")
	}
	e.finish()
}
