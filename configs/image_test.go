package configs

import (
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

// composeFile is what the tests look at in a compose file.
type composeFile struct {
	Services map[string]struct {
		User        string            `yaml:"user"`
		ReadOnly    bool              `yaml:"read_only"`
		CapDrop     []string          `yaml:"cap_drop"`
		Security    []string          `yaml:"security_opt"`
		Ports       []string          `yaml:"ports"`
		StopGrace   string            `yaml:"stop_grace_period"`
		Environment map[string]string `yaml:"environment"`
	} `yaml:"services"`
	Networks map[string]struct {
		IPAM struct {
			Config []struct {
				Subnet string `yaml:"subnet"`
			} `yaml:"config"`
		} `yaml:"ipam"`
	} `yaml:"networks"`
}

func readCompose(t *testing.T, name string) (file composeFile) {
	t.Helper()
	require.NoError(t, yaml.Unmarshal([]byte(read(t, name)), &file))
	return file
}

func TestTheContainerMayDoNoMoreThanItNeeds(t *testing.T) {
	shop := readCompose(t, "compose.yaml").Services["shopbot"]
	require.Equal(t, "65532:65532", shop.User)
	require.True(t, shop.ReadOnly)
	require.Equal(t, []string{"ALL"}, shop.CapDrop)
	require.Equal(t, []string{"no-new-privileges:true"}, shop.Security)
	require.Equal(t, []string{"127.0.0.1:8080:8080"}, shop.Ports, "plain HTTP is for a proxy on this machine alone")
	require.Equal(t, "15s", shop.StopGrace, "longer than the shop takes")

	image := read(t, "../Dockerfile")
	require.Contains(t, image, "\nFROM scratch\n")
	require.Contains(t, image, "\nUSER "+shop.User+"\n")
	require.Contains(t, image, "/etc/ssl/certs/ca-certificates.crt")
}
