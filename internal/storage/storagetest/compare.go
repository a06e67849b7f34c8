package storagetest

import (
	"encoding/json"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// same compares by what is written down: equal times and amounts may differ inside.
func same(t reporter, want, got any, why ...any) {
	t.Helper()
	require.Equal(t, written(t, want), written(t, got), why...)
}

func written(t reporter, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func ids(list []shop.Order) []shop.OrderID {
	out := make([]shop.OrderID, 0, len(list))
	for _, o := range list {
		out = append(out, o.ID)
	}
	return out
}
