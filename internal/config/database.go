package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Database says where the database is: a file, or a PostgreSQL database. Its address can hold a
// password, so printed with any verb, logged or marshalled it is its Name.
type Database string

// UnmarshalText reads a path, or an address of PostgreSQL, which is never repeated.
func (d *Database) UnmarshalText(text []byte) error {
	to := Database(text)
	u, err := url.Parse(string(text))
	switch {
	case to.IsPostgres():
		if err := to.checkPostgres(); err != nil {
			return err
		}
	case strings.HasPrefix(string(text), "postgres:"), strings.HasPrefix(string(text), "postgresql:"):
		return errors.New("not an address of PostgreSQL; " + postgresForm)
	case err == nil && len(u.Scheme) > 1 && u.Host != "":
		return fmt.Errorf("databases of the kind %s:// are not known; write the path of a file, such as shopbot.db, or an address such as postgres://shop@db.internal/shop", u.Scheme)
	}
	*d = to
	return nil
}

const postgresForm = "write postgres://USER:PASSWORD@HOST:5432/DATABASE, with %40 for an @ in the password, %2F for a / and %25 for a %" //nolint:gosec // no password: the form of an address

// checkPostgres finds the faults of an address. What could be a part of the password is not repeated.
func (d Database) checkPostgres() error {
	parsed, err := pgconn.ParseConfig(string(d))
	if err != nil {
		_, why, _ := strings.Cut(err.Error(), "`: ") // what comes before it is the address
		if strings.HasPrefix(why, "failed to parse") {
			return errors.New("not an address of PostgreSQL; " + postgresForm) // the cause can quote the password
		}
		return fmt.Errorf("not an address of PostgreSQL: %s; %s", why, postgresForm)
	}
	beforeParameters, _, _ := strings.Cut(string(d), "?")
	_, rest, _ := strings.Cut(beforeParameters, "://")
	_, path, _ := strings.Cut(rest, "/")
	switch {
	case strings.Contains(path, "@"):
		return errors.New("not an address of PostgreSQL: there is an @ after the first /; " + postgresForm)
	case strings.Contains(parsed.Host, "@"):
		return errors.New("not an address of PostgreSQL: there is more than one @; " + postgresForm)
	case parsed.Database == "":
		return errors.New("it names no database; " + postgresForm)
	}
	return nil
}

// IsPostgres reports whether the database is PostgreSQL.
func (d Database) IsPostgres() bool {
	return strings.HasPrefix(string(d), "postgres://") || strings.HasPrefix(string(d), "postgresql://")
}

// Path is the database's file; "" if it is PostgreSQL.
func (d Database) Path() string {
	if d.IsPostgres() {
		return ""
	}
	return string(d)
}

// URL is the address of PostgreSQL with its password; "" if the database is a file.
func (d Database) URL() string {
	if d.IsPostgres() {
		return string(d)
	}
	return ""
}

// HasPassword reports whether the address holds a password.
func (d Database) HasPassword() bool {
	u, err := url.Parse(d.URL())
	if err != nil {
		return false
	}
	_, set := u.User.Password()
	return set || u.Query().Has("password")
}

// WithPassword is the address of PostgreSQL with this password in it.
func (d Database) WithPassword(password string) Database {
	u, err := url.Parse(d.URL())
	if err != nil {
		return d
	}
	parsed, err := pgconn.ParseConfig(string(d))
	if err != nil {
		return d
	}
	u.User = url.UserPassword(parsed.User, password)
	return Database(u.String())
}

// Name is the database as it may be shown: the path, or the address without its password and its
// parameters.
func (d Database) Name() string {
	if !d.IsPostgres() {
		return string(d)
	}
	scheme, rest, _ := strings.Cut(string(d), "://")
	user, _, found := strings.Cut(rest, "@")
	place := rest[strings.LastIndex(rest, "@")+1:]
	place, _, _ = strings.Cut(place, "?")
	if user, _, _ = strings.Cut(user, ":"); !found || strings.ContainsAny(user, "/?") {
		return scheme + "://" + place
	}
	return scheme + "://" + user + "@" + place
}

// FileName is how a copy of the database is called: the name of the file, or that of the database in
// PostgreSQL with the ending of one.
func (d Database) FileName() string {
	if !d.IsPostgres() {
		return filepath.Base(string(d))
	}
	parsed, err := pgconn.ParseConfig(string(d))
	if err != nil || parsed.Database == "" {
		return "shopbot.db"
	}
	return strings.NewReplacer("/", "_", `\`, "_").Replace(parsed.Database) + ".db"
}

// String is Name.
func (d Database) String() string { return d.Name() }

// Format writes Name for every verb, %#v and %x included.
func (d Database) Format(f fmt.State, verb rune) {
	switch verb {
	case 's', 'v', 'q':
		_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), d.Name())
	default:
		_, _ = fmt.Fprint(f, d.Name())
	}
}

// LogValue is Name.
func (d Database) LogValue() slog.Value { return slog.StringValue(d.Name()) }

// MarshalText is Name, for JSON too.
func (d Database) MarshalText() ([]byte, error) { return []byte(d.Name()), nil }

// leastPassword is how long a password is that is looked for in logs and in goods. A shorter one is a
// word that may stand there for other reasons.
const leastPassword = 8

// secrets lists what of the address must not be shown.
func (d Database) secrets() []string {
	if !d.IsPostgres() {
		return nil
	}
	var list []string
	if string(d) != d.Name() {
		list = append(list, string(d))
	}
	if parsed, err := pgconn.ParseConfig(string(d)); err == nil && len(parsed.Password) >= leastPassword {
		list = append(list, parsed.Password)
	}
	return list
}
