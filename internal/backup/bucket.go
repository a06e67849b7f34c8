package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"shopbot/internal/config"
)

const bucketPrefix = "s3://"

// bucket is a part of an S3-compatible bucket.
type bucket struct {
	client *minio.Client
	name   string
	prefix string // without slashes at its ends
}

// newBucket is the bucket at s3://NAME/PREFIX.
func newBucket(cfg config.Config, to string) (*bucket, error) {
	name, prefix, _ := strings.Cut(strings.TrimPrefix(to, bucketPrefix), "/")
	endpoint, err := url.Parse(cfg.BackupS3Endpoint)
	if err != nil || name == "" {
		return nil, config.Error{Where: to, What: "write s3://BUCKET/PREFIX"}
	}
	if cfg.BackupS3Key == "" || cfg.BackupS3Secret == "" {
		return nil, config.Error{Where: to, What: "set SHOPBOT_BACKUP_S3_KEY and SHOPBOT_BACKUP_S3_SECRET, which the bucket's service gives"}
	}
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(cfg.BackupS3Key.Reveal(), cfg.BackupS3Secret.Reveal(), ""),
		Secure: endpoint.Scheme == "https", Region: cfg.BackupS3Region, MaxRetries: 3,
	})
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", to, err)
	}
	return &bucket{client: client, name: name, prefix: strings.Trim(prefix, "/")}, nil
}

func (b *bucket) String() string { return bucketPrefix + path.Join(b.name, b.prefix) }

func (b *bucket) key(name string) string { return path.Join(b.prefix, name) }

func (b *bucket) put(ctx context.Context, name string, f copied) error {
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := b.client.PutObject(ctx, b.name, b.key(name), f.file, f.size, minio.PutObjectOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return b.explain("write "+name, err)
	}
	written, err := b.open(ctx, name)
	if err == nil {
		err = f.compare(written)
	}
	if err != nil {
		return errors.Join(b.explain("check "+name, err), b.remove(ctx, name))
	}
	return nil
}

func (b *bucket) list(ctx context.Context) (names []string, err error) {
	prefix := b.prefix
	if prefix != "" {
		prefix += "/"
	}
	for o := range b.client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: prefix}) {
		if o.Err != nil {
			return nil, b.explain("list backups", o.Err)
		}
		names = append(names, strings.TrimPrefix(o.Key, prefix))
	}
	return names, nil
}

func (b *bucket) remove(ctx context.Context, name string) error {
	if err := b.client.RemoveObject(ctx, b.name, b.key(name), minio.RemoveObjectOptions{}); err != nil {
		return b.explain("remove "+name, err)
	}
	return nil
}

func (b *bucket) open(ctx context.Context, name string) (io.ReadCloser, error) {
	o, err := b.client.GetObject(ctx, b.name, b.key(name), minio.GetObjectOptions{})
	if err != nil {
		return nil, b.explain("read "+name, err)
	}
	if _, err := o.Stat(); err != nil { // the first request
		return nil, errors.Join(b.explain("read "+name, err), o.Close())
	}
	return o, nil
}

// explain puts a refusal of the bucket into words, with what to do about it.
func (b *bucket) explain(doing string, err error) error {
	remedy := map[string]string{
		"NoSuchBucket":          "make the bucket first, or correct its name",
		"NoSuchKey":             "there is no such copy; 'shopbot backup --list' names those that there are",
		"AccessDenied":          "let this key list, read, write and delete in the bucket",
		"InvalidAccessKeyId":    "correct SHOPBOT_BACKUP_S3_KEY",
		"SignatureDoesNotMatch": "correct SHOPBOT_BACKUP_S3_SECRET",
		"RequestTimeTooSkewed":  "set this machine's clock right",
	}
	refused := minio.ToErrorResponse(err)
	if hint, known := remedy[refused.Code]; known {
		return fmt.Errorf("%s in %s: %s: %s", doing, b, refused.Code, hint)
	}
	if refused.Code != "" && refused.Message != "" {
		return fmt.Errorf("%s in %s: %s: %s", doing, b, refused.Code, refused.Message)
	}
	return fmt.Errorf("%s in %s at %s: %w", doing, b, b.client.EndpointURL().Host, err)
}
