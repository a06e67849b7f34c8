package configs

import (
	"os"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

func TestTheContainerMayDoNoMoreThanItNeeds(t *testing.T) {
	text, err := os.ReadFile("compose.yaml")
	require.NoError(t, err)
	var file struct {
		Services map[string]struct {
			User      string   `yaml:"user"`
			ReadOnly  bool     `yaml:"read_only"`
			CapDrop   []string `yaml:"cap_drop"`
			Security  []string `yaml:"security_opt"`
			Ports     []string `yaml:"ports"`
			StopGrace string   `yaml:"stop_grace_period"`
		} `yaml:"services"`
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	shop := file.Services["shopbot"]
	require.Equal(t, "65532:65532", shop.User)
	require.True(t, shop.ReadOnly)
	require.Equal(t, []string{"ALL"}, shop.CapDrop)
	require.Equal(t, []string{"no-new-privileges:true"}, shop.Security)
	require.Equal(t, []string{"127.0.0.1:8080:8080"}, shop.Ports, "plain HTTP is for a proxy on this machine alone")
	require.Equal(t, "15s", shop.StopGrace, "longer than the shop takes")

	image, err := os.ReadFile("../Dockerfile")
	require.NoError(t, err)
	require.Contains(t, string(image), "\nFROM scratch\n")
	require.Contains(t, string(image), "\nUSER "+shop.User+"\n")
	require.Contains(t, string(image), "/etc/ssl/certs/ca-certificates.crt")
}
