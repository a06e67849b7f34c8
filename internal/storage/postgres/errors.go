package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"shopbot/internal/storage"
)

// Codes of PostgreSQL's errors: https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	codeSerialization = "40001"
	codeDeadlock      = "40P01"
	codeLockTimeout   = "55P03"
	codeReadOnly      = "25006"
	codeDiskFull      = "53100"
	codeTooMany       = "53300"
	codeNoRights      = "42501"
	codeNoDatabase    = "3D000"
	codeWrongPassword = "28P01"
	codeNotLetIn      = "28000"
	codeNoSchema      = "3F000"
	classSession      = "57" // the server ends sessions, or starts
)

var errStandby = errors.New("the server takes no writes, as a standby does")

// IsWrongPassword reports whether a server refused the password, or wants one.
func IsWrongPassword(err error) bool {
	told, ok := errors.AsType[*pgconn.PgError](err)
	return ok && told.Code == codeWrongPassword
}

// isServerError reports whether the server answered with an error, and goes on.
func isServerError(err error) bool {
	told, ok := errors.AsType[*pgconn.PgError](err)
	return ok && !endsSession(told)
}

func endsSession(e *pgconn.PgError) bool {
	return e.SeverityUnlocalized == "FATAL" || e.SeverityUnlocalized == "PANIC" || strings.HasPrefix(e.Code, classSession)
}

// givenUp is an error of a transaction that is over with nothing done. Its steps may run again if it
// failed because of others, or if the connection was lost.
func givenUp(err error) error {
	if err == nil {
		return nil
	}
	again := !isServerError(err) && !errors.Is(err, errExhausted) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
	if told, ok := errors.AsType[*pgconn.PgError](err); ok {
		again = again || told.Code == codeSerialization || told.Code == codeDeadlock || told.Code == "25P03"
	}
	return &storage.GivenUpError{Err: inWords(err), Again: again}
}

// withHint says which database an error is about and what the operator can do.
func (e *Engine) withHint(err error) error {
	return fmt.Errorf("database %s: %w", e.name, inWords(err))
}

// inWords is an error in one line, with what the operator can do.
func inWords(err error) error {
	plain := err
	if told, ok := errors.AsType[*pgconn.PgError](err); ok {
		plain = told
	} else if op, ok := errors.AsType[*net.OpError](err); ok {
		plain = op
	} else if errors.Is(err, errStandby) {
		plain = errStandby
	}
	if hint := hintFor(err); hint != "" {
		return fmt.Errorf("%w: %s", plain, hint)
	}
	return plain
}

func hintFor(err error) string {
	if errors.Is(err, storage.ErrOtherVersion) {
		return "start the version that wrote it, or a newer one"
	}
	if errors.Is(err, errStandby) {
		return "name the primary, or all hosts with commas between them, and the primary among them is found"
	}
	if errors.Is(err, errExhausted) {
		return "raise pool_max_conns in SHOPBOT_DATABASE"
	}
	if errors.As(err, new(*tls.CertificateVerificationError)) {
		return "name the file of its authority's certificate with sslrootcert=FILE in SHOPBOT_DATABASE, " +
			"and the server as the certificate does; sslmode=require encrypts without looking at it"
	}
	told, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		if strings.Contains(err.Error(), "server refused TLS connection") { // pgconn has no type for it
			return "set ssl = on in postgresql.conf, or leave sslmode out if the connection stays on one machine"
		}
		if errors.As(err, new(*net.OpError)) || errors.As(err, new(*net.DNSError)) {
			return "see that the server runs there and lets this machine in (listen_addresses, firewall)"
		}
		return ""
	}
	switch told.Code {
	case codeReadOnly:
		return "name the primary, or all hosts with commas between them, and the primary among them is found"
	case codeWrongPassword, codeNotLetIn:
		return "see user and password in SHOPBOT_DATABASE, and pg_hba.conf"
	case codeNoDatabase:
		return "make it with 'createdb', or name another one"
	case codeNoSchema:
		return "make the schema of search_path, or name another one"
	case codeNoRights:
		return "give the user the right to make tables: GRANT CREATE, USAGE ON SCHEMA … TO …"
	case codeDiskFull:
		return "make room on the server's disk"
	case codeTooMany:
		return "raise max_connections, or lower pool_max_conns in SHOPBOT_DATABASE"
	case codeLockTimeout:
		return "another session holds a lock for long; look into pg_stat_activity"
	}
	return ""
}
