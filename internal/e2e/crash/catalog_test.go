package crash

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/e2e/testenv"
)

// The catalog is changed again and again while the shop is killed. A change is made whole or not at
// all, and one that the command reported as made is in force after the restart.
func TestACatalogChangeIsWholeHoweverOftenTheShopIsKilled(t *testing.T) {
	t.Parallel()
	random, e := newRand(t), newEnv(t, testenv.BuildShop(t))
	e.shop.start()
	e.shop.awaitReady(t.Context())
	price := regexp.MustCompile(`sku: vpn\n(?:.*\n)*?    price: "([0-9]+)\.00"`)
	inForce := func(text string) int {
		found := price.FindStringSubmatch(text)
		require.NotNil(t, found, text)
		n, err := strconv.Atoi(found[1])
		require.NoError(t, err)
		return n
	}
	now := e.shop.command("catalog", "export")
	made, lost := 0, 0
	for i := range faults() / 2 {
		want := inForce(now) + 1
		next := strings.Replace(now, fmt.Sprintf(`price: "%d.00"`, want-1), fmt.Sprintf(`price: "%d.00"`, want), 1)
		apply := exec.CommandContext(t.Context(), e.shop.binary, "catalog", "apply", "-", "--yes")
		apply.Env, apply.Stdin = e.shop.env, strings.NewReader(next)
		var said strings.Builder
		apply.Stdout, apply.Stderr = &said, &said
		require.NoError(t, apply.Start())
		time.Sleep(upTo(random, 60*time.Millisecond))
		e.shop.kill()
		failed := apply.Wait()

		e.checkDatabase()
		e.shop.start()
		e.shop.awaitReady(t.Context())
		was := inForce(now)
		now = e.shop.command("catalog", "export")
		switch is := inForce(now); {
		case is == want:
			made++
		case failed == nil:
			t.Fatalf("fault %d: the change was reported as made, and is lost: %s", i, said.String())
		default:
			require.Equal(t, was, is, "%d: half a change", i)
			lost++
		}
		_, err := catalog.Parse("exported.yaml", []byte(now), nil)
		require.NoError(t, err)
	}
	t.Logf("%d changes made, %d not", made, lost)
}
