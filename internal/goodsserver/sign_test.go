package goodsserver

import (
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
)

// vector is a signed request, as vectors.json has them.
type vector struct {
	What      string `json:"what"`
	Secret    string `json:"secret"`
	ID        string `json:"webhook-id"`
	Timestamp int64  `json:"webhook-timestamp"`
	Signature string `json:"webhook-signature"`
	Body      string `json:"body"`
	Valid     bool   `json:"valid"`
}

func vectors(t *testing.T) (all []vector) {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &all))
	require.NotEmpty(t, all)
	return all
}

func TestVectorsHoldForTheLibraryThatServersUse(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.What, func(t *testing.T) {
			verifier, err := webhooks.NewWebhook(v.Secret)
			require.NoError(t, err)
			header := http.Header{}
			for name, value := range map[string]string{headerID: v.ID, headerSignature: v.Signature} {
				header.Set(name, value)
			}
			header.Set(headerTime, strconv.FormatInt(v.Timestamp, 10))
			err = verifier.VerifyIgnoringTimestamp([]byte(v.Body), header)
			require.Equal(t, v.Valid, err == nil, "%v", err)
		})
	}
}

func TestRequestsAreSignedAsTheVectorsSay(t *testing.T) {
	for _, v := range vectors(t) {
		if !v.Valid || strings.Contains(v.Signature, " ") {
			continue
		}
		secret, err := ParseSecret(v.Secret)
		require.NoError(t, err)
		header := http.Header{}
		sign(header, [][]byte{secret}, v.ID, time.Unix(v.Timestamp, 0), []byte(v.Body))
		require.Equal(t, v.Signature, header.Get(headerSignature), v.What)
		require.Equal(t, strconv.FormatInt(v.Timestamp, 10), header.Get(headerTime))
	}
}

func TestWhileTheSecretChangesEitherOneVerifies(t *testing.T) {
	now, body := time.Now(), []byte(`{"event":"deliver"}`)
	old, fresh := strings.Repeat("b", 32), strings.Repeat("c", 32)
	header := http.Header{}
	sign(header, [][]byte{[]byte(fresh), []byte(old)}, "A-1-deliver", now, body)
	for _, secret := range []string{old, fresh} {
		verifier, err := webhooks.NewWebhookRaw([]byte(secret))
		require.NoError(t, err)
		require.NoError(t, verifier.Verify(body, header))
	}
	stranger, err := webhooks.NewWebhookRaw([]byte(strings.Repeat("d", 32)))
	require.NoError(t, err)
	require.Error(t, stranger.Verify(body, header))
}

func TestASecretThatIsNotOneIsRefusedWithoutBeingRepeated(t *testing.T) {
	for _, bad := range []string{"", "hunter2", "whsec_", "whsec_aHVudGVyMg==", strings.Repeat("A", 200), "%%%"} {
		_, err := ParseSecret(bad)
		require.ErrorContains(t, err, "openssl rand -base64 32", bad)
		if bad != "" && bad != "whsec_" {
			require.NotContains(t, err.Error(), bad)
		}
	}
	for _, good := range []string{"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"} {
		key, err := ParseSecret(good)
		require.NoError(t, err)
		require.Len(t, key, 24)
	}
}
