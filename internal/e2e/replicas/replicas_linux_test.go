package replicas

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/status"
)

func TestThreeReplicasSellAsOneShopWhileEachIsRestarted(t *testing.T) {
	e := newShop(t)
	for range 3 {
		e.start()
	}
	leader, others := e.leader()
	require.Equal(t, status.Leads, leader.status().Role)
	for _, r := range others {
		require.Equal(t, status.StandsBy, r.status().Role)
		require.Equal(t, leader.status().Leader, r.status().Leader)
	}
	leader.loadKeys(10)
	for range 3 {
		e.buy(alice)
		leader, others = e.leader()
		leader.end()
		e.buy(boris)
		others[0].end()
		e.buy(alice)
		e.start()
		e.start()
	}
	keys := append(e.keysOf(alice), e.keysOf(boris)...)
	require.Len(t, keys, 9)
	require.ElementsMatch(t, []string{"KEY-01", "KEY-02", "KEY-03", "KEY-04", "KEY-05", "KEY-06", "KEY-07", "KEY-08", "KEY-09"}, keys)
	e.finish()
}
