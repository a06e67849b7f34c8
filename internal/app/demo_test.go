package app

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/sandbox"
)

func TestTheDemosTokensHaveTheShapeOfRealOnes(t *testing.T) {
	for _, token := range []string{demoBotToken, demoAppToken} {
		require.Regexp(t, `^[0-9]+:AA[A-Za-z0-9_-]{33}$`, token)
	}
}

func TestTheDemoSellsInEveryWay(t *testing.T) {
	world := sandbox.New(sandbox.Options{Log: slog.New(slog.DiscardHandler)})
	defer world.Close()
	require.NoError(t, makeChannel(world))
	c, err := Demo{}.input().Load()
	require.NoError(t, err)
	sold := map[catalog.Kind]bool{}
	stars, subscriptions := 0, 0
	for _, p := range c.Products {
		for _, kind := range p.Ways() {
			sold[kind] = true
		}
		if p.Deliver == catalog.Invitation {
			require.Equal(t, int64(demoChannel), p.Invite.Chat, p.SKU)
		}
		if len(p.Pay) > 0 {
			stars++
		}
		if p.Subscription {
			subscriptions++
		}
	}
	for _, kind := range []catalog.Kind{catalog.Keys, catalog.Content, catalog.File, catalog.Invitation, catalog.FromServer, catalog.ByHand} {
		require.True(t, sold[kind], kind)
	}
	require.Equal(t, 2, stars)
	require.Equal(t, 1, subscriptions)
}
