package cryptopay_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
)

func TestOwnerRenamesTheAppAndSwitchesTransfers(t *testing.T) {
	const token = "2000:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	s := cryptopay.New(cryptopay.Config{})
	defer s.Close()
	require.Equal(t, "Sandbox App 2000", s.AppName(token))
	s.SetAppName(token, "Pixel Goods")
	s.SetAppName(token, "")
	require.Equal(t, "Pixel Goods", s.AppName(token))
	require.Equal(t, token, s.Merchant(2000))
	require.Empty(t, s.Merchant(2001))

	require.True(t, s.TransfersEnabled(token))
	s.SetTransfersEnabled(token, false)
	require.False(t, s.TransfersEnabled(token))

	require.True(t, s.Started(7))
	s.SetStarted(7, false)
	require.False(t, s.Started(7))

	_, err := s.Check("CQ0123456789")
	require.ErrorIs(t, err, cryptopay.ErrNotFound)
}
