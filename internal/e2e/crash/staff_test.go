package crash

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// The process dies before and after each write while somebody joins the staff. Whenever it dies, the
// person is of the staff, the owner is told, and nobody else joins by the same link.
func TestAnInvitationToTheStaffSurvivesACrashAtEveryWrite(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`start=(j_[\w-]+)`)
	dieAtEachWrite(t, 1, func(t *testing.T, process *dyingProcess) {
		t.Helper()
		env := testenv.New(t, nil)
		env.Start()
		env.Say(olga, "/staff")
		env.Press(olga, "staff:new")
		env.Press(olga, "staff:new:manager")
		found := link.FindStringSubmatch(env.Last(olga).Text)
		require.Len(t, found, 2, env.Transcript(olga))
		restartIfDead := startDying(env, process)
		env.Say(boris, "/start "+found[1])
		restartIfDead()
		env.Press(boris, "join:")
		restartIfDead()
		env.Say(alice, "/start "+found[1])
		restartIfDead()
		require.Contains(t, env.Last(alice).Text, "does not work any more", env.Transcript(alice))
		env.Say(boris, "/admin")
		restartIfDead()
		require.Contains(t, env.Transcript(boris), "менеджер")
		told := env.CountSent(olga, "joined the staff")
		require.True(t, told == 1 || told == 2, "told at least once, twice if the process dies before it is noted: %s", env.Transcript(olga))
		env.Stop()
		env.WithDatabase(func(db *storage.DB) {
			team, err := db.Team(t.Context())
			require.NoError(t, err)
			require.Len(t, team.Members, 1)
			require.Equal(t, shop.RoleManager, team.Members[0].Role)
			require.Empty(t, team.Invitations)
			trail, err := db.AuditTrail(t.Context(), 0, 100)
			require.NoError(t, err)
			joined := 0
			for _, e := range trail {
				if e.Act == shop.AuditStaffJoined {
					joined++
				}
			}
			require.Equal(t, 1, joined)
		})
	})
}

// The same with the message of a morning: nobody gets two of one day, and the next day's comes.
func TestAMorningMessageIsNotSentTwiceThoughTheShopDiesAtEveryWrite(t *testing.T) {
	t.Parallel()
	dieAtEachWrite(t, 1, func(t *testing.T, process *dyingProcess) {
		t.Helper()
		env := testenv.New(t, nil)
		env.Start()
		env.LoadKeys(3)
		env.Say(olga, "/start")
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		day := time.Now().UTC().Truncate(24 * time.Hour)
		pass := standStill(env, process)
		for n := range 2 { // mornings, each with the hour around it
			pass(time.Until(day.AddDate(0, 0, n+1).Add(8*time.Hour+30*time.Minute)), time.Hour)
		}
		var days []string
		for _, m := range env.Chat(olga) {
			if first, _, _ := strings.Cut(m.Text, "\n"); strings.Contains(first, "Yesterday, ") {
				days = append(days, first)
			}
		}
		require.NotEmpty(t, days, "one of them comes whatever dies: %s", env.Transcript(olga))
		require.Equal(t, slices.Compact(slices.Clone(days)), days, "none comes twice")
		env.Stop()
	})
}
