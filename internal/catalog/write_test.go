package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/configs"
	"shopbot/internal/catalog"
)

func TestSampleIsWrittenAndReadAgain(t *testing.T) {
	c := sample(t)
	text := c.Draft().YAML()
	t.Log(string(text))
	again, err := catalog.Parse("again.yaml", text, configs.FS)
	require.NoError(t, err)
	require.Empty(t, catalog.Diff(c, again))
	require.Equal(t, string(text), string(again.Draft().YAML()))
}
