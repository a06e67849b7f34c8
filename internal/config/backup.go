package config

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"filippo.io/age"
)

// Recipients are the public keys that backups are encrypted to.
type Recipients struct{ list []age.Recipient }

// UnmarshalText reads keys with commas or blanks between them. A secret key is refused without
// repeating it.
func (r *Recipients) UnmarshalText(text []byte) error {
	if strings.Contains(strings.ToUpper(string(text)), "AGE-SECRET-KEY-") {
		return errors.New("that is a secret key; write the public key that belongs to it, age1…, and keep the secret one elsewhere")
	}
	keys, err := list(text, func(item string) (age.Recipient, error) {
		parsed, err := age.ParseRecipients(strings.NewReader(item))
		if err != nil {
			return nil, errors.New(Quote(item) + " is not a public key of age; write one such as age1…, as 'shopbot backup-key FILE' prints it")
		}
		return parsed[0], nil
	})
	r.list = keys
	return err
}

// List returns the keys; nil if there is none.
func (r Recipients) List() []age.Recipient { return r.list }

func (s *settings) checkBackup(c Config) {
	s.between("BACKUP_EVERY", c.BackupEvery, time.Minute, 31*24*time.Hour)
	s.want(c.BackupKeep > 0, "BACKUP_KEEP", "want at least 1")
	s.want(isBaseURL(c.BackupS3Endpoint), "BACKUP_S3_ENDPOINT", "want the address of the bucket's service, such as https://s3.eu-central-1.amazonaws.com, without the bucket")
	u, err := url.Parse(c.BackupTo)
	kind := "a directory"
	switch {
	case c.BackupTo == "", c.BackupTo == "chat":
		kind = c.BackupTo
	case err == nil && u.Scheme == "s3":
		kind = "s3"
		s.want(u.Host != "" && u.User == nil && u.RawQuery == "", "BACKUP_TO", "want s3://BUCKET/PREFIX; its keys are SHOPBOT_BACKUP_S3_KEY and _SECRET")
		s.want(c.BackupS3Key != "", "BACKUP_S3_KEY", "required for %s; the bucket's service gives it", Quote(c.BackupTo))
		s.want(c.BackupS3Secret != "", "BACKUP_S3_SECRET", "required for %s; the bucket's service gives it", Quote(c.BackupTo))
	case err == nil && len(u.Scheme) > 1:
		s.want(false, "BACKUP_TO", "places of the kind %s: are not known; write a directory, s3://BUCKET/PREFIX or chat", u.Scheme)
	}
	if kind == "chat" || kind == "s3" {
		s.want(len(c.BackupRecipient.list) > 0, "BACKUP_RECIPIENT",
			"required, because a backup holds the unsold goods and leaves this machine; 'shopbot backup-key FILE' makes a key and prints its public part")
	}
}
