package app

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThePrintedTokensHaveTheShapeOfRealOnes(t *testing.T) {
	var out strings.Builder
	describeSandbox(&out, "http://127.0.0.1:8088")
	tokens := regexp.MustCompile(`TOKEN=(.*)`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, tokens, 2)
	for _, token := range tokens {
		require.Regexp(t, `^[0-9]+:AA[A-Za-z0-9_-]{33}$`, token[1])
	}
}
