package app

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheSandboxPrintsItsNetwork(t *testing.T) {
	for testnet, network := range map[bool]string{false: "mainnet", true: "testnet"} {
		var out bytes.Buffer
		describeSandbox(&out, "http://127.0.0.1:8088", testnet)
		require.Contains(t, out.String(), "http://127.0.0.1:8088/cryptopay  ("+network+")\n")
		require.Contains(t, out.String(), "  export SHOPBOT_CRYPTOPAY_NETWORK="+network+"\n")
	}
}
