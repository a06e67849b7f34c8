package backup

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
)

// The S3 server of the tests, from the Go module proxy. It checks signatures, and keeps buckets as
// directories.
const (
	serverModule  = "github.com/versity/versitygw"
	serverVersion = "v1.8.0"
)

// buildServer builds the S3 server, once for each machine.
func buildServer(t *testing.T) string {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("SHOPBOT_BUCKET_TEST") == "required" {
		missing = t.Fatalf
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		missing("no cache directory: %v", err)
	}
	dir := filepath.Join(cache, "shopbot-tests", "versitygw-"+serverVersion)
	binary := filepath.Join(dir, "versitygw")
	if _, err := os.Stat(binary); err == nil {
		return binary
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "install", serverModule+"/cmd/versitygw@"+serverVersion)
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		missing("the S3 server cannot be built: %v\n%s", err, out)
	}
	return binary
}

// startServer runs the S3 server with one bucket, "copies".
func startServer(t *testing.T) (endpoint, buckets string) {
	t.Helper()
	binary, buckets := buildServer(t), t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(buckets, "copies"), 0o700))
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	cmd := exec.CommandContext(t.Context(), binary, "--quiet", "--access", "shop", "--secret", "TheSecretOfTheBucket", "--port", address, "posix", buckets)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 600 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
			return "http://" + address, buckets
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the S3 server does not listen")
	return "", ""
}

func TestCopiesInABucketAreVerifiedRotatedAndRestored(t *testing.T) {
	endpoint, buckets := startServer(t)
	at := []string{"RECIPIENT=KEY!", "S3_ENDPOINT=" + endpoint, "S3_KEY=shop", "S3_SECRET=TheSecretOfTheBucket", "KEEP=2"}
	s := newShop(t, append(at, "TO=s3://copies/pixel/shop")...)
	k := s.keeper(t, nil)
	var made Made
	for range 3 {
		time.Sleep(time.Second) // names tell seconds
		var err error
		made, err = k.Once(t.Context())
		require.NoError(t, err)
	}
	require.Equal(t, "s3://copies/pixel/shop", made.Place)
	names, err := k.List(t.Context())
	require.NoError(t, err)
	require.Len(t, names, 2)
	require.Equal(t, made.Name, names[1])
	for _, from := range []string{"s3://copies/pixel/shop/" + made.Name, "s3://copies/pixel/shop/"} {
		free, err := s.restored(t, from, s.keyFile)
		require.NoError(t, err)
		require.Equal(t, 500, free)
	}
	_, err = s.restored(t, "s3://copies/pixel/shop/none.db", "")
	require.ErrorContains(t, err, "there is no such copy")
	_, err = s.restored(t, "s3://copies/", "")
	require.ErrorContains(t, err, "no backup of this shop in s3://copies")

	root := newShop(t, append(at, "TO=s3://copies")...) // without a prefix
	made, err = root.keeper(t, nil).Once(t.Context())
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(buckets, "copies", made.Name))
	free, err := root.restored(t, "s3://copies/"+made.Name, root.keyFile)
	require.NoError(t, err)
	require.Equal(t, 500, free)

	for to, refused := range map[string]struct {
		key, secret, remedy string
	}{
		"s3://none/x":   {"shop", "TheSecretOfTheBucket", "make the bucket first"},
		"s3://copies/x": {"shop", "AnotherSecretAltogether", "correct SHOPBOT_BACKUP_S3_SECRET"},
		"s3://copies/y": {"nobody", "TheSecretOfTheBucket", "access key"}, // a word of this server
	} {
		s := newShop(t, "RECIPIENT=KEY!", "S3_ENDPOINT="+endpoint, "S3_KEY="+refused.key, "S3_SECRET="+refused.secret, "TO="+to)
		_, err := s.keeper(t, nil).Once(t.Context())
		require.ErrorContains(t, err, refused.remedy)
		require.NotContains(t, err.Error(), refused.secret)
		require.NotContains(t, err.Error(), "\n")
	}
}

func TestABucketThatCannotBeReachedIsNamed(t *testing.T) {
	s := newShop(t, "RECIPIENT=KEY!", "S3_ENDPOINT=http://127.0.0.1:1", "S3_KEY=shop", "S3_SECRET=secret", "TO=s3://copies/x")
	_, err := s.keeper(t, nil).Once(t.Context())
	require.ErrorContains(t, err, "s3://copies/x at 127.0.0.1:1")
}

func TestABucketWithoutKeysIsAFaultOfTheConfiguration(t *testing.T) {
	_, err := Find(t.Context(), newShop(t).cfg, "s3://copies/x.db", "")
	var wrong config.Error
	require.ErrorAs(t, err, &wrong)
	require.ErrorContains(t, err, "SHOPBOT_BACKUP_S3_KEY")
}
