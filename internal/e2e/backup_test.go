package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/backup"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/storage"
)

// backupsIn lists the backups in somebody's chat.
func (env *testEnv) backupsIn(who int64) (found []telegram.Message) {
	for _, m := range env.Chat(who) {
		if m.FromBot && m.Document != nil && strings.HasSuffix(m.Document.Name, ".db.zst.age") {
			found = append(found, m)
		}
	}
	return found
}

// restore restores the stopped shop's database from a file; key is as of backup.Find.
func (env *testEnv) restore(file, key string) storage.Restored {
	env.T.Helper()
	from, err := backup.Find(env.T.Context(), env.Config(), file, key)
	require.NoError(env.T, err)
	done, err := storage.Restore(env.T.Context(), from.Name, env.DatabasePath(), from.WriteTo)
	require.NoError(env.T, err)
	return done
}

func TestTheOwnerFindsBackupsInTheChatAndTheShopIsRestoredFromOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		key := filepath.Join(t.TempDir(), "backup.key")
		recipient, err := backup.WriteKey(key)
		require.NoError(t, err)
		env.Setenv("BACKUP_TO", "chat")
		env.Setenv("BACKUP_EVERY", "12h")
		env.Setenv("BACKUP_RECIPIENT", recipient)
		env.Start()
		env.Say(olga, "/start")
		env.LoadKeys(10)
		env.sold()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Len(t, env.backupsIn(olga), 1, env.Transcript(olga))
		require.Empty(t, env.backupsIn(alice))
		sold := env.sold() // not in the first
		time.Sleep(12 * time.Hour)
		synctest.Wait()
		sent := env.backupsIn(olga)
		require.Len(t, sent, 2, env.Transcript(olga))
		require.Contains(t, sent[0].Text, "shopbot restore "+sent[0].Document.Name)
		require.Contains(t, env.askOps("GET", "/metrics"), "shopbot_backup_failures_total 0")
		env.Stop()

		for i, want := range []int{1, 2} {
			content, found := env.Telegram().File(sent[i].Document.ID)
			require.True(t, found)
			file := filepath.Join(t.TempDir(), sent[i].Document.Name)
			require.NoError(t, os.WriteFile(file, content.Data, 0o600))
			require.Equal(t, want, env.restore(file, key).Orders, sold)
			time.Sleep(time.Second) // the former database's name has the time
		}
		env.Start()
		env.Say(alice, "/orders")
		env.Stop()
	})
}

func TestABackupThatFailsIsAnAlarmUntilOneIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		to := filepath.Join(t.TempDir(), "disk")
		env.Setenv("BACKUP_TO", to)
		env.Start()
		env.Say(olga, "/start")
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, 1, env.CountSent(olga, "No backup could be made"), env.Transcript(olga))
		require.Contains(t, env.Transcript(olga), "make the directory "+to+" first")
		_, ready := env.AskOps("GET", "/readyz")
		require.Contains(t, ready, "trouble: backup: failed")
		require.Contains(t, env.askOps("GET", "/metrics"), `shopbot_alarm{alarm="backup"} 1`)
		require.NoError(t, os.Mkdir(to, 0o700))
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		require.Equal(t, 1, env.CountSent(olga, "A backup was made again"), env.Transcript(olga))
		made, err := os.ReadDir(to)
		require.NoError(t, err)
		require.Len(t, made, 1)
		require.Contains(t, env.askOps("GET", "/metrics"), `shopbot_alarm{alarm="backup"} 0`)
		env.Stop()
	})
}

func TestTheShopsOwnTextsAreReadAgainWhenTheyChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		dir := t.TempDir()
		write := func(text string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "en.yaml"), []byte(text), 0o600))
			time.Sleep(10 * time.Second)
			synctest.Wait()
		}
		write(`help: "Version one. {{.Pay}}"` + "\n")
		env.Setenv("TEXTS", dir)
		env.Start()
		env.Say(olga, "/start")
		says := func() string {
			env.Say(alice, "/help")
			return env.Last(alice).Text
		}
		require.Contains(t, says(), "Version one")
		write(`help: "The second version. {{.Pay}}"` + "\n")
		require.Contains(t, says(), "The second version")
		write("help: \"The third version. {{.Pay}}\"\nno_such_text: x\n")
		time.Sleep(time.Minute)
		require.Contains(t, says(), "The second version", "a file with faults is not taken in")
		require.Equal(t, 1, env.CountSent(olga, "own texts were not taken in"), env.Transcript(olga))
		write(`help: "The fourth version. {{.Pay}}"` + "\n")
		require.Contains(t, says(), "The fourth version")
		time.Sleep(2 * time.Minute)
		require.Equal(t, 1, env.CountSent(olga, "own texts are in order again"), env.Transcript(olga))
		env.Stop()
	})
}
