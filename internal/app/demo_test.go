package app

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheDemosTokensHaveTheShapeOfRealOnes(t *testing.T) {
	for _, token := range []string{demoBotToken, demoAppToken} {
		require.Regexp(t, `^[0-9]+:AA[A-Za-z0-9_-]{33}$`, token)
	}
}
